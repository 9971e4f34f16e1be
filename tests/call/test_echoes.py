"""A call's echo as it goes on: compared again and again, learned, and spoken over."""

from collections.abc import Callable, Iterator

import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ivr.audio import mulaw
from ivr.audio.echo import Echo
from ivr.call.echoes import Echoes
from ivr.call.hearing import Hearing
from ivr.units import FRAME_MS, LINE_RATE_HZ, Millis
from tests.audio.test_echo import HEARD_MS, Floats, bent, coming_back, on_the_line, through_a_room, voice

LENGTH_MS = 4000
FIRST_MS, AGAIN_MS = 900, 100
"""When the caller's sound is compared with ours."""
SPEAKS_MS = 1500
WAYS: dict[str, Callable[[Floats], Floats]] = {"plain": lambda sound: sound, "room": through_a_room, "bent": bent}


def compared(back: Floats, own: Floats, ours: Floats) -> Iterator[tuple[int, bool, Echo | None]]:
    """When, whether it was explained, and the echo known by then."""
    quiet = mulaw.SILENCE * LINE_RATE_HZ
    sound, played = on_the_line(back + own), quiet + on_the_line(ours) + quiet
    hearing = Hearing()
    echoes = Echoes(hearing)
    echoes.played = lambda begin, end: played[LINE_RATE_HZ + int(begin * 8) : LINE_RATE_HZ + int(end * 8)]
    for now in range(FRAME_MS, LENGTH_MS + 1, FRAME_MS):
        hearing.feed_media(sound[8 * (now - FRAME_MS) : 8 * now], Millis(now))
        if now >= FIRST_MS and now % AGAIN_MS == 0:
            yield now, echoes.explain(), echoes.known


def loudness(sound: Floats, now: int) -> float:
    return float(np.std(np.diff(sound[8 * (now - HEARD_MS) : 8 * now])))


@settings(deadline=None, max_examples=30)
@given(
    ours=st.integers(0, 20),
    theirs=st.integers(21, 60),
    way=st.sampled_from(sorted(WAYS)),
    lag_ms=st.integers(0, 400),
    gain_db=st.integers(-18, -6),
    louder_db=st.integers(-3, 6),
)
@example(ours=6, theirs=33, way="plain", lag_ms=200, gain_db=-6, louder_db=0)
@example(ours=0, theirs=21, way="plain", lag_ms=261, gain_db=-6, louder_db=0)
def test_who_speaks_twice_as_loud_over_an_echo_once_heard_is_never_taken_for_it(
    ours: int, theirs: int, way: str, lag_ms: int, gain_db: int, louder_db: int
) -> None:
    """Whatever of theirs was too soft to be told from it before: that must not make it known as a loud one."""
    back = WAYS[way](coming_back(voice(ours, LENGTH_MS), lag_ms, gain_db))
    own = voice(theirs, LENGTH_MS) * 10 ** (louder_db / 20)
    own[: 8 * SPEAKS_MS] = 0
    for now, explained, _ in compared(back, own, voice(ours, LENGTH_MS)):
        if loudness(own, now) > 2 * loudness(back, now):
            assert not explained, now


@settings(deadline=None, max_examples=30)
@given(
    ours=st.integers(0, 60),
    way=st.sampled_from(sorted(WAYS)),
    lag_ms=st.integers(60, 400),
    gain_db=st.integers(-18, -9),
    later_ms=st.integers(-40, 40),
    louder_db=st.integers(-6, 2),
)
def test_our_voice_alone_is_explained_also_when_it_comes_back_at_another_time_and_loudness(
    ours: int, way: str, lag_ms: int, gain_db: int, later_ms: int, louder_db: int
) -> None:
    change_ms = 2000
    said = voice(ours, LENGTH_MS)
    back = WAYS[way](coming_back(said, lag_ms, gain_db)).copy()
    moved = WAYS[way](coming_back(said, lag_ms + later_ms, gain_db + louder_db))
    back[8 * change_ms :] = moved[8 * change_ms :]
    results = list(compared(back, np.zeros(8 * LENGTH_MS), said))
    for now, explained, _ in results:
        if not change_ms < now <= change_ms + HEARD_MS + 100:  # then it is both
            assert explained, now
    known = results[-1][2]
    assert known is not None
    assert abs(known.lag_ms - lag_ms - later_ms) < 20
    assert abs(known.gain_db - gain_db - louder_db) < 3
