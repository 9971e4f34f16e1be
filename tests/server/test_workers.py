"""Several workers on one port: any of them takes any webhook or stream, one that dies takes nobody with it."""

import asyncio
import os
import re
import signal
import sqlite3
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from ivr.server.common_room import common_room
from ivr.sim.dialling import Dialling
from ivr.sim.fake_twilio import Phone
from ivr.store import read_journal
from ivr.units import CallId
from tests.server.at_worker import at_worker, workers_of
from tests.server.carrier import ACCOUNT, Carrier, Stream, new_sid, token_of, until
from tests.server.project import write_project
from tests.server.test_process import command, environment

WITHIN_S = 20


@dataclass(slots=True)
class Crew:
    """A supervisor with two workers."""

    process: subprocess.Popen[bytes]
    url: str
    folder: Path

    @property
    def workers(self) -> list[int]:
        return workers_of(self.process.pid)

    def asked(self, question: str, *values: object) -> list[tuple[object, ...]]:
        """Of the calls' database."""
        with closing(sqlite3.connect(self.folder / "data" / "ivr.db")) as database:
            return database.execute(question, values).fetchall()

    def holder(self, call_sid: str) -> object:
        """The process that has the call."""
        found = self.asked(
            "SELECT leases.pid FROM calls JOIN leases ON leases.id = calls.holder WHERE call_sid = ?", call_sid
        )
        return found[0][0] if found else None

    def outcome(self, call_sid: str) -> object:
        return self.asked("SELECT outcome FROM calls WHERE call_sid = ?", call_sid)[0][0]

    def happened(self, call_sid: str) -> list[str]:
        """Kinds of the journal's entries."""
        ((call_id,),) = self.asked("SELECT id FROM calls WHERE call_sid = ?", call_sid)
        return [entry.kind for entry in read_journal(self.folder / "data", CallId(str(call_id)))]

    def said(self, call_sid: str) -> list[object]:
        turns = "turns JOIN calls ON calls.id = turns.call_id"
        rows = self.asked(f"SELECT heard FROM {turns} WHERE call_sid = ? AND who = 'bot' ORDER BY no", call_sid)
        return [row[0] for row in rows]

    async def ended(self, code: int) -> None:
        assert await asyncio.to_thread(self.process.wait, WITHIN_S) == code


@contextmanager
def crew(folder: Path, **more: str) -> Iterator[Crew]:
    if not (folder / "flows").exists():
        write_project(folder / "flows")
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            command(folder, "--workers", "2"),
            env=environment(folder, **more),
            stdout=subprocess.PIPE,
            stderr=log,
        )
    assert process.stdout is not None
    workers: list[int] = []
    try:
        told = process.stdout.readline().decode()
        assert told.startswith("listening on "), (folder / "log").read_text()
        running = Crew(process, told.removeprefix("listening on ").strip(), folder)
        workers = running.workers
        assert len(workers) == 2
        yield running
    finally:
        if process.poll() is None:
            workers = workers_of(process.pid)
            process.kill()
        for pid in workers:
            if lives(pid):
                os.kill(pid, signal.SIGKILL)
        process.wait()
        process.stdout.close()


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crew]:
    """For tests that leave it as it was: two calls at once."""
    with crew(tmp_path_factory.mktemp("shared"), IVR_MAX_CALLS="2") as running:
        yield running


def lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def common_room_of(pid: int) -> Path:
    variables = dict(one.split("=", 1) for one in Path(f"/proc/{pid}/environ").read_text().split("\0") if "=" in one)
    return Path(variables["PROMETHEUS_MULTIPROC_DIR"])


@asynccontextmanager
async def doors(running: Crew) -> AsyncIterator[tuple[Carrier, Carrier]]:
    """One to each worker."""
    async with AsyncExitStack() as stack:
        one, two = [await stack.enter_async_context(at_worker(running.url, pid)) for pid in running.workers]
        yield one, two


@asynccontextmanager
async def on_line(carrier: Carrier, sid: str, token: str) -> AsyncIterator[Stream]:
    async with carrier.stream(sid) as stream:
        await stream.start(token)
        await until(lambda: stream.sound > 0)
        await stream.quiet()
        yield stream


async def metric(carrier: Carrier, name: str) -> float:
    text = (await carrier.client.get("/metrics")).text
    return sum(float(number) for number in re.findall(rf"^{name}(?:{{.*}})? (\S+)$", text, re.MULTILINE))


async def test_each_step_of_a_call_may_come_to_another_worker(shared: Crew) -> None:
    async with doors(shared) as (one, two):
        running, sid = shared, new_sid()
        ended_before = await metric(one, "ivr_calls_total")
        async with asyncio.TaskGroup() as tasks:
            asked = [tasks.create_task(door.ask("/twilio/voice", sid)) for door in (one, two, one, two)]
        (answer,) = {each.result() for each in asked}
        async with on_line(two, sid, token_of(answer)) as stream:
            await until(lambda: running.holder(sid) == running.workers[1])
            assert [await metric(door, "ivr_calls_active") for door in (one, two)] == [1, 1]
            await stream.press("2")
            assert await stream.closed() == 1000
        assert "+15550107788</Number>" in await one.ask("/twilio/resume", sid)
        async with asyncio.TaskGroup() as tasks:  # the carrier reports twice, at once
            asked = [
                tasks.create_task(door.ask("/twilio/transfer", sid, DialCallStatus="no-answer")) for door in (one, two)
            ]
        tokens = [token_of(each.result()) for each in asked]
        async with on_line(one, sid, tokens[1]) as stream:
            await until(lambda: running.holder(sid) == running.workers[0])
            stream.lose()
        async with on_line(two, sid, token_of(await two.ask("/twilio/resume", sid))) as stream:
            await stream.press("3")
            assert await stream.closed() == 1000
        assert "<Hangup" in await one.ask("/twilio/resume", sid)
        await two.post("/twilio/status", {"CallSid": sid, "CallStatus": "completed", "SequenceNumber": "4"})
        await until(lambda: running.outcome(sid) == "completed")
        assert [await metric(door, "ivr_calls_total") for door in (one, two)] == [ended_before + 1] * 2
        asks = "What do you wish?"
        assert running.said(sid) == [
            *("Hello there.", asks, "Nobody is there.", "Very well.", asks, "Sorry the line was lost.", asks),
            "Goodbye.",
        ]


async def test_calls_are_counted_over_all_workers_and_no_seat_stays_behind(shared: Crew) -> None:
    async with doors(shared) as (one, two):
        running = shared
        first, second = new_sid(), new_sid()
        tokens = [await one.voice(first), await one.voice(second)]
        assert 'reason="busy"' in await two.ask("/twilio/voice", new_sid())  # two seats at the other
        async with on_line(two, first, tokens[0]) as stream, on_line(two, second, tokens[1]):
            for door in (one, two):
                assert 'reason="busy"' in await door.ask("/twilio/voice", new_sid())
            await stream.press("3")
            assert await stream.closed() == 1000
            await until(lambda: running.outcome(first) == "completed")
            third = new_sid()
            await one.voice(third)
            await one.post("/twilio/status", {"CallSid": third, "CallStatus": "canceled", "SequenceNumber": "1"})


async def held(phone: Phone, running: Crew) -> object:
    """The worker that has this call."""
    await until(lambda: phone.playback.end_ms > 0, WITHIN_S)
    await until(lambda: running.holder(phone.call_sid) in running.workers)
    return running.holder(phone.call_sid)


async def refuses(door: Carrier) -> None:
    """It drains: it is unready, and a new call hears busy."""
    while (await door.client.get("/readyz")).status_code == 200:  # noqa: ASYNC110
        await asyncio.sleep(0.02)
    assert 'reason="busy"' in await door.ask("/twilio/voice", new_sid())


async def test_a_worker_that_is_killed_takes_nobody_with_it(tmp_path: Path) -> None:
    """Its call goes on with another; the other's call hears nothing of it; a successor comes."""
    with crew(tmp_path) as running:
        before = running.workers
        phones: dict[object, Phone] = {}
        async with asyncio.TaskGroup() as tasks:
            while len(phones) < 2:
                phone = Phone(Dialling(running.url, account_sid=ACCOUNT))
                tasks.create_task(phone.call())
                holder = await held(phone, running)
                if holder in phones:
                    phone.hang_up()
                else:
                    phones[holder] = phone
            doomed, other = before
            os.kill(doomed, signal.SIGKILL)
            lost, witness = phones[doomed], phones[other]
            await until(lambda: lost.streams == 2, WITHIN_S)
            for phone in (lost, witness):
                phone.press("3")
            await until(lambda: len(running.workers) == 2 and running.workers != before, WITHIN_S)
        assert [phone.end.how if phone.end else None for phone in (lost, witness)] == ["completed"] * 2
        assert (lost.streams, witness.streams) == (2, 1)
        assert witness.faults == [] and witness.playback.underruns == []
        assert "flow.Resumed" in running.happened(lost.call_sid)
        await until(lambda: [running.outcome(phone.call_sid) for phone in (lost, witness)] == ["completed"] * 2)
        (successor,) = set(running.workers) - set(before)
        await until(lambda: len(running.asked("SELECT 1 FROM leases WHERE pid = ?", successor)) == 1, WITHIN_S)
        async with at_worker(running.url, successor) as door:
            ended = await metric(door, "ivr_calls_total")
            assert ended >= 2 and await metric(door, "ivr_calls_active") == 0


async def test_a_signal_drains_every_worker(tmp_path: Path) -> None:
    with crew(tmp_path) as running:
        async with doors(running) as (one, two), one.call() as (_, first):
            async with two.call() as (_, second):
                running.process.send_signal(signal.SIGTERM)
                for door in (one, two):
                    await refuses(door)
                for pid in running.workers:  # a service manager may signal them too
                    os.kill(pid, signal.SIGTERM)
                for stream in (first, second):
                    await stream.asked("1")
                    await stream.quiet()
                    await stream.press("3")
                    assert await stream.closed() == 1000
            await running.ended(0)


async def test_a_port_that_workers_have_is_taken_until_a_second_signal_means_now(tmp_path: Path) -> None:
    with crew(tmp_path) as running:
        port = running.url.rpartition(":")[2]
        for workers in ("1", "2"):
            code, text = await asyncio.to_thread(told, tmp_path, "--port", port, "--workers", workers)
            assert code == 3 and f"cannot listen on 127.0.0.1:{port}" in text and "--port" in text
        async with doors(running) as (one, two), one.call(), two.call():
            workers = running.workers
            running.process.send_signal(signal.SIGINT)
            for door in (one, two):
                await refuses(door)
            running.process.send_signal(signal.SIGINT)
            await running.ended(0)
            assert not any(lives(pid) for pid in workers)


async def test_workers_that_die_again_and_again_end_the_server(tmp_path: Path) -> None:
    with crew(tmp_path) as running:
        async with doors(running) as (_, two), two.call() as (_, stream):
            kept = running.workers[1]
            while not (tmp_path / "log").read_text().count("again and again"):
                for pid in set(running.workers) - {kept}:
                    with suppress(ProcessLookupError):
                        os.kill(pid, signal.SIGKILL)
                await asyncio.sleep(0.05)
            await stream.press("3")  # the other's call is not cut off
            assert await stream.closed() == 1000
            await running.ended(4)


def told(folder: Path, *arguments: str, **more: str) -> tuple[int, str]:
    """With what a server ends that does not start, and what it says, but for its log."""
    ended = subprocess.run(
        command(folder, *arguments), env=environment(folder, **more), capture_output=True, text=True, timeout=30
    )
    return ended.returncode, "".join(line for line in ended.stderr.splitlines(keepends=True) if line[0] != "{")


def test_what_keeps_workers_from_starting_is_told_once_as_by_one_process(tmp_path: Path) -> None:
    write_project(tmp_path / "flows")
    (tmp_path / "flows" / "broken").mkdir()
    (tmp_path / "flows" / "broken" / "project.yaml").write_text("schema: callflow/1\nproject: broken\n")
    for arguments, code in ((["--engines", "wonderful"], 3), (["--flow", "broken"], 1)):
        alone = told(tmp_path, *arguments)
        assert alone[0] == code
        assert told(tmp_path, "--workers", "2", *arguments) == alone


def test_more_workers_than_sqlite_serves_are_refused(tmp_path: Path) -> None:
    write_project(tmp_path / "flows")
    code, text = told(tmp_path, "--workers", "5")
    assert code == 3 and "flag --workers" in text and "DATABASE_URL" in text


async def test_workers_whose_supervisor_was_killed_let_their_calls_end_and_go(shared: Crew) -> None:
    """The last test of this one's."""
    async with doors(shared) as (one, _), one.call() as (_, stream):
        busy, idle = shared.workers
        room = common_room_of(busy)
        shared.process.kill()
        await until(lambda: not lives(idle))
        with common_room():
            assert room.exists()  # it is in use
        await stream.asked("1")
        await stream.quiet()
        await stream.press("3")
        assert await stream.closed() == 1000
        await until(lambda: not lives(busy))
        with common_room():
            assert not room.exists()
