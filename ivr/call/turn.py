"""A caller's turn while it lasts: from the onset until its words are given to the flow."""

from dataclasses import dataclass

from ivr.flow.state import Listen, Reading
from ivr.units import Millis


@dataclass(slots=True)
class CallerTurn:
    no: int
    listen: Listen
    """The question that was open when it began."""
    from_sample: int
    rest: bool = False
    """It may be the rest of the turn before: what only agrees is no answer to the question that is being asked."""
    attempt: int = 0
    """Each time the caller goes on, the words are asked for anew."""
    asked: bool = False
    ranking: bool = False
    reading: Reading | None = None
    speech_end_ms: Millis | None = None
    over_ms: Millis | None = None
    text_ms: Millis | None = None

    def resume(self) -> None:
        """The caller goes on: what was recognised so far is not the whole."""
        self.attempt += 1
        self.asked = self.ranking = False
        self.reading = self.over_ms = self.text_ms = None
