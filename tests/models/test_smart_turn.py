"""The judge of finished turns: it hears what its weights were made for, and gives way to the recogniser."""

import asyncio
import importlib.util
import threading
from importlib.metadata import distribution

import numpy as np
import pytest

from ivr.audio.pcm import Pcm
from ivr.audio.tones import noise
from ivr.errors import ModelUnavailable
from ivr.models.deadline import due_in
from ivr.models.offline.smart_turn import RATE_HZ, SAMPLES, SmartTurn, log_mel
from ivr.models.workers import Job, Workers

SOUND = np.random.default_rng(7).normal(scale=0.1, size=3 * RATE_HZ).astype(np.float32)


def test_it_hears_what_the_makers_of_its_weights_let_it_hear() -> None:
    """Their own features, from the file that comes with the weights, are the oracle."""
    path = str(distribution("pipecat-ai").locate_file("pipecat/audio/turn/smart_turn/_whisper_features.py"))
    spec = importlib.util.spec_from_file_location("oracle", path)
    assert spec is not None and spec.loader is not None
    oracle = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(oracle)
    theirs = oracle.compute_whisper_log_mel_features(np.pad(SOUND, (SAMPLES - len(SOUND), 0)))
    assert np.allclose(log_mel(SOUND), theirs, atol=1e-5)


@pytest.fixture(scope="module")
def workers() -> Workers:
    return Workers("the recogniser", threads=1, waiting=4)


@pytest.fixture(scope="module")
def judge(workers: Workers) -> SmartTurn:
    return SmartTurn(workers)


async def test_only_the_last_eight_seconds_count(judge: SmartTurn) -> None:
    whole = noise(5, 12_000, -25, "pink", RATE_HZ)
    last = Pcm(whole.samples[-2 * SAMPLES :], RATE_HZ)
    assert await judge.finished(whole, due_in(10_000)) == await judge.finished(last, due_in(10_000))


async def test_while_the_recogniser_is_at_work_it_is_not_available(judge: SmartTurn, workers: Workers) -> None:
    go_on, begun = threading.Event(), threading.Event()

    def work(job: Job) -> bool:
        begun.set()
        return go_on.wait(10)

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(workers.run(work, due_in(10_000)))
        await asyncio.to_thread(begun.wait, 10)
        with pytest.raises(ModelUnavailable, match="busy"):
            await judge.finished(Pcm(bytes(3200), RATE_HZ), due_in(10_000))
        go_on.set()
    assert await judge.finished(Pcm(bytes(3200), RATE_HZ), due_in(10_000)) >= 0
