"""The no-input timer of a question: it runs while nobody speaks and nothing is being said."""

from ivr.units import Millis


class Patience:
    def __init__(self) -> None:
        self._deadline: Millis | None = None

    def arm(self, answer_within_ms: int, now: Millis) -> Millis:
        """Begins anew; answers with the moment it is over."""
        self._deadline = Millis(now + answer_within_ms)
        return self._deadline

    def pause(self) -> None:
        """Somebody speaks or types."""
        self._deadline = None

    @property
    def armed(self) -> bool:
        return self._deadline is not None

    @property
    def deadline(self) -> Millis | None:
        """When it is over; None: it rests."""
        return self._deadline

    def over(self, now: Millis) -> bool:
        return self._deadline is not None and now >= self._deadline
