"""A short real run: a server of ours, one call, and the files that are written."""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_a_run_ends_with_a_table_a_json_and_a_picture(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "bench", "--levels", "1", "--seconds", "1", "--no-frame", "--out", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode in (0, 1), done.stderr  # 1: a busy machine had our own frames late
    (data,) = tmp_path.glob("*.json")
    (level,) = json.loads(data.read_text())["levels"]
    assert (level["calls"], level["connected"], level["lost"]) == (1, 1, 0)
    assert level["cpu_ms_per_call_second"] > 0
    assert level["setup_cpu_ms_per_call"] > 0
    assert level["resident_mb"] > 50
    assert level["server_late_share"] is not None
    assert level["refused"] is (done.returncode == 1)
    assert len(list(tmp_path.glob("*.svg"))) == 1
    assert "calls   p50" in done.stdout


def test_what_cannot_be_served_is_told_and_not_measured(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "bench", "--against", "no-such-revision", "--out", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 3
    assert "no-such-revision" in done.stderr
    assert list(tmp_path.iterdir()) == []
