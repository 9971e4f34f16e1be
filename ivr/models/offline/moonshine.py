"""The recogniser: Moonshine tiny-en's weights on plain onnxruntime, driven by our own loop.

An encoder reads the sound, a decoder writes one token a step. The decoder wants, beside the encoder's output, a mask as
long as the sound in samples, and its own memory back at each step: for the encoder's part that of the first step, for
its own part that of the last. It can loop on long or noisy sound, so pieces are short, tokens are counted, and
words that come three times in a row end the piece.
"""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ivr.audio.level import active_dbfs
from ivr.audio.pcm import Pcm
from ivr.audio.resample import resample_whole
from ivr.audio.tones import noise
from ivr.errors import ModelUnavailable
from ivr.models import chunks
from ivr.models.deadline import due_in, now_ms
from ivr.models.offline import sessions, weights
from ivr.models.offline.pieces import Pieces, said_again
from ivr.models.ports import Transcript
from ivr.models.workers import Job, Workers, cores
from ivr.units import Millis

RATE_HZ = 16_000
START, END = 1, 2
TOKENS_A_SECOND = 6.5
TOKENS_ALWAYS = 8
SILENT_DBFS = -55.0
"""In less than this the model hears words that are not there ("You")."""
SILENCE_AFTER_MS = 300
"""With silence after the last word the model mishears fewer of them, on quiet and on noisy lines: about a seventh."""
PHANTOMS = frozenset(["you", "thank you for watching"])
"""What the model says to sound that holds no words; a caller says neither alone."""
WAITING = 32
LAYERS, HEADS, HEAD_SIZE = 6, 8, 36
_WARM_MS = 30_000

_OWN = [f"{layer}.decoder.{part}" for layer in range(LAYERS) for part in ("key", "value")]
_HEARD = [f"{layer}.encoder.{part}" for layer in range(LAYERS) for part in ("key", "value")]


class Moonshine:
    """A Transcriber on `cores - 1` threads (at least one), with room for `waiting` more utterances."""

    def __init__(self, *, threads: int | None = None, waiting: int = WAITING) -> None:
        """Loads the weights.

        Raises:
            SettingsError: they are missing or altered.
        """
        self._pieces = Pieces(weights.located(weights.MOONSHINE_TOKENIZER).read_bytes())
        self._encoder = sessions.opened(weights.located(weights.MOONSHINE_ENCODER))
        self._decoder = sessions.opened(weights.located(weights.MOONSHINE_DECODER))
        outputs = [output.name for output in self._decoder.get_outputs()]
        self._own_outputs = [outputs.index(f"present.{name}") for name in _OWN]
        self._heard_outputs = [outputs.index(f"present.{name}") for name in _HEARD]
        self._later_outputs = [outputs[0], *(f"present.{name}" for name in _OWN)]
        self._workers = Workers("the recogniser", threads=threads or max(1, cores() - 1), waiting=waiting)

    @property
    def rate_hz(self) -> int:
        return RATE_HZ

    @property
    def workers(self) -> Workers:
        """Where it computes: others may while there is room."""
        return self._workers

    async def start(self) -> None:
        """Runs once, so that the first caller does not pay for it."""
        await self.transcribe(noise(1, 1000, -20, "pink", RATE_HZ), "", due_in(_WARM_MS))

    async def close(self) -> None:
        await self._workers.close()

    async def transcribe(self, chunk: Pcm, expect: str, deadline: Millis) -> Transcript:
        return await self._workers.run(lambda job: self._transcript(chunk, job), deadline)

    def _transcript(self, chunk: Pcm, job: Job) -> Transcript:
        began = now_ms()
        texts: list[str] = []
        scores: list[float] = []
        for piece in chunks.pieces(resample_whole(chunk, RATE_HZ)):
            if active_dbfs(piece) < SILENT_DBFS:
                continue
            try:
                tokens, logs = self._decoded(chunks.padded(piece), job)
            except sessions.FAULTS as error:
                raise ModelUnavailable("the recogniser failed") from error
            text = self._pieces.text(tokens).strip()
            if text.lower().rstrip(".!?") not in PHANTOMS:
                texts.append(text)
                scores += logs
        text = " ".join(" ".join(texts).split())
        return Transcript(text, float(np.mean(scores)) if text else None, Millis(now_ms() - began))

    def _decoded(self, piece: Pcm, job: Job) -> tuple[list[int], list[float]]:
        after = np.zeros(SILENCE_AFTER_MS * RATE_HZ // 1000, np.float32)
        sound = np.concatenate((piece.array().astype(np.float32) / 32768, after))[np.newaxis]
        mask = np.ones(sound.shape, np.int64)
        (heard,) = self._encoder.run(None, {"input_values": sound, "attention_mask": mask})
        fixed = {"encoder_hidden_states": heard, "encoder_attention_mask": mask}
        limit = math.ceil(piece.ms / 1000 * TOKENS_A_SECOND) + TOKENS_ALWAYS
        return self._spelled(fixed, limit, lambda: job.abandoned)

    def _spelled(
        self, fixed: dict[str, Any], limit: int, abandoned: Callable[[], bool]
    ) -> tuple[list[int], list[float]]:
        """The likeliest token at each step, and its log-probability; the end token is scored but not returned."""
        tokens: list[int] = []
        logs: list[float] = []
        given = fixed | _memory() | {"use_cache_branch": np.array([False])}
        last, outputs = START, None
        while len(tokens) < limit:
            if abandoned():
                raise ModelUnavailable("the recogniser was not waited for")
            answer = self._decoder.run(outputs, given | {"input_ids": np.array([[last]], np.int64)})
            last, log = _likeliest(answer[0][0, -1])
            logs.append(log)
            if last == END:
                break
            tokens.append(last)
            if again := said_again(tokens, self._pieces.counts):
                return tokens[:-again], logs[:-again]
            given = self._following(given, answer, first=outputs is None)
            outputs = self._later_outputs
        return tokens, logs

    def _following(self, given: dict[str, Any], answer: list[Any], *, first: bool) -> dict[str, Any]:
        if first:
            heard = {f"past_key_values.{n}": answer[i] for n, i in zip(_HEARD, self._heard_outputs, strict=True)}
            own = {f"past_key_values.{n}": answer[i] for n, i in zip(_OWN, self._own_outputs, strict=True)}
            return given | heard | own | {"use_cache_branch": np.array([True])}
        return given | {f"past_key_values.{n}": memory for n, memory in zip(_OWN, answer[1:], strict=True)}


def _memory() -> dict[str, NDArray[np.float32]]:
    own = np.zeros((1, HEADS, 0, HEAD_SIZE), np.float32)
    heard = np.zeros((1, HEADS, 1, HEAD_SIZE), np.float32)
    return {f"past_key_values.{n}": own for n in _OWN} | {f"past_key_values.{n}": heard for n in _HEARD}


def _likeliest(logits: NDArray[np.float32]) -> tuple[int, float]:
    best = int(np.argmax(logits))
    return best, -float(np.log(np.exp(logits - logits[best], dtype=np.float32).sum(dtype=np.float64)))
