"""A cough over a prompt, and then words over it: one telephone call with sound, on the embedded engines."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from bench import noises
from bench.voice import spoken
from ivr.audio.pcm import Pcm
from ivr.sim import Dialling, Phone, caller_speech
from ivr.sim.served import Served
from ivr.store import Calls, KeptNote, Turn, Turns, open_database
from ivr.units import LINE_RATE_HZ, CallSid

PROJECT = """
schema: callflow/1
project: cough
zone: Etc/UTC
entry: {default: cough}
"""
FLOW = """
schema: callflow/1
flow: cough
about: One long question.
start: question
slots:
  reason:
    type: choice
    options: {bill: {hear: [my bill, billing]}, fault: {hear: [a fault, an outage]}}
    ask: "If it is about your bill, or about a payment that you made in the last thirty days, say billing. If your line
      is slow, or nothing works at all, say fault, and have the number of your modem at hand; it stands on a sticker at
      its back."
nodes:
  question: [{ask: reason}, {end: "{reason}."}]
"""
COUGHED_MS, SPOKE_MS = 2500, 3500
TRIES = 2
"""The embedded voice never speaks alike twice, and the recogniser may mishear it."""


def coughs() -> bytes:
    """Two, one after the other."""
    return caller_speech(Pcm.of(noises.made(2)["two coughs"].array().astype(np.float64), LINE_RATE_HZ))


async def call(folder: Path) -> tuple[list[Turn], list[KeptNote], int]:
    """What the server kept, and how often it took something back."""
    project = folder / "flows" / "cough"
    project.mkdir(parents=True)
    (project / "project.yaml").write_text(PROJECT)
    (project / "cough.flow.yaml").write_text(FLOW)
    environment = {"IVR_DATA_DIR": str(folder / "data"), "TWILIO_AUTH_TOKEN": None, "IVR_CONFIG": None}
    arguments = ["--engines", "embedded", "--project", str(folder / "flows"), "--flow", "cough"]
    async with Served(arguments, environment=environment) as served:
        phone = Phone(Dialling(served.url))
        async with asyncio.TaskGroup() as tasks:
            calling = tasks.create_task(phone.call())
            await phone.on_line.wait()
            await until(phone, lambda: phone.playback.end_ms > 0)
            began_ms = phone.now()
            await until(phone, lambda: phone.now() >= began_ms + COUGHED_MS)
            await phone.speak(coughs()).done.wait()
            await until(phone, lambda: phone.now() >= began_ms + COUGHED_MS + SPOKE_MS)
            await phone.speak(spoken("I am calling about my bill")).done.wait()
            await calling
    database = open_database(folder / "data")
    try:
        row = await Calls(database).by_sid(CallSid(phone.call_sid))
        assert row is not None
        turns = Turns(database)
        return await turns.turns(row.id), await turns.notes(row.id), len(phone.playback.clears)
    finally:
        await database.close()


async def until(phone: Phone, holds: Callable[[], bool]) -> None:
    deadline_ms = phone.now() + 15_000
    while not holds() and phone.now() < deadline_ms and phone.end is None:  # noqa: ASYNC110
        await asyncio.sleep(0.01)


@pytest.mark.speech
def test_a_cough_does_not_take_the_floor_and_words_do(tmp_path: Path) -> None:
    for number in range(TRIES):
        turns, notes, clears = asyncio.run(call(tmp_path / str(number)))
        if [turn.who for turn in turns] == ["bot", "bot", "caller", "bot"]:
            break
    first, rest, answer, last = turns
    assert clears == 2
    assert [note.what for note in notes].count("interrupted, went on") == 1
    assert first.interrupted
    assert first.generated.startswith(first.heard)
    assert first.generated.endswith(rest.generated)
    assert len(first.generated) > len(rest.generated)
    begins = len(first.generated) - len(rest.generated)
    assert begins <= len(first.heard) + 1, "something was left out"
    assert rest.interrupted
    assert rest.generated.startswith(rest.heard)
    assert rest.at_ms - (first.end_ms or 0) < 1500 + 400
    assert "bill" in answer.words.lower()
    assert "bill" in last.generated.lower()
