"""A call in flight on a clock that the test turns: the far end plays what it gets, and tells what was heard when."""

import asyncio
import base64
import json
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ivr.audio.pcm import Pcm
from ivr.call import effects as fx
from ivr.call import events as ev
from ivr.call.codec import Deed
from ivr.call.machine import Call
from ivr.call.settings import CallSettings
from ivr.errors import ModelUnavailable, StoreError
from ivr.flow import engine
from ivr.flow.flow import Bundle
from ivr.flow.state import RawReply
from ivr.flow.types import Value
from ivr.live.clock import CallClock, Clock, Timer
from ivr.live.conductor import Conductor
from ivr.live.ear import Ear
from ivr.live.mouth import Mouth
from ivr.live.music import Music
from ivr.live.prompts import fixed_sentences
from ivr.live.recordings import Recordings
from ivr.live.watchdog import Watchdog
from ivr.models.offline.instant import speech_like
from ivr.models.ports import Responder, Synthesizer, Transcriber, Transcript, TurnJudge, Voice
from ivr.models.prompt_cache import PromptCache
from ivr.store import Quality
from ivr.units import BYTES_PER_MS, FRAME_BYTES, FRAME_MS, CallId, Millis, StreamSid

BEGAN = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
LETTER_MS = 50
LOUD, QUIET = b"\x20" * FRAME_BYTES, b"\xff" * FRAME_BYTES


class _Due:
    def __init__(self, at_ms: int, do: Callable[[], None]) -> None:
        self.at_ms, self.do, self.cancelled = at_ms, do, False

    def cancel(self) -> None:
        self.cancelled = True


class TurnedClock:
    def __init__(self) -> None:
        self._now_ms = 1_000
        self._due: list[_Due] = []

    def now_ms(self) -> int:
        return self._now_ms

    def wall(self) -> datetime:
        return BEGAN + timedelta(milliseconds=self._now_ms)

    def call_at(self, at_ms: int, do: Callable[[], None]) -> Timer:
        due = _Due(at_ms, do)
        self._due.append(due)
        return due

    def turn(self, ms: int) -> None:
        """All that is due by then happens then, in order."""
        self._now_ms += ms
        while ready := sorted((d for d in self._due if d.at_ms <= self._now_ms), key=lambda d: d.at_ms):
            self._due.remove(ready[0])
            if not ready[0].cancelled:
                ready[0].do()


class StoppedClock(TurnedClock):
    """Its time goes on with another's; none of its timers ever fires."""

    def __init__(self, other: Clock) -> None:
        super().__init__()
        self._other = other

    def now_ms(self) -> int:
        return self._other.now_ms()


@dataclass
class FarEnd:
    """The carrier: plays at 8 bytes a millisecond, returns marks, all of them at once after a clear."""

    clock: TurnedClock
    returns_marks: bool = True
    closed: int | None = None
    heard: list[tuple[int, int]] = field(default_factory=list)
    """Spans of the clock in which sound was played."""
    _marks: list[tuple[int, str]] = field(default_factory=list)

    def send(self, text: str) -> None:
        message, now = json.loads(text), self.clock.now_ms()
        match message["event"]:
            case "media":
                ms = len(base64.b64decode(message["media"]["payload"])) // BYTES_PER_MS
                begin = max(now, self.heard[-1][1] if self.heard else 0)
                self.heard.append((begin, begin + ms))
            case "mark":
                self._marks.append((max(now, self.heard[-1][1]) if self.heard else now, message["mark"]["name"]))
            case "clear":
                self.heard = [(begin, min(end, now)) for begin, end in self.heard if begin < now]
                self._marks = [(now, name) for _, name in self._marks]

    def close(self, code: int) -> None:
        self.closed = code

    def due_marks(self) -> list[str]:
        due = [name for at, name in self._marks if at <= self.clock.now_ms()]
        self._marks = self._marks[len(due) :]
        return due if self.returns_marks else []

    def longest_silence_ms(self, since_ms: int, until_ms: int) -> int:
        """In which nothing was heard of us."""
        silent, longest = since_ms, 0
        for begin, end in [*self.heard, (until_ms, until_ms)]:
            if end > since_ms:
                longest = max(longest, min(begin, until_ms) - silent)
                silent = max(silent, end)
        return longest


class ToldVoice:
    """As long as speech. What it cannot say it is told; `hangs` until let go."""

    rate_hz = 8000
    streams = False

    def __init__(self) -> None:
        self.fails: Callable[[str], bool] = lambda text: False
        self.hangs: Callable[[str], bool] = lambda text: False
        self.let_go = asyncio.Event()
        self.asked: list[str] = []

    async def speak(self, text: str, voice: Voice, deadline: Millis) -> AsyncGenerator[Pcm, None]:
        self.asked.append(text)
        if self.hangs(text):
            await self.let_go.wait()
        if self.fails(text):
            raise ModelUnavailable("told to fail")
        yield speech_like(len(text) * LETTER_MS, 8000)


class ToldRecogniser:
    """Hears what it is told; None: nothing ever comes."""

    rate_hz = 16_000

    def __init__(self) -> None:
        self.hears: str | None = ""

    async def transcribe(self, chunk: Pcm, expect: str, deadline: Millis) -> Transcript:
        if self.hears is None:
            await asyncio.Event().wait()
        return Transcript(self.hears or "", -0.1, Millis(1))


class ToldTools:
    """Answers what it is told; None: nothing ever comes."""

    def __init__(self) -> None:
        self.reply: RawReply | None = None

    async def run(self, effect_id: str, flow: str, tool: str, arguments: Mapping[str, Value | None]) -> RawReply:
        if self.reply is None:
            await asyncio.Event().wait()
            raise AssertionError
        return self.reply


class LoudDetector:
    """Loud is speech."""

    def alloc_row(self) -> int:
        return 0

    def free_row(self, row: int) -> None: ...
    def reset_row(self, row: int) -> None: ...

    def score(self, windows: NDArray[np.float32], rows: Sequence[int]) -> NDArray[np.float32]:
        return np.where(np.abs(windows).max(axis=1) > 0.1, 0.95, 0.0).astype(np.float32)


@dataclass
class Notebook:
    """What a call wrote down."""

    notes: list[fx.KeepNote] = field(default_factory=list)
    turns: list[fx.KeepTurn] = field(default_factory=list)
    finishes: list[fx.Finish] = field(default_factory=list)
    left: list[fx.Leave] = field(default_factory=list)
    ended: list[Quality] = field(default_factory=list)
    sent: list[Deed] = field(default_factory=list)
    full: bool = False
    """There is no room for a callback."""

    def entry(self, call_id: CallId, entry: fx.KeepEntry) -> None: ...
    def tool_sent(self, call_id: CallId, sent: fx.KeepToolSent) -> None: ...
    def tool(self, call_id: CallId, tool: fx.KeepTool) -> None: ...

    def turn(self, call_id: CallId, turn: fx.KeepTurn) -> None:
        self.turns.append(turn)

    def note(self, call_id: CallId, note: fx.KeepNote) -> None:
        self.notes.append(note)

    async def durable(self, call_id: CallId, seq: int) -> None: ...

    async def leave(self, call_id: CallId, leave: fx.Leave) -> None:
        self.left.append(leave)

    def send(self, call_id: CallId, deed: Deed) -> None:
        self.sent.append(deed)

    async def book(self, call_id: CallId, deed: Deed) -> None:
        if self.full:
            raise StoreError("the disk is full")
        self.sent.append(deed)

    def finished(self, call_id: CallId, finish: fx.Finish) -> None:
        self.finishes.append(finish)

    def end(self, call_id: CallId, quality: Quality) -> None:
        self.ended.append(quality)

    @property
    def silences(self) -> list[str]:
        return [note.what for note in self.notes if note.kind == "silence"]

    @property
    def heard(self) -> list[str]:
        """What the caller heard of us, in order."""
        return [turn.heard for turn in self.turns if turn.who == "bot" and turn.heard]


@dataclass
class Trial:
    """One call under way. `frames`: the caller's sound comes; `listens`: it is scored."""

    clock: TurnedClock
    far: FarEnd
    voice: ToldVoice
    recogniser: ToldRecogniser
    tools: ToldTools
    notebook: Notebook
    ear: Ear
    call: Conductor
    running: asyncio.Task[None]
    frames: bool = True
    listens: bool = True

    @property
    def now(self) -> int:
        return self.clock.now_ms()

    async def wait(self, ms: int) -> None:
        await self._go_on(ms, QUIET)

    async def speak(self, ms: int) -> None:
        await self._go_on(ms, LOUD)

    async def heard_out(self) -> None:
        """Until nothing of ours is to be heard any more, and the receipts are back."""
        await self.wait(60)
        while self.far.heard and self.far.heard[-1][1] + 40 > self.now:
            await self.wait(FRAME_MS)

    async def press(self, keys: str) -> None:
        for key in keys:
            self.call.key(key)
            await self.wait(100)

    async def _go_on(self, ms: int, frame: bytes) -> None:
        for _ in range(ms // FRAME_MS):
            self.clock.turn(FRAME_MS)
            for mark in self.far.due_marks():
                self.call.mark_returned(mark)
            if self.frames:
                self.call.media(frame)
            if self.listens:
                self.ear.tick()
            for _ in range(12):
                await asyncio.sleep(0)


@asynccontextmanager
async def trial(
    bundle: Bundle,
    *,
    warm: bool = True,
    call_clock: Callable[[TurnedClock], Clock] = lambda clock: clock,
    kind: type[Call] = Call,
    judge: TurnJudge | None = None,
    recordings: Recordings | None = None,
    transcriber: Transcriber | None = None,
    synthesizer: Synthesizer | None = None,
    responder: Responder | None = None,
) -> AsyncIterator[Trial]:
    """A call that has just been answered. `warm`: fixed prompts are at hand. `judge`: is asked about ends of turns.
    `transcriber` and `synthesizer` serve instead of those that are told; `responder` talks in an agent's place."""
    clock = TurnedClock()
    far, voice, recogniser, tools, notebook = FarEnd(clock), ToldVoice(), ToldRecogniser(), ToldTools(), Notebook()
    mouth, ear = Mouth(synthesizer or voice, PromptCache(50_000_000), Voice()), Ear(LoudDetector())
    if warm:
        await mouth.warm(fixed_sentences(bundle))
        voice.asked.clear()
    call_id = CallId("01JTRIALCALL00000000000000")
    state = engine.start(
        bundle, call_id, bundle.entry_default, started=BEGAN, caller="+15550199", dialled="+15550100", seed=1
    )
    conductor = Conductor(
        call_id,
        kind(bundle, state, CallSettings(judge=judge is not None)),
        far,
        StreamSid("MZ1"),
        CallClock(call_clock(clock), clock.now_ms()),
        ear=ear,
        mouth=mouth,
        transcriber=transcriber or recogniser,
        similarity=None,
        judge=judge,
        responder=responder,
        toolbox=tools,
        keeper=notebook,
        recording=None,
        recorded_from=0,
        first=ev.Answered(),
        music=Music(Path("nowhere")),
        recordings=recordings,
    )
    watchdog = Watchdog(clock)
    watchdog.watch(conductor)
    watchdog.start()
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(conductor.run())
        try:
            yield Trial(clock, far, voice, recogniser, tools, notebook, ear, conductor, running)
        finally:
            watchdog.stop()
            running.cancel()
