"""`ivr calls callbacks`: whom we promised to call back, by when, and what was done about it."""

import asyncio
from pathlib import Path
from typing import Any


async def read_callbacks(folder: Path, url: str | None, *, done: bool, numbers: bool) -> list[dict[str, Any]]:
    """The most urgent first. `numbers`: whole, not masked. Raises: StoreError."""
    from ivr.live.outgoing import deed_of
    from ivr.store import Sends, open_database

    if url is None and not (folder / "ivr.db").exists():
        return []
    database = open_database(folder, url)
    try:
        found = await Sends(database).callbacks(done=done)
    finally:
        await database.close()
    told = []
    for one in found:
        number = one.send.shown
        if numbers:
            number = "erased" if one.payload is None else getattr(deed_of(one.payload), "number", number)
        told.append(
            {
                "id": one.send.id,
                "call": str(one.send.call_id),
                "project": one.send.project,
                "target": one.send.name,
                "number": number,
                "asked_at": one.send.made_at.isoformat(),
                "call_by": one.send.due_at.isoformat(),
                "done_at": None if one.send.ended_at is None else one.send.ended_at.isoformat(),
            }
        )
    return told


async def mark_done(folder: Path, url: str | None, name: str) -> str | None:
    """`name`: the beginning of an id, of one that is open. Its id; None: there is none, or more than one.

    Raises: StoreError."""
    from ivr.live.clock import SystemClock
    from ivr.store import Sends, open_database

    database = open_database(folder, url)
    try:
        sends = Sends(database)
        fitting = [one.send.id for one in await sends.callbacks() if one.send.id.startswith(name.upper())]
        if len(fitting) != 1:
            return None
        await sends.called_back(fitting[0], SystemClock().wall())
        return fitting[0]
    finally:
        await database.close()


def lines(found: list[dict[str, Any]]) -> list[str]:
    return [
        f"{one['call_by'][:16].replace('T', ' ')}  {one['target']:<16} {one['number']:<16} {one['id']}" for one in found
    ]


def run_read(folder: Path, url: str | None, *, done: bool, numbers: bool) -> list[dict[str, Any]]:
    return asyncio.run(read_callbacks(folder, url, done=done, numbers=numbers))


def run_done(folder: Path, url: str | None, name: str) -> str | None:
    return asyncio.run(mark_done(folder, url, name))
