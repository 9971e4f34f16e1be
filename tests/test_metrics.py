from ivr import metrics


def test_a_scrape_has_the_names_that_dashboards_use() -> None:
    metrics.CALLS.labels("support", "done").inc()
    metrics.TURN_LATENCY.labels("text").observe(0.2)
    metrics.TOOL_ERRORS.labels("timeout").inc()
    metrics.CALLS_ACTIVE.set(2)
    text = metrics.exposition().decode()
    for name in (
        'ivr_calls_total{flow="support",outcome="done"} ',
        "ivr_calls_active 2.0",
        'ivr_turn_latency_seconds_bucket{le="0.2",stage="text"} ',
        "ivr_frames_late_total ",
        'ivr_tool_errors_total{error="timeout"} ',
        "ivr_underruns_total ",
        "ivr_bad_messages_total ",
        "ivr_tasks ",
        "ivr_ear_rows ",
    ):
        assert name in text, name
