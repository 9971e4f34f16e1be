"""What the workers of one server share beside the store: a folder in memory, where each keeps what it counts.

In memory and not in the data folder: it is mapped, and a mapped file on a disk that is full ends the process that
touches it. The folder's lock is held by the supervisor and by every worker; one that nobody holds was left behind by a
server that was killed, and the next to start removes it.
"""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ivr.errors import SettingsError

IN_MEMORY: Final = Path("/dev/shm")  # noqa: S108 (a folder of our own, readable by us alone, is made in it)
_BEGINS: Final = "ivr-workers-"
_LOCK: Final = "lock"


@dataclass(frozen=True, slots=True)
class CommonRoom:
    folder: Path
    lock: int
    """An open file; whoever inherits it keeps the folder from being taken for one left behind."""


@contextmanager
def common_room() -> Iterator[CommonRoom]:
    """Made here and removed at the end. Raises: SettingsError when there is no place for it."""
    place = _place()
    _remove_left_behind(place)
    try:
        folder = Path(tempfile.mkdtemp(prefix=_BEGINS, dir=place))
        lock = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT, 0o600)
        fcntl.flock(lock, fcntl.LOCK_EX)
    except OSError as fault:
        raise SettingsError(
            f"{place} cannot be written ({fault.strerror}): several workers keep their counts there; make it writable, "
            "name another folder with TMPDIR, or run one worker"
        ) from fault
    try:
        yield CommonRoom(folder, lock)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(lock)


def forget_worker(folder: Path, pid: int) -> None:
    """What is true only of the living is not reported of a dead worker; what it counted stays."""
    for file in folder.glob(f"gauge_live*_{pid}.db"):
        file.unlink(missing_ok=True)


def _place() -> Path:
    return IN_MEMORY if os.access(IN_MEMORY, os.W_OK | os.X_OK) else Path(tempfile.gettempdir())


def _remove_left_behind(place: Path) -> None:
    for folder in place.glob(f"{_BEGINS}*"):
        with suppress(OSError):  # of another user, or in use
            lock = os.open(folder / _LOCK, os.O_RDWR | os.O_NOFOLLOW)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(folder, ignore_errors=True)
            finally:
                os.close(lock)
