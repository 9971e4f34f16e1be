"""python -m bench.speech DIR: how exactly speech is found on a telephone line, and how well it is understood.

DIR holds manifest.json: {"clips": [{"file", "text", "kind", "human", "onset_ms", "end_ms", ...}]}, clips mono WAV,
onset and end as they are on the clean clip. Each clip goes through the telephone channel (300 to 3400 Hz, µ-law) with a
second of line before and 1.5 s after it, and is heard by the very parts that hear a live call; its first onset to its
last pause count as one utterance. Sounds that are no speech, made here, go the same way.
"""

import argparse
import asyncio
import json
import statistics
import sys
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from bench.listening import Heard, frame_us, listen, silence
from ivr.audio import mulaw, tones, wav
from ivr.audio.pcm import Pcm
from ivr.audio.resample import resample_whole
from ivr.call import effects as fx
from ivr.call import events as ev
from ivr.errors import IvrError
from ivr.flow.spoken import word_errors
from ivr.live import answering
from ivr.models.offline.moonshine import Moonshine
from ivr.models.offline.silero import Silero
from ivr.models.ports import Transcriber
from ivr.sim.line import LineSettings, key_tone, pass_through
from ivr.units import BYTES_PER_MS, LINE_RATE_HZ

BEFORE_MS, AFTER_MS = 1000, 1500
NEAR_MS = 100
MINUTE_MS = 60_000
KEYS = "1234567890*#ABCD"
CONDITIONS = {
    "clean": LineSettings(),
    "20 dB": LineSettings(noise_snr_db=20),
    "10 dB": LineSettings(noise_snr_db=10),
    "1 % lost": LineSettings(lost=0.01),
    "3 % lost": LineSettings(lost=0.03),
}


@dataclass(frozen=True, slots=True)
class Clip:
    number: int
    text: str
    kind: str
    human: bool
    onset_ms: int
    end_ms: int
    sound: Pcm


@dataclass(frozen=True, slots=True)
class Result:
    """One clip on one line. Times are late by so many ms, early if negative; None: nothing was heard."""

    clip: int
    condition: str
    human: bool
    kind: str
    onset_ms: float | None
    noticed_ms: float | None
    end_ms: float | None
    spare_ms: float | None
    """How much of the line before the onset the recogniser gets; negative: so much of the speech is cut."""
    long_pauses: int
    words: int = 0
    errors: int = 0
    engine_ms: int = 0
    text_ms: float | None = None
    """From the true end of speech to its text, the recogniser being asked after the short silence."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.speech", description=__doc__)
    parser.add_argument("dir", type=Path, help="a folder with manifest.json and its clips")
    parser.add_argument("--json", type=Path, help="write every figure there")
    parser.add_argument("--level", type=float, default=0.0, help="clips louder by so many dB")
    parser.add_argument("--half", choices=("even", "odd"), help="only every other clip, counted from 0")
    parser.add_argument("--no-words", action="store_true", help="edges only, without the recogniser")
    options = parser.parse_args()
    try:
        clips = read_clips(options.dir, options.level)
    except (OSError, ValueError, KeyError) as error:
        print(f"{options.dir}: no folder of clips: {error}", file=sys.stderr)
        return 3
    if options.half:
        clips = clips[options.half == "odd" :: 2]
    try:
        results = asyncio.run(measure(clips, words=not options.no_words))
    except IvrError as error:
        print(error, file=sys.stderr)
        return 3
    starts = false_starts()
    cost_us = frame_us(mulaw.encode(tones.noise(1, 20_000, -42)))
    for row in table(results):
        print(row)
    print(f"\nfalse starts in a minute each: {', '.join(f'{name} {count}' for name, count in starts.items())}")
    print(f"a frame costs {cost_us:.1f} µs of hearing, the detector apart")
    if options.json:
        figures = {"results": [asdict(r) for r in results], "false_starts": starts, "frame_us": round(cost_us, 2)}
        options.json.write_text(json.dumps(figures, indent=1))
    return 0


def read_clips(folder: Path, level_db: float = 0.0) -> list[Clip]:
    """Raises: OSError, ValueError, KeyError."""
    rows: list[dict[str, Any]] = json.loads((folder / "manifest.json").read_text())["clips"]
    return [
        Clip(number, row["text"], row["kind"], row["human"], row["onset_ms"], row["end_ms"], sound)
        for number, row in enumerate(rows)
        for sound in [_louder(resample_whole(wav.read((folder / row["file"]).read_bytes()), LINE_RATE_HZ), level_db)]
    ]


async def measure(clips: Sequence[Clip], *, words: bool) -> list[Result]:
    """Every clip on every line. Raises: SettingsError."""
    detector, results = Silero(), []
    recogniser = Moonshine(threads=1) if words else None
    if recogniser is not None:
        await recogniser.start()
    for condition, settings in CONDITIONS.items():
        heard = listen([pass_through(_on_the_line(clip.sound), settings) for clip in clips], detector)
        for clip, one in zip(clips, heard, strict=True):
            results.append(await _result(clip, condition, one, recogniser))
    if recogniser is not None:
        await recogniser.close()
    return results


async def _result(clip: Clip, condition: str, heard: Heard, recogniser: Transcriber | None) -> Result:
    said, errors, engine_ms, text_ms = 0, 0, 0, None
    if recogniser is not None:
        text = ""
        if heard.utterance is not None:
            answer = await answering.transcribe(fx.Transcribe(1, 1, heard.utterance, "text"), recogniser)
            if isinstance(answer, ev.Transcribed):
                text, engine_ms = answer.text, answer.engine_ms
                asked_ms = _late(heard.asked_at, clip.end_ms)
                text_ms = None if asked_ms is None else asked_ms + engine_ms
        errors, said = word_errors(clip.text, text)
    spare = _late(heard.utterance_from, clip.onset_ms)
    return Result(
        clip=clip.number,
        condition=condition,
        human=clip.human,
        kind=clip.kind,
        onset_ms=_late(heard.onset, clip.onset_ms),
        noticed_ms=_late(heard.noticed, clip.onset_ms),
        end_ms=_late(heard.end, clip.end_ms),
        spare_ms=None if spare is None else -spare,
        long_pauses=heard.long_pauses,
        words=said,
        errors=errors,
        engine_ms=engine_ms,
        text_ms=text_ms,
    )


def false_starts() -> dict[str, int]:
    """Speech begun in a minute of each sound that is none."""
    sounds = {
        f"{colour} noise {dbfs} dBFS": mulaw.encode(tones.noise(11, MINUTE_MS, dbfs, colour))
        for colour in ("pink", "white")
        for dbfs in (-60, -50, -40, -30)
    }
    sounds |= {f"hold music {seed}": mulaw.encode(tones.hold_music(seed, MINUTE_MS)) for seed in (1, 2, 3)}
    sounds |= {"ringback": mulaw.encode(tones.ringback(MINUTE_MS)), "busy": mulaw.encode(tones.busy(MINUTE_MS))}
    sounds["keys of 100 ms"] = _keys(100, 100)
    sounds["keys of 1 s"] = _keys(1000, 200)
    return {name: heard.starts for name, heard in zip(sounds, listen(list(sounds.values()), Silero()), strict=True)}


def _keys(on_ms: int, off_ms: int) -> bytes:
    pressed = [KEYS[number % len(KEYS)] for number in range(MINUTE_MS // (on_ms + off_ms))]
    return b"".join(key_tone(key, on_ms) + silence(off_ms) for key in pressed)


def _on_the_line(sound: Pcm) -> Pcm:
    before, after = (Pcm.silence(ms=ms, rate_hz=LINE_RATE_HZ).samples for ms in (BEFORE_MS, AFTER_MS))
    return Pcm(before + sound.samples + after, LINE_RATE_HZ)


def _louder(sound: Pcm, db: float) -> Pcm:
    return Pcm.of(sound.array() * 10 ** (db / 20), sound.rate_hz) if db else sound


def _late(sample: int | None, true_ms: int) -> float | None:
    return None if sample is None else sample / BYTES_PER_MS - BEFORE_MS - true_ms


def table(results: Sequence[Result]) -> Iterable[str]:
    """Shares and percentiles of each condition; "near" is within 100 ms, times are ms late."""
    heads = ("onset", "noticed", "end", "cut", "pauses", "word errors", "digits", "engine", "text")
    parts = (
        "near   p10   p50   p90",
        "p50   p95",
        "near   p10   p50   p90",
        "",
        "",
        "",
        "exact",
        "p50   p95",
        "p50   p95",
    )
    yield _line("", heads)
    yield _line("", parts)
    for condition in dict.fromkeys(result.condition for result in results):
        for human in (True, False):
            rows = [r for r in results if r.condition == condition and r.human is human]
            if rows:
                yield _line(f"{condition}, {'human' if human else 'synthetic'}", _figures(rows))


def _figures(rows: Sequence[Result]) -> tuple[str, ...]:
    words, errors = sum(r.words for r in rows), sum(r.errors for r in rows)
    digits = [r for r in rows if r.kind == "digits"]
    return (
        _near([r.onset_ms for r in rows]),
        _spread([r.noticed_ms for r in rows], 50, 95),
        _near([r.end_ms for r in rows]),
        str(sum(r.spare_ms is None or r.spare_ms < 0 for r in rows)),
        str(sum(r.long_pauses for r in rows)),
        f"{errors / words:6.1%} ({errors}/{words})" if words else "-",
        f"{sum(r.errors == 0 for r in digits)}/{len(digits)}" if words else "-",
        _spread([r.engine_ms for r in rows] if words else [], 50, 95),
        _spread([r.text_ms for r in rows], 50, 95),
    )


def _line(name: str, columns: Sequence[str]) -> str:
    return f"{name:20}" + "".join(f"{c:>{w}}" for c, w in zip(columns, (26, 12, 26, 5, 7, 18, 9, 12, 13), strict=True))


def _near(late: Sequence[float | None]) -> str:
    share = statistics.fmean(ms is not None and abs(ms) <= NEAR_MS for ms in late)
    return f"{share:6.1%}{_spread(late, 10, 50, 90):>19}"


def _spread(values: Sequence[float | None], *shares: int) -> str:
    known = [value for value in values if value is not None]
    return "".join(f"{np.percentile(known, share):6.0f}" for share in shares) if known else "-"


if __name__ == "__main__":
    raise SystemExit(main())
