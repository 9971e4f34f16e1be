"""Several processes on one port, and the supervisor that starts them, restarts those that die and ends them all.

The supervisor answers nothing itself. It holds the port, bound and not listening, hands each worker the settings and
the flows as they were at its own start, so that a worker that takes a dead one's place speaks of the same versions, and
speaks to each through a pipe: when it dies itself, the pipe closes, and its workers let their calls end and go.
"""

import json
import os
import pickle
import selectors
import signal
import socket
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Final

import structlog

from ivr.errors import FlowError, SettingsError
from ivr.flow.flow import Bundle
from ivr.server.common_room import common_room, forget_worker
from ivr.server.flows import load_bundle
from ivr.server.port import bind, listening_at
from ivr.settings import Settings

log = structlog.get_logger("ivr.server")

DRAIN: Final = b"d"
NOW: Final = b"n"
MOST_DEATHS: Final = 5
DEATHS_WITHIN_S: Final = 60.0
"""More deaths than that in such a time, and no other worker is started: something is wrong that a start cannot cure."""
FIRST_WAIT_S: Final = 0.25
"""Before the second restart in DEATHS_WITHIN_S; doubled for each further one. The first is at once."""
LAST_WAIT_S: Final = 20.0
"""A worker that was told to go now, or whose drain time is over, is killed after this."""
GAVE_UP: Final = 4
"""Exit code: workers died again and again."""
_FLOWS_HAVE_MISTAKES: Final = 1


@dataclass(frozen=True, slots=True)
class Order:
    """What a worker needs to know, handed to it through its pipe."""

    number: int
    settings: Settings
    bundle: Bundle
    port: int
    report: int
    """The file it reports to: one JSON object when it is ready, or cannot be."""


@dataclass(slots=True)
class _Worker:
    number: int
    process: subprocess.Popen[bytes]
    report: int
    ready: bool = False
    heard: bytes = b""
    gone: int | None = None
    """How it ended, as `subprocess` counts; None while it lives."""


@dataclass(slots=True)
class _Fault:
    """Why a worker could not start, in words, and with which exit code."""

    text: str
    code: int


def supervise(settings: Settings, ready: Callable[[str], None]) -> int:
    """Runs `settings.workers` workers until a signal ends them; gives the exit code. `ready` is given the address once
    all of them take calls.

    Raises: SettingsError, FlowError, StoreError: what keeps the server from starting, in words.
    """
    bundle = load_bundle(settings.project, settings.flow, os.environ)
    with bind(settings.host, settings.port) as sock, common_room() as room:
        # Taken alone first, so that a port another server has is refused; shared with our workers from here on.
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        port = sock.getsockname()[1]
        crew = _Crew(settings, bundle, port, room.folder, room.lock, lambda: ready(listening_at(settings.host, sock)))
        with _signals(crew) as woken:
            return crew.run(woken)


@dataclass(slots=True)
class _Crew:
    settings: Settings
    bundle: Bundle
    port: int
    room: Path
    lock: int
    ready: Callable[[], None]
    signals: deque[int] = field(default_factory=deque)
    workers: dict[int, _Worker] = field(default_factory=dict)
    """By number; a number without a worker waits for one."""
    restarts: dict[int, float] = field(default_factory=dict)
    """Number to when its next worker is started, by time.monotonic()."""
    deaths: deque[float] = field(default_factory=deque)
    all_ready: bool = False
    fault: _Fault | None = None
    stopping: bytes = b""
    """What the workers were told last: nothing, DRAIN or NOW."""
    kill_at: float = float("inf")
    exit_code: int = 0
    selector: selectors.BaseSelector = field(default_factory=selectors.DefaultSelector)

    def run(self, woken: socket.socket) -> int:
        """Until the last worker is gone."""
        self.selector.register(woken, selectors.EVENT_READ)
        now = time.monotonic()
        self.restarts = dict.fromkeys(range(1, self.settings.workers + 1), now)
        while self.workers or self.restarts:
            for key, _ in self.selector.select(self._wait_s()):
                if key.data is None:
                    woken.recv(4096)
                else:
                    self._hear(key.data)
            while self.signals:
                self._signalled(self.signals.popleft())
            self._bury()
            self._start_due()
            self._kill_late()
        self.selector.close()
        if self.fault is not None:
            kind = FlowError if self.fault.code == _FLOWS_HAVE_MISTAKES else SettingsError
            raise kind(self.fault.text)
        return self.exit_code

    def _wait_s(self) -> float | None:
        due = min((*self.restarts.values(), self.kill_at))
        return None if due == float("inf") else max(0.0, due - time.monotonic())

    # ---- starting

    def _start_due(self) -> None:
        now = time.monotonic()
        for number in [one for one, at in self.restarts.items() if at <= now]:
            del self.restarts[number]
            self.workers[number] = self._start(number)

    def _start(self, number: int) -> _Worker:
        ours, theirs = os.pipe()
        try:
            process = subprocess.Popen(
                [sys.executable, *_safe_path(), "-m", "ivr.server.worker"],
                stdin=subprocess.PIPE,
                pass_fds=(theirs, self.lock),
                env={**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(self.room)},
                process_group=0,  # a Ctrl-C at the terminal is for the supervisor, who tells the workers
            )
        finally:
            os.close(theirs)
        order = pickle.dumps(Order(number, self.settings, self.bundle, self.port, theirs))
        worker = _Worker(number, process, ours)
        self.selector.register(ours, selectors.EVENT_READ, worker)
        self._tell(worker, len(order).to_bytes(8, "big") + order)
        if self.stopping:
            self._tell(worker, self.stopping)
        return worker

    def _tell(self, worker: _Worker, what: bytes) -> None:
        assert worker.process.stdin is not None
        with suppress(BrokenPipeError):  # it died; that is seen to elsewhere
            worker.process.stdin.write(what)
            worker.process.stdin.flush()

    def _hear(self, worker: _Worker) -> None:
        """A report, or the end of it: the worker is ready, cannot be, or is gone."""
        said = os.read(worker.report, 65_536)
        worker.heard += said
        *lines, worker.heard = worker.heard.split(b"\n")
        for line in lines:
            self._reported(worker, json.loads(line))
        if not said:
            self.selector.unregister(worker.report)
            os.close(worker.report)
            worker.report = -1

    def _reported(self, worker: _Worker, report: dict[str, object]) -> None:
        if "fault" not in report:
            worker.ready = True
            if not self.all_ready and len(self.workers) == self.settings.workers and self._each_is_ready():
                self.all_ready = True
                self.ready()
            return
        if self.all_ready:
            log.error("a worker cannot start", worker=worker.number, why=str(report["fault"]))
        elif self.fault is None:  # all of them find the same; it is told once
            self.fault = _Fault(str(report["fault"]), int(str(report["code"])))
            self._stop(NOW)

    def _each_is_ready(self) -> bool:
        return all(one.ready for one in self.workers.values())

    # ---- ending

    def _signalled(self, number: int) -> None:
        if number == signal.SIGCHLD:
            return
        if self.stopping:
            self._stop(NOW)
            return
        log.info("draining", workers=len(self.workers), seconds=self.settings.drain_seconds)
        self._stop(DRAIN)

    def _stop(self, how: bytes) -> None:
        self.stopping = how
        self.restarts.clear()
        rest_s = LAST_WAIT_S if how == NOW else self.settings.drain_seconds + LAST_WAIT_S
        self.kill_at = time.monotonic() + rest_s
        for worker in self.workers.values():
            self._tell(worker, how)

    def _kill_late(self) -> None:
        if time.monotonic() < self.kill_at:
            return
        self.kill_at = float("inf")
        for worker in self.workers.values():
            log.error("a worker did not end in time and is killed", worker=worker.number, pid=worker.process.pid)
            worker.process.kill()

    def _bury(self) -> None:
        """All who are dead: our workers, and, where we are the first process of a container, those nobody else waits
        for."""
        by_pid = {worker.process.pid: worker for worker in self.workers.values()}
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            worker = by_pid.get(pid)
            if worker is not None:
                worker.process.returncode = os.waitstatus_to_exitcode(status)
                self._died(worker)

    def _died(self, worker: _Worker) -> None:
        while worker.report >= 0:  # its last words
            self._hear(worker)
        del self.workers[worker.number]
        assert worker.process.stdin is not None
        with suppress(BrokenPipeError):
            worker.process.stdin.close()
        forget_worker(self.room, worker.process.pid)
        if self.stopping:
            return
        code = worker.process.returncode
        if worker.ready and code == 0:  # it was told to drain by somebody else: another takes its place
            log.info("a worker ended; another takes its place", worker=worker.number, pid=worker.process.pid)
            self.restarts[worker.number] = time.monotonic()
        else:
            self._restart(worker.number, worker.process.pid, code)

    def _restart(self, number: int, pid: int, code: int) -> None:
        now = time.monotonic()
        self.deaths.append(now)
        while self.deaths[0] < now - DEATHS_WITHIN_S:
            self.deaths.popleft()
        dead = len(self.deaths)
        if dead > MOST_DEATHS:
            log.error("workers died again and again: no other is started, and the server ends", count=dead, code=code)
            self.exit_code = GAVE_UP
            self._stop(DRAIN)
            return
        wait_s = 0.0 if dead == 1 else FIRST_WAIT_S * 2 ** (dead - 2)
        log.error("a worker died; another takes its place", worker=number, pid=pid, code=code, seconds=wait_s)
        self.restarts[number] = now + wait_s


def _safe_path() -> list[str]:
    """A worker looks for modules in the working folder only if we do ourselves."""
    return [] if {"", str(Path.cwd())} & set(sys.path[:1]) else ["-P"]


@contextmanager
def _signals(crew: _Crew) -> Iterator[socket.socket]:
    """Those that end us, and the death of a child, wake the crew's loop through the socket."""
    ours, theirs = socket.socketpair()
    for one in (ours, theirs):
        one.setblocking(False)

    def note(number: int, _frame: FrameType | None) -> None:
        crew.signals.append(number)

    before = {one: signal.signal(one, note) for one in (signal.SIGTERM, signal.SIGINT, signal.SIGCHLD)}
    woken_before = signal.set_wakeup_fd(theirs.fileno(), warn_on_full_buffer=False)
    try:
        with ours, theirs:
            yield ours
    finally:
        signal.set_wakeup_fd(woken_before)
        for number, handler in before.items():
            signal.signal(number, handler)
