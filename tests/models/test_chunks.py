import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivr.audio import mulaw
from ivr.audio.pcm import Pcm
from ivr.audio.tones import noise
from ivr.models import chunks


@pytest.mark.parametrize("rate_hz", [16_000, 24_000])
def test_an_utterance_takes_the_models_rate(rate_hz: int) -> None:
    chunk = chunks.model_chunk(mulaw.encode(noise(1, 1500, -20)), rate_hz)
    assert (chunk.rate_hz, chunk.ms) == (rate_hz, 1500)


def test_a_short_one_stands_in_silence() -> None:
    chunk = chunks.model_chunk(mulaw.encode(noise(1, 200, -20)), 16_000)
    assert chunk.ms == 500
    loud = np.nonzero(np.abs(chunk.array()) > 50)[0]
    assert loud[0] > 100 * 16 and loud[-1] < 400 * 16


def test_nothing_becomes_half_a_second_of_silence() -> None:
    assert chunks.model_chunk(b"", 16_000) == Pcm.silence(ms=500, rate_hz=16_000)


def test_a_long_one_is_cut_where_it_is_quietest() -> None:
    loud = noise(1, 10_000, -20, "pink", 16_000).samples
    hush = noise(2, 300, -60, "pink", 16_000).samples
    first, second = chunks.pieces(Pcm(loud + hush + loud, 16_000))
    assert 10_000 <= first.ms <= 10_300
    assert first.samples + second.samples == loud + hush + loud


@settings(max_examples=25, deadline=None)
@given(ms=st.integers(0, 60_000), longest_ms=st.integers(500, 12_000), seed=st.integers(0, 3))
def test_pieces_are_short_enough_and_lose_nothing(ms: int, longest_ms: int, seed: int) -> None:
    whole = noise(seed, ms, -25, "pink", 1000)
    cut = chunks.pieces(whole, longest_ms)
    assert b"".join(piece.samples for piece in cut) == whole.samples
    assert all(piece.ms <= longest_ms for piece in cut)
    assert len(cut) <= 2 * ms / longest_ms + 1
