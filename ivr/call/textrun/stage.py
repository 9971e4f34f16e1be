"""What a double may do with the call it stands in."""

from collections.abc import Callable
from typing import Protocol

from ivr.call.textrun.answers import Answers
from ivr.call.textrun.happenings import Happening
from ivr.flow import state as flow
from ivr.flow.flow import Bundle
from ivr.units import Millis


class Attendant(Protocol):
    """The person at the other end of a transfer, while there is one; a double of transfers puts it there."""

    def speaks(self, words: str) -> None: ...

    def presses(self, keys: str) -> None: ...


class Message(Protocol):
    """What the caller leaves, while it is taken; the double of messages puts it there."""

    end_follows: bool
    words: str
    """What was said so far."""

    @property
    def silence_ms(self) -> int: ...

    @property
    def waits(self) -> bool:
        """Nothing has been said yet, or what ends it comes next."""
        ...

    def ends_by(self, keys: str) -> bool:
        """Whether one of these ends it."""
        ...

    def speaks(self, words: str) -> None: ...

    def presses(self, keys: str) -> None: ...

    def falls_silent(self) -> None: ...

    def cut_off(self) -> None: ...


class Stage(Protocol):
    """One call by text, as whoever answers in place of the world sees it."""

    bundle: Bundle
    state: flow.CallState
    answers: Answers
    attendant: Attendant | None
    attendants_play: bool
    """The script has turns of attendants: who has to take a call waits for them."""
    message: Message | None

    @property
    def now(self) -> Millis:
        """Since the call began."""
        ...

    @property
    def caller_is_gone(self) -> bool: ...

    def happens(self, happening: Happening) -> None:
        """For the record, the checks and people."""
        ...

    def at(self, at_ms: int, what: Callable[[], None]) -> None:
        """Does something then; the clock jumps there when nothing else is due before."""
        ...

    def feed(self, event: flow.Event) -> None:
        """One event to the engine, and all it asks for performed."""
        ...

    def when_said(self, what: Callable[[], None]) -> None:
        """Once all that is being said has been heard; the question that is open is closed then. A later one takes its
        place."""
        ...

    def end(self, outcome: str) -> None: ...

    def hang_up(self) -> None:
        """The caller leaves."""
        ...

    def stick(self, fault: str) -> None:
        """The call cannot go on, and why."""
        ...
