"""What all calls of one process share, and the tasks that serve them all: the ear and the keeper of rows."""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import structlog

from ivr.call import effects as fx
from ivr.call import events as ev
from ivr.call.machine import Call
from ivr.call.settings import CallSettings
from ivr.carrier.ports import CallControl, Texts
from ivr.errors import StoreError
from ivr.flow import engine
from ivr.flow import state as flow
from ivr.flow.flow import Bundle, Detect
from ivr.flow.types import Privacy
from ivr.live.attendants import AttendantDesk
from ivr.live.clock import CallClock, Clock, SystemClock
from ivr.live.conductor import Conductor
from ivr.live.ear import Ear
from ivr.live.heartbeat import Heartbeat
from ivr.live.keeper import StoreKeeper
from ivr.live.lateness import Pulse
from ivr.live.mouth import Mouth, fingerprint
from ivr.live.outgoing import decided
from ivr.live.ports import Line
from ivr.live.resume import TRANSFER_REPORTED, Standstill, Tell, rebuild
from ivr.live.sender import Sender
from ivr.live.streams import Streams
from ivr.live.versions import Versions
from ivr.live.voicemail import Voicemail
from ivr.live.watchdog import Watchdog
from ivr.live.writing import WrittenCall
from ivr.models.deadline import now_ms
from ivr.models.engines import Engines
from ivr.models.ports import Responder, Summarizer, Transcriber, Understander, Voice, WordTimer
from ivr.models.profiles import NO_CAPS, Caps
from ivr.models.prompt_cache import PromptCache
from ivr.models.prompt_files import PromptFiles
from ivr.models.wrappers.caps import (
    CappedResponder,
    CappedSummarizer,
    CappedTranscriber,
    CappedUnderstander,
    CappedWordTimer,
    Purse,
)
from ivr.store import (
    Attendants,
    CallKey,
    CallRow,
    Calls,
    Connected,
    Database,
    Holders,
    Journal,
    Order,
    Orders,
    Recorder,
    RecordingReader,
    Sends,
    Tokens,
    Turns,
    free_share,
    open_database,
    open_journal,
    open_recording,
    recording_path,
)
from ivr.units import BYTES_PER_MS, CallId, Millis, StreamSid

log = structlog.get_logger("ivr.live")

CACHE_BYTES = 64_000_000
"""Sound of prompts in memory: about an hour."""
PROMPTS_FOLDER = "cache/prompts"
DURABLE_S = 5.0
SETTLE_S = 20.0
LEAST_FREE = 0.02
"""Share of the disk that stays free for the calls in progress."""


@dataclass(frozen=True, slots=True)
class ProcessSettings:
    data_dir: Path
    environment: Mapping[str, str]
    """Where secrets of tools are named; handed on, never shown."""
    call: CallSettings
    record: bool = True
    late_ms: int = 100
    """How late the event loop may be before no new calls are taken."""
    prompt_cache_bytes: int = 0
    """Sound of prompts on disk; 0: none is kept there."""
    database_url: str | None = None
    """The PostgreSQL database; None: SQLite in the data folder. It holds a password."""
    public_url: str = ""
    """Where the carrier reaches us, without a slash at its end."""
    caps: Caps = NO_CAPS
    """What models may cost."""


@dataclass(frozen=True, slots=True)
class AfterTransfer:
    """`outcome`: the call is over with it; None: the flow goes on."""

    outcome: str | None


class Process:
    """Open it with `async with`; bundles are taken in by `adopt`, calls begun by `begin` and `go_on`."""

    def __init__(
        self,
        settings: ProcessSettings,
        engines: Engines,
        clock: Clock | None = None,
        texts: Texts | None = None,
        carrier: CallControl | None = None,
    ) -> None:
        """`texts` and `carrier`: who sends text messages and rings attendants; None: there is no account with a
        carrier, and nothing leaves."""
        self._texts = texts
        self._carrier = carrier
        self._settings = settings
        self._engines = engines
        self._purse = Purse(settings.caps, now_ms)
        if engines.meter is not None:
            engines.meter.connect(self._purse)
        self._call_settings = with_understander(settings.call, engines.understander)
        self.clock: Clock = clock or SystemClock()
        self._stack = AsyncExitStack()
        self.pulse = Pulse(self.clock, settings.late_ms)
        self._watchdog = Watchdog(self.clock)
        self._versions = Versions(settings.environment, settings.data_dir)

    async def __aenter__(self) -> "Process":
        """Raises: SettingsError, StoreError."""
        self.database: Database = open_database(self._settings.data_dir, self._settings.database_url)
        self._stack.push_async_callback(self.database.close)
        self.journal: Journal = open_journal(self._settings.data_dir, self._settings.database_url)
        self._stack.push_async_callback(asyncio.to_thread, self.journal.close)
        self._recorder = Recorder(self._settings.data_dir)
        self._stack.push_async_callback(asyncio.to_thread, self._recorder.close)
        self._heartbeat = Heartbeat(self.database, self.journal, self.clock)
        await self._heartbeat.begin()
        self._stack.push_async_callback(self._heartbeat.give_back)
        lost = await self._heartbeat.recover()
        self.calls = Calls(self.database, self._heartbeat.lease)
        self.holders = Holders(self.database, self._heartbeat.lease)
        self._streams = Streams(self.calls, self.holders, self.clock)
        self.turns = Turns(self.database)
        self.tokens = Tokens(self.database)
        self.orders = Orders(self.database)
        self.keeper = StoreKeeper(self.database, self.calls, self.holders, self.journal, self.clock)
        await self._engines.start()
        self._stack.push_async_callback(self._engines.close)
        self._stack.push_async_callback(self._versions.close)
        self.ear = Ear(self._engines.silero)
        self._mouth = Mouth(self._engines.synthesizer, PromptCache(CACHE_BYTES, self._prompt_files()), Voice())
        self.sends = Sends(self.database, self._heartbeat.lease)
        self._sender = Sender(
            self.sends,
            self._versions.tools_of,
            lambda: self._versions.projects,
            self._heartbeat.alive,
            self.clock,
            self.keeper.sends_waiting,
            self._texts,
        )
        await self._take_up_sends(lost)
        self._tasks = await self._stack.enter_async_context(asyncio.TaskGroup())
        beating = self._heartbeat.run(self._taken_for_dead, self._take_up_sends)
        self.attendants = AttendantDesk(
            Attendants(self.database),
            self.calls,
            self.clock,
            self._tasks,
            carrier=self._carrier,
            public_url=self._settings.public_url,
        )
        self._voicemail = Voicemail(self._recorder, self._engines.transcriber, self._tasks, self.clock)
        serving = (
            self._sender.run(),
            self.ear.run(),
            self.keeper.run(),
            beating,
            self._streams.let_go(),
            self.attendants.oversee(),
        )
        self._standing = [self._tasks.create_task(serve) for serve in serving]
        for beat in (self.pulse, self._watchdog):
            beat.start()
            self._stack.callback(beat.stop)
        return self

    async def __aexit__(self, *exc: object) -> None:
        try:
            async with asyncio.timeout(SETTLE_S):
                await self.keeper.settled()
        except TimeoutError:
            log.error("the last rows were not written")
        for task in self._standing:
            task.cancel()
        await self._stack.aclose()

    def _taken_for_dead(self) -> None:
        """This process stood still for so long that its calls may be others' by now."""
        self.holders.lease = self.calls.holder = self.sends.holder = self._heartbeat.lease
        self._streams.lose_all()

    def _prompt_files(self) -> PromptFiles | None:
        """None: a voice that does not say what it is may be another one tomorrow."""
        voice = self._engines.spoken_by
        if not voice or not self._settings.prompt_cache_bytes:
            return None
        folder = self._settings.data_dir / PROMPTS_FOLDER
        return PromptFiles(folder, f"{voice} {fingerprint()}", self._settings.prompt_cache_bytes)

    async def _take_up_sends(self, call_ids: Sequence[CallId]) -> None:
        """What a call decided to send and a process that died did not keep for the sender. Raises: StoreError."""
        for call_id in call_ids:
            key = await self.calls.key(call_id)
            if key is None:
                continue
            _, dialled = await self.calls.numbers(call_id) or ("", "")
            entries = await asyncio.to_thread(self.journal.read, call_id, key)
            for project, deed in decided(entries):
                await self.database.write(self.keeper.keeping(call_id, key, project, deed, dialled), behind=True)
                self.keeper.sends_waiting.set()

    # ---- versions of flows

    async def adopt(self, bundle: Bundle) -> None:
        """Makes a version ready for calls: its tools, its fixed prompts.

        Raises: ToolError for an address that is none.
        """
        self._versions.adopt(bundle, self._mouth, self._tasks)

    def bundle(self, content_hash: str) -> Bundle | None:
        return self._versions.bundle(content_hash)

    def newest_bundle(self, project: str) -> Bundle | None:
        """None: it is not served here."""
        return self._versions.newest(project)

    @property
    def projects(self) -> tuple[str, ...]:
        return self._versions.projects

    # ---- calls

    async def begin(
        self, connected: Connected, bundle: Bundle, flow_name: str, line: Line, stream_sid: StreamSid
    ) -> Conductor:
        """A new call on its first stream, which has taken it. Raises: StoreError."""
        row = connected.row
        assert connected.stream is not None and row.answered_at is not None
        seed = seed_of(row.id)
        caller, dialled = connected.caller, connected.dialled
        order = await self._order(row)
        data = {} if order is None else order.data
        state = engine.start(
            bundle, row.id, flow_name, started=row.answered_at, caller=caller, dialled=dialled, seed=seed, data=data
        )
        key = _there(connected.key)
        call = Call(bundle, state, self._call_settings, salt=key.salt)
        clock = CallClock(self.clock, self.clock.now_ms())
        return self._conductor(
            row.id,
            call,
            bundle,
            line,
            stream_sid,
            clock,
            await self._answered(bundle, order),
            key=key,
            stream=connected.stream,
        )

    async def _answered(self, bundle: Bundle, order: Order | None) -> ev.Answered:
        """What a new call begins with. Without splits that end after a number of calls nothing is asked."""
        outbound = None if order is None else bundle.outbound.get(order.name)
        detect = None if order is None else Detect() if outbound is None else outbound.detect
        return ev.Answered(await self.split_calls(bundle), detect)

    async def _order(self, row: CallRow) -> Order | None:
        """Of a call that we made; None: a caller's."""
        return None if row.order_id is None else await self.orders.by_id(row.order_id)

    async def go_on(self, row: CallRow, bundle: Bundle, line: Line, stream_sid: StreamSid) -> Conductor:
        """A call whose stream was lost, or whose transfer nobody took. A stream of it that we still take for open is
        lost by that; what it has under way is waited for, here and in another process. Raises: StoreError."""
        stream = await self._streams.take(row.id)
        try:
            return await self._gone_on(row, bundle, line, stream_sid, stream)
        except BaseException:
            await self.holders.release(row.id, stream)
            raise

    async def _gone_on(self, row: CallRow, bundle: Bundle, line: Line, stream_sid: StreamSid, stream: int) -> Conductor:
        still = await self.standstill(row, bundle)
        await self._take_up_sends([row.id])
        answered = row.answered_at or row.started_at
        gone_ms = max(still.last_ms + 1, int((self.clock.wall() - answered).total_seconds() * 1000))
        key = await self._key(row.id)
        call = self._call_again(bundle, still, key)
        clock = CallClock(self.clock, self.clock.now_ms() - gone_ms)
        first = ev.Rejoined(still.transfer) if still.begun else await self._answered(bundle, await self._order(row))
        notes = len(await self.turns.notes(row.id)) if still.begun else 0
        return self._conductor(
            row.id, call, bundle, line, stream_sid, clock, first, key=key, stream=stream, notes=notes
        )

    def on_phone(self, call_id: CallId) -> Conductor | None:
        """A call whose stream is open in this process."""
        return self._streams.on_phone(call_id)

    # ---- after a call

    async def alive(self) -> list[str]:
        """Leases of the processes that live. Raises: StoreError."""
        return await self._heartbeat.alive()

    def summarizer(self, spent: Decimal) -> Summarizer | None:
        """Within what models may cost, of which one call has `spent` so much. None: no model sums up."""
        summarizer = self._engines.summarizer
        return None if summarizer is None else CappedSummarizer(summarizer, self._purse.of_call(spent))

    def word_timer(self, spent: Decimal) -> WordTimer | None:
        """As `summarizer`. None: nobody tells when each word was said."""
        timer = self._engines.word_timer
        return None if timer is None else CappedWordTimer(timer, self._purse.of_call(spent))

    def recorded(self, call_id: CallId) -> RecordingReader:
        """Blocks. Raises: StoreError where there is none."""
        return open_recording(self._settings.data_dir, call_id)

    async def retell(self, row: CallRow, bundle: Bundle, tell: Tell) -> Standstill:
        """A call that is over, lived through once more beside the event loop. Raises: StoreError."""
        key = await self.calls.key(row.id)
        fresh = await self._fresh(row, bundle, row.flow or bundle.entry_default, row.answered_at or row.started_at)

        def again() -> Standstill:
            return rebuild(bundle, fresh, self.journal.read(row.id, key), tell)

        return await asyncio.to_thread(again)

    # ---- conversations in writing

    async def take(self, call_id: CallId) -> int:
        """From here on no other process drives the call. Raises: StoreError."""
        return await self._streams.take(call_id)

    async def open_writing(self, row: CallRow, bundle: Bundle, key: CallKey, stream: int) -> WrittenCall:
        """A conversation that was opened just now, which has taken it. Raises: StoreError."""
        fresh = await self._fresh(row, bundle, row.flow or bundle.entry_default, row.answered_at or row.started_at)
        call = Call(bundle, fresh, self._call_settings, salt=key.salt)
        return self._written(row.id, call, bundle, CallClock(self.clock, self.clock.now_ms()), key=key, stream=stream)

    async def go_on_writing(
        self, row: CallRow, bundle: Bundle, key: CallKey, stream: int, still: Standstill
    ) -> WrittenCall:
        """One that was open, and that was taken. Raises: StoreError."""
        await self._take_up_sends([row.id])
        answered = row.answered_at or row.started_at
        gone_ms = max(still.last_ms + 1, int((self.clock.wall() - answered).total_seconds() * 1000))
        notes = len(await self.turns.notes(row.id))
        clock = CallClock(self.clock, self.clock.now_ms() - gone_ms)
        call = self._call_again(bundle, still, key)
        return self._written(row.id, call, bundle, clock, key=key, stream=stream, notes=notes)

    async def split_calls(self, bundle: Bundle) -> Mapping[str, int]:
        """How many calls each split has parted that ends after a number of them. Raises: StoreError."""
        return await self.turns.split_calls(bundle.counted_splits) if bundle.counted_splits else {}

    def _written(
        self,
        call_id: CallId,
        call: Call,
        bundle: Bundle,
        clock: CallClock,
        *,
        key: CallKey,
        stream: int,
        notes: int = 0,
    ) -> WrittenCall:
        self.keeper.begin(call_id, key, bundle, None, stream=stream, notes=notes, dialled=call.state.dialled)
        hears, thinks, understands = self._within_caps(call, self._engines.writer)
        written = WrittenCall(
            call_id,
            call,
            clock,
            transcriber=hears,
            similarity=self._engines.similarity,
            responder=thinks,
            understander=understands,
            toolbox=self._versions.toolbox(bundle),
            keeper=self.keeper,
            music=self._versions.music(bundle),
        )
        self._streams.opened(written)
        return written

    def _within_caps(
        self, call: Call, writer: Responder | None = None
    ) -> tuple[Transcriber, Responder | None, Understander | None]:
        """Who hears, thinks and understands for one call, within what that may cost. `writer`: in the place of who
        thinks."""
        engines, purse = self._engines, self._purse.of_call(call.state.model_cost)
        hears, thinks, understands = engines.transcriber, writer or engines.responder, engines.understander
        return (
            hears if not engines.far else CappedTranscriber(hears, purse, engines.hears_here),
            None if thinks is None else CappedResponder(thinks, purse),
            None if understands is None else CappedUnderstander(understands, purse),
        )

    def holding(self, call_id: CallId) -> AbstractAsyncContextManager[int]:
        """A call without a stream is this process's alone inside; gives the number of the taking.
        Raises: StoreError."""
        return self._streams.holding(call_id)

    async def standstill(self, row: CallRow, bundle: Bundle, tell: Tell | None = None) -> Standstill:
        """Where a call stands that has no stream. `tell`: see rebuild. Raises: StoreError."""
        key = await self.calls.key(row.id)
        try:
            async with asyncio.timeout(DURABLE_S):
                await self.journal.caught_up(row.id)
        except TimeoutError as fault:
            raise StoreError("the call's last entries cannot be written") from fault
        entries = await asyncio.to_thread(self.journal.read, row.id, key)
        fresh = await self._fresh(row, bundle, row.flow or bundle.entry_default, row.answered_at or row.started_at)
        return rebuild(bundle, fresh, entries, tell)

    async def transfer_ended(
        self, row: CallRow, bundle: Bundle, result: str, stream: int, *, caller_left: bool = False
    ) -> AfterTransfer:
        """The carrier reports on a transfer while no stream is open. What the flow makes of it is worked out here; if
        it has more to say, the report waits in the journal for the next stream; with `caller_left` there will be none.
        Raises: StoreError."""
        still = await self.standstill(row, bundle)
        key = await self._key(row.id)
        call = self._call_again(bundle, still, key)
        gone = self.clock.wall() - (row.answered_at or row.started_at)
        now = Millis(max(still.last_ms + 1, int(gone.total_seconds() * 1000)))
        effects = call.feed(ev.TransferEnded(result), now)
        if caller_left and call.state.doing is not flow.Doing.ENDED:
            effects += call.feed(ev.CallerHungUp(), now)
        entries = [e for e in effects if isinstance(e, fx.KeepEntry)]
        over = call.state.doing is flow.Doing.ENDED and not any(isinstance(e, fx.StartPlayout) for e in effects)
        outcome = call.state.outcome if caller_left or over else None  # a goodbye needs a stream to be heard on
        if outcome is None:
            entries = [fx.KeepEntry(still.last_seq + 1, now, TRANSFER_REPORTED, {"result": result}, Privacy.OPEN)]
        self.journal.begin(row.id, key, stream)
        for entry in entries:
            self.keeper.entry(row.id, entry)
        await self.journal.durable(row.id, entries[-1].seq)
        self.journal.forget(row.id)
        if outcome is not None and any(isinstance(e, fx.SendOut) for e in effects):
            await self._take_up_sends([row.id])
        return AfterTransfer(outcome)

    def _call_again(self, bundle: Bundle, still: Standstill, key: CallKey) -> Call:
        settings = self._call_settings
        return Call(bundle, still.state, settings, last_seq=still.last_seq, last_turn=still.turns, salt=key.salt)

    @property
    def disk_full(self) -> bool:
        """Too little room to begin another call."""
        return free_share(self._settings.data_dir) < LEAST_FREE

    def recording_of(self, call_id: CallId) -> str | None:
        """Path below the data folder, if the call was recorded."""
        path = recording_path(call_id)
        return str(path) if (self._settings.data_dir / path).exists() else None

    async def _fresh(self, row: CallRow, bundle: Bundle, flow_name: str, started: datetime) -> flow.CallState:
        caller, dialled = await self.calls.numbers(row.id) or ("", "")
        seed = seed_of(row.id)
        order = await self._order(row)
        data = {} if order is None else order.data
        return engine.start(
            bundle, row.id, flow_name, started=started, caller=caller, dialled=dialled, seed=seed, data=data
        )

    async def _key(self, call_id: CallId) -> CallKey:
        return _there(await self.calls.key(call_id))

    def _conductor(
        self,
        call_id: CallId,
        call: Call,
        bundle: Bundle,
        line: Line,
        stream_sid: StreamSid,
        clock: CallClock,
        first: ev.Event,
        *,
        key: CallKey,
        stream: int,
        notes: int = 0,
    ) -> Conductor:
        recording = None
        if self._settings.record and bundle.recording:
            began = 0 if isinstance(first, ev.Answered) else clock.now() * BYTES_PER_MS
            recording = self._recorder.open(call_id, began)
        kept_at = str(recording_path(call_id)) if recording is not None else None
        self.keeper.begin(call_id, key, bundle, kept_at, stream=stream, notes=notes, dialled=call.state.dialled)
        engines = self._engines
        hears, thinks, understands = self._within_caps(call)
        conductor = Conductor(
            call_id,
            call,
            line,
            stream_sid,
            clock,
            ear=self.ear,
            mouth=self._mouth,
            transcriber=hears,
            similarity=engines.similarity,
            judge=engines.judge,
            responder=thinks,
            understander=understands,
            toolbox=self._versions.toolbox(bundle),
            keeper=self.keeper,
            recording=recording,
            recorded_from=0 if recording is None else recording.begins,
            first=first,
            music=self._versions.music(bundle),
            recordings=self._versions.recordings(bundle),
            bring=lambda asked, happened: self.attendants.bring(call_id, asked, bundle, happened),
            drop=self.attendants.drop,
            messages=self._voicemail.of_call(call_id, key, self.keeper.row),
            loop_late_ms=self.pulse.lately_ms,
        )
        self._streams.opened(conductor)
        self._watchdog.watch(conductor)
        return conductor


def with_understander(settings: CallSettings, understander: Understander | None) -> CallSettings:
    """What may be asked of whom is there: no turn waits for nobody."""
    return replace(
        settings,
        understands=settings.understands and understander is not None,
        understands_sound=settings.understands_sound and understander is not None and understander.hears_hz is not None,
    )


def seed_of(call_id: CallId) -> int:
    """What a call's variants and shares are drawn by, the same in every replay."""
    return int.from_bytes(call_id.encode()[-4:], "big")


def _there(key: CallKey | None) -> CallKey:
    if key is None:
        raise StoreError("the call's key is gone")
    return key
