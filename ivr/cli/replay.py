"""`ivr replay`: a call that is over, fed again to its flow; or to another version, to see what it would have done."""

import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

if TYPE_CHECKING:
    from ivr.call.replay import Compared, Difference, Kept, Repeated
    from ivr.flow.flow import Bundle
    from ivr.flow.state import CallState
    from ivr.store import CallRow

SAME, DIFFERS, WRONG_USAGE, NO_ENVIRONMENT = 0, 1, 2, 3
_SHOWN: Final = 12
"""Letters of a version's hash."""


def replay(
    call: Annotated[
        str, typer.Argument(metavar="CALL", help="The beginning of an id, ours or the carrier's; or last.")
    ] = "last",
    other: Annotated[
        str | None,
        typer.Option("--with", metavar="FLOW|DIR", help="Another version: a project, its folder, or project/flow."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="JSON on stdout.")] = False,
    data: Annotated[
        Path | None,
        typer.Option("--data", help="A data folder with its own databases; else IVR_DATA_DIR and DATABASE_URL."),
    ] = None,
) -> None:
    """Feeds a call's journal to its flow again: the same version must do the same, to the byte. With another version it
    tells in words what the caller would have met instead, up to where the talk becomes another one.

    Exit codes: 0 the same, 1 it differs, 2 wrong usage, 3 the environment lacks something.
    """
    from ivr.cli.calls import answered, where
    from ivr.cli.projects import NoProject

    with answered():
        try:
            code = _replay(call, other, *where(data), as_json=as_json)
        except NoProject as error:
            typer.echo(str(error), err=True)
            raise typer.Exit(WRONG_USAGE) from error
    raise typer.Exit(code)


@dataclass(frozen=True, slots=True)
class Journalled:
    """A call as its journal has it. `salt`: the call's own secret; `shown`: what was said, masked, prompt by prompt."""

    row: "CallRow"
    numbers: tuple[str, str]
    """Caller and dialled number, whole; empty where they were erased."""
    entries: "list[Kept]"
    salt: bytes | None
    shown: list[str]

    def fresh(self, bundle: "Bundle", flow: str | None = None) -> "CallState":
        """The state the call began with, in a version of its flow. Raises KeyError if that has no such flow."""
        from ivr.flow import engine
        from ivr.live.process import seed_of

        row = self.row
        caller, dialled = self.numbers
        started = row.answered_at or row.started_at
        name = flow or row.flow or bundle.entry_default
        return engine.start(bundle, row.id, name, started=started, caller=caller, dialled=dialled, seed=seed_of(row.id))


async def read_journalled(folder: Path, name: str, url: str | None) -> Journalled:
    """Raises: NoSuchCall, StoreError."""
    import asyncio
    from collections.abc import Mapping

    from ivr.call.replay import Kept
    from ivr.store import Calls, NoSuchCall, Turns, open_database, read_journal

    if url is None and not (folder / "ivr.db").exists():
        raise NoSuchCall(f"no calls yet in {folder}: place one with ivr call")
    database = open_database(folder, url)
    try:
        calls = Calls(database)
        row = await calls.find(name)
        key = await calls.key(row.id)
        numbers = await calls.numbers(row.id) or ("", "")
        turns = await Turns(database).turns(row.id)
    finally:
        await database.close()
    found = await asyncio.to_thread(read_journal, folder, row.id, key, url=url)
    entries = [Kept(e.at_ms, e.kind, e.body if isinstance(e.body, Mapping) else None) for e in found]
    shown = [turn.generated for turn in turns if turn.who == "bot"]
    return Journalled(row, numbers, entries, key.salt if key is not None else None, shown)


def _replay(name: str, other: str | None, folder: Path, url: str | None, *, as_json: bool) -> int:
    import asyncio

    from ivr.call import replay as replaying

    call = asyncio.run(read_journalled(folder, name, url))
    if not call.entries:
        typer.echo("The journal of this call is gone, or holds nothing.", err=True)
        return NO_ENVIRONMENT
    if other is not None:
        bundle, flow = find_version(other)
        compared = replaying.compare(bundle, call.fresh(bundle, flow), call.entries, call.shown)
        _tell(as_json, compared_json(call, bundle, compared), compared_lines(compared, other))
        return DIFFERS if compared.differences or compared.parted else SAME
    own = same_version(call)
    if own is None:
        typer.echo(
            f"None of the projects here is the version this call ran on ({_short(call.row.bundle)}). "
            "Say  --with PROJECT  to see what the files as they are now would do.",
            err=True,
        )
        return WRONG_USAGE
    began = time.perf_counter()
    repeated = replaying.repeat(own, call.fresh(own), call.entries, call.salt or b"")
    ms = (time.perf_counter() - began) * 1000
    _tell(as_json, repeated_json(call, repeated), repeated_lines(call, repeated, ms))
    return SAME if repeated.differs is None else DIFFERS


def find_version(name: str) -> "tuple[Bundle, str | None]":
    """A project as it is on disk, and the flow if one was named. Raises: NoProject, and SettingsError for one with
    mistakes."""
    from ivr.catalog import check_folder
    from ivr.cli.projects import find_flow
    from ivr.errors import SettingsError
    from ivr.flow.blocks import blocks

    folder, flow = find_flow(name)
    checked = check_folder(folder)
    if checked.bundle is None:
        errors = [message for message in checked.messages if message.severity == "error"]
        raise SettingsError(blocks(errors, checked.files, folder=str(folder)))
    return checked.bundle, flow


def same_version(call: Journalled) -> "Bundle | None":
    """The project here whose content is that which the call ran on."""
    from ivr.catalog import check_folder
    from ivr.cli.projects import NoProject, find_projects

    try:
        wanted = find_projects([])
    except NoProject:
        return None
    found = (check_folder(project.folder).bundle for project in wanted)
    return next((bundle for bundle in found if bundle is not None and bundle.hash == call.row.bundle), None)


# ---- told


def _tell(as_json: bool, told: dict[str, Any], lines: list[str]) -> None:
    if as_json:
        typer.echo(json.dumps(told, ensure_ascii=False, indent=1))
        return
    for line in lines:
        typer.echo(line)


def repeated_lines(call: Journalled, repeated: "Repeated", ms: float) -> list[str]:
    row = call.row
    version = f"flow {row.flow or '-'}, version {_short(row.bundle)}"
    lines = [f"call {row.id}, {version}: {repeated.events} events, {ms:.0f} ms"]
    if repeated.differs is not None:
        told = repeated.differs
        lines.append(f"event {repeated.same + 1} made something else, {_at(told)}: then the caller {told.then}, ")
        lines[-1] += f"now: {told.now}"
        return lines
    if not repeated.same:
        lines.append("the journal of this call keeps no numbers of effects: nothing could be compared")
    else:
        rest = f"; of {repeated.unknown} nothing is kept to compare" if repeated.unknown else ""
        lines.append(f"the effects of {repeated.same} events are the same to the byte{rest}")
    if repeated.unwritten is not None:
        lines.append(
            f"compared up to {_clock(repeated.unwritten)}: the caller then gave a value that is never written down"
        )
    if repeated.outcome is not None:
        other = "" if repeated.outcome == row.outcome else f", not {row.outcome}"
        lines.append(f"it ends as {repeated.outcome}{other}")
    return lines


def compared_lines(compared: "Compared", other: str) -> list[str]:
    from ivr.call.replay import sentence

    edited = f"{other} as it is now"
    lines = [f"{_clock(told.at_ms)}  {sentence(told, edited)}" for told in compared.differences]
    if compared.parted is not None:
        lines.append(f"{_clock(compared.parted.at_ms)}  {sentence(compared.parted, edited)}")
        lines.append("from here on it is another talk: comparing stops")
    elif not compared.differences:
        lines.append(f"{compared.events} events: the caller would have met the same")
    return lines


def repeated_json(call: Journalled, repeated: "Repeated") -> dict[str, Any]:
    return {
        "call": call.row.id,
        "version": call.row.bundle,
        "same": repeated.differs is None,
        "events": repeated.events,
        "events_same": repeated.same,
        "events_unknown": repeated.unknown,
        "differs": _difference_json(repeated.differs),
        "unwritten_at_ms": repeated.unwritten,
        "outcome": repeated.outcome,
    }


def compared_json(call: Journalled, bundle: "Bundle", compared: "Compared") -> dict[str, Any]:
    return {
        "call": call.row.id,
        "version": call.row.bundle,
        "with": bundle.hash,
        "same": not compared.differences and compared.parted is None,
        "events": compared.events,
        "differences": [_difference_json(told) for told in compared.differences],
        "parted": _difference_json(compared.parted),
    }


def _difference_json(told: "Difference | None") -> dict[str, Any] | None:
    return None if told is None else {"turn": told.turn, "at_ms": told.at_ms, "then": told.then, "now": told.now}


def _at(told: "Difference") -> str:
    return f"at turn {told.turn} ({_clock(told.at_ms)})"


def _clock(at_ms: int) -> str:
    from ivr.call.textrun import clock

    return clock(at_ms)


def _short(version: str | None) -> str:
    return (version or "unknown")[:_SHOWN]
