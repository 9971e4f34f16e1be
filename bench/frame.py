"""python -m bench.frame: what one 20 ms frame of the caller's sound costs on its walk, in microseconds.

Each row is one step of the walk by itself, the second with the first inside it, for frames of speech and of silence.
The websocket in front of it is not part of this.
"""

import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Final

from bench.voice import spoken
from ivr.call.hearing import Hearing
from ivr.live.ear import Ear
from ivr.models.offline.silero import Silero
from ivr.sim.messages import Upward
from ivr.store import Recorder
from ivr.units import FRAME_BYTES, CallId, Millis
from ivr.wire import Frame, Stream
from ivr.wire.decode import decode

LINE: Final = "I would like to know how much is left on my account, and when the next payment is due"
ROUNDS: Final = 20
CALLS: Final = 16
"""How many calls' windows the detector is given at once, as in a tick of a busy process."""
FRAME_MS: Final = 20
CALL: Final = CallId("01JD0000000000000000000000")


def main() -> int:
    speech = spoken(LINE)
    speech = speech[: len(speech) // FRAME_BYTES * FRAME_BYTES]
    for name, sound in (("speech", speech), ("silence", b"\xff" * len(speech))):
        frames = [sound[at : at + FRAME_BYTES] for at in range(0, len(sound), FRAME_BYTES)] * ROUNDS
        texts = _texts(frames)
        for step, run in (
            ("decode", partial(_decoded, texts)),
            ("decode, order", partial(_ordered, texts)),
            ("hearing", partial(_heard, frames)),
            ("recording", partial(_recorded, frames)),
            (f"ear, {CALLS} calls a run", partial(_scored, frames)),
        ):
            print(f"{name:8s} {step:22s} {_least(run) / len(frames) * 1e6:7.2f} us a frame")
    return 0


def _least(run: Callable[[], float]) -> float:
    """Of three: what others on the machine take only ever adds."""
    return min(run() for _ in range(3))


def _texts(frames: Sequence[bytes]) -> list[str]:
    upward = Upward(account_sid="AC" + "0" * 32, call_sid="CA" + "0" * 32, stream_sid="MZ" + "0" * 32)
    texts = [upward.start({})]
    return texts + [upward.media(frame, at_ms=FRAME_MS * number) for number, frame in enumerate(frames)]


def _decoded(texts: Sequence[str]) -> float:
    began = time.perf_counter()
    for text in texts:
        decode(text)
    return time.perf_counter() - began


def _ordered(texts: Sequence[str]) -> float:
    stream, found = Stream(), 0
    began = time.perf_counter()
    for number, text in enumerate(texts):
        for accepted in stream.read(text, number * FRAME_MS):
            found += type(accepted) is Frame
    took = time.perf_counter() - began
    assert found == len(texts) - 1, "frames went astray"
    return took


def _heard(frames: Sequence[bytes]) -> float:
    hearing = Hearing()
    began = time.perf_counter()
    for number, frame in enumerate(frames):
        hearing.feed_media(frame, Millis(number * FRAME_MS))
    return time.perf_counter() - began


def _recorded(frames: Sequence[bytes]) -> float:
    with tempfile.TemporaryDirectory() as folder:
        recorder = Recorder(Path(folder))
        recording = recorder.open(CALL)
        at, began = 0, time.perf_counter()
        for frame in frames:
            recording.caller(at, frame)
            at += len(frame)
            recording.advance(at)
        took = time.perf_counter() - began
        recording.close(at)
        recorder.close()
    return took


def _scored(frames: Sequence[bytes]) -> float:
    """Per frame of one call: windows of several calls wait and are run together."""
    ear = Ear(Silero())
    listeners = [ear.open(lambda _no, _score: None) for _ in range(CALLS)]
    hearing = Hearing()
    windows = [hearing.feed_media(frame, Millis(number * FRAME_MS)) for number, frame in enumerate(frames)]
    began = time.perf_counter()
    for full in windows:
        if full:
            for listener in listeners:
                ear.wait(listener, full)
            ear.tick()
    return (time.perf_counter() - began) / CALLS


if __name__ == "__main__":
    sys.exit(main())
