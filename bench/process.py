"""What a process and its children use, from /proc: CPU seconds and resident memory."""

import os
from pathlib import Path

TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


def family(pid: int) -> list[int]:
    """The process and all that descend from it."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and (fields := _stat(int(entry.name))):
            children.setdefault(int(fields[1]), []).append(int(entry.name))
    found, waiting = [], [pid]
    while waiting:
        one = waiting.pop()
        found.append(one)
        waiting += children.get(one, [])
    return found


def cpu_seconds(pid: int) -> float:
    """User and system time of the family, with that of children already ended and waited for."""
    total = 0
    for one in family(pid):
        if fields := _stat(one):
            total += sum(int(fields[at]) for at in (11, 12, 13, 14))
    return total / TICKS_A_SECOND


def resident_mb(pid: int) -> float:
    return sum(_resident_pages(one) for one in family(pid)) * PAGE_BYTES / 1e6


def _stat(pid: int) -> list[str]:
    """The fields of /proc/PID/stat after the name: state first, parent second."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def _resident_pages(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except OSError:
        return 0
