"""Calls over lines that are worse than they should be, on a real socket with real speech: what the server says of each.

How quick the machine is that runs the test is no part of it: what a slow one adds is left out.
"""

import asyncio
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bench.voice import spoken
from ivr import metrics
from ivr.audio import mulaw
from ivr.audio.pcm import Pcm
from ivr.call.line_report import LineReport, Side, Trouble, report_of
from ivr.cli.calls import app
from ivr.sim.dialling import Dialling
from ivr.sim.fake_twilio import Phone
from ivr.sim.line import Line, LineSettings
from ivr.store import CallRow
from tests.server.carrier import ACCOUNT, until
from tests.server.conftest import Server

LINE = "I would like to know how much is left on my account, and when the next payment is due, if you please."
WORDS_BYTES, BREATH_BYTES = 8 * 680, 8 * 320
OF_THE_SOUND = frozenset(
    {Trouble.LOSS, Trouble.ENCODING, Trouble.OFFSET, Trouble.CLIPPING, Trouble.QUIET, Trouble.LOUD, Trouble.NOISE}
)
"""The others come and go with the pace of this machine."""


@pytest.fixture(scope="module")
def speech() -> bytes:
    """Seven seconds of a caller at -22 dBFS, who takes a breath in each: where a second of the stream begins depends on
    how quick this machine is, and noise is measured beside speech."""
    said = spoken(LINE)
    words = (said[at : at + WORDS_BYTES] for at in range(0, len(said), WORDS_BYTES))
    return b"".join(part + mulaw.SILENCE * BREATH_BYTES for part in words)


def louder(sound: bytes, db: float) -> bytes:
    """What does not fit the scale is cut off, as an overdriven microphone does."""
    return mulaw.encode(Pcm.of(mulaw.decode(sound).array() * 10 ** (db / 20), 8000))


async def called(server: Server, sound: bytes, line: LineSettings) -> CallRow:
    phone = Phone(Dialling(server.url, account_sid=ACCOUNT), line=Line(line))
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(phone.call())
        await phone.on_line.wait()
        await until(lambda: phone.playback.end_ms > 0)
        await phone.speak(sound).done.wait()
        phone.hang_up()
    return await server.ended(phone.call_sid)


def of_the_sound(row: CallRow) -> LineReport:
    return report_of([one for one in report(row).findings if one.trouble in OF_THE_SOUND])


async def test_each_line_gets_its_verdict_and_the_reviewer_reads_it(server: Server, speech: bytes) -> None:
    before = {side: _verdicts(side) for side in Side}
    lines = {
        "clean": (speech, LineSettings()),
        "missing": (mulaw.SILENCE * len(speech), LineSettings(lost=0.05, missing=True, seed=2)),
        "silenced": (speech, LineSettings(lost=0.06, seed=3)),
        "clipped": (louder(speech, 24), LineSettings()),
        "quiet": (louder(speech, -21), LineSettings()),
        "noisy": (speech, LineSettings(noise_snr_db=9)),
        "uneven": (speech, LineSettings(jitter_ms=250)),
    }
    async with asyncio.TaskGroup() as tasks:
        calls = {name: tasks.create_task(called(server, *line)) for name, line in lines.items()}
    rows = {name: call.result() for name, call in calls.items()}

    found = {name: of_the_sound(row) for name, row in rows.items()}
    assert found["clean"].findings == ()
    expected = {
        "missing": (Side.CARRIER, Trouble.LOSS),
        "silenced": (Side.CARRIER, Trouble.LOSS),
        "clipped": (Side.ROOM, Trouble.CLIPPING),
        "quiet": (Side.ROOM, Trouble.QUIET),
        "noisy": (Side.ROOM, Trouble.NOISE),
    }
    assert {name: (found[name].verdict, found[name].findings[0].trouble) for name in expected} == expected

    clean = report(rows["clean"])
    assert clean.speech_dbfs is not None and abs(clean.speech_dbfs + 22) < 5
    assert clean.encoding == "audio/x-mulaw"
    uneven = report(rows["uneven"])
    assert uneven.latest_ms > 100
    late = {finding.trouble for finding in uneven.findings}
    assert late & {Trouble.JITTER, Trouble.LOOP_LATE}  # the second only where this machine was slow itself
    assert sum(_verdicts(side) - count for side, count in before.items()) == len(rows)

    quiet = rows["quiet"].id
    assert "the caller was hard to hear, speech at -4" in await asyncio.to_thread(_shown, server.data, quiet)
    told = json.loads(await asyncio.to_thread(_shown, server.data, quiet, "--json"))
    assert told["quality"]["line"]["verdict"] == report(rows["quiet"]).verdict.value
    (hard,) = (one for one in told["quality"]["line"]["findings"] if one["trouble"] == "quiet")
    assert hard["seconds"][0][0] <= 2


async def test_a_call_of_two_streams_that_is_handed_over_keeps_how_both_were(server: Server) -> None:
    phone = Phone(Dialling(server.url, account_sid=ACCOUNT, dial_answers=("answered",)))
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(phone.call())
        await phone.on_line.wait()
        await phone.speak(mulaw.SILENCE * 8 * 2200).done.wait()
        phone.drop_stream()
        await until(lambda: phone.streams == 2)
        await phone.speak(mulaw.SILENCE * 8 * 2200).done.wait()
        phone.press("2")
    row = await server.ended(phone.call_sid)
    assert row.outcome == "transferred"
    assert report(row).heard_s >= 4


def report(row: CallRow) -> LineReport:
    assert row.quality is not None and row.quality.line is not None
    return row.quality.line


def _shown(folder: Path, call: str, *more: str) -> str:
    result = CliRunner().invoke(app, ["show", call, "--data", str(folder), *more])
    assert result.exit_code == 0, result.output
    return result.output


def _verdicts(side: Side) -> float:
    return metrics.REGISTRY.get_sample_value("ivr_line_verdicts_total", {"verdict": side.value}) or 0.0
