"""A prompt on its way to a caller who reads along: how long it is, and how much of it was heard."""

from dataclasses import dataclass

from ivr.flow.spoken import estimate_ms
from ivr.flow.state import SayEffect
from ivr.units import Millis


@dataclass(slots=True)
class TextPrompt:
    """`place`: where it stands among the happenings once begun."""

    effect: SayEffect
    began_ms: Millis | None = None
    place: int = -1

    @property
    def length_ms(self) -> Millis:
        return Millis(max(1, estimate_ms(self.effect.text)))

    @property
    def ends_ms(self) -> Millis | None:
        """When it will have been heard; None before it is begun."""
        return None if self.began_ms is None else Millis(self.began_ms + self.length_ms)

    def heard(self, heard_ms: int) -> str:
        """The words up to there, in proportion of letters, cut at a word."""
        text = self.effect.text
        letters = len(text) * heard_ms // self.length_ms
        if letters >= len(text):
            return text
        return text[:letters] if text[letters].isspace() else text[:letters].rpartition(" ")[0]
