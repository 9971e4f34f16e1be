"""What a model's reply left to do, one thing after the other in the order of the rules; the ways out of the talk."""

from typing import Final

from ivr.flow.flow import Agent
from ivr.flow.state import Agency, Fill, Pending, Phrase, StopListening, asked_of
from ivr.flow.steps import agent_asking, agent_exits, agent_requests, agent_waiting, agent_words, call
from ivr.flow.steps.agent_requests import agency_of, change, refuse
from ivr.flow.steps.copying import replace
from ivr.flow.steps.listening import listen as listen_for
from ivr.flow.steps.phrases import question_phrase
from ivr.flow.steps.question import question_here, question_interrupt
from ivr.flow.steps.work import Work

LIMIT: Final = "limit"
MODEL_DOWN: Final = "model_down"
BLOCKED: Final = "blocked"
MOST_ROUNDS: Final = 6
"""Times a model is asked without a word from the caller before it is taken to be of no use."""


def settle(work: Work, step: Agent) -> None:
    """What is open is done in the order of the rules, up to the next thing that has to be waited for."""
    unsettled = next((n for n in step.collect if (held := work.at.slots.get(n)) is not None and not held.settled), None)
    due = agent_exits.due(work, step)
    if unsettled is not None:
        _read_back(work, step, unsettled)
    elif due is not None:
        work.note("model", step.name, f"left by {due}: its condition holds", step.exits[due].place)
        leave(work, step, due)
    elif spent(work, step):
        route(work, step, LIMIT)
    elif agency_of(work).sent:
        _speak_meanwhile(work, step)
        agent_waiting.listen(work, step)
    elif agent_requests.next_change(work, step):
        pass  # the walk goes on: to its question, or here again
    elif agency_of(work).exits:
        _take_exit(work, step)
    else:
        _speak_or_ask(work, step)


def spent(work: Work, step: Agent) -> bool:
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
    change(work, words="" if not agency.exits else agency.words, spoken="")


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
    settle(work, step)


def _speak_or_ask(work: Work, step: Agent) -> None:
    """Nothing is open any more. Words are spoken, unless something was refused: then they were meant for what did not
    come about. What is new is for the model; where nothing is, the caller has the word."""
    agency = agency_of(work)
    if (agency.words or agency.spoken) and not _refused(agency):
        if agency.words:
            _say(work, step, agency.words)
        change(work, unanswered=False, spoken="")
    elif agency.news or agency.unanswered:
        if agency.words:
            work.note("model", step.name, "words not said: they are stale", step.place)
        change(work, words="")
        if agency.rounds >= MOST_ROUNDS:
            work.note("model", step.name, "asked too often without the caller", step.place)
            route(work, step, MODEL_DOWN)
            return
        agent_asking.ask(work, step)
    change(work, words="")
    agent_waiting.listen(work, step)


def _say(work: Work, step: Agent, words: str) -> None:
    """A model's words are data: no field in them is looked up."""
    shown = agent_waiting.shown(work, words)
    voiced = agency_of(work).voiced
    reply = None if voiced is None else asked_of(voiced)
    phrase = Phrase(words, shown, fixed=False, voiced=voiced)
    work.say(phrase, work.interrupt(own=step.question.interrupt), reply=reply)
    change(work, question=(words, shown), words="", voiced=None)


# ---- leaving


def leave(work: Work, step: Agent, name: str) -> None:
    """By an exit: first the sentences that always stand before it, word for word."""
    _close(work)
    agent_exits.say_exact(work, step, name)
    work.enter(f"on/{name}")
    work.walking = True


def route(work: Work, step: Agent, result: str) -> None:
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
