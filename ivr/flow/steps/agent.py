"""`agent:` a model talks with the caller, inside rules. It proposes; what is filled, sent, said and left for is decided
here.

    run ─▶ open: ─▶ listen ─▶ heard ─┬─ watch: ──────────────────────────▶ exit
                      ▲              └─ AskModel ─▶ replied ─▶ requests ─▶ settle ─┬─▶ words ─┐
                      │                    ▲                                       ├─▶ exit   │
                      │                    └───── refused, or results to tell ─────┘          │
                      └───────────────────────────────────────────────────────────────────────┘
"""

from ivr.flow.flow import Agent
from ivr.flow.state import Agency, ModelFailed, ModelReplied, ModelSaid, NamedReply, Phrase, RawReply, voiced_name
from ivr.flow.steps import agent_asking, agent_exits, agent_requests, agent_waiting, agent_words
from ivr.flow.steps.agent_requests import agency_of, change, tell_model
from ivr.flow.steps.agent_settling import BLOCKED, MODEL_DOWN, route, settle
from ivr.flow.steps.copying import replace
from ivr.flow.steps.phrases import prompt_phrase
from ivr.flow.steps.work import Work


def run(work: Work, step: Agent) -> None:
    if work.mute:
        work.next()
        return
    agency = work.at.agency
    if agency is None or (agency.node, agency.step) != (work.at.node, work.path):
        _begin(work, step)
    settle(work, step)


def _begin(work: Work, step: Agent) -> None:
    """`open:` on the first visit, `reopen:` later; without a first sentence the model has the first word."""
    work.leave_agent()
    key = f"{work.flow.name}/{step.name}"
    first = key not in work.state.said_once
    work.state = replace(work.state, said_once=work.state.said_once | {key})
    work.at = replace(work.at, agency=Agency(step.name, work.at.node, work.path, work.at_ms))
    prompt = step.open if first or step.reopen is None else step.reopen
    agent_exits.say_exact(work, step, None)
    if prompt is None:
        change(work, unanswered=True)
    elif agent_exits.due(work, step) is None:
        said = prompt_phrase(work, prompt)
        work.say(said, work.interrupt(own=step.question.interrupt))
        change(work, question=(said.text, said.shown))


# ---- the model and its tools


def _awaiting(work: Work, asked: str) -> Agent | None:
    """The talk in which this reply is waited for; None for late news: the caller has gone on, or the talk is over."""
    agency = work.at.agency
    if asked not in work.state.awaiting or agency is None or agency.asking != asked or work.path != agency.step:
        return None
    step = work.step()
    assert isinstance(step, Agent)
    return step


def said(work: Work, event: ModelSaid) -> None:
    """A piece of the reply, before it is whole. What must not be said ends the reply there."""
    step = _awaiting(work, event.id)
    words = agent_words.spoken(event.words)
    if step is None or not words:
        return
    agency = agency_of(work)
    why = agent_words.forbidden(step, f"{agency.spoken} {words}".strip(), _names(step))
    if why is not None:
        agent_asking.drop(work)
        change(work, heard="" if agency.spoken else agency.heard)
        work.walking = True
        _hold_back(work, step, why)
        return
    agent_asking.still_coming(work, event.id)
    voiced = voiced_name(event.id, event.piece) if event.voiced and words == event.words.strip() else None
    phrase = Phrase(words, agent_waiting.shown(work, words), fixed=False, voiced=voiced)
    work.say(phrase, work.interrupt(own=step.question.interrupt), reply=event.id)
    spoken = f"{agency.spoken} {words}".strip()
    change(work, spoken=spoken, question=(spoken, agent_waiting.shown(work, spoken)))


def interrupted(work: Work, asked: str) -> None:
    """The caller took the floor from a reply under way: the rest of it is not wanted, nor what it would have asked
    for. What the caller says comes next, to the question that is open."""
    step = _awaiting(work, asked)
    if step is None:
        return
    agent_asking.drop(work)
    work.note("model", step.name, "interrupted", step.place)
    change(work, heard="", unanswered=False)


def replied(work: Work, event: ModelReplied) -> None:
    step = _awaiting(work, event.id)
    if event.id in work.state.awaiting:
        agent_asking.unwait(work, event.id)
        work.state = replace(work.state, model_cost=work.state.model_cost + event.cost)
    if step is None:
        return
    agency = agency_of(work)
    change(work, asking=None, news=(), heard="", unanswered=False, changed=True, cost=agency.cost + event.cost)
    asked = ", ".join(sorted({_plain_name(step, request.name) for request in event.requests}))
    spoke = "replied with words" if event.words.strip() or agency.spoken else "replied without words"
    work.note("model", step.name, f"{spoke}; asks for {asked or 'nothing'}", step.place)
    work.walking = True
    if not event.words.strip() and not event.requests and not agency.spoken:
        _useless(work, step)
        return
    change(work, faults=0)
    agent_requests.apply(work, step, event.requests)
    words = agent_words.spoken(event.words)
    _judge_words(work, step, words, voiced_name(event.id, 0) if event.voiced and words == event.words.strip() else None)


def _plain_name(step: Agent, name: str) -> str:
    known = {agent_asking.FILL, agent_asking.CORRECT, *step.tools, *(f"{agent_asking.EXIT}{way}" for way in step.exits)}
    return name if name in known else "something unknown"


def _useless(work: Work, step: Agent) -> None:
    """No words and no request: asked once more, then the model is of no use."""
    faults = agency_of(work).faults + 1
    change(work, faults=faults)
    if faults > 1:
        route(work, step, MODEL_DOWN)
    else:
        tell_model(work, "", "reply", "there were no words and no request", refused=True)


def _names(step: Agent) -> tuple[str, ...]:
    """What the model knows by name and a caller does not."""
    return (*step.tools, *step.exits, *step.collect, *(f"{agent_asking.EXIT}{name}" for name in step.exits))


def _judge_words(work: Work, step: Agent, words: str, voiced: str | None) -> None:
    why = agent_words.forbidden(step, words, _names(step)) if words else None
    if why is None:
        change(work, blocked=0, words=words, voiced=voiced)
    else:
        change(work, words="")
        _hold_back(work, step, why)


def _hold_back(work: Work, step: Agent, why: str) -> None:
    """Words that must not be said: once the model may word it anew."""
    blocked = agency_of(work).blocked + 1
    change(work, blocked=blocked)
    work.note("model", step.name, f"words held back: {why}", step.place)
    if blocked > 1:
        route(work, step, BLOCKED)
    else:
        tell_model(work, "", "words", f"the words were not said: {why}", refused=True)


def failed(work: Work, event: ModelFailed) -> None:
    step = _awaiting(work, event.id)
    if event.id in work.state.awaiting:
        agent_asking.unwait(work, event.id)
    if step is None:
        return
    agency = agency_of(work)
    change(work, asking=None)
    work.note("model", step.name, event.why, step.place)
    if agency.spoken and event.why != "blocked" and not agency.faults:
        _go_on(work, agency.spoken)
    else:
        route(work, step, BLOCKED if event.why == "blocked" else MODEL_DOWN)


def _go_on(work: Work, spoken: str) -> None:
    """It broke off in the middle: what was said cannot be taken back, so the rest is asked for, once."""
    change(work, faults=1, heard="")
    tell_model(work, "", "reply", f"it broke off after: {spoken} Go on from there; say none of it again.", refused=True)
    work.walking = True


def waits_for(work: Work, sent: str) -> bool:
    return work.at.agency is not None and sent in work.at.agency.sent


def tool_answered(work: Work, sent: str, reply: RawReply | NamedReply) -> None:
    agent_requests.answered(work, sent, reply)
    agency = agency_of(work)
    if agency.sent:
        return
    if work.path == agency.step and work.state.pending is None:
        work.walking = True
    else:
        change(work, unanswered=True)


def after_confirmation(work: Work) -> None:
    """The caller has answered the question right before a change."""
    step = work.step()
    assert isinstance(step, Agent)
    agent_requests.after_confirmation(work, step)
