"""The telephone's truth as a file: what was said and what was really heard, on the call's clock."""

import io
import wave
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ivr.audio import mulaw
from ivr.audio.pcm import Pcm
from ivr.sim.playback import Piece
from ivr.sim.stream import Ledger
from ivr.units import BYTES_PER_MS, LINE_RATE_HZ


def stereo_wav(ledger: Ledger) -> bytes:
    """16-bit at 8 kHz: the caller left, what was heard right. It begins where the first media stream began."""
    began_ms = ledger.sent[0][0] if ledger.sent else 0.0
    said = [Piece(at_ms, sound) for at_ms, sound in ledger.sent]
    heard = ledger.playback.played(ledger.clock.now())
    length = max((_sample(piece.end_ms - began_ms) for piece in said + heard), default=0)
    both = np.zeros((length, 2), dtype="<i2")
    both[:, 0] = laid_out(said, began_ms, length)
    both[:, 1] = laid_out(heard, began_ms, length)
    file = io.BytesIO()
    with wave.open(file, "wb") as wav:
        wav.setnchannels(2)
        wav.setsampwidth(2)
        wav.setframerate(LINE_RATE_HZ)
        wav.writeframes(both.tobytes())
    return file.getvalue()


def read_wav(data: bytes) -> Pcm:
    """A mono or stereo 16-bit WAV as mono sound (the left channel). Raises ValueError on anything else."""
    try:
        with wave.open(io.BytesIO(data)) as wav:
            if wav.getsampwidth() != 2:
                raise ValueError("only 16-bit PCM WAV files can be played")
            samples = np.frombuffer(wav.readframes(wav.getnframes()), dtype="<i2")
            return Pcm(samples[:: wav.getnchannels()].tobytes(), wav.getframerate())
    except (wave.Error, EOFError) as error:
        raise ValueError(f"not a WAV file: {error}") from error


def laid_out(pieces: Sequence[Piece], began_ms: float, length: int) -> NDArray[np.int16]:
    """Pieces of µ-law on one line of `length` samples that begins at `began_ms`; silence between them."""
    line = np.zeros(length, dtype=np.int16)
    for piece in pieces:
        at = _sample(piece.at_ms - began_ms)
        sound = mulaw.decode(piece.payload).array()[max(0, -at) :]
        at = max(0, at)
        line[at : at + len(sound)] = sound[: max(0, length - at)]
    return line


def _sample(ms: float) -> int:
    return round(ms * BYTES_PER_MS)
