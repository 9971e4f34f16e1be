"""`ivr calls`: list, show and export calls that were kept."""

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

app = typer.Typer(no_args_is_help=True, help="Calls that were kept: list them, read one, take one out.")

CallName = Annotated[
    str, typer.Argument(metavar="CALL", help="The beginning of an id, ours or the carrier's; or last.")
]
Data = Annotated[
    Path | None,
    typer.Option("--data", help="A data folder with its own databases; else IVR_DATA_DIR and DATABASE_URL."),
]
AsJson = Annotated[bool, typer.Option("--json", help="JSON on stdout.")]


class Format(StrEnum):
    WAV = "wav"
    PCM16 = "pcm16"
    JSON = "json"
    VTT = "vtt"
    MESSAGES = "messages"


@app.command("list")
def list_calls(
    limit: Annotated[int, typer.Option(min=1, help="How many, the newest first.")] = 20,
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """The latest calls, with how they ended."""
    import asyncio

    from ivr.cli import kept

    with answered():
        folder, url = where(data)
        rows = asyncio.run(kept.read_rows(folder, limit, url))
    if as_json:
        _print_json([kept.row_json(row) for row in rows])
        return
    for line in kept.list_lines(rows):
        typer.echo(line)
    if not rows:
        typer.echo("no calls yet: place one with ivr call", err=True)


@app.command()
def show(
    call: CallName = "last",
    why: Annotated[bool, typer.Option("--why", help="With the steps of the flow and their lines.")] = False,
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """One call: what was said and heard, with times, tools, how it ended, a summary. Private values are masked."""
    import asyncio

    from ivr.cli import kept

    with answered():
        folder, url = where(data)
        found = asyncio.run(kept.read_call(folder, call, url))
    if as_json:
        _print_json(kept.call_json(found))
        return
    for line in kept.show_lines(found, why=why):
        typer.echo(line)


@app.command()
def export(
    call: CallName = "last",
    out: Annotated[Path, typer.Option("--out", "-o", help="The folder to write into.")] = Path(),
    forms: Annotated[
        list[Format] | None,
        typer.Option("--format", help="May be given again; without it: wav, json, vtt and messages."),
    ] = None,
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """Writes a call's recording (caller left, bot right), its transcript, all of it with the journal as JSON, and each
    message the caller left as a WAV."""
    import asyncio

    from ivr.cli import kept

    with answered():
        folder, url = where(data)
        found = asyncio.run(kept.read_call(folder, call, url))
        wanted = forms or [Format.WAV, Format.JSON, Format.VTT, Format.MESSAGES]
        if found.recording_ms is None:
            typer.echo("this call has no recording", err=True)
            if forms and not {Format.JSON, Format.VTT, Format.MESSAGES} & set(forms):
                raise typer.Exit(1)
            wanted = [form for form in wanted if form not in (Format.WAV, Format.PCM16)]
        of_call = [form for form in dict.fromkeys(wanted) if form is not Format.MESSAGES]
        written = [_written(folder, url, out, found, form) for form in of_call]
        if Format.MESSAGES in wanted:
            written += _messages(folder, out, found)
    if as_json:
        _print_json([str(path) for path in written])
        return
    for path in written:
        typer.echo(str(path))


@app.command()
def callbacks(
    done: Annotated[
        str | None, typer.Option("--done", metavar="ID", help="Mark one as called; the beginning of its id.")
    ] = None,
    past: Annotated[bool, typer.Option("--past", help="Those that were called back, instead.")] = False,
    numbers: Annotated[bool, typer.Option("--numbers", help="The whole numbers to call, not masked.")] = False,
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """Whom we promised to call back, the most urgent first: by when (UTC), who calls, which number, its id."""
    from ivr.cli import callbacks as promised

    with answered():
        folder, url = where(data)
        if done is not None:
            marked = promised.run_done(folder, url, done)
            if marked is None:
                typer.echo(
                    f"no open callback begins with {done}, or several do: ivr calls callbacks lists them", err=True
                )
                raise typer.Exit(2)
            typer.echo(f"called back: {marked}", err=as_json)
        found = promised.run_read(folder, url, done=past, numbers=numbers)
    if as_json:
        _print_json(found)
        return
    for line in promised.lines(found):
        typer.echo(line)
    if not found:
        typer.echo("nobody waits to be called back", err=True)


def _written(folder: Path, url: str | None, out: Path, call: Any, form: Format) -> Path:
    from ivr.cli import kept
    from ivr.store import open_recording, read_journal

    path = out / f"{call.row.id}{'.pcm16.wav' if form is Format.PCM16 else f'.{form}'}"
    match form:
        case Format.WAV:
            _write(path, open_recording(folder, call.row.id).wav_pieces())
        case Format.PCM16:
            _write(path, open_recording(folder, call.row.id).pcm16_pieces())
        case Format.VTT:
            _write(path, [kept.vtt(call).encode()])
        case _:
            journal = [kept.entry_json(entry) for entry in read_journal(folder, call.row.id, url=url)]
            whole = kept.call_json(call) | {"journal": journal}
            _write(path, [json.dumps(whole, ensure_ascii=False, indent=1, default=str).encode()])
    return path


def _messages(folder: Path, out: Path, call: Any) -> list[Path]:
    """Each in a file of its own, in their order."""
    from ivr.cli import kept
    from ivr.errors import SettingsError

    paths = []
    for number, left in enumerate((m for m in call.messages if m.to_ms != m.from_ms), start=1):
        path = out / f"{call.row.id}.{left.name}-{number}.wav"
        try:
            sound = kept.message_wav(folder, left)
        except OSError as fault:
            raise SettingsError(f"{folder / left.path}: {fault.strerror}") from fault
        _write(path, [sound])
        paths.append(path)
    return paths


def _write(path: Path, pieces: Iterable[bytes]) -> None:
    """The whole file or none."""
    from ivr.errors import SettingsError

    part = path.with_name(path.name + ".part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with part.open("wb") as file:
            for piece in pieces:
                file.write(piece)
        part.replace(path)
    except OSError as fault:
        with suppress(OSError):
            part.unlink()
        raise SettingsError(f"{path}: {fault.strerror}: name another folder with -o, or free some space") from fault


def where(data: Path | None) -> tuple[Path, str | None]:
    """The data folder, and the PostgreSQL database if rows are kept there. Raises: SettingsError."""
    from ivr.settings import load_settings

    if data is not None:
        return data, None
    settings = load_settings()
    return settings.data_dir, settings.database_address


@contextmanager
def answered() -> Iterator[None]:
    """Faults as one clear line and the right exit code."""
    from ivr.errors import SettingsError, StoreError
    from ivr.store import NoSuchCall

    try:
        yield
    except NoSuchCall as fault:
        typer.echo(str(fault), err=True)
        raise typer.Exit(2) from fault
    except (SettingsError, StoreError) as fault:
        typer.echo(str(fault), err=True)
        raise typer.Exit(3) from fault


def _print_json(value: object) -> None:
    typer.echo(json.dumps(value, ensure_ascii=False, indent=1, default=str))
