"""The caller in a talk with a model: spoke, pressed a key, was silent."""

from ivr.flow.flow import Agent
from ivr.flow.state import Listen, Reading
from ivr.flow.steps import agent_asking, agent_exits, agent_requests, agent_waiting, answer, commands
from ivr.flow.steps import path as paths
from ivr.flow.steps.agent_requests import agency_of, change, refuse, tell_model
from ivr.flow.steps.agent_settling import LIMIT, leave, route, spent
from ivr.flow.steps.copying import replace
from ivr.flow.steps.question import Question, question_here
from ivr.flow.steps.trouble import trouble
from ivr.flow.steps.work import Work
from ivr.flow.types import Trouble


def heard(work: Work, step: Agent, listen: Listen, reading: Reading) -> None:
    """The caller spoke: to the model, but for commands, phrases on a watch list, and a value that is read back."""
    work.tell("caller", masked_words(work, listen, reading))
    work.stand(work.at.question_step)
    question = question_here(work)
    assert question is not None
    watched = agent_exits.watched(step, reading.words)
    if watched is not None:
        work.note("model", step.name, f"left by {watched}: a phrase on its watch list", step.exits[watched].place)
        work.drop_pending()
        leave(work, step, watched)
    elif reading.command is not None:
        _command(work, step, question, reading.command)
    elif question.pending is not None:
        _confirming(work, step, question, reading)
    elif not reading.words.strip():
        agent_waiting.again(work, step, spoken=False) if agent_waiting.thinking(work) else trouble(
            work, question, Trouble.NO_MATCH
        )
    else:
        _turn(work, step, reading.words)


def overheard(work: Work, listen: Listen, reading: Reading) -> bool:
    """A phrase of a watch list counts too while a question stands inside the talk, such as the one before a change."""
    agency = work.at.agency
    if agency is None or agency.node != work.at.node or work.path[: len(agency.step)] != agency.step:
        return False
    step = paths.step_at(work.flow, agency.node, agency.step)
    watched = agent_exits.watched(step, reading.words) if isinstance(step, Agent) else None
    if watched is None or not isinstance(step, Agent):
        return False
    work.tell("caller", answer.masked_words(work, listen, reading))
    work.note("model", step.name, f"left by {watched}: a phrase on its watch list", step.exits[watched].place)
    work.drop_pending()
    leave(work, step, watched)
    return True


def keyed(work: Work, step: Agent, listen: Listen, reading: Reading) -> None:
    """Keys do nothing here but the commands, and yes and no while a value is read back."""
    question = question_here(work)
    assert question is not None
    if reading.command is not None or question.pending is not None:
        heard(work, step, listen, reading)
    else:
        agent_waiting.again(work, step, spoken=False)


def silent(work: Work, step: Agent) -> None:
    question = question_here(work)
    assert question is not None
    if question.pending is None and agent_waiting.thinking(work):
        agent_waiting.again(work, step, spoken=False)
    elif question.pending is None and spent(work, step):
        route(work, step, LIMIT)
    else:
        trouble(work, question, Trouble.NO_INPUT)


def _command(work: Work, step: Agent, question: Question, name: str) -> None:
    """A command with steps of its own takes the floor: the model is asked again when the caller is back."""
    if name not in ("repeat", "help"):
        agent_asking.drop(work)
    commands.run(work, question, name)


def _turn(work: Work, step: Agent, words: str) -> None:
    """What the model had asked for and was not sent is not done any more: the caller has gone on."""
    agency = agency_of(work)
    if step.limits.turns is not None and agency.turns >= step.limits.turns:
        work.note("model", step.name, "limit: turns", step.place)
        route(work, step, LIMIT)
        return
    agent_asking.drop(work)
    work.forget_said()
    tries = {key: count for key, count in work.at.tries.items() if key[0] != step.name}
    work.at = replace(work.at, tries=tries)
    for wanted in agency.wanted:
        refuse(work, step, wanted.request, wanted.tool, "not done: the caller spoke before it was sent")
    change(
        work,
        heard=f"{agency.heard} {words}".strip(),
        unanswered=True,
        words="",
        exits=(),
        wanted=(),
        turns=agency.turns + 1,
        rounds=0,
    )
    work.walking = True


def _confirming(work: Work, step: Agent, question: Question, reading: Reading) -> None:
    """While a value that the model noted is read back."""
    pending = question.pending
    assert pending is not None
    name = pending.fill.slot
    instead = next((fill for fill in reading.fills if fill.slot == name and fill.value != pending.fill.value), None)
    if instead is not None:
        work.drop_pending()
        agent_requests.put_said(work, step, instead)
    elif reading.yes is True:
        work.state = replace(work.state, pending=None)
        work.fill(name, replace(work.at.slots[name], confirmed=True, settled=True))
        work.note("filled", name, "confirmed", work.flow.slots[name].place)
        tell_model(work, "", name, f"the caller has confirmed {name}")
    elif reading.yes is False:
        work.drop_pending()
        tell_model(work, "", name, f"{name} is not right, the caller says; it is open again", refused=True)
    else:
        trouble(work, question, Trouble.NO_MATCH)
        return
    work.forget_said()
    change(work, rounds=0)
    work.walking = True


def masked_words(work: Work, listen: Listen, reading: Reading) -> str:
    """The caller's words as anybody may read them."""
    talks = agent_waiting.here(work) is not None and work.state.pending is None
    return agent_waiting.masked(work, listen, reading.words) if talks else answer.masked_words(work, listen, reading)
