"""Our own voice coming back, told from the caller's, by the sound alone."""

from collections.abc import Callable
from functools import cache

import numpy as np
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from ivr.audio import mulaw
from ivr.audio.echo import LEAST_LAG_MS, MOST_LAG_MS, Echo, Likeness, compare, is_echo, is_over, played_span_ms
from ivr.audio.pcm import Pcm
from ivr.units import LINE_RATE_HZ

HEARD_MS = 400
Floats = NDArray[np.float64]


@cache
def voice(seed: int, ms: int = 3000) -> Floats:
    """Pulses of a glottis at a wandering pitch through two resonances, in syllables: as alike as two speakers are."""
    chance = np.random.default_rng(seed)
    count = ms * 8
    pitch = 130 + 60 * np.sin(np.arange(count) / LINE_RATE_HZ * chance.uniform(3, 9) + seed) + chance.uniform(-20, 60)
    pulses = np.diff(np.floor(np.cumsum(pitch) / LINE_RATE_HZ), prepend=0) + 0.02 * chance.standard_normal(count)
    sound = np.zeros(count)
    hz = np.fft.rfftfreq(4000, 1 / LINE_RATE_HZ)
    at = 0
    while at < count:
        part = pulses[at : at + int(chance.integers(700, 2000))]
        first, second = chance.uniform(300, 900), chance.uniform(1000, 2600)
        passes = 1 / (1 + ((hz - first) / 120) ** 2) + 0.6 / (1 + ((hz - second) / 180) ** 2)
        spoken = np.fft.irfft(np.fft.rfft(part, 4000) * passes, 4000)[: len(part)]
        sound[at : at + len(part)] = spoken * np.hanning(len(part)) * chance.uniform(0.3, 1)
        at += len(part)
    return np.asarray(sound * 3000 / np.sqrt(np.mean(sound**2)))


def heard(caller: Floats, ours: Floats, at_ms: int = 1500, known: Echo | None = None) -> Likeness | None:
    """400 ms of the caller's sound, from `at_ms` on, compared with ours on the same clock."""
    begin, end = played_span_ms(at_ms, at_ms + HEARD_MS)
    sound = caller[at_ms * 8 : (at_ms + HEARD_MS) * 8]
    return compare(on_the_line(sound), on_the_line(ours[int(begin) * 8 : int(end) * 8]), known)


def coming_back(ours: Floats, lag_ms: int, gain_db: float) -> Floats:
    return np.concatenate((np.zeros(lag_ms * 8), ours))[: len(ours)] * 10 ** (gain_db / 20)


def on_the_line(sound: Floats) -> bytes:
    return mulaw.encode(Pcm.of(sound, LINE_RATE_HZ))


def through_a_room(sound: Floats) -> Floats:
    tail = np.random.default_rng(5).standard_normal(400) * np.exp(-np.arange(400) / 80)
    tail[0] = 2.0
    return np.asarray(np.convolve(sound, tail)[: len(sound)] / np.sqrt((tail**2).sum()))


def bent(sound: Floats) -> Floats:
    return np.asarray(np.clip(sound, -5000, 5000))


@settings(deadline=None, max_examples=25)
@given(seed=st.integers(0, 20), lag_ms=st.integers(0, 600), gain_db=st.integers(-24, -3))
def test_an_echo_is_found_with_its_lag_and_gain(seed: int, lag_ms: int, gain_db: int) -> None:
    ours = voice(seed)
    likeness = heard(coming_back(ours, lag_ms, gain_db), ours)
    assert likeness is not None
    assert is_echo(likeness)
    assert abs(likeness.echo.lag_ms - lag_ms) <= 5
    assert abs(likeness.echo.gain_db - gain_db) <= 1.5


@pytest.mark.parametrize("way", [through_a_room, bent, lambda sound: bent(through_a_room(sound)), np.negative])
@pytest.mark.parametrize("lag_ms", [50, 200, 400])
def test_so_is_one_that_a_room_or_a_loudspeaker_has_changed(way: Callable[[Floats], Floats], lag_ms: int) -> None:
    ours = voice(3)
    likeness = heard(way(coming_back(ours, lag_ms, -12)), ours)
    assert likeness is not None
    assert is_echo(likeness)
    assert abs(likeness.echo.lag_ms - lag_ms) <= 15


PAIRS = [(ours, theirs) for ours in range(15) for theirs in range(21, 41)]
"""What is an echo by mistake is compared again a tenth of a second later: one in a hundred is no harm."""


def test_two_speakers_are_no_echo_of_each_other() -> None:
    mistaken = {True: 0, False: 0}
    for ours, theirs in PAIRS:
        likeness = heard(voice(theirs), voice(ours))
        assert likeness is not None
        for wary in mistaken:
            mistaken[wary] += is_echo(likeness, wary=wary)
    assert mistaken[False] <= 0.01 * len(PAIRS)
    assert mistaken[True] <= 0.03 * len(PAIRS)


def test_who_speaks_over_an_echo_never_heard_before_is_hardly_taken_for_it() -> None:
    mistaken = 0
    for ours, theirs in PAIRS:
        back, own = coming_back(voice(ours), 200, -12), voice(theirs)
        if np.std(own[12_000:15_200]) > 2 * np.std(back[12_000:15_200]):  # else it is a pause of theirs
            likeness = heard(back + own, voice(ours))
            assert likeness is not None
            mistaken += is_echo(likeness)
    assert mistaken <= 0.01 * len(PAIRS)


WAYS: list[Callable[[Floats], Floats]] = [
    lambda sound: sound,
    through_a_room,
    bent,
    lambda sound: bent(through_a_room(sound)),
]


@settings(deadline=None, max_examples=60)
@given(
    ours=st.integers(0, 20),
    theirs=st.integers(21, 60),
    way=st.sampled_from(WAYS),
    lag_ms=st.integers(0, 600),
    gain_db=st.integers(-24, -6),
    wary=st.booleans(),
)
@example(ours=3, theirs=42, way=WAYS[0], lag_ms=200, gain_db=-12, wary=False)
@example(ours=6, theirs=30, way=WAYS[0], lag_ms=200, gain_db=-12, wary=False)
def test_who_speaks_over_a_known_echo_twice_as_loud_is_not_taken_for_it(
    ours: int, theirs: int, way: Callable[[Floats], Floats], lag_ms: int, gain_db: int, wary: bool
) -> None:
    back, own = way(coming_back(voice(ours), lag_ms, gain_db)), voice(theirs)
    assume(loudness(own) > 2 * loudness(back))
    known = Echo(lag_ms, gain_db)
    likeness = heard(back + own, voice(ours), known=known)
    assert likeness is not None
    assert is_over(likeness, known)
    assert not is_echo(likeness, known, wary=wary)


def loudness(sound: Floats, at_ms: int = 1500) -> float:
    """As echoes are compared: of the differences of neighbours."""
    return float(np.std(np.diff(sound[at_ms * 8 : (at_ms + HEARD_MS) * 8])))


@settings(deadline=None, max_examples=40)
@given(ours=st.integers(0, 60), way=st.sampled_from(WAYS), louder_db=st.integers(-6, 2))
def test_the_echo_alone_is_nobody_who_speaks_over_it(
    ours: int, way: Callable[[Floats], Floats], louder_db: int
) -> None:
    back = way(coming_back(voice(ours), 200, -12 + louder_db))
    likeness = heard(back, voice(ours), known=Echo(200.0, -12.0))
    assert likeness is not None
    assert not is_over(likeness, Echo(200.0, -12.0))


def test_nor_is_one_that_was_turned_up_and_explains_most_of_what_is_heard() -> None:
    likeness = heard(bent(coming_back(voice(3), 200, -6)), voice(3), known=Echo(200.0, -18.0))
    assert likeness is not None
    assert not is_over(likeness, Echo(200.0, -18.0))


@pytest.mark.parametrize(("ours", "theirs", "lag_ms", "at_ms"), [(31, 92, 186, 2000), (7, 78, 205, 1500)])
def test_a_stranger_is_not_explained_where_a_syllable_of_ours_begins_or_ends(
    ours: int, theirs: int, lag_ms: int, at_ms: int
) -> None:
    """The filter's parts of what was played differ in loudness then, and must not count as the same."""
    said = voice(ours, 4000)
    own = voice(theirs, 4000) * 2
    for lag in (None, Echo(lag_ms, -12.0)):
        likeness = heard(coming_back(said, lag_ms, -12) + own, said, at_ms, lag)
        assert likeness is not None
        assert likeness.explained < 0.35


def test_a_known_lag_makes_it_surer() -> None:
    ours = voice(4)
    noise = np.random.default_rng(1).standard_normal(len(ours)) * 600
    sound = through_a_room(coming_back(ours, 200, -12)) + noise
    before = Echo(205.0, -8.0)
    anywhere, there = heard(sound, ours), heard(sound, ours, known=before)
    assert anywhere is not None
    assert there is not None
    assert not is_echo(anywhere)
    assert is_echo(there, before)


def test_the_noise_of_the_line_is_not_held_against_it() -> None:
    ours = voice(4)
    noise = np.random.default_rng(1).standard_normal(len(ours)) * 300
    sound = coming_back(ours, 200, -12) + noise
    begin, end = played_span_ms(1500, 1900)
    there = on_the_line(sound[12_000:15_200]), on_the_line(ours[int(begin) * 8 : int(end) * 8])
    plain, told = compare(*there), compare(*there, noise_rms=300 * 2**0.5)
    assert plain is not None
    assert told is not None
    assert told.explained > plain.explained + 0.05


def test_silence_is_like_nothing() -> None:
    assert heard(voice(1), np.zeros(24_000)) is None
    assert heard(np.zeros(24_000), voice(1)) is None
    assert compare(b"", b"") is None
    assert (LEAST_LAG_MS, MOST_LAG_MS) == (-40, 640)
