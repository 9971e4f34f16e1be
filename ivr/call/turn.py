"""A caller's turn while it lasts: from the onset until its words are given to the flow."""

from dataclasses import dataclass
from decimal import Decimal

from ivr.call.effects import ReadBy
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
    asked_about: bool = True
    """The question itself was being said, or had been, when it began; not only what stands before it."""
    over_echo: bool = False
    """Some of its sound was our own echo."""
    clear: bool = True
    """It need not be compared with what was played (any more)."""
    written: bool = False
    """It was not said: there is no sound of it."""
    stopped: bool = False
    """It stopped a prompt, which may go on yet."""
    late: bool = False
    """It did, and the prompt went on while its words are still awaited."""
    unheard: bool = False
    """The recogniser failed: nobody knows what was said, and it counts as a turn."""
    attempt: int = 0
    """Each time the caller goes on, the words are asked for anew."""
    asked: bool = False
    ranking: bool = False
    """What the words mean is being found out: they are compared, or a model was asked."""
    understood: bool = False
    """A model need not be asked (any more)."""
    read_by: ReadBy = "words"
    cost: Decimal = Decimal(0)
    """Of asking a model."""
    bridged: bool = False
    """The caller has heard that we are still there."""
    unfinished: bool = False
    """By its sound, more is to come."""
    lacks: int = 0
    """Digits that were still missing when the caller went on."""
    spoken_ms: int = 0
    """Speech in it by then."""
    whole: bool = False
    """Nothing more comes: its words are waited for, not more silence."""
    reading: Reading | None = None
    speech_end_ms: Millis | None = None
    over_ms: Millis | None = None
    text_ms: Millis | None = None

    def resume(self) -> None:
        """The caller goes on: what was recognised so far is not the whole."""
        self.attempt += 1
        self.asked = self.ranking = self.understood = self.unfinished = False
        self.read_by = "words"
        self.reading = self.over_ms = self.text_ms = None
