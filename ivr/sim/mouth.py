"""What the caller sends: lines waiting to be spoken and keys waiting to be pressed, one frame of them at a time."""

import asyncio
from collections import deque
from dataclasses import dataclass, field
from typing import Final

from ivr.audio import mulaw
from ivr.sim.line import key_tone
from ivr.units import FRAME_BYTES, FRAME_MS

KEY_MS: Final = 120
BETWEEN_KEYS_MS: Final = 130
"""A human who types: about four keys a second."""


@dataclass(slots=True)
class Spoken:
    """One line of the caller; the times are of the call's clock, None until it happened."""

    sound: bytes
    begun_ms: float | None = None
    ended_ms: float | None = None
    done: asyncio.Event = field(default_factory=asyncio.Event)


@dataclass(frozen=True, slots=True)
class OutFrame:
    """20 ms of the caller's sound, and a key whose event goes out with it."""

    sound: bytes
    key: str | None


class Mouth:
    """The caller's mouth and fingers. `audible_keys`: keys are heard as tones too, as on a real line."""

    def __init__(self, *, audible_keys: bool = False) -> None:
        self._lines: deque[Spoken] = deque()
        self._at = 0
        self._keys: deque[tuple[str, asyncio.Event | None]] = deque()
        self._key_ms = 0
        self._tone = b""
        self._audible_keys = audible_keys

    def speak(self, sound: bytes) -> Spoken:
        """Puts a line (µ-law) behind those that wait."""
        spoken = Spoken(sound)
        self._lines.append(spoken)
        return spoken

    def press(self, keys: str) -> asyncio.Event:
        """Puts keys behind those that wait; the event is set when the last was pressed."""
        pressed = asyncio.Event()
        for key in keys[:-1]:
            self._keys.append((key, None))
        if keys:
            self._keys.append((keys[-1], pressed))
        else:
            pressed.set()
        return pressed

    def next_frame(self, at_ms: float) -> OutFrame:
        """The 20 ms that begin at `at_ms`."""
        key = self._next_key()
        spoken = self._next_sound(at_ms)
        if self._tone:
            tone, self._tone = self._tone[:FRAME_BYTES], self._tone[FRAME_BYTES:]
            spoken = tone.ljust(FRAME_BYTES, mulaw.SILENCE)
        return OutFrame(spoken, key)

    def _next_key(self) -> str | None:
        self._key_ms = max(0, self._key_ms - FRAME_MS)
        if not self._keys or self._key_ms > 0:
            return None
        key, pressed = self._keys.popleft()
        self._key_ms = KEY_MS + BETWEEN_KEYS_MS
        if self._audible_keys:
            self._tone = key_tone(key, KEY_MS)
        if pressed is not None:
            pressed.set()
        return key

    def _next_sound(self, at_ms: float) -> bytes:
        if not self._lines:
            return mulaw.SILENCE * FRAME_BYTES
        line = self._lines[0]
        if line.begun_ms is None:
            line.begun_ms = at_ms
        sound = line.sound[self._at : self._at + FRAME_BYTES]
        self._at += FRAME_BYTES
        if self._at >= len(line.sound):
            line.ended_ms = at_ms + FRAME_MS
            line.done.set()
            self._lines.popleft()
            self._at = 0
        return sound.ljust(FRAME_BYTES, mulaw.SILENCE)
