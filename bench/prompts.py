"""python -m bench.prompts [PROJECT]: what the prompts of a project cost at start, and a ready one when it is played.

The sample line is started three times on the embedded engines in a folder of its own: with nothing kept, with what the
first start kept, and with the disk switched off. CPU is that of the process and the voice's processes together, the
loading of the engines apart. A piece is half a second of sound.
"""

import argparse
import asyncio
import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ivr.audio import mulaw
from ivr.call.settings import CallSettings
from ivr.catalog import Catalog
from ivr.flow.flow import Bundle
from ivr.live.process import PROMPTS_FOLDER, Process, ProcessSettings
from ivr.live.prompts import fixed_sentences
from ivr.models.engines import Engines
from ivr.models.offline.instant import speech_like
from ivr.models.prompt_cache import cut
from ivr.wire import encode

MEGABYTES: Final = 256
SID: Final = "MZ" + "0" * 32


@dataclass(frozen=True, slots=True)
class Cost:
    wall_s: float
    cpu_s: float

    @classmethod
    def now(cls) -> "Cost":
        used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
        return cls(time.perf_counter(), sum(usage.ru_utime + usage.ru_stime for usage in used))

    def since(self, before: "Cost") -> "Cost":
        return Cost(self.wall_s - before.wall_s, self.cpu_s - before.cpu_s)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.prompts", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("project", nargs="?", type=Path, default=Path("flows/support"))
    folder = parser.parse_args().project
    bundle = Catalog(folder.parent, os.environ).load(folder.name)
    print(f"{folder.name}: {len(fixed_sentences(bundle))} sentences that never change")
    with tempfile.TemporaryDirectory() as data:
        asyncio.run(_start(Path(data), None, MEGABYTES))  # what is loaded but once is no part of it
        engines_alone = asyncio.run(_start(Path(data), None, MEGABYTES))
        for name, megabytes in (("nothing kept", MEGABYTES), ("kept", MEGABYTES), ("disk off", 0)):
            cost = asyncio.run(_start(Path(data), bundle, megabytes))
            cpu_s = cost.cpu_s - engines_alone.cpu_s
            wall_s = cost.wall_s - engines_alone.wall_s
            print(f"start, {name:13s} {wall_s:6.2f} s more than engines alone, {cpu_s:6.2f} s of CPU")
        files = [path.stat().st_size for path in (Path(data) / PROMPTS_FOLDER).iterdir()]
        print(f"on disk: {len(files)} files, {sum(files) / 1e6:.1f} MB")
    sound = mulaw.encode(speech_like(500, 8000))
    (piece,) = cut(sound)
    made, ready = _us(lambda: encode.media(SID, sound)), _us(lambda: encode.media_ready(SID, piece.tail))
    print(f"a piece's message: {made:.2f} us made anew, {ready:.2f} us from its tail")
    return 0


async def _start(data: Path, bundle: Bundle | None, megabytes: int) -> Cost:
    """A process from its start to its end, with all prompts of the bundle ready in between."""
    before = Cost.now()
    settings = ProcessSettings(data, os.environ, CallSettings(), record=False, prompt_cache_bytes=megabytes * 1_000_000)
    async with Process(settings, Engines.of("embedded")) as process:
        if bundle is not None:
            await process.adopt(bundle)
    return Cost.now().since(before)


def _us(run: Callable[[], object], times: int = 20_000) -> float:
    """Least of three rounds."""
    spent = []
    for _ in range(3):
        began = time.thread_time()
        for _ in range(times):
            run()
        spent.append((time.thread_time() - began) / times * 1e6)
    return min(spent)


if __name__ == "__main__":
    sys.exit(main())
