"""Whether speech over a prompt takes the floor: how long it has to last, that it is not our own echo, and whether it
meant anything once it stopped the prompt. What was mistaken makes this call's line harder to be mistaken on."""

from ivr.audio.echo import MOST_LAG_MS
from ivr.call.echoes import Echoes
from ivr.call.hearing import Hearing
from ivr.call.outbox import Outbox
from ivr.call.settings import CallSettings
from ivr.call.turn import CallerTurn
from ivr.call.words import is_empty
from ivr.flow.state import Reading
from ivr.flow.understand import means_nothing, only_hesitates, says_little
from ivr.units import BYTES_PER_MS, Millis

HARDER_MS = 100
MOST_HARDER = 3
"""A false stop makes the next one need so much more speech, up to so many times."""
ECHO_AGAIN_MS = 100
"""Sound that is our echo is compared again after so much more of it."""
OVER_ECHO_MS = 350
"""So much of the sound before that is kept: the caller may have begun in it."""


class BargeIn:
    def __init__(self, settings: CallSettings, hearing: Hearing, out: Outbox) -> None:
        self._settings = settings
        self._hearing = hearing
        self._out = out
        self._mistaken = 0
        self._echo_until = Millis(0)
        """Call time up to which what comes may be our echo, though nothing is being said any more."""
        self._echo_told = False
        self.echoes = Echoes(hearing)

    # ---- before it stops the prompt

    @property
    def _wanted_ms(self) -> int:
        return self._settings.confirm_ms + HARDER_MS * self._mistaken

    def lasts(self, turn: CallerTurn) -> bool:
        """Whether there is enough speech over the prompt, counted from where the sound began: the detector notices
        late, and has then to be sure for a part of it only."""
        edges = self._hearing.endpointing
        if turn.rest:
            return edges.speech_ms >= self._settings.rest_ms
        lasts_ms = (edges.now_sample - turn.from_sample) // BYTES_PER_MS
        return edges.speaking and lasts_ms >= self._wanted_ms and edges.speech_ms >= self._settings.sure_ms

    def is_echo(self, turn: CallerTurn, now: Millis) -> bool:
        """If the turn is but our echo so far, it begins anew: the caller may yet speak over it."""
        if self.echoes.explain():
            turn.over_echo = True
            turn.from_sample = self._hearing.position - (self._wanted_ms - ECHO_AGAIN_MS) * BYTES_PER_MS
            self._hearing.hold_anew(self._hearing.position - OVER_ECHO_MS * BYTES_PER_MS)
            self._tell_echo(now)
            return True
        return False

    def prompts_done(self, now: Millis) -> None:
        self._echo_until, self._echo_told = Millis(now + MOST_LAG_MS), False

    def may_be_echo(self, at_sample: int) -> bool:
        """Whether speech from there on, with nothing being said, may be the end of what was."""
        return self._hearing.call_ms(at_sample) < self._echo_until

    def _tell_echo(self, now: Millis) -> None:
        """Once a prompt."""
        echo = self.echoes.known
        if echo is not None and not self._echo_told:
            self._echo_told = True
            self._out.keep(now, "EchoHeard", {"lag_ms": round(echo.lag_ms), "gain_db": round(echo.gain_db)})

    # ---- after it stopped the prompt

    def means_nothing(self, turn: CallerTurn, reading: Reading) -> bool:
        """Whether what stopped the prompt is no reason to say no more."""
        stopped = (turn.stopped or turn.late) and not turn.unheard
        return stopped and means_nothing(reading, turn.listen, asked=turn.asked_about)

    def says_too_little(self, turn: CallerTurn, reading: Reading) -> bool:
        """Whether words that are of no use to the question are too short to be listened to: "uh-huh", misheard."""
        if not turn.stopped or turn.unheard or not is_empty(reading):
            return False
        return says_little(reading.words, self._hearing.endpointing.speech_ms)

    def was_echo(self, turn: CallerTurn) -> bool:
        """Whether it was our echo after all: now that it is over, more of it can be compared."""
        lasts_ms = (self._hearing.position - turn.from_sample) // BYTES_PER_MS
        return self.echoes.explain_long(lasts_ms)

    def may_say_more(self, reading: Reading) -> bool:
        """ "Um": worth a little longer."""
        return self._hearing.endpointing.silence_ms < self._settings.hesitation_ms and only_hesitates(reading.words)

    @property
    def short(self) -> bool:
        """It was too short to be held for speech before its words are known."""
        return self._hearing.endpointing.speech_ms < self._settings.surely_speech_ms

    # ---- what came of it

    def was_mistaken(self, why: str, now: Millis) -> None:
        """`why`: echo, no words, words (that mean nothing here), words late."""
        self._mistaken = min(MOST_HARDER, self._mistaken + 1)
        if why != "words":
            self.echoes.mistaken()
        self._out.keep(now, "WentOn", {"why": why})
        self._out.note(now, "floor", "interrupted, went on", why)

    def was_meant(self) -> None:
        self._mistaken = max(0, self._mistaken - 1)
