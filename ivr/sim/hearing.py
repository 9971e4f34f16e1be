"""What the caller heard, as sound and as words: stretches of speech, their first sound, and what they said."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from ivr.audio import mulaw
from ivr.audio.pcm import Pcm
from ivr.audio.resample import resample_whole
from ivr.errors import ModelError
from ivr.models.ports import Transcriber
from ivr.sim.playback import Piece, Playback
from ivr.sim.truth import laid_out
from ivr.units import BYTES_PER_MS, LINE_RATE_HZ, Millis

SOUND_AMPLITUDE: Final = 300
"""Samples above this are sound (-41 dB of full scale); below it is a voice's own silence."""
STRETCH_GAP_MS: Final = 500.0
LONGEST_PIECE_MS: Final = 10_000
LISTEN_AGAIN: Final = (0.9, 0.95, 1.1)
"""A recogniser of small size mishears a synthetic voice now and then, but rarely the same way at another speed."""
TRANSCRIBE_WITHIN_MS: Final = 20_000


@dataclass(frozen=True, slots=True)
class Stretch:
    """Sound that was heard without a longer pause in it."""

    at_ms: float
    end_ms: float
    pieces: tuple[Piece, ...]


def first_sound_ms(playback: Playback, *, since_ms: float, until_ms: float) -> float | None:
    """When the first sound above silence was heard in this time."""
    for piece in playback.played(until_ms, since_ms=since_ms):
        loud = np.flatnonzero(np.abs(mulaw.decode(piece.payload).array().astype(np.int32)) > SOUND_AMPLITUDE)
        if len(loud):
            return piece.at_ms + float(loud[0]) / BYTES_PER_MS
    return None


def stretches(playback: Playback, *, since_ms: float, until_ms: float) -> list[Stretch]:
    """What was heard in this time, split where nothing was played for 500 ms and where sound was taken back."""

    def goes_on(before: Piece, after: Piece) -> bool:
        cut = any(before.end_ms <= cleared <= after.at_ms for cleared in playback.clears)
        return not cut and after.at_ms - before.end_ms < STRETCH_GAP_MS

    found: list[list[Piece]] = []
    for piece in playback.played(until_ms, since_ms=since_ms):
        if found and goes_on(found[-1][-1], piece):
            found[-1].append(piece)
        else:
            found.append([piece])
    return [Stretch(pieces[0].at_ms, pieces[-1].end_ms, tuple(pieces)) for pieces in found]


def sound_of(stretches: Sequence[Stretch]) -> Pcm:
    """One after the other, at 8 kHz."""
    parts = [laid_out(one.pieces, one.at_ms, round((one.end_ms - one.at_ms) * BYTES_PER_MS)) for one in stretches]
    return Pcm(b"".join(part.tobytes() for part in parts), LINE_RATE_HZ)


async def words_heard(stretch: Stretch, transcriber: Transcriber, *, speed: float = 1.0) -> str:
    """What a recogniser makes of a stretch, played to it faster or slower; a piece it fails on is left out."""
    length = round((stretch.end_ms - stretch.at_ms) * BYTES_PER_MS)
    sound = Pcm(laid_out(stretch.pieces, stretch.at_ms, length).tobytes(), round(LINE_RATE_HZ * speed))
    texts = []
    for part in split_at_pauses(sound):
        chunk = resample_whole(part, transcriber.rate_hz)
        deadline = Millis(int(time.monotonic() * 1000) + TRANSCRIBE_WITHIN_MS)
        try:
            texts.append((await transcriber.transcribe(chunk, "text", deadline)).text.strip())
        except ModelError:
            continue
    return " ".join(text for text in texts if text)


def split_at_pauses(sound: Pcm) -> list[Pcm]:
    """Parts of at most 10 s, cut at the quietest 100 ms in the last 4 s of each."""
    samples, parts = sound.array(), []
    longest, look = (ms * sound.rate_hz // 1000 for ms in (LONGEST_PIECE_MS, 4000))
    while len(samples) > longest:
        window = np.abs(samples[longest - look : longest].astype(np.float64))
        loud = np.convolve(window, np.ones(sound.rate_hz // 10), mode="same")
        cut = longest - look + int(np.argmin(loud))
        parts.append(samples[:cut])
        samples = samples[cut:]
    parts.append(samples)
    return [Pcm(part.tobytes(), sound.rate_hz) for part in parts if len(part)]
