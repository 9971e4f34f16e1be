"""Mono 16-bit samples with their rate."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ivr.units import Millis


@dataclass(frozen=True, slots=True)
class Pcm:
    """Mono sound. `samples` are little-endian signed 16-bit, two bytes each; `rate_hz` samples a second."""

    samples: bytes
    rate_hz: int

    @classmethod
    def silence(cls, *, ms: int, rate_hz: int) -> "Pcm":
        return cls(bytes(2 * (ms * rate_hz // 1000)), rate_hz)

    @classmethod
    def of(cls, values: NDArray[np.generic], rate_hz: int) -> "Pcm":
        """From numbers in -32768..32767 of any dtype; what lies outside is clipped."""
        return cls(np.clip(np.rint(values), -32768, 32767).astype("<i2").tobytes(), rate_hz)

    def array(self) -> NDArray[np.int16]:
        return np.frombuffer(self.samples, dtype="<i2")

    def __len__(self) -> int:
        """Samples, not bytes."""
        return len(self.samples) // 2

    @property
    def ms(self) -> Millis:
        return Millis(len(self) * 1000 // self.rate_hz)
