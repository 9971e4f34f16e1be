"""The caller's side of a call: who has the floor, when a turn is over, what was said or typed, and how long we wait.

    scores ─▶ Hearing ─▶ edges ─▶ FloorState ─▶ Words (Transcribe ─▶ Transcribed) ─▶ OpenQuestion.by_words
    keys ───▶ KeyEntry ────────────────────────────────────────────────────────────▶ OpenQuestion.by_keys
    silence ▶ Patience ────────────────────────────────────────────────────────────▶ OpenQuestion.by_silence

What the answers mean is the engine's.
"""

from collections.abc import Callable
from datetime import datetime
from typing import assert_never

from ivr.call import effects as fx
from ivr.call import events as ev
from ivr.call.barge_in import BargeIn
from ivr.call.hearing import Hearing
from ivr.call.outbox import Outbox
from ivr.call.prompts import Prompts
from ivr.call.question import KEYS, PATIENCE, Answered, OpenQuestion
from ivr.call.saying import Saying
from ivr.call.settings import CallSettings
from ivr.call.silence import Silences
from ivr.call.turn import CallerTurn
from ivr.call.turn_end import TurnEnd
from ivr.call.watch import Silence
from ivr.call.words import Words, is_empty
from ivr.flow.state import Listen, Reading
from ivr.flow.understand import only_agrees
from ivr.turn.endpointing import Edge, EdgeKind
from ivr.turn.floor import Floor, FloorState, Move, Sign
from ivr.turn.keys import Entered
from ivr.units import BYTES_PER_MS, Millis

THINKING = "call:thinking"
WORDS_LATE = "call:words_late"
BRIDGE_WITHIN_MS = 1800
"""Of the end of the caller's speech: then the caller hears something before two seconds are over."""


class Listening:
    def __init__(
        self,
        settings: CallSettings,
        prompts: Prompts,
        out: Outbox,
        *,
        node: Callable[[], str],
        clock: Callable[[Millis], datetime],
        answered: Answered,
        silences: Silences,
        saying: Saying,
    ) -> None:
        """`node`: where the flow stands, for the transcript; `clock`: call time in the project's zone."""
        self._saying = saying
        self._silences = silences
        self._settings = settings
        self._prompts = prompts
        self._out = out
        self.hearing = Hearing(settings.hearing)
        self._floor = FloorState()
        self._words = Words(self.hearing, out, clock)
        self.barge_in = BargeIn(settings, self.hearing, out)
        self._turn_end = TurnEnd(settings, self.hearing, out)
        self._question = OpenQuestion(out, node=node, answered=answered)
        self._turn: CallerTurn | None = None
        self._turns = 0
        self._answered_at: int | None = None
        """Sample at which the speech of the last answered turn ended."""
        self._speech_from: int | None = None
        """Where speech began that may not take the floor (yet)."""

    @property
    def floor(self) -> Floor:
        return self._floor.now

    @property
    def private(self) -> bool:
        """What is said and typed now must be kept nowhere."""
        return self._question.private

    # ---- the question

    def open(self, listen: Listen) -> None:
        if self._turn is not None:
            self._turn.listen = listen
        self._question.open(listen)

    def close(self) -> None:
        """No question is open."""
        self._question.close()

    def drop(self) -> None:
        """The line is gone: nothing more is listened for."""
        self.close()
        self._turn = None
        self._words.drop()

    def begin_anew(self) -> None:
        """Something broke in the middle of a turn: nobody has the floor and no question is open."""
        self.drop()
        self._floor = FloorState()
        self._speech_from = None
        self.hearing.release()

    # ---- when nothing comes any more

    @property
    def waits_until_ms(self) -> Millis | None:
        """See OpenQuestion."""
        return self._question.waits_until_ms

    @property
    def answer_within_ms(self) -> int:
        """Of the open question; 0: there is none."""
        return 0 if self._question.listen is None else self._question.listen.answer_within_ms

    @property
    def allowed_pause_ms(self) -> int:
        """How long a caller may be silent inside the turn."""
        return 0 if self._turn is None else self._turn_end.enough_ms(self._turn)

    def give_up_turn(self, now: Millis) -> None:
        """What was said so far is the whole turn; words that are not there by now do not come."""
        if self._turn is not None:
            self._turn.whole = True
        match self._floor.now:
            case Floor.CALLER | Floor.MAYBE_ENDED:
                self._move(Sign.TURN_OVER, now)
            case Floor.MAYBE_CALLER:
                self._move(Sign.SPEECH_WITHDRAWN, now)
            case Floor.THINKING:
                turn = self._turn
                assert turn is not None
                self._words.drop()
                turn.ranking, turn.reading = False, turn.reading or Reading("")
                self._deliver(turn, turn.reading, now)
            case _:
                pass

    # ---- prompts

    def prompt_started(self, now: Millis) -> None:
        if self._floor.now is not Floor.MAYBE_CALLER:
            self._move(Sign.PROMPT_STARTED, now)

    def prompts_done(self, now: Millis) -> None:
        """Nothing of ours is to be heard any more."""
        self.barge_in.prompts_done(now)
        self._move(Sign.PROMPTS_DONE, now)

    def prompt_over(self, now: Millis) -> None:
        """What may take the floor may have changed: speech and keys that waited for it get their turn."""
        if self._speech_from is not None and self._turn is None:
            self._maybe_begin(self._speech_from, now)
        self.settle(now)

    def settle(self, now: Millis) -> None:
        """After any change: keys typed ahead answer what is open, and patience runs where it should."""
        if self._question.listen is not None and self._prompts.keys_may_cut:
            self._take_ahead(now)
        if not self._question.patience_armed:
            self._arm_patience(now)

    # ---- speech

    def scored(self, window_no: int, score: float, now: Millis) -> bool:
        """False: nothing has come of it, as of nearly all."""
        edge = self.hearing.feed_score(window_no, score)
        if edge is None and self._turn is None:
            return False
        if edge is not None:
            self._edge(edge, now)
        if self._turn is not None:
            self._watch_turn(self._turn, now)
        return True

    def _edge(self, edge: Edge, now: Millis) -> None:
        if edge.kind is EdgeKind.PAUSED:
            self._speech_from = None
            if self._turn is None:
                self._unheard(now)
                self.hearing.release()
            return
        self._speech_from = edge.at_sample if edge.kind is EdgeKind.STARTED else self._speech_from
        self._out.keep(now, "SpeechStarted", {"at_sample": edge.at_sample})
        self._maybe_begin(edge.at_sample, now)

    def _unheard(self, now: Millis) -> None:
        """Somebody spoke to whom nobody listened: the flow was at work and asked nothing. It is not lost in silence."""
        spoke_ms = self.hearing.endpointing.speech_ms
        if self._question.listen is None and not self._prompts and spoke_ms >= self._settings.noise_ms:
            self._out.note(now, "unheard", "speech", f"{spoke_ms} ms")

    def _maybe_begin(self, at_sample: int, now: Millis) -> None:
        """Speech is under way: it takes, or goes on with, the caller's turn where it may."""
        if self._turn is not None:
            if self._floor.now in (Floor.MAYBE_ENDED, Floor.THINKING):
                self._turn_end.went_on(self._turn, at_sample)
                self._move(Sign.SPEECH_STARTED, now)
            elif self._turn.asked:
                self._words.ask_anew(self._turn)
            return
        listen = self._question.listen
        if listen is None or not listen.accept_speech or self._question.keys.typing or not self._prompts.speech_may_cut:
            return
        self._turns += 1
        self.hearing.hold(at_sample)
        self._turn = CallerTurn(
            self._turns,
            listen,
            at_sample,
            rest=self._may_be_rest(at_sample),
            asked_about=len(self._prompts) <= 1,
            clear=not self._prompts and not self.barge_in.may_be_echo(at_sample),
        )
        self._move(Sign.SPEECH_STARTED, now)
        self._question.rest_patience()

    def _may_be_rest(self, at_sample: int) -> bool:
        if self._answered_at is None or not self._prompts:
            return False
        return at_sample - self._answered_at <= self._settings.rest_gap_ms * BYTES_PER_MS

    def _watch_turn(self, turn: CallerTurn, now: Millis) -> None:
        """Called with each score while a turn is open."""
        settings, silence_ms = self._settings, self.hearing.endpointing.silence_ms
        match self._floor.now:
            case Floor.MAYBE_CALLER:
                if self.barge_in.lasts(turn):
                    if not self.barge_in.is_echo(turn, now):
                        self._stop_prompts(turn, now)
                elif silence_ms >= settings.withdraw_ms:
                    self._weigh(turn, silence_ms, now)
            case Floor.CALLER:
                fixed_ms = turn.listen.pause_ms
                if not turn.clear and (silence_ms or self.barge_in.lasts(turn)):
                    self._clear(turn, now)
                elif self.hearing.too_long or (fixed_ms is not None and silence_ms >= fixed_ms):
                    self._move(Sign.TURN_OVER, now)
                elif fixed_ms is None and silence_ms >= self._turn_end.ask_after_ms(turn):
                    self._pause_began(turn, silence_ms, now)
            case Floor.MAYBE_ENDED:
                if turn.reading is not None and not turn.ranking and self._meant_nothing(turn, turn.reading, now):
                    return
                if self._turn_end.is_over(turn):
                    self._move(Sign.TURN_OVER, now)
            case Floor.THINKING:
                if turn.reading is not None and not turn.ranking and self._turn_end.is_over(turn):
                    self._deliver(turn, turn.reading, now)
            case _:
                pass

    def _stop_prompts(self, turn: CallerTurn, now: Millis) -> None:
        """The caller speaks over them. Whether it meant anything is seen from the words."""
        turn.stopped, turn.clear, turn.late = True, True, False
        self._prompts.stop()
        self._move(Sign.SPEECH_CONFIRMED, now)

    def _pause_began(self, turn: CallerTurn, silence_ms: int, now: Millis) -> None:
        if turn.stopped and self.barge_in.was_echo(turn):
            self._went_on(Sign.MEANT_NOTHING, "echo", now)
            return
        self._move(Sign.PAUSE_BEGAN, now)
        if turn.stopped:
            self._out.wake(WORDS_LATE, Millis(now + self._settings.words_late_ms - silence_ms))

    def _clear(self, turn: CallerTurn, now: Millis) -> None:
        """Speech after a prompt may be the last of its echo."""
        turn.clear = True
        if self.barge_in.is_echo(turn, now):
            self._move(Sign.SPEECH_WITHDRAWN, now)

    def _meant_nothing(self, turn: CallerTurn, reading: Reading, now: Millis) -> bool:
        """Whether what stopped the prompts is no reason to say no more: then they go on, and no counter counts it."""
        if not (self.barge_in.means_nothing(turn, reading) or self.barge_in.says_too_little(turn, reading)):
            return False
        if self._floor.now is Floor.MAYBE_ENDED and self.barge_in.may_say_more(reading):
            return False
        self._went_on(Sign.MEANT_NOTHING, "words" if reading.words.strip() else "no words", now)
        return True

    def _words_late(self, now: Millis) -> None:
        """What stopped the prompts was short, and nobody knows yet what it was."""
        turn = self._turn
        if turn is None or not turn.stopped or turn.reading is not None or not self.barge_in.short:
            return
        if self._floor.now in (Floor.MAYBE_ENDED, Floor.THINKING):
            turn.stopped, turn.late = False, True
            self._went_on(Sign.WORDS_LATE, "words late", now)

    def _went_on(self, sign: Sign, why: str, now: Millis) -> None:
        self.barge_in.was_mistaken(why, now)
        self._move(sign, now)
        self._saying.go_on(now)

    def _weigh(self, turn: CallerTurn, silence_ms: int, now: Millis) -> None:
        """Short speech over a prompt is over: a cough is forgotten, what may be an afterthought is read first."""
        if turn.late:
            return  # its words, or that there are none, will come
        if not turn.rest or silence_ms >= self._settings.open_ending_ms:
            self._move(Sign.SPEECH_WITHDRAWN, now)
        elif not turn.asked:
            if self.barge_in.is_echo(turn, now):
                self._move(Sign.SPEECH_WITHDRAWN, now)
            else:
                self._words.ask(turn)

    def _weighed(self, turn: CallerTurn, reading: Reading, now: Millis) -> None:
        """Words were read while the prompt went on: only what says something takes the floor."""
        agrees = turn.rest and only_agrees(reading.words)
        if is_empty(reading) or agrees or self.barge_in.means_nothing(turn, reading):
            self._move(Sign.SPEECH_WITHDRAWN, now)
            return
        self._stop_prompts(turn, now)
        self._move(Sign.TURN_OVER, now)

    def _move(self, sign: Sign, now: Millis) -> None:
        move = self._floor.take(sign)
        match move:
            case Move.NOTHING | Move.BEGIN_TURN:
                pass
            case Move.STOP_PROMPT:
                self._out.put(fx.CutPlayout())
                self._out.keep(now, "BargeIn", {"sign": sign.value})
                if sign is Sign.KEY_TAKEN:
                    self._drop_turn()
            case Move.ASK_EARLY:
                assert self._turn is not None
                self._words.ask(self._turn)
            case Move.DROP_EARLY:
                assert self._turn is not None
                self._words.ask_anew(self._turn)
            case Move.END_TURN:
                self._end_turn(now)
            case Move.GO_ON:
                self._drop_turn()
            case Move.GO_ON_MEANWHILE:
                pass
            case Move.DROP_TURN:
                self._drop_turn()
                if self._floor.now is Floor.OPEN:
                    self._arm_patience(now)
            case _:
                assert_never(move)

    def _drop_turn(self) -> None:
        if self._turn is not None:
            if self._turn.stopped:
                self._out.wake(WORDS_LATE, None)
            self._turn = None
            self._words.drop()
        self.hearing.release()

    # ---- words

    def _end_turn(self, now: Millis) -> None:
        turn = self._turn
        assert turn is not None
        if turn.over_ms is None:
            self._utterance_ended(turn, now)
        if not turn.asked:
            self._words.ask(turn)
        if turn.reading is not None and not turn.ranking:
            self._deliver(turn, turn.reading, now)
        else:
            self._out.wake(THINKING, self._bridge_due(turn, now))

    def _bridge_due(self, turn: CallerTurn, now: Millis) -> Millis:
        """A long pause before the turn was known to be over is silence for the caller too."""
        ended = now if turn.speech_end_ms is None else turn.speech_end_ms
        return Millis(max(now, min(now + self._settings.thinking_ms, ended + BRIDGE_WITHIN_MS)))

    def _utterance_ended(self, turn: CallerTurn, now: Millis) -> None:
        turn.over_ms = now
        span = {"from": turn.from_sample, "to": self.hearing.endpointing.end_sample}
        self._out.keep(now, "UtteranceEnded", span)

    def transcribed(self, event: ev.Transcribed, now: Millis) -> None:
        turn = self._awaited(event.turn, event.attempt)
        if turn is None:
            return
        turn.text_ms = now
        spoken = bool(event.text.strip())
        if not (spoken or turn.stopped or turn.late) and self.hearing.endpointing.speech_ms < self._settings.noise_ms:
            self._no_speech(now)
            return
        if not (spoken or turn.stopped or turn.late):
            self._silences.note(Silence.EMPTY_RECOGNITION, now)
        reading = self._words.read(turn, event, now)
        if self._floor.now is Floor.MAYBE_CALLER:
            self._weighed(turn, reading, now)
            return
        ranks = is_empty(reading) and not self.barge_in.means_nothing(turn, reading)
        if not (ranks and self._words.rank(turn, event.text)) and not self._meant_nothing(turn, reading, now):
            self._read(turn, reading, now)

    def ranked(self, event: ev.Ranked, now: Millis) -> None:
        turn = self._awaited(event.turn, event.attempt)
        if turn is None or turn.reading is None:
            return
        self._read(turn, self._words.ranked(turn, event), now)

    def transcribe_failed(self, event: ev.TranscribeFailed, now: Millis) -> None:
        """Words that cannot be had are of no use: the question's ladder goes on, with its keys."""
        turn = self._awaited(event.turn, event.attempt)
        if turn is None:
            return
        self._out.note(now, "error", "recogniser", event.why)
        turn.reading = Reading("")
        if self._floor.now is Floor.MAYBE_CALLER:
            self._weighed(turn, turn.reading, now)
            return
        turn.unheard = True
        self._read(turn, turn.reading, now)

    def _awaited(self, number: int, attempt: int) -> CallerTurn | None:
        """The turn this is an answer to; None for late news."""
        turn = self._turn
        return turn if turn is not None and (number, attempt) == (turn.no, turn.attempt) else None

    def _read(self, turn: CallerTurn, reading: Reading, now: Millis) -> None:
        """The words have a meaning. If they are enough for the silence so far, the turn ends, or is handed over if it
        was over already; if not, the caller may yet go on, even where their words came late."""
        over = self._turn_end.is_over(turn)
        match self._floor.now:
            case Floor.THINKING if over:
                self._deliver(turn, reading, now)
            case Floor.THINKING:
                self._out.wake(THINKING, None)
            case Floor.MAYBE_ENDED if over:
                self._move(Sign.TURN_OVER, now)
            case Floor.MAYBE_ENDED:
                self._turn_end.ask_judge(turn)
            case _:
                pass

    def judged(self, event: ev.TurnJudged, now: Millis) -> None:
        """A second opinion on whether the caller has finished."""
        turn = self._awaited(event.turn, event.attempt)
        if turn is not None:
            self._turn_end.judged(turn, event, now)

    def _no_speech(self, now: Millis) -> None:
        if self._floor.now is Floor.THINKING:
            self._floor.take(Sign.READ)
            self._drop_turn()
            self._arm_patience(now)
        elif self._floor.now is Floor.MAYBE_ENDED:
            self._move(Sign.SPEECH_WITHDRAWN, now)

    def _deliver(self, turn: CallerTurn, reading: Reading, now: Millis) -> None:
        if turn.stopped:
            if self._meant_nothing(turn, reading, now):
                return
            self.barge_in.was_meant()
            self._saying.cut_for_good(now)
        self._floor.take(Sign.READ)
        self._turn = None
        begin = self.hearing.call_ms(turn.from_sample)
        self._answered_at = self.hearing.endpointing.end_sample
        self.hearing.release()
        self._question.by_words(turn, reading, begin, now)

    # ---- keys

    def key(self, digit: str, now: Millis) -> None:
        self._out.keep(now, "KeyPressed", {})
        keys = self._question.keys
        if self._question.listen is None or not self._prompts.keys_may_cut:
            keys.keep_ahead(digit)
            return
        self._take_floor_by_key(now)
        self._question.rest_patience()
        self._question.by_keys(keys.press(digit, now), now)

    def _take_ahead(self, now: Millis) -> None:
        entered: Entered | None = self._question.keys.take_ahead(now)
        if entered is None and not self._question.keys.typing:
            return
        self._take_floor_by_key(now)
        self._question.by_keys(entered, now)

    def _take_floor_by_key(self, now: Millis) -> None:
        if self._turn is not None and self._turn.stopped:
            self._saying.cut_for_good(now)
        if self._floor.now is not Floor.OPEN or self._prompts:
            self._move(Sign.KEY_TAKEN, now)

    # ---- timers

    def woke(self, wake_id: str, now: Millis) -> bool:
        """Whether the timer was one of ours."""
        if wake_id == PATIENCE:
            if self._floor.now is Floor.OPEN and self._question.patience_over(now):
                self._silences.note(Silence.SILENT_CALLER, now)
                self._question.by_silence(now)
        elif wake_id == KEYS:
            self._question.by_keys(self._question.keys.due(now), now)
        elif wake_id == WORDS_LATE:
            self._words_late(now)
        elif wake_id == THINKING and self._floor.now is Floor.THINKING:
            self._silences.bridge(Silence.SLOW_RECOGNISER, now)
        return wake_id in (PATIENCE, KEYS, THINKING, WORDS_LATE)

    def _arm_patience(self, now: Millis) -> None:
        """The no-input timer runs from when the prompt was heard, while nobody speaks or types."""
        asked = self._question
        if asked.listen is None or self._prompts or asked.keys.typing or self._floor.now is not Floor.OPEN:
            return
        asked.arm_patience(now)
