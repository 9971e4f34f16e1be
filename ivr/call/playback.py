"""What the caller has heard of what we sent: the far end's buffer, reckoned from marks and elapsed time.

Sound goes ahead of the caller's ear, so what was sent says nothing of what was heard. A mark behind each piece comes
back when the piece was played; between marks the position is the time since the last one, clamped to the piece under
way. Where marks stop coming, time alone decides after a grace, so that nothing waits on the network for ever.

    sent ──▶ [piece 7 │ piece 8 │ piece 9] ──▶ ear        clear: the unplayed is gone, its marks end as cleared
"""

from collections import deque
from dataclasses import dataclass
from itertools import chain

from ivr.audio.mulaw import SILENCE
from ivr.call.events import MarkEnded, PlayoutEnded
from ivr.call.say_account import Say, Sentence, account_of
from ivr.units import BYTES_PER_MS, Millis
from ivr.wire import Acknowledged, Marks

MARK_GRACE_MS = 2000
"""How long a mark may be late before time alone decides."""
UNDERRUN_MS = 20
LATE_MS = 40
EARLY_MS = 8
"""Played sound is laid down without seams. A mark may come back late, never early: one that is late by less than
LATE_MS moves nothing, one that is early by EARLY_MS shows that those before it were late."""
RECENT_MS = 2000
"""What was played is known for so long, for whoever looks for its echo."""


@dataclass(slots=True)
class _Piece:
    say: Say
    sentence: Sentence
    mulaw: bytes
    mark: str
    begins_ms: float
    sent_ms: Millis
    after_silence: bool
    """It left when nothing was being played any more."""

    @property
    def ends_ms(self) -> float:
        return self.begins_ms + len(self.mulaw) / BYTES_PER_MS


@dataclass(frozen=True, slots=True)
class Played:
    """Sound that was played, and when it began to be (call time)."""

    at_ms: float
    mulaw: bytes


class Playback:
    """One stream's far end. Times are call time in ms."""

    def __init__(self) -> None:
        self._marks = Marks()
        self._serial = 0
        self._says: deque[Say] = deque()
        self._pieces: deque[_Piece] = deque()
        self._tail_ms = float("-inf")
        self._laid_ms = float("-inf")
        """Where the last played sound ends on the line's time."""
        self._played: list[Played] = []
        self._recent: deque[Played] = deque()
        self.underruns = 0
        self.silent_ms = 0.0
        """How long those lasted in all."""

    # ---- what is sent

    def begin(self, say_id: str, *, ahead: bool = False) -> None:
        """`ahead`: its sound leaves before the rest of what is under way."""
        (self._says.appendleft if ahead else self._says.append)(Say(say_id))

    def sentence(self, say_id: str, text: str, known_bytes: int = 0) -> None:
        """The next sound of this say belongs to this text; `known_bytes` of it will come, where that is known."""
        self._say(say_id).sentences.append(Sentence(text, known_bytes))

    def sent(self, say_id: str, mulaw: bytes, now: Millis) -> str:
        """Sound left for the far end; answers with the name of the mark to send behind it."""
        say = self._say(say_id)
        sentence = say.sentences[-1]
        gap_ms = now - self._tail_ms
        if say.began_ms is None:
            say.began_ms = max(float(now), self._tail_ms)
        elif gap_ms > UNDERRUN_MS:
            self.underruns += 1
            self.silent_ms += gap_ms
        self._serial += 1
        begins_ms, mark = max(float(now), self._tail_ms), f"{say_id}/{self._serial}"
        piece = _Piece(say, sentence, mulaw, mark, begins_ms, now, gap_ms > 0)
        self._pieces.append(piece)
        self._tail_ms = piece.ends_ms
        sentence.sent_bytes += len(mulaw)
        sentence.sound.append(mulaw)
        self._marks.sent(piece.mark, Millis(int(piece.ends_ms)), int(piece.ends_ms) + MARK_GRACE_MS)
        return piece.mark

    def sentence_whole(self, say_id: str) -> None:
        """All sound of the say's latest sentence was sent."""
        self._say(say_id).sentences[-1].whole = True

    def complete(self, say_id: str, *, failed: bool = False) -> None:
        """Nothing more will be sent for this say. `failed`: there should have been more."""
        say = self._say(say_id)
        say.complete, say.failed = True, failed

    # ---- what was heard

    @property
    def unplayed_ms(self) -> int:
        """Sound that is still ahead of the ear by the marks (an upper bound)."""
        return sum(len(p.mulaw) for p in self._pieces) // BYTES_PER_MS

    @property
    def silent(self) -> bool:
        """Nothing is being said and nothing is on its way."""
        return not self._says

    @property
    def sounds_until_ms(self) -> float:
        """When all that was sent will have been played, by time."""
        return self._tail_ms

    @property
    def unsent(self) -> bool:
        """A say is under way whose sound has not all left."""
        return any(not say.complete for say in self._says)

    def marked(self, name: str, now: Millis) -> None:
        """A mark came back. Late news (cleared, expired, unknown) changes nothing."""
        end = self._marks.returned(name)
        if not isinstance(end, Acknowledged):
            return
        while self._pieces:  # the buffer is played in order: what was sent before it was played too
            piece = self._pieces.popleft()
            self._heard(piece, piece.mulaw, now if piece.mark == name else None)
            piece.sentence.acknowledged_bytes += len(piece.mulaw)
            piece.say.marks.append(MarkEnded(piece.mark, piece.sent_ms, now, "acknowledged"))
            if piece.mark == name:
                break
            self._marks.passed(piece.mark)
        late_ms = now - (self._pieces[0].begins_ms if self._pieces else self._tail_ms)
        for piece in self._pieces:
            piece.begins_ms += late_ms
        self._tail_ms += late_ms

    def expire(self, now: Millis) -> None:
        """Marks that are overdue end as expired; their sound counts as heard by time."""
        for mark in self._marks.expired(now):
            while self._pieces:
                piece = self._pieces.popleft()
                self._heard(piece, piece.mulaw, None)
                piece.say.marks.append(MarkEnded(piece.mark, piece.sent_ms, now, "expired"))
                if piece.mark == mark.name:
                    break

    def ended(self) -> list[PlayoutEnded]:
        """Says that are over by now, oldest first."""
        over: list[PlayoutEnded] = []
        while self._says and self._says[0].complete and not any(p.say is self._says[0] for p in self._pieces):
            over.append(account_of(self._says.popleft()))
        return over

    def next_check_ms(self) -> Millis | None:
        """When `expire` has something to do at the latest."""
        return Millis(int(self._pieces[0].ends_ms) + MARK_GRACE_MS + 1) if self._pieces else None

    def clear(self, now: Millis) -> list[PlayoutEnded]:
        """All that is unplayed is taken back (the caller of this sends `clear`). Every say under way ends."""
        if self._pieces:  # the mark of the first one is not back: no more than that piece can have been heard
            under_way = self._pieces[0]
            heard = under_way.mulaw[: max(0, int((now - under_way.begins_ms) * BYTES_PER_MS))]
            if heard:
                self._heard(under_way, heard, None)
        for piece in self._pieces:
            piece.say.marks.append(MarkEnded(piece.mark, piece.sent_ms, now, "cleared"))
        self._pieces.clear()
        self._marks.cleared()
        self._tail_ms = float(now)
        ended = [account_of(say) for say in self._says]
        self._says.clear()
        return ended

    def take_played(self) -> list[Played]:
        """Sound that was played since the last time, for the recording; without seams where it was without."""
        played, self._played = self._played, []
        return played

    def between(self, begin_ms: float, end_ms: float) -> bytes:
        """What was or is being played then, as far as is known, at most RECENT_MS back; silence where nothing was."""
        laid = bytearray(SILENCE * max(0, int((end_ms - begin_ms) * BYTES_PER_MS)))
        pieces = ((p.at_ms, p.mulaw) for p in self._recent), ((p.begins_ms, p.mulaw) for p in self._pieces)
        for at_ms, sound in chain(*pieces):
            at = int((at_ms - begin_ms) * BYTES_PER_MS)
            if at + len(sound) > 0 and at < len(laid):
                first, last = max(0, at), min(len(laid), at + len(sound))
                laid[first:last] = sound[first - at : last - at]
        return bytes(laid)

    def _say(self, say_id: str) -> Say:
        return next(s for s in reversed(self._says) if s.id == say_id)

    def _heard(self, piece: _Piece, mulaw: bytes, ended_at: Millis | None) -> None:
        piece.sentence.heard_bytes += len(mulaw)
        begins = piece.begins_ms if ended_at is None else ended_at - len(mulaw) / BYTES_PER_MS
        if not piece.after_silence and -EARLY_MS <= begins - self._laid_ms <= LATE_MS:
            begins = self._laid_ms
        if piece.say.heard_from_ms is None:
            piece.say.heard_from_ms = begins
        played = Played(begins, mulaw)
        self._played.append(played)
        self._recent.append(played)
        self._laid_ms = begins + len(mulaw) / BYTES_PER_MS
        while self._recent[0].at_ms + len(self._recent[0].mulaw) / BYTES_PER_MS < self._laid_ms - RECENT_MS:
            self._recent.popleft()
