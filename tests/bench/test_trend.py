"""Whether memory grows, and how sure that is."""

import random
from math import inf

import pytest

from bench.trend import Trend, Verdict, trend

TIMES = [10.0 * number for number in range(150)]


def test_a_straight_line_is_found_exactly() -> None:
    found = trend(TIMES, [200 + 36 * time_s / 3600 for time_s in TIMES])
    assert found.at_start == pytest.approx(200)
    assert found.per_hour == pytest.approx(36)
    assert found.uncertain == pytest.approx(0, abs=1e-6)
    assert found.verdict is Verdict.GROWS


def test_the_doubt_is_two_standard_errors() -> None:
    """A textbook's line by hand: 0.1 + 0.6 x, squares left over 0.2, standard error sqrt(0.2 / 2 / 5)."""
    found = trend([0.0, 3600.0, 7200.0, 10800.0], [0.0, 1.0, 1.0, 2.0])
    assert (found.at_start, found.per_hour) == pytest.approx((0.1, 0.6))
    assert found.uncertain == pytest.approx(2 * (0.2 / 2 / 5) ** 0.5)


@pytest.mark.parametrize("per_hour", [0.0, 12.0])
def test_the_doubt_covers_the_true_slope_of_noise_that_lingers(per_hour: float) -> None:
    """Samples resemble their neighbours, as memory does: a plain standard error would miss far more of them."""
    covered = 0
    for seed in range(200):
        chance, drift, values = random.Random(seed), 0.0, []
        for time_s in TIMES:
            drift = 0.7 * drift + chance.gauss(0, 0.5)
            values.append(200 + per_hour * time_s / 3600 + drift)
        found = trend(TIMES, values)
        covered += abs(found.per_hour - per_hour) <= found.uncertain
    assert covered >= 175


def test_noise_is_flat_and_noise_on_a_slope_grows() -> None:
    chance = random.Random(1)
    noise = [chance.gauss(200, 0.3) for _ in TIMES]
    assert trend(TIMES, noise).verdict is Verdict.FLAT
    assert trend(TIMES, [value + time_s / 100 for value, time_s in zip(noise, TIMES, strict=True)]).verdict is (
        Verdict.GROWS
    )


def test_what_cannot_be_told_apart_is_called_too_short() -> None:
    assert Trend(200, 4.0, 3.0).verdict is Verdict.OPEN
    assert Trend(200, 9.0, 5.0).verdict is Verdict.OPEN
    assert Trend(200, 4.0, 0.5).verdict is Verdict.FLAT
    assert trend(TIMES[:3], [1.0, 2.0, 3.0]).uncertain == inf
    assert trend([], []).verdict is Verdict.OPEN
