"""When the caller's turn is over: how long its silence has to last, by what was said, by the pauses this caller makes,
and by a second opinion on the sound of it, where one is wanted."""

from ivr.call import effects as fx
from ivr.call import events as ev
from ivr.call.hearing import Hearing
from ivr.call.outbox import Outbox
from ivr.call.settings import CallSettings
from ivr.call.turn import CallerTurn
from ivr.flow.state import Reading
from ivr.turn.ending import Ending, Pace, enough_ms, plain_ms
from ivr.units import BYTES_PER_MS, Millis

UNFINISHED_BELOW = 0.5
"""A judge less sure than this that the caller has finished says that more is to come."""
SILENCE_JUDGED_MS = 200
"""The judge is made for sound that ends so long after the last word."""
MOST_JUDGED_MS = 8000
DIGIT_MS = 100
"""Nobody says a digit in less speech, "triple nine" included."""


class TurnEnd:
    def __init__(self, settings: CallSettings, hearing: Hearing, out: Outbox) -> None:
        self._settings = settings
        self._hearing = hearing
        self._out = out
        self._pace = Pace()

    def ask_after_ms(self, turn: CallerTurn) -> int:
        """Silence after which the words are asked for. Digits that cannot be all there yet are no hurry: who says
        sixteen of them one by one would be recognised sixteen times."""
        said_ms = self._hearing.endpointing.speech_ms - turn.spoken_ms
        return self._settings.short_ms if said_ms < turn.lacks * DIGIT_MS else self._settings.ask_ms

    def is_over(self, turn: CallerTurn) -> bool:
        """Whether the silence so far is enough, or no more of it is to be had."""
        if turn.whole or self.is_too_long(turn):
            return True
        return self._hearing.endpointing.silence_ms >= self.enough_ms(turn)

    def is_too_long(self, turn: CallerTurn) -> bool:
        """Longer than the question wants, or than any turn may be."""
        longest_ms = turn.listen.longest_ms
        return self._hearing.too_long if longest_ms is None else self._hearing.held_ms >= longest_ms

    def enough_ms(self, turn: CallerTurn) -> int:
        """Silence that ends the turn, as far as it is known by now."""
        if turn.listen.pause_ms is not None:
            return turn.listen.pause_ms
        answer = turn.listen.answer
        slow_ms = self._pace.slow_ms(plain_ms(self._settings, answer))
        ending = ending_of(turn.reading)
        return enough_ms(self._settings, ending, answer, unfinished=turn.unfinished, slow_ms=slow_ms)

    def went_on(self, turn: CallerTurn, at_sample: int) -> None:
        """The caller speaks again in the pause that might have ended the turn."""
        said_so = turn.unfinished or ending_of(turn.reading) not in (Ending.PLAIN, Ending.GROWING)
        if turn.speech_end_ms is not None and not said_so:
            self._pace.went_on(self._hearing.call_ms(at_sample) - turn.speech_end_ms)
        if turn.reading is not None:
            turn.lacks, turn.spoken_ms = _lacking(turn), self._hearing.endpointing.speech_ms

    # ---- the second opinion

    def ask_judge(self, turn: CallerTurn) -> None:
        """For when the words of a pause are known: where they leave it open whether more is to come."""
        wanted = self._settings.judge and turn.listen.pause_ms is None
        if wanted and ending_of(turn.reading) in (Ending.PLAIN, Ending.GROWING):
            edges = self._hearing.endpointing
            silence = max(0, self._hearing.position - edges.end_sample - SILENCE_JUDGED_MS * BYTES_PER_MS)
            sound = self._hearing.utterance()
            heard = sound[: len(sound) - silence][-MOST_JUDGED_MS * BYTES_PER_MS :]
            self._out.put(fx.JudgeTurn(turn.no, turn.attempt, heard))

    def judged(self, turn: CallerTurn, event: ev.TurnJudged, now: Millis) -> None:
        if event.finished is not None:
            turn.unfinished = event.finished < UNFINISHED_BELOW
            self._out.keep(now, "TurnJudged", {"finished": round(event.finished, 2)})


def _lacking(turn: CallerTurn) -> int:
    """Digits of the asked slot that are still missing."""
    asked = turn.listen.expects[0] if turn.listen.expects else None
    if turn.reading is None or not turn.reading.pieces or asked is None or asked.length is None:
        return 0
    said = next((f.value for f in turn.reading.fills if f.slot == asked.slot), None)
    return asked.length[0] - len(said) if isinstance(said, str) else 0


def ending_of(reading: Reading | None) -> Ending:
    """How the words end; None: they are not known yet."""
    if reading is None:
        return Ending.PLAIN
    if reading.satisfied:
        return Ending.COMPLETE
    if reading.stalling:
        return Ending.STALLING
    if reading.open_ending or reading.pieces:
        return Ending.OPEN
    return Ending.GROWING if reading.growing else Ending.PLAIN
