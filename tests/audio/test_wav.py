import io
import struct
import wave

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivr.audio import mulaw, wav
from ivr.audio.pcm import Pcm
from ivr.audio.tones import noise

SOUND = noise(4, 100, -20, "pink", 16_000)


def a_file(form: int, bits: int, channels: int, body: bytes, *, rate_hz: int = 8000, size: int | None = None) -> bytes:
    block = channels * bits // 8
    shape = struct.pack("<HHIIHH", form, channels, rate_hz, rate_hz * block, block, bits)
    told = len(body) if size is None else size
    return b"RIFF\0\0\0\0WAVEfmt " + struct.pack("<I", 16) + shape + b"data" + struct.pack("<I", told) + body


def test_what_is_written_can_be_read() -> None:
    assert wav.read(wav.write(SOUND)) == SOUND


def test_the_standard_library_reads_what_is_written() -> None:
    with wave.open(io.BytesIO(wav.write(SOUND))) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, 16_000)
        assert file.readframes(file.getnframes()) == SOUND.samples


def test_the_standard_librarys_files_are_read() -> None:
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setparams((2, 2, 44_100, 0, "NONE", ""))
        file.writeframes(np.array([[100, 300], [-200, 0]], "<i2").tobytes())
    assert wav.read(out.getvalue()) == Pcm.of(np.array([200, -100]), 44_100)
    left, right = wav.read_channels(out.getvalue())
    assert (left.array().tolist(), right.array().tolist()) == ([100, -200], [300, 0])


def test_widths_and_formats() -> None:
    values = np.array([0, 256, -256, 16384, -32768])
    eight = (values // 256 + 128).astype(np.uint8).tobytes()
    three = b"".join(int(value * 256).to_bytes(3, "little", signed=True) for value in values)
    for file in (
        a_file(1, 8, 1, eight),
        a_file(1, 16, 1, values.astype("<i2").tobytes()),
        a_file(1, 24, 1, three),
        a_file(1, 32, 1, (values * 65536).astype("<i4").tobytes()),
        a_file(3, 32, 1, (values / 32768).astype("<f4").tobytes()),
    ):
        assert wav.read(file).array().tolist() == values.tolist()
    every = bytes(range(256))
    assert wav.read(a_file(7, 8, 1, every)) == mulaw.decode(every)
    assert wav.read(a_file(6, 8, 1, b"\xd5\x55")).array().tolist() == [8, -8]


def test_a_mulaw_header_of_two_channels_is_what_players_expect() -> None:
    pairs = bytes([0xFF, 0x80] * 800)
    head = wav.header(wav.WavFormat.MULAW, 2, 8000, len(pairs))
    riff, fmt_bytes, form, channels, rate, byte_rate, block, bits = struct.unpack("<4xI8xIHHIIHH", head[:36])
    assert (riff, fmt_bytes) == (len(head) + len(pairs) - 8, 18)
    assert (form, channels, rate, byte_rate, block, bits) == (7, 2, 8000, 16_000, 2, 8)
    assert head[38:50] == b"fact" + struct.pack("<II", 4, 800)
    left, right = wav.read_channels(head + pairs)
    assert set(left.array()) == {0} and set(right.array()) == {32124}


@pytest.mark.parametrize("size", [0, 0xFFFFFFFF, 5000])
def test_a_file_cut_short_is_read_to_its_end(size: int) -> None:
    file = a_file(1, 16, 1, struct.pack("<3h", 1, 2, 3) + b"\x01", size=size)
    assert wav.read(file).array().tolist() == [1, 2, 3]


def test_a_header_of_unknown_length_is_read_to_the_end() -> None:
    file = wav.header(wav.WavFormat.PCM16, 1, 16_000, None) + SOUND.samples
    assert wav.read(file) == SOUND


def test_other_chunks_are_passed_over() -> None:
    file = wav.write(SOUND)
    listed = file[:12] + b"LIST" + struct.pack("<I", 3) + b"abc\0" + file[12:]
    assert wav.read(listed) == SOUND


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "begin with RIFF"),
        (b"ID3 not a wav file at all", "begin with RIFF"),
        (b"RIFF\0\0\0\0WAVE", "without data"),
        (b"RIFF\0\0\0\0WAVEdata\2\0\0\0ab", "without a format"),
        (a_file(2, 4, 1, b"ab"), "4 bits"),
        (a_file(85, 8, 1, b"ab"), "format 85"),
        (a_file(1, 16, 0, b"ab"), "0 channels"),
        (a_file(1, 16, 1, b"ab", rate_hz=0), "at 0 Hz"),
        (b"RIFF\0\0\0\0WAVEfmt \4\0\0\0abcddata\2\0\0\0ab", "too short"),
    ],
)
def test_what_is_no_wav_is_refused_with_a_reason(data: bytes, reason: str) -> None:
    with pytest.raises(wav.WavUnreadable, match=reason):
        wav.read(data)


@settings(max_examples=300, deadline=None)
@given(
    st.binary(max_size=60),
    st.integers(0, 60),
    st.sampled_from([a_file(1, 24, 2, bytes(36)), a_file(3, 32, 1, bytes(36))]),
)
def test_damage_never_gives_another_error(junk: bytes, at: int, file: bytes) -> None:
    damaged = file[:at] + junk + file[at + len(junk) :]
    try:
        wav.read(damaged)
    except wav.WavUnreadable as error:
        assert str(error)
