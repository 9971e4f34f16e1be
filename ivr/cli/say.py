"""`ivr say`: the voice by itself, as it sounds on a telephone."""

import asyncio
import json
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

if TYPE_CHECKING:
    from ivr.models.profiles import Rung

REFUSED, NO_ENVIRONMENT, INTERRUPTED = 1, 3, 130
PLAYERS: Final = (("aplay", "-q"), ("paplay",), ("afplay",), ("play", "-q"))
_DEADLINE_MS: Final = 30_000


def say(
    text: Annotated[str, typer.Argument(help="What is spoken.")],
    out: Annotated[Path, typer.Option("--out", "-o", metavar="FILE.wav", help="Where the sound goes.")] = Path(
        "say.wav"
    ),
    play: Annotated[bool, typer.Option("--play/--no-play", help="Also play it here.")] = False,
    language: Annotated[str, typer.Option(help="en-US, en-GB, de-DE, es-ES, fr-FR or it-IT.")] = "en-US",
    engines: Annotated[
        str | None, typer.Option(help="Whose voice: a profile or an engine. Else the embedded one.")
    ] = None,
    config: Annotated[str | None, typer.Option("--config", help="Name of a config/NAME.toml.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
) -> None:
    """Speaks a text with a voice into a WAV file of 8 kHz, through the codec of the telephone.

    Exit codes: 0 it was spoken, 1 the voice refused the text, 2 wrong usage, 3 the environment lacks something.
    """
    from ivr.cli.tried import find
    from ivr.errors import ModelError, SettingsError

    player = _player() if play else None
    try:
        tried = find("speak", engines, config)
        for note in tried.notes:
            typer.echo(f"note: {note}", err=True)
        first_ms, whole_ms, sound_ms = asyncio.run(_spoken(tried.rung, text, language, out))
        if player is not None:
            subprocess.run([*player, str(out)], check=False)
    except ModelError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(REFUSED) from error
    except (SettingsError, OSError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(NO_ENVIRONMENT) from error
    except KeyboardInterrupt as error:
        raise typer.Exit(INTERRUPTED) from error
    if as_json:
        told = {"file": str(out), "engine": tried.name, "first_ms": first_ms, "ms": whole_ms, "sound_ms": sound_ms}
        typer.echo(json.dumps(told))
    else:
        typer.echo(f"{out}: {sound_ms / 1000:.1f} s of sound, the first after {first_ms} ms, all after {whole_ms} ms")


def _player() -> tuple[str, ...]:
    for player in PLAYERS:
        if shutil.which(player[0]):
            return player
    typer.echo(f"Nothing here can play sound ({', '.join(p[0] for p in PLAYERS)}): leave out --play.", err=True)
    raise typer.Exit(NO_ENVIRONMENT)


async def _spoken(rung: "Rung", text: str, language: str, out: Path) -> tuple[int, int, int]:
    """Milliseconds to the first sound and to the last, and the length of it all."""
    from contextlib import aclosing

    from ivr.audio import mulaw, wav
    from ivr.audio.pcm import Pcm
    from ivr.audio.resample import resample_whole
    from ivr.cli.tried import voice
    from ivr.models.deadline import due_in, now_ms
    from ivr.models.ports import Voice
    from ivr.units import LINE_RATE_HZ

    async with voice(rung) as speaker:
        began, first, sounds = now_ms(), None, []
        async with aclosing(speaker.speak(text, Voice(language=language), due_in(_DEADLINE_MS))) as spoken:
            async for sound in spoken:
                if isinstance(sound, Pcm):
                    first = now_ms() if first is None else first
                    sounds.append(sound.samples)
        ended = now_ms()
        whole = resample_whole(Pcm(b"".join(sounds), speaker.rate_hz), LINE_RATE_HZ)
    await asyncio.to_thread(out.write_bytes, wav.write(mulaw.decode(mulaw.encode(whole))))
    return (ended if first is None else first) - began, ended - began, whole.ms
