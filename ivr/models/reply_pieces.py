"""A model's reply cut into the pieces in which it is said, while it is still being made.

    words, sound ─▶ Opened(piece, its words) ─▶ Voiced(piece, its sound) ...        unvoiced words: Opened alone

Words lead their sound, and nothing tells which sound belongs to which word. As it comes, a piece takes the sound that
its letters should need. By sentence, sound belongs to the furthest sentence that had begun when it came: later than it
may be, so that no word sounds before its sentence is known whole.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from ivr.flow.state import Leaves
from ivr.models.sentences import sentences
from ivr.units import BYTES_PER_MS

LETTER_MS = 65
"""What a letter takes to say, about."""
FIRST_BYTES = 300 * BYTES_PER_MS
"""So much sound does not wait for the end of its sentence, where a sentence need not be known whole."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A piece begins, and with it the one before has all its sound."""

    piece: int
    words: str
    voiced: bool


@dataclass(frozen=True, slots=True)
class Voiced:
    """More sound of a piece, µ-law of the line."""

    piece: int
    mulaw: bytes


Step = Opened | Voiced
_LAST: Final = frozenset(".!?…\"'”’)]")
"""What the last letter of a whole sentence may be."""


@dataclass(frozen=True, slots=True)
class _Held:
    """Sound that is in no piece yet. `words`: how many letters had come before it."""

    words: int
    mulaw: bytes


class ReplyPieces:
    """One reply. `leaves`: see AskModel; a reply that leaves whole is one piece, which opens when it is done."""

    def __init__(self, leaves: Leaves) -> None:
        self._leaves = leaves
        self._next = 0
        self._open: int | None = None
        self._text = ""
        """Voiced words, all of them."""
        self._until = 0
        """How far of them is in pieces that were opened."""
        self._bare = ""
        """Unvoiced words that are in no piece yet."""
        self._held: deque[_Held] = deque()
        self._placed_bytes = 0
        self.any_sound = False

    def words(self, text: str, *, voiced: bool) -> Iterator[Step]:
        if voiced:
            self._text += text
            yield from self._place()
            return
        self._bare += text
        if self._leaves == "whole":
            return
        *ended, rest = sentences(self._bare) or [self._bare]
        for sentence in ended:
            yield self._piece(sentence, voiced=False)
        if ended:
            self._bare = self._bare[self._bare.rindex(rest) :]

    def sound(self, mulaw: bytes) -> Iterator[Step]:
        if mulaw:
            self.any_sound = True
            self._held.append(_Held(len(self._text.rstrip()), mulaw))
            yield from self._place()

    def done(self) -> Iterator[Step]:
        """Nothing more comes: what is left is said. Voiced words whose sound never came are for a voice."""
        if self._text[self._until :].strip():
            yield self._open_until(len(self._text), voiced=self.any_sound)
        while self._held and self._open is not None:
            yield self._release()
        if self._bare.strip():
            yield self._piece(self._bare.strip(), voiced=False)
            self._bare = ""

    # ---- where sound belongs

    def _place(self) -> Iterator[Step]:
        if self._leaves == "whole":
            return
        while self._held:
            end = self._end_for(self._held[0])
            if end is None:
                return
            if end > self._until:
                yield self._open_until(end, voiced=True)
            yield self._release()

    def _end_for(self, held: _Held) -> int | None:
        """Up to where the piece goes that this sound belongs to; None: that is not known yet."""
        if self._leaves == "by_sentence":
            within = self._open is not None and held.words <= self._until
            return self._until if within else next((end for end in self._ends() if end >= held.words), None)
        if self._open is not None and self._placed_bytes < self._until * LETTER_MS * BYTES_PER_MS:
            return self._until
        if ends := self._ends():
            return ends[0]
        if self._open is not None:
            return self._until
        early = self._text.rstrip().rfind(" ") + 1
        waits = sum(len(one.mulaw) for one in self._held) >= FIRST_BYTES
        return early if waits and early > self._until else None

    def _ends(self) -> list[int]:
        """Where the sentences end that are whole and in no piece yet."""
        found, at = [], self._until
        for part in sentences(self._text[self._until :]):
            at = self._text.index(part, at) + len(part)
            found.append(at)
        if found and self._text.rstrip()[-1:] not in _LAST:
            found.pop()  # more of it may come
        return found

    def _open_until(self, end: int, *, voiced: bool) -> Opened:
        words, self._until = self._text[self._until : end].strip(), end
        return self._piece(words, voiced=voiced)

    def _piece(self, words: str, *, voiced: bool) -> Opened:
        piece = Opened(self._next, words, voiced)
        self._open = piece.piece if voiced else None
        self._next += 1
        return piece

    def _release(self) -> Voiced:
        assert self._open is not None
        mulaw = self._held.popleft().mulaw
        self._placed_bytes += len(mulaw)
        return Voiced(self._open, mulaw)
