"""python -m bench.resample [--json]: what the two resamplers pass, what they reject, how late they are, what they cost.

The stream serves sound that comes in pieces; the whole one serves sentences and utterances that are there at once.

    ripple  furthest from 0 dB a tone of 100 to 3000 Hz comes out
    3.4k    how a tone at the edge of the telephone band comes out, dB
    4.2k .. downwards: how far a tone above the band is kept out, worst of what folds back, dB;
            upwards: how far the mirror images of 300 to 3400 Hz above the old band are kept out, dB
    tone    how far everything that is not the tone lies below it, at 1 and at 3.4 kHz, dB
    seams   largest difference between a sound fed at once and the same fed in odd pieces, in steps of 16 bits
    delay   ms
    cpu     ms of this core for a second of sound, in pieces of 20 ms and of 500 ms
"""

import argparse
import json
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ivr.audio.pcm import Pcm
from ivr.audio.resample import Resampler, resample_whole
from ivr.audio.tones import noise

PAIRS: Final = ((24_000, 8000), (22_050, 8000), (16_000, 8000), (8000, 16_000), (8000, 24_000))
PASSED_HZ: Final = (100, 200, 300, 500, 700, 1000, 1500, 2000, 2500, 2800, 3000)
ABOVE_HZ: Final = (4200, 4600, 5000)
ROUNDS: Final = 3
ODD_PIECES: Final = (1, 7, 160, 331, 480, 3, 999)

Convert = Callable[[Pcm], Pcm]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Row:
    """Levels in dB, times in ms."""

    filter: str
    from_hz: int
    to_hz: int
    ripple_db: float
    edge_db: float
    kept_out_db: tuple[float, ...]
    tone_snr_db: tuple[float, float]
    seams: int
    delay_ms: float
    cpu_ms: tuple[float, float]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.resample", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--json", action="store_true", dest="as_json")
    rows = [row for from_hz, to_hz in PAIRS for row in (_stream(from_hz, to_hz), _whole(from_hz, to_hz))]
    if parser.parse_args().as_json:
        print(json.dumps([asdict(row) for row in rows]))
    else:
        print("\n".join(_table(rows)))
    return 0


def _stream(from_hz: int, to_hz: int) -> Row:
    convert = partial(streamed, to_hz=to_hz, sizes=(from_hz // 50,))
    sound = noise(1, 1000, -12, "white", from_hz)
    whole, cut = (streamed(sound, to_hz, sizes).array().astype(int) for sizes in ((len(sound),), ODD_PIECES))
    seams = int(np.abs(whole - cut).max()) if len(whole) == len(cut) else -1
    costs = tuple(_cpu_ms(partial(streamed, sound, to_hz, (from_hz * ms // 1000,))) for ms in (20, 500))
    return _row("stream", from_hz, to_hz, convert, seams, (costs[0], costs[1]))


def _whole(from_hz: int, to_hz: int) -> Row:
    cost = _cpu_ms(partial(resample_whole, noise(1, 1000, -12, "white", from_hz), to_hz))
    return _row("whole", from_hz, to_hz, partial(resample_whole, to_hz=to_hz), 0, (cost, cost))


def _row(name: str, from_hz: int, to_hz: int, convert: Convert, seams: int, cpu_ms: tuple[float, float]) -> Row:
    gains = [gain_db(convert(tone(hz, from_hz)), from_hz, hz) for hz in PASSED_HZ]
    if from_hz > to_hz:
        out = tuple(-level_db(convert(tone(hz, from_hz))) for hz in ABOVE_HZ)
    else:
        out = (-max(image_db(convert(tone(hz, from_hz)), hz) for hz in (300, 1000, 2000, 3000, 3400)),)
    return Row(
        name,
        from_hz,
        to_hz,
        max(abs(gain) for gain in gains),
        gain_db(convert(tone(3400, from_hz)), from_hz, 3400),
        out,
        (-rest_db(convert(tone(1000, from_hz)), 1000), -rest_db(convert(tone(3400, from_hz)), 3400)),
        seams,
        _delay_ms(convert, from_hz),
        cpu_ms,
    )


# ---- sounds and what became of them


def tone(hz: float, rate_hz: int, *, peak: float = 30_000, ms: int = 500) -> Pcm:
    return Pcm.of(peak * np.sin(2 * np.pi * hz * np.arange(ms * rate_hz // 1000) / rate_hz), rate_hz)


def streamed(pcm: Pcm, to_hz: int, sizes: tuple[int, ...]) -> Pcm:
    """Through a stream, in pieces of these sizes in turn."""
    resampler, out, at, turn = Resampler(pcm.rate_hz, to_hz), [], 0, 0
    while at < len(pcm):
        size = sizes[turn % len(sizes)]
        out.append(resampler.feed(Pcm(pcm.samples[2 * at : 2 * (at + size)], pcm.rate_hz)).samples)
        at, turn = at + size, turn + 1
    return Pcm(b"".join((*out, resampler.flush().samples)), to_hz)


def gain_db(out: Pcm, _from_hz: int, hz: float) -> float:
    """The level of the tone in `out` against the full tone that was fed."""
    return _db(float(np.sum(_fitted(_middle(out), hz, out.rate_hz) ** 2)), _power(len(_middle(out))))


def level_db(out: Pcm) -> float:
    """The level of all there is against the full tone that was fed."""
    middle = _middle(out)
    return _db(float(np.sum(middle**2)), _power(len(middle)))


def rest_db(out: Pcm, hz: float) -> float:
    middle = _middle(out)
    fitted = _fitted(middle, hz, out.rate_hz)
    return _db(float(np.sum((middle - fitted) ** 2)), float(np.sum(fitted**2)))


def image_db(out: Pcm, hz: float) -> float:
    """The loudest mirror image of a tone that came from 8000 Hz."""
    middle = _middle(out)
    middle = middle - _fitted(middle, hz, out.rate_hz)  # or its leakage would pass for an image
    images = [8000 * order + side * hz for order in (1, 2) for side in (-1, 1)]
    heard = [_fitted(middle, image, out.rate_hz) for image in images if image < out.rate_hz / 2]
    return max(_db(float(np.sum(image**2)), _power(len(middle))) for image in heard)


def _delay_ms(convert: Convert, from_hz: int) -> float:
    """By the place of a click's middle: the moment its energy is balanced around."""
    click = np.zeros(from_hz // 10)
    click[from_hz // 20] = 20_000  # at 50 ms
    out = convert(Pcm.of(click, from_hz))
    powers = out.array().astype(np.float64) ** 2
    return 1000 * float(np.sum(powers * np.arange(len(powers))) / np.sum(powers)) / out.rate_hz - 50


def _cpu_ms(run: Callable[[], Pcm]) -> float:
    """Least of some: what others on the machine take only ever adds."""
    run()
    spent = []
    for _ in range(ROUNDS):
        began = time.thread_time()
        run()
        spent.append((time.thread_time() - began) * 1000)
    return min(spent)


def _middle(out: Pcm) -> Floats:
    return out.array()[len(out) // 4 : 3 * len(out) // 4].astype(np.float64)


def _fitted(samples: Floats, hz: float, rate_hz: int) -> Floats:
    at = 2 * np.pi * hz * np.arange(len(samples)) / rate_hz
    basis = np.stack((np.sin(at), np.cos(at)), axis=1)
    fitted: Floats = basis @ np.linalg.lstsq(basis, samples, rcond=None)[0]
    return fitted


def _power(count: int) -> float:
    return count * 30_000.0**2 / 2


def _db(power: float, against: float) -> float:
    return 10 * float(np.log10(max(power, 1e-3) / against))


def _table(rows: list[Row]) -> list[str]:
    lines = [
        "filter  from   to     ripple  3.4k   4.2k / 4.6k / 5k     tone 1k/3.4k  seams  delay   cpu 20 / 500 ms",
    ]
    for row in rows:
        kept = (
            " / ".join(f"{db:5.1f}" for db in row.kept_out_db)
            if len(row.kept_out_db) > 1
            else (f"images {row.kept_out_db[0]:5.1f}")
        )
        lines.append(
            f"{row.filter:6}  {row.from_hz:5}  {row.to_hz:5}  {row.ripple_db:5.2f}  {row.edge_db:5.2f}   {kept:20}"
            f" {row.tone_snr_db[0]:5.0f} / {row.tone_snr_db[1]:3.0f}   {row.seams:5}  {row.delay_ms:5.2f}"
            f"   {row.cpu_ms[0]:5.2f} / {row.cpu_ms[1]:4.2f}"
        )
    return lines


if __name__ == "__main__":
    sys.exit(main())
