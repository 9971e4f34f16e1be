"""How a call's line was is read again, whichever version of ours kept it."""

import json
from dataclasses import asdict

from ivr.call.line_report import Finding, LineReport, Side, Trouble
from ivr.store.records import Quality, quality_from


def test_a_call_kept_before_there_were_reports_reads_as_it_was() -> None:
    kept = {"gaps_ms": 40, "late_frames": 1, "underruns": 0, "lost_ms": 0, "bad_messages": 0, "unknown_messages": 2}
    assert quality_from(kept) == Quality(gaps_ms=40, late_frames=1, unknown_messages=2)
    assert quality_from({}) == Quality()


def test_a_report_is_read_as_it_was_kept() -> None:
    line = LineReport(Side.ROOM, (Finding(Trouble.QUIET, -44.0, ((3, 9), (14, 14))),), heard_s=20, speech_dbfs=-44.0)
    kept = json.loads(json.dumps(asdict(Quality(gaps_ms=20, line=line))))
    assert quality_from(kept) == Quality(gaps_ms=20, line=line)


def test_what_a_later_version_kept_is_read_as_far_as_we_know_it() -> None:
    kept = {"gaps_ms": 20, "of_tomorrow": 1, "line": {"verdict": "the moon", "findings": [], "heard_s": 7, "x": 1}}
    assert quality_from(kept) == Quality(gaps_ms=20, line=LineReport(heard_s=7))


def test_streams_of_one_call_are_told_together() -> None:
    one = Quality(
        gaps_ms=400,
        underruns=1,
        line=LineReport(
            Side.ENGINE,
            (Finding(Trouble.VOICE_SLOW, 180.0, ((4, 4),)), Finding(Trouble.QUIET, -40.0, ((1, 3),))),
            heard_s=10,
            lost_percent=4.0,
            speech_dbfs=-40.0,
            jitter_ms=16,
            underruns=1,
            encoding="audio/x-mulaw",
        ),
    )
    two = Quality(
        late_frames=2,
        line=LineReport(
            Side.ROOM,
            (Finding(Trouble.QUIET, -46.0, ((62, 90),)), Finding(Trouble.VOICE_SLOW, 20.0, ((70, 70),))),
            heard_s=30,
            speech_dbfs=-46.0,
            jitter_ms=8,
        ),
    )
    both = one.and_then(two)
    assert (both.gaps_ms, both.late_frames, both.underruns) == (400, 2, 1)
    assert both.line is not None and both.line.verdict is Side.ROOM
    assert both.line.findings == (
        Finding(Trouble.QUIET, -46.0, ((1, 3), (62, 90))),
        Finding(Trouble.VOICE_SLOW, 200.0, ((4, 4), (70, 70))),
    )
    assert (both.line.heard_s, both.line.lost_percent, both.line.speech_dbfs) == (40, 1.0, -46.0)
    assert (both.line.jitter_ms, both.line.underruns, both.line.encoding) == (16, 1, "audio/x-mulaw")
    assert Quality().and_then(two).line == two.line
    assert two.and_then(Quality()).line == two.line
