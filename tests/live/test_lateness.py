"""How late the event loop is, and when that is too late for new calls."""

import pytest
from prometheus_client import CollectorRegistry

from ivr import metrics
from ivr.live.lateness import BEAT_MS, Lateness, Pulse
from tests.live.line import TurnedClock

LATE_MS = 100


def seconds(lateness: Lateness, *late_ms: float) -> list[bool]:
    """One number a second: how late all its beats were. Answers with the verdict after each."""
    verdicts = []
    for late in late_ms:
        for _ in range(20):
            lateness.beat(late)
        lateness.second()
        verdicts.append(lateness.late)
    return verdicts


def test_a_loop_that_is_late_for_some_seconds_is_late_until_it_was_well_for_some_more() -> None:
    lateness = Lateness(LATE_MS)
    assert seconds(lateness, 10, 120, 120, 120) == [False, False, False, True]
    assert seconds(lateness, 10, 10, 10, 10, 10) == [True, True, True, True, False]


def test_seconds_that_are_neither_change_nothing() -> None:
    lateness = Lateness(LATE_MS)
    assert seconds(lateness, 120, 120, 80, 120, 120, 80) == [False] * 6
    assert seconds(lateness, 120, 120, 120) == [False, False, True]
    assert seconds(lateness, 10, 10, 80, 10, 10, 10, 10, 10) == [True] * 7 + [False]


def test_one_long_step_of_something_is_not_a_late_loop() -> None:
    lateness = Lateness(LATE_MS)
    for _ in range(30):
        lateness.beat(900)
        for _ in range(19):
            lateness.beat(2)
        assert not lateness.second()
    assert not lateness.late


def test_a_change_is_told_once() -> None:
    lateness, told = Lateness(LATE_MS), []
    for late in (200, 200, 200, 200, 200, 1, 1, 1, 1, 1, 1, 1):
        lateness.beat(late)
        told.append(lateness.second())
    assert told == [False, False, True, False, False, False, False, False, False, True, False, False]


def test_the_worst_and_the_99th_of_the_last_ten_seconds_are_kept() -> None:
    lateness = Lateness(LATE_MS)
    for second in range(10):
        for beat in range(20):
            lateness.beat(70.0 if (second, beat) == (0, 0) else 5.0)
        lateness.second()
    assert (lateness.worst_ms, lateness.p99_ms) == (70.0, 5.0)
    seconds(lateness, 5)
    assert lateness.worst_ms == 5.0


def gauge(registry: CollectorRegistry, name: str) -> float:
    value = registry.get_sample_value(name)
    assert value is not None
    return value


@pytest.mark.parametrize("late_by_ms", [0, 250])
def test_the_pulse_measures_its_own_timer(late_by_ms: int) -> None:
    clock = TurnedClock()
    changes: list[bool] = []
    pulse = Pulse(clock, LATE_MS)
    pulse.changed = changes.append
    pulse.start()
    for _ in range(40_000 // (BEAT_MS + late_by_ms)):
        clock.turn(BEAT_MS + late_by_ms)
    assert pulse.worst_ms() == late_by_ms
    assert gauge(metrics.REGISTRY, "ivr_loop_lag_seconds") == late_by_ms / 1000
    assert gauge(metrics.REGISTRY, "ivr_loop_late") == (late_by_ms > 0)
    assert changes == [True] * (late_by_ms > 0)
    for _ in range(200):
        clock.turn(BEAT_MS)
    assert changes == [True, False] * (late_by_ms > 0)
    assert gauge(metrics.REGISTRY, "ivr_loop_late") == 0
    pulse.stop()
