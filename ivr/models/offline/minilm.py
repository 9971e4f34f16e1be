"""How near in meaning two texts are: all-MiniLM-L6-v2 with int8 weights, mean pooling, cosine."""

import threading
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from ivr.errors import ModelUnavailable
from ivr.models.deadline import due_in
from ivr.models.offline import sessions, weights
from ivr.models.workers import Job, Workers, cores
from ivr.units import Millis

TOKENIZER = Path(__file__).with_name("minilm_tokenizer.json")
"""The word pieces of bert-base-uncased (Apache-2.0), as all-MiniLM-L6-v2 carries them; the weights come without."""
LONGEST_TOKENS = 128
WAITING = 32
KEPT_OPTIONS = 4096
"""Options whose embedding is kept: 1.5 kB each."""
_WARM_MS = 30_000

Floats = NDArray[np.float32]


class MiniLm:
    """A Similarity. Options come from flows and are kept once embedded; what a caller said is not."""

    def __init__(self, *, threads: int | None = None, waiting: int = WAITING) -> None:
        """Loads the weights.

        Raises:
            SettingsError: they are missing or altered.
        """
        self._session = sessions.opened(weights.located(weights.MINILM))
        self._tokenizer = Tokenizer.from_str(TOKENIZER.read_text(encoding="utf-8"))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(LONGEST_TOKENS)
        self._kept: OrderedDict[str, Floats] = OrderedDict()
        self._lock = threading.Lock()
        self._workers = Workers("the similarity model", threads=threads or max(1, cores() - 1), waiting=waiting)

    async def start(self) -> None:
        """Runs once, so that the first caller does not pay for it."""
        await self._workers.run(lambda _job: self._embedded("ready"), due_in(_WARM_MS))

    async def close(self) -> None:
        await self._workers.close()

    async def rank(self, text: str, options: Sequence[str], deadline: Millis) -> list[float]:
        return await self._workers.run(lambda job: self._ranked(text, options, job), deadline)

    def _ranked(self, text: str, options: Sequence[str], job: Job) -> list[float]:
        said = self._embedded(text)
        scores = []
        for option in options:
            if job.abandoned:
                raise ModelUnavailable("the similarity model was not waited for")
            scores.append(float(np.clip(said @ self._option(option), -1, 1)))
        return scores

    def _option(self, option: str) -> Floats:
        with self._lock:
            kept = self._kept.get(option)
            if kept is not None:
                self._kept.move_to_end(option)
                return kept
        embedded = self._embedded(option)
        with self._lock:
            self._kept[option] = embedded
            if len(self._kept) > KEPT_OPTIONS:
                self._kept.popitem(last=False)
        return embedded

    def _embedded(self, text: str) -> Floats:
        """[384], of length 1. One text a run: int8 ranges are taken over the whole input, so that a neighbour in the
        same run would change the result."""
        encoded = self._tokenizer.encode(text)
        ids = np.array([encoded.ids], np.int64)
        mask = np.ones_like(ids)
        given = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
        try:
            (hidden,) = self._session.run(None, given)
        except sessions.FAULTS as error:
            raise ModelUnavailable("the similarity model failed") from error
        pooled = hidden[0].mean(axis=0)
        return np.asarray(pooled / np.linalg.norm(pooled), np.float32)
