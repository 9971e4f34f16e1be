"""`ivr hear`: the recogniser by itself, on sound files."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

if TYPE_CHECKING:
    from ivr.models.ports import Transcriber
    from ivr.models.profiles import Rung

UNREADABLE, NO_ENVIRONMENT, INTERRUPTED = 1, 3, 130
_AT_LEAST_MS: Final = 60_000


@dataclass(frozen=True, slots=True)
class HeardFile:
    """`ms` is how long the recogniser took, `sound_ms` how long the sound is. `error`: why there is no text."""

    file: str
    text: str
    ms: int
    score: float | None = None
    sound_ms: int = 0
    error: str | None = None


def hear(
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE...", exists=True, dir_okay=False, help="WAV files of any rate.")
    ],
    engines: Annotated[
        str | None, typer.Option(help="Whose recogniser: a profile or an engine. Else the embedded one.")
    ] = None,
    config: Annotated[str | None, typer.Option("--config", help="Name of a config/NAME.toml.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="A list of objects on stdout.")] = False,
) -> None:
    """Writes down what is said in sound files, with a recogniser.

    Exit codes: 0 all were read, 1 one could not be, 2 wrong usage, 3 the environment lacks something.
    """
    from ivr.cli.tried import find
    from ivr.errors import SettingsError

    try:
        tried = find("hear", engines, config)
        for note in tried.notes:
            typer.echo(f"note: {note}", err=True)
        heard = asyncio.run(_heard(files, tried.rung))
    except SettingsError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(NO_ENVIRONMENT) from error
    except KeyboardInterrupt as error:
        raise typer.Exit(INTERRUPTED) from error
    if as_json:
        typer.echo(json.dumps([asdict(one) for one in heard], ensure_ascii=False, indent=2))
    for one in heard:
        if one.error is not None:
            typer.echo(f"{one.file}: {one.error}", err=True)
        elif not as_json:
            typer.echo(f"{one.file}  ({one.ms} ms)  {one.text}" if len(heard) > 1 else one.text)
    raise typer.Exit(UNREADABLE if any(one.error is not None for one in heard) else 0)


async def _heard(files: Sequence[Path], rung: "Rung") -> list[HeardFile]:
    from ivr.cli.tried import recogniser

    async with recogniser(rung) as hearing:
        return [await _heard_in(file, hearing) for file in files]


async def _heard_in(file: Path, recogniser: "Transcriber") -> HeardFile:
    from ivr.audio import wav
    from ivr.errors import ModelError
    from ivr.models.deadline import due_in

    try:
        sound = wav.read(await asyncio.to_thread(file.read_bytes))
        heard = await recogniser.transcribe(sound, "text", due_in(_AT_LEAST_MS + sound.ms))
    except (wav.WavUnreadable, OSError, ModelError) as error:
        return HeardFile(str(file), "", 0, error=str(error))
    return HeardFile(str(file), heard.text, heard.ms, heard.score, sound.ms)
