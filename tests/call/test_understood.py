"""A model is asked what was meant where the words do not tell: when, with what, and what becomes of its answer."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from ivr.call import effects as fx
from ivr.call import events as ev
from ivr.call.settings import CallSettings
from ivr.call.watch import Silence
from ivr.flow.types import Source
from tests.call.desk import Desk
from tests.flow.phone import PROJECT, loaded

FLOW = """
schema: callflow/1
flow: trial
start: begin
slots:
  reason: {type: choice, options: {bill: {hear: [my bill, the balance]}, fault: {hear: [a fault, not working]}},
           ask: "Is it a bill, or a fault?"}
  count: {type: number, from: 1, to: 9, ask: How many?}
  account: {type: digits, length: 8, private: pii, ask: Which account?}
  card: {type: digits, length: 16, private: pci, accept: both, ask: Which card?}
nodes:
  begin: [{ask: reason}, {ask: count}, {ask: account}, {ask: card}, {end: Done.}]
"""
ASKED = CallSettings(understands_sound=False)
WIFI = "the box in the hall blinks red"


def desk(*heard: str | None, settings: CallSettings = ASKED, **meanings: Mapping[str, object]) -> Desk:
    """At the first question; the caller's utterances are heard as these words, in turn."""
    said = iter(heard)
    found = Desk(
        loaded({"project.yaml": PROJECT, "trial.flow.yaml": FLOW}),
        hears=lambda _: next(said, ""),
        means=lambda asked: next(iter(meanings.values()), None),
        settings=settings,
    )
    found.heard_out()
    return found


def asked(at: Desk) -> list[fx.Understand]:
    return [effect for effect in at.did if isinstance(effect, fx.Understand)]


def says(at: Desk, ms: int = 800, then_ms: int = 2500) -> None:
    at.speak(ms)
    at.wait(then_ms)
    at.heard_out()


def answers(at: Desk) -> list[fx.KeepTurn]:
    return [turn for turn in at.turns if turn.who == "caller"]


FAULT = {"answer": {"reason": "fault"}}


def test_words_that_are_understood_cost_nothing() -> None:
    at = desk("a fault", fault=FAULT)
    says(at)
    assert at.slots["reason"] == "fault" and not asked(at)
    assert answers(at)[0].read_by == "words"


def test_what_the_words_alone_do_not_tell_a_model_is_asked() -> None:
    at = desk(WIFI, fault=FAULT)
    says(at)
    question = asked(at)[0]
    assert (question.words, question.mulaw, question.said) == (WIFI, b"", "Is it a bill, or a fault?")
    assert question.tool.name == "heard"
    assert at.slots["reason"] == "fault" and answers(at)[0].read_by == "model"
    heard = [entry for entry in at.did if isinstance(entry, fx.KeepEntry) and entry.kind == "flow.Heard"]
    assert Source.MODEL.value in str(heard[0].body)  # replay needs no model


def test_its_answer_takes_no_time_of_the_callers_own() -> None:
    """It is asked while the silence lasts that ends the turn anyway."""
    at = desk(WIFI, fault=FAULT)
    at.speak(800)
    at.wait(750)  # of silence; nothing that ends the turn would be known any earlier
    assert at.slots.get("reason") == "fault"


def test_without_one_nobody_is_asked() -> None:
    at = desk(WIFI, settings=CallSettings(understands=False), fault=FAULT)
    says(at)
    assert not asked(at) and "reason" not in at.slots


@pytest.mark.parametrize("answer", [None, {"unclear": True}, {}, {"answer": {"reason": "refund"}}])
def test_of_no_use_the_question_is_asked_again(answer: Mapping[str, object] | None) -> None:
    at = desk(WIFI)
    at.means = lambda _: answer
    says(at)
    assert len(asked(at)) == 1 and "reason" not in at.slots and at.said[-1].startswith("Sorry")


def test_a_doubtful_match_counts_if_the_model_is_of_no_use() -> None:
    at = desk("a fault", "for")
    says(at)
    says(at)
    assert [question.words for question in asked(at)] == ["for"]
    assert at.slots["count"] == 4 and answers(at)[1].read_by == "words"


def test_the_caller_goes_on_and_the_answer_to_half_of_it_is_late_news() -> None:
    at = desk("the box in the hall", "the box in the hall sends me a bill", fault=FAULT)
    at.thinks_ms = 5000
    at.speak(800)
    at.wait(500)
    half = asked(at)[0]
    at.speak(800)
    at.feed(ev.Understood(half.turn, half.attempt, FAULT))
    assert "reason" not in at.slots
    at.wait(2500)
    assert at.slots["reason"] == "bill"


def test_an_answer_that_comes_twice_or_after_the_turn_changes_nothing() -> None:
    at = desk(WIFI, fault=FAULT)
    says(at)
    before = (replace(at.call.state, seq=0), list(at.said))
    at.feed(ev.Understood(asked(at)[0].turn, asked(at)[0].attempt, {"answer": {"count": 3}}))
    at.feed(ev.Understood(99, 0, FAULT))
    assert (replace(at.call.state, seq=0), list(at.said)) == before


def test_a_slow_model_is_bridged_once_before_two_seconds() -> None:
    at = desk(WIFI, fault=FAULT)
    at.thinks_ms = 2600
    at.speak(800)
    spoke_until = at.now
    while at.said[-1] == "Is it a bill, or a fault?":
        at.wait(20)
    assert at.now - spoke_until < 2000
    at.wait(3000)
    assert at.slots["reason"] == "fault"
    bridges = [e for e in at.did if isinstance(e, fx.KeepNote) and e.what == Silence.SLOW_RECOGNISER.value]
    assert len(bridges) == 1


def test_a_number_of_its_own_is_read_back() -> None:
    at = desk("a fault", "as many as last time", count={"answer": {"count": 4}})
    says(at)
    says(at)
    assert at.call.state.listening is not None and at.call.state.listening.confirming is not None
    assert at.call.state.listening.confirming.current == 4


def test_what_lives_in_memory_only_is_never_asked_of_a_model() -> None:
    at = desk("a fault", "three", settings=replace(ASKED, understands_private=True, understands_sound=True))
    says(at)
    says(at)
    at.press("12345678")
    at.heard_out()
    assert at.call.state.listening is not None and at.call.state.listening.question == "card"
    at.hears = lambda _: "something that is no card"
    says(at)
    assert not asked(at)


def test_private_answers_only_where_the_model_may_have_them() -> None:
    for private in (False, True):
        at = desk("a fault", "three", "the one of my late aunt", settings=replace(ASKED, understands_private=private))
        says(at)
        says(at)
        says(at)
        assert [question.words for question in asked(at)] == (["the one of my late aunt"] if private else [])


def test_numbers_that_may_be_private_are_masked_and_the_sound_stays_here() -> None:
    at = desk("so it is 4111 1111 1111 1111 on the front", settings=replace(ASKED, understands_sound=True))
    says(at)
    assert asked(at) and "4111" not in asked(at)[0].words and asked(at)[0].mulaw == b""
    plain = desk(WIFI, settings=replace(ASKED, understands_sound=True))
    says(plain)
    assert len(asked(plain)[0].mulaw) > 4000


def test_where_the_recogniser_fails_a_model_that_hears_is_asked() -> None:
    at = desk(None, settings=replace(ASKED, understands_sound=True), fault=FAULT)
    says(at)
    assert asked(at)[0].words == "" and at.slots["reason"] == "fault"
    deaf = desk(None, fault=FAULT)
    says(deaf)
    assert not asked(deaf)


def test_a_model_that_never_answers_ends_no_call() -> None:
    """Whoever watches over silences gives the turn up; what the words alone gave counts."""
    at = desk(WIFI)
    at.thinks_ms = 10**9
    says(at, then_ms=6000)
    at.feed(ev.FellSilent(Silence.STUCK_TURN))
    at.wait(500)
    assert "reason" not in at.slots and len(asked(at)) == 1
