"""The machine a run is bound to: its facts, who runs on which core, and how quiet it was meanwhile."""

import os
import platform
import re
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

ROOT: Final = Path(__file__).resolve().parents[1]


@dataclass(frozen=True, slots=True)
class Machine:
    cpu: str
    cores: int
    """Those this process may use."""
    siblings: bool
    """Two of them are threads of one core: less than two cores."""
    memory_gb: float
    system: str
    python: str

    @classmethod
    def this(cls) -> Self:
        cores = CORES
        return cls(
            cpu=_found("/proc/cpuinfo", r"model name\s*: (.+)") or platform.machine(),
            cores=len(cores),
            siblings=any(len(_listed(_text(_siblings_of(core))) & set(cores)) > 1 for core in cores),
            memory_gb=round(int(_found("/proc/meminfo", r"MemTotal:\s+(\d+)") or 0) / 1e6, 1),
            system=f"{platform.system()} {platform.release().split('-')[0]}",
            python=platform.python_version(),
        )

    def __str__(self) -> str:
        cores = f"{self.cores} {'threads of cores' if self.siblings else 'core' if self.cores == 1 else 'cores'}"
        return f"{self.cpu}, {cores}, {self.memory_gb:.0f} GB, {self.system}, Python {self.python}"


@dataclass(frozen=True, slots=True)
class Places:
    """Which cores the server and the load run on; not `apart`: both on all."""

    server: tuple[int, ...]
    load: tuple[int, ...]
    apart: bool

    def __str__(self) -> str:
        if self.apart:
            return f"server on core {_said(self.server)}, load on core {_said(self.load)}"
        return f"server and load share {'the only core' if len(self.server) == 1 else f'all {len(self.server)} cores'}"


def placed(cores: Sequence[int], workers: int) -> Places:
    """A core each for the workers and the rest for the load, where there are enough."""
    if len(cores) > workers:
        return Places(tuple(cores[:workers]), tuple(cores[workers:]), apart=True)
    return Places(tuple(cores), tuple(cores), apart=False)


def _usable_cores() -> list[int]:
    if hasattr(os, "sched_getaffinity"):
        return sorted(os.sched_getaffinity(0))
    return list(range(os.cpu_count() or 1))


CORES: Final = tuple(_usable_cores())
"""Those this process may use, as it was started: before any pinning."""


def pin(cores: Sequence[int]) -> None:
    """This thread, and the processes it starts from now on, run there only."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, cores)


def commit(root: Path = ROOT) -> str:
    """The revision checked out, `+` where files differ from it; empty: not known."""
    try:
        told = subprocess.run(["git", "describe", "--always", "--dirty=+"], cwd=root, capture_output=True, text=True)
    except OSError:
        return ""
    return told.stdout.strip() if told.returncode == 0 else ""


@dataclass(frozen=True, slots=True)
class Busy:
    """What all usable cores have done since the machine started, in hundredths of a second."""

    used: int
    stolen: int
    """By other machines on the same host."""
    total: int

    @classmethod
    def now(cls) -> Self:
        rows = [row.split() for row in _text("/proc/stat").splitlines()]
        names = {f"cpu{core}" for core in CORES}
        # Columns: user, nice, system, idle, iowait, irq, softirq, steal.
        cores = [[int(word) for word in row[1:9]] for row in rows if row and row[0] in names]
        stolen = sum(core[7] for core in cores)
        idle = sum(core[3] + core[4] for core in cores)
        total = sum(map(sum, cores))
        return cls(used=total - idle - stolen, stolen=stolen, total=total)

    def others(self, until: Self, ours_s: float, ticks_a_second: int) -> float:
        """The share of the cores' time that neither ours nor idleness took."""
        total = until.total - self.total
        if total <= 0:
            return 0.0
        others = until.used - self.used + until.stolen - self.stolen - ours_s * ticks_a_second
        return max(0.0, others / total)


def _siblings_of(core: int) -> str:
    return f"/sys/devices/system/cpu/cpu{core}/topology/thread_siblings_list"


def _listed(text: str) -> set[int]:
    """`0-1,4` as numbers."""
    found: set[int] = set()
    for part in filter(None, text.strip().split(",")):
        first, _, last = part.partition("-")
        found |= set(range(int(first), int(last or first) + 1))
    return found


def _said(cores: Sequence[int]) -> str:
    return ", ".join(map(str, cores))


def _found(path: str, pattern: str) -> str | None:
    match = re.search(pattern, _text(path))
    return match[1].strip() if match else None


def _text(path: str) -> str:
    try:
        return Path(path).read_text()
    except OSError:
        return ""
