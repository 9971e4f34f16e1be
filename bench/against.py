"""Another revision's sources beside the present ones, for a comparison inside one run."""

import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.machine import ROOT


@contextmanager
def checked_out(revision: str) -> Iterator[Path]:
    """A working tree of it, gone afterwards. Raises: RuntimeError: there is no such revision here."""
    with tempfile.TemporaryDirectory(prefix="ivr-against-") as folder:
        tree = Path(folder) / "tree"
        _git("worktree", "add", "--detach", "--quiet", str(tree), revision)
        try:
            yield tree
        finally:
            _git("worktree", "remove", "--force", str(tree))


def _git(*arguments: str) -> None:
    told = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True)
    if told.returncode != 0:
        raise RuntimeError(told.stderr.strip() or f"git {arguments[0]} failed")
