"""When a number of calls counts as held, and how its figures are taken."""

from dataclasses import replace

import pytest

from bench import table
from bench.verdict import (
    REFUSED_ABOVE,
    Level,
    faults,
    late_percentile_ms,
    mb_per_call,
    most_held,
    percentile,
)


@pytest.fixture
def single(level: Level) -> Level:
    return replace(level, calls=1, connected=1, response_p99_ms=20.0)


def test_calls_that_stay_and_are_answered_as_fast_as_a_single_one_are_held(level: Level, single: Level) -> None:
    assert faults(level, single) == []
    assert faults(replace(level, response_p99_ms=120.0), single) == []


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"response_p99_ms": 120.1}, "p99 100 ms above a single call's"),
        ({"response_p99_ms": 420.0}, "p99 400 ms above a single call's"),
        ({"connected": 48}, "2 did not connect"),
        ({"lost": 1}, "1 lost"),
        ({"underruns": 3}, "3 underruns"),
        ({"unanswered": 1}, "1 unanswered"),
        ({"response_p99_ms": None}, "no turn was measured"),
    ],
)
def test_each_broken_promise_is_told(level: Level, single: Level, changed: dict[str, object], why: str) -> None:
    assert faults(replace(level, **changed), single) == [why]  # type: ignore[arg-type]


def test_without_a_good_single_call_nothing_is_held(level: Level, single: Level) -> None:
    for reference in (None, replace(single, frames_late_share=0.5), replace(single, response_p99_ms=None)):
        assert faults(level, reference) == ["not judged: no good run of a single call"]


def test_a_level_with_late_frames_of_our_own_is_refused_whatever_else_it_shows(level: Level, single: Level) -> None:
    late = replace(level, frames_late_share=REFUSED_ABOVE + 0.0001)
    assert late.refused
    assert not replace(level, frames_late_share=REFUSED_ABOVE).refused
    assert faults(late, single) == ["REFUSED: 1.01% of our own frames were late"]
    assert most_held([single, late]) == 1
    assert "held" not in table.row(late, single)
    assert "REFUSED" in table.row(late, single)
    assert table.row(level, single).endswith("  held")


def test_the_most_held_has_all_below_it_held(level: Level, single: Level) -> None:
    levels = [single, replace(level, calls=100, connected=100), replace(level, calls=50, underruns=1)]
    assert most_held(levels) == 1
    assert most_held([single, replace(level, calls=100, connected=100), level]) == 100
    assert most_held([level]) == 0


def test_percentiles_are_values_that_were_measured() -> None:
    values = [float(value) for value in range(100, 0, -1)]
    assert [percentile(values, share) for share in (0.5, 0.95, 0.99, 1.0)] == [50, 95, 99, 100]
    assert percentile([7.0], 0.99) == 7
    assert percentile([1.0, 2.0], 0.5) == 1
    assert percentile([], 0.5) is None


def test_percentiles_of_counted_milliseconds_take_the_upper_end() -> None:
    assert late_percentile_ms([99, 1], 0.99) == 1
    assert late_percentile_ms([98, 0, 2], 0.99) == 3
    assert late_percentile_ms([0, 0], 0.99) == 0


def test_memory_per_call_is_the_slope_over_levels(level: Level) -> None:
    levels = [replace(level, calls=calls, resident_mb=180 + 0.25 * calls) for calls in (1, 50, 150)]
    assert mb_per_call(levels) == pytest.approx(0.25)
    assert mb_per_call(levels[:1]) is None


def test_another_revision_is_compared_by_the_middle_of_all_rounds(level: Level) -> None:
    pairs = [(replace(level, cpu_ms_per_call_second=cpu), level) for cpu in (2.0, 3.0, 8.0)]
    refused = replace(level, frames_late_share=0.5)
    (line,) = table.middles(pairs)
    assert "×0.75 (×0.50 to ×2.00)" in line
    (line,) = table.middles([(level, refused)])
    assert "REFUSED" in line
