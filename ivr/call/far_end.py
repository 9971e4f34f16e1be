"""Who, or what, has answered a call of ours, before the flow begins; and the tone of a machine.

begin ─▶ speech ─▶ a pause ─▶ Transcribe ─▶ Transcribed ─┬─ what only a machine or a menu says ─▶ found
         │         └─ and nothing more for `_OVER_MS` ───┴─ anything else ─▶ a person
         ├─ it goes on for `give_up` ─▶ a machine
nothing for `wait` ─▶ a person who waits for us; a beep ─▶ a machine; the tone of a fax ─▶ a fax

SayEffect(after_tone) ─▶ held, with all that comes behind it ─▶ a beep is over, or `no_tone` ─▶ said
"""

from collections.abc import Callable
from typing import Final

from ivr.audio.beep import BeepFinder
from ivr.call import effects as fx
from ivr.call import events as ev
from ivr.call.hearing import Hearing
from ivr.call.outbox import Outbox
from ivr.call.prompts import Prompts
from ivr.flow.flow import Detect
from ivr.flow.state import SayEffect
from ivr.flow.understand.answerers import Answerer, answered_by
from ivr.units import BYTES_PER_MS, Millis

TURN: Final = 0
"""The number of no turn of the caller's: what is asked of the recogniser here comes back by it."""
WAIT: Final = "call:answerer"
NO_TONE: Final = "call:no_tone"
_ASK_MS: Final = 300
"""A pause this long, and the words up to it are asked for."""
_OVER_MS: Final = 800
"""Who has said hello is silent by then; a machine between two sentences mostly is not."""
_WORDS_LATE_MS: Final = 3_000
_LONG_MS: Final = 3_000
"""Speech of which no words are known: so long a greeting is a machine's."""
_SPEECH_MS: Final = 120
"""Less is a click."""
_BEFORE_MS: Final = 300
_KEPT_MS: Final = 30_000


class FarEnd:
    def __init__(
        self,
        hearing: Hearing,
        prompts: Prompts,
        out: Outbox,
        *,
        language: str,
        found: Callable[[Answerer, Millis], None],
        say: Callable[[SayEffect], None],
    ) -> None:
        """`found`: it is known who has answered. `say`: of what was held for the tone."""
        self._hearing = hearing
        self._prompts = prompts
        self._out = out
        self._language = language
        self._found = found
        self._say = say
        self.finding = False
        """It is not known yet who has answered: the flow has not begun."""
        self._detect = Detect()
        self._sound = bytearray()
        self._sound_from = 0
        """Sample at which it begins."""
        self._first: int | None = None
        """Samples at which speech began first and ended last."""
        self._last = 0
        self._speaking = False
        self._speech_ms = 0
        self._attempt = 0
        self._asked = False
        self._words: str | None = None
        self._beeps: BeepFinder | None = None

    @property
    def listens(self) -> bool:
        """The caller's sound is wanted here."""
        return self._beeps is not None

    @property
    def awaits_tone(self) -> bool:
        return bool(self._prompts.held)

    # ---- who it is

    def begin(self, detect: Detect, now: Millis) -> None:
        self.finding, self._detect = True, detect
        self._sound_from = self._hearing.position
        self._beeps = BeepFinder()
        self._out.wake(WAIT, Millis(now + detect.wait_ms))

    def media(self, mulaw: bytes) -> None:
        if self._beeps is None:
            return
        self._beeps.feed(mulaw)
        if self.finding and len(self._sound) < _KEPT_MS * BYTES_PER_MS:
            self._sound += mulaw

    def scored(self, now: Millis) -> bool:
        """After each score. Whether something has come of it."""
        beeps = self._beeps
        if beeps is None:
            return False
        if not self.finding:
            if self.awaits_tone and beeps.beeps:
                self._tone_heard(now)
                return True
            return False
        if beeps.fax:
            self._settle("fax", now)
        elif beeps.beeps:
            self._settle("machine", now)
        else:
            self._heed(now)
        return True

    def _heed(self, now: Millis) -> None:
        ears = self._hearing.endpointing
        at = ears.now_sample
        if ears.speaking:
            if self._first is None:
                self._first = max(self._sound_from, at - _SPEECH_MS * BYTES_PER_MS)
            if not self._speaking and self._asked:
                self._attempt, self._asked, self._words = self._attempt + 1, False, None
            self._speech_ms += 0 if not self._speaking else (at - self._last) // BYTES_PER_MS
            self._speaking, self._last = True, at
            if at - self._first >= self._detect.give_up_ms * BYTES_PER_MS:
                self._settle("machine", now)
            return
        self._speaking = False
        if self._first is None:
            return
        silent_ms = (at - self._last) // BYTES_PER_MS
        if not self._asked and silent_ms >= _ASK_MS:
            self._asked = True
            begin = max(0, self._first - self._sound_from - _BEFORE_MS * BYTES_PER_MS)
            self._out.put(fx.Transcribe(TURN, self._attempt, bytes(self._sound[begin:]), "text"))
        elif self._words is not None and silent_ms >= _OVER_MS:
            self._settle("person", now)
        elif silent_ms >= _WORDS_LATE_MS:
            self._settle("machine" if self._speech_ms >= _LONG_MS else "person", now)

    def transcribed(self, event: ev.Transcribed | ev.TranscribeFailed, now: Millis) -> bool:
        """Whether it was asked for here."""
        if event.turn != TURN:
            return False
        if self.finding and self._asked and event.attempt == self._attempt:
            if isinstance(event, ev.TranscribeFailed):
                self._out.note(now, "error", "recogniser", event.why)
                return True  # what it lasted tells, once it is late
            who = answered_by(event.text, self._language, self._detect.machine, self._detect.menu)
            if who is not None:
                self._settle(who, now)
            elif event.text.strip():
                self._words = event.text
            else:  # it was no speech
                self._first, self._asked, self._speech_ms = None, False, 0
                self._attempt += 1
                self._out.wake(WAIT, Millis(now + self._detect.wait_ms))
        return True

    def woke(self, wake_id: str, now: Millis) -> bool:
        """Whether the timer was one of ours."""
        if wake_id == WAIT and self.finding and self._first is None:
            self._settle("person", now)
        elif wake_id == NO_TONE and self.awaits_tone:
            self._out.note(now, "answered_by", "machine", "no tone was heard")
            self._tone_heard(now)
        return wake_id in (WAIT, NO_TONE)

    def _settle(self, who: Answerer, now: Millis) -> None:
        self.finding, self._sound = False, bytearray()
        self._out.wake(WAIT, None)
        if who != "machine":
            self._beeps = None
        self._found(who, now)

    # ---- its tone

    def holds(self, say: SayEffect, now: Millis) -> bool:
        """Whether it is kept back: the tone comes first, and what is said behind it comes behind it."""
        held = self._prompts.held
        if held:
            held.append(say)
            return True
        if not say.after_tone or self._beeps is None or self._beeps.beeps:
            return False
        held.append(say)
        self._out.wake(NO_TONE, Millis(now + self._detect.no_tone_ms))
        return True

    def _tone_heard(self, now: Millis) -> None:
        self._beeps = None
        self._out.wake(NO_TONE, None)
        held, self._prompts.held = self._prompts.held, []
        for say in held:
            self._say(say)

    def drop(self) -> None:
        """There is nobody any more."""
        self.finding, self._beeps = False, None
