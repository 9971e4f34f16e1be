"""The back end: what a tool answers, and how long it takes."""

from ivr.call.textrun.happenings import ToolCalled
from ivr.call.textrun.stage import Stage
from ivr.flow import state as flow
from ivr.flow.flow import ToolSpec
from ivr.flow.scenario import Answer
from ivr.units import Millis


def call(stage: Stage, effect: flow.CallToolEffect) -> None:
    answer = stage.answers.tool(effect)
    if answer is None:
        stage.stick(f'The flow calls "{effect.tool}" and the test has no answer for it.')
        stage.happens(ToolCalled(stage.now, effect.id, effect.tool, effect.arguments, None, stage.now))
        return
    reply, takes_ms = reply_of(answer, stage.bundle.flows[effect.flow].tools[effect.tool])
    at = Millis(stage.now + takes_ms)
    stage.happens(ToolCalled(stage.now, effect.id, effect.tool, effect.arguments, named(reply), at))
    stage.at(at, lambda: stage.feed(flow.ToolAnswered(stage.now, effect.id, reply)))


def reply_of(answer: Answer | flow.RawReply, spec: ToolSpec) -> tuple[flow.RawReply | flow.NamedReply, int]:
    """The reply and how long it takes. One that is later than the tool's timeout is no answer any more."""
    if isinstance(answer, flow.RawReply):
        return answer, 0
    after_ms = answer.after_ms or 0
    if answer.pending or after_ms > spec.timeout_ms:
        return flow.RawReply(error="timeout"), spec.timeout_ms
    if answer.status is not None:
        return flow.RawReply(status=answer.status, body=answer.body), after_ms
    assert answer.result is not None
    return flow.NamedReply(answer.result, answer.kept), after_ms


def named(reply: flow.RawReply | flow.NamedReply) -> str:
    """What was answered, for people: a result's name, a status, or what went wrong."""
    if isinstance(reply, flow.NamedReply):
        return reply.result
    return reply.error or reply.result or str(reply.status)
