"""Sound of a far end in pieces of any size."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivr.audio import wav
from ivr.audio.pcm import Pcm
from ivr.audio.resample import Resampler
from ivr.models.offline.instant import speech_like
from ivr.models.openai.sound import NoSound, SoundPieces

SPEECH = speech_like(400, 24_000)
SLOW = speech_like(400, 16_000)


def read(data: bytes, size: int) -> list[Pcm]:
    pieces = SoundPieces()
    got = [pieces.feed(data[at : at + size]) for at in range(0, len(data), size)]
    return [piece for piece in (*got, pieces.flush()) if piece is not None]


def whole(pieces: list[Pcm]) -> bytes:
    return b"".join(piece.samples for piece in pieces)


@given(st.integers(1, 5000))
@settings(max_examples=60, deadline=None)
def test_samples_are_whole_whatever_the_pieces(size: int) -> None:
    got = read(SPEECH.samples, size)
    assert whole(got) == SPEECH.samples
    assert all(len(piece.samples) % 2 == 0 and piece.rate_hz == 24_000 for piece in got)


@pytest.mark.parametrize("size", [1, 3, 11, 44, 45, 4096, 100_000])
@pytest.mark.parametrize("sizes", ["true", "zero", "unknown"])
def test_a_wav_file_where_samples_were_asked_for_tells_its_rate(size: int, sizes: str) -> None:
    data = bytearray(wav.write(SLOW))
    if sizes != "true":
        data[4:8] = data[40:44] = bytes(4) if sizes == "zero" else b"\xff" * 4
    got = read(bytes(data), size)
    assert whole(got) == SLOW.samples
    assert {piece.rate_hz for piece in got} == {16_000}


def test_two_channels_are_mixed() -> None:
    both = b"".join(SLOW.samples[at : at + 2] * 2 for at in range(0, len(SLOW.samples), 2))
    data = wav.header(wav.WavFormat.PCM16, 2, 16_000, None) + both
    assert whole(read(data, 7)) == SLOW.samples


@pytest.mark.parametrize(
    "data",
    [
        b"ID3\x04" + bytes(100),
        b"OggS" + bytes(100),
        b"fLaC" + bytes(100),
        wav.header(wav.WavFormat.MULAW, 1, 8000, 100) + bytes(100),
        b"RIFF\x00\x00\x00\x00WAVEjunk" + b"\xff\xff\xff\x7f" + bytes(10),
        b"RIFF\x00\x00\x00\x00WAVEfmt \x04\x00\x00\x00" + bytes(100),
        b"RIFF\x00\x00\x00\x00WAVE",
    ],
)
def test_what_cannot_be_played_as_it_comes(data: bytes) -> None:
    with pytest.raises(NoSound):
        read(data, 13)


def test_half_a_sample_at_the_end_is_dropped() -> None:
    assert whole(read(SPEECH.samples + b"\x01", 999)) == SPEECH.samples
    assert read(b"\x01", 1) == []
    assert whole(read(b"\x01\x02\x03", 1)) == b"\x01\x02"


def test_a_minute_in_pieces_is_resampled_without_seams() -> None:
    """An answer of 60 s as it comes, in pieces of odd sizes, at the line's rate: every sample is that of the whole."""
    minute = speech_like(60_000, 24_000)
    sizes = (1, 3, 4801, 16_383, 77, 9599, 32_001, 2)
    pieces, at_once, as_it_comes = SoundPieces(), Resampler(24_000, 8000), Resampler(24_000, 8000)
    expected = at_once.feed(minute).samples + at_once.flush().samples
    got, at, turn = [], 0, 0
    while at < len(minute.samples):
        piece = pieces.feed(minute.samples[at : at + sizes[turn % len(sizes)]])
        if piece is not None:
            got.append(as_it_comes.feed(piece).samples)
        at += sizes[turn % len(sizes)]
        turn += 1
    assert turn > 300
    assert b"".join((*got, as_it_comes.flush().samples)) == expected
