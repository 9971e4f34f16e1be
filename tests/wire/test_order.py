from collections.abc import Callable

import msgspec
import pytest

from ivr.errors import WireError
from ivr.wire import Connected, Frame, Gap, KeyPressed, MarkReturned, MediaFrame, Started, Stopped, Stream, Unknown


def piece(n: int, at_ms: int | None = None, mulaw: bytes = bytes(160)) -> MediaFrame:
    return MediaFrame(n + 1, n, (n - 1) * 20 if at_ms is None else at_ms, mulaw)


def close_code(stream: Stream, *messages: object, now_ms: int = 0) -> int | None:
    try:
        for message in messages:
            stream.accept(message, now_ms)  # type: ignore[arg-type]
    except WireError as fault:
        return fault.close_code
    return None


def test_a_stream_from_connected_to_stop(started: Started) -> None:
    stream = Stream()
    key, mark, stop = KeyPressed("5", 3), MarkReturned("1.1", 4), Stopped(5)
    assert stream.accept(Connected("Call", "1.0.0"), 0) == []
    assert stream.accept(started, 5) == [started]
    assert stream.started == started
    assert stream.accept(piece(1), 25) == [Frame(0, bytes(160))]
    assert stream.accept(key, 30) == [key]
    assert stream.accept(mark, 35) == [mark]
    assert stream.accept(stop, 40) == [stop]
    assert stream.counts().frames == 1 and stream.counts().bad == 0


def test_connected_may_be_missing(started: Started) -> None:
    assert Stream().accept(started, 0) == [started]


@pytest.mark.parametrize("early", [piece(1), KeyPressed("1"), MarkReturned("m"), Stopped()])
def test_nothing_may_come_before_start(early: MediaFrame) -> None:
    assert close_code(Stream(), Connected(), early) == 1008


def test_a_second_start_closes(stream: Stream, started: Started) -> None:
    assert close_code(stream, started) == 1008


@pytest.mark.parametrize(
    "change",
    [
        {"encoding": "audio/x-l16"},
        {"encoding": ""},
        {"rate_hz": 16000},
        {"channels": 2},
        {"tracks": ("outbound",)},
    ],
)
def test_a_start_of_another_sound_closes(started: Started, change: dict[str, object]) -> None:
    assert close_code(Stream(), msgspec.structs.replace(started, **change)) == 1008


def test_a_fork_of_both_tracks_gives_the_callers_only(started: Started) -> None:
    stream = Stream()
    stream.accept(msgspec.structs.replace(started, tracks=("inbound", "outbound")), 0)
    other = MediaFrame(2, 1, 0, bytes(160), "outbound")
    assert stream.accept(other, 0) == []
    assert stream.accept(MediaFrame(3, 1, 0, b"\x01" * 160), 0) == [Frame(0, b"\x01" * 160)]
    assert stream.counts().other_track == 1


def test_a_stream_of_the_wrong_track_alone_closes(stream: Stream) -> None:
    def send(n: int) -> None:
        stream.accept(MediaFrame(n + 1, n, n * 20, bytes(160), "outbound"), n * 20)

    for n in range(1, 251):
        send(n)
    with pytest.raises(WireError):
        send(251)


def test_twenty_bad_messages_are_left_out_and_the_next_closes_with_its_code(stream: Stream) -> None:
    for _ in range(20):
        assert stream.read("not json", 0) == []
    assert stream.counts().bad == 20
    with pytest.raises(WireError) as caught:
        stream.read(" " * 70_000, 0)
    assert caught.value.close_code == 1009


def test_a_foreign_stream_is_a_bad_message(stream: Stream) -> None:
    assert stream.accept(MediaFrame(2, 1, 0, bytes(160), "inbound", "MZother"), 0) == []
    assert stream.accept(KeyPressed("1", 3, "MZother"), 0) == []
    assert stream.accept(Stopped(4, "MZother"), 0) == []
    assert stream.accept(Connected(), 0) == []
    assert stream.counts().bad == 4 and stream.counts().frames == 0


def test_unknown_events_are_counted_and_leave_no_hole(stream: Stream) -> None:
    assert stream.accept(Unknown("weather", 2), 0) == []
    assert stream.accept(MediaFrame(3, 1, 0, bytes(160)), 0) == [Frame(0, bytes(160))]
    assert (stream.counts().unknown, stream.counts().lost_messages) == (1, 0)


def test_after_stop_all_is_late(stream: Stream) -> None:
    stream.accept(Stopped(2), 0)
    assert stream.accept(piece(2), 0) == []
    assert stream.accept(Stopped(4), 0) == []
    assert stream.counts().late == 2


def test_real_time_and_a_network_that_held_back_six_seconds_pass(stream: Stream) -> None:
    for n in range(1, 301):
        stream.accept(piece(n), n * 20)
    for n in range(301, 601):
        stream.accept(piece(n), 12_000)
    assert stream.position_ms == 12_000


@pytest.mark.parametrize(("speed", "closed"), [(1, False), (3, False), (4, False), (6, True), (50, True)])
def test_sound_faster_than_four_times_real_time_closes(stream: Stream, speed: int, closed: bool) -> None:
    sent = [piece(n) for n in range(1, 3000)]

    def play() -> None:
        for n, message in enumerate(sent):
            stream.accept(message, n * 20 // speed)

    if closed:
        with pytest.raises(WireError) as caught:
            play()
        assert caught.value.close_code == 1008
    else:
        play()


@pytest.mark.parametrize(
    "message", [Unknown("x"), MarkReturned("m"), MediaFrame(None, None, None, b""), KeyPressed("1")]
)
def test_a_flood_of_small_messages_closes_too(stream: Stream, message: KeyPressed) -> None:
    assert close_code(stream, *[message] * 5000) == 1008


def test_lost_messages_are_counted_by_sequence(stream: Stream) -> None:
    stream.accept(KeyPressed("1", 2), 0)
    stream.accept(KeyPressed("2", 6), 0)
    assert stream.counts().lost_messages == 3


def test_read_reads_and_places(stream: Stream, media_text: Callable[..., str]) -> None:
    assert stream.read(media_text(1, mulaw=b"\x10" * 80), 0) == [Frame(0, b"\x10" * 80)]


def test_a_gap_is_told_before_the_sound_behind_it(stream: Stream) -> None:
    stream.accept(piece(1), 20)
    assert stream.accept(piece(4), 80) == [Gap(20, 40), Frame(60, bytes(160))]
    assert (stream.counts().gaps, stream.counts().lost_ms) == (1, 40)
