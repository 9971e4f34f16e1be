"""One call's mind: hearing, floor and flow engine joined. Events and the time go in, effects come out.

The walk of an answer:

    SpeechScores ─▶ Hearing ─▶ edges ─▶ FloorState ─▶ Transcribe ─▶ Transcribed ─▶ interpret ─▶ engine.step ─▶ effects

The floor decides whether somebody speaks; the engine decides what is said. Neither reads a clock: timers are WakeAt
effects that come back as Woke.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import assert_never
from zoneinfo import ZoneInfo

from ivr.audio.windows import Window
from ivr.call import codec
from ivr.call import effects as fx
from ivr.call import events as ev
from ivr.call.hearing import Hearing
from ivr.call.record import Record
from ivr.call.settings import CallSettings
from ivr.call.turn import CallerTurn
from ivr.flow import engine
from ivr.flow import state as flow
from ivr.flow.flow import Bundle
from ivr.flow.types import Interrupt, Privacy, Type
from ivr.flow.understand import by_similarity, interpret, phrases
from ivr.turn.endpointing import Edge, EdgeKind
from ivr.turn.floor import Floor, FloorState, Move, Sign
from ivr.turn.keys import Entered, KeyEntry, KeyRules
from ivr.turn.patience import Patience
from ivr.units import Millis

CALL_ENDED = "call_ended"
"""The entry that closes a call's journal."""

_LEAVE = "call:leave"
_PATIENCE = "call:patience"
_KEYS = "call:keys"


class Call:
    """One phone call from answer to its end."""

    def __init__(
        self,
        bundle: Bundle,
        state: flow.CallState,
        settings: CallSettings | None = None,
        *,
        last_seq: int = 0,
        last_turn: int = 0,
    ) -> None:
        """`last_seq` and `last_turn`: the numbers given so far, where the call goes on from an earlier stream."""
        self._bundle = bundle
        self._state = state
        self._settings = settings or CallSettings()
        self._hearing = Hearing(self._settings.hearing)
        self._floor = FloorState()
        self._keys = KeyEntry()
        self._patience = Patience()
        self._record = Record(last_seq, last_turn)
        self._listen: flow.Listen | None = None
        self._says: dict[str, flow.SayEffect] = {}
        """Prompts asked for and not yet over, in order; the first is the one being heard."""
        self._turn: CallerTurn | None = None
        self._turns = 0
        self._speech_from: int | None = None
        """Where speech began that may not take the floor (yet)."""
        self._leaving: fx.Leave | None = None
        self._recording_paused = False
        self._left = False
        self._finished = False
        self._finish: fx.Finish | None = None
        """Told once the last tool has answered."""
        self._tools: dict[str, tuple[str, Millis, bool]] = {}
        self._out: list[fx.Effect] = []

    # ---- what others may know

    @property
    def ended(self) -> bool:
        """Nothing more will come of this call on this stream."""
        return self._finished and not self._tools

    @property
    def state(self) -> flow.CallState:
        return self._state

    @property
    def hearing(self) -> Hearing:
        return self._hearing

    @property
    def floor(self) -> Floor:
        return self._floor.now

    # ---- the two doors

    def feed_media(self, mulaw: bytes, now: Millis) -> list[Window]:
        """The caller's sound; answers with the windows that are full and wait for their score."""
        return self._hearing.feed_media(mulaw, now)

    def feed(self, event: ev.Event, now: Millis) -> list[fx.Effect]:
        match event:
            case ev.SpeechScores():
                self._scored(event, now)
            case ev.KeyPressed():
                self._key(event.digit, now)
            case ev.PlayoutBegan():
                self._playout_began(event, now)
            case ev.PlayoutEnded():
                self._playout_ended(event, now)
            case ev.PlayoutFailed():
                self._note(now, "error", "voice", event.why)
            case ev.Transcribed():
                self._transcribed(event, now)
            case ev.TranscribeFailed():
                self._transcribe_failed(event, now)
            case ev.Ranked():
                self._ranked(event, now)
            case ev.ToolReplied():
                self._tool_replied(event, now)
            case ev.Woke():
                self._woke(event.id, now)
            case ev.Answered():
                self._engine(flow.CallStarted(now), now)
            case ev.Rejoined():
                self._rejoined(event, now)
            case ev.CallerHungUp():
                self._hung_up(now)
            case ev.StreamLost():
                self._stream_lost(now)
            case ev.TransferEnded():
                self._transfer_ended(event.result, now)
            case _:
                assert_never(event)
        if self._finish is not None and not self._tools:
            self._keep(now, CALL_ENDED, {"outcome": self._finish.outcome})
            self._out.append(self._finish)
            self._finish = None
        effects, self._out = self._out, []
        return effects

    # ---- hearing and floor

    def _scored(self, event: ev.SpeechScores, now: Millis) -> None:
        edge = self._hearing.feed_score(event.window_no, event.score)
        if edge is not None:
            self._edge(edge, now)
        if self._turn is not None:
            self._watch_turn(now)

    def _edge(self, edge: Edge, now: Millis) -> None:
        if edge.kind is EdgeKind.PAUSED:
            self._speech_from = None
            if self._turn is not None:
                self._turn.paused_at = edge.at_sample
            else:
                self._hearing.release()
            return
        self._speech_from = edge.at_sample if edge.kind is EdgeKind.STARTED else self._speech_from
        self._keep(now, "SpeechStarted", {"at_sample": edge.at_sample})
        self._maybe_begin(edge.at_sample, now)

    def _maybe_begin(self, at_sample: int, now: Millis) -> None:
        """Speech is under way: it takes, or goes on with, the caller's turn where it may."""
        if self._turn is not None:
            self._turn.paused_at = None
            if self._floor.now in (Floor.MAYBE_ENDED, Floor.THINKING):
                self._move(Sign.SPEECH_STARTED, now)
        elif self._may_speak():
            self._begin_turn(at_sample, now)

    def _may_speak(self) -> bool:
        if self._listen is None or not self._listen.accept_speech or self._leaving is not None or self._keys.typing:
            return False
        return self._interrupt in (Interrupt.ANY, Interrupt.SPEECH)

    @property
    def _interrupt(self) -> Interrupt:
        """What may take the floor from what is being said now."""
        first = next(iter(self._says.values()), None)
        return Interrupt.ANY if first is None else first.interrupt

    def _begin_turn(self, at_sample: int, now: Millis) -> None:
        assert self._listen is not None
        self._turns += 1
        self._hearing.hold(at_sample)
        self._turn = CallerTurn(self._turns, self._listen, at_sample)
        self._move(Sign.SPEECH_STARTED, now)
        self._patience.pause()
        self._wake(_PATIENCE, None)

    def _watch_turn(self, now: Millis) -> None:
        """Called with each score while a turn is open."""
        turn, settings = self._turn, self._settings
        assert turn is not None
        silence_ms = self._hearing.endpointing.silence_ms
        match self._floor.now:
            case Floor.MAYBE_CALLER:
                if self._hearing.endpointing.speech_ms >= settings.confirm_ms:
                    self._move(Sign.SPEECH_CONFIRMED, now)
                elif silence_ms >= settings.withdraw_ms:
                    self._move(Sign.SPEECH_WITHDRAWN, now)
            case Floor.CALLER:
                fixed_ms = turn.listen.pause_ms
                if self._hearing.too_long or (fixed_ms is not None and silence_ms >= fixed_ms):
                    self._move(Sign.TURN_OVER, now)
                elif fixed_ms is None and silence_ms >= settings.early_ms:
                    self._move(Sign.PAUSE_BEGAN, now)
            case Floor.MAYBE_ENDED:
                if silence_ms >= self._enough_ms(turn) or self._hearing.too_long:
                    self._move(Sign.TURN_OVER, now)
            case _:
                pass

    def _enough_ms(self, turn: CallerTurn) -> int:
        reading = turn.reading
        if reading is None or not (reading.open_ending or reading.pieces):
            return self._settings.free_ms
        return self._settings.open_ending_ms

    def _move(self, sign: Sign, now: Millis) -> None:
        move = self._floor.take(sign)
        match move:
            case Move.NOTHING | Move.BEGIN_TURN:
                pass
            case Move.STOP_PROMPT:
                self._out.append(fx.CutPlayout())
                self._keep(now, "BargeIn", {"sign": sign.value})
                if sign is Sign.KEY_TAKEN:
                    self._drop_turn()
            case Move.ASK_EARLY:
                self._ask(now)
            case Move.DROP_EARLY:
                assert self._turn is not None
                self._turn.resume()
                self._out.append(fx.DropTranscribe())
            case Move.END_TURN:
                self._end_turn(now)
            case Move.DROP_TURN:
                self._drop_turn()
                if self._floor.now is Floor.OPEN:
                    self._arm_patience(now)
            case _:
                assert_never(move)

    def _drop_turn(self) -> None:
        if self._turn is not None:
            self._turn = None
            self._out.append(fx.DropTranscribe())
        self._hearing.release()

    # ---- the caller's words

    def _ask(self, now: Millis) -> None:
        turn = self._turn
        assert turn is not None
        turn.asked = True
        turn.speech_end_ms = self._hearing.call_ms(self._hearing.endpointing.end_sample)
        expect = turn.listen.expects[0].type if turn.listen.expects else Type.TEXT
        self._out.append(fx.Transcribe(turn.no, turn.attempt, self._hearing.utterance(), expect.value))

    def _end_turn(self, now: Millis) -> None:
        turn = self._turn
        assert turn is not None
        turn.over_ms = now
        self._keep(now, "UtteranceEnded", {"from": turn.from_sample, "to": self._hearing.endpointing.end_sample})
        if not turn.asked:
            self._ask(now)
        if turn.reading is not None and not turn.ranking:
            self._deliver(turn, turn.reading, now)

    def _transcribed(self, event: ev.Transcribed, now: Millis) -> None:
        turn = self._turn
        if turn is None or (event.turn, event.attempt) != (turn.no, turn.attempt):
            return
        turn.text_ms, turn.words = now, event.text
        if not event.text.strip() and self._hearing.endpointing.speech_ms < self._settings.noise_ms:
            self._no_speech(turn, now)
            return
        turn.reading = replace(interpret(event.text, turn.listen, self._now(now)), score=event.score)
        options = phrases(turn.listen)
        if _empty(turn.reading) and event.text.strip() and options:
            turn.ranking = True
            self._out.append(fx.Rank(turn.no, turn.attempt, event.text, tuple(options)))
            return
        self._read(turn, now)

    def _ranked(self, event: ev.Ranked, now: Millis) -> None:
        turn = self._turn
        if turn is None or (event.turn, event.attempt) != (turn.no, turn.attempt) or turn.reading is None:
            return
        turn.ranking = False
        if event.scores:
            read = by_similarity(turn.reading.words, turn.listen, event.scores)
            turn.reading = replace(read, score=turn.reading.score)
        self._read(turn, now)

    def _read(self, turn: CallerTurn, now: Millis) -> None:
        """The words have a meaning: end the turn if it is complete, or hand it over if the turn is over already."""
        assert turn.reading is not None
        if self._floor.now is Floor.MAYBE_ENDED and turn.reading.satisfied:
            self._move(Sign.TURN_OVER, now)
        elif self._floor.now is Floor.THINKING:
            self._deliver(turn, turn.reading, now)

    def _transcribe_failed(self, event: ev.TranscribeFailed, now: Millis) -> None:
        turn = self._turn
        if turn is None or (event.turn, event.attempt) != (turn.no, turn.attempt):
            return
        self._note(now, "error", "recogniser", event.why)
        turn.reading = flow.Reading("")
        self._read(turn, now)

    def _no_speech(self, turn: CallerTurn, now: Millis) -> None:
        if self._floor.now is Floor.THINKING:
            self._floor.take(Sign.READ)
            self._drop_turn()
            self._arm_patience(now)
        elif self._floor.now is Floor.MAYBE_ENDED:
            self._move(Sign.SPEECH_WITHDRAWN, now)

    def _deliver(self, turn: CallerTurn, reading: flow.Reading, now: Millis) -> None:
        self._floor.take(Sign.READ)
        self._turn = None
        begin = self._hearing.call_ms(turn.from_sample)
        self._hearing.release()
        self._out.append(self._record.caller_spoke(turn, reading, begin, self._state, now))
        self._listen = None
        self._keys.close()
        self._engine(flow.Heard(now, turn.listen.id, reading), now, turn.listen.privacy)

    # ---- keys

    def _key(self, digit: str, now: Millis) -> None:
        self._keep(now, "KeyPressed", {})
        if self._listen is None or self._leaving is not None or not self._keys_may_cut():
            self._keys.keep_ahead(digit)
            return
        if self._floor.now is not Floor.OPEN or self._says:
            self._move(Sign.KEY_TAKEN, now)
        self._patience.pause()
        self._wake(_PATIENCE, None)
        self._entered(self._keys.press(digit, now), now)

    def _keys_may_cut(self) -> bool:
        return self._interrupt in (Interrupt.ANY, Interrupt.KEYS)

    def _entered(self, entered: Entered | None, now: Millis) -> None:
        self._wake(_KEYS, self._keys.deadline)
        if entered is None or self._listen is None:
            return
        listen, self._listen = self._listen, None
        self._out.append(self._record.caller_typed(entered.keys, listen, self._state, now))
        self._engine(flow.KeysEntered(now, listen.id, entered.keys, entered.ended_by), now, listen.privacy)

    # ---- prompts

    def _playout_began(self, event: ev.PlayoutBegan, now: Millis) -> None:
        say = self._says.get(event.say)
        if say is not None:
            self._record.first_sound(event.say, now)

    def _playout_ended(self, event: ev.PlayoutEnded, now: Millis) -> None:
        say = self._says.pop(event.say, None)
        if say is None:
            return
        self._out.append(self._record.bot_spoke(say, event, now))
        if not self._says:
            self._move(Sign.PROMPTS_DONE, now)
        self._engine(flow.PromptDone(now, event.say, event.heard_ms, event.heard, event.cut), now)
        self._after_prompt(now)

    def _after_prompt(self, now: Millis) -> None:
        if self._speech_from is not None and self._turn is None:
            self._maybe_begin(self._speech_from, now)
        if self._listen is not None and self._keys_may_cut():
            self._take_ahead(now)
        if not self._says:
            self._arm_patience(now)
            self._maybe_leave()

    def _take_ahead(self, now: Millis) -> None:
        entered = self._keys.take_ahead(now)
        if entered is None and not self._keys.typing:
            return
        if self._floor.now is not Floor.OPEN or self._says:
            self._move(Sign.KEY_TAKEN, now)
        self._entered(entered, now)

    # ---- timers

    def _arm_patience(self, now: Millis) -> None:
        """The no-input timer runs from when the prompt was heard, while nobody speaks or types."""
        if self._listen is None or self._says or self._keys.typing or self._floor.now is not Floor.OPEN:
            return
        self._wake(_PATIENCE, self._patience.arm(self._listen.answer_within_ms, now))

    def _woke(self, wake_id: str, now: Millis) -> None:
        if wake_id == _PATIENCE:
            self._nothing_heard(now)
        elif wake_id == _KEYS:
            self._entered(self._keys.due(now), now)
        elif wake_id == _LEAVE:
            self._says.clear()
            self._maybe_leave()
        else:
            self._engine(flow.Woke(now, wake_id), now)

    def _nothing_heard(self, now: Millis) -> None:
        listen = self._listen
        if listen is None or self._floor.now is not Floor.OPEN or not self._patience.over(now):
            return
        self._listen = None
        self._keys.close()
        self._engine(flow.NothingHeard(now, listen.id), now)

    # ---- tools, transfers, ends

    def _tool_replied(self, event: ev.ToolReplied, now: Millis) -> None:
        known = self._tools.pop(event.id, None)
        if known is not None:
            tool, at, changes = known
            result = event.reply.error or event.reply.result or str(event.reply.status)
            self._out.append(fx.KeepTool(event.id, tool, at, event.ms, result, changes))
        self._engine(flow.ToolAnswered(now, event.id, event.reply), now, Privacy.PII)

    def _hung_up(self, now: Millis) -> None:
        if self._left or self._finished:
            return
        self._silence_everything()
        self._engine(flow.CallerLeft(now), now)
        self._over("the caller hung up")

    def _stream_lost(self, now: Millis) -> None:
        """The carrier may open another stream: the call stays open, its state is in the journal."""
        if self._left or self._finished:
            return
        self._silence_everything()
        self._keep_engine(flow.StreamLost(now), Privacy.OPEN)
        self._state, _ = engine.step(self._bundle, self._state, flow.StreamLost(now))
        self._finished = True

    def _rejoined(self, event: ev.Rejoined, now: Millis) -> None:
        if event.transfer is not None:
            self._transfer_ended(event.transfer, now)
        else:
            self._engine(flow.Resumed(now), now)

    def _transfer_ended(self, result: str, now: Millis) -> None:
        waiting = [i for i, a in self._state.awaiting.items() if a.kind == "transfer"]
        if not waiting:
            return
        assert result in ("answered", "no_answer", "busy", "failed", "caller_left")
        self._engine(flow.TransferEnded(now, waiting[-1], result), now)  # type: ignore[arg-type]

    def _silence_everything(self) -> None:
        self._says.clear()
        self._listen = None
        self._turn = None
        self._keys.close()
        self._leaving = None
        self._out.append(fx.DropTranscribe())

    def _maybe_leave(self) -> None:
        if self._leaving is None or self._says or self._left:
            return
        self._left = True
        self._out.append(self._leaving)
        if self._leaving.intent == "hang_up":
            self._over("the flow ended the call")
        else:
            self._finished = True

    def _over(self, reason: str) -> None:
        if not self._finished:
            self._finished = True
            self._finish = fx.Finish(self._state.outcome or "completed", reason)

    # ---- the engine and the journal

    def _engine(self, event: flow.Event, now: Millis, privacy: Privacy = Privacy.OPEN) -> None:
        self._keep_engine(event, privacy)
        self._state, effects = engine.step(self._bundle, self._state, event)
        before = len(self._says)
        for effect in effects:
            self._perform(effect, now)
        if len(self._says) > before and self._floor.now is not Floor.MAYBE_CALLER:
            self._move(Sign.PROMPT_STARTED, now)
        if not self._patience.armed:
            self._arm_patience(now)
        if self._listen is not None and self._keys_may_cut():
            self._take_ahead(now)
        self._maybe_leave()

    def _perform(self, effect: flow.Effect, now: Millis) -> None:
        match effect:
            case flow.SayEffect():
                if not self._finished:
                    self._says[effect.id] = effect
                    self._record.asked_to_say(effect, self._state)
                    self._out.append(fx.StartPlayout(effect.id, effect.text, effect.fixed))
            case flow.StopSaying():
                if self._says:
                    self._out.append(fx.CutPlayout())
            case flow.Listen():
                self._open(effect, now)
            case flow.StopListening():
                self._listen = None
                self._keys.close()
                self._patience.pause()
                self._wake(_PATIENCE, None)
            case flow.WakeAt():
                self._wake(effect.id, effect.at_ms)
            case flow.CallToolEffect():
                self._tools[effect.id] = (effect.tool, now, effect.changes_world)
                entry = self._keep(now, "ToolSent", {"id": effect.id, "tool": effect.tool})
                self._out.append(
                    fx.RunTool(effect.id, effect.tool, effect.flow, effect.arguments, effect.changes_world, entry)
                )
            case flow.Dial():
                entry = self._keep(now, "TransferDecided", {"target": effect.target})
                self._depart(fx.Leave("transfer", effect.target, effect.id, entry), now)
            case flow.HangUp():
                entry = self._keep(now, "HangUpDecided", {"outcome": effect.outcome})
                self._depart(fx.Leave("hang_up", None, None, entry), now)
            case flow.Note():
                self._note(now, effect.kind, effect.what, effect.detail, effect.place)
            case _:
                assert_never(effect)

    def _depart(self, leave: fx.Leave, now: Millis) -> None:
        if self._finished:
            return
        self._leaving = leave
        self._wake(_LEAVE, Millis(now + self._settings.goodbye_ms))

    def _open(self, listen: flow.Listen, now: Millis) -> None:
        if self._finished:
            return
        self._listen = listen
        if self._turn is not None:
            self._turn.listen = listen
        keys = listen.keys
        self._keys.expect(
            KeyRules(keys.single, keys.longest, keys.end, keys.pause_ms, keys.total_ms, keys.ahead, keys.decimal)
        )
        self._pause_recording(listen.privacy in (Privacy.PCI, Privacy.SECRET))

    def _pause_recording(self, on: bool) -> None:
        if on is not self._recording_paused:
            self._recording_paused = on
            self._out.append(fx.PauseRecording(on))

    def _keep_engine(self, event: flow.Event, privacy: Privacy) -> None:
        kind, body = codec.encode_event(event)
        if privacy in (Privacy.PCI, Privacy.SECRET):
            body = {"at_ms": event.at_ms, "length": len(getattr(event, "keys", ""))}
        self._keep(event.at_ms, f"flow.{kind}", body, privacy)

    def _keep(self, now: Millis, kind: str, body: Mapping[str, object], privacy: Privacy = Privacy.OPEN) -> int:
        entry = self._record.entry(now, kind, body, privacy)
        self._out.append(entry)
        return entry.seq

    def _note(self, now: Millis, kind: str, what: str, detail: str = "", place: str = "") -> None:
        self._out.append(fx.KeepNote(now, kind, what, detail, place))

    def _wake(self, wake_id: str, at_ms: Millis | None) -> None:
        self._out.append(fx.WakeAt(wake_id, at_ms))

    def _now(self, now: Millis) -> datetime:
        """Call time in the project's zone."""
        return (self._state.started + timedelta(milliseconds=now)).astimezone(ZoneInfo(self._bundle.zone))


def _empty(reading: flow.Reading) -> bool:
    return not reading.fills and reading.command is None and reading.yes is None
