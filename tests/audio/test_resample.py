import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivr.audio.pcm import Pcm
from ivr.audio.resample import Resampler, resample_whole
from ivr.audio.tones import noise

PAIRS = [(8000, 16_000), (16_000, 8000), (8000, 24_000), (24_000, 8000), (22_050, 8000)]


def tone(hz: float, rate_hz: int, *, peak: float = 16_000, ms: int = 500) -> Pcm:
    return Pcm.of(peak * np.sin(2 * np.pi * hz * np.arange(ms * rate_hz // 1000) / rate_hz), rate_hz)


def streamed(pcm: Pcm, to_hz: int, sizes: list[int]) -> Pcm:
    resampler = Resampler(pcm.rate_hz, to_hz)
    out, at, turn = b"", 0, 0
    while at < len(pcm):
        size = sizes[turn % len(sizes)]
        out += resampler.feed(Pcm(pcm.samples[2 * at : 2 * (at + size)], pcm.rate_hz)).samples
        at, turn = at + size, turn + 1
    return Pcm(out + resampler.flush().samples, to_hz)


def gain_db(out: Pcm, given: Pcm) -> float:
    middle = out.array()[len(out) // 4 : 3 * len(out) // 4].astype(float)
    return 10 * np.log10((np.mean(middle**2) + 1e-9) / np.mean(given.array().astype(float) ** 2))


def snr_db(out: Pcm, hz: float) -> float:
    """How far everything that is not the tone lies below it."""
    middle = out.array()[len(out) // 4 : 3 * len(out) // 4].astype(float)
    at = 2 * np.pi * hz * np.arange(len(middle)) / out.rate_hz
    basis = np.stack((np.sin(at), np.cos(at)), axis=1)
    fitted = basis @ np.linalg.lstsq(basis, middle, rcond=None)[0]
    return 10 * np.log10(np.sum(fitted**2) / np.sum((middle - fitted) ** 2))


@pytest.mark.parametrize(("from_hz", "to_hz"), PAIRS)
@settings(max_examples=15, deadline=None)
@given(sizes=st.lists(st.integers(1, 700), min_size=1, max_size=5), seed=st.integers(0, 9))
def test_a_stream_has_no_seams(from_hz: int, to_hz: int, sizes: list[int], seed: int) -> None:
    sound = noise(seed, 120, -12, "white", from_hz)
    assert streamed(sound, to_hz, sizes) == streamed(sound, to_hz, [len(sound)])


@pytest.mark.parametrize(("from_hz", "to_hz"), PAIRS)
@pytest.mark.parametrize("hz", [300, 1000, 2000, 3000])
def test_the_telephone_band_passes_unchanged(from_hz: int, to_hz: int, hz: int) -> None:
    given = tone(hz, from_hz)
    for out in (streamed(given, to_hz, [160]), resample_whole(given, to_hz)):
        assert abs(gain_db(out, given)) < 0.1
        assert snr_db(out, hz) > 80


@pytest.mark.parametrize("from_hz", [16_000, 22_050, 24_000])
def test_what_the_line_cannot_carry_does_not_fold_into_it(from_hz: int) -> None:
    for hz, below in ((4200, 48), (4400, 80), (4600, 80), (5000, 85), (7000, 85)):
        given = tone(hz, from_hz, peak=30_000)
        assert gain_db(streamed(given, 8000, [480]), given) < -below
    for hz in (4100, 4600):
        given = tone(hz, from_hz, peak=30_000)
        assert gain_db(resample_whole(given, 8000), given) < -85


@pytest.mark.parametrize("to_hz", [16_000, 24_000])
@pytest.mark.parametrize("hz", [300, 1000, 2000, 3000, 3400])
def test_what_the_line_carried_is_not_mirrored_above_it(to_hz: int, hz: int) -> None:
    given = tone(hz, 8000, peak=30_000)
    for out, below in ((streamed(given, to_hz, [160]), 80), (resample_whole(given, to_hz), 90)):
        middle = out.array()[len(out) // 4 : 3 * len(out) // 4].astype(float) * np.hanning(len(out) // 2)
        power = np.abs(np.fft.rfft(middle)) ** 2
        line = int(len(power) * 8000 / to_hz)  # up to 4000 Hz
        assert 10 * np.log10(power[line:].max() / power[:line].max()) < -below


@pytest.mark.parametrize(("from_hz", "to_hz"), PAIRS)
def test_a_stream_loses_less_than_1_db_up_to_the_edge_of_the_band(from_hz: int, to_hz: int) -> None:
    for hz in (100, 3200, 3400):
        given = tone(hz, from_hz)
        assert -1 < gain_db(streamed(given, to_hz, [480]), given) < 0.1
        assert abs(gain_db(resample_whole(given, to_hz), given)) < 0.1


@pytest.mark.parametrize(("from_hz", "to_hz"), PAIRS)
def test_a_stream_is_2_ms_late_and_a_whole_sound_is_not(from_hz: int, to_hz: int) -> None:
    click = np.zeros(from_hz // 10)
    click[from_hz // 20] = 20_000  # at 50 ms
    given = Pcm.of(click, from_hz)
    late_ms = 1000 * int(np.argmax(streamed(given, to_hz, [160]).array())) / to_hz - 50
    assert abs(late_ms - 2) < 0.15
    assert abs(1000 * int(np.argmax(resample_whole(given, to_hz).array())) / to_hz - 50) < 0.15


@pytest.mark.parametrize(("from_hz", "to_hz"), PAIRS)
def test_the_length_is_kept(from_hz: int, to_hz: int) -> None:
    given = tone(440, from_hz, ms=1000)
    assert len(resample_whole(given, to_hz)) == to_hz
    assert abs(len(streamed(given, to_hz, [333])) - to_hz - 0.002 * to_hz) <= 2


def test_what_is_too_loud_saturates_and_never_wraps() -> None:
    square = Pcm.of(32_767 * np.sign(np.sin(2 * np.pi * 900 * np.arange(2400) / 24_000)), 24_000)
    for out in (streamed(square, 8000, [100]), resample_whole(square, 8000)):
        values = out.array().astype(int)
        assert values.max() == 32_767  # the overshoot of the filter meets the end of the scale
        steps = np.abs(np.diff(resample_whole(Pcm.of(square.array() / 2, 24_000), 8000).array().astype(int)))
        assert np.abs(np.diff(values)).max() <= 2 * steps.max() + 2


def test_a_flushed_or_reset_stream_begins_anew() -> None:
    resampler = Resampler(24_000, 8000)
    sound = noise(3, 50, -20, "white", 24_000)
    first = resampler.feed(sound)
    resampler.reset()
    assert resampler.feed(sound) == first
    resampler.flush()
    assert resampler.feed(sound) == first


def test_nothing_gives_nothing() -> None:
    assert resample_whole(Pcm(b"", 8000), 16_000) == Pcm(b"", 16_000)
    assert Resampler(8000, 16_000).feed(Pcm(b"", 8000)) == Pcm(b"", 16_000)


def test_the_same_rate_passes_through_both() -> None:
    sound = noise(1, 50, -20)
    assert resample_whole(sound, 8000) == sound
