"""How long a silence ends the caller's turn.

What was said decides, as far as it is known: nothing more is waited for where the question has all it asked for, and
longer where more is to come. A second opinion may make the wait longer, never shorter.
"""

from enum import StrEnum
from typing import Final, Literal, Protocol

Answer = Literal["short", "sentence", "story"] | None
"""The kind of answer a question expects, where it says so."""


class Ending(StrEnum):
    """How the words so far end."""

    COMPLETE = "complete"
    """The question has all it asked for."""
    PLAIN = "plain"
    """They may be all, or not; also while they are not known yet."""
    GROWING = "growing"
    """They will do, and more is likely: digits without a known length, a date without its year."""
    OPEN = "open"
    """More is to come: "my number is", digits still missing."""
    STALLING = "stalling"
    """The caller asks for time: "hold on"."""


class Pauses(Protocol):
    """Silence in ms that ends a turn, by how its words end."""

    @property
    def early_ms(self) -> int: ...
    @property
    def short_ms(self) -> int: ...
    @property
    def free_ms(self) -> int: ...
    @property
    def growing_ms(self) -> int: ...
    @property
    def open_ending_ms(self) -> int: ...
    @property
    def stalling_ms(self) -> int: ...


def enough_ms(pauses: Pauses, ending: Ending, answer: Answer, *, unfinished: bool = False, slow_ms: int = 0) -> int:
    """`unfinished`: the second opinion is that more is to come. `slow_ms`: what this caller's own pauses add (`Pace`).
    Neither delays a turn that is complete."""
    if ending is Ending.COMPLETE:
        return pauses.early_ms
    least_ms = {
        Ending.PLAIN: 0,
        Ending.GROWING: pauses.growing_ms,
        Ending.OPEN: pauses.open_ending_ms,
        Ending.STALLING: pauses.stalling_ms,
    }[ending]
    if unfinished:
        least_ms = max(least_ms, pauses.open_ending_ms)
    return max(plain_ms(pauses, answer) + slow_ms, least_ms)


def plain_ms(pauses: Pauses, answer: Answer) -> int:
    """Where the words leave it open whether more is to come."""
    match answer:
        case "short":
            return pauses.short_ms
        case "story":
            return pauses.open_ending_ms
        case _:
            return pauses.free_ms


class Pace:
    """How long this caller pauses inside a turn: one who does so again and again is given more time.

    The second longest pause gone on after counts, so that one alone changes nothing.
    """

    COUNTS_MS: Final = 400
    MARGIN_MS: Final = 300
    MOST_MS: Final = 500

    def __init__(self) -> None:
        self._longest_ms = self._second_ms = 0

    def went_on(self, pause_ms: int) -> None:
        """The caller went on after so much silence, and nothing said so before."""
        if pause_ms < self.COUNTS_MS:
            return
        self._longest_ms, self._second_ms = (
            max(self._longest_ms, pause_ms),
            max(self._second_ms, min(self._longest_ms, pause_ms)),
        )

    def slow_ms(self, plain_ms: int) -> int:
        """What to wait beyond `plain_ms`."""
        if not self._second_ms:
            return 0
        return min(self.MOST_MS, max(0, self._second_ms + self.MARGIN_MS - plain_ms))
