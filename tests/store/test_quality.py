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
