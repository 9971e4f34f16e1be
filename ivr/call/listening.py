"""The caller's side of a call: what was heard, said and typed, and how long we wait for it.

    scores ─▶ Hearing ─▶ edges ─▶ Turns ─▶ Words (Transcribe ─▶ Transcribed) ─▶ OpenQuestion.by_words
    keys ───▶ KeyEntry ───────────────────────────────────────────────────────▶ OpenQuestion.by_keys
    silence ▶ Patience ───────────────────────────────────────────────────────▶ OpenQuestion.by_silence

What the answers mean is the engine's.
"""

from collections.abc import Callable
from datetime import datetime

from ivr.call import events as ev
from ivr.call.barge_in import BargeIn
from ivr.call.hearing import Hearing
from ivr.call.outbox import Outbox
from ivr.call.over_prompts import WORDS_LATE
from ivr.call.prompts import Prompts
from ivr.call.question import KEYS, PATIENCE, Answered, OpenQuestion
from ivr.call.saying import Saying
from ivr.call.settings import CallSettings
from ivr.call.silence import Silences
from ivr.call.turn import CallerTurn
from ivr.call.turns import PAUSE_DUE, THINKING, Turns
from ivr.call.watch import Silence
from ivr.call.words import Words, is_empty
from ivr.call.writing import GREETING_WORDS, Writing, is_for_writing, keys_in
from ivr.flow.state import Listen, Reading
from ivr.turn.endpointing import Edge, EdgeKind
from ivr.turn.floor import Floor, Sign
from ivr.turn.keys import Entered
from ivr.units import Millis


class Listening:
    def __init__(
        self,
        settings: CallSettings,
        prompts: Prompts,
        out: Outbox,
        *,
        node: Callable[[], str],
        clock: Callable[[Millis], datetime],
        asked: Callable[[], str],
        may_spend: Callable[[], bool],
        in_writing: Callable[[], bool],
        answered: Answered,
        silences: Silences,
        saying: Saying,
    ) -> None:
        """`node`: where the flow stands, for the transcript; `clock`: call time in the project's zone; `asked`: what
        was said last, private values masked; `may_spend`: whether the flow lets models cost more in this call;
        `in_writing`: whether nobody is on the line."""
        self._in_writing = in_writing
        self._writing = Writing()
        self._settings = settings
        self._prompts = prompts
        self._out = out
        self._silences = silences
        self._saying = saying
        self.hearing = Hearing(settings.hearing)
        self.barge_in = BargeIn(settings, self.hearing, out)
        self._words = Words(settings, self.hearing, out, clock=clock, asked=asked, may_spend=may_spend)
        self._question = OpenQuestion(out, node=node, answered=answered)
        self._turns = Turns(
            settings,
            self.hearing,
            prompts,
            out,
            question=self._question,
            words=self._words,
            barge_in=self.barge_in,
            saying=saying,
        )
        self.elsewhere = False
        """What is said now belongs to a message: that nobody answers it is no fault."""
        self._unheard_turns = 0
        """In a row, of which the recogniser told nothing."""
        self._speech_from: int | None = None
        """Where speech began that may not take the floor (yet)."""

    @property
    def floor(self) -> Floor:
        return self._turns.floor

    @property
    def private(self) -> bool:
        """What is said and typed now must be kept nowhere."""
        return self._question.private

    @property
    def last_said(self) -> bytes:
        """µ-law of what the caller said last; empty where nobody else may hear it."""
        return self._words.sound

    # ---- the question

    def open(self, listen: Listen) -> None:
        if self._turns.turn is not None:
            self._turns.turn.listen = listen
        self._question.open(listen)

    def close(self) -> None:
        """No question is open."""
        self._question.close()

    def drop(self) -> None:
        """The line is gone: nothing more is listened for."""
        self.close()
        self._turns.turn = None
        self._words.drop()
        self._writing.drop()

    def begin_anew(self) -> None:
        """Something broke in the middle of a turn: nobody has the floor and no question is open."""
        self.drop()
        self._turns.begin_anew()
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
        return 0 if self._turns.turn is None else self._turns.turn_end.enough_ms(self._turns.turn)

    def give_up_turn(self, now: Millis) -> None:
        """What was said so far is the whole turn; words that are not there by now do not come."""
        self._turns.give_up(now)

    # ---- prompts

    def prompt_started(self, now: Millis) -> None:
        if self._turns.floor is not Floor.MAYBE_CALLER:
            self._turns.move(Sign.PROMPT_STARTED, now)

    def prompts_done(self, now: Millis) -> None:
        """Nothing of ours is to be heard any more."""
        self.barge_in.prompts_done(now)
        self._turns.move(Sign.PROMPTS_DONE, now)

    def prompt_over(self, now: Millis) -> None:
        """What may take the floor may have changed: speech and keys that waited for it get their turn."""
        if self._speech_from is not None and self._turns.turn is None:
            self._turns.begin(self._speech_from, now)
        self.settle(now)

    def settle(self, now: Millis) -> None:
        """After any change: keys typed ahead answer what is open, and patience runs where it should."""
        if self._question.listen is not None and self._prompts.keys_may_cut:
            self._take_ahead(now)
        if self._writing:
            self._take_written(now)
        if not (self._question.patience_armed or self._in_writing()):
            self._turns.arm_patience(now)

    # ---- speech

    def scored(self, window_no: int, score: float, now: Millis) -> bool:
        """False: nothing has come of it, as of nearly all."""
        edge = self.hearing.feed_score(window_no, score)
        if edge is None and self._turns.turn is None:
            return False
        if edge is not None:
            self._edge(edge, now)
        if self._turns.turn is not None:
            self._turns.watch(self._turns.turn, now)
        return True

    def _edge(self, edge: Edge, now: Millis) -> None:
        if edge.kind is EdgeKind.PAUSED:
            self._speech_from = None
            if self._turns.turn is None:
                self._unheard(now)
                self.hearing.release()
            return
        self._speech_from = edge.at_sample if edge.kind is EdgeKind.STARTED else self._speech_from
        self._out.keep(now, "SpeechStarted", {"at_sample": edge.at_sample})
        self._turns.begin(edge.at_sample, now)

    def _unheard(self, now: Millis) -> None:
        """Somebody spoke to whom nobody listened: the flow was at work and asked nothing. It is not lost in silence."""
        spoke_ms = self.hearing.endpointing.speech_ms
        heard = self._question.listen is not None or bool(self._prompts) or self.elsewhere
        if not heard and spoke_ms >= self._settings.noise_ms:
            self._out.note(now, "unheard", "speech", f"{spoke_ms} ms")

    # ---- words

    def transcribed(self, event: ev.Transcribed, now: Millis) -> None:
        turn = self._awaited(event.turn, event.attempt)
        if turn is None:
            return
        turn.text_ms, self._unheard_turns = now, 0
        spoken = bool(event.text.strip())
        if not (spoken or turn.stopped or turn.late) and self.hearing.endpointing.speech_ms < self._settings.noise_ms:
            self._turns.no_speech(now)
            return
        if not (spoken or turn.stopped or turn.late):
            self._silences.note(Silence.EMPTY_RECOGNITION, now)
        reading = self._words.read(turn, event, now)
        if self._turns.floor is Floor.MAYBE_CALLER:
            self._turns.over_prompts.weighed(turn, reading, now)
            return
        ranks = is_empty(reading) and not self.barge_in.means_nothing(turn, reading)
        if ranks and self._words.rank(turn, event.text):
            return
        if self._turns.understands_early(turn, reading):
            return
        if not self._turns.over_prompts.meant_nothing(turn, reading, now):
            self._turns.read(turn, reading, now)

    def ranked(self, event: ev.Ranked, now: Millis) -> None:
        turn = self._awaited(event.turn, event.attempt)
        if turn is None or turn.reading is None:
            return
        reading = self._words.ranked(turn, event)
        if not self._turns.understands_early(turn, reading):
            self._turns.read(turn, reading, now)

    def understood(self, event: ev.Understood, now: Millis) -> None:
        turn = self._awaited(event.turn, event.attempt)
        if turn is not None and turn.reading is not None:
            self._turns.read(turn, self._words.understood(turn, event, now), now)

    def transcribe_failed(self, event: ev.TranscribeFailed, now: Millis) -> None:
        """Words that cannot be had are of no use: the question's ladder goes on, with its keys."""
        turn = self._awaited(event.turn, event.attempt)
        if turn is None:
            return
        self._out.note(now, "error", "recogniser", event.why)
        if self._turns.floor is Floor.MAYBE_CALLER:
            turn.reading = Reading("")
            self._turns.over_prompts.weighed(turn, turn.reading, now)
            return
        self._unheard_turns += 1
        turn.reading = Reading("", unheard=self._unheard_turns)
        turn.unheard = True
        if not self._words.understand(turn):
            self._turns.read(turn, turn.reading, now)

    def _awaited(self, number: int, attempt: int) -> CallerTurn | None:
        """The turn this is an answer to; None for late news."""
        turn = self._turns.turn
        return turn if turn is not None and (number, attempt) == (turn.no, turn.attempt) else None

    def judged(self, event: ev.TurnJudged, now: Millis) -> None:
        """A second opinion on whether the caller has finished."""
        turn = self._awaited(event.turn, event.attempt)
        if turn is not None:
            self._turns.turn_end.judged(turn, event, now)

    # ---- in writing

    @property
    def waits(self) -> bool:
        """An answer is waited for, and nothing is under way."""
        return self._question.listen is not None and self._turns.floor is Floor.OPEN and not self._writing

    def write(self, words: str, now: Millis, *, opening: bool = False) -> None:
        """They answer the open question, or the next one where none may be answered yet. `opening`: see ev.Written."""
        if not self._writing.keep(words, opening=opening):
            self._out.note(now, "unheard", "writing", "too much waits")
        self._take_written(now)

    def _take_written(self, now: Millis) -> None:
        listen = self._question.listen
        if not self._writing or listen is None or not (self._prompts.speech_may_cut or self._prompts.keys_may_cut):
            return
        words, opening = self._writing.take()
        if not is_for_writing(listen):
            self._out.note(now, "unheard", "writing", "the question is not for writing")
            return
        self._take_floor_by_key(now)
        self._question.rest_patience()
        keys = keys_in(words, listen.keys)
        if keys is not None:
            self._question.by_keys(keys, now, written=True)
            return
        if opening and len(words.split()) <= GREETING_WORDS and is_empty(self._words.meaning(words, listen, now)):
            self._question.by_greeting(words, now)
            return
        turn = self._turns.write(words, listen, now)
        self.transcribed(ev.Transcribed(turn.no, turn.attempt, words, None, Millis(0)), now)

    # ---- keys

    def key(self, digit: str, now: Millis) -> None:
        self._out.keep(now, "KeyPressed", {})
        keys = self._question.keys
        if keys.is_habit(digit, now):
            return
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
        if self._turns.turn is not None and self._turns.turn.stopped:
            self._saying.cut_for_good(now)
        if self._turns.floor is not Floor.OPEN or self._prompts:
            self._turns.move(Sign.KEY_TAKEN, now)

    # ---- timers

    def woke(self, wake_id: str, now: Millis) -> bool:
        """Whether the timer was one of ours."""
        if wake_id == PATIENCE:
            if self._turns.floor is Floor.OPEN and self._question.patience_over(now):
                self._silences.note(Silence.SILENT_CALLER, now)
                self._question.by_silence(now)
        elif wake_id == KEYS:
            self._question.by_keys(self._question.keys.due(now), now)
        elif wake_id == WORDS_LATE:
            if self._turns.turn is not None:
                self._turns.over_prompts.words_late(self._turns.turn, now)
        elif wake_id == PAUSE_DUE:
            self._turns.pause_due(now)
        elif wake_id == THINKING and self._turns.floor is Floor.THINKING:
            self._turns.bridged()
            self._silences.bridge(Silence.SLOW_RECOGNISER, now)
        return wake_id in (PATIENCE, KEYS, THINKING, WORDS_LATE, PAUSE_DUE)
