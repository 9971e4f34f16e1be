import json
import os
import subprocess
import sys
import urllib.request
from pathlib import Path

from ivr.sim.backend import TOKEN_FROM


def test_the_back_end_starts_by_itself_and_says_where(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "ivr.sim.backend", "--port", "0", "--db", str(tmp_path / "crm.db")]
    environment = os.environ | {TOKEN_FROM: "-t"}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            said = process.stdout.readline()
            assert said.startswith("back end on http://127.0.0.1:")
            url = said.removeprefix("back end on ").strip() + "/v1/accounts/12345678"
            request = urllib.request.Request(url, headers={"Authorization": "Bearer -t"})
            with urllib.request.urlopen(request, timeout=10) as answer:
                assert json.load(answer) == {"first": "Ana", "dob": "1980-05-02", "balance": 42.5, "area": "N1"}
        finally:
            process.terminate()
            process.wait(10)
