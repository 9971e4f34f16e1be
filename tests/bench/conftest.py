"""A level as it should be, to be changed where a test wants."""

import pytest

from bench.verdict import Level


@pytest.fixture
def level() -> Level:
    return Level(
        calls=50,
        seconds=20.0,
        connected=50,
        turns=150,
        response_p50_ms=15.0,
        response_p95_ms=30.0,
        response_p99_ms=40.0,
        barge_ins=40,
        barge_in_p50_ms=228.0,
        barge_in_p99_ms=240.0,
        health_p50_ms=1.0,
        health_p99_ms=5.0,
        unanswered=0,
        premature=0,
        not_silenced=0,
        underruns=0,
        server_underruns=0,
        lost=0,
        cpu_ms_per_call_second=4.0,
        setup_cpu_ms_per_call=8.0,
        resident_mb=200.0,
        mb_per_call=0.3,
        frames_late_share=0.0,
        frames_late_p99_ms=2.0,
        frames_latest_ms=9.0,
        server_late_share=0.0,
        server_cores_used=0.2,
        load_cores_used=0.1,
        others_share=0.0,
    )
