"""What a process and its children use, from /proc: CPU seconds, resident memory, threads and file handles."""

import os
import time
from pathlib import Path
from typing import Final

TICKS_A_SECOND: Final = os.sysconf("SC_CLK_TCK")
PAGE_BYTES: Final = os.sysconf("SC_PAGE_SIZE")


def family(pid: int) -> list[int]:
    """The process and all that descend from it."""
    found, waiting = [], [pid]
    while waiting:
        one = waiting.pop()
        found.append(one)
        for thread in _names(f"/proc/{one}/task"):
            waiting += [int(child) for child in _words(f"/proc/{one}/task/{thread}/children")]
    return found


def cpu_seconds(pid: int) -> float:
    """User and system time of the family to the nanosecond, with that of children already ended and waited for."""
    total = 0.0
    for one in family(pid):
        if fields := _stat(one):
            total += _clock_s(one, fields) + (int(fields[13]) + int(fields[14])) / TICKS_A_SECOND
    return total


def resident_mb(pid: int) -> float:
    pages = [words[1] for one in family(pid) if len(words := _words(f"/proc/{one}/statm")) > 1]
    return sum(map(int, pages)) * PAGE_BYTES / 1e6


def threads(pid: int) -> int:
    return sum(len(_names(f"/proc/{one}/task")) for one in family(pid))


def handles(pid: int) -> int:
    """Open files, sockets and pipes."""
    return sum(len(_names(f"/proc/{one}/fd")) for one in family(pid))


def _clock_s(pid: int, fields: list[str]) -> float:
    """The process's own clock (clock_getcpuclockid): /proc counts in hundredths of a second."""
    try:
        return time.clock_gettime((~pid << 3) | 2)
    except OSError:
        return (int(fields[11]) + int(fields[12])) / TICKS_A_SECOND


def _stat(pid: int) -> list[str]:
    """The fields of /proc/PID/stat after the name: state first, parent second."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def _words(path: str) -> list[str]:
    try:
        return Path(path).read_text().split()
    except OSError:
        return []


def _names(folder: str) -> list[str]:
    try:
        return os.listdir(folder)  # noqa: PTH208  half the cost of Path.iterdir, while calls run
    except OSError:
        return []
