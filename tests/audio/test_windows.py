import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivr.audio import mulaw
from ivr.audio.pcm import Pcm
from ivr.audio.tones import noise
from ivr.audio.windows import Window, Windows
from ivr.units import WINDOW_SAMPLES

LOUD = mulaw.encode(noise(1, 32, -20))
FAINT = mulaw.encode(noise(1, 32, -59))
QUIET = mulaw.SILENCE * WINDOW_SAMPLES


def fed(picture: str) -> list[Window]:
    """One window a letter: # loud, - faint (between the gate's two levels), . silent."""
    windows = Windows()
    return [window for letter in picture for window in windows.feed({"#": LOUD, "-": FAINT, ".": QUIET}[letter])]


def gates(picture: str) -> str:
    return "".join("x" if window.gated else "o" for window in fed(picture))


@settings(deadline=None)
@given(st.lists(st.integers(1, 500), min_size=1, max_size=20))
def test_windows_follow_each_other_without_a_gap(sizes: list[int]) -> None:
    sound = mulaw.encode(noise(2, 1000, -30))
    windows, at, out = Windows(), 0, []
    for size in sizes:
        out += windows.feed(sound[at : at + size])
        at += size
    assert [window.no for window in out] == list(range(min(at, len(sound)) // WINDOW_SAMPLES))
    assert b"".join(window.samples for window in out) == mulaw.samples(sound[: len(out) * WINDOW_SAMPLES])


@pytest.mark.parametrize(
    ("picture", "expected"),
    [
        ("....", "xxxx"),
        ("..##..", "xxoooo"),
        ("#" + "." * 10, "o" + "o" * 7 + "xxx"),  # closes late, at the eighth quiet window
        ("----", "xxxx"),  # faint sound does not open the gate
        ("#" + "-" * 12, "o" * 13),  # and does not let it close
    ],
)
def test_the_gate_opens_at_once_and_closes_late(picture: str, expected: str) -> None:
    assert gates(picture) == expected


def test_the_window_before_an_opening_comes_along() -> None:
    windows = fed(".-##")
    assert [window.before for window in windows] == [None, None, mulaw.samples(FAINT), None]


def test_the_first_window_has_none_before_it() -> None:
    assert fed("#")[0].before is None


@pytest.mark.parametrize(("quiet", "fresh"), [(9, False), (10, True), (30, True)])
def test_ten_gated_windows_make_the_state_stale(quiet: int, fresh: bool) -> None:
    opening = fed("." * quiet + "##")
    assert [window.fresh for window in opening[-2:]] == [fresh, False]


def test_a_window_holds_256_samples() -> None:
    (window,) = fed("#")
    assert len(Pcm(window.samples, 8000)) == WINDOW_SAMPLES
