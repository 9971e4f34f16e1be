"""Effect to the task that performs it. Performing one never waits; what takes time comes back as an event."""

import asyncio
from collections.abc import Callable

import structlog

from ivr.call import effects as fx
from ivr.call import events as ev
from ivr.errors import StoreError
from ivr.flow.state import RawReply
from ivr.live import answering
from ivr.live.clock import CallClock, Timer
from ivr.live.ports import Keeper, Toolbox
from ivr.models.ports import Similarity, Transcriber
from ivr.units import CallId, Millis

log = structlog.get_logger("ivr.live")


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
        toolbox: Toolbox,
        keeper: Keeper,
        happened: Callable[[ev.Event], None],
    ) -> None:
        self._tasks = tasks
        self._clock = clock
        self._call_id = call_id
        self._transcriber = transcriber
        self._similarity = similarity
        self._toolbox = toolbox
        self._keeper = keeper
        self._happened = happened
        self._timers: dict[str, Timer] = {}
        self._answering: asyncio.Task[None] | None = None

    def transcribe(self, asked: fx.Transcribe) -> None:
        self.drop_transcribe()
        self._answering = self._tasks.create_task(self._transcribe(asked))

    def rank(self, asked: fx.Rank) -> None:
        self._answering = self._tasks.create_task(self._rank(asked))

    def drop_transcribe(self) -> None:
        if self._answering is not None:
            self._answering.cancel()
            self._answering = None

    def wake_at(self, wake: fx.WakeAt) -> None:
        timer = self._timers.pop(wake.id, None)
        if timer is not None:
            timer.cancel()
        if wake.at_ms is not None:
            self._timers[wake.id] = self._clock.call_at(wake.at_ms, lambda: self._woke(wake.id))

    def run_tool(self, asked: fx.RunTool) -> None:
        self._tasks.create_task(self._tool(asked))

    def drop_all(self) -> None:
        """The call is over: no timer fires any more."""
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()
        self.drop_transcribe()

    def _woke(self, wake_id: str) -> None:
        self._timers.pop(wake_id, None)
        self._happened(ev.Woke(wake_id))

    async def _transcribe(self, asked: fx.Transcribe) -> None:
        self._happened(await answering.transcribe(asked, self._transcriber))

    async def _rank(self, asked: fx.Rank) -> None:
        self._happened(await answering.rank(asked, self._similarity))

    async def _tool(self, asked: fx.RunTool) -> None:
        began = self._clock.now()
        try:
            if asked.changes_world:
                await self._keeper.durable(self._call_id, asked.entry)
            reply = await self._toolbox.run(asked.id, asked.flow, asked.tool, asked.arguments)
        except StoreError:  # what cannot be written down must not change the world
            log.error("tool not sent: its journal entry is not durable", call=self._call_id, tool=asked.tool)
            reply = RawReply(error="refused", sent=False)
        self._happened(ev.ToolReplied(asked.id, reply, Millis(self._clock.now() - began)))
