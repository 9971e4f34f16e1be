"""Who answers in place of the back end and of the people a call is handed to, and how long it takes them."""

from typing import Final, Protocol

from ivr.flow import state as flow
from ivr.flow.flow import Target, ToolSpec
from ivr.flow.scenario import Answer

ATTENDANT_MS: Final = 1000
"""How long a target takes to answer where the script does not say."""


class Answers(Protocol):
    """None: nobody answers."""

    def tool(self, effect: flow.CallToolEffect) -> Answer | flow.RawReply | None: ...

    def target(self, effect: flow.Dial) -> Answer | None: ...


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


def ring_ms(answer: Answer, target: Target) -> int:
    """How long it rings."""
    if answer.after_ms is not None:
        return answer.after_ms
    return target.ring_ms if answer.result == "no_answer" else ATTENDANT_MS
