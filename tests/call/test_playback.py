"""What was heard, reckoned from marks and time. 8 bytes are a millisecond."""

from hypothesis import given, settings
from hypothesis import strategies as st

from ivr.audio.mulaw import SILENCE
from ivr.call.playback import MARK_GRACE_MS, Playback
from ivr.units import BYTES_PER_MS, Millis

HALF = bytes(500 * BYTES_PER_MS)


def saying(text: str, pieces: int, at_ms: int = 0, say: str = "s") -> tuple[Playback, list[str]]:
    """One sentence sent at once in half-second pieces."""
    playback = Playback()
    playback.begin(say)
    playback.sentence(say, text, pieces * len(HALF))
    marks = [playback.sent(say, HALF, Millis(at_ms)) for _ in range(pieces)]
    playback.sentence_whole(say)
    playback.complete(say)
    return playback, marks


def test_a_prompt_is_heard_when_its_last_mark_is_back() -> None:
    playback, marks = saying("one two three four", 2)
    playback.marked(marks[0], Millis(500))
    assert playback.ended() == []
    playback.marked(marks[1], Millis(1000))
    (ended,) = playback.ended()
    assert (ended.heard, ended.heard_ms, ended.cut) == ("one two three four", 1000, False)
    assert playback.silent


def test_a_cut_prompt_was_heard_up_to_the_time_since_the_last_mark() -> None:
    playback, marks = saying("aaaa bbbb cccc dddd", 4)
    playback.marked(marks[0], Millis(500))
    (ended,) = playback.clear(Millis(750))
    assert (ended.heard_ms, ended.cut) == (750, True)
    assert ended.heard == "aaaa"
    assert ended.sent == "aaaa bbbb cccc dddd"


def test_time_alone_never_counts_more_than_the_piece_whose_mark_is_out() -> None:
    """The carrier holds its buffer: nothing of the second piece can have been heard."""
    playback, _ = saying("aaaa bbbb cccc dddd", 4)
    (ended,) = playback.clear(Millis(5000))
    assert ended.heard_ms == 500


def test_nothing_sent_is_nothing_heard() -> None:
    playback = Playback()
    playback.begin("s")
    (ended,) = playback.clear(Millis(100))
    assert (ended.sent, ended.heard, ended.heard_ms, ended.cut) == ("", "", 0, True)


def test_the_marks_of_cleared_sound_prove_nothing() -> None:
    """The carrier returns them all at once after a clear."""
    playback, marks = saying("one two", 2)
    playback.clear(Millis(100))
    for mark in marks:
        playback.marked(mark, Millis(101))
    assert playback.ended() == []


def test_a_mark_that_never_comes_back_holds_nothing_up() -> None:
    playback, _ = saying("one two", 1)
    playback.expire(Millis(500 + MARK_GRACE_MS - 1))
    assert playback.ended() == []
    playback.expire(Millis(500 + MARK_GRACE_MS))
    assert [e.heard for e in playback.ended()] == ["one two"]


def test_sound_that_comes_too_late_is_an_underrun() -> None:
    playback = Playback()
    playback.begin("s")
    playback.sentence("s", "one two")
    playback.sent("s", HALF, Millis(0))
    playback.sent("s", HALF, Millis(510))
    assert playback.underruns == 0
    playback.sent("s", HALF, Millis(1100))
    assert playback.underruns == 1


def test_a_second_prompt_queues_behind_the_first_and_each_ends_by_itself() -> None:
    playback, first = saying("one", 1, say="a")
    playback.begin("b")
    playback.sentence("b", "two", len(HALF))
    mark = playback.sent("b", HALF, Millis(10))
    playback.sentence_whole("b")
    playback.complete("b")
    playback.marked(first[0], Millis(500))
    assert [e.say for e in playback.ended()] == ["a"]
    cut = playback.clear(Millis(700))
    assert [(e.say, e.heard_ms, e.cut) for e in cut] == [("b", 200, True)]
    assert mark


def test_played_sound_is_laid_down_without_seams() -> None:
    playback, marks = saying("one two", 3)
    for n, mark in enumerate(marks):
        playback.marked(mark, Millis(530 + 500 * n + (n % 2) * 7))  # the line's delay, and jitter
    played = playback.take_played()
    assert played[0].at_ms == 30
    ends = [p.at_ms + len(p.mulaw) / BYTES_PER_MS for p in played]
    assert [p.at_ms for p in played[1:]] == ends[:-1]
    assert playback.take_played() == []


def test_the_short_silence_between_two_prompts_is_kept_in_the_recording() -> None:
    playback = Playback()
    for prompt in range(4):
        playback.begin(f"s{prompt}")
        playback.sentence(f"s{prompt}", "one", len(HALF))
        mark = playback.sent(f"s{prompt}", HALF, Millis(530 * prompt))
        playback.marked(mark, Millis(530 * prompt + 500))
    assert [played.at_ms for played in playback.take_played()] == [0, 530, 1060, 1590]


def test_a_mark_that_was_held_up_moves_the_recording_only_until_the_next_one() -> None:
    playback, marks = saying("one two", 3)
    for mark, now in zip(marks, (535, 1001, 1502), strict=True):
        playback.marked(mark, Millis(now))
    assert [round(played.at_ms) for played in playback.take_played()] == [35, 501, 1001]


@settings(deadline=None)
@given(st.lists(st.integers(1, 4000), min_size=1, max_size=8), st.integers(0, 40_000), st.integers(0, 8))
def test_heard_is_never_more_than_sent_and_a_prefix_of_it(sizes: list[int], cut_ms: int, acknowledged: int) -> None:
    text = "the quick brown fox jumps over the lazy dog"
    playback = Playback()
    playback.begin("s")
    playback.sentence("s", text, sum(sizes))
    marks = [playback.sent("s", bytes(size), Millis(0)) for size in sizes]
    at = 0.0
    for mark, size in list(zip(marks, sizes, strict=True))[:acknowledged]:
        at += size / BYTES_PER_MS
        playback.marked(mark, Millis(int(at) + 1))
    (ended,) = playback.clear(Millis(int(at) + cut_ms))
    assert 0 <= ended.heard_ms <= sum(sizes) // BYTES_PER_MS
    assert text.startswith(ended.heard)
    assert not ended.heard or text[len(ended.heard) :][:1] in ("", " ")


# ---- the ledger: sent, acknowledged, heard


def test_what_marks_prove_is_told_apart_from_what_time_tells() -> None:
    playback, marks = saying("aaaa bbbb cccc dddd", 4)
    playback.marked(marks[0], Millis(500))
    playback.marked(marks[1], Millis(1000))
    (ended,) = playback.clear(Millis(1300))
    assert (ended.acknowledged_ms, ended.heard_ms) == (1000, 1300)
    assert (ended.acknowledged, ended.heard) == ("aaaa bbbb", "aaaa bbbb")
    assert [mark.end for mark in ended.marks] == ["acknowledged", "acknowledged", "cleared", "cleared"]


def test_sound_whose_marks_never_come_is_heard_by_time_and_acknowledged_never() -> None:
    playback, _ = saying("one two", 2)
    playback.expire(Millis(1000 + MARK_GRACE_MS))
    (ended,) = playback.ended()
    assert (ended.heard, ended.heard_ms, ended.cut) == ("one two", 1000, False)
    assert (ended.acknowledged, ended.acknowledged_ms) == ("", 0)
    assert [mark.end for mark in ended.marks] == ["expired", "expired"]


def test_a_mark_that_comes_back_before_an_earlier_one_proves_both_and_no_more() -> None:
    playback, marks = saying("aaaa bbbb cccc dddd", 4)
    playback.marked(marks[1], Millis(1000))
    playback.marked(marks[0], Millis(1010))  # late, and nothing new
    (ended,) = playback.clear(Millis(1200))
    assert (ended.acknowledged_ms, ended.heard_ms) == (1000, 1200)


def test_a_mark_that_was_lost_among_others_ends_with_the_next_and_never_again() -> None:
    """Marks one and two never come. When the third is overdue, that says nothing of what is still to be played."""
    playback, marks = saying("one two three four five six seven eight", 8)
    playback.marked(marks[1], Millis(1000))
    playback.expire(Millis(3600))  # the third is overdue by now, the fourth not yet
    (ended,) = playback.clear(Millis(3600))
    assert ended.acknowledged_ms == 1000
    assert [mark.end for mark in ended.marks][:4] == ["acknowledged", "acknowledged", "expired", "cleared"]
    assert ended.heard_ms == 2000


def test_a_mark_that_comes_back_twice_counts_once() -> None:
    playback, marks = saying("aaaa bbbb cccc dddd", 4)
    playback.marked(marks[0], Millis(500))
    playback.marked(marks[0], Millis(501))
    playback.marked("s/99", Millis(502))  # nobody sent this one
    (ended,) = playback.clear(Millis(500))
    assert (ended.acknowledged_ms, ended.heard_ms) == (500, 500)


def test_the_echoes_of_a_clear_prove_nothing_of_the_next_prompt() -> None:
    playback, old = saying("one two", 3)
    playback.clear(Millis(100))
    playback.begin("t")
    playback.sentence("t", "three four", 2 * len(HALF))
    for _ in range(2):
        playback.sent("t", HALF, Millis(110))
    for mark in old:
        playback.marked(mark, Millis(120))
    (ended,) = playback.clear(Millis(210))
    assert (ended.say, ended.acknowledged_ms, ended.heard_ms) == ("t", 0, 100)


def test_a_prompt_whose_voice_failed_was_heard_only_as_far_as_it_went() -> None:
    playback = Playback()
    playback.begin("s")
    playback.sentence("s", "one two", len(HALF))
    mark = playback.sent("s", HALF, Millis(0))
    playback.sentence_whole("s")
    playback.complete("s", failed=True)
    playback.marked(mark, Millis(500))
    (ended,) = playback.ended()
    assert (ended.heard, ended.cut) == ("one two", True)


def test_a_prompt_without_any_sound_was_not_heard() -> None:
    playback = Playback()
    playback.begin("s")
    playback.complete("s", failed=True)
    (ended,) = playback.ended()
    assert (ended.sent, ended.heard, ended.heard_ms, ended.cut) == ("", "", 0, True)


def test_a_sentence_that_is_still_being_made_was_not_heard_to_its_end() -> None:
    """All that there was of it was heard: some 200 ms."""
    playback = Playback()
    playback.begin("s")
    playback.sentence("s", "the quick brown fox jumps over the lazy dog")
    mark = playback.sent("s", bytes(400 * BYTES_PER_MS), Millis(0))
    playback.marked(mark, Millis(400))
    (ended,) = playback.clear(Millis(600))
    assert ended.heard == "the"


def test_what_was_and_is_being_played_is_known_by_its_time() -> None:
    playback, marks = saying("one two three", pieces=3, at_ms=100)
    playback.marked(marks[0], Millis(600))
    whole = playback.between(0, 2000)
    assert len(whole) == 8 * 2000
    assert whole[: 8 * 100] == SILENCE * (8 * 100)
    assert whole[8 * 1600 :] == SILENCE * (8 * 400)
    assert SILENCE not in whole[8 * 100 : 8 * 1600]
    assert playback.between(700, 900) == whole[8 * 700 : 8 * 900]
