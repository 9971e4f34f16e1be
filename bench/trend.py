"""Whether a figure sampled over hours grows: a straight line through it, and how far that line can be trusted."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from math import inf, sqrt
from typing import Final

FLAT_WITHIN_MB_PER_HOUR: Final = 5.0
MOST_ALIKE: Final = 0.95


class Verdict(StrEnum):
    FLAT = "flat"
    GROWS = "grows"
    OPEN = "too short to tell"


@dataclass(frozen=True, slots=True)
class Trend:
    at_start: float
    """Where the line stands at the first sample."""
    per_hour: float
    uncertain: float
    """Two standard errors of it, an hour."""

    @property
    def verdict(self) -> Verdict:
        """Of memory in MB: it grows or not only where the whole range of doubt says so."""
        if self.per_hour - self.uncertain > FLAT_WITHIN_MB_PER_HOUR:
            return Verdict.GROWS
        return Verdict.FLAT if self.per_hour + self.uncertain <= FLAT_WITHIN_MB_PER_HOUR else Verdict.OPEN


def trend(times_s: Sequence[float], values: Sequence[float]) -> Trend:
    """Least squares. Neighbouring samples resemble each other and so tell less than as many independent ones: the
    standard error is widened by sqrt((1 + r) / (1 - r)), r the correlation of what is left with itself one sample on.
    Under four samples all is uncertain."""
    hours = [time_s / 3600 for time_s in times_s]
    if len(hours) < 4 or hours[-1] <= hours[0]:
        return Trend(values[0] if values else 0.0, 0.0, inf)
    mean_x, mean_y = sum(hours) / len(hours), sum(values) / len(values)
    spread = sum((x - mean_x) ** 2 for x in hours)
    slope = sum((x - mean_x) * (y - mean_y) for x, y in zip(hours, values, strict=True)) / spread
    left = [y - mean_y - slope * (x - mean_x) for x, y in zip(hours, values, strict=True)]
    squares = sum(one * one for one in left)
    error = sqrt(squares / (len(left) - 2) / spread)
    alike = sum(a * b for a, b in pairwise(left)) / squares if squares else 0.0
    alike = min(MOST_ALIKE, max(0.0, alike))
    wider = sqrt((1 + alike) / (1 - alike))
    return Trend(mean_y + slope * (hours[0] - mean_x), slope, 2 * error * wider)
