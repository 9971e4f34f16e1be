"""How long a silence ends a turn."""

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.turn.ending import Answer, Ending, Pace, enough_ms, plain_ms


@dataclass(frozen=True, slots=True)
class Waits:
    early_ms: int = 300
    short_ms: int = 700
    free_ms: int = 800
    growing_ms: int = 1100
    open_ending_ms: int = 1500
    stalling_ms: int = 4000


WAITS = Waits()
ENDINGS = st.sampled_from(Ending)
ANSWERS: st.SearchStrategy[Answer] = st.sampled_from(["short", "sentence", "story", None])
SLOW = st.integers(0, Pace.MOST_MS)


@pytest.mark.parametrize(
    ("ending", "answer", "waits_ms"),
    [
        (Ending.COMPLETE, None, 300),
        (Ending.COMPLETE, "story", 300),
        (Ending.PLAIN, None, 800),
        (Ending.PLAIN, "sentence", 800),
        (Ending.PLAIN, "short", 700),
        (Ending.PLAIN, "story", 1500),
        (Ending.GROWING, "short", 1100),
        (Ending.GROWING, "story", 1500),
        (Ending.OPEN, "short", 1500),
        (Ending.STALLING, None, 4000),
    ],
)
def test_what_was_said_and_what_was_asked_decide(ending: Ending, answer: Answer, waits_ms: int) -> None:
    assert enough_ms(WAITS, ending, answer) == waits_ms


def test_a_second_opinion_makes_a_plain_ending_an_open_one() -> None:
    assert enough_ms(WAITS, Ending.PLAIN, None, unfinished=True) == 1500
    assert enough_ms(WAITS, Ending.STALLING, None, unfinished=True) == 4000


@given(ENDINGS, ANSWERS, SLOW)
def test_neither_a_second_opinion_nor_a_slow_caller_shortens_the_wait(
    ending: Ending, answer: Answer, slow: int
) -> None:
    plain = enough_ms(WAITS, ending, answer)
    assert enough_ms(WAITS, ending, answer, unfinished=True) >= plain
    assert plain <= enough_ms(WAITS, ending, answer, slow_ms=slow) <= plain + slow


@given(ANSWERS, SLOW, st.booleans())
def test_a_complete_answer_is_never_waited_for(answer: Answer, slow: int, unfinished: bool) -> None:
    assert enough_ms(WAITS, Ending.COMPLETE, answer, unfinished=unfinished, slow_ms=slow) == WAITS.early_ms


def slow_ms(*pauses_ms: int) -> int:
    pace = Pace()
    for pause_ms in pauses_ms:
        pace.went_on(pause_ms)
    return pace.slow_ms(plain_ms(WAITS, None))


@pytest.mark.parametrize(
    ("pauses_ms", "more_ms"),
    [
        ((), 0),
        ((750,), 0),  # once is chance
        ((750, 700), 200),  # 300 more than the second longest
        ((350, 390, 380), 0),  # ordinary pauses between words
        ((450, 480), 0),  # which the plain wait covers
        ((750, 780, 760), 260),
        ((3000, 2900), 500),  # within bounds
    ],
)
def test_a_caller_who_pauses_again_and_again_is_given_more_time(pauses_ms: tuple[int, ...], more_ms: int) -> None:
    assert slow_ms(*pauses_ms) == more_ms


@given(st.lists(st.integers(0, 5000)))
def test_the_order_of_the_pauses_does_not_matter_and_the_bound_holds(pauses_ms: list[int]) -> None:
    assert slow_ms(*pauses_ms) == slow_ms(*sorted(pauses_ms)) <= Pace.MOST_MS
