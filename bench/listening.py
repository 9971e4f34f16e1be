"""Many lines heard at once as live calls hear them, in made-up time: frames, energy gate, one ear, edges, utterance."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from ivr.audio import mulaw
from ivr.call.hearing import Hearing
from ivr.call.settings import CallSettings
from ivr.live.ear import Detector, Ear
from ivr.turn.endpointing import Edge, EdgeKind
from ivr.units import BYTES_PER_MS, FRAME_BYTES, FRAME_MS, Millis


@dataclass(slots=True)
class Heard:
    """What one line came to. Positions in samples of the line; None: there was no such thing."""

    edges: list[Edge] = field(default_factory=list)
    utterance: bytes | None = None
    """What the recogniser would get, from the pre-roll to the moment it is asked after the last pause."""
    utterance_from: int | None = None
    asked_at: int | None = None
    long_pauses: int = 0
    """Pauses inside after which a live call would have taken the turn as over."""

    @property
    def onset(self) -> int | None:
        return next((edge.at_sample for edge in self.edges if edge.kind is EdgeKind.STARTED), None)

    @property
    def noticed(self) -> int | None:
        return next((edge.seen_at_sample for edge in self.edges if edge.kind is EdgeKind.STARTED), None)

    @property
    def end(self) -> int | None:
        return next((edge.at_sample for edge in reversed(self.edges) if edge.kind is EdgeKind.PAUSED), None)

    @property
    def starts(self) -> int:
        return sum(edge.kind is not EdgeKind.PAUSED for edge in self.edges)


class _Line:
    """One line: everything from the first onset to the last pause is one turn."""

    def __init__(self, ear: Ear, settings: CallSettings) -> None:
        self._settings = settings
        self._hearing = Hearing(settings.hearing)
        self._ear = ear
        self._listener = ear.open(self._scored)
        self._long = False
        self.heard = Heard()

    def frame(self, sound: bytes, now: int) -> None:
        windows = self._hearing.feed_media(sound, Millis(now))
        if windows:
            self._ear.wait(self._listener, windows)

    def close(self) -> None:
        self._ear.close(self._listener)

    def _scored(self, window_no: int, score: float) -> None:
        heard, hearing = self.heard, self._hearing
        edge = hearing.feed_score(window_no, score)
        if edge is not None:
            heard.edges.append(edge)
            if edge.kind is EdgeKind.STARTED:
                hearing.hold(edge.at_sample)
            elif edge.kind is EdgeKind.RESUMED:
                heard.long_pauses += self._long
                heard.utterance, self._long = None, False
        silence_ms = hearing.endpointing.silence_ms
        if heard.utterance is None and silence_ms >= self._settings.ask_ms:
            heard.utterance, heard.asked_at = hearing.utterance(), hearing.position
            heard.utterance_from = hearing.position - len(heard.utterance)
        self._long = silence_ms >= self._settings.free_ms


def listen(lines: Sequence[bytes], detector: Detector, settings: CallSettings | None = None) -> list[Heard]:
    """Each line's µ-law, frame by frame, all at the same time."""
    ear = Ear(detector)
    calls = [_Line(ear, settings or CallSettings()) for _ in lines]
    for at in range(0, max(map(len, lines), default=0), FRAME_BYTES):
        for call, line in zip(calls, lines, strict=True):
            if at < len(line):
                call.frame(line[at : at + FRAME_BYTES], at // BYTES_PER_MS + FRAME_MS)
        ear.tick()
    for call in calls:
        call.close()
    return [call.heard for call in calls]


def frame_us(line: bytes) -> float:
    """Microseconds a frame takes on its way through a call's hearing, the detector not counted."""
    frames = [line[at : at + FRAME_BYTES] for at in range(0, len(line) - FRAME_BYTES, FRAME_BYTES)]
    best = float("inf")
    for _ in range(5):
        hearing = Hearing(CallSettings().hearing)
        began = time.perf_counter()
        for number, frame in enumerate(frames):
            for window in hearing.feed_media(frame, Millis(number * FRAME_MS)):
                hearing.feed_score(window.no, 0.0)
        best = min(best, time.perf_counter() - began)
    return best / len(frames) * 1e6


def silence(ms: int) -> bytes:
    return mulaw.SILENCE * (ms * BYTES_PER_MS)
