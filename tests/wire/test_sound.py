"""Sound placed by the carrier's clock: pieces in, where they belong out."""

import random

import pytest

from ivr.wire import Frame, Gap, MediaFrame, Started, Stream


def play(stream: Stream, pieces: list[tuple[int, int, int, int]]) -> list[Frame | Gap]:
    """Each piece: sequence, chunk, at_ms, length in ms; the network brings it when it is over."""
    told: list[Frame | Gap] = []
    for sequence, chunk, at_ms, ms in pieces:
        message = MediaFrame(sequence, chunk, at_ms, bytes(ms * 8))
        told += [part for part in stream.accept(message, at_ms + ms) if isinstance(part, Frame | Gap)]
    return told


def steady(count: int, step_ms: int = 20) -> list[tuple[int, int, int, int]]:
    return [(n + 2, n + 1, n * step_ms, step_ms) for n in range(count)]


def gaps(told: list[Frame | Gap]) -> list[Gap]:
    return [part for part in told if isinstance(part, Gap)]


@pytest.mark.parametrize("step_ms", [10, 20, 60, 100])
def test_what_is_whole_stays_whole(stream: Stream, step_ms: int) -> None:
    told = play(stream, steady(200, step_ms))
    assert [part.at_ms for part in told] == [n * step_ms for n in range(200)]
    assert not gaps(told)


def test_a_stream_may_begin_at_any_timestamp(stream: Stream) -> None:
    told = play(stream, [(2, 1, 5000, 20), (3, 2, 5020, 20)])
    assert [part.at_ms for part in told] == [0, 20]


@pytest.mark.parametrize("seed", range(20))
def test_jitter_makes_no_hole_and_drops_nothing(stream: Stream, seed: int) -> None:
    chance = random.Random(seed)
    shaken = [(s, c, max(0, at + chance.randint(-10, 10)), ms) for s, c, at, ms in steady(1000)]
    told = play(stream, shaken)
    assert len(told) == 1000 and not gaps(told)
    assert stream.position_ms == 20_000


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("renumbered", [False, True])
def test_lost_pieces_are_padded_so_that_both_halves_stay_aligned(stream: Stream, seed: int, renumbered: bool) -> None:
    """Loss before the carrier leaves its numbers whole, loss behind it does not; its clock tells both."""
    chance = random.Random(seed)
    kept = [one for one in steady(1500) if one[1] <= 20 or chance.random() > 0.03]
    if renumbered:
        kept = [(n + 2, n + 1, at, ms) for n, (_, _, at, ms) in enumerate(kept)]
    told = play(stream, kept)
    frames = [part for part in told if isinstance(part, Frame)]
    assert [frame.at_ms for frame in frames] == [at for _, _, at, _ in kept]
    assert stream.counts().lost_ms == (kept[-1][2] + 20) - 20 * len(kept)


@pytest.mark.parametrize("seed", range(10))
def test_loss_under_jitter_keeps_within_a_frame(stream: Stream, seed: int) -> None:
    chance = random.Random(seed)
    kept = [one for one in steady(1500) if one[1] <= 20 or chance.random() > 0.03]
    shaken = [(s, c, max(0, at + chance.randint(-10, 10)), ms) for s, c, at, ms in kept]
    told = play(stream, shaken)
    frames = [part for part in told if isinstance(part, Frame)]
    assert len(frames) == len(kept)
    assert max(abs(frame.at_ms - at) for frame, (_, _, at, _) in zip(frames, kept, strict=True)) <= 20


def test_a_double_is_dropped_and_counted(stream: Stream) -> None:
    twice = [one for one in steady(5) for _ in range(2)]
    told = play(stream, twice)
    assert [part.at_ms for part in told] == [0, 20, 40, 60, 80]
    assert stream.counts().duplicates == 5


def test_a_timestamp_behind_the_position_is_dropped(stream: Stream) -> None:
    told = play(stream, [*steady(50), (52, 51, 500, 20), (53, 52, 1000, 20)])
    assert [part.at_ms for part in told][-2:] == [980, 1000]
    assert stream.counts().duplicates == 1


def test_a_carrier_that_begins_its_clock_anew_is_heard_again(stream: Stream) -> None:
    play(stream, steady(100))
    again = [(n + 102, n + 101, n * 20, 20) for n in range(100)]
    told: list[Frame | Gap] = []
    for sequence, chunk, at_ms, _ in again:
        accepted = stream.accept(MediaFrame(sequence, chunk, at_ms, bytes(160)), 2000 + at_ms)
        told += [part for part in accepted if isinstance(part, Frame | Gap)]
    assert len(told) >= 70 and not gaps(told)


def test_a_pause_in_sending_is_padded(stream: Stream) -> None:
    assert play(stream, [*steady(50), (52, 51, 31_000, 20)])[-2:] == [Gap(1000, 30_000), Frame(31_000, bytes(160))]


def test_a_gap_is_never_longer_than_a_minute(stream: Stream) -> None:
    told = play(stream, [*steady(50), (52, 51, 301_000, 20), (53, 52, 301_020, 20)])
    assert told[-3:] == [Gap(1000, 60_000), Frame(61_000, bytes(160)), Frame(61_020, bytes(160))]


def test_a_timestamp_from_the_far_future_makes_no_more_silence_than_time_allows(stream: Stream) -> None:
    stream.accept(MediaFrame(2, 1, 0, bytes(160)), 0)
    for n in range(2, 200):
        stream.accept(MediaFrame(n + 1, n, n * 1_000_000, bytes(160)), n * 20)
    assert stream.position_ms <= 200 * 20 + 10_000


def test_bytes_of_odd_length_keep_the_position_exact(stream: Stream) -> None:
    for n in range(800):
        stream.accept(MediaFrame(n + 2, n + 1, n * 83 // 8, bytes(83)), n * 10)
    assert stream.position_ms == 800 * 83 // 8
    assert stream.counts().gaps == 0


def test_sound_without_a_clock_is_taken_as_it_comes(started: Started) -> None:
    stream = Stream()
    stream.accept(started, 0)
    told = [stream.accept(MediaFrame(None, None, None, bytes(160)), n * 20) for n in range(3)]
    assert told == [[Frame(n * 20, bytes(160))] for n in range(3)]
