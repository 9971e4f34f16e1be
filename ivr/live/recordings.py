"""Recorded prompts of a project as they leave: `sounds/<language>/<name>.wav`, else `sounds/<name>.wav`."""

import asyncio
from pathlib import Path
from typing import Final

import structlog

from ivr.audio import mulaw, wav
from ivr.flow.flow import Bundle
from ivr.live.mouth import line_sound
from ivr.live.prompts import sounds_in
from ivr.models.prompt_cache import Sound, cut
from ivr.units import BYTES_PER_MS

log = structlog.get_logger("ivr.live")

MOST_BYTES: Final = 20_000_000


class Recordings:
    """Those of one version of a project, read once: a file that is changed later is of a later version."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "sounds"
        self._sounds: dict[tuple[str, str], Sound] = {}
        self._ready = asyncio.Event()

    async def prepare(self, bundle: Bundle) -> None:
        """Before a caller hears them."""
        try:
            for name in sorted(sounds_in(bundle)):
                for language in bundle.languages or (bundle.language,):
                    sound = await asyncio.to_thread(self._read, name, language)
                    if sound:
                        self._sounds[name, language] = sound
                    else:
                        log.warning("a recorded prompt is not there: it is spoken", what=name, language=language)
        finally:
            self._ready.set()

    async def sound(self, name: str, language: str, from_ms: int = 0) -> Sound:
        """Empty: there is none, and its words are spoken. Waits until all are read."""
        await self._ready.wait()
        sound = self._sounds.get((name, language), ())
        if not from_ms:
            return sound
        return cut(b"".join(piece.mulaw for piece in sound)[from_ms * BYTES_PER_MS :])

    def _read(self, name: str, language: str) -> Sound:
        for path in (self._folder / language / f"{name}.wav", self._folder / f"{name}.wav"):
            try:
                if path.is_file() and path.stat().st_size <= MOST_BYTES:
                    return cut(mulaw.encode(line_sound(wav.read(path.read_bytes()))))
            except (OSError, wav.WavUnreadable) as fault:
                log.warning("a recorded prompt cannot be read", what=name, why=type(fault).__name__)
        return ()
