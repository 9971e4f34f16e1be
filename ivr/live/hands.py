"""Effect to the task that performs it. Performing one never waits; what takes time comes back as an event."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from ivr.call import effects as fx
from ivr.call import events as ev
from ivr.errors import StoreError
from ivr.flow.state import BookCallback, BringAttendant, RawReply
from ivr.live import answering, replying
from ivr.live.clock import CallClock, Timer
from ivr.live.ports import Keeper, Toolbox
from ivr.live.voiced import VoicedReplies
from ivr.live.voicemail import CallMessages
from ivr.models.ports import Attends, Responder, Similarity, Transcriber, TurnJudge, Understander
from ivr.units import CallId, Millis

log = structlog.get_logger("ivr.live")

Bring = Callable[[BringAttendant, Callable[[ev.Event], None]], Awaitable[None]]
"""Gets an attendant on the line, and tells what comes of it, until somebody has taken the call or nobody will."""


class Hands:
    """One call's tasks and timers."""

    def __init__(
        self,
        tasks: asyncio.TaskGroup,
        clock: CallClock,
        call_id: CallId,
        *,
        transcriber: Transcriber,
        similarity: Similarity | None,
        judge: TurnJudge | None = None,
        responder: Responder | None = None,
        understander: Understander | None = None,
        toolbox: Toolbox,
        keeper: Keeper,
        voiced: VoicedReplies,
        happened: Callable[[ev.Event], None],
        bring: Bring | None = None,
        messages: CallMessages | None = None,
    ) -> None:
        """`bring`: gets an attendant on the line; None: there is nobody to call. `messages`: those the caller leaves;
        None: they are not kept. `voiced`: where the sound of the model's words is laid for the playout."""
        self._tasks = tasks
        self._clock = clock
        self._call_id = call_id
        self._transcriber = transcriber
        self._similarity = similarity
        self._judge = judge
        self._responder = responder
        self._understander = understander
        self._models: dict[str, asyncio.Task[None]] = {}
        self._attending: asyncio.Task[None] | None = None
        self._over = False
        self._toolbox = toolbox
        self._keeper = keeper
        self._voiced = voiced
        self._happened = happened
        self._bring = bring
        self._messages = messages
        self._attendants: set[asyncio.Task[None]] = set()
        self._timers: dict[str, Timer] = {}
        self._answering: asyncio.Task[None] | None = None
        self._judging: asyncio.Task[None] | None = None
        self._tools: set[asyncio.Task[None]] = set()

    def transcribe(self, asked: fx.Transcribe) -> None:
        self.drop_transcribe()
        self._answering = self._tasks.create_task(self._transcribe(asked))

    def rank(self, asked: fx.Rank) -> None:
        self._answering = self._tasks.create_task(self._rank(asked))

    def understand(self, asked: fx.Understand) -> None:
        self._answering = self._tasks.create_task(self._understand(asked))

    def judge(self, asked: fx.JudgeTurn) -> None:
        self._judging = self._tasks.create_task(self._judged(asked))

    def drop_transcribe(self) -> None:
        for task in (self._answering, self._judging):
            if task is not None:
                task.cancel()
        self._answering = self._judging = None

    def wake_at(self, wake: fx.WakeAt) -> None:
        timer = self._timers.pop(wake.id, None)
        if timer is not None:
            timer.cancel()
        if wake.at_ms is not None:
            self._timers[wake.id] = self._clock.call_at(wake.at_ms, lambda: self._woke(wake.id))

    def run_tool(self, asked: fx.RunTool) -> None:
        running = self._tasks.create_task(self._tool(asked))
        self._tools.add(running)
        running.add_done_callback(self._tools.discard)

    def send(self, asked: fx.SendOut) -> None:
        """Not dropped with the call: it is done before its stream is let go."""
        self._tasks.create_task(self._send(asked))

    def attend(self) -> None:
        """A model has the talk, or soon will: what it keeps for a call is made ready, once."""
        if self._attending is None and not self._over and isinstance(self._responder, Attends):
            self._attending = self._tasks.create_task(self._attend(self._responder))

    def ask_model(self, asked: fx.AskModel) -> None:
        self.attend()
        self._models[asked.asked.id] = self._tasks.create_task(self._respond(asked))

    def drop_model(self, asked: str) -> None:
        task = self._models.pop(asked, None)
        if task is not None:
            task.cancel()

    def drop_all(self) -> None:
        """The call is over: no timer fires any more, and a tool that is still at work is not waited for."""
        self._over = True
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()
        self.drop_transcribe()
        for asked in tuple(self._models):
            self.drop_model(asked)
        if self._attending is not None:
            self._attending.cancel()
        for running in self._tools:
            running.cancel()
        for watching in self._attendants:
            watching.cancel()

    def bring(self, asked: fx.BringAttendant) -> None:
        watching = self._tasks.create_task(self._brought(asked))
        self._attendants.add(watching)
        watching.add_done_callback(self._attendants.discard)

    async def _brought(self, asked: fx.BringAttendant) -> None:
        try:
            await self._keeper.durable(self._call_id, asked.entry)
            if self._bring is not None:
                await self._bring(asked.asked, self._happened)
                return
        except StoreError:
            log.error("nobody was called: the journal entry is not durable", call=self._call_id)
        except Exception as fault:
            self._broken("attendant", fault)
        self._happened(ev.TransferEnded("failed", asked.asked.id))

    def _woke(self, wake_id: str) -> None:
        self._timers.pop(wake_id, None)
        self._happened(ev.Woke(wake_id))

    async def _transcribe(self, asked: fx.Transcribe) -> None:
        try:
            answer: ev.Event = await answering.transcribe(asked, self._transcriber, self._happened)
        except Exception as fault:  # a recogniser that breaks has failed: it takes no call with it
            answer = ev.TranscribeFailed(asked.turn, asked.attempt, self._broken("recogniser", fault))
        self._happened(answer)

    async def _rank(self, asked: fx.Rank) -> None:
        try:
            answer: ev.Event = await answering.rank(asked, self._similarity)
        except Exception as fault:
            self._broken("similarity", fault)
            answer = ev.Ranked(asked.turn, asked.attempt, ())
        self._happened(answer)

    async def _understand(self, asked: fx.Understand) -> None:
        try:
            answer = await answering.understand(asked, self._understander, told=self._happened)
        except Exception as fault:
            self._broken("understander", fault)
            answer = ev.Understood(asked.turn, asked.attempt, None)
        self._happened(answer)

    async def _judged(self, asked: fx.JudgeTurn) -> None:
        try:
            answer: ev.Event = await answering.judge(asked, self._judge)
        except Exception as fault:
            self._broken("judge", fault)
            answer = ev.TurnJudged(asked.turn, asked.attempt, None)
        self._happened(answer)

    async def _respond(self, asked: fx.AskModel) -> None:
        try:
            await replying.respond(asked, self._responder, self._voiced, self._happened)
        except Exception as fault:
            self._broken("model", fault)
            self._happened(ev.ModelFailed(asked.asked.id, "unavailable"))
        self._models.pop(asked.asked.id, None)

    async def _attend(self, responder: Attends) -> None:
        try:
            await responder.attend(self._call_id)
        except Exception as fault:
            self._broken("model", fault)

    async def _tool(self, asked: fx.RunTool) -> None:
        began = self._clock.now()
        try:
            if asked.changes_world:
                await self._keeper.durable(self._call_id, asked.entry)
            reply = await self._toolbox.run(asked.id, asked.flow, asked.tool, asked.arguments)
        except StoreError:  # what cannot be written down must not change the world
            log.error("tool not sent: its journal entry is not durable", call=self._call_id, tool=asked.tool)
            reply = RawReply(error="refused", sent=False)
        except Exception as fault:
            self._broken("tool", fault)
            reply = RawReply(error="raised")
        self._happened(ev.ToolReplied(asked.id, reply, Millis(self._clock.now() - began)))

    async def _send(self, asked: fx.SendOut) -> None:
        kept = True
        try:
            await self._keeper.durable(self._call_id, asked.entry)
            if isinstance(asked.deed, BookCallback):
                await self._keeper.book(self._call_id, asked.deed)
            elif asked.deed.words_of and self._messages is not None:
                self._messages.send(asked.deed, self._keeper.sending(self._call_id))
            else:
                self._keeper.send(self._call_id, asked.deed)
        except StoreError as fault:
            kept = False
            log.error("a message could not be kept", call=self._call_id, why=str(fault))
        if isinstance(asked.deed, BookCallback):
            self._happened(ev.CallbackKept(asked.deed.id, kept))

    def _broken(self, what: str, fault: Exception) -> str:
        """Answers with its kind: what it says may hold what the caller said."""
        log.error("a part of ours broke", call=self._call_id, what=what, error=type(fault).__name__)
        return type(fault).__name__
