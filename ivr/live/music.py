"""What a caller holds with: `sounds/NAME.wav` of the project; for `hold`, where there is none, music of our own."""

import asyncio
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

import structlog

from ivr.audio import mulaw, wav
from ivr.audio.level import levelled
from ivr.audio.resample import resample_whole
from ivr.audio.tones import hold_music
from ivr.flow.checks.walk import own_steps
from ivr.flow.flow import Bundle, Transfer
from ivr.models.prompt_cache import Sound, cut
from ivr.units import LINE_RATE_HZ

log = structlog.get_logger("ivr.live")

MOST_BYTES = 20_000_000
_OURS_MS = 25_600
"""Sixteen bars: its end leads back to its beginning."""


class Music:
    """The sounds of one project, read once. A sound that is not there, or not ready yet, is our own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "sounds"
        self._ready: dict[str, Sound] = {}

    def sound(self, name: str) -> Sound:
        return self._ready.get(name) or _ours()

    async def prepare(self, bundle: Bundle) -> None:
        """Before a caller holds."""
        await self.prepare_names(music_in(bundle))

    async def prepare_names(self, names: Iterable[str]) -> None:
        for name in sorted(set(names)):
            found = await asyncio.to_thread(self._read, name)
            if found:
                self._ready[name] = found
            elif name != "hold":
                log.warning("there is no such sound: the caller holds with our own", what=name)
        await asyncio.to_thread(_ours)

    def _read(self, name: str) -> Sound | None:
        path = self._folder / f"{name}.wav"
        if path.parent != self._folder or not path.is_file() or path.stat().st_size > MOST_BYTES:
            return None
        try:
            pcm = wav.read(path.read_bytes())
        except (OSError, wav.WavUnreadable) as fault:
            log.warning("a sound cannot be read", what=name, why=type(fault).__name__)
            return None
        if pcm.rate_hz != LINE_RATE_HZ:
            pcm = resample_whole(pcm, LINE_RATE_HZ)
        return cut(mulaw.encode(levelled(pcm))) or None


@cache
def _ours() -> Sound:
    return cut(mulaw.encode(hold_music(1, _OURS_MS)))


def music_in(bundle: Bundle) -> Iterator[str]:
    """Names of the sounds that calls of this version may hold with."""
    for flow in bundle.flows.values():
        for tool in flow.tools.values():
            if tool.filler is not None and tool.filler.music is not None:
                yield tool.filler.music
        for step in own_steps(flow):
            if isinstance(step, Transfer):
                yield step.meanwhile.music
