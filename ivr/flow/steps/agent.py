"""`agent:` a model talks with the caller, inside rules. It proposes; what is filled, sent, said and left for is decided
here.

    run ─▶ open: ─▶ listen ─▶ heard ─┬─ watch: ──────────────────────────▶ exit
                      ▲              └─ AskModel ─▶ replied ─▶ requests ─▶ settle ─┬─▶ words ─┐
                      │                    ▲                                       ├─▶ exit   │
                      │                    └───── refused, or results to tell ─────┘          │
                      └───────────────────────────────────────────────────────────────────────┘
"""

from ivr.flow.flow import Agent
from ivr.flow.state import Agency, ModelFailed, ModelReplied, NamedReply, RawReply
from ivr.flow.steps import agent_asking, agent_exits, agent_requests, agent_words
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


def replied(work: Work, event: ModelReplied) -> None:
    waited = event.id in work.state.awaiting
    agency = work.at.agency
    if waited:
        agent_asking.unwait(work, event.id)
        work.state = replace(work.state, model_cost=work.state.model_cost + event.cost)
    if not waited or agency is None or agency.asking != event.id or work.path != agency.step:
        return  # late news: the caller has gone on, or the talk is over
    step = work.step()
    assert isinstance(step, Agent)
    change(work, asking=None, news=(), heard="", unanswered=False, changed=True, cost=agency.cost + event.cost)
    asked = ", ".join(sorted({_plain_name(step, request.name) for request in event.requests}))
    spoke = "replied with words" if event.words.strip() else "replied without words"
    work.note("model", step.name, f"{spoke}; asks for {asked or 'nothing'}", step.place)
    work.walking = True
    if not event.words.strip() and not event.requests:
        _useless(work, step)
        return
    change(work, faults=0)
    agent_requests.apply(work, step, event.requests)
    _judge_words(work, step, agent_words.spoken(event.words))


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


def _judge_words(work: Work, step: Agent, words: str) -> None:
    names = (*step.tools, *step.exits, *step.collect, *(f"{agent_asking.EXIT}{name}" for name in step.exits))
    why = agent_words.forbidden(step, words, names) if words else None
    blocked = 0 if why is None else agency_of(work).blocked + 1
    change(work, blocked=blocked, words=words if why is None else "")
    if why is None:
        return
    work.note("model", step.name, f"words held back: {why}", step.place)
    if blocked > 1:
        route(work, step, BLOCKED)
    else:
        tell_model(work, "", "words", f"the words were not said: {why}", refused=True)


def failed(work: Work, event: ModelFailed) -> None:
    waited = event.id in work.state.awaiting
    agency = work.at.agency
    if waited:
        agent_asking.unwait(work, event.id)
    if not waited or agency is None or agency.asking != event.id or work.path != agency.step:
        return
    step = work.step()
    assert isinstance(step, Agent)
    change(work, asking=None)
    work.note("model", step.name, event.why, step.place)
    route(work, step, BLOCKED if event.why == "blocked" else MODEL_DOWN)


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
