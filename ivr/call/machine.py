"""One call's mind: the caller's side, our prompts and the flow engine joined. Events and the time go in, effects out.

The floor (listening.py) decides whether somebody speaks; the engine decides what is said. Neither reads a clock:
timers are WakeAt effects that come back as Woke.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import assert_never
from zoneinfo import ZoneInfo

from ivr.audio.echo import Echo
from ivr.audio.windows import Window
from ivr.call import effects as fx
from ivr.call import events as ev
from ivr.call.echoes import Played
from ivr.call.hearing import Hearing
from ivr.call.listening import Listening
from ivr.call.outbox import Outbox
from ivr.call.prompts import Prompts
from ivr.call.record import Record
from ivr.call.settings import CallSettings
from ivr.call.silence import Silences
from ivr.call.watch import Bound, Limits, Silence
from ivr.flow import engine
from ivr.flow import state as flow
from ivr.flow.flow import Bundle
from ivr.flow.types import Privacy
from ivr.turn.floor import Floor
from ivr.units import Millis

CALL_ENDED = "call_ended"
"""The entry that closes a call's journal."""

FAULTED = "faulted"
"""The entry of a mistake of ours: the engine apologised."""

_LEAVE = "call:leave"


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
        self._record = Record(last_seq, last_turn)
        self._out = Outbox(self._record)
        self._prompts = Prompts()
        self._silences = Silences(self._out, state.call, bundle.words, self._say)
        self._listening = Listening(
            self._settings,
            self._prompts,
            self._out,
            node=self._node,
            clock=self._clock,
            answered=self._engine,
            silences=self._silences,
            cut=self._cut_for_good,
            go_on=self._go_on,
        )
        self._unvoiced: set[str] = set()
        """What the voice could not say, until what was said before it is over."""
        self._go_on_due = False
        """What speech stopped goes on as soon as it is known how far it was heard."""
        self._unstuck_at = -1
        """How many turns the caller had had when a question was last asked again because nothing went on."""
        self._leaving: fx.Leave | None = None
        self._left = False
        self._finished = False
        self._finish: fx.Finish | None = None
        """Told once the last tool has answered."""
        self._tools: dict[str, tuple[str, Millis, bool]] = {}
        self._recording_paused = False

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
        return self._listening.hearing

    @property
    def echo(self) -> Echo | None:
        """How our own voice comes back on this line; None: it was not heard to."""
        return self._listening.barge_in.echoes.known

    def hear_played(self, played: Played) -> None:
        """`played(begin_ms, end_ms)`: what was played to the caller then; without it no echo is known as one."""
        self._listening.barge_in.echoes.played = played

    @property
    def floor(self) -> Floor:
        return self._listening.floor

    @property
    def limits(self) -> Limits:
        """What the flow sets for the call as a whole."""
        limits = self._bundle.flows[self._state.standings[0].flow].limits
        return Limits(limits.call_ms, limits.silence_ms)

    @property
    def over(self) -> bool:
        """There is no caller to speak to any more."""
        return self._finished

    @property
    def leaving(self) -> bool:
        """Only the end of what is being said is waited for."""
        return self._leaving is not None

    @property
    def prompting(self) -> bool:
        """Something is being said."""
        return bool(self._prompts)

    @property
    def listening(self) -> Listening:
        return self._listening

    # ---- the doors

    def feed_media(self, mulaw: bytes, now: Millis) -> list[Window]:
        """The caller's sound; answers with the windows that are full and wait for their score."""
        return self._listening.hearing.feed_media(mulaw, now)

    def feed_score(self, window_no: int, score: float, now: Millis) -> Sequence[fx.Effect]:
        """What `feed` of SpeechScores is, for the frame's path."""
        return self._done(now) if self._listening.scored(window_no, score, now) else ()

    def feed(self, event: ev.Event, now: Millis) -> list[fx.Effect]:
        self._take(event, now)
        return self._done(now)

    def _done(self, now: Millis) -> list[fx.Effect]:
        if self._finish is not None and not self._tools:
            self._out.keep(now, CALL_ENDED, {"outcome": self._finish.outcome})
            self._out.put(self._finish)
            self._finish = None
        return self._out.take()

    def _take(self, event: ev.Event, now: Millis) -> None:
        match event:
            case ev.SpeechScores():
                self._listening.scored(event.window_no, event.score, now)
            case ev.KeyPressed():
                self._listening.key(event.digit, now)
            case ev.PlayoutBegan():
                if self._prompts.get(event.say) is not None:
                    self._record.first_sound(event.say, now)
            case ev.PlayoutEnded():
                self._playout_ended(event, now)
            case ev.PlayoutFailed():
                self._voice_failed(event, now)
            case ev.Transcribed():
                self._listening.transcribed(event, now)
            case ev.TranscribeFailed():
                self._listening.transcribe_failed(event, now)
            case ev.Ranked():
                self._listening.ranked(event, now)
            case ev.TurnJudged():
                self._listening.judged(event, now)
            case ev.ToolReplied():
                self._tool_replied(event, now)
            case ev.Woke():
                self._woke(event.id, now)
            case ev.Answered():
                self._engine(flow.CallStarted(now))
            case ev.Rejoined():
                self._rejoined(event, now)
            case ev.CallerHungUp():
                self._hung_up(now)
            case ev.StreamLost():
                self._stream_lost(now)
            case ev.TransferEnded():
                self._transfer_ended(event.result, now)
            case ev.FellSilent():
                self._fell_silent(event.cause, now)
            case ev.CutOff():
                self._cut_off(event.bound, now)
            case ev.Faulted():
                self._apologise(now)
            case _:
                assert_never(event)

    def _playout_ended(self, event: ev.PlayoutEnded, now: Millis) -> None:
        say = self._prompts.over(event.say)
        if say is None:
            return
        if self._prompts.stopped.take_in(say, event, now):
            self._stopped(now)
            return
        self._prompt_over(say, event, now)
        if any(mark.end == "expired" for mark in event.marks):
            self._silences.note(Silence.LOST_MARKS, now)
        self._maybe_leave()
        if event.say in self._unvoiced:
            self._unvoiced.discard(event.say)
            if self._leaving is None:
                self._apologise(now)

    def _woke(self, wake_id: str, now: Millis) -> None:
        if self._listening.woke(wake_id, now):
            return
        if wake_id == _LEAVE:
            self._prompts.clear()
            self._maybe_leave()
        else:
            self._engine(flow.Woke(now, wake_id))

    def _prompt_over(self, say: flow.SayEffect, event: ev.PlayoutEnded, now: Millis) -> None:
        """Nothing more will be said of it."""
        self._out.put(self._record.bot_spoke(say, event, now))
        if not self._prompts:
            self._listening.prompts_done(now)
        self._prompt_done(event, now)
        self._listening.prompt_over(now)

    def _prompt_done(self, event: ev.PlayoutEnded, now: Millis) -> None:
        """The flow knows nothing of the parts in which it was said."""
        whole = self._prompts.stopped.whole(event)
        self._prompts.stopped.over(event.say)
        self._engine(flow.PromptDone(now, whole.say, whole.heard_ms, whole.heard, whole.cut))

    # ---- prompts that speech stopped

    def _stopped(self, now: Millis) -> None:
        """How far one of them was heard is known now."""
        if not self._prompts:
            self._listening.prompts_done(now)
        if self._go_on_due:
            self._go_on(now)

    def _cut_for_good(self, now: Millis) -> None:
        """It was meant: what was not heard is not said."""
        for stopped in self._prompts.stopped.take():
            self._out.put(self._record.bot_spoke(stopped.say, stopped.ended, stopped.at_ms))
            self._prompt_done(stopped.ended, now)

    def _go_on(self, now: Millis) -> None:
        """It meant nothing: the rest is said."""
        self._go_on_due = not self._prompts.stopped.all_known
        if self._go_on_due:
            return
        for stopped in self._prompts.stopped.take():
            rest = self._prompts.stopped.rest(stopped)
            if rest is None:
                whole = replace(stopped.ended, heard=stopped.say.text, cut=False)
                self._out.put(self._record.bot_spoke(stopped.say, whole, stopped.at_ms))
                self._prompt_done(whole, now)
                continue
            if stopped.ended.heard_ms:
                self._out.put(self._record.bot_spoke(stopped.say, stopped.ended, stopped.at_ms))
            self._say(rest)
        if not self._prompts:
            self._listening.prompts_done(now)
            self._listening.prompt_over(now)

    # ---- silence

    def _voice_failed(self, event: ev.PlayoutFailed, now: Millis) -> None:
        """What cannot be said is no reason to say nothing: `on_error` takes over, whose prompts are fixed and kept."""
        self._out.note(now, "error", "voice", event.why)
        say = self._prompts.get(event.say)
        if say is None:
            return
        self._silences.note(Silence.FAILED_VOICE, now)
        if not say.filler:
            self._unvoiced.add(event.say)

    def _fell_silent(self, cause: Silence, now: Millis) -> None:
        if self._finished or self._leaving is not None:
            return
        match cause:
            case Silence.SLOW_RECOGNISER | Silence.SLOW_TOOL | Silence.SLOW_VOICE:
                self._silences.bridge(cause, now)
            case Silence.DEAD_STREAM | Silence.DEAF_EAR:
                self._silences.note(cause, now)
                if self._listening.floor is not Floor.THINKING:
                    self._listening.give_up_turn(now)
            case _:
                self._silences.note(cause, now)
                self._unstick(now)

    def _unstick(self, now: Millis) -> None:
        """The turn at hand is given up; where there is none, the question is asked again. If that does not help, or
        there is no question, the flow apologises."""
        if self._listening.floor not in (Floor.OPEN, Floor.BOT):
            self._listening.give_up_turn(now)
            return
        if self._prompts:
            self._out.put(fx.CutPlayout())
            self._prompts.clear()
        again, self._unstuck_at = self._unstuck_at == self._state.turns, self._state.turns
        if self._state.listening is not None and not again:
            self._listening.begin_anew()
            self._engine(flow.Resumed(now))
        else:
            self._apologise(now)

    def _cut_off(self, bound: Bound, now: Millis) -> None:
        """Without asking the flow, which may be what does not end; tools are not waited for any more."""
        self._tools.clear()
        if self._finished:
            return
        self._fall_silent()
        self._left = True
        entry = self._out.keep(now, "HangUpDecided", {"outcome": "limit"})
        self._out.put(fx.Leave("hang_up", None, None, entry))
        self._finished, self._finish = True, fx.Finish("limit", bound.value)

    # ---- tools, transfers, ends

    def _tool_replied(self, event: ev.ToolReplied, now: Millis) -> None:
        known = self._tools.pop(event.id, None)
        self._engine(flow.ToolAnswered(now, event.id, event.reply), Privacy.PII)
        if known is not None:
            tool, at, changes = known
            named = self._out.noted("tool", tool) or event.reply.error or event.reply.result or "late"
            self._out.put(fx.KeepTool(event.id, tool, at, event.ms, named, changes))

    def _hung_up(self, now: Millis) -> None:
        if self._left or self._finished:
            return
        self._fall_silent()
        self._engine(flow.CallerLeft(now))
        self._over("the caller hung up")

    def _stream_lost(self, now: Millis) -> None:
        """The carrier may open another stream: the call stays open, its state is in the journal."""
        if self._left or self._finished:
            return
        self._fall_silent()
        lost = flow.StreamLost(now)
        self._out.keep_event(lost, Privacy.OPEN)
        self._state, _ = engine.step(self._bundle, self._state, lost)
        self._finished = True

    def _rejoined(self, event: ev.Rejoined, now: Millis) -> None:
        if event.transfer is not None:
            self._transfer_ended(event.transfer, now)
        else:
            self._engine(flow.Resumed(now))

    def _transfer_ended(self, result: str, now: Millis) -> None:
        waiting = [i for i, a in self._state.awaiting.items() if a.kind == "transfer"]
        if waiting:
            assert result in ("answered", "no_answer", "busy", "failed", "caller_left")
            self._engine(flow.TransferEnded(now, waiting[-1], result))  # type: ignore[arg-type]

    def _apologise(self, now: Millis) -> None:
        """A mistake of ours ends the turn, not the call: the flow's `on_error` takes over."""
        if self._finished:
            return
        self._cut_for_good(now)
        if self._prompts:
            self._out.put(fx.CutPlayout())
        self._listening.begin_anew()
        self._out.keep(now, FAULTED, {})
        self._state, effects = engine.apologise(self._bundle, self._state, now)
        self._do(effects, now)

    def _fall_silent(self) -> None:
        for stopped in self._prompts.stopped.take():
            self._out.put(self._record.bot_spoke(stopped.say, stopped.ended, stopped.at_ms))
        self._prompts.clear()
        self._listening.drop()
        self._leaving = None

    def _depart(self, leave: fx.Leave, now: Millis) -> None:
        """Leave once what was said is heard, or was waited for long enough."""
        if not self._finished:
            self._leaving = leave
            self._listening.close()
            self._out.wake(_LEAVE, Millis(now + self._settings.goodbye_ms))

    def _maybe_leave(self) -> None:
        if self._leaving is None or self._prompts or self._left:
            return
        self._left = True
        self._out.put(self._leaving)
        if self._leaving.intent == "hang_up":
            self._over("the flow ended the call")
        else:
            self._finished = True

    def _over(self, reason: str) -> None:
        if not self._finished:
            self._finished = True
            self._finish = fx.Finish(self._state.outcome or "completed", reason)

    # ---- the engine

    def _engine(self, event: flow.Event, privacy: Privacy = Privacy.OPEN) -> None:
        """Written down first, then fed; what the engine asks for is done in its order."""
        now = event.at_ms
        self._out.keep_event(event, privacy)
        self._state, effects = engine.step(self._bundle, self._state, event)
        self._do(effects, now)

    def _do(self, effects: Iterable[flow.Effect], now: Millis) -> None:
        before = len(self._prompts)
        for effect in effects:
            self._perform(effect, now)
        if len(self._prompts) > before:
            self._listening.prompt_started(now)
            self._cut_for_good(now)
        self._listening.settle(now)
        self._pause_recording(self._listening.private)
        self._maybe_leave()

    def _perform(self, effect: flow.Effect, now: Millis) -> None:
        match effect:
            case flow.SayEffect():
                self._say(effect)
            case flow.StopSaying():
                if self._prompts:
                    self._out.put(fx.CutPlayout())
            case flow.Listen():
                if not self._finished:
                    self._listening.open(effect)
            case flow.StopListening():
                self._listening.close()
            case flow.WakeAt():
                self._out.wake(effect.id, effect.at_ms)
            case flow.CallToolEffect():
                self._run_tool(effect, now)
            case flow.Dial():
                entry = self._out.keep(now, "TransferDecided", {"target": effect.target})
                self._depart(fx.Leave("transfer", effect.target, effect.id, entry), now)
            case flow.HangUp():
                entry = self._out.keep(now, "HangUpDecided", {"outcome": effect.outcome})
                self._depart(fx.Leave("hang_up", None, None, entry), now)
            case flow.Note():
                self._out.note(now, effect.kind, effect.what, effect.detail, effect.place)
            case _:
                assert_never(effect)

    def _say(self, say: flow.SayEffect, ahead: bool = False) -> None:
        if not self._finished:
            self._prompts.add(say)
            self._record.asked_to_say(say, self._node())
            self._out.put(fx.StartPlayout(say.id, say.text, say.fixed, ahead))

    def _run_tool(self, asked: flow.CallToolEffect, now: Millis) -> None:
        self._tools[asked.id] = (asked.tool, now, asked.changes_world)
        entry = self._out.keep(now, "ToolSent", {"id": asked.id, "tool": asked.tool})
        self._out.put(fx.KeepToolSent(asked.id, asked.tool, now, asked.changes_world))
        self._out.put(fx.RunTool(asked.id, asked.tool, asked.flow, asked.arguments, asked.changes_world, entry))

    def _pause_recording(self, on: bool) -> None:
        if on is not self._recording_paused:
            self._recording_paused = on
            self._out.put(fx.PauseRecording(on))

    def _node(self) -> str:
        return self._state.standings[-1].node if self._state.standings else ""

    def _clock(self, now: Millis) -> datetime:
        """Call time in the project's zone."""
        return (self._state.started + timedelta(milliseconds=now)).astimezone(ZoneInfo(self._bundle.zone))
