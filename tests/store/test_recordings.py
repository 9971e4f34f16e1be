import asyncio
import os
import random
import resource
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ivr.audio import wav
from ivr.errors import StoreError
from ivr.store.ids import new_call_id
from ivr.store.recorded import Blank, RecordingReader, open_recording
from ivr.store.recordings import BEHIND, BLOCK, KeptRecording, Recorder, Recording, recording_path
from tests.store.conftest import NOW

CALL = new_call_id(NOW)
QUIET = 0xFF


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def recorder(data: Path) -> Iterator[Recorder]:
    made = Recorder(data)
    yield made
    made.close()


def tone(first: int, samples: int) -> bytes:
    """A sound that tells its own place."""
    return bytes((first + n) % 251 for n in range(samples))


async def closed(recording: Recording, total: int) -> KeptRecording:
    recording.close(total)
    return await recording.finished()


async def test_both_sides_stand_at_their_sample(recorder: Recorder, data: Path) -> None:
    recording = recorder.open(CALL)
    for at in range(0, 48_000, 160):
        recording.caller(at, tone(at, 160))
        if at == 20_000:
            recording.bot(12_345, tone(0, 4000))
        recording.advance(at + 160)
    kept = await closed(recording, 48_000)
    assert kept == KeptRecording(str(recording_path(CALL)), 48_000, 0, None)
    caller, bot = open_recording(data, CALL).sides()
    assert caller == tone(0, 48_000)
    assert bot == b"\xff" * 12_345 + tone(0, 4000) + b"\xff" * (48_000 - 16_345)


@pytest.mark.parametrize("seed", range(5))
async def test_any_order_and_any_lateness_give_the_same_sound(data: Path, seed: int) -> None:
    chance = random.Random(seed)
    recorder = Recorder(data)
    recording = recorder.open(CALL)
    total = 24_000
    pieces = []
    for channel in (0, 1):
        at = 0
        while at < total:
            size = min(chance.randint(1, 3000), total - at)
            due = at + size + chance.choice((0, 0, 500, 4000, 9000))  # some are known long after they were due
            pieces.append((due, channel, at, size))
            at += size
    for due, channel, at, size in sorted(pieces):
        (recording.bot if channel else recording.caller)(at, tone(at + channel, size))
        recording.advance(min(due, total))
    assert (await closed(recording, total)).lost_ms == 0
    recorder.close()
    assert open_recording(data, CALL).sides() == (tone(0, total), tone(1, total))


async def test_what_never_came_is_silence_and_a_gap_can_be_told(recorder: Recorder, data: Path) -> None:
    recording = recorder.open(CALL)
    recording.caller(0, tone(0, 160))
    recording.gap("caller", 160, 320)
    recording.gap("caller", 320, 640)
    recording.caller(20_000, tone(0, 160))
    await closed(recording, 20_400)
    reader = open_recording(data, CALL)
    caller, bot = reader.sides()
    assert caller[160:20_000] == b"\xff" * 19_840
    assert bot == b"\xff" * 20_400
    assert reader.ms == 2550
    assert reader.blanks() == [Blank("caller", 20, 80, "lost")]


async def test_the_line_is_at_most_a_second_ahead_of_the_file(recorder: Recorder, data: Path) -> None:
    recording = recorder.open(CALL)
    for at in range(0, 40_000, 160):
        recording.caller(at, tone(at, 160))
        recording.advance(at + 160)
    other = recorder.open(new_call_id(NOW))  # one thread writes for all: when this is done, so is the first
    await closed(other, 8)
    assert 40_000 - open_recording(data, CALL).samples < BEHIND + BLOCK <= 8000
    await closed(recording, 40_000)


async def test_while_paused_neither_side_is_kept_wherever_it_comes_from(recorder: Recorder, data: Path) -> None:
    recording = recorder.open(CALL)
    recording.caller(0, tone(0, 16_000))
    recording.advance(16_000)
    recording.pause(8_000)  # behind what is on the disk already
    recording.caller(16_000, tone(0, 8_000))
    recording.bot(9_000, tone(0, 3_000))
    recording.advance(24_000)
    recording.resume(24_000)
    recording.bot(23_000, tone(0, 2_000))
    await closed(recording, 26_000)
    reader = open_recording(data, CALL)
    caller, bot = reader.sides()
    assert caller == tone(0, 8_000) + b"\xff" * 18_000
    assert bot == b"\xff" * 24_000 + tone(1_000, 1_000) + b"\xff" * 1_000
    assert reader.blanks() == [Blank("both", 1000, 3000, "paused")]


async def test_a_pause_that_never_ended_ends_with_the_call(recorder: Recorder, data: Path) -> None:
    recording = recorder.open(CALL)
    recording.pause(80)
    recording.caller(0, tone(0, 800))
    await closed(recording, 800)
    assert open_recording(data, CALL).blanks() == [Blank("both", 10, 100, "paused")]


async def test_wav_and_pcm16_are_made_on_read(recorder: Recorder, data: Path) -> None:
    recording = recorder.open(CALL)
    recording.caller(0, tone(0, 4000))
    recording.bot(0, tone(7, 4000))
    await closed(recording, 4000)
    reader = open_recording(data, CALL)
    assert reader.wav()[20:24] == b"\x07\x00\x02\x00"  # format 7, two channels
    assert reader.pcm16_wav()[20:24] == b"\x01\x00\x02\x00"
    as_mulaw, as_pcm = wav.read_channels(reader.wav()), wav.read_channels(reader.pcm16_wav())
    assert as_mulaw == as_pcm
    assert [len(side) for side in as_pcm] == [4000, 4000]


@pytest.mark.parametrize("bytes_left", [0, 1, 2, 3, 161, 4001])
async def test_every_prefix_opens(recorder: Recorder, data: Path, bytes_left: int) -> None:
    recording = recorder.open(CALL)
    recording.caller(0, tone(0, 4000))
    kept = await closed(recording, 4000)
    os.truncate(data / kept.path, bytes_left)
    reader = open_recording(data, CALL)
    assert reader.samples == bytes_left // 2
    assert len(wav.read_channels(reader.wav())[0]) == bytes_left // 2
    assert len(wav.read_channels(reader.pcm16_wav())[1]) == bytes_left // 2
    assert reader.sides()[0] == tone(0, bytes_left // 2)


async def test_a_call_that_goes_on_goes_on_in_its_file(recorder: Recorder, data: Path) -> None:
    first = recorder.open(CALL)
    first.caller(0, tone(0, 8000))
    await closed(first, 8000)
    again = recorder.open(CALL)
    again.caller(12_000, tone(12_000, 8000))
    await closed(again, 20_000)
    caller, _bot = open_recording(data, CALL).sides()
    assert caller == tone(0, 8000) + b"\xff" * 4000 + tone(12_000, 8000)


async def test_a_full_disk_stops_the_recording_and_nothing_else(recorder: Recorder, data: Path) -> None:
    recording = recorder.open(CALL)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_001, limits[1]))  # each write past this fails
    try:
        for at in range(0, 40_000, 160):
            recording.caller(at, tone(at, 160))
            recording.advance(at + 160)
        kept = await closed(recording, 40_000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, before)
    assert kept.fault is not None
    assert "free some space" in kept.fault
    assert kept.lost_ms >= (40_000 - 10_001) // 8
    reader = open_recording(data, CALL)
    assert reader.sides()[0] == tone(0, reader.samples)
    assert [(blank.why, blank.to_ms) for blank in reader.blanks()] == [("disk", None)]
    next_call = recorder.open(new_call_id(NOW))
    assert (await closed(next_call, 160)).fault is None


async def test_sound_from_another_time_is_not_believed(recorder: Recorder, data: Path) -> None:
    recording = recorder.open(CALL)
    recording.caller(2_000_000_000, tone(0, 160))
    recording.caller(0, tone(0, 160))
    kept = await closed(recording, 160)
    assert (kept.samples, kept.lost_ms) == (160, 20)


def test_no_recording_is_one_clear_error(data: Path) -> None:
    with pytest.raises(StoreError, match="no recording"):
        open_recording(data, CALL)


def test_a_link_in_its_place_is_not_followed(data: Path, tmp_path: Path) -> None:
    path = data / recording_path(CALL)
    path.parent.mkdir(parents=True)
    (tmp_path / "elsewhere").write_bytes(b"secret")
    path.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(StoreError):
        open_recording(data, CALL)


SPEAKER = """
import sys, time
from pathlib import Path
from ivr.store.recordings import Recorder

recording = Recorder(Path(sys.argv[1])).open(sys.argv[2])
for frame in range(1_000_000):
    at = frame * 160
    recording.caller(at, bytes((at + n) % 251 for n in range(160)))
    recording.bot(at, bytes((at + n) % 251 for n in range(160)))
    recording.advance(at + 160)
    print(at, flush=True)
    time.sleep(0.001)  # 20 times as fast as a line
"""


@pytest.mark.parametrize("seed", range(3))
def test_kill_9_leaves_a_recording_that_opens(data: Path, seed: int) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", SPEAKER, str(data), CALL], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        told = [process.stdout.readline() for _line in range(random.Random(seed).randint(60, 300))]
        os.kill(process.pid, signal.SIGKILL)
        told += process.stdout.readlines()
    heard = int([line for line in told if line.endswith("\n")][-1]) + 160
    reader: RecordingReader = open_recording(data, CALL)
    caller, bot = reader.sides()
    assert caller == bot == tone(0, reader.samples)
    assert heard - reader.samples <= 8000 + 100 * 160  # a second, and what the writer thread had in hand
    assert len(wav.read_channels(reader.pcm16_wav())) == 2


async def test_closing_twice_is_closing_once(recorder: Recorder) -> None:
    recording = recorder.open(CALL)
    recording.close(160)
    recording.close(99_999)
    first, second = await recording.finished(), await recording.finished()
    assert first == second
    assert first.samples == 160


async def test_ten_calls_at_once_keep_apart(recorder: Recorder, data: Path) -> None:
    ids = [new_call_id(NOW) for _call in range(10)]
    recordings = [recorder.open(call_id) for call_id in ids]
    for at in range(0, 16_000, 160):
        for number, recording in enumerate(recordings):
            recording.caller(at, bytes([number]) * 160)
            recording.advance(at + 160)
    async with asyncio.TaskGroup() as tasks:
        for recording in recordings:
            tasks.create_task(closed(recording, 16_000))
    for number, call_id in enumerate(ids):
        assert set(open_recording(data, call_id).sides()[0]) == {number}
