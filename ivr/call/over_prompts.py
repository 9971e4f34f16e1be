"""The caller speaks over a prompt: what becomes of the turn, and of the prompt. Whether it is enough, our echo, or
without a meaning is BargeIn's to say.

    lasts ──▶ stop ─▶ its words ─┬─ they mean something: the prompt is cut for good
      │        ▲                 ├─ echo, or they mean nothing: the prompt goes on, the turn is dropped
      │ no     │ says something  └─ late: the prompt goes on, the turn waits
      └─▶ weigh: forgotten, or read while the prompt goes on
"""

from collections.abc import Callable

from ivr.call.barge_in import BargeIn
from ivr.call.outbox import Outbox
from ivr.call.prompts import Prompts
from ivr.call.saying import Saying
from ivr.call.settings import CallSettings
from ivr.call.turn import CallerTurn
from ivr.call.words import Words, is_empty
from ivr.flow.state import Reading
from ivr.flow.understand import only_agrees
from ivr.turn.floor import Floor, Sign
from ivr.units import Millis

WORDS_LATE = "call:words_late"


class OverPrompts:
    def __init__(
        self,
        settings: CallSettings,
        barge_in: BargeIn,
        prompts: Prompts,
        out: Outbox,
        *,
        words: Words,
        saying: Saying,
        floor: Callable[[], Floor],
        move: Callable[[Sign, Millis], None],
    ) -> None:
        """`floor`: who has it; `move`: makes a move of it."""
        self._settings = settings
        self._barge_in = barge_in
        self._prompts = prompts
        self._out = out
        self._words = words
        self._saying = saying
        self._floor = floor
        self._move = move

    # ---- while it is said

    def contest(self, turn: CallerTurn, silence_ms: int, now: Millis) -> None:
        """Called with each score until the turn has the floor, or is none."""
        if self._barge_in.lasts(turn):
            if not self._barge_in.is_echo(turn, now):
                self._stop(turn, now)
        elif silence_ms >= self._settings.withdraw_ms:
            self._weigh(turn, silence_ms, now)

    def _stop(self, turn: CallerTurn, now: Millis) -> None:
        """Whether it meant anything is seen from the words."""
        turn.stopped, turn.clear, turn.late = True, True, False
        self._prompts.stop()
        self._move(Sign.SPEECH_CONFIRMED, now)

    def _weigh(self, turn: CallerTurn, silence_ms: int, now: Millis) -> None:
        """Short speech over a prompt is over: a cough is forgotten, what may be an afterthought is read first."""
        if turn.late:
            return  # its words, or that there are none, will come
        if not turn.rest or silence_ms >= self._settings.open_ending_ms:
            self._move(Sign.SPEECH_WITHDRAWN, now)
        elif not turn.asked:
            if self._barge_in.is_echo(turn, now):
                self._move(Sign.SPEECH_WITHDRAWN, now)
            else:
                self._words.ask(turn)

    def weighed(self, turn: CallerTurn, reading: Reading, now: Millis) -> None:
        """Words were read while the prompt went on: only what says something takes the floor."""
        agrees = turn.rest and only_agrees(reading.words)
        if is_empty(reading) or agrees or self._barge_in.means_nothing(turn, reading):
            self._move(Sign.SPEECH_WITHDRAWN, now)
            return
        self._stop(turn, now)
        self._move(Sign.TURN_OVER, now)

    def clear(self, turn: CallerTurn, now: Millis) -> None:
        """Speech after a prompt may be the last of its echo."""
        turn.clear = True
        if self._barge_in.is_echo(turn, now):
            self._move(Sign.SPEECH_WITHDRAWN, now)

    # ---- once it stopped it

    def was_echo(self, turn: CallerTurn, now: Millis) -> bool:
        if not (turn.stopped and self._barge_in.was_echo(turn)):
            return False
        self._went_on(Sign.MEANT_NOTHING, "echo", now)
        return True

    def await_words(self, turn: CallerTurn, silence_ms: int, now: Millis) -> None:
        """They are asked for, after so much silence."""
        if turn.stopped:
            self._out.wake(WORDS_LATE, Millis(now + self._settings.words_late_ms - silence_ms))

    def words_late(self, turn: CallerTurn, now: Millis) -> None:
        """What stopped the prompts was short, and nobody knows yet what it was."""
        if not turn.stopped or turn.reading is not None or not self._barge_in.short:
            return
        if self._floor() in (Floor.MAYBE_ENDED, Floor.THINKING):
            turn.stopped, turn.late = False, True
            self._went_on(Sign.WORDS_LATE, "words late", now)

    def meant_nothing(self, turn: CallerTurn, reading: Reading, now: Millis) -> bool:
        """Whether what stopped the prompts is no reason to say no more: then they go on, and no counter counts it."""
        if not self.may_mean_nothing(turn, reading):
            return False
        if self._floor() is Floor.MAYBE_ENDED and self._barge_in.may_say_more(reading):
            return False
        self._went_on(Sign.MEANT_NOTHING, "words" if reading.words.strip() else "no words", now)
        return True

    def may_mean_nothing(self, turn: CallerTurn, reading: Reading) -> bool:
        return self._barge_in.means_nothing(turn, reading) or self._barge_in.says_too_little(turn, reading)

    def was_meant(self, now: Millis) -> None:
        self._barge_in.was_meant()
        self._saying.cut_for_good(now)

    def dropped(self, turn: CallerTurn) -> None:
        """Its words are not waited for any more."""
        if turn.stopped:
            self._out.wake(WORDS_LATE, None)

    def _went_on(self, sign: Sign, why: str, now: Millis) -> None:
        self._barge_in.was_mistaken(why, now)
        self._move(sign, now)
        self._saying.go_on(now)
