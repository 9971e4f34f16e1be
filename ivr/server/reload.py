"""Flows changed on disk are taken for new calls, while the server runs; broken ones never are.

A call keeps the version it began with. A change counts once the files are still for a moment, so that a half-written
one is not read. What could not be taken is told once, with every mistake in the log and the first at /readyz.
"""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Final, Protocol

import structlog

from ivr import metrics
from ivr.errors import FlowError, SettingsError, ToolError
from ivr.flow.flow import Bundle
from ivr.server.flows import Flows, load_bundle

log = structlog.get_logger("ivr.server")

LOOK_EVERY_S: Final = 1.0
Stamp = tuple[tuple[str, int, int], ...]


class Adopts(Protocol):
    async def adopt(self, bundle: Bundle) -> None:
        """Makes a version ready for calls. Raises: ToolError."""
        ...


class Reload:
    def __init__(
        self,
        flows: Flows,
        process: Adopts,
        folder: Path | None,
        flow: str | None,
        environment: Mapping[str, str],
        every_s: float = LOOK_EVERY_S,
    ) -> None:
        """`folder` and `flow` as for `load_bundle`. `every_s`: how often the files are looked at."""
        self._flows = flows
        self._process = process
        self._folder = folder
        self._flow = flow
        self._environment = environment
        self._every_s = every_s

    async def run(self) -> None:
        seen = await asyncio.to_thread(self._stamp)
        if self._flows.bundle.hash != await asyncio.to_thread(self._hash):
            seen = ()  # changed between the server's start and now
        pending: Stamp | None = None
        while True:
            await asyncio.sleep(self._every_s)
            stamp = await asyncio.to_thread(self._stamp)
            if stamp == seen:
                pending = None
            elif stamp != pending:
                pending = stamp  # somebody may still be writing
            else:
                seen, pending = stamp, None
                await self.take()

    async def take(self) -> None:
        """Reads the files and takes them for new calls, if there is nothing wrong with them."""
        try:
            bundle = await asyncio.to_thread(load_bundle, self._folder, self._flow, self._environment)
            if bundle.hash != self._flows.bundle.hash:
                await self._process.adopt(bundle)
        except (FlowError, SettingsError, ToolError, OSError) as fault:
            self._flows.refused = str(fault).splitlines()[0]
            metrics.FLOW_RELOADS.labels("refused").inc()
            log.error("changed flows are not taken, new calls get the version before", why=str(fault))
            return
        self._flows.refused = None
        if bundle.hash == self._flows.bundle.hash:
            return
        self._flows.take(bundle)
        metrics.FLOW_RELOADS.labels("taken").inc()
        log.info("changed flows are taken for new calls", project=bundle.project, version=bundle.hash[:12])

    def _hash(self) -> str:
        try:
            return load_bundle(self._folder, self._flow, self._environment).hash
        except (FlowError, SettingsError, OSError):
            return ""

    def _stamp(self) -> Stamp:
        """What tells that a file was changed, added or taken away."""
        found = []
        root = Path(self._flows.bundle.folder)
        what = ("*.yaml", "*.csv", "prompts/*.yaml", "sounds/**/*.wav", "tools/**/*.py")
        paths = [path for pattern in what for path in root.glob(pattern)]
        for path in sorted(paths):
            try:
                about = path.stat()
            except OSError:
                continue
            found.append((path.as_posix(), about.st_mtime_ns, about.st_size))
        return tuple(found)
