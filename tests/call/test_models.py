"""A talk with a model on the line: its words are played, speech stops them, and what is said while it thinks counts."""

from decimal import Decimal

from ivr.call import effects as fx
from ivr.call import events as ev
from ivr.flow.state import ModelRequest
from tests.call.desk import Desk
from tests.flow.phone import PROJECT, loaded

FLOW = """
schema: callflow/1
flow: trial
start: talk
slots: {wish: {type: text, about: what the caller wants}}
nodes:
  talk:
    - agent: host
      open: How can I help?
      goal: Find out what the caller wants.
      collect: [wish]
      exits: {done: {needs: [wish], about: all is said, goto: bye}, fire: {watch: [fire], goto: person}}
      on: {limit: {goto: person}, model_down: {goto: person}, blocked: {goto: person}}
"""


def desk(*words: str) -> Desk:
    """At the open question; the caller's utterances are heard as `words`, in turn."""
    said = iter(words)
    found = Desk(loaded({"project.yaml": PROJECT, "trial.flow.yaml": FLOW}), hears=lambda _: next(said, ""))
    found.heard_out()
    return found


def asked(at: Desk) -> list[fx.AskModel]:
    return [effect for effect in at.did if isinstance(effect, fx.AskModel)]


def speaks(at: Desk) -> None:
    at.speak(800)
    at.wait(2000)


def replies(at: Desk, words: str, *requests: ModelRequest) -> None:
    at.feed(ev.ModelReplied(asked(at)[-1].asked.id, words, requests, Decimal(0)))


def test_the_models_words_are_played_and_its_exit_is_taken() -> None:
    at = desk("I want a table.", "That is all.")
    speaks(at)
    replies(at, "Anything else?", ModelRequest("a", "fill", {"wish": "a table"}))
    at.heard_out()
    assert at.said[-1] == "Anything else?" and at.slots["wish"] == "a table"
    speaks(at)
    replies(at, "Thank you.", ModelRequest("b", "exit_done", {}))
    assert at.said[-2:] == ["Thank you.", "Goodbye then."]


def test_speech_stops_the_models_words_and_is_told_to_it() -> None:
    at = desk("I want a table.", "No, two tables.")
    speaks(at)
    replies(at, "A table it is, and let me tell you at length what else we have on the list today.")
    at.wait(1500)
    speaks(at)
    assert at.count(fx.CutPlayout) == 1 and asked(at)[-1].asked.heard == "No, two tables."
    bot = [said.text for said in asked(at)[-1].asked.told if said.who == "bot"]
    assert bot[-1].startswith("A table") and len(bot[-1]) < 40


def test_what_is_said_while_it_thinks_takes_the_place_of_its_reply() -> None:
    at = desk("I want a table.", "There is a fire!")
    speaks(at)
    first = asked(at)[0].asked.id
    speaks(at)
    assert fx.DropModel(first) in at.did and at.node == "person"


def test_without_a_model_the_flow_goes_its_own_way() -> None:
    at = desk("I want a table.")
    speaks(at)
    at.feed(ev.ModelFailed(asked(at)[0].asked.id, "not_configured"))
    assert at.node == "person"


def test_who_waits_for_the_model_hears_something_within_two_seconds_and_again_before_two_more() -> None:
    at = desk("I want a table.")
    said = len(at.said)
    at.speak(800)
    ended, began = at.now, []
    for _ in range(400):
        at.wait(20)
        if len(at.said) > said + len(began):
            began.append((at.now - ended, at.to_say_ms))
    (first_ms, takes_ms), (again_ms, _) = began[:2]
    assert at.said[said : said + 2] == ["One moment, please.", "I'm still here. It takes a little longer."]
    assert first_ms < 2_000
    assert again_ms - (first_ms + takes_ms) < 2_000
