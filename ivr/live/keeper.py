"""Writing a call down as it runs: the journal at once, the rows for review behind it in order.

Rows go through one bounded queue to one task. A full queue drops nothing of the journal, from which the rows can be
made again; it drops the row and counts it.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

import structlog

from ivr import metrics
from ivr.call import effects as fx
from ivr.call.codec import Deed
from ivr.errors import StoreError, StoreUnavailable
from ivr.flow.flow import Bundle
from ivr.flow.types import Privacy
from ivr.live.clock import Clock
from ivr.live.outgoing import new_send
from ivr.store import (
    CallKey,
    Calls,
    Database,
    HangUpIntent,
    Holders,
    JoinIntent,
    Journal,
    KeptMark,
    KeptNote,
    Quality,
    ToolCall,
    ToolState,
    TransferIntent,
    Turn,
    Work,
    finishing,
    keeping_notes,
    keeping_quality,
    keeping_send,
    keeping_tool,
    keeping_turn,
)
from ivr.units import CallId

log = structlog.get_logger("ivr.live")

MOST_WAITING = 20_000
DURABLE_S = 5.0
AT_ONCE = 32
"""Rows in one transaction: a webhook that comes just behind it waits some milliseconds."""
GATHER_S = 0.05
"""So long a row waits for company, since each transaction costs a commit."""
AGAIN_S = 0.5


@dataclass(slots=True)
class _Open:
    key: CallKey
    stream: int
    """The number of the taking (see store.holders)."""
    bundle: Bundle
    recording: str | None
    notes: int
    """How many were numbered so far."""
    dialled: str
    """The number that was called, which text messages come from."""


@dataclass(frozen=True, slots=True)
class _Release:
    """The call is anybody's once its journal has all of this stream: who goes on with it reads that."""

    call_id: CallId
    stream: int


@dataclass(frozen=True, slots=True)
class _Afterwards:
    """Done once the rows before it are written, whatever became of them."""

    do: Callable[[], None]


class StoreKeeper:
    """One for the process; `begin` and `end` frame each call."""

    def __init__(self, database: Database, calls: Calls, holders: Holders, journal: Journal, clock: Clock) -> None:
        self._database = database
        self._calls = calls
        self._holders = holders
        self._journal = journal
        self._clock = clock
        self._open: dict[CallId, _Open] = {}
        self._finishes: dict[CallId, fx.Finish] = {}
        self.sends_waiting = asyncio.Event()
        """Set when there is something to send."""
        self.call_ended = asyncio.Event()
        """Set when the row of a call was closed."""
        self._rows: asyncio.Queue[Work[object] | _Release | _Afterwards] = asyncio.Queue(MOST_WAITING)

    def begin(
        self,
        call_id: CallId,
        key: CallKey,
        bundle: Bundle,
        recording: str | None,
        *,
        stream: int,
        notes: int = 0,
        dialled: str = "",
    ) -> None:
        """`stream`: the number of the taking. `notes`: how many an earlier stream of the call has left."""
        self._open[call_id] = _Open(key, stream, bundle, recording, notes, dialled)
        self._journal.begin(call_id, key, stream)

    def end(self, call_id: CallId, quality: Quality | None) -> None:
        """The stream is over; the call too, if it said so. What still waits in the queue goes out all the same.
        `quality` None: there was no line."""
        finish = self._finishes.pop(call_id, None)
        opened = self._open[call_id]
        if quality is not None:
            self._put(keeping_quality(call_id, quality))
        if finish is not None:
            metrics.CALLS.labels(opened.bundle.project, finish.outcome).inc()
            self._put(self._finish(call_id, opened, finish))
            self._put(_Afterwards(self.call_ended.set))
        else:
            self._put(_Release(call_id, opened.stream))
        self._put(_Afterwards(lambda: self._forget(call_id, opened)))

    def entry(self, call_id: CallId, entry: fx.KeepEntry) -> None:
        wall_us = int(self._clock.wall().timestamp() * 1_000_000)
        # A pci or secret event comes without its value: what is left of it may be read by all.
        privacy = Privacy.PII if entry.privacy is Privacy.PII else Privacy.OPEN
        self._journal.append(call_id, entry.seq, entry.at_ms, wall_us, entry.kind, dict(entry.body), privacy)

    async def durable(self, call_id: CallId, seq: int) -> None:
        await self._journal.durable(call_id, seq)

    def turn(self, call_id: CallId, turn: fx.KeepTurn) -> None:
        private = turn.privacy is Privacy.PII and turn.words
        row = Turn(
            no=turn.no,
            who=turn.who,
            at_ms=turn.at_ms,
            end_ms=turn.end_ms,
            generated=turn.shown if turn.who == "bot" else "",
            sent=turn.sent,
            acknowledged=turn.acknowledged,
            acknowledged_ms=turn.acknowledged_ms if turn.who == "bot" else None,
            heard=turn.heard,
            words=turn.shown if turn.who == "caller" else "",
            interrupted=turn.cut,
            node=turn.node,
            score=turn.score,
            latencies=dict(turn.latency_ms),
            privacy=turn.privacy,
            written=turn.written,
            unmasked={"words": turn.words} if private else {},
        )
        key = self._open[call_id].key
        marks = [KeptMark(m.name, turn.no, m.sent_ms, m.ended_ms, m.end) for m in turn.marks]
        self._put(keeping_turn(call_id, row, key, marks))
        for stage, ms in turn.latency_ms.items():
            metrics.TURN_LATENCY.labels(stage).observe(ms / 1000)

    def tool_sent(self, call_id: CallId, sent: fx.KeepToolSent) -> None:
        row = ToolCall(sent.id, sent.tool, sent.at_ms, sent.changes_world)
        self._put(keeping_tool(call_id, row))

    def tool(self, call_id: CallId, tool: fx.KeepTool) -> None:
        row = ToolCall(tool.id, tool.tool, tool.at_ms, tool.changes_world, ToolState.DONE, tool.ms, tool.result)
        self._put(keeping_tool(call_id, row))

    def note(self, call_id: CallId, note: fx.KeepNote) -> None:
        opened = self._open[call_id]
        opened.notes += 1
        if note.kind == "error":
            metrics.MODEL_ERRORS.labels(note.what).inc()
        elif note.kind == "silence":
            metrics.SILENCES.labels(note.what).inc()
        row = KeptNote(opened.notes, note.at_ms, note.kind, note.what, note.detail, note.place)
        self._put(keeping_notes(call_id, [row]))

    def send(self, call_id: CallId, deed: Deed) -> None:
        """Behind the rows before it and before the call's end: a call that is closed in the store has all of its."""
        self._put(self._keeping(call_id, deed))
        self._put(_Afterwards(self.sends_waiting.set))

    def sending(self, call_id: CallId) -> Callable[[Deed], None]:
        """As `send`, also when the call is over by then."""
        opened = self._open[call_id]

        def send(deed: Deed) -> None:
            self._put(self.keeping(call_id, opened.key, opened.bundle.project, deed, opened.dialled))
            self._put(_Afterwards(self.sends_waiting.set))

        return send

    def row(self, write: Work[object]) -> None:
        """A row of another part of the call, in its order."""
        self._put(write)

    async def book(self, call_id: CallId, deed: Deed) -> None:
        await self._database.write(self._keeping(call_id, deed))

    def _keeping(self, call_id: CallId, deed: Deed) -> Work[bool]:
        opened = self._open[call_id]
        return self.keeping(call_id, opened.key, opened.bundle.project, deed, opened.dialled)

    def keeping(self, call_id: CallId, key: CallKey, project: str, deed: Deed, dialled: str) -> Work[bool]:
        return keeping_send(new_send(call_id, project, deed, self._clock.wall(), dialled=dialled), key)

    async def leave(self, call_id: CallId, leave: fx.Leave) -> None:
        stream = self._open[call_id].stream
        if leave.intent == "hang_up":
            await self._calls.set_intent(call_id, HangUpIntent(), stream=stream)
            return
        assert leave.target is not None and leave.transfer is not None
        if leave.intent == "join":
            await self._calls.set_intent(call_id, JoinIntent(leave.transfer), stream=stream)
            return
        target = self._open[call_id].bundle.targets[leave.target]
        await self._calls.set_intent(
            call_id,
            TransferIntent(
                kind="number" if target.number is not None else "sip",
                to=leave.to or target.number or target.sip or "",
                ring_s=max(5, target.ring_ms // 1000),
                action_id=leave.transfer,
                target=target.name,
                data={name: str(value) for name, value in leave.data.items() if value is not None},
            ),
            stream=stream,
        )

    def finished(self, call_id: CallId, finish: fx.Finish) -> None:
        self._finishes[call_id] = finish

    def _finish(self, call_id: CallId, opened: _Open, finish: fx.Finish) -> Work[bool]:
        return finishing(
            call_id,
            now=self._clock.wall(),
            outcome=finish.outcome,
            end_reason=finish.reason,
            recording=opened.recording,
            stream=opened.stream,
        )

    def _forget(self, call_id: CallId, opened: _Open) -> None:
        if self._open.get(call_id) is opened:  # else a later stream of the call is open by now
            del self._open[call_id]
        self._journal.forget(call_id)

    def _put(self, write: Work[object] | _Release | _Afterwards) -> None:
        try:
            self._rows.put_nowait(write)
        except asyncio.QueueFull:
            metrics.ROWS_DROPPED.inc()

    async def run(self) -> None:
        """Writes rows for as long as the process lives: some in one transaction, since each costs a commit; if that
        fails, one by one, so that only what cannot be written is lost. While the database is away they wait here."""
        while True:
            taken = [await self._rows.get()]
            if self._rows.qsize() < AT_ONCE:
                await asyncio.sleep(GATHER_S)
            while len(taken) < AT_ONCE and not self._rows.empty():
                taken.append(self._rows.get_nowait())
            try:
                await self._journalled([one.call_id for one in taken if isinstance(one, _Release)])
                await self._write([self._work_of(one) for one in taken if not isinstance(one, _Afterwards)])
                for one in taken:
                    if isinstance(one, _Afterwards):
                        one.do()
            finally:
                for _ in taken:
                    self._rows.task_done()

    async def _journalled(self, released: list[CallId]) -> None:
        try:
            async with asyncio.timeout(DURABLE_S):
                for call_id in released:
                    await self._journal.caught_up(call_id)
        except (StoreError, TimeoutError):
            log.error("calls are let go of whose last entries are not kept", calls=len(released))

    def _work_of(self, one: Work[object] | _Release) -> Work[object]:
        return self._holders.releasing(one.call_id, one.stream) if isinstance(one, _Release) else one

    async def _write(self, works: list[Work[object]]) -> None:
        if not works:
            return
        try:
            await self._do(lambda connection: [work(connection) for work in works])
        except StoreError:
            for work in works:
                await self._alone(work)

    async def _alone(self, work: Work[object]) -> None:
        try:
            await self._do(work)
        except StoreError as fault:
            metrics.ROWS_DROPPED.inc()
            log.error("a row was not written", why=str(fault))

    async def _do(self, work: Work[object]) -> None:
        while True:
            try:
                await self._database.write(work, behind=True)
            except StoreUnavailable as fault:
                log.error("rows wait for the database", why=str(fault), rows=self._rows.qsize())
                await asyncio.sleep(AGAIN_S)
            else:
                return

    async def written(self) -> None:
        """Until all that waited when this was asked is written; what comes meanwhile is not waited for."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._put(_Afterwards(lambda: None if done.done() else done.set_result(None)))
        await done

    async def settled(self) -> None:
        """Until what waits now is written."""
        await self._rows.join()
