"""The real server in the test's own loop, on a free port, with engines that take no time."""

import asyncio
import signal
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
from pydantic import SecretStr

from ivr.audio.pcm import Pcm
from ivr.models.engines import Engines
from ivr.models.offline.instant import InstantSimilarity, InstantTranscriber, speech_like
from ivr.models.offline.silero import Silero
from ivr.models.ports import Voice
from ivr.server.main import run
from ivr.settings import Settings
from ivr.sim.dialling import Dialling
from ivr.sim.fake_twilio import Phone
from ivr.store import CallRow, Calls, Database, Turn, Turns, open_database
from ivr.units import CallSid, Millis
from tests.server.carrier import ACCOUNT, Carrier, until
from tests.server.project import write_project

AUTH_TOKEN = "a-token-of-these-tests"
PUBLIC_URL = "https://calls.example.com"


class ShortVoice:
    """Every sentence is a third of a second of sound."""

    rate_hz = 8000
    streams = False

    def __init__(self) -> None:
        self._sound = speech_like(300, 8000)

    async def speak(self, text: str, voice: Voice, deadline: Millis) -> AsyncGenerator[Pcm, None]:
        yield self._sound


@pytest.fixture(scope="session")
def quick() -> Engines:
    return Engines("quick", InstantTranscriber(), ShortVoice(), InstantSimilarity(), Silero())


@dataclass(slots=True)
class Server:
    """What a test may know of a running server: where it listens, and what it keeps."""

    url: str
    data: Path
    carrier: Carrier
    database: Database

    async def row(self, call_sid: str) -> CallRow | None:
        return await Calls(self.database).by_sid(CallSid(call_sid))

    async def turns(self, call_sid: str) -> list[Turn]:
        row = await self.row(call_sid)
        assert row is not None
        return await Turns(self.database).turns(row.id)

    async def said(self, call_sid: str) -> list[str]:
        """What the caller was told, in order."""
        return [turn.heard for turn in await self.turns(call_sid) if turn.who == "bot"]

    async def said_is(self, call_sid: str, expected: list[str], *, first: int = 0) -> None:
        """What the caller was told from the `first` sentence on is this, once the rows are written."""
        with suppress(TimeoutError):
            async with asyncio.timeout(5):
                while (await self.said(call_sid))[first:] != expected:  # noqa: ASYNC110
                    await asyncio.sleep(0.05)
        assert (await self.said(call_sid))[first:] == expected

    async def has_said(self, call_sid: str, sentence: str) -> None:
        """Returns once the caller was told this."""
        async with asyncio.timeout(10):
            while sentence not in await self.said(call_sid):  # noqa: ASYNC110
                await asyncio.sleep(0.05)

    async def ended(self, call_sid: str) -> CallRow:
        """The row once the call is closed."""
        async with asyncio.timeout(10):
            while (row := await self.row(call_sid)) is None or row.ended_at is None:  # noqa: ASYNC110
                await asyncio.sleep(0.05)
        return row


Serve = Callable[..., Awaitable[Server]]


@asynccontextmanager
async def serving(settings: Settings, engines: Engines) -> AsyncIterator[Server]:
    ready: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    task = asyncio.create_task(run(settings, ready.set_result, engines))
    await asyncio.wait([task, ready], return_when=asyncio.FIRST_COMPLETED)
    if task.done():
        task.result()
    url = ready.result()
    token = settings.auth_token
    carrier = Carrier(url, auth_token=token, public_url=settings.public_url or url)
    database = open_database(settings.data_dir, settings.database_address)
    try:
        yield Server(url, settings.data_dir, carrier, database)
    finally:
        await carrier.client.aclose()
        await database.close()
        signal.raise_signal(signal.SIGTERM)
        signal.raise_signal(signal.SIGTERM)  # now
        await task


@pytest.fixture
async def server(tmp_path: Path, quick: Engines) -> AsyncIterator[Server]:
    """Nothing is signed."""
    async with serving(settings_in(tmp_path), quick) as server:
        yield server


@pytest.fixture
async def signed(tmp_path: Path, quick: Engines) -> AsyncIterator[Server]:
    """Everything must be signed for PUBLIC_URL."""
    settings = settings_in(tmp_path, twilio_auth_token=SecretStr(AUTH_TOKEN), public_url=PUBLIC_URL)
    async with serving(settings, quick) as server:
        yield server


def settings_in(folder: Path, back_end: str = "http://127.0.0.1:9", **more: object) -> Settings:
    project = folder / "flows"
    if not project.exists():
        write_project(project, back_end)
    return Settings.model_validate(
        {
            "port": 0,
            "data_dir": folder / "data",
            "project": project,
            "flow": "tiny",
            "max_calls": 20,
            "late_ms": 5000,
            **more,
        }
    )


@asynccontextmanager
async def witness(server: Server) -> AsyncIterator[Phone]:
    """Another call, on a strict telephone in real time: whatever goes on meanwhile, it is answered each time and its
    sound has no hole."""
    phone = Phone(Dialling(server.url, account_sid=ACCOUNT))
    over = asyncio.Event()

    async def talk() -> int:
        answers = 0
        await until(lambda: phone.playback.end_ms > 0)
        while answers == 0 or not over.is_set():
            await until(lambda: phone.now() > phone.playback.end_ms)
            phone.press("1")
            await until(lambda: phone.playback.end_ms > phone.now())
            answers += 1
        phone.hang_up()
        return answers

    async with asyncio.TaskGroup() as tasks:
        calling = tasks.create_task(phone.call())
        await phone.on_line.wait()
        talking = tasks.create_task(talk())
        try:
            yield phone
        finally:
            over.set()
    assert talking.result() > 0
    assert calling.result().how == "caller_left"
    assert phone.faults == []
    assert phone.playback.underruns == []
    assert phone.streams == 1
    row = await server.ended(phone.call_sid)
    assert row.quality is not None
    assert (row.outcome, row.quality.underruns, row.quality.gaps_ms) == ("caller_left", 0, 0)
