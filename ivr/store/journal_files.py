"""The journal's files in a data folder: one for each process that writes, so that no two wait for one disk's lock.

A process holds a lock on its file's name for its life and the next one to start takes the first that is free, so a
dead process's file goes on being written by who takes its place. Entries of one call may stand in several files: it may
have gone over from one process to another. Readers take no lock and look through all files.
"""

import fcntl
import os
from pathlib import Path
from typing import Final, Self

from ivr.errors import SettingsError
from ivr.store.db import JOURNAL_FILE

MOST_WRITERS: Final = 4
"""Past this many SQLite's one lock on the calls' database is what they wait for."""


def journal_files(folder: Path) -> list[Path]:
    """Those that are there."""
    return [path for path in _names(folder) if path.exists()]


class Place:
    """One file, and the right to write it."""

    def __init__(self, path: Path, lock: int) -> None:
        self.path = path
        self._lock = lock

    @classmethod
    def take(cls, folder: Path) -> Self:
        """The first that no living process has. Raises: SettingsError when all are taken."""
        for path in _names(folder):
            lock = os.open(path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(lock)
            else:
                return cls(path, lock)
        raise SettingsError(
            f"{MOST_WRITERS} processes write to the data folder {folder} already: SQLite serves no more. "
            "Run fewer workers, or set DATABASE_URL to a PostgreSQL database"
        )

    def give_back(self) -> None:
        os.close(self._lock)


def _names(folder: Path) -> list[Path]:
    first = folder / JOURNAL_FILE
    return [first, *(first.with_stem(f"{first.stem}-{number}") for number in range(2, MOST_WRITERS + 1))]
