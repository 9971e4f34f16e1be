"""Every command shown in README and docs is really run, in a copy of the flows, and ends as the page says.

A ```console block shows commands behind `$` with what they print; a ```sh block commands alone. `# exit 1` behind a
command tells its exit code, else 0. The files a page shows whole are laid out first. What needs a server, time or a
network is marked `<!-- not run: why -->` above its block; those marks are counted, so that none is added unseen.
"""

import asyncio
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))

from pages import ROOT, Block, blocks, pages

from ivr.sim.served import Served

NOT_RUN = {"README.md": 5, "administrators.md": 9, "contributors.md": 3, "telephone.md": 1}
"""Blocks of each page whose commands are not run."""
SAME_EVERYWHERE = re.compile(r"ivr (check|test|help|chat)\b|\| ivr chat\b")
"""Commands whose output is that of the page on every machine, but for numbers."""


@dataclass(frozen=True, slots=True)
class Shown:
    """One command of a block, the output that stands behind it, and the exit code it should have."""

    block: Block
    command: str
    output: tuple[str, ...]
    code: int


def commands(block: Block) -> Iterator[Shown]:
    if block.language == "sh":
        for line in block.lines:
            if line.strip() and not line.startswith("#"):
                yield _shown(block, line, ())
        return
    found: list[tuple[str, list[str]]] = []
    for line in block.lines:
        if line.startswith("$ "):
            found.append((line[2:], []))
        elif found:
            found[-1][1].append(line)
    for command, output in found:
        yield _shown(block, command, tuple(output))


def _shown(block: Block, command: str, output: tuple[str, ...]) -> Shown:
    match = re.search(r"#\s*exit (\d+)", command)
    return Shown(block, command, output, int(match[1]) if match else 0)


def run_blocks(page: Path) -> list[Block]:
    return [block for block in blocks(page) if block.language in ("console", "sh") and block.not_run is None]


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with one call in it, made over a real websocket."""
    folder = tmp_path_factory.mktemp("kept")
    data = folder / "data"

    async def place() -> None:
        arguments = ["--engines", "instant", "--project", str(ROOT / "flows"), "--flow", "bench"]
        environment = {"IVR_DATA_DIR": str(data), "TWILIO_AUTH_TOKEN": None, "IVR_CONFIG": None}
        async with Served(arguments, environment=environment) as served:
            told = await asyncio.to_thread(_bash, f"ivr call --url {served.url} --json", folder, folder)
            assert told.returncode == 0, told.stderr

    asyncio.run(place())
    return data


def _bash(command: str, folder: Path, data: Path) -> subprocess.CompletedProcess[str]:
    ours = {name: value for name, value in os.environ.items() if not name.startswith(("IVR_", "TWILIO_"))}
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    environment = {**ours, "PATH": path, "IVR_DATA_DIR": str(data), "NO_COLOR": "1", "COLUMNS": "120", "PORT": "0"}
    return subprocess.run(
        ["bash", "-c", command],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        stdin=subprocess.DEVNULL,
    )


@pytest.mark.parametrize("page", [page for page in pages() if run_blocks(page)], ids=lambda page: page.name)
def test_commands_do_what_the_page_shows(page: Path, kept: Path, tmp_path: Path) -> None:
    shutil.copytree(ROOT / "flows", tmp_path / "flows")
    shutil.copytree(kept, tmp_path / "data")
    for block in blocks(page):
        if block.file is not None:
            path = tmp_path / block.file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("\n".join(block.lines) + "\n", encoding="utf-8")
    for block in run_blocks(page):
        for shown in commands(block):
            done = _bash(shown.command, tmp_path, tmp_path / "data")
            told = f"{block.where}: {shown.command}\n{done.stdout}{done.stderr}"
            assert done.returncode == shown.code, told
            if SAME_EVERYWHERE.search(shown.command):
                _compare(shown, done.stdout + done.stderr, told)


def _compare(shown: Shown, printed: str, told: str) -> None:
    """Each line of the page was printed, numbers apart; a line with … in its beginnings, and … alone is anything."""
    lines = [_plain(line) for line in printed.splitlines()]
    for line in shown.output:
        wanted = [re.escape(_plain(part)) for part in line.split("…")]
        pattern = re.compile(".*".join(wanted))
        assert any(pattern.fullmatch(one) for one in lines), f"not printed: {line}\n{told}"


def _plain(line: str) -> str:
    return re.sub(r"\d+(\.\d+)?", "0", line.rstrip())


def test_what_is_not_run_is_counted() -> None:
    counted = {
        page.name: number for page in pages() if (number := sum(block.not_run is not None for block in blocks(page)))
    }
    assert counted == NOT_RUN
