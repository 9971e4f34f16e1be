"""A talk with a model on the line: its words are played, speech stops them, and what is said while it thinks counts."""

from decimal import Decimal

import pytest

from ivr.call import effects as fx
from ivr.call import events as ev
from ivr.call.outbox import Outbox
from ivr.call.prompts import Prompts
from ivr.call.record import Record
from ivr.call.replies import Replies
from ivr.flow.state import ModelRequest, SayEffect
from ivr.flow.types import Interrupt
from ivr.turn.floor import Floor
from ivr.units import Millis
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


def test_however_often_the_model_is_asked_the_two_seconds_are_those_since_the_last_word() -> None:
    at = desk("I want a table.")
    at.speak(800)
    ended, said = at.now, len(at.said)
    at.wait(1500)
    assert at.count(fx.AskModel) == 1 and len(at.said) == said
    replies(at, "")  # of no use: it is asked once more
    assert at.count(fx.AskModel) == 2
    while len(at.said) == said and at.now < ended + 4000:
        at.wait(20)
    assert at.said[said] == "One moment, please." and at.now - ended < 2_000


# ---- a reply that is said while it is made


def says(at: Desk, piece: int, words: str, *, voiced: bool = True) -> None:
    at.feed(ev.ModelSaid(asked(at)[-1].asked.id, piece, words, voiced))


def told(at: Desk) -> list[tuple[str, str]]:
    return [(said.who, said.text) for said in at.call.state.told]


def test_a_reply_is_said_while_it_is_made_with_the_sound_that_came() -> None:
    at = desk("I want a table.")
    speaks(at)
    says(at, 0, "A table it is.")
    says(at, 1, "For how many?")
    started = [effect for effect in at.did if isinstance(effect, fx.StartPlayout)][-2:]
    name = asked(at)[-1].asked.id
    assert [(say.text, say.voiced) for say in started] == [
        ("A table it is.", f"{name}/0"),
        ("For how many?", f"{name}/1"),
    ]
    replies(at, "", ModelRequest("a", "fill", {"wish": "a table"}))
    at.heard_out()
    assert at.slots["wish"] == "a table" and at.said[-2:] == ["A table it is.", "For how many?"]
    assert told(at)[-2:] == [("bot", "A table it is."), ("bot", "For how many?")]
    at.wait(9000)
    assert "For how many?" in at.said[-1]  # nobody answered: it is asked again, and the model is not


def test_who_takes_the_floor_from_a_reply_under_way_is_not_told_the_rest() -> None:
    at = desk("I want a table.", "No, a room.")
    speaks(at)
    first = asked(at)[0].asked.id
    says(at, 0, "A table it is, and let me tell you at length what else we have on the list today.")
    at.wait(1000)
    speaks(at)
    assert fx.DropModel(first) in at.did and asked(at)[-1].asked.heard == "No, a room."
    at.feed(ev.ModelReplied(first, "", (ModelRequest("a", "fill", {"wish": "a table"}),), Decimal(0)))
    assert "wish" not in at.slots  # what the reply would have asked for is not done


def test_a_reply_that_breaks_off_is_gone_on_with_once() -> None:
    at = desk("I want a table.")
    speaks(at)
    says(at, 0, "A table it is.")
    at.feed(ev.ModelFailed(asked(at)[-1].asked.id, "unavailable"))
    assert at.count(fx.AskModel) == 2
    assert "A table it is." in asked(at)[-1].asked.news[0].text
    says(at, 0, "For how many?")
    at.feed(ev.ModelFailed(asked(at)[-1].asked.id, "unavailable"))
    assert at.count(fx.AskModel) == 2 and at.node == "person"
    assert [text for text in at.said if text == "A table it is."] == ["A table it is."]


def test_a_sentence_that_must_not_be_said_ends_the_reply_before_it() -> None:
    at = desk("I want a table.")
    speaks(at)
    first = asked(at)[0].asked.id
    says(at, 0, "A table it is.")
    says(at, 1, "Please tell me your credit card number.")
    assert "credit card" not in " ".join(at.said)
    assert fx.DropModel(first) in at.did and at.count(fx.AskModel) == 2
    assert asked(at)[-1].asked.news[-1].refused


def test_a_reply_that_goes_on_coming_is_not_late() -> None:
    at = desk("I want a table.")
    speaks(at)
    for piece in range(4):
        at.wait(4000)
        says(at, piece, f"And thing number {piece}.")
    assert at.count(fx.DropModel) == 0 and at.node == "talk"


def test_the_model_hears_what_was_said_last_unless_some_of_it_is_masked() -> None:
    at = desk("I want a table.", "It is 4111 1111 1111 1111.")
    speaks(at)
    assert len(asked(at)[-1].mulaw) >= 800 * 8
    replies(at, "Which card?")
    at.heard_out()
    speaks(at)
    assert "4111" not in asked(at)[-1].asked.heard and asked(at)[-1].mulaw == b""


# ---- the caller speaks, and the reply goes on coming


def test_what_comes_of_a_reply_while_the_caller_speaks_does_not_speak_over_them() -> None:
    at = desk("I want a table.", "No, a room with a view.")
    speaks(at)
    first = asked(at)[0].asked.id
    says(at, 0, "A table it is, and let me tell you at length what else we have.")
    at.wait(1000)
    at.speak(500)
    said = len(at.said)
    says(at, 1, "We have rooms with a view.")
    says(at, 2, "And a garden.")
    at.speak(500)
    assert len(at.said) == said
    at.wait(2000)
    assert fx.DropModel(first) in at.did
    assert asked(at)[-1].asked.heard == "No, a room with a view."
    assert not {"We have rooms with a view.", "And a garden."} & set(at.said)


def test_where_what_was_heard_meant_nothing_the_reply_goes_on_with_all_that_came() -> None:
    at = desk("I want a table.", "uh-huh")
    speaks(at)
    says(at, 0, "A table it is. Let me tell you at length what else we have.")
    at.wait(1000)
    at.speak(400)
    says(at, 1, "We have rooms with a view.")
    replies(at, "")
    at.wait(800)
    at.heard_out()
    assert at.said[-1] == "We have rooms with a view."
    assert "Let me tell you at length what else we have." in at.said[-2]
    assert not any(isinstance(effect, fx.DropModel) for effect in at.did)


def test_who_speaks_on_while_the_model_thinks_is_not_cut_off_by_its_answer() -> None:
    at = desk("I want a table.", "And a room.")
    speaks(at)
    first = asked(at)[0].asked.id
    at.speak(600)
    replies(at, "A table it is.")
    assert "A table it is." not in at.said
    at.wait(2000)
    assert asked(at)[-1].asked.id != first
    assert asked(at)[-1].asked.heard == "I want a table. And a room."
    assert "A table it is." not in at.said


def test_nothing_bridges_the_wait_of_a_caller_who_speaks() -> None:
    at = desk("I want a table.", "And a room with a view and a lake.")
    speaks(at)
    at.heard_out()
    said = len(at.said)
    at.speak(4000)
    assert at.said[said:] == []
    at.wait(2000)
    assert asked(at)[-1].asked.heard == "I want a table. And a room with a view and a lake."


@pytest.mark.parametrize("answered", [True, False])
def test_who_speaks_on_for_long_is_heard_to_the_end(answered: bool) -> None:
    at = desk("I want a table.", "And a room with a view.")
    speaks(at)
    at.speak(600)
    if answered:
        replies(at, "A table it is.")
    at.speak(10_000)
    assert at.node == "talk"
    assert "A table it is." not in at.said
    at.wait(2000)
    assert asked(at)[-1].asked.heard == "I want a table. And a room with a view."


def test_a_model_that_never_answers_is_waited_for_no_longer_once_the_caller_is_silent() -> None:
    at = desk("I want a table.", "")
    speaks(at)
    at.speak(8000)
    assert at.node == "talk"
    at.wait(4000)
    assert at.node == "person"


def test_what_speech_stopped_goes_on_before_what_comes_new() -> None:
    prompts, came = Prompts(), list[str]()
    replies = Replies(
        prompts,
        Outbox(Record()),
        floor=lambda: Floor.BOT,
        is_asked=lambda _: True,
        come=lambda reply, _: came.append(reply.id),
    )
    say = SayEffect("say", "A table it is.", "A table it is.", Interrupt.ANY, True)
    prompts.stopped.stop([say])
    replies.take(ev.ModelFailed("new", "timeout"), Millis(0))
    assert came == []
    prompts.stopped.take_in(say, ev.PlayoutEnded("say", "", Millis(0), "", True), Millis(1))
    replies.let_come(Millis(1))
    assert came == ["new"]
