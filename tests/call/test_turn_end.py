"""When a caller's turn is over, walked at the call's machine with numbers as time."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ivr.call import effects as fx
from ivr.call import events as ev
from ivr.call.settings import CallSettings
from ivr.flow.flow import Ask, Bundle, Goto, Option, TurnSettings
from ivr.flow.types import Type
from ivr.turn.floor import Floor
from tests.call.desk import Desk
from tests.call.textflow import HERE, line

SIZES = (Option("small", ("one",), "1", "one", HERE), Option("big", ("one hundred",), "2", "one hundred", HERE))
JUDGED = CallSettings(judge=True)


def asking(kind: Type, turn: TurnSettings | None = None, **more: Any) -> Bundle:
    """A line with this one question."""
    bundle = line()
    flow = bundle.flows["line"]
    slot = replace(flow.slots["reason"], type=kind, **({"options": ()} | more))
    if turn is not None:
        slot = replace(slot, question=replace(slot.question, turn=turn))
    welcome = replace(flow.nodes["welcome"], steps=(Ask(("reason",), HERE), Goto("bye", HERE)))
    flow = replace(flow, slots={**flow.slots, "reason": slot}, nodes={**flow.nodes, "welcome": welcome})
    return replace(bundle, flows={"line": flow})


def desk_for(kind: Type, *texts: str, settings: CallSettings | None = None, **more: Any) -> Desk:
    """At the open question; `texts` are what the recogniser makes of the turn, the last one from then on."""
    desk = Desk(asking(kind, **more), settings=settings or CallSettings(understands=False))
    desk.heard_out()
    left = list(texts)
    desk.hears = lambda asked: left.pop(0) if len(left) > 1 else left[0]
    return desk


def answered_after_ms(desk: Desk, most_ms: int = 6000) -> int:
    """Silence until the flow has the answer. The desk's scores come a window of 32 ms at a time."""
    began, before = desk.now, len(desk.turns)
    while desk.now < began + most_ms:
        desk.wait(20)
        if any(turn.who == "caller" for turn in desk.turns[before:]):
            return desk.now - began
    raise AssertionError("no answer")


@pytest.mark.parametrize(
    ("kind", "words", "more", "waits_ms"),
    [
        (Type.DIGITS, "one two three four", {"length": (4, 4)}, 360),
        (Type.DIGITS, "one two three four", {"length": (3, 5)}, 1100),
        (Type.DIGITS, "one two three four", {"length": None}, 1100),
        (Type.DIGITS, "five five five", {"length": (7, 7)}, 1500),
        (Type.YES_NO, "yes", {}, 360),
        (Type.YES_NO, "yes but", {}, 1500),
        (Type.CHOICE, "one hundred", {"options": SIZES}, 360),
        (Type.CHOICE, "one", {"options": SIZES}, 800),
        (Type.TEXT, "my internet is slow", {}, 800),
        (Type.TEXT, "my number is", {}, 1500),
        (Type.TEXT, "I was wondering, um", {}, 1500),
        (Type.NAME, "S, M, I", {}, 1500),
        (Type.TEXT, "hold on a second", {}, 4000),
    ],
)
def test_the_turn_ends_when_what_was_said_is_enough(
    kind: Type, words: str, more: dict[str, Any], waits_ms: int
) -> None:
    desk = desk_for(kind, words, **more)
    desk.speak(600)
    assert answered_after_ms(desk) == pytest.approx(waits_ms, abs=70)


def test_a_pause_that_the_flow_fixes_is_kept_whatever_was_said() -> None:
    desk = desk_for(Type.TEXT, "my number is", turn=TurnSettings(pause_ms=200))
    desk.speak(600)
    assert answered_after_ms(desk) == pytest.approx(200 + desk.deaf_ms, abs=70)


@pytest.mark.parametrize("phase", range(8))
def test_a_pause_is_over_when_it_is_wherever_the_windows_of_the_detector_end(phase: int) -> None:
    """The desk looks every 20 ms; a window is 32."""
    desk = desk_for(Type.TEXT, "", turn=TurnSettings(pause_ms=200))
    desk.wait(phase * 20)
    desk.speak(600)
    ended = desk.now
    desk.wait(400)
    over = [e.at_ms for e in desk.did if isinstance(e, fx.KeepEntry) and e.kind == "UtteranceEnded"]
    assert len(over) == 1 and 200 <= over[0] - ended <= 220


def test_speech_again_at_the_end_of_a_pause_is_the_same_turn() -> None:
    """Its first window is not scored yet when the pause would be long enough."""
    for pause_ms in range(140, 200, 20):
        desk = desk_for(Type.TEXT, "my internet is slow", turn=TurnSettings(pause_ms=200))
        desk.speak(600)
        desk.wait(pause_ms)
        desk.speak(600)
        desk.wait(600)
        assert [turn.shown for turn in desk.turns if turn.who == "caller"] == ["my internet is slow"]


def test_digits_in_groups_are_heard_as_one_answer() -> None:
    desk = desk_for(Type.DIGITS, "five five five", "five five five one two three four", length=(7, 7))
    desk.speak(700)
    desk.wait(1200)
    desk.speak(900)
    desk.wait(420)
    assert desk.slots == {"reason": "5551234"}


def test_digits_said_one_by_one_are_not_recognised_one_by_one() -> None:
    words = "1234567890123456"
    desk = desk_for(Type.DIGITS, "", length=(16, 16))
    began = desk.now
    desk.hears = lambda asked: " ".join(words[: (desk.now - began) // 600 + 1])
    for _ in words[:-1]:
        desk.speak(300)
        desk.wait(300)
    desk.speak(300)
    assert desk.count(fx.Transcribe) <= 6
    assert answered_after_ms(desk) == pytest.approx(360, abs=70)
    assert desk.slots == {"reason": "1234567890123456"}


def test_a_caller_who_says_the_missing_digits_in_one_go_is_answered_at_once() -> None:
    desk = desk_for(Type.DIGITS, "one two", "one two three four five six seven eight", length=(8, 8))
    desk.speak(600)
    desk.wait(500)
    desk.speak(1000)
    assert answered_after_ms(desk) == pytest.approx(360, abs=70)


def test_nothing_is_said_or_filled_in_a_pause_that_the_caller_ends() -> None:
    desk = desk_for(Type.YES_NO, "yes but", "yes but not today")
    before = len(desk.did)
    desk.speak(400)
    desk.wait(1200)
    desk.speak(700)
    assert desk.slots == {}
    done = [e for e in desk.did[before:] if isinstance(e, fx.StartPlayout | fx.KeepTurn | fx.RunTool | fx.Leave)]
    assert done == []


# ---- words that come late


def test_words_that_come_late_and_lead_on_do_not_end_the_turn() -> None:
    desk = desk_for(Type.TEXT, "my number is", "my number is five")
    desk.deaf_ms = 900
    desk.speak(600)
    desk.wait(1300)  # the plain pause was over before the words came
    assert desk.call.floor is Floor.THINKING
    desk.speak(500)
    desk.deaf_ms = 60
    desk.wait(1000)
    assert [t.shown for t in desk.turns if t.who == "caller"] == ["my number is five"]


def test_words_that_come_late_and_lead_on_are_taken_after_the_longer_pause() -> None:
    desk = desk_for(Type.TEXT, "my number is")
    desk.deaf_ms = 900
    desk.speak(600)
    assert answered_after_ms(desk) == pytest.approx(1500, abs=70)
    assert "One moment, please." not in desk.said


# ---- a caller's own pace


def test_a_caller_who_goes_on_after_long_pauses_again_and_again_is_waited_for_longer() -> None:
    desk = desk_for(Type.TEXT, "my internet is slow")
    for _ in range(3):
        desk.speak(600)
        desk.wait(720)
    desk.speak(600)
    assert answered_after_ms(desk) == pytest.approx(1020, abs=100)


def test_pauses_that_the_words_announce_do_not_count() -> None:
    desk = desk_for(Type.TEXT, "because", "because", "because", "because my internet is slow")
    for _ in range(3):
        desk.speak(600)
        desk.wait(720)
    desk.speak(600)
    assert answered_after_ms(desk) == pytest.approx(800, abs=70)


# ---- the second opinion


@pytest.mark.parametrize(("finished", "waits_ms"), [(0.1, 1500), (0.49, 1500), (0.9, 800), (None, 800)])
def test_a_second_opinion_only_lengthens_the_wait(finished: float | None, waits_ms: int) -> None:
    desk = desk_for(Type.TEXT, "my internet is slow", settings=JUDGED)
    desk.judges = lambda asked: finished
    desk.speak(600)
    assert answered_after_ms(desk) == pytest.approx(waits_ms, abs=70)
    assert desk.count(fx.JudgeTurn) == 1


@pytest.mark.parametrize("words", ["one two three four", "one two"], ids=["complete", "open"])
def test_nobody_is_asked_where_the_words_say_it(words: str) -> None:
    desk = desk_for(Type.DIGITS, words, settings=JUDGED, length=(4, 4))
    desk.speak(600)
    answered_after_ms(desk)
    assert desk.count(fx.JudgeTurn) == 0


def test_nobody_is_asked_unless_it_is_wanted() -> None:
    desk = desk_for(Type.TEXT, "my internet is slow")
    desk.speak(600)
    answered_after_ms(desk)
    assert desk.count(fx.JudgeTurn) == 0


def test_each_pause_is_judged_anew_by_its_own_sound() -> None:
    desk = desk_for(Type.TEXT, "my internet is slow", settings=JUDGED)
    shares: Iterator[float | None] = iter([0.1, None])
    desk.judges = lambda asked: next(shares)
    desk.speak(600)
    desk.wait(700)
    desk.speak(600)
    assert answered_after_ms(desk) == pytest.approx(800, abs=70)
    judged = [e for e in desk.did if isinstance(e, fx.JudgeTurn)]
    assert [e.attempt for e in judged] == [0, 1]
    assert all(len(e.mulaw) % 8 == 0 and e.mulaw.endswith(b"\xff" * 8 * 100) for e in judged)
    assert not any(e.mulaw.endswith(b"\xff" * 8 * 240) for e in judged)


def test_an_opinion_on_an_older_pause_is_late_news() -> None:
    desk = desk_for(Type.TEXT, "my internet is slow", settings=JUDGED)
    desk.speak(600)
    desk.wait(440)
    asked = desk.last(fx.JudgeTurn)
    assert isinstance(asked, fx.JudgeTurn)
    desk.speak(600)
    desk.wait(440)
    desk.feed(ev.TurnJudged(asked.turn, asked.attempt, 0.0))
    assert answered_after_ms(desk) <= 800 - 440 + 70


# ---- always


def callers(desk: Desk) -> int:
    """Turns of the caller's that are over."""
    return sum(turn.who == "caller" for turn in desk.turns)


@settings(max_examples=40, deadline=None)
@example([(4, 48), (4, 55), (4, 93), (7, 1)], "", False, 0)  # a prompt is over while the caller speaks
@given(
    st.lists(st.tuples(st.integers(4, 60), st.integers(1, 110)), min_size=1, max_size=5),
    st.sampled_from(["my internet is slow", "my number is", "hold on", ""]),
    st.booleans(),
    st.integers(0, 60),
)
def test_a_turn_never_ends_while_the_caller_speaks(
    stretches: list[tuple[int, int]], words: str, judge: bool, deaf: int
) -> None:
    """Whatever the pauses, the words, and how late they come; lengths in frames of 20 ms."""
    desk = desk_for(Type.TEXT, words, settings=CallSettings(judge=judge))
    desk.deaf_ms = deaf * 20
    desk.judges = lambda asked: 0.2
    for speech, pause in stretches:
        before = callers(desk)
        desk.speak(160)  # the onset may fall behind the end of the turn before
        spoken = callers(desk)
        desk.speak(speech * 20)
        assert callers(desk) == spoken or desk.call.ended
        desk.wait(pause * 20)
        assert callers(desk) >= before
