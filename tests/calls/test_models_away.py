"""A line whose models do not answer, in a process of its own: one telephone call with sound, on what is left."""

import asyncio
import json
import socket
import sys
from pathlib import Path

import pytest

from ivr.sim.served import Served

PROJECT = """
schema: callflow/1
project: house
zone: Etc/UTC
entry: {default: house}
"""
FLOW = """
schema: callflow/1
flow: house
about: Says who we are.
start: hello
nodes:
  hello: [{say: "Hello, this is the harbour office."}, {end: "Goodbye."}]
"""
KEY = "sk-0123456789abcdefghij"


async def called(url: str) -> tuple[int | None, dict[str, object]]:
    """`ivr call`: its exit code and its report."""
    command = ["-m", "ivr", "call", "--url", url, "--json"]
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(sys.executable, *command, stdout=pipe, stderr=pipe)
    told, _ = await process.communicate()
    return process.returncode, json.loads(told)


@pytest.mark.speech
async def test_a_caller_is_served_by_what_is_left_and_one_line_says_why(tmp_path: Path) -> None:
    project = tmp_path / "flows" / "house"
    project.mkdir(parents=True)
    (project / "project.yaml").write_text(PROJECT)
    (project / "house.flow.yaml").write_text(FLOW)
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        environment = {
            "IVR_DATA_DIR": str(tmp_path / "data"),
            "TWILIO_AUTH_TOKEN": None,
            "IVR_CONFIG": None,
            "IVR_ENGINES": None,
            "COMETAPI_API_KEY": None,
            "OPENAI_API_KEY": KEY,
            "OPENAI_BASE_URL": f"http://127.0.0.1:{nobody.getsockname()[1]}/v1",
        }
        async with Served(["--project", str(tmp_path / "flows"), "--flow", "house"], environment=environment) as served:
            code, report = await called(served.url)
            log = served.log.read_text()
    assert code == 0, report
    assert "office" in str(report["turns"]).lower()
    assert KEY not in log
    told = [line for line in log.splitlines() if "Until it answers" in line]
    assert len(told) == 1, log
    assert "openai-speech" in told[0] and "embedded speaks" in told[0]
