"""One call's mind: the caller's side, our side and the flow's joined. Events and the time go in, effects out.

    scores, words, keys ─▶ Listening ─┐                           ┌─▶ Saying, Listening
    playouts ────────────▶ Saying ────┼─▶ FlowSide ─▶ its effects ┼─▶ ToolsAtWork ─▶ KeepTool
    tools, transfers, timers ─────────┘                           └─▶ CallEnd ─▶ Leave, Finish
    silences ────────────▶ Unsticking, of all of these

All of them put their effects into one Outbox, which each event empties.
The floor (turns.py) decides whether somebody speaks; the engine decides what is said. Neither reads a clock: timers
are WakeAt effects that come back as Woke.
"""

from collections.abc import Mapping, Sequence
from typing import Literal, assert_never

from ivr.audio.echo import Echo
from ivr.audio.windows import Window
from ivr.call import effects as fx
from ivr.call import events as ev
from ivr.call.call_end import LEAVE, CallEnd
from ivr.call.echoes import Played
from ivr.call.far_end import FarEnd
from ivr.call.flow_deeds import FlowDeeds
from ivr.call.flow_side import FlowSide
from ivr.call.hearing import Hearing
from ivr.call.listening import Listening
from ivr.call.messages import FULL, MessageTaking
from ivr.call.outbox import Outbox
from ivr.call.prompts import Prompts
from ivr.call.record import Record
from ivr.call.replies import Replies, Reply
from ivr.call.saying import Saying
from ivr.call.settings import CallSettings
from ivr.call.silence import Silences
from ivr.call.tools_at_work import ToolsAtWork
from ivr.call.unsticking import Unsticking
from ivr.call.watch import Bound, Limits, Silence
from ivr.flow import state as flow
from ivr.flow.flow import Bundle
from ivr.flow.types import Privacy
from ivr.flow.understand.answerers import Answerer
from ivr.turn.floor import Floor
from ivr.units import Millis

WRITTEN = "Written"
"""The entry of a message of the caller's in writing, by its name; what it says stands in the answer that follows."""
ANSWERED = "MessageAnswered"
"""The entry behind all that a message in writing made."""


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
        salt: bytes = b"",
    ) -> None:
        """`last_seq` and `last_turn`: the numbers given so far, where the call goes on from an earlier stream. `salt`:
        the call's own secret, for what the journal keeps of the flow's effects."""
        settings = settings or CallSettings()
        out = self._out = Outbox(Record(last_seq, last_turn))
        self._prompts = Prompts()
        self._flow = FlowSide(bundle, state, out, salt)
        self._tools = ToolsAtWork(out)
        self._end = CallEnd(self._prompts, self._tools, out, goodbye_ms=settings.goodbye_ms, outcome=self._flow.outcome)
        self._saying = Saying(
            self._prompts,
            out,
            self._end,
            node=self._flow.node,
            done=self._engine,
            prompts_done=lambda now: self._listening.prompts_done(now),
            prompt_over=lambda now: self._listening.prompt_over(now),
        )
        self._silences = Silences(out, state.call, lambda: self._flow.state.language, bundle.words_in, self._saying.say)
        self._listening = Listening(
            settings,
            self._prompts,
            out,
            node=self._flow.node,
            clock=self._flow.clock,
            asked=self._flow.asked,
            may_spend=self._flow.may_spend,
            in_writing=lambda: self._flow.state.written,
            answered=self._engine,
            silences=self._silences,
            saying=self._saying,
        )
        self._replies = Replies(
            self._prompts,
            out,
            floor=lambda: self._listening.floor,
            is_asked=self._flow.asks_model,
            come=self._model_came,
        )
        self._unsticking = Unsticking(
            self._silences,
            self._listening,
            self._saying,
            self._flow,
            resume=self._engine,
            apologise=self._apologise,
        )
        self._message = MessageTaking(self._prompts, self._listening.hearing, out, taken=self._message_taken)
        self._far_end = FarEnd(
            self._listening.hearing,
            self._prompts,
            out,
            language=state.language,
            found=self._far_end_found,
            say=self._saying.say,
        )
        self._deeds = FlowDeeds(
            bundle.project,
            out,
            self._prompts,
            listening=self._listening,
            saying=self._saying,
            end=self._end,
            tools=self._tools,
            replies=self._replies,
            message=self._message,
            far_end=self._far_end,
            engine=self._engine,
        )
        self._split_calls: Mapping[str, int] = {}

    # ---- what others may know

    @property
    def ended(self) -> bool:
        """Nothing more will come of this call on this stream."""
        return self._end.all_done

    @property
    def state(self) -> flow.CallState:
        return self._flow.state

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
        return self._flow.limits

    @property
    def over(self) -> bool:
        """There is no caller to speak to any more."""
        return self._end.finished

    @property
    def leaving(self) -> bool:
        """Only the end of what is being said is waited for."""
        return self._end.leaving

    @property
    def waits_for_writing(self) -> bool:
        """All was said that there was to say, and an answer is waited for."""
        busy = self._prompts or self._tools or self.state.doing not in (flow.Doing.ASKING, flow.Doing.CONFIRMING)
        return self._listening.waits and not busy

    @property
    def prompting(self) -> bool:
        """Something is being said."""
        return bool(self._prompts)

    @property
    def taking_message(self) -> bool:
        """The caller speaks to nobody, or will after the tone."""
        return self._message.under_way

    @property
    def heeds_far_end(self) -> bool:
        """It is being found out who has answered a call of ours, or the tone of a machine is waited for."""
        return self._far_end.finding or self._far_end.awaits_tone

    def held_ms(self, now: Millis) -> int:
        """How long the caller has held for attendants."""
        return self._flow.held_ms(now)

    @property
    def listening(self) -> Listening:
        return self._listening

    # ---- the doors

    def feed_media(self, mulaw: bytes, now: Millis) -> list[Window]:
        """The caller's sound; answers with the windows that are full and wait for their score."""
        if self._far_end.listens:
            self._far_end.media(mulaw)
        return self._listening.hearing.feed_media(mulaw, now)

    def feed_score(self, window_no: int, score: float, now: Millis) -> Sequence[fx.Effect]:
        """What `feed` of SpeechScores is, for the frame's path."""
        news = self._listening.scored(window_no, score, now)
        if self._message.under_way:
            news = self._message.scored(now) or news
        if self._far_end.listens:
            news = self._far_end.scored(now) or news
        return self._done(now) if news else ()

    def feed(self, event: ev.Event, now: Millis) -> list[fx.Effect]:
        self._take(event, now)
        return self._done(now)

    def _done(self, now: Millis) -> list[fx.Effect]:
        self._replies.let_come(now)
        self._end.tell(now)
        return self._out.take()

    def _take(self, event: ev.Event, now: Millis) -> None:
        match event:
            case ev.SpeechScores():
                self._listening.scored(event.window_no, event.score, now)
                if self._far_end.listens:
                    self._far_end.scored(now)
            case ev.KeyPressed():
                if not self._message.key(event.digit, now):
                    self._listening.key(event.digit, now)
            case ev.PlayoutBegan():
                self._saying.began(event.say, now)
            case ev.PlayoutEnded():
                self._playout_ended(event, now)
            case ev.PlayoutFailed():
                self._voice_failed(event, now)
            case ev.Transcribed():
                if not self._far_end.transcribed(event, now):
                    self._listening.transcribed(event, now)
            case ev.TranscribeFailed():
                if not self._far_end.transcribed(event, now):
                    self._listening.transcribe_failed(event, now)
            case ev.Ranked():
                self._listening.ranked(event, now)
            case ev.Understood():
                self._listening.understood(event, now)
            case ev.TurnJudged():
                self._listening.judged(event, now)
            case ev.ModelSaid() | ev.ModelReplied() | ev.ModelFailed():
                self._replies.take(event, now)
            case ev.ModelTrouble():
                self._out.note(now, "model", event.role, event.detail)
            case ev.ToolReplied():
                self._tool_replied(event, now)
            case ev.Woke():
                self._woke(event.id, now)
            case ev.Answered():
                self._answered(event, now)
            case ev.Rejoined():
                self._rejoined(event, now)
            case ev.Reopened():
                self._reopened(now)
            case ev.Written():
                self._out.keep(now, WRITTEN, {"request": event.request})
                self._listening.write(event.words, now, opening=event.opening)
            case ev.MessageAnswered():
                self._out.keep(now, ANSWERED, {})
            case ev.CallbackKept():
                result: Literal["booked", "failed"] = "booked" if event.kept else "failed"
                self._engine(flow.CallbackBooked(now, event.id, result))
            case ev.CallerHungUp():
                self._hung_up(event.why, now)
            case ev.StreamLost():
                self._stream_lost(now)
            case ev.TransferEnded():
                self._transfer_ended(event.result, now, event.id)
            case ev.AttendantAnswered():
                self._engine(flow.AttendantAnswered(now, event.id))
            case ev.AttendantAccepted():
                self._engine(flow.AttendantAccepted(now, event.id))
            case ev.PlaceMoved():
                self._engine(flow.PlaceMoved(now, event.id, event.position))
            case ev.FellSilent():
                self._fell_silent(event.cause, now)
            case ev.CutOff():
                self._cut_off(event.bound, now)
            case ev.Faulted():
                self._apologise(now)
            case _:
                assert_never(event)

    def _model_came(self, reply: Reply, now: Millis) -> None:
        match reply:
            case ev.ModelSaid():
                said = flow.ModelSaid(now, reply.id, reply.piece, reply.words, reply.voiced)
                self._engine(said, Privacy.PII)
            case ev.ModelReplied():
                replied = flow.ModelReplied(now, reply.id, reply.words, reply.requests, reply.cost, reply.voiced)
                self._engine(replied, Privacy.PII)
            case ev.ModelFailed():
                self._engine(flow.ModelFailed(now, reply.id, reply.why))

    def _playout_ended(self, event: ev.PlayoutEnded, now: Millis) -> None:
        if self._message.tone_over(event.say, now):
            self._listening.elsewhere = True
            return
        if not self._saying.ended(event, now):
            return
        if any(mark.end == "expired" for mark in event.marks):
            self._silences.note(Silence.LOST_MARKS, now)
        self._message.maybe_begin()
        self._end.maybe_leave()
        if self._saying.take_unvoiced(event.say) and not self._end.leaving:
            self._apologise(now)

    def _answered(self, event: ev.Answered, now: Millis) -> None:
        """Of a call that we made the flow begins once it is known who has answered."""
        self._split_calls = event.split_calls
        if event.detect is None:
            started = flow.CallStarted(now, event.split_calls, written=event.written, language=event.language)
            self._engine(started)
        else:
            self._listening.elsewhere = True
            self._far_end.begin(event.detect, now)

    def _far_end_found(self, who: Answerer, now: Millis) -> None:
        self._listening.elsewhere = who == "machine"
        self._out.note(now, "answered_by", who)
        self._engine(flow.CallStarted(now, self._split_calls, who))

    def _woke(self, wake_id: str, now: Millis) -> None:
        if self._listening.woke(wake_id, now) or self._far_end.woke(wake_id, now):
            return
        if wake_id == LEAVE:
            self._end.waited_enough()
        elif wake_id == FULL:
            self._message.full(now)
        elif not self._replies.put_off(wake_id, now):
            self._engine(flow.Woke(now, wake_id))

    # ---- silence

    def _voice_failed(self, event: ev.PlayoutFailed, now: Millis) -> None:
        """What cannot be said is no reason to say nothing: `on_error` takes over, whose prompts are fixed and kept."""
        self._out.note(now, "error", "voice", event.why)
        if self._saying.failed(event.say):
            self._silences.note(Silence.FAILED_VOICE, now)

    def _fell_silent(self, cause: Silence, now: Millis) -> None:
        if not (self._end.finished or self._end.leaving):
            self._unsticking.fell_silent(cause, now)

    def _cut_off(self, bound: Bound, now: Millis) -> None:
        """Without asking the flow, which may be what does not end; tools are not waited for any more."""
        self._tools.drop()
        if not self._end.finished:
            self._fall_silent(now)
            self._end.cut_off(bound.value, now)

    # ---- tools, transfers, ends

    def _tool_replied(self, event: ev.ToolReplied, now: Millis) -> None:
        sent = self._tools.take(event.id)
        self._engine(flow.ToolAnswered(now, event.id, event.reply), Privacy.PII)
        if sent is not None:
            self._tools.keep(sent, event)

    def _hung_up(self, why: str, now: Millis) -> None:
        if self._end.gone:
            return
        self._fall_silent(now)
        self._engine(flow.CallerLeft(now))
        self._end.over(why)

    def _stream_lost(self, now: Millis) -> None:
        """The carrier may open another stream: the call stays open, its state is in the journal."""
        if self._end.gone:
            return
        self._fall_silent(now)
        self._flow.feed(flow.StreamLost(now))
        self._end.finished = True

    def _rejoined(self, event: ev.Rejoined, now: Millis) -> None:
        if event.transfer is not None:
            self._transfer_ended(event.transfer, now)
        else:
            self._engine(flow.Resumed(now))

    def _reopened(self, now: Millis) -> None:
        """The question is open as it was, and nobody asks it again; what was under way is taken up."""
        state = self._flow.state
        if state.listening is None or state.awaiting or state.prompts:
            self._engine(flow.Resumed(now))
            return
        self._listening.open(state.listening)
        self._listening.settle(now)

    def _message_taken(self, taken: flow.MessageTaken, now: Millis) -> None:
        self._listening.elsewhere = False
        self._engine(taken)

    def _transfer_ended(self, result: str, now: Millis, attendant: str = "") -> None:
        waiting = attendant or self._flow.transfer
        if waiting is not None:
            assert result in ("answered", "no_answer", "busy", "failed", "caller_left")
            self._engine(flow.TransferEnded(now, waiting, result))  # type: ignore[arg-type]

    def _apologise(self, now: Millis) -> None:
        """A mistake of ours ends the turn, not the call: the flow's `on_error` takes over."""
        if self._end.finished:
            return
        self._saying.cut_for_good(now)
        self._saying.cut()
        self._listening.begin_anew()
        self._deeds.do(self._flow.apologise(now), now)

    def _fall_silent(self, now: Millis) -> None:
        taken = self._message.cut_off(now)
        if taken is not None:
            self._deeds.do(self._flow.feed(taken), now)
        self._far_end.drop()
        self._replies.drop()
        self._saying.drop()
        self._listening.drop()
        self._end.stay()

    # ---- the engine

    def _engine(self, event: flow.Event, privacy: Privacy = Privacy.OPEN) -> None:
        """What the engine asks for is done in its order."""
        self._deeds.do(self._flow.feed(event, privacy), event.at_ms)
