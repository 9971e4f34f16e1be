"""Secrets of the back ends, found by name."""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from ivr.errors import ToolError
from ivr.secret import Secret

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}")


class Secrets:
    """Secret NAME is IVR_SECRET_NAME, or the file named by IVR_SECRET_NAME_FILE, or `secrets/NAME` in the data folder.

    Files are read anew each time, so a changed secret needs no restart.
    """

    def __init__(self, environment: Mapping[str, str], data_dir: Path) -> None:
        self._environment, self._folder = environment, data_dir / "secrets"

    def find(self, name: str) -> Secret:
        """Raises: ToolError that says where it was looked for."""
        if not _NAME.fullmatch(name):
            raise ToolError("the name of a secret is letters, digits and _")
        variable = f"IVR_SECRET_{name}"
        if text := self._environment.get(variable):
            return Secret(text)
        if path := self._environment.get(f"{variable}_FILE"):
            return _read(Path(path), name)
        return _read(self._folder / name, name, f"set {variable} or {variable}_FILE, or write the file secrets/{name}")

    def missing(self, names: Iterable[str]) -> tuple[str, ...]:
        """Those that cannot be found, in order."""
        return tuple(name for name in sorted(names) if not self._has(name))

    def _has(self, name: str) -> bool:
        try:
            self.find(name)
        except ToolError:
            return False
        return True


def _read(path: Path, name: str, fix: str = "the file its variable names cannot be read, or is empty") -> Secret:
    try:
        text = path.read_text("utf-8").strip("\r\n")
    except (OSError, UnicodeDecodeError):
        text = ""
    if not text:
        raise ToolError(f"the secret {name} is missing: {fix}")
    return Secret(text)
