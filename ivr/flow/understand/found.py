"""What a reader finds for one slot."""

from dataclasses import dataclass

from ivr.flow.types import Value


@dataclass(frozen=True, slots=True)
class Found:
    value: Value
    start: int
    stop: int
    sure: float = 1.0
    satisfied: bool = False
    whole: bool = True
    """False: of the right type, but digits are missing or too many."""
    pieces: bool = False
    growing: bool = False
    """More of it is likely."""
    closed: bool = False
    """list: the caller said that there are no more."""
