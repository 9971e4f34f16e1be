"""The playback buffer: time as numbers, 8 bytes a millisecond."""

from ivr.sim.playback import Piece, Playback, Underrun


def ms(count: int, value: int = 1) -> bytes:
    return bytes([value]) * (8 * count)


def test_sound_is_played_from_its_arrival_and_behind_what_waits() -> None:
    playback = Playback()
    playback.add(ms(100, 1), 1000)
    playback.add(ms(50, 2), 1010)
    assert playback.played(5000) == [Piece(1000, ms(100, 1)), Piece(1100, ms(50, 2))]
    assert playback.waiting_ms(1020) == 130
    assert playback.played_ms(1120) == 120


def test_only_what_was_played_by_now_counts_as_heard() -> None:
    playback = Playback()
    playback.add(ms(100), 0)
    assert playback.played(30, since_ms=10) == [Piece(10, ms(20))]


def test_a_mark_returns_when_the_sound_before_it_was_played() -> None:
    playback = Playback()
    playback.add(ms(100), 0)
    assert playback.mark("a", 0) == []
    playback.add(ms(100), 5)
    assert playback.mark("b", 5) == []
    assert playback.next_mark_ms() == 100
    assert playback.due_marks(99) == []
    assert playback.due_marks(100) == ["a"]
    assert playback.due_marks(250) == ["b"]
    assert playback.due_marks(300) == []


def test_a_mark_returns_at_once_when_nothing_waits() -> None:
    playback = Playback()
    assert playback.mark("a", 10) == ["a"]
    playback.add(ms(20), 20)
    assert playback.mark("b", 40) == ["b"]


def test_clear_takes_back_the_unplayed_and_returns_every_mark() -> None:
    playback = Playback()
    playback.add(ms(100, 1), 0)
    playback.mark("a", 0)
    playback.add(ms(100, 2), 0)
    playback.mark("b", 0)
    assert playback.clear(40) == ["a", "b"]
    assert playback.played(1000) == [Piece(0, ms(40, 1))]
    assert playback.due_marks(1000) == []
    assert playback.clears == [40]
    playback.add(ms(10, 3), 60)
    assert playback.played(1000)[-1] == Piece(60, ms(10, 3))


def test_clear_of_nothing_is_no_silencing() -> None:
    playback = Playback()
    playback.add(ms(10), 0)
    assert playback.clear(50) == []
    assert playback.clears == []


def test_running_dry_inside_a_stretch_is_an_underrun() -> None:
    playback = Playback()
    playback.add(ms(100), 0)
    playback.add(ms(100), 160)
    assert playback.underruns == [Underrun(100, 60)]


def test_what_is_no_underrun() -> None:
    short = Playback()
    short.add(ms(100), 0)
    short.add(ms(100), 119)
    pause = Playback()
    pause.add(ms(100), 0)
    pause.add(ms(100), 600)
    cleared = Playback()
    cleared.add(ms(100), 0)
    cleared.clear(50)
    cleared.add(ms(100), 200)
    answered = Playback()
    answered.add(ms(100), 0)
    answered.caller_acted()
    answered.add(ms(100), 200)
    assert short.underruns == pause.underruns == cleared.underruns == answered.underruns == []


def test_an_underrun_in_the_answer_after_the_caller_acted_counts() -> None:
    playback = Playback()
    playback.add(ms(100), 0)
    playback.caller_acted()
    playback.add(ms(100), 150)
    playback.add(ms(100), 300)
    assert playback.underruns == [Underrun(250, 50)]


def test_more_than_ten_minutes_is_dropped() -> None:
    playback = Playback()
    assert playback.add(ms(600_000), 0)
    assert playback.add(ms(10), 10)
    assert not playback.add(ms(20), 15)
    assert playback.dropped_bytes == 15 * 8
    assert playback.end_ms == 600_015


def test_the_end_of_a_stream_silences_without_a_clear() -> None:
    playback = Playback()
    playback.add(ms(100), 0)
    playback.mark("a", 0)
    playback.stop(30)
    assert playback.played_ms(1000) == 30
    assert playback.clears == []
    assert playback.due_marks(1000) == []
