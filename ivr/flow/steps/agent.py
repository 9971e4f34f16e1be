"""`agent:` a model talks with the caller, inside rules. It proposes; what is filled, sent, said and left for is decided
here.

    run ─▶ open: ─▶ listen ─▶ heard ─┬─ watch: ──────────────────────────▶ exit
                      ▲              └─ AskModel ─▶ replied ─▶ requests ─▶ settle ─┬─▶ words ─┐
                      │                    ▲                                       ├─▶ exit   │
                      │                    └───── refused, or results to tell ─────┘          │
                      └───────────────────────────────────────────────────────────────────────┘
"""

from typing import Final

from ivr.flow.flow import Agent
from ivr.flow.state import (
    Agency,
    Fill,
    Listen,
    ModelFailed,
    ModelReplied,
    NamedReply,
    Pending,
    Phrase,
    RawReply,
    Reading,
    StopListening,
)
from ivr.flow.steps import agent_asking, agent_exits, agent_requests, agent_waiting, agent_words, answer, call, commands
from ivr.flow.steps import path as paths
from ivr.flow.steps.agent_requests import agency_of, change, refuse, tell_model
from ivr.flow.steps.copying import replace
from ivr.flow.steps.listening import listen as listen_for
from ivr.flow.steps.phrases import prompt_phrase, question_phrase
from ivr.flow.steps.question import Question, question_here, question_interrupt
from ivr.flow.steps.trouble import trouble
from ivr.flow.steps.work import Work
from ivr.flow.types import Trouble

LIMIT: Final = "limit"
MODEL_DOWN: Final = "model_down"
BLOCKED: Final = "blocked"
MOST_ROUNDS: Final = 6
"""Times a model is asked without a word from the caller before it is taken to be of no use."""


def run(work: Work, step: Agent) -> None:
    if work.mute:
        work.next()
        return
    agency = work.at.agency
    if agency is None or (agency.node, agency.step) != (work.at.node, work.path):
        _begin(work, step)
    _settle(work, step)


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


# ---- one thing after the other


def _settle(work: Work, step: Agent) -> None:
    """What is open is done in the order of the rules, up to the next thing that has to be waited for."""
    unsettled = next((n for n in step.collect if (held := work.at.slots.get(n)) is not None and not held.settled), None)
    due = agent_exits.due(work, step)
    if unsettled is not None:
        _read_back(work, step, unsettled)
    elif due is not None:
        work.note("model", step.name, f"left by {due}: its condition holds", step.exits[due].place)
        leave(work, step, due)
    elif _spent(work, step):
        _route(work, step, LIMIT)
    elif agency_of(work).sent:
        _speak_meanwhile(work, step)
        agent_waiting.listen(work, step)
    elif agent_requests.next_change(work, step):
        pass  # the walk goes on: to its question, or here again
    elif agency_of(work).exits:
        _take_exit(work, step)
    else:
        _speak_or_ask(work, step)


def _spent(work: Work, step: Agent) -> bool:
    """A limit is used up. Turns of the caller are counted where they are heard."""
    agency, limits = agency_of(work), step.limits
    over = (
        (limits.time_ms is not None and work.at_ms - agency.began_ms > limits.time_ms, "time"),
        (limits.tool_calls is not None and agency.tool_calls > limits.tool_calls, "tool calls"),
        (limits.cost is not None and agency.cost > limits.cost, "cost"),
        (
            work.flow.limits.model_cost is not None and work.state.model_cost > work.flow.limits.model_cost,
            "cost of the call",
        ),
    )
    what = next((name for spent, name in over if spent), None)
    if what is not None:
        work.note("model", step.name, f"limit: {what}", step.place)
    return what is not None


def _read_back(work: Work, step: Agent, name: str) -> None:
    """`confirm:` is the engine's. The words of the reply are stale by the time the caller has answered."""
    change(work, words="")
    held = work.at.slots[name]
    work.state = replace(work.state, pending=Pending(Fill(name, held.value, held.source, held.sure), work.path))
    work.at = replace(work.at, question=name, question_step=work.path)
    question = question_here(work)
    assert question is not None
    work.say(question_phrase(work, question), question_interrupt(work, question))
    listen_for(work, question)


def _refused(agency: Agency) -> bool:
    return any(news.refused for news in agency.news)


def _speak_meanwhile(work: Work, step: Agent) -> None:
    """While look-ups run the caller hears what the model said beside them; beside a change its words could promise
    what does not come true, and are never said."""
    agency = agency_of(work)
    changes = any(work.state.awaiting[sent].changes_world for sent in agency.sent)
    if agency.words and not (changes or agency.wanted or agency.exits or _refused(agency)):
        _say(work, step, agency.words)
    change(work, words="" if not agency.exits else agency.words)


def _take_exit(work: Work, step: Agent) -> None:
    agency = agency_of(work)
    change(work, exits=())
    request, name = agency.exits[0]
    way = step.exits.get(name)
    if len(agency.exits) > 1:
        for request, name in agency.exits:
            known = f"exit {name}" if name in step.exits else "an exit"
            refuse(work, step, request, known, "only one way out can be taken at a time")
    elif way is None or not way.offered:
        refuse(work, step, request, "an exit", "there is no exit of that name here")
    elif (why := agent_exits.lacking(work, way)) != "":
        refuse(work, step, request, f"exit {name}", why)
    elif not agency.changed:
        refuse(work, step, request, f"exit {name}", "a change that was asked for beside it did not go through")
    elif _refused(agency):
        refuse(work, step, request, f"exit {name}", "something asked for beside it was refused")
    else:
        if agency.words and not agent_words.asks(agency.words):
            _say(work, step, agency.words)
        work.note("model", step.name, f"left by {name}", way.place)
        leave(work, step, name)
        return
    _settle(work, step)


def _speak_or_ask(work: Work, step: Agent) -> None:
    """Nothing is open any more. Words are spoken, unless something was refused: then they were meant for what did not
    come about. What is new is for the model; where nothing is, the caller has the word."""
    agency = agency_of(work)
    if agency.words and not _refused(agency):
        _say(work, step, agency.words)
        change(work, unanswered=False)
    elif agency.news or agency.unanswered:
        if agency.words:
            work.note("model", step.name, "words not said: they are stale", step.place)
        change(work, words="")
        if agency.rounds >= MOST_ROUNDS:
            work.note("model", step.name, "asked too often without the caller", step.place)
            _route(work, step, MODEL_DOWN)
            return
        agent_asking.ask(work, step)
    change(work, words="")
    agent_waiting.listen(work, step)


def _say(work: Work, step: Agent, words: str) -> None:
    """A model's words are data: no field in them is looked up."""
    shown = agent_waiting.shown(work, words)
    work.say(Phrase(words, shown, fixed=False), work.interrupt(own=step.question.interrupt))
    change(work, question=(words, shown), words="")


# ---- leaving


def leave(work: Work, step: Agent, name: str) -> None:
    """By an exit: first the sentences that always stand before it, word for word."""
    _close(work)
    agent_exits.say_exact(work, step, name)
    work.enter(f"on/{name}")
    work.walking = True


def _route(work: Work, step: Agent, result: str) -> None:
    work.note("model", step.name, result, step.place)
    _close(work)
    work.walking = True
    call.route(work, step, result)


def _close(work: Work) -> None:
    """The model has no part in what follows; what it had sent is applied when it comes."""
    if work.state.listening is not None:
        work.emit(StopListening())
    work.state = replace(work.state, listening=None, pending=None)
    work.stand(agency_of(work).step)
    work.leave_agent()
    work.at = replace(work.at, question=None)
    work.forget_said()


# ---- the caller


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
    elif question.pending is None and _spent(work, step):
        _route(work, step, LIMIT)
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
        _route(work, step, LIMIT)
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
        _route(work, step, MODEL_DOWN)
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
        _route(work, step, BLOCKED)
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
    _route(work, step, BLOCKED if event.why == "blocked" else MODEL_DOWN)


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


def masked_words(work: Work, listen: Listen, reading: Reading) -> str:
    """The caller's words as anybody may read them."""
    talks = agent_waiting.here(work) is not None and work.state.pending is None
    return agent_waiting.masked(work, listen, reading.words) if talks else answer.masked_words(work, listen, reading)
