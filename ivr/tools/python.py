"""Tools that are a Python function of the project: `faults.by_area` is `by_area` in its `tools/faults.py`.

Each project, and each version of it, has modules of its own. A plain function runs in a thread; a thread cannot be
stopped, so one that outstays its deadline keeps its place until it is done, and the caller goes on without it.
"""

import asyncio
import importlib.util
import inspect
import itertools
import re
import threading
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any, Final

import structlog

from ivr import metrics
from ivr.errors import ToolError
from ivr.tools.ports import PythonRequest, ToolReply
from ivr.tools.result import Result
from ivr.units import Millis

log = structlog.get_logger("ivr.tools")

THREADS: Final = 8
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_versions = itertools.count(1)


class _FromSource(SourceFileLoader):
    """Always the file as it is: compiled code kept beside it counts as new for a second after a change."""

    def get_code(self, fullname: str) -> CodeType:
        return self.source_to_code(self.get_data(self.path), self.path)


class PythonTools:
    """The functions of one project folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "tools"
        self._prefix = f"ivr_project_{next(_versions)}"
        self._modules: dict[str, ModuleType] = {}
        self._places = asyncio.Semaphore(THREADS)
        self._outstaying = 0
        """Functions whose time is over and whose threads still run."""

    def find(self, module: str, function: str) -> Callable[..., Any]:
        """Raises: ToolError that says what is missing or failed; the file is run the first time."""
        if not _NAME.fullmatch(module) or not _NAME.fullmatch(function):
            raise ToolError("a Python tool is named module.function")
        if module not in self._modules:
            self._modules[module] = self._load(module)
        found = getattr(self._modules[module], function, None)
        if not callable(found):
            raise ToolError(f"tools/{module}.py has no function {function}")
        return found  # type: ignore[no-any-return]

    async def call_tool(self, request: PythonRequest, deadline: Millis) -> ToolReply:
        began_s = time.monotonic()
        until_s = min(deadline / 1000, began_s + request.timeout_ms / 1000)
        started = threading.Event()
        try:
            function = self.find(request.module, request.function)
            async with asyncio.timeout(max(0.0, until_s - began_s)):
                value = await self._run(function, dict(request.arguments), started)
        except TimeoutError:
            reply = ToolReply(error="timeout", sent=started.is_set(), detail="the function was not done in time")
        except ToolError as fault:
            reply = ToolReply(error="refused", sent=False, detail=str(fault))
        except _Raised as fault:
            reply = ToolReply(error="raised", detail=str(fault))
        else:
            reply = _reply(value)
        return replace(reply, ms=round((time.monotonic() - began_s) * 1000))

    def _load(self, module: str) -> ModuleType:
        path = self._folder / f"{module}.py"
        if not path.is_file():
            raise ToolError(f"there is no tools/{module}.py in the project")
        name = f"{self._prefix}_{module}"
        spec = importlib.util.spec_from_file_location(name, path, loader=_FromSource(name, str(path)))
        assert spec is not None and spec.loader is not None
        loaded = importlib.util.module_from_spec(spec)
        try:
            spec.loader.exec_module(loaded)
        except Exception as fault:
            raise ToolError(f"tools/{module}.py cannot be loaded: {_where(fault, path)}") from fault
        return loaded

    async def _run(self, function: Callable[..., Any], arguments: dict[str, object], started: threading.Event) -> Any:
        if inspect.iscoroutinefunction(function):
            started.set()
            try:
                return await function(**arguments)
            except Exception as fault:
                raise _Raised(_where(fault, self._folder)) from None
        if self._outstaying >= THREADS:
            raise ToolError(f"{THREADS} functions that outstayed their time are still running: none more is begun")
        await self._places.acquire()
        return await self._in_thread(function, arguments, started)

    async def _in_thread(
        self, function: Callable[..., Any], arguments: dict[str, object], started: threading.Event
    ) -> Any:
        loop = asyncio.get_running_loop()
        done: asyncio.Future[Any] = loop.create_future()

        def tell(value: Any, fault: Exception | None) -> None:
            self._places.release()
            if done.done():  # its time was over
                self._outstaying -= 1
                metrics.TOOL_THREADS_STUCK.dec()
                return
            if fault is None:
                done.set_result(value)
            else:
                done.set_exception(_Raised(_where(fault, self._folder)))

        def run() -> None:
            value, raised = None, None
            try:
                value = function(**arguments)
            except Exception as fault:
                raised = fault
            with suppress(RuntimeError):  # the loop is closed: nobody waits any more
                loop.call_soon_threadsafe(tell, value, raised)

        started.set()
        # A daemon, so that a function that never ends does not keep the server from ending.
        threading.Thread(target=run, daemon=True, name="tool").start()
        try:
            return await done
        except asyncio.CancelledError:
            if not (done.done() and not done.cancelled()):
                done.cancel()
                self._outstaying += 1
                metrics.TOOL_THREADS_STUCK.inc()
                log.warning("a Python tool outstays its time", tool=function.__name__, count=self._outstaying)
            raise


class _Raised(Exception):
    """The function raised; the text names the kind and the line, and not what it was called with."""


def _reply(value: Any) -> ToolReply:
    if isinstance(value, Result):
        return ToolReply(result=value.name, body=dict(value.values))
    return ToolReply(error="garbage", detail=f"the function returned {type(value).__name__} and not a Result")


def _where(fault: Exception, path: Path) -> str:
    """The kind of an error and the last line of the project's own file it passed."""
    if isinstance(fault, SyntaxError):
        return f"SyntaxError in line {fault.lineno}"
    frames = [one for one in traceback.extract_tb(fault.__traceback__) if one.filename.startswith(str(path))]
    place = f" in {Path(frames[-1].filename).name}, line {frames[-1].lineno}" if frames else ""
    return type(fault).__name__ + place
