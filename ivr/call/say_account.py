"""The account of one say: how much of its sound and which of its words were sent, acknowledged and heard."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from ivr.audio.pauses import pauses
from ivr.call.events import MarkEnded, PlayoutEnded
from ivr.call.heard_words import words_until, words_within
from ivr.units import BYTES_PER_MS, Millis

LEAD_MS, TAIL_MS = 20, 180
"""Silence around the speech of a sentence that was made whole."""
LETTER_MS = 60
"""What a letter takes, about."""


@dataclass(slots=True)
class Sentence:
    """One text of a say, and how far its sound came."""

    text: str
    known_bytes: int = 0
    """How much sound it has in all, where that is known before it is sent."""
    sent_bytes: int = 0
    acknowledged_bytes: int = 0
    """Of which a mark came back."""
    heard_bytes: int = 0
    """Acknowledged, or played by time."""
    whole: bool = False
    """All of its sound was sent."""
    sound: list[bytes] = field(default_factory=list)
    """As it was sent."""
    pauses: Sequence[tuple[int, int]] | None = None
    """Of its sound, in ms; None: they were not looked for yet."""


@dataclass(slots=True)
class Say:
    """What the call wants said at one time, while it is being sent."""

    id: str
    sentences: list[Sentence] = field(default_factory=list)
    complete: bool = False
    """Nothing more will be sent for it."""
    failed: bool = False
    """The voice gave no more sound before its end."""
    began_ms: float | None = None
    """When its first sound was sent or could be played at the earliest."""
    heard_from_ms: float | None = None
    marks: list[MarkEnded] = field(default_factory=list)


def account_of(say: Say) -> PlayoutEnded:
    """What became of a say that is over."""
    heard = [(s, s.heard_bytes) for s in say.sentences]
    acknowledged = [(s, s.acknowledged_bytes) for s in say.sentences]
    return PlayoutEnded(
        say.id,
        sent=" ".join(s.text for s in say.sentences if s.sent_bytes),
        heard_ms=_ms(heard),
        heard=_text(heard),
        cut=not _all_heard(say),
        began_ms=None if say.heard_from_ms is None else Millis(max(0, int(say.heard_from_ms))),
        marks=tuple(say.marks),
        acknowledged_ms=_ms(acknowledged),
        acknowledged=_text(acknowledged),
    )


def _all_heard(say: Say) -> bool:
    heard = all(s.whole and s.heard_bytes >= s.sent_bytes for s in say.sentences)
    return say.complete and not say.failed and heard


def _ms(reached: list[tuple[Sentence, int]]) -> Millis:
    return Millis(sum(got for _, got in reached) // BYTES_PER_MS)


def _text(reached: list[tuple[Sentence, int]]) -> str:
    return " ".join(filter(None, (_words(sentence, got) for sentence, got in reached)))


def _words(sentence: Sentence, got: int) -> str:
    """The words whose sound is within the first `got` bytes to their end; nothing sent is nothing heard."""
    if got <= 0 or not sentence.sent_bytes:
        return ""
    if sentence.whole and got >= sentence.sent_bytes:
        return sentence.text
    if sentence.whole and sentence.known_bytes:
        ends_ms = sentence.sent_bytes / BYTES_PER_MS - TAIL_MS
        if sentence.pauses is None:
            sentence.pauses = pauses(b"".join(sentence.sound))
        return words_until(sentence.text, got / BYTES_PER_MS, LEAD_MS, ends_ms, sentence.pauses)
    if sentence.known_bytes:
        begins, ends = LEAD_MS * BYTES_PER_MS, max(sentence.known_bytes, sentence.sent_bytes) - TAIL_MS * BYTES_PER_MS
    else:  # it comes as it is made: how much there will be is not known before its end
        likely = 0 if sentence.whole else len(sentence.text) * LETTER_MS * BYTES_PER_MS
        begins, ends = 0, max(sentence.sent_bytes, likely)
    return words_within(sentence.text, (got - begins) / max(1, ends - begins))
