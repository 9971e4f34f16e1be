"""What was wrong with a line is found, with its seconds and whose side it lies on; times are numbers."""

import numpy as np
import pytest

from ivr.audio import mulaw
from ivr.audio.echo import Echo
from ivr.audio.level import gained
from ivr.audio.pcm import Pcm
from ivr.audio.tones import noise
from ivr.audio.windows import Windows
from ivr.call import effects as fx
from ivr.call.events import MarkEnded
from ivr.call.line_quality import LineQuality
from ivr.call.line_report import LineReport, Side, Trouble, as_kept, from_kept, in_words
from ivr.call.watch import Silence
from ivr.flow.types import Privacy
from ivr.models.offline.instant import speech_like
from ivr.units import Millis

SECONDS = 20
FRAME = 160
FLOOR = noise(5, SECONDS * 1000, -62)


def talk(db: float = 0.0, seconds: int = SECONDS) -> Pcm:
    """Speech at -20 dBFS and `db`, two seconds on and two off, over the noise of a good line."""
    speech = gained(speech_like(seconds * 1000, 8000), db).array().astype(float)
    at = np.arange(len(speech)) // 16_000 % 2 == 0
    return Pcm.of(speech * at + FLOOR.array()[: len(speech)], 8000)


def heard(
    sound: Pcm | bytes,
    *,
    late_ms: dict[int, float] | None = None,
    loop_ms: dict[int, float] | None = None,
    began_ms: float = 0.0,
    creeps_ms: float = 0.0,
) -> LineQuality:
    """Fed as a call is: a frame at a time, its windows scored as the detector would score a loud one. `late_ms` and
    `loop_ms` by second; `creeps_ms`: how much the stream's beginning moves a second."""
    line, windows = LineQuality(), Windows()
    told = mulaw.encode(sound) if isinstance(sound, Pcm) else sound
    for at in range(0, len(told), FRAME):
        second = at // 8000
        full = line.frame(told[at : at + FRAME], (late_ms or {}).get(second, 3.0))
        for window in windows.feed(told[at : at + FRAME]):
            line.window(window.no, window.level)
            line.scored(window.no, 0.9 if window.level > 120 else 0.0)
        if full:
            line.second(began_ms + creeps_ms * second, (loop_ms or {}).get(second, 1.0))
    return line


def lost_mark(at_ms: int) -> fx.KeepTurn:
    """A turn of ours with one receipt that came and one that did not."""
    came = MarkEnded("a", Millis(0), Millis(500), "acknowledged")
    lost = MarkEnded("b", Millis(0), Millis(at_ms), "expired")
    return fx.KeepTurn(
        1, "bot", Millis(0), Millis(1000), "Hello.", "Hello.", "Hello.", False, "", Privacy.OPEN, "first",
        marks=(came, lost),
    )  # fmt: skip


def report(line: LineQuality, **more: object) -> LineReport:
    return line.report(began_ms=0.0, **more)  # type: ignore[arg-type]


def troubles(found: LineReport) -> list[Trouble]:
    return [finding.trouble for finding in found.findings]


def test_a_good_line_is_fine() -> None:
    found = report(heard(talk()), encoding="audio/x-mulaw")
    assert found.verdict is Side.FINE and found.findings == ()
    assert found.heard_s == SECONDS
    assert found.speech_dbfs is not None and abs(found.speech_dbfs + 20) < 2
    assert found.noise_dbfs is not None and abs(found.noise_dbfs + 62) <= 2
    assert in_words(found)[0].startswith("fine: speech -2")


def test_lost_pieces_the_carrier_told_of_are_its_own() -> None:
    lost = [(3000, 20), (3100, 40), (7980, 40), (15_000, 160)]
    found = report(heard(talk()), lost=lost, lost_ms=260)
    assert (found.verdict, troubles(found)) == (Side.CARRIER, [Trouble.LOSS])
    assert found.lost_percent == 1.3
    assert found.findings[0].seconds == ((3, 3), (7, 8), (15, 15))
    assert in_words(found)[0] == "carrier: 1.3 % of the caller's sound was lost on its way (0:03, 0:07-0:08, 0:15)"


def test_a_lost_piece_now_and_then_is_fine() -> None:
    assert report(heard(talk()), lost=[(3000, 20), (9000, 20)], lost_ms=40).verdict is Side.FINE


def test_one_long_hole_is_told_however_rare() -> None:
    found = report(heard(talk()), lost=[(4000, 240)], lost_ms=240)
    assert Trouble.HOLE in troubles(found)
    assert found.verdict is Side.CARRIER


@pytest.mark.parametrize("share", [0.03, 0.08])
def test_pieces_lost_before_the_carrier_are_found_as_silence_in_speech(share: float) -> None:
    told = bytearray(mulaw.encode(talk()))
    chance = np.random.default_rng(3)
    for at in range(0, len(told), FRAME):
        if chance.random() < share:
            told[at : at + FRAME] = mulaw.SILENCE * FRAME
    found = report(heard(bytes(told)))
    assert (found.verdict, troubles(found)) == (Side.CARRIER, [Trouble.LOSS])
    assert 30 * share < found.lost_percent < 130 * share
    assert all(first // 2 % 2 == 0 for first, _ in found.findings[0].seconds)  # where there was speech


def test_a_hole_is_not_counted_twice() -> None:
    told = bytearray(mulaw.encode(talk()))
    lost = [(400 + 100 * number, 20) for number in range(10)]
    for at_ms, _ in lost:
        told[at_ms * 8 : at_ms * 8 + FRAME] = mulaw.SILENCE * FRAME
    assert report(heard(bytes(told)), lost=lost, lost_ms=200).lost_percent == 1.0


def test_a_caller_on_a_line_without_any_noise_loses_nothing_by_pausing() -> None:
    speech = speech_like(SECONDS * 1000, 8000).array().astype(float)
    at = np.arange(len(speech)) // 8 % 1000 < 940  # a pause of 60 ms a second
    fade = np.convolve(at, np.ones(320) / 320, "same")
    assert report(heard(Pcm.of(speech * fade * at, 8000))).lost_percent < 0.5


def test_late_sound_is_the_carriers_unless_our_loop_was_late() -> None:
    late = dict.fromkeys((2, 3, 9), 150.0)
    theirs = report(heard(talk(), late_ms=late))
    assert (theirs.verdict, troubles(theirs)) == (Side.CARRIER, [Trouble.JITTER])
    assert (theirs.latest_ms, theirs.findings[0].seconds) == (150, ((2, 3), (9, 9)))
    ours = report(heard(talk(), late_ms=late, loop_ms=late))
    assert (ours.verdict, troubles(ours)) == (Side.US, [Trouble.LOOP_LATE])
    assert ours.findings[0].seconds == ((2, 3), (9, 9))


def test_a_loop_that_is_late_once_is_told_if_it_was_very_late() -> None:
    assert report(heard(talk(), loop_ms={4: 90.0})).verdict is Side.FINE
    assert report(heard(talk(), loop_ms={4: 250.0})).verdict is Side.US


def test_jitter_all_the_time_is_told_and_a_single_late_piece_is_not() -> None:
    assert report(heard(talk(), late_ms=dict.fromkeys(range(SECONDS), 80.0))).verdict is Side.CARRIER
    assert report(heard(talk(), late_ms={4: 140.0})).verdict is Side.FINE


def test_a_caller_who_overdrives_is_told() -> None:
    loud = np.clip(talk().array().astype(float) * 12, -32_768, 32_767)
    found = report(heard(Pcm.of(loud, 8000)))
    assert found.verdict is Side.ROOM
    assert Trouble.CLIPPING in troubles(found)
    assert found.clipped_percent > 2


@pytest.mark.parametrize(("db", "trouble"), [(-24, Trouble.QUIET), (14, Trouble.LOUD)])
def test_a_caller_too_far_from_the_microphone_or_too_near(db: float, trouble: Trouble) -> None:
    found = report(heard(talk(db)))
    assert (found.verdict, trouble in troubles(found)) == (Side.ROOM, True)


def test_noise_is_told_by_how_far_speech_stands_above_it() -> None:
    told = talk().array().astype(float) + noise(9, SECONDS * 1000, -31).array()
    line, windows = LineQuality(), Windows()
    sound = mulaw.encode(Pcm.of(told, 8000))
    for at in range(0, len(sound), FRAME):
        full = line.frame(sound[at : at + FRAME], 0.0)
        for window in windows.feed(sound[at : at + FRAME]):
            line.window(window.no, window.level)
            line.scored(window.no, 0.9 if window.level > 2000 else 0.0)
        if full:
            line.second(0.0, 0.0)
    found = report(line)
    assert (found.verdict, troubles(found)) == (Side.ROOM, [Trouble.NOISE])


def test_our_own_voice_is_told_where_it_came_back_loud() -> None:
    assert report(heard(talk()), echo=Echo(180.0, -12.0)).verdict is Side.ROOM
    assert report(heard(talk()), echo=Echo(180.0, -45.0)).verdict is Side.FINE


def test_alaw_taken_for_mulaw_is_told() -> None:
    found = report(heard(alaw(talk())))
    assert found.verdict is Side.CARRIER
    assert Trouble.ENCODING in troubles(found)


def test_an_offset_is_told() -> None:
    found = report(heard(Pcm.of(talk().array().astype(float) + 1500, 8000)))
    assert Trouble.OFFSET in troubles(found)


def test_a_carriers_clock_that_runs_away_is_told() -> None:
    assert Trouble.DRIFT in troubles(report(heard(talk(), creeps_ms=-12.0)))
    assert report(heard(talk(), creeps_ms=0.05)).verdict is Side.FINE


@pytest.mark.parametrize(
    ("trouble", "side"),
    [(Trouble.VOICE_SLOW, Side.ENGINE), (Trouble.MARKS_LATE, Side.CARRIER), (Trouble.UNDERRUN, Side.US)],
)
def test_a_prompt_that_fell_silent_is_blamed_on_who_was_slow(trouble: Trouble, side: Side) -> None:
    line = heard(talk())
    line.fell_silent(trouble, 12_300, 180)
    found = report(line)
    assert (found.verdict, found.underruns) == (side, 1)
    assert found.findings[0].seconds == ((12, 12),)
    assert found.findings[0].figure == 180


@pytest.mark.parametrize(
    ("effect", "trouble", "side"),
    [
        (fx.KeepNote(Millis(9300), "error", "recogniser", "", ""), Trouble.RECOGNISER, Side.ENGINE),
        (fx.KeepNote(Millis(9300), "error", "voice", "", ""), Trouble.VOICE, Side.ENGINE),
        (fx.KeepNote(Millis(9300), "silence", Silence.SLOW_VOICE.value, "", ""), Trouble.VOICE, Side.ENGINE),
        (fx.KeepNote(Millis(9300), "silence", Silence.DEAD_STREAM.value, "", ""), Trouble.DEAD, Side.CARRIER),
        (fx.KeepNote(Millis(9300), "silence", Silence.STUCK_TURN.value, "", ""), Trouble.FAULT, Side.US),
        (lost_mark(9300), Trouble.MARKS, Side.CARRIER),
    ],
)
def test_what_is_written_down_of_a_call_tells_too(
    effect: fx.KeepNote | fx.KeepTurn, trouble: Trouble, side: Side
) -> None:
    line = heard(talk())
    line.kept(effect)
    found = report(line)
    assert (found.verdict, troubles(found)) == (side, [trouble])
    assert (found.findings[0].figure, found.findings[0].seconds) == (1, ((9, 9),))


@pytest.mark.parametrize(
    "note",
    [
        fx.KeepNote(Millis(900), "silence", Silence.SILENT_CALLER.value, "", ""),
        fx.KeepNote(Millis(900), "silence", Silence.SLOW_TOOL.value, "", ""),
        fx.KeepNote(Millis(900), "error", "balance", "", ""),
        fx.KeepNote(Millis(900), "node", "voice", "", ""),
    ],
)
def test_what_is_no_fault_of_the_line_or_its_engines_is_not_told(note: fx.KeepNote) -> None:
    line = heard(talk())
    line.kept(note)
    assert report(line).verdict is Side.FINE


def test_an_echo_is_told_where_it_was_heard() -> None:
    line = heard(talk())
    line.kept(fx.KeepEntry(7, Millis(4200), "EchoHeard", {"lag_ms": 180, "gain_db": -12}, Privacy.OPEN))
    found = report(line, echo=Echo(180.0, -12.0))
    assert found.findings[0].seconds == ((4, 4),)
    assert (found.echo_db, found.echo_ms) == (-12.0, 180)


def test_an_engine_that_failed_weighs_more_than_a_line_that_is_only_poor() -> None:
    line = heard(talk(-24, 8))
    line.failed(Trouble.RECOGNISER, 2500)
    found = report(line)
    assert found.verdict is Side.ENGINE
    assert [finding.trouble for finding in found.findings] == [Trouble.RECOGNISER, Trouble.QUIET]


def test_seconds_are_those_of_the_call_and_stay_few() -> None:
    line = heard(talk(), began_ms=60_000, late_ms={5: 200.0, 6: 200.0})
    assert line.report(began_ms=60_000).findings[0].seconds == ((65, 66),)
    for second in range(0, 3000, 3):
        line.failed(Trouble.VOICE, 1000.0 * second)
    found = report(line)
    assert found.findings[0].figure == 1000
    spans = found.findings[0].seconds
    assert 1 < len(spans) <= 12
    assert (spans[0][0], spans[-1][1]) == (0, 2997)


def test_a_call_without_sound_has_a_report_too() -> None:
    assert report(LineQuality()).verdict is Side.FINE


def test_a_report_is_kept_and_read_again_whatever_version_wrote_it() -> None:
    line = heard(talk(-24))
    line.failed(Trouble.VOICE, 500)
    found = report(line, encoding="audio/x-mulaw")
    kept = as_kept(found)
    assert from_kept(kept) == found
    later = kept | {"of_tomorrow": 1, "findings": [*kept["findings"], {"trouble": "new", "figure": 1, "seconds": []}]}
    assert from_kept(later) == found
    assert from_kept({}) == LineReport()


def alaw(sound: Pcm) -> bytes:
    """G.711 A-law of a sound."""
    values = np.clip(sound.array().astype(int), -32_768, 32_767)
    size = np.minimum(np.abs(values) >> 3, 4095)  # 13 bits, without the sign
    exponent = np.maximum(0, np.floor(np.log2(np.maximum(size, 1))).astype(int) - 4)
    exponent = np.minimum(exponent, 7)
    mantissa = np.where(exponent == 0, size >> 1, size >> np.maximum(exponent, 1)) & 15
    code = np.where(values >= 0, 0x80, 0) | (exponent << 4) | mantissa
    return bytes((code ^ 0x55).astype(np.uint8))
