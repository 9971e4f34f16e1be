"""Flows changed while the server runs: new calls get them, running calls keep theirs, broken ones are never taken."""

import asyncio
from pathlib import Path

import pytest

from ivr.audio import tones, wav
from ivr.flow.flow import Bundle
from ivr.server.flows import Flows, load_bundle
from ivr.server.reload import Reload
from tests.flow.test_mistakes import SOUND
from tests.server.conftest import Server


class Process:
    """Takes note of what it is to make ready."""

    def __init__(self) -> None:
        self.adopted: list[str] = []

    async def adopt(self, bundle: Bundle) -> None:
        self.adopted.append(bundle.hash)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "flows" / "shop"
    folder.mkdir(parents=True)
    for file in SOUND.iterdir():
        (folder / file.name).write_text(file.read_text(encoding="utf-8"), encoding="utf-8")
    return tmp_path / "flows"


def watched(root: Path) -> tuple[Flows, Process, Reload]:
    flows, process = Flows(load_bundle(root, "shop", {})), Process()
    return flows, process, Reload(flows, process, root, "shop", {}, every_s=0.01)


def write(root: Path, old: str, new: str) -> None:
    file = root / "shop" / "line.flow.yaml"
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")


def change(folder: Path, old: str, new: str) -> None:
    (file,) = folder.rglob("tiny.flow.yaml")
    file.write_text(file.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")


async def test_a_changed_flow_is_made_ready_and_then_taken_for_new_calls(root: Path) -> None:
    flows, process, reload = watched(root)
    before = flows.of_new_call("+15550100")[0]
    write(root, "Welcome to the shop.", "Good day.")
    await reload.take()
    after = flows.of_new_call("+15550100")[0]
    assert after.hash != before.hash and process.adopted == [after.hash]
    assert before.flows["line"].nodes["welcome"] != after.flows["line"].nodes["welcome"]


async def test_a_broken_flow_is_never_taken_and_the_message_is_kept_until_it_is_right(root: Path) -> None:
    flows, process, reload = watched(root)
    before = flows.bundle
    write(root, "goto: answer", "goto: anwser")
    await reload.take()
    assert flows.bundle is before and process.adopted == []
    assert flows.refused is not None and 'IVR103  There is no node "anwser"' in flows.refused
    write(root, "goto: anwser", "goto: answer")
    await reload.take()
    assert flows.bundle is before and flows.refused is None


async def test_another_recording_is_another_version(root: Path) -> None:
    flows, process, reload = watched(root)
    before = flows.bundle
    folder = Path(before.folder) / "sounds"
    folder.mkdir()
    (folder / "welcome.wav").write_bytes(wav.write(tones.message_tone()))
    await reload.take()
    assert flows.bundle.hash != before.hash and process.adopted == [flows.bundle.hash]
    (folder / "welcome.wav").write_bytes(b"no sound at all")
    await reload.take()
    assert flows.refused is not None and "IVR325" in flows.refused


async def test_files_are_looked_at_while_the_server_runs(root: Path) -> None:
    flows, process, reload = watched(root)
    before = flows.bundle
    async with asyncio.timeout(20), asyncio.TaskGroup() as tasks:
        watching = tasks.create_task(reload.run())
        write(root, "Thank you. Goodbye.", "Bye.")
        while flows.bundle is before:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        watching.cancel()
    assert flows.bundle.hash == load_bundle(root, "shop", {}).hash
    assert process.adopted == [flows.bundle.hash]


async def test_a_server_stays_ready_with_the_version_before_and_says_what_is_wrong(
    server: Server, tmp_path: Path
) -> None:
    change(tmp_path, "start: greeting", "start: greting")
    async with asyncio.timeout(20):
        while True:
            said = (await server.carrier.client.get("/readyz")).json()
            if said["flows"]["refused"]:
                break
            await asyncio.sleep(0.05)
    assert said["ready"] and "IVR103" in said["flows"]["refused"]
    page = (await server.carrier.client.get("/metrics")).text
    assert 'ivr_flow_reloads_total{result="refused"}' in page
