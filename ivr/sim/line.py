"""The telephone line: band limit, µ-law, noise, lost frames, jitter and echo, the same for the same seed."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ivr.audio import mulaw
from ivr.audio.pcm import Pcm
from ivr.audio.resample import resample_whole
from ivr.units import BYTES_PER_MS, FRAME_BYTES, FRAME_MS, LINE_RATE_HZ

Floats = NDArray[np.float64]

SPEECH_DBFS: Final = -22.0
"""The level callers' speech is brought to: RMS over the frames that hold speech; noise is reckoned from it."""
FULL_SCALE: Final = 32768.0
BAND_HZ: Final = (300.0, 3400.0)
BAND_TAPS: Final = 201
NOISE_LOOP_S: Final = 16
KEY_TONES_HZ: Final = {
    key: (row, column)
    for row, keys in zip((697, 770, 852, 941), ("123A", "456B", "789C", "*0#D"), strict=True)
    for key, column in zip(keys, (1209, 1336, 1477, 1633), strict=True)
}


@dataclass(frozen=True, slots=True)
class LineSettings:
    """`noise_snr_db`: pink noise that far below speech, None: none. `lost`: share of frames, 0 to 1; `missing`: they
    are not sent at all, else they come as silence. `jitter_ms`: each frame is late by up to this. `echo_db`: what the
    caller hears comes back that far below, `echo_delay_ms` later, None: not at all."""

    noise_snr_db: float | None = None
    lost: float = 0.0
    missing: bool = False
    jitter_ms: float = 0.0
    echo_db: float | None = None
    echo_delay_ms: int = 120
    seed: int = 1


class Line:
    """A line in use, frame by frame."""

    def __init__(self, settings: LineSettings | None = None, *, speech_dbfs: float = SPEECH_DBFS) -> None:
        self.settings = settings or LineSettings()
        self._chance = np.random.default_rng(self.settings.seed)
        self._noise = self._make_noise(speech_dbfs)
        self._noise_at = 0

    def frame(self, spoken: bytes, heard: bytes = b"") -> bytes | None:
        """20 ms as they reach the carrier: `spoken` is µ-law, `heard` what the caller heard `echo_delay_ms` ago; None:
        the frame is missing."""
        if self.settings.lost and self._chance.random() < self.settings.lost:
            self._next_noise(len(spoken))
            return None if self.settings.missing else mulaw.SILENCE * len(spoken)
        if self._noise is None and not (heard and self.settings.echo_db is not None):
            return spoken
        mixed = mulaw.decode(spoken).array().astype(np.float64) + self._next_noise(len(spoken))
        if heard and self.settings.echo_db is not None:
            back = mulaw.decode(heard).array()[: len(mixed)]
            mixed[: len(back)] += back * 10 ** (self.settings.echo_db / 20)
        return mulaw.encode(Pcm.of(mixed, LINE_RATE_HZ))

    def late_by_ms(self) -> float:
        """By how much the next frame is delayed."""
        return float(self._chance.uniform(0, self.settings.jitter_ms)) if self.settings.jitter_ms else 0.0

    def _make_noise(self, speech_dbfs: float) -> Floats | None:
        if self.settings.noise_snr_db is None:
            return None
        loud = FULL_SCALE * 10 ** ((speech_dbfs - self.settings.noise_snr_db) / 20)
        return band_limited(pink_noise(NOISE_LOOP_S * LINE_RATE_HZ, self.settings.seed), rms=loud)

    def _next_noise(self, count: int) -> Floats:
        if self._noise is None:
            return np.zeros(count)
        taken = np.take(self._noise, range(self._noise_at, self._noise_at + count), mode="wrap")
        self._noise_at = (self._noise_at + count) % len(self._noise)
        return taken


def pass_through(pcm: Pcm, settings: LineSettings | None = None) -> bytes:
    """A whole recording through the line, its level as it is: µ-law, as long as the recording; missing frames as
    silence. Echo and jitter have no meaning here."""
    clip = band_limited(resample_whole(pcm, LINE_RATE_HZ).array().astype(np.float64))
    sound = mulaw.encode(Pcm.of(clip, LINE_RATE_HZ))
    line = Line(settings, speech_dbfs=active_dbfs(clip))
    frames = [sound[at : at + FRAME_BYTES] for at in range(0, len(sound), FRAME_BYTES)]
    return b"".join(line.frame(frame) or mulaw.SILENCE * len(frame) for frame in frames)


def caller_speech(pcm: Pcm) -> bytes:
    """A spoken line as the caller's µ-law: trimmed of silence at both ends, levelled to SPEECH_DBFS, band-limited."""
    clip = _trimmed(resample_whole(pcm, LINE_RATE_HZ).array().astype(np.float64))
    if not clip.any():
        return mulaw.encode(Pcm.of(clip, LINE_RATE_HZ))
    levelled = band_limited(clip) * 10 ** ((SPEECH_DBFS - active_dbfs(clip)) / 20)
    return mulaw.encode(Pcm.of(levelled, LINE_RATE_HZ))


def key_tone(key: str, ms: int) -> bytes:
    """The two tones of a key as µ-law."""
    at = np.arange(ms * BYTES_PER_MS) / LINE_RATE_HZ
    low, high = KEY_TONES_HZ[key]
    sound = 4000 * (np.sin(2 * np.pi * low * at) + np.sin(2 * np.pi * high * at))
    return mulaw.encode(Pcm.of(sound, LINE_RATE_HZ))


def pink_noise(count: int, seed: int) -> Floats:
    """Noise whose power falls by 3 dB an octave; its level is arbitrary and its ends meet."""
    spectrum = np.fft.rfft(np.random.default_rng(seed).standard_normal(count))
    spectrum[1:] /= np.sqrt(np.arange(1, len(spectrum)))
    spectrum[0] = 0
    return np.fft.irfft(spectrum, count)


def band_limited(sound: Floats, *, rms: float | None = None) -> Floats:
    """Only 300 to 3400 Hz of a sound at 8 kHz, without delay; brought to `rms` if that is given."""
    limited = np.convolve(sound, _band_filter(), mode="same") if len(sound) >= BAND_TAPS else sound.copy()
    if rms is not None:
        limited *= rms / max(1e-9, float(np.sqrt(np.mean(limited**2))))
    return limited


def active_dbfs(sound: Floats) -> float:
    """The level of the frames that hold speech: those within 25 dB of the loudest, in dB of full scale."""
    frames = _frame_rms(sound)
    active = frames[frames > frames.max(initial=0.0) * 10 ** (-25 / 20)]
    loud = float(np.sqrt(np.mean(active**2))) if len(active) else 0.0
    return 20 * float(np.log10(max(loud, 1.0) / FULL_SCALE))


def _band_filter() -> Floats:
    at = np.arange(BAND_TAPS) - BAND_TAPS // 2
    low, high = (2 * edge / LINE_RATE_HZ for edge in BAND_HZ)
    taps: Floats = (high * np.sinc(high * at) - low * np.sinc(low * at)) * np.blackman(BAND_TAPS)
    return taps


def _frame_rms(sound: Floats) -> Floats:
    whole = len(sound) // FRAME_BYTES * FRAME_BYTES
    framed = sound[:whole].reshape(-1, FRAME_MS * BYTES_PER_MS) if whole else sound.reshape(1, -1)
    levels: Floats = np.sqrt(np.mean(framed**2, axis=1)) if framed.size else np.zeros(0)
    return levels


def _trimmed(sound: Floats) -> Floats:
    """Without the silence at both ends: what is more than 40 dB below the loudest sample."""
    loud = np.flatnonzero(np.abs(sound) > np.abs(sound).max(initial=0.0) * 0.01)
    return sound[loud[0] : loud[-1] + 1] if len(loud) else sound
