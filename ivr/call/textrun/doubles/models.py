"""The model of an agent: what a script has it say and ask for."""

from ivr.call.textrun.stage import Stage
from ivr.flow import state as flow
from ivr.flow.scenario import Answer, Reply
from ivr.units import Millis


def ask(stage: Stage, effect: flow.AskModel) -> None:
    answer = stage.answers.reply(effect.agent)
    if answer is None or (answer.reply is None and not answer.pending):
        stage.stick(f'The flow asks the model of "{effect.agent}" and the test has no reply for it.')
        return
    at = Millis(stage.now + (answer.after_ms or 0))
    if answer.pending:
        return  # it never comes: the engine stops waiting by itself
    stage.at(at, lambda: stage.feed(_event(stage.now, effect.id, answer)))


def _event(now: Millis, asked: str, answer: Answer) -> flow.ModelReplied | flow.ModelFailed:
    reply = answer.reply
    assert reply is not None
    if reply.fault is not None:
        return flow.ModelFailed(now, asked, "blocked" if reply.fault == "blocked" else "unavailable")
    return flow.ModelReplied(now, asked, reply.say or "", requests(reply))


def requests(reply: Reply) -> tuple[flow.ModelRequest, ...]:
    """As a model would ask: fills, tools and an exit, each under an id of its own."""
    found: list[tuple[str, dict[str, object]]] = []
    if reply.fill:
        found.append(("fill", dict(reply.fill)))
    found += [(name, dict(arguments)) for name, arguments in reply.calls]
    if reply.exit is not None:
        found.append((f"exit_{reply.exit}", {}))
    return tuple(flow.ModelRequest(f"r{at}", name, given) for at, (name, given) in enumerate(found, start=1))
