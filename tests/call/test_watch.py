"""Why a caller hears nothing: facts and numbers as time in, causes and bounds out. A look every 250 ms."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from ivr.call.watch import (
    DEAD_MS,
    DEAF_MS,
    GRACE_MS,
    NO_LIMIT_MS,
    QUIET_MS,
    RUNGS_MS,
    THINKING_MS,
    Bound,
    Facts,
    Limits,
    Silence,
    Watch,
)
from ivr.turn.floor import Floor
from ivr.units import Millis

LOOK_MS = 250
QUIET = Facts(
    came_ms=0,
    scored_ms=0,
    floor=Floor.OPEN,
    pause_ms=0,
    allowed_pause_ms=1500,
    waits_until_ms=None,
    answer_within_ms=0,
    caller_turns=0,
    tool=False,
    leaving=False,
    prompts=False,
    unsent=False,
    sounds_until_ms=float("-inf"),
)
"""Nobody speaks, nobody is waited for, nothing is under way."""
LIMITS = Limits(1_800_000, 60_000)

Looked = list[tuple[int, Silence | Bound]]


def looked(at: Callable[[int], Facts], until_ms: int, *, limits: Limits = LIMITS, from_ms: int = 0) -> Looked:
    """What is found and when. Sound of the caller comes and is scored, where `at` does not say otherwise."""
    watch, found = Watch(limits, Millis(from_ms)), []
    for now in range(from_ms + LOOK_MS, until_ms + 1, LOOK_MS):
        facts = at(now)
        if facts.came_ms == 0:
            facts = replace(facts, came_ms=now, scored_ms=now)
        one = watch.look(facts, Millis(now))
        if one is not None:
            found.append((now, one))
    return found


@pytest.mark.parametrize(
    ("facts", "cause"),
    [
        (replace(QUIET, floor=Floor.THINKING), Silence.SLOW_RECOGNISER),
        (replace(QUIET, tool=True), Silence.SLOW_TOOL),
        (replace(QUIET, prompts=True, unsent=True, floor=Floor.BOT), Silence.SLOW_VOICE),
        (replace(QUIET, prompts=True, unsent=True, floor=Floor.BOT, tool=True), Silence.SLOW_VOICE),
        (QUIET, Silence.STUCK_TURN),
    ],
)
def test_a_silence_of_ours_has_its_cause_before_two_seconds_are_over(facts: Facts, cause: Silence) -> None:
    (first, *_) = looked(lambda now: facts, 3000)
    assert first == (QUIET_MS, cause)


@pytest.mark.parametrize(("ends_ms", "within"), [(300, (1500, 1750)), (1200, (1500, 1750)), (2400, (2400, 2650))])
def test_behind_the_callers_turn_it_counts_from_their_last_word(ends_ms: int, within: tuple[int, int]) -> None:
    """What is read by then and answered at once, however late the turn ended, is not bridged."""
    for offset in range(0, LOOK_MS, 50):
        spoke_until = 5000 + offset

        def at(now: int, spoke_until: int = spoke_until) -> Facts:
            pause_ms = max(0, now - spoke_until)
            floor = Floor.CALLER if now <= spoke_until else Floor.MAYBE_ENDED
            floor = floor if now < spoke_until + ends_ms else Floor.THINKING
            return replace(QUIET, floor=floor, pause_ms=pause_ms, allowed_pause_ms=ends_ms)

        def read(now: int, over: int = spoke_until + ends_ms) -> Facts:
            return at(now) if now < over else replace(at(now), floor=Floor.OPEN, tool=True)

        (first, *_) = looked(at, 12_000)
        assert first[1] is Silence.SLOW_RECOGNISER
        assert within[0] <= first[0] - spoke_until <= within[1]
        (first, *_) = looked(read, 12_000)
        assert first[1] is Silence.SLOW_TOOL
        assert max(1650, ends_ms + 250) <= first[0] - spoke_until <= max(1900, ends_ms + 750)


def test_a_turn_behind_which_nothing_seems_to_happen_is_not_given_up_sooner_for_it() -> None:
    def at(now: int) -> Facts:
        floor = Floor.CALLER if now <= 5000 else Floor.MAYBE_ENDED if now < 6500 else Floor.OPEN
        return replace(QUIET, floor=floor, pause_ms=max(0, now - 5000), allowed_pause_ms=1500)

    (first, *_) = looked(at, 12_000)
    assert first[1] is Silence.STUCK_TURN
    assert first[0] - 6500 >= QUIET_MS - LOOK_MS


def test_it_is_found_in_time_whenever_between_two_looks_it_began() -> None:
    for ends_ms in range(5000, 5000 + LOOK_MS, 10):
        facts = replace(QUIET, tool=True, sounds_until_ms=ends_ms)
        (first, *_) = looked(lambda now, facts=facts: facts, 9000)  # type: ignore[misc]
        assert QUIET_MS <= first[0] - ends_ms < QUIET_MS + LOOK_MS


def test_while_nobody_says_anything_it_is_found_again_and_again() -> None:
    found = looked(lambda now: replace(QUIET, tool=True), 6500)
    assert [at for at, _ in found] == [1500, 3000, 4500, 6000]


def test_what_is_said_into_it_begins_the_silence_anew() -> None:
    def at(now: int) -> Facts:
        return replace(QUIET, tool=True, sounds_until_ms=3200 if now >= 1600 else float("-inf"))

    assert [when for when, _ in looked(at, 5500)] == [1500, 4750]


@pytest.mark.parametrize("floor", [Floor.CALLER, Floor.MAYBE_ENDED, Floor.MAYBE_CALLER])
def test_the_turn_of_a_caller_is_no_silence_of_ours(floor: Floor) -> None:
    assert looked(lambda now: replace(QUIET, floor=floor), 20_000) == []


def test_a_silent_caller_is_waited_for_by_the_question_alone() -> None:
    assert looked(lambda now: replace(QUIET, waits_until_ms=Millis(6000), answer_within_ms=6000), 6000) == []


def test_a_timer_that_does_not_fire_waits_for_nobody() -> None:
    found = looked(lambda now: replace(QUIET, waits_until_ms=Millis(6000), answer_within_ms=6000), 12_000)
    assert found[0] == (9250, Silence.STUCK_TURN)


def test_what_is_being_heard_is_no_silence() -> None:
    assert looked(lambda now: replace(QUIET, prompts=True, floor=Floor.BOT, sounds_until_ms=now + 100), 20_000) == []


def test_receipts_that_are_late_are_waited_for_and_not_for_ever() -> None:
    facts = replace(QUIET, prompts=True, floor=Floor.BOT, sounds_until_ms=1000)
    found = looked(lambda now: facts, 9000)
    assert found == [(at, Silence.STUCK_TURN) for at in (4000, 5500, 7000, 8500)]


def test_words_that_never_come_are_given_up() -> None:
    """Bridges are heard meanwhile."""
    facts = replace(QUIET, floor=Floor.THINKING)
    found = looked(lambda now: replace(facts, sounds_until_ms=now + 10), 12_000)
    assert found == [(LOOK_MS + THINKING_MS, Silence.STUCK_TURN)]


def test_a_turn_in_which_nobody_speaks_any_more_is_stuck() -> None:
    found = looked(lambda now: replace(QUIET, floor=Floor.CALLER, pause_ms=now - 1000), 8000)
    assert found[0] == (7500, Silence.STUCK_TURN)


# ---- the line


def test_no_frames_are_a_dead_stream_told_once() -> None:
    def at(now: int) -> Facts:
        came = min(now, 3000)
        return replace(QUIET, floor=Floor.CALLER, came_ms=came, scored_ms=came)

    assert looked(at, 9000) == [(3000 + DEAD_MS, Silence.DEAD_STREAM)]


def test_frames_without_scores_are_a_deaf_ear() -> None:
    def at(now: int) -> Facts:
        return replace(QUIET, floor=Floor.CALLER, came_ms=now, scored_ms=min(now, 3000))

    assert looked(at, 9000) == [(3000 + DEAF_MS, Silence.DEAF_EAR)]


def test_a_line_that_leaves_out_silence_is_not_dead() -> None:
    def at(now: int) -> Facts:
        came = now // 1000 * 1000 + 1
        return replace(QUIET, floor=Floor.CALLER, came_ms=came, scored_ms=came)

    assert looked(at, 20_000) == []


def test_a_line_that_dies_twice_is_told_twice() -> None:
    def at(now: int) -> Facts:
        came = min(now, 3000) if now < 6000 else min(now, 8000)
        return replace(QUIET, floor=Floor.CALLER, came_ms=came, scored_ms=came)

    assert [at for at, _ in looked(at, 12_000)] == [4500, 9500]


# ---- the bounds


@pytest.mark.parametrize(("call_ms", "most_ms"), [(1_800_000, 1_800_000), (60_000, 60_000), (None, NO_LIMIT_MS)])
def test_no_call_is_longer_than_its_flow_allows_and_a_little(call_ms: int | None, most_ms: int) -> None:
    watch = Watch(Limits(call_ms, None), Millis(0))
    assert watch.bound(Millis(most_ms + GRACE_MS - 1)) is None
    assert watch.bound(Millis(most_ms + GRACE_MS)) is Bound.TOO_LONG


def bounds(found: Looked) -> list[tuple[int, Bound]]:
    return [(at, one) for at, one in found if isinstance(one, Bound)]


def test_a_call_in_which_nobody_is_heard_ends_whatever_it_waits_for() -> None:
    """The question asks on and on, as far as it knows; nothing of it is heard, and nobody answers."""
    found = bounds(looked(lambda now: replace(QUIET, waits_until_ms=Millis(now + 100), answer_within_ms=6000), 100_000))
    assert found[0] == (60_000 + RUNGS_MS, Bound.NOBODY)


def test_a_caller_who_is_heard_now_and_then_is_somebody() -> None:
    def at(now: int) -> Facts:
        return replace(QUIET, waits_until_ms=Millis(now + 100), caller_turns=now // 50_000)

    assert bounds(looked(at, 400_000)) == []


def test_a_long_prompt_is_no_silence() -> None:
    assert bounds(looked(lambda now: replace(QUIET, floor=Floor.BOT, sounds_until_ms=now + 1), 400_000)) == []


def test_a_goodbye_that_is_never_heard_to_its_end_ends_all_the_same() -> None:
    assert looked(lambda now: replace(QUIET, leaving=True, prompts=True), 89_900) == []
    assert looked(lambda now: replace(QUIET, leaving=True, prompts=True), 90_000) == [(90_000, Bound.NOBODY)]


def test_a_question_may_wait_as_long_as_its_flow_says() -> None:
    slow = replace(QUIET, waits_until_ms=Millis(120_000), answer_within_ms=120_000)
    assert bounds(looked(lambda now: slow, 121_000)) == []


def test_a_flow_without_a_limit_of_silence_may_wait_on_but_not_for_nothing() -> None:
    waiting = replace(QUIET, waits_until_ms=Millis(10_000_000))
    assert bounds(looked(lambda now: waiting, 400_000, limits=Limits(None, None))) == []
    found = bounds(looked(lambda now: QUIET, 100_000, limits=Limits(None, None)))
    assert found[0] == (90_000, Bound.NOBODY)
