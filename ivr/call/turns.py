"""The floor, and the turn that has it or tries to: begun by speech, ended by silence, its words given to the open
question.

    begin ─▶ watch, with each score ─▶ FloorState ─┬─ ASK_EARLY, DROP_EARLY ─▶ Words
                 │                                 ├─ END_TURN ─▶ deliver ─▶ OpenQuestion.by_words
                 ├─ over a prompt ─▶ OverPrompts   └─ DROP_TURN
                 └─ in a pause ────▶ TurnEnd
"""

from typing import assert_never

from ivr.call import effects as fx
from ivr.call.barge_in import BargeIn
from ivr.call.hearing import Hearing
from ivr.call.outbox import Outbox
from ivr.call.over_prompts import OverPrompts
from ivr.call.prompts import Prompts
from ivr.call.question import OpenQuestion
from ivr.call.saying import Saying
from ivr.call.settings import CallSettings
from ivr.call.turn import CallerTurn
from ivr.call.turn_end import TurnEnd
from ivr.call.words import Words
from ivr.flow.state import Listen, Reading
from ivr.turn.floor import Floor, FloorState, Move, Sign
from ivr.units import BYTES_PER_MS, WINDOW_SAMPLES, Millis

THINKING = "call:thinking"
PAUSE_DUE = "call:pause_due"
WINDOW_MS = WINDOW_SAMPLES // BYTES_PER_MS
BRIDGE_WITHIN_MS = 1800
"""Of the end of the caller's speech: then the caller hears something before two seconds are over."""


class Turns:
    def __init__(
        self,
        settings: CallSettings,
        hearing: Hearing,
        prompts: Prompts,
        out: Outbox,
        *,
        question: OpenQuestion,
        words: Words,
        barge_in: BargeIn,
        saying: Saying,
    ) -> None:
        self._settings = settings
        self._hearing = hearing
        self._prompts = prompts
        self._out = out
        self._question = question
        self._words = words
        self._barge_in = barge_in
        self._floor = FloorState()
        self.turn: CallerTurn | None = None
        self.turn_end = TurnEnd(settings, hearing, out)
        self.over_prompts = OverPrompts(
            settings,
            barge_in,
            prompts,
            out,
            words=words,
            saying=saying,
            floor=lambda: self.floor,
            move=self.move,
        )
        self._turns = 0
        self._due_sample = 0
        """Where the silence under way will have lasted long enough for what comes next."""
        self._answered_at: int | None = None
        """Sample at which the speech of the last answered turn ended."""

    @property
    def floor(self) -> Floor:
        return self._floor.now

    def begin_anew(self) -> None:
        """Nobody has the floor."""
        self._floor = FloorState()

    # ---- from its onset

    def begin(self, at_sample: int, now: Millis) -> None:
        """Speech is under way: it takes, or goes on with, the caller's turn where it may."""
        if self.turn is not None:
            self._go_on(self.turn, at_sample, now)
            return
        listen = self._question.listen
        if listen is None or not listen.accept_speech or self._question.keys.typing or not self._prompts.speech_may_cut:
            return
        self._turns += 1
        self._hearing.hold(at_sample)
        self.turn = CallerTurn(
            self._turns,
            listen,
            at_sample,
            rest=self._may_be_rest(at_sample),
            asked_about=len(self._prompts) <= 1,
            clear=not self._prompts and not self._barge_in.may_be_echo(at_sample),
        )
        self.move(Sign.SPEECH_STARTED, now)
        self._question.rest_patience()

    def _go_on(self, turn: CallerTurn, at_sample: int, now: Millis) -> None:
        if turn.written:
            return  # what is said now is no part of it
        if self.floor in (Floor.MAYBE_ENDED, Floor.THINKING):
            self.turn_end.went_on(turn, at_sample)
            self.move(Sign.SPEECH_STARTED, now)
        elif turn.asked:
            self._words.ask_anew(turn)

    def _may_be_rest(self, at_sample: int) -> bool:
        if self._answered_at is None or not self._prompts:
            return False
        return at_sample - self._answered_at <= self._settings.rest_gap_ms * BYTES_PER_MS

    def write(self, words: str, listen: Listen, now: Millis) -> CallerTurn:
        """A turn that is whole from the first: its words are waited for by nobody. Nobody has the floor."""
        self._turns += 1
        self.turn = CallerTurn(
            self._turns, listen, self._hearing.position, written=True, asked=True, whole=True, over_ms=now, text_ms=now
        )
        self._words.sound = b""
        self.move(Sign.SPEECH_STARTED, now)
        self._question.rest_patience()
        self.move(Sign.TURN_OVER, now)
        return self.turn

    # ---- to its end

    def watch(self, turn: CallerTurn, now: Millis) -> None:
        """Called with each score while a turn is open."""
        self._look(turn, now)
        if self.turn is turn:
            self._time_pause(turn)

    def _time_pause(self, turn: CallerTurn) -> None:
        """A pause that is long enough before the next score comes is not kept waiting for it: half a window, which
        every answer would be later."""
        silence_ms = self._hearing.endpointing.silence_ms
        if not silence_ms:
            return
        match self.floor:
            case Floor.CALLER:
                fixed_ms = turn.listen.pause_ms
                due_ms = fixed_ms if fixed_ms is not None else self.turn_end.ask_after_ms(turn)
            case Floor.MAYBE_ENDED | Floor.THINKING:
                due_ms = self.turn_end.enough_ms(turn)
            case _:
                return
        if silence_ms < due_ms < silence_ms + WINDOW_MS:
            self._due_sample = self._hearing.endpointing.end_sample + due_ms * BYTES_PER_MS
            self._out.wake(PAUSE_DUE, Millis(self._hearing.call_ms(self._due_sample) + 1))

    def pause_due(self, now: Millis) -> None:
        """The moment `_time_pause` waited for; speech that began in between makes it late news."""
        if self.turn is not None and self._hearing.endpointing.waited(self._due_sample):
            self._look(self.turn, now)

    def _look(self, turn: CallerTurn, now: Millis) -> None:
        silence_ms = self._hearing.endpointing.silence_ms
        match self._floor.now:
            case Floor.MAYBE_CALLER:
                self.over_prompts.contest(turn, silence_ms, now)
            case Floor.CALLER:
                fixed_ms = turn.listen.pause_ms
                if not turn.clear and (silence_ms or self._barge_in.lasts(turn)):
                    self.over_prompts.clear(turn, now)
                elif self.turn_end.is_too_long(turn) or (fixed_ms is not None and silence_ms >= fixed_ms):
                    self.move(Sign.TURN_OVER, now)
                elif fixed_ms is None and silence_ms >= self.turn_end.ask_after_ms(turn):
                    self._pause_began(turn, silence_ms, now)
            case Floor.MAYBE_ENDED:
                if not self._meant_nothing(turn, now) and self.turn_end.is_over(turn):
                    self.move(Sign.TURN_OVER, now)
            case Floor.THINKING:
                if turn.reading is not None and not turn.ranking and self.turn_end.is_over(turn):
                    self._deliver(turn, turn.reading, now)
            case _:
                pass

    def _meant_nothing(self, turn: CallerTurn, now: Millis) -> bool:
        if turn.reading is None or turn.ranking:
            return False
        return self.over_prompts.meant_nothing(turn, turn.reading, now)

    def _pause_began(self, turn: CallerTurn, silence_ms: int, now: Millis) -> None:
        if not self.over_prompts.was_echo(turn, now):
            self.move(Sign.PAUSE_BEGAN, now)
            self.over_prompts.await_words(turn, silence_ms, now)

    def read(self, turn: CallerTurn, reading: Reading, now: Millis) -> None:
        """The words have a meaning. If they are enough for the silence so far, the turn ends, or is handed over if it
        was over already; if not, the caller may yet go on, even where their words came late."""
        over = self.turn_end.is_over(turn)
        match self.floor:
            case Floor.THINKING if over:
                self._deliver(turn, reading, now)
            case Floor.THINKING:
                self._out.wake(THINKING, None)
            case Floor.MAYBE_ENDED if over:
                self.move(Sign.TURN_OVER, now)
            case Floor.MAYBE_ENDED:
                self.turn_end.ask_judge(turn)
                self._time_pause(turn)
            case _:
                pass

    def understands_early(self, turn: CallerTurn, reading: Reading) -> bool:
        """A model is asked while the silence still lasts that ends the turn, unless more is likely to come: then it is
        asked when the turn is over."""
        if reading.open_ending or reading.stalling or self.over_prompts.may_mean_nothing(turn, reading):
            return False
        return self._words.understand(turn)

    def bridged(self) -> None:
        if self.turn is not None:
            self.turn.bridged = True

    def give_up(self, now: Millis) -> None:
        """What was said so far is the whole turn; words that are not there by now do not come."""
        turn = self.turn
        if turn is not None:
            turn.whole = True
        match self.floor:
            case Floor.CALLER | Floor.MAYBE_ENDED:
                self.move(Sign.TURN_OVER, now)
            case Floor.MAYBE_CALLER:
                self.move(Sign.SPEECH_WITHDRAWN, now)
            case Floor.THINKING:
                assert turn is not None
                self._words.drop()
                turn.ranking, turn.understood, turn.reading = False, True, turn.reading or Reading("")
                self._deliver(turn, turn.reading, now)
            case _:
                pass

    def _deliver(self, turn: CallerTurn, reading: Reading, now: Millis) -> None:
        """It is over and its words are known."""
        if turn.stopped and self.over_prompts.meant_nothing(turn, reading, now):
            return
        if self._words.understand(turn):
            self._out.wake(THINKING, self._bridge_due(turn, now))
            return
        if turn.stopped:
            self.over_prompts.was_meant(now)
            if self.turn is not turn:
                return  # with the prompts over, keys typed ahead have answered
        self._floor.take(Sign.READ)
        self.turn = None
        begin = now if turn.written else self._hearing.call_ms(turn.from_sample)
        self._answered_at = None if turn.written else self._hearing.endpointing.end_sample
        self._hearing.release()
        self._question.by_words(turn, reading, begin, now)

    def no_speech(self, now: Millis) -> None:
        """It was none: a short sound, without words."""
        if self.floor is Floor.THINKING:
            self._floor.take(Sign.READ)
            self._drop()
            self.arm_patience(now)
        elif self.floor is Floor.MAYBE_ENDED:
            self.move(Sign.SPEECH_WITHDRAWN, now)

    # ---- moves of the floor

    def move(self, sign: Sign, now: Millis) -> None:
        move = self._floor.take(sign)
        match move:
            case Move.NOTHING | Move.BEGIN_TURN:
                pass
            case Move.STOP_PROMPT:
                self._out.put(fx.CutPlayout())
                self._out.keep(now, "BargeIn", {"sign": sign.value})
                if sign is Sign.KEY_TAKEN:
                    self._drop()
            case Move.ASK_EARLY:
                assert self.turn is not None
                self._words.ask(self.turn)
            case Move.DROP_EARLY:
                assert self.turn is not None
                self._words.ask_anew(self.turn)
            case Move.END_TURN:
                self._end(now)
            case Move.GO_ON:
                self._drop()
            case Move.GO_ON_MEANWHILE:
                pass
            case Move.DROP_TURN:
                self._drop()
                if self.floor is Floor.OPEN:
                    self.arm_patience(now)
            case _:
                assert_never(move)

    def _drop(self) -> None:
        if self.turn is not None:
            self.over_prompts.dropped(self.turn)
            self.turn = None
            self._words.drop()
        self._hearing.release()

    def _end(self, now: Millis) -> None:
        turn = self.turn
        assert turn is not None
        if turn.over_ms is None:
            turn.over_ms = now
            span = {"from": turn.from_sample, "to": self._hearing.endpointing.end_sample}
            self._out.keep(now, "UtteranceEnded", span)
        if not turn.asked:
            self._words.ask(turn)
        if turn.reading is not None and not turn.ranking:
            self._deliver(turn, turn.reading, now)
        else:
            self._out.wake(THINKING, self._bridge_due(turn, now))

    def _bridge_due(self, turn: CallerTurn, now: Millis) -> Millis:
        """A long pause before the turn was known to be over is silence for the caller too."""
        if turn.bridged:
            return Millis(now + BRIDGE_WITHIN_MS)
        ended = now if turn.speech_end_ms is None else turn.speech_end_ms
        return Millis(max(now, min(now + self._settings.thinking_ms, ended + BRIDGE_WITHIN_MS)))

    def arm_patience(self, now: Millis) -> None:
        """The no-input timer runs from when the prompt was heard, while nobody speaks or types."""
        asked = self._question
        if asked.listen is None or self._prompts or asked.keys.typing or self.floor is not Floor.OPEN:
            return
        asked.arm_patience(now)
