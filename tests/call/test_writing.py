"""Words in writing answer the open question: over a prompt, while the caller speaks, as keys, with a model's help."""

from collections.abc import Mapping

import pytest

from ivr.call import effects as fx
from ivr.call import events as ev
from ivr.call.settings import CallSettings
from ivr.call.writing import MOST_WAITING
from ivr.flow.types import Source
from tests.call.desk import Desk
from tests.flow.phone import PROJECT, loaded

FLOW = """
schema: callflow/1
flow: trial
start: begin
slots:
  reason: {type: choice, options: {bill: {hear: [my bill], key: "1"}, fault: {hear: [a fault]}}, ask: "Bill or fault?"}
  account: {type: digits, length: 8, confirm: if spoken, ask: Which account?}
  card: {type: digits, length: 16, private: pci, ask: Which card?}
nodes:
  begin:
    - {say: Please listen to all of this., interrupt: no}
    - ask: [reason, account]
    - ask: card
    - end: Done.
"""


def desk(*, written: bool = False, meaning: Mapping[str, object] | None = None) -> Desk:
    return Desk(
        loaded({"project.yaml": PROJECT, "trial.flow.yaml": FLOW}),
        hears=lambda _: "a fault",
        means=lambda _: meaning,
        settings=CallSettings(understands_sound=True),
        begins=ev.Answered(written=written),
    )


def write(at: Desk, words: str, request: str = "m1", *, opening: bool = False) -> None:
    at.feed(ev.Written(words, request, opening))
    at.wait(100)


def caller(at: Desk) -> list[tuple[str, bool]]:
    return [(turn.shown, turn.written) for turn in at.turns if turn.who == "caller"]


def test_they_wait_for_a_prompt_that_must_be_heard_and_cut_one_that_need_not() -> None:
    at = desk()
    write(at, "my bill")
    assert caller(at) == [] and at.count(fx.CutPlayout) == 0
    at.wait(len("Please listen to all of this.") * 60)
    assert caller(at) == [("my bill", True)]
    assert at.slots["reason"] == "bill" and at.said[-1] == "Which account?"


def test_they_take_the_place_of_what_the_caller_is_just_saying() -> None:
    at = desk()
    at.heard_out()
    at.speak(600)
    write(at, "my bill")
    at.heard_out()
    at.wait(3000)
    assert caller(at)[0] == ("my bill", True) and at.slots["reason"] == "bill"
    assert at.count(fx.Transcribe) == 0


def test_what_is_written_is_not_read_back_where_only_what_is_spoken_is() -> None:
    at = desk()
    at.heard_out()
    write(at, "a fault")
    write(at, "its number is 3141 5926")
    at.heard_out()
    held = at.call.state.standings[-1].slots["account"]
    assert (held.value, held.source, held.settled) == ("31415926", Source.WRITTEN, True)


@pytest.mark.parametrize(("words", "source"), [("1", Source.KEYS), ("one", Source.WRITTEN), ("bill", Source.WRITTEN)])
def test_nothing_but_keys_are_keys(words: str, source: Source) -> None:
    at = desk()
    at.heard_out()
    write(at, "my bill" if words == "one" else words)
    assert at.call.state.standings[-1].slots["reason"].source is source


def test_digits_that_are_too_many_for_the_question_are_words_and_no_fitting_part_of_them() -> None:
    at = desk()
    at.heard_out()
    write(at, "1")
    write(at, "314159265")
    assert "account" not in at.slots or at.slots["account"] is None


def test_a_model_may_be_asked_what_they_mean_and_hears_nothing() -> None:
    at = desk(meaning={"answer": {"reason": "fault"}})
    at.heard_out()
    write(at, "the box in the hall blinks red")
    at.wait(1000)
    (asked,) = [effect for effect in at.did if isinstance(effect, fx.Understand)]
    assert (asked.words, asked.mulaw) == ("the box in the hall blinks red", b"")
    assert at.slots["reason"] == "fault"


def test_a_card_is_not_taken_in_writing() -> None:
    at = desk()
    at.heard_out()
    write(at, "1")
    write(at, "31415926")
    at.heard_out()
    assert at.said[-1] == "Which card?"
    write(at, "4111111111111111")
    assert len(caller(at)) == 2 and at.call.state.listening is not None
    assert "4111" not in str([effect for effect in at.did if isinstance(effect, fx.KeepEntry | fx.KeepNote)])


def test_no_more_wait_than_anybody_would_answer() -> None:
    at = desk()
    for number in range(MOST_WAITING + 2):
        write(at, "my bill", str(number))
    notes = [effect for effect in at.did if isinstance(effect, fx.KeepNote) and effect.what == "writing"]
    assert [note.detail for note in notes] == ["too much waits"] * 2


def test_in_writing_nobody_is_hurried_and_a_greeting_answers_nothing() -> None:
    at = desk(written=True)
    at.heard_out()
    at.wait(60_000)
    write(at, "good morning", opening=True)
    at.wait(60_000)
    assert at.said == ["Please listen to all of this.", "Bill or fault?"]
    assert caller(at) == [("good morning", True)]
    assert at.call.waits_for_writing
    write(at, "my bill", "m2")
    assert at.slots["reason"] == "bill"


def test_a_conversation_goes_on_where_it_stood_without_asking_again() -> None:
    at = desk(written=True)
    at.heard_out()
    write(at, "my bill")
    at.heard_out()
    again = desk(written=True)
    again.call = type(at.call)(at.bundle, at.call.state, at.settings, last_seq=100, last_turn=10)
    again.said.clear()
    again.feed(ev.Reopened())
    assert again.said == [] and again.call.waits_for_writing
    write(again, "31415926", "m2")
    assert again.said[0] == "I can't take that in writing. Please call us for it."


def test_who_asks_for_time_answers_by_the_next_message() -> None:
    at = desk(written=True)
    at.heard_out()
    write(at, "hold on a moment please")
    assert at.said[-1] == "Take your time."
    write(at, "my bill", "m2")
    assert at.slots["reason"] == "bill"
