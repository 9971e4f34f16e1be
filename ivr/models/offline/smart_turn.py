"""Whether a caller has finished, by the sound of it: Smart Turn v3.2's weights on plain onnxruntime.

The model hears the last 8 s at 16 kHz as Whisper does: 80 log-mel bands, a step of 10 ms. Less is filled up with
silence in front, and the whole is brought to mean 0 and variance 1 first, the silence included.
"""

from functools import cache

import numpy as np
from numpy.typing import NDArray

from ivr.audio.pcm import Pcm
from ivr.audio.resample import resample_whole
from ivr.audio.tones import noise
from ivr.errors import ModelUnavailable
from ivr.models.deadline import due_in
from ivr.models.offline import sessions, weights
from ivr.models.workers import Job, Workers
from ivr.units import Millis

RATE_HZ = 16_000
HEARD_S = 8
SAMPLES = HEARD_S * RATE_HZ
WINDOW, STEP, BANDS = 400, 160, 80
_LEAST_POWER = 1e-10
_RANGE = 8.0
"""Powers of ten below the loudest that are told apart."""
_WARM_MS = 30_000

Floats = NDArray[np.float64]


class SmartTurn:
    """A TurnJudge in the recogniser's own workers: it answers only while one of them has nothing else to do."""

    def __init__(self, workers: Workers) -> None:
        """Loads the weights.

        Raises:
            SettingsError: they are missing or altered.
        """
        self._session = sessions.opened(weights.located(weights.SMART_TURN))
        self._workers = workers

    @property
    def rate_hz(self) -> int:
        return RATE_HZ

    async def start(self) -> None:
        """Runs once, so that the first caller does not pay for it."""
        await self._workers.run(lambda _job: self._finished(noise(1, 1000, -20, "pink", RATE_HZ)), due_in(_WARM_MS))

    async def close(self) -> None:
        """The workers are the recogniser's."""

    async def finished(self, chunk: Pcm, deadline: Millis) -> float:
        if not self._workers.idle:
            raise ModelUnavailable("every worker of the recogniser is busy")
        return await self._workers.run(lambda job: self._judged(chunk, job), deadline)

    def _judged(self, chunk: Pcm, job: Job) -> float:
        if job.abandoned:
            raise ModelUnavailable("the turn's judge was not waited for")
        return self._finished(chunk)

    def _finished(self, chunk: Pcm) -> float:
        sound = resample_whole(chunk, RATE_HZ).array()[-SAMPLES:].astype(np.float32) / np.float32(32768)
        try:
            (answer,) = self._session.run(None, {"input_features": log_mel(sound)[np.newaxis]})
        except sessions.FAULTS as error:
            raise ModelUnavailable("the turn's judge failed") from error
        return float(np.clip(answer.reshape(-1)[0], 0, 1))


def log_mel(sound: NDArray[np.float32]) -> NDArray[np.float32]:
    """At most 8 s of sound in -1..1 to [80, 800]: what OpenAI's Whisper hears, for 8 s instead of 30."""
    padded = np.zeros(SAMPLES, np.float32)
    padded[SAMPLES - len(sound) :] = sound
    padded = (padded - padded.mean()) / np.sqrt(padded.var() + np.float32(1e-7))
    reflected = np.pad(padded.astype(np.float64), WINDOW // 2, mode="reflect")
    frames = np.lib.stride_tricks.sliding_window_view(reflected, WINDOW)[:-STEP:STEP]
    spectrum = np.fft.rfft(frames * np.hanning(WINDOW + 1)[:-1], axis=1)
    power = (np.abs(spectrum) ** 2) @ _bands()
    log = np.log10(np.maximum(power, _LEAST_POWER))
    log = np.maximum(log, log.max() - _RANGE)
    return np.ascontiguousarray(((log + 4) / 4).T, dtype=np.float32)


@cache
def _bands() -> Floats:
    """[201, 80]: triangles of equal area, even on Slaney's mel scale up to 8 kHz."""
    edges = _hertz(np.linspace(0, _mel(RATE_HZ / 2), BANDS + 2))
    bins = np.linspace(0, RATE_HZ / 2, WINDOW // 2 + 1)[:, np.newaxis]
    rising = (bins - edges[:-2]) / np.diff(edges)[:-1]
    falling = (edges[2:] - bins) / np.diff(edges)[1:]
    return np.asarray(np.maximum(0, np.minimum(rising, falling)) * 2 / (edges[2:] - edges[:-2]))


_LINEAR_HZ, _LINEAR_MEL = 1000.0, 15.0
"""Up to here the scale is linear, above it logarithmic: 27 mel for a factor of 6.4."""
_MEL_A_LOG = 27 / float(np.log(6.4))


def _mel(hz: float) -> float:
    return 3 * hz / 200 if hz < _LINEAR_HZ else _LINEAR_MEL + float(np.log(hz / _LINEAR_HZ)) * _MEL_A_LOG


def _hertz(mel: Floats) -> Floats:
    log = _LINEAR_HZ * np.exp((np.maximum(mel, _LINEAR_MEL) - _LINEAR_MEL) / _MEL_A_LOG)
    return np.where(mel < _LINEAR_MEL, 200 * mel / 3, log)
