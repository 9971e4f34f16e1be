"""One call in flight: one inbox, one loop. Media does not pass through the inbox.

The socket hands frames to `media`, everything else to `put`. The loop feeds events to the call's machine and performs
what it asks for. One thread and no waiting in between, so the machine is never entered twice.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence

import structlog

from ivr import metrics
from ivr.call import effects as fx
from ivr.call import events as ev
from ivr.call.line_quality import LineQuality
from ivr.call.line_report import Trouble
from ivr.call.machine import Call
from ivr.call.watch import Bound
from ivr.call.writing import is_for_writing
from ivr.live.clock import CallClock
from ivr.live.deeds import Deeds
from ivr.live.ear import Ear, Listener
from ivr.live.hands import Bring, Hands
from ivr.live.lookout import Lookout
from ivr.live.mouth import Mouth
from ivr.live.music import Music
from ivr.live.playout import Playout
from ivr.live.ports import Keeper, Line, Recording, Toolbox
from ivr.live.recorded import Recorded
from ivr.live.recordings import Recordings
from ivr.live.voiced import VoicedReplies
from ivr.live.voicemail import CallMessages
from ivr.models.ports import Responder, Similarity, Transcriber, TurnJudge, Understander
from ivr.models.prompt_cache import Piece
from ivr.store import Quality
from ivr.units import CallId, Millis, StreamSid
from ivr.wire import LineCounts, encode

log = structlog.get_logger("ivr.live")

MOST_FAULTS = 3
"""Mistakes of ours that a call survives on one stream."""
LATE_MS = 60
"""A frame this far behind the quickest ones is late."""


class Conductor:
    """Joins one call's machine to its line, until the stream is over and nothing is owed any more."""

    def __init__(
        self,
        call_id: CallId,
        call: Call,
        line: Line,
        stream_sid: StreamSid,
        clock: CallClock,
        *,
        ear: Ear,
        mouth: Mouth,
        transcriber: Transcriber,
        similarity: Similarity | None,
        judge: TurnJudge | None = None,
        responder: Responder | None = None,
        understander: Understander | None = None,
        toolbox: Toolbox,
        keeper: Keeper,
        recording: Recording | None,
        recorded_from: int,
        first: ev.Event,
        bring: Bring | None = None,
        drop: Callable[[str], None] | None = None,
        messages: CallMessages | None = None,
        music: Music,
        recordings: Recordings | None = None,
        loop_late_ms: Callable[[], float] = lambda: 0.0,
    ) -> None:
        """`first`: what begins the call on this stream, Answered or Rejoined. `recorded_from`: which sample of the
        recording this stream's first one is. `loop_late_ms`: how late this process's loop was at worst lately."""
        self._loop_late_ms = loop_late_ms
        self._first = first
        self._bring = bring
        self._drop_attendant = drop
        self._messages = messages
        self.call_id = call_id
        self.call = call
        self._hearing = call.hearing
        self._line = line
        self._stream_sid = stream_sid
        self._clock = clock
        self._ear = ear
        self._mouth = mouth
        self._transcriber = transcriber
        self._similarity = similarity
        self._judge = judge
        self._responder = responder
        self._understander = understander
        self._toolbox = toolbox
        self._music = music
        self._recordings = recordings
        self._keeper = keeper
        self._recording = recording
        self._recorded_from = recorded_from
        self._recorded = None if recording is None else Recorded(recording, recorded_from, call.hearing)
        self._fault: Exception | None = None
        self.closed = asyncio.Event()
        """Nothing more will be written down for this stream."""
        self._inbox: deque[ev.Event] = deque()
        self._arrived = asyncio.Event()
        self._listener: Listener = ear.open(self._scored)
        self._line_open = True
        self._done = False
        self._late_frames = 0
        self._quality = LineQuality()
        self._faults = 0
        self._lookout = Lookout(
            call_id,
            call,
            Millis(clock.now()),
            feed=self._feed_now,
            listen_anew=self._listen_anew,
            give_up=self._give_up,
        )
        self._given_up = False
        self._playout: Playout | None = None
        self._deeds: Deeds | None = None
        """None: `run` has not begun."""

    @property
    def underruns(self) -> int:
        return 0 if self._playout is None else self._playout.playback.underruns

    def media(self, mulaw: bytes) -> None:
        """A frame of the caller's; called by the socket for each."""
        if self._done:
            return
        hearing = self._hearing
        windows = self.call.feed_media(mulaw, self._now())
        if hearing.late_ms > LATE_MS:
            self._late_frames += 1
        if self._quality.frame(mulaw, hearing.late_ms):
            self._quality.second(hearing.epoch_ms, self._loop_late_ms())
        if self._messages is not None:
            self._messages.caller(mulaw)
        if self._recording is not None:
            self._recording.caller(self._recorded_from + hearing.position - len(mulaw), mulaw)
        if windows:
            for window in windows:
                self._quality.window(window.no, window.level)
            if self._recorded is not None and self._playout is not None:
                self._recorded.lay_down(self._playout.playback)
            self._ear.wait(self._listener, windows)

    def look(self) -> None:
        """Called by the watchdog some times a second."""
        if self._playout is None or self._deeds is None or self._done or self._fault is not None:
            return
        self._lookout.look(self._playout.playback, self._now())

    def _listen_anew(self) -> None:
        self._ear.close(self._listener)
        self._listener = self._ear.open(self._scored)

    def _give_up(self, bound: Bound) -> None:
        """It was told to end and did not: its row is closed, and nobody waits for what it still has under way."""
        deeds = self._deeds
        assert deeds is not None
        if not deeds.finished:
            self._keeper.finished(self.call_id, fx.Finish("limit", bound.value))
        self._line.close(1000)
        self._given_up = True
        self._arrived.set()
        deeds.hands.drop_all()

    def put(self, event: ev.Event) -> None:
        """Something happened; it is fed to the machine in order."""
        self._inbox.append(event)
        self._arrived.set()

    def mark_returned(self, name: str) -> None:
        if self._playout is not None:
            self._playout.mark_returned(name)

    def key(self, digit: str) -> None:
        self.put(ev.KeyPressed(digit))

    def why_not_written(self) -> str | None:
        """Why words in writing cannot answer now, for who sends them; None: they can."""
        call = self.call
        if self._done or self._given_up or self._deeds is None or call.over or call.leaving:
            return "The call is ending, or on its way to somebody."
        listen = call.state.listening
        if listen is not None and not is_for_writing(listen):
            return "What is asked now is kept nowhere: the caller has to say it, or type it on the phone."
        return None

    def write(self, words: str, request: str) -> None:
        """They answer what is asked, as if the caller had said them."""
        self.put(ev.Written(words, request))

    def hung_up(self) -> None:
        """The carrier says that the caller left."""
        self._line_open = False
        self.put(ev.CallerHungUp())

    def stream_lost(self) -> None:
        """The socket is gone: nothing can be sent any more."""
        if self._line_open:
            self._line_open = False
            self.put(ev.StreamLost())

    async def run(self) -> None:
        """From the first event to the end of the call on this stream."""
        self.put(self._first)
        try:
            async with asyncio.TaskGroup() as tasks:
                voiced = VoicedReplies()
                hands = Hands(
                    tasks,
                    self._clock,
                    self.call_id,
                    transcriber=self._transcriber,
                    similarity=self._similarity,
                    judge=self._judge,
                    responder=self._responder,
                    understander=self._understander,
                    toolbox=self._toolbox,
                    keeper=self._keeper,
                    voiced=voiced,
                    happened=self.put,
                    bring=self._bring,
                    messages=self._messages,
                )
                playout = self._playout = Playout(
                    tasks,
                    self._mouth,
                    self._clock,
                    send=self._send,
                    clear=self._clear,
                    happened=self.put,
                    quality=self._quality,
                    loop_late_ms=self._loop_late_ms,
                    recordings=self._recordings,
                    voiced=voiced,
                )
                self._deeds = Deeds(
                    tasks,
                    self.call_id,
                    self._line,
                    hands=hands,
                    playout=playout,
                    keeper=self._keeper,
                    recorded=self._recorded,
                    quality=self._quality,
                    music=self._music,
                    messages=self._messages,
                    drop=self._drop_attendant,
                )
                self.call.hear_played(playout.playback.between)
                while not (self.call.ended or self._given_up):
                    await self._arrived.wait()
                    self._arrived.clear()
                    if self._fault is not None:
                        raise self._fault
                    self._drain()
                playout.close()
                hands.drop_all()
        finally:
            self._done = True
            self._ear.close(self._listener)
            if self._recorded is not None:
                self._recorded.close(None if self._playout is None else self._playout.playback)

    def close(self, counts: LineCounts) -> None:
        """After `run`, however it ended."""
        metrics.UNDERRUNS.inc(self.underruns)
        metrics.GAPS.inc(counts.lost_ms / 1000)
        metrics.BAD_MESSAGES.inc(counts.bad)
        metrics.FRAMES_LATE.inc(self._late_frames)
        line = self._quality.report(
            began_ms=self.call.hearing.epoch_ms,
            lost=counts.holes,
            lost_ms=counts.lost_ms,
            encoding=counts.encoding,
            echo=self.call.echo,
        )
        metrics.LINE_VERDICTS.labels(line.verdict.value).inc()
        quality = Quality(
            gaps_ms=counts.lost_ms,
            late_frames=self._late_frames,
            underruns=self.underruns,
            bad_messages=counts.bad,
            unknown_messages=counts.unknown,
            line=line,
        )
        self._keeper.end(self.call_id, quality)
        self.closed.set()

    def _drain(self) -> None:
        while self._inbox:
            self._feed(self._inbox.popleft())

    def _feed(self, event: ev.Event) -> None:
        try:
            effects: Sequence[fx.Effect] = self.call.feed(event, self._now())
        except Exception as fault:
            effects = self._stumbled(fault, type(event))
        if effects:
            self._perform(effects)

    def _perform(self, effects: Sequence[fx.Effect]) -> None:
        assert self._deeds is not None
        self._deeds.do(effects)
        standings = self.call.state.standings
        if standings and standings[-1].agency is not None:
            self._deeds.hands.attend()

    def _stumbled(self, fault: Exception, over: type[ev.Event]) -> Sequence[fx.Effect]:
        """A mistake of ours ends the turn and not the call: it is logged, and the flow's `on_error` takes over. After
        some of them the stream is given up, and the carrier asks how the call goes on."""
        self._faults += 1
        self._quality.failed(Trouble.FAULT, self._now())
        log.error("a turn failed", call=self.call_id, kind=over.__name__, count=self._faults, exc_info=fault)
        if self._faults > MOST_FAULTS:
            raise fault
        return self.call.feed(ev.Faulted(), self._now())

    def _scored(self, window_no: int, score: float) -> None:
        """Called by the ear, in stream order. Until `run` has begun there is nobody to perform anything."""
        self._quality.scored(window_no, score)
        if self._deeds is None or self._fault is not None:
            return
        try:
            effects = self.call.feed_score(window_no, score, self._now())
        except Exception as fault:
            stumbled_over = fault
            self._guard(lambda: self._perform(self._stumbled(stumbled_over, ev.SpeechScores)))
            return
        if effects:
            self._guard(lambda: self._perform(effects))

    def _feed_now(self, event: ev.Event) -> None:
        self._guard(lambda: self._feed(event))

    def _guard(self, do: Callable[[], None]) -> None:
        """Who called serves all calls: when this one falls it falls alone, by its own loop."""
        try:
            do()
        except Exception as fault:
            self._fault = fault
            self._arrived.set()
        if self._inbox or self.call.ended:
            self._arrived.set()

    def _send(self, piece: Piece, mark: str) -> None:
        if self._line_open:
            self._line.send(encode.media_ready(self._stream_sid, piece.tail))
            self._line.send(encode.mark(self._stream_sid, mark))

    def _clear(self) -> None:
        if self._line_open:
            self._line.send(encode.clear(self._stream_sid))

    def _now(self) -> Millis:
        return Millis(self._clock.now())
