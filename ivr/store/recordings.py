"""Recordings as they are made: both sides of a call on the carrier's clock, most of a second behind the line.

A file is pairs of µ-law bytes, the caller left and the bot right, 8000 a second; a pair's place in it is its time.
Beside it, where there is something to tell, lies a file of gaps and pauses, one JSON object a line:
{"side": "caller" | "bot" | "both", "from": sample, "to": sample or null, "why": "lost" | "paused" | "slow" | "disk"}.
"""

import asyncio
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
import structlog
from numpy.typing import NDArray

from ivr.store.ids import began_at, is_call_id
from ivr.store.tape import PAIR_BYTES, SILENCE, Tape
from ivr.units import BYTES_PER_MS, CallId

log = structlog.get_logger("ivr.store")

Side = Literal["caller", "bot", "both"]

BEHIND: Final = 5600
"""Samples that stay in memory for what comes out of order; with BLOCK and _GATHER_S the most a kill can take: one
second."""
BLOCK: Final = 2000
_GATHER_S: Final = 0.04
"""How long the writer lets work gather, so that a block of one call does not wake a thread each time."""
_WINDOW: Final = 32_000
_PIECE: Final = 8000
_FURTHEST: Final = 480_000
"""A minute. Sound that claims to be further from now than this is not believed."""
MOST_WAITING: Final = 4096
"""Writes that wait for the disk, of all calls: 16 MB, or ten seconds of 100 calls. Past that a write is dropped and its
time marked as slow."""


def recording_path(call_id: CallId) -> Path:
    """Below the data folder; the day is in the id."""
    assert is_call_id(call_id), "not a CallId"
    return Path("recordings") / began_at(call_id).strftime("%Y/%m/%d") / f"{call_id}.ulaw2"


def side_path(call_id: CallId) -> Path:
    return recording_path(call_id).with_suffix(".gaps.jsonl")


@dataclass(frozen=True, slots=True)
class KeptRecording:
    path: str
    """Below the data folder."""
    samples: int
    lost_ms: int
    """Of the call's time, what the disk did not take."""
    fault: str | None
    """Why the recording stopped, where it did."""


class Recorder:
    """One writer thread for the recordings of all calls. `close` it where it was made."""

    def __init__(self, folder: Path, *, most_waiting: int = MOST_WAITING) -> None:
        self._folder = folder
        self._most_waiting = most_waiting
        self._jobs: deque[Callable[[], None]] = deque()
        self._changed = threading.Condition()
        self._closing = False
        self._ends: dict[CallId, int] = {}
        """How long those will be that are closed and still on their way to the disk."""
        self._writer = threading.Thread(target=self._write, name="recordings", daemon=True)
        self._writer.start()

    def open(self, call_id: CallId, from_sample: int = 0) -> "Recording":
        """A recording from the call's first sample; one that is there already (the stream was lost and is back, in this
        process or another) goes on behind its end, at `from_sample` at the earliest."""
        sound, side = self._folder / recording_path(call_id), self._folder / side_path(call_id)
        kept = sound.stat().st_size // PAIR_BYTES if sound.exists() else 0
        begins = max(kept, from_sample, self._ends.get(call_id, 0))
        return Recording(call_id, Tape(sound, side), self._offer, self._insist, begins, self._ends)

    def append(self, path: str, sound: bytes) -> None:
        """More of a file below the data folder (a caller's message). Does not wait for the disk."""
        self._insist(partial(_append, self._folder / path, sound))

    def close(self) -> None:
        """Writes what waits. Blocks for 5 s at most."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        self._writer.join(5.0)

    def _offer(self, job: Callable[[], None]) -> bool:
        """False: too much waits already."""
        with self._changed:
            if len(self._jobs) >= self._most_waiting:
                return False
            self._jobs.append(job)
            self._changed.notify()
        return True

    def _insist(self, job: Callable[[], None]) -> None:
        """For what comes once a call and must not be dropped."""
        with self._changed:
            self._jobs.append(job)
            self._changed.notify()

    def _write(self) -> None:
        while True:
            with self._changed:
                while not self._jobs and not self._closing:
                    self._changed.wait()
                if not self._jobs:
                    return
                job = self._jobs.popleft()
            job()
            if not self._jobs and not self._closing:
                time.sleep(_GATHER_S)


def _append(path: Path, sound: bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with path.open("ab") as file:
            file.write(sound)
    except OSError as fault:
        log.error("a part of a message could not be written", why=fault.strerror)


class Recording:
    """One call's. Positions are samples since the call's media began. Nothing here waits for the disk."""

    def __init__(
        self,
        call_id: CallId,
        tape: Tape,
        offer: Callable[[Callable[[], None]], bool],
        insist: Callable[[Callable[[], None]], None],
        begins: int,
        ends: dict[CallId, int],
    ) -> None:
        self.begins = begins
        """The call's sample with which this part of it begins."""
        self._ends = ends
        self._call_id = call_id
        self._tape = tape
        self._offer = offer
        self._insist = insist
        self._base = begins
        """The first sample that is still in memory."""
        self._pairs = np.full((_WINDOW, PAIR_BYTES), SILENCE, np.uint8)
        self._pauses: list[tuple[int, int | None]] = []
        self._lost_samples = 0
        self._untold: dict[str, Any] | None = None
        self._closed = False
        self._done: KeptRecording | None = None
        self._waiting: list[tuple[asyncio.AbstractEventLoop, asyncio.Future[KeptRecording]]] = []
        self._lock = threading.Lock()

    @property
    def fault(self) -> str | None:
        """Why nothing is recorded any more; None: all is well."""
        return self._tape.fault

    def caller(self, at_sample: int, mulaw: bytes) -> None:
        self._put(0, at_sample, mulaw)

    def bot(self, at_sample: int, mulaw: bytes) -> None:
        """What was played, where it was heard on the line."""
        self._put(1, at_sample, mulaw)

    def advance(self, now_sample: int) -> None:
        """What lies more than BEHIND back goes to the disk."""
        self._flush_to(now_sample - BEHIND)

    def gap(self, side: Side, from_sample: int, to_sample: int, why: str = "lost") -> None:
        """Sound that should be there and never came."""
        self._note(side, from_sample, to_sample, why)

    def pause(self, at_sample: int) -> None:
        """From here on neither side is kept, until `resume`."""
        if self._pauses and self._pauses[-1][1] is None:
            return
        self._pauses.append((at_sample, None))
        self._blank(at_sample, None)
        if at_sample < self._base:
            silence = bytes([SILENCE]) * ((self._base - at_sample) * PAIR_BYTES)
            self._insist(partial(self._tape.write, at_sample, silence))

    def resume(self, at_sample: int) -> None:
        if not self._pauses or self._pauses[-1][1] is not None:
            return
        began, _open = self._pauses[-1]
        self._pauses[-1] = (began, at_sample)
        self._note("both", began, at_sample, "paused")

    def close(self, total_samples: int) -> None:
        """The call's media ended here: the file is made as long. A second close changes nothing."""
        if self._closed:
            return
        self._closed = True
        self._ends[self._call_id] = total_samples
        self.resume(total_samples)
        self._flush_to(total_samples, whole_blocks=False)
        if self._untold is not None:
            self._insist(partial(self._tape.note, self._untold))
        self._insist(partial(self._finish, total_samples))

    async def finished(self) -> KeptRecording:
        """After `close`: once all of it is in the file."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[KeptRecording] = loop.create_future()
        with self._lock:
            if self._done is not None:
                return self._done
            self._waiting.append((loop, future))
        return await future

    def _put(self, channel: int, at: int, mulaw: bytes) -> None:
        if not -_FURTHEST < at - self._base < _FURTHEST:
            self._lost_samples += len(mulaw)
            return
        for first in range(0, len(mulaw), _PIECE):
            self._put_piece(channel, at + first, mulaw[first : first + _PIECE])

    def _put_piece(self, channel: int, at: int, mulaw: bytes) -> None:
        sound = np.frombuffer(mulaw, np.uint8)
        if self._pauses:
            sound = self._without_pauses(at, sound)
        end = at + len(sound)
        if end > self._base + _WINDOW:
            self._flush_to(end - _PIECE)
        if at < self._base:
            late = sound[: self._base - at].tobytes()
            if not self._offer(partial(self._tape.patch, at, channel, late)):
                self._slow("bot" if channel else "caller", at, len(late))
            sound = sound[len(late) :]
            at += len(late)
        self._pairs[at - self._base : at - self._base + len(sound), channel] = sound

    def _without_pauses(self, at: int, sound: NDArray[np.uint8]) -> NDArray[np.uint8]:
        kept = sound.copy()
        for began, ended in self._pauses:
            kept[max(0, began - at) : None if ended is None else max(0, ended - at)] = SILENCE
        return kept

    def _blank(self, began: int, ended: int | None) -> None:
        self._pairs[max(0, began - self._base) : None if ended is None else max(0, ended - self._base)] = SILENCE

    def _flush_to(self, end: int, *, whole_blocks: bool = True) -> None:
        while end - self._base >= (BLOCK if whole_blocks else 1):
            count = min(BLOCK, end - self._base)
            at, block = self._base, self._pairs[:count].tobytes()
            self._pairs[:-count] = self._pairs[count:]
            self._pairs[-count:] = SILENCE
            self._base += count
            self._write_block(at, block)

    def _write_block(self, at: int, block: bytes) -> None:
        if not self._offer(partial(self._tape.write, at, block)):
            self._slow("both", at, len(block) // PAIR_BYTES)
        self._tell()

    def _slow(self, side: Side, at: int, samples: int) -> None:
        self._lost_samples += samples
        self._note(side, at, at + samples, "slow")

    def _note(self, side: Side, from_sample: int, to_sample: int, why: str) -> None:
        """Neighbours become one line, so that a bad line or disk does not fill the file or the queue with them."""
        last = self._untold
        if last is not None and (last["side"], last["why"], last["to"]) == (side, why, from_sample):
            last["to"] = to_sample
            return
        self._tell()
        self._untold = {"side": side, "from": from_sample, "to": to_sample, "why": why}

    def _tell(self) -> None:
        if self._untold is not None and self._offer(partial(self._tape.note, self._untold)):
            self._untold = None

    def _finish(self, total_samples: int) -> None:
        pairs = self._tape.close()
        self._ends.pop(self._call_id, None)
        missing = max(0, total_samples - pairs)
        kept = KeptRecording(
            str(recording_path(self._call_id)),
            pairs,
            (missing + self._lost_samples) // BYTES_PER_MS,
            self._tape.fault,
        )
        with self._lock:
            self._done = kept
            waiting, self._waiting = self._waiting, []
        for loop, future in waiting:
            try:
                loop.call_soon_threadsafe(_resolve, future, kept)
            except RuntimeError:  # that loop is closed: nobody waits there any more
                continue


def _resolve(future: asyncio.Future[KeptRecording], kept: KeptRecording) -> None:
    if not future.done():
        future.set_result(kept)
