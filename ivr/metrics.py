"""What is counted and measured, every name in one place. No call ids and no numbers as labels; base units."""

import os
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

REGISTRY: Final = CollectorRegistry()
SHARED_FOLDER: Final = "PROMETHEUS_MULTIPROC_DIR"
"""The library's own name in the environment: set by a supervisor for its workers, each of which keeps its numbers in
that folder. The `multiprocess_mode` of a gauge says how theirs make one."""
CONTENT_TYPE: Final = CONTENT_TYPE_LATEST

STAGES: Final = ("turn_over", "text", "first_audio", "sent", "heard", "own")
"""From the end of the caller's speech to each; `own` is our share: everything but engines and pauses."""

CALLS: Final = Counter("ivr_calls_total", "Calls that ended, by how.", ("flow", "outcome"), registry=REGISTRY)
CALLS_ACTIVE: Final = Gauge("ivr_calls_active", "Calls in progress.", registry=REGISTRY, multiprocess_mode="livesum")
CALLS_REFUSED: Final = Counter("ivr_calls_refused_total", "Calls not taken, by why.", ("why",), registry=REGISTRY)
TURN_LATENCY: Final = Histogram(
    "ivr_turn_latency_seconds",
    "From the end of the caller's speech to a stage of the answer.",
    ("stage",),
    buckets=(0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 0.8, 1, 1.5, 2, 3, 5, 8),
    registry=REGISTRY,
)
FRAMES_LATE: Final = Counter("ivr_frames_late_total", "Frames that came late.", registry=REGISTRY)
GAPS: Final = Counter("ivr_gap_seconds_total", "Sound of callers that never came.", registry=REGISTRY)
UNDERRUNS: Final = Counter("ivr_underruns_total", "Times a prompt fell silent for want of sound.", registry=REGISTRY)
LINE_VERDICTS: Final = Counter(
    "ivr_line_verdicts_total",
    "Streams of calls by how their line was and whose fault it was.",
    ("verdict",),
    registry=REGISTRY,
)
BAD_MESSAGES: Final = Counter("ivr_bad_messages_total", "Stream messages that were none.", registry=REGISTRY)
TOOL_ERRORS: Final = Counter(
    "ivr_tool_errors_total", "Tools that gave no usable answer, by why.", ("error",), registry=REGISTRY
)
TOOL_THREADS_STUCK: Final = Gauge(
    "ivr_tool_threads_stuck",
    "Python tools that still run though their time is over.",
    registry=REGISTRY,
    multiprocess_mode="livesum",
)
SENDS: Final = Counter(
    "ivr_sends_total",
    "Tries to send a message, by its kind and what became of it.",
    ("kind", "result"),
    registry=REGISTRY,
)
OUTBOUND: Final = Counter(
    "ivr_outbound_total",
    "Calls that we made: placed, and those that nobody talked in by why.",
    ("result",),
    registry=REGISTRY,
)
MODEL_ERRORS: Final = Counter(
    "ivr_model_errors_total", "Recogniser, voice or model that failed.", ("port",), registry=REGISTRY
)
ANSWERS_READ: Final = Counter(
    "ivr_answers_read_total",
    "Spoken answers of callers, by what found out their meaning: words, similarity or model.",
    ("by",),
    registry=REGISTRY,
)
MODEL_PASSED: Final = Counter(
    "ivr_model_passed_total",
    "Times a model gave no answer and the next one was asked, by its role and why.",
    ("role", "why"),
    registry=REGISTRY,
)
MODEL_HEDGES: Final = Counter(
    "ivr_model_hedges_total",
    "Requests made to a second model because the first took longer than usual, by whose answer was taken.",
    ("role", "taken"),
    registry=REGISTRY,
)
MODEL_CAPS: Final = Counter(
    "ivr_model_caps_total",
    "Requests that were not made because a cap on what may be spent was reached.",
    ("cap",),
    registry=REGISTRY,
)
MODEL_COST: Final = Counter(
    "ivr_model_cost_total", "What models cost, in the currency of their prices.", ("role",), registry=REGISTRY
)
TOKENS_REFUSED: Final = Counter("ivr_tokens_refused_total", "Streams without a right to a call.", registry=REGISTRY)
MODEL_SESSIONS: Final = Gauge(
    "ivr_model_sessions",
    "Sessions with models that are open.",
    registry=REGISTRY,
    multiprocess_mode="livesum",
)
UNSIGNED: Final = Counter("ivr_unsigned_requests_total", "Requests without a good signature.", registry=REGISTRY)
JOURNAL_TROUBLE: Final = Gauge(
    "ivr_journal_trouble",
    "1 while entries do not reach the journal's database.",
    registry=REGISTRY,
    multiprocess_mode="livemax",
)
FLOW_RELOADS: Final = Counter(
    "ivr_flow_reloads_total",
    "Changes of flows on disk: taken for new calls, or refused.",
    ("result",),
    registry=REGISTRY,
)
ROWS_DROPPED: Final = Counter("ivr_rows_dropped_total", "Rows for review that were not written.", registry=REGISTRY)
RECORDING_LOST: Final = Counter(
    "ivr_recording_lost_seconds_total", "Sound that the disk did not take.", registry=REGISTRY
)
TASKS: Final = Gauge("ivr_tasks", "Tasks of the event loop.", registry=REGISTRY, multiprocess_mode="livesum")
EAR_ROWS: Final = Gauge(
    "ivr_ear_rows", "Calls that the speech detector listens to.", registry=REGISTRY, multiprocess_mode="livesum"
)
LOOP_LAG: Final = Gauge(
    "ivr_loop_lag_seconds",
    "How late the event loop is, lately at worst.",
    registry=REGISTRY,
    multiprocess_mode="livemax",
)
LOOP_LAG_P99: Final = Gauge(
    "ivr_loop_lag_p99_seconds",
    "How late the event loop is: of a hundred moments lately all but the worst.",
    registry=REGISTRY,
    multiprocess_mode="livemax",
)
LOOP_LATE: Final = Gauge(
    "ivr_loop_late",
    "Processes that take no new calls because their event loop is late.",
    registry=REGISTRY,
    multiprocess_mode="livesum",
)
SILENCES: Final = Counter(
    "ivr_silences_total", "Times a caller heard nothing, or was not heard, by why.", ("cause",), registry=REGISTRY
)


def exposition() -> bytes:
    """What a scrape gets: of all workers, whichever is asked, where there are several."""
    folder = os.environ.get(SHARED_FOLDER)
    if not folder:
        return generate_latest(REGISTRY)
    together = CollectorRegistry()
    MultiProcessCollector(together, folder)  # type: ignore[no-untyped-call]
    return generate_latest(together)
