"""A server of ours in a process of its own, for a call or a load test that brings its own server."""

import asyncio
import os
import re
import signal
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from ivr.errors import SettingsError

READY: Final = re.compile(r"^listening on (http://\S+)", re.MULTILINE)
LOOK_EVERY_S: Final = 0.05
STOP_WITHIN_S: Final = 15.0


class Served:
    """`python -m ivr serve --port 0` with further arguments; `url` once it listens. What it prints is kept in `log`.

    It gets our environment with `environment` over it; None takes a name out. A public address is taken out always:
    the calls come from this machine. It takes them however late it is, since caller and server share the machine.
    `cwd`: where it runs, whose own `ivr`, if there is one, is then the one that runs.
    """

    def __init__(
        self,
        arguments: Sequence[str],
        *,
        environment: Mapping[str, str | None] | None = None,
        cwd: Path | None = None,
        ready_within_s: float = 60.0,
    ) -> None:
        self._arguments, self._cwd, self._ready_within_s = arguments, cwd, ready_within_s
        changed = {**os.environ, "IVR_PUBLIC_URL": None, "IVR_LATE_MS": "60000", **(environment or {})}
        self._environment = {name: value for name, value in changed.items() if value is not None}
        self._process: asyncio.subprocess.Process | None = None
        self.url = ""
        self.log = Path()

    @property
    def pid(self) -> int:
        assert self._process is not None, "the server is not running"
        return self._process.pid

    async def __aenter__(self) -> Self:
        """Starts it.

        Raises:
            SettingsError: it ended, or did not listen in time; the text has its last words.
        """
        descriptor, name = tempfile.mkstemp(prefix="ivr-serve-", suffix=".log")
        self.log = Path(name)
        command = [sys.executable, "-m", "ivr", "serve", "--port", "0", *self._arguments]
        try:
            self._process = await asyncio.create_subprocess_exec(
                *command,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=descriptor,
                stderr=descriptor,
                env=self._environment,
                cwd=self._cwd,
            )
        finally:
            os.close(descriptor)
        try:
            self.url = await self._listening()
        except BaseException:
            await self._stop()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, _e: BaseException | None, _t: TracebackType | None
    ) -> None:
        await self._stop()

    async def _listening(self) -> str:
        deadline = time.monotonic() + self._ready_within_s
        while time.monotonic() < deadline:
            if found := READY.search(self._printed()):
                return found.group(1)
            if self._process is not None and self._process.returncode is not None:
                raise SettingsError(f"the server ended at once ({self._process.returncode}):\n{self._last_words()}")
            await asyncio.sleep(LOOK_EVERY_S)
        raise SettingsError(f"the server did not listen within {self._ready_within_s:g} s:\n{self._last_words()}")

    async def _stop(self) -> None:
        process = self._process
        if process is None or process.returncode is not None:
            return
        process.send_signal(signal.SIGTERM)
        try:
            async with asyncio.timeout(STOP_WITHIN_S):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()

    def _printed(self) -> str:
        return self.log.read_text(errors="replace")

    def _last_words(self) -> str:
        return "\n".join(self._printed().splitlines()[-15:])
