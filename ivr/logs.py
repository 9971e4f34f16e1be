"""Log lines: one JSON object each, or for people on a terminal. Only listed fields get out.

What a caller says, types or owns has no field here. A field that is not listed loses its value and leaves its name
under `left_out`. Lines of foreign libraries keep their words only if the library is one whose words we know.
"""

import logging
import re
import sys
from collections.abc import Callable, Mapping, MutableMapping, Sequence
from typing import Any, Final, Literal, TextIO

import structlog

Format = Literal["auto", "json", "console"]

FIELDS: Final = frozenset(
    [
        "call",
        "call_sid",
        "stream_sid",
        "account_sid",
        "turn",
        "attempt",
        "seq",
        "mark",
        "effect",
        "tool",
        "node",
        "flow",
        "bundle",
        "step",
        "entry",
        "place",
        "kind",
        "what",
        "event",
        "level",
        "timestamp",
        "logger",
        "why",
        "error",
        "where",
        "code",
        "status",
        "outcome",
        "intent",
        "reason",
        "result",
        "stage",
        "signal",
        "started",
        "path",
        "host",
        "port",
        "url",
        "public_url",
        "data_dir",
        "engines",
        "engine",
        "model",
        "package",
        "file",
        "line",
        "version",
        "pid",
        "worker",
        "workers",
        "detail",
        "ms",
        "at_ms",
        "seconds",
        "count",
        "calls",
        "bytes",
        "frames",
        "gaps",
        "underruns",
        "sequence_number",
        "project",
        "left_out",
    ]
)
_KNOWN: Final = ("ivr", "uvicorn")
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_LONGEST: Final = 500

Line = MutableMapping[str, Any]


def configure_logging(
    level: str = "INFO", form: Format = "auto", stream: TextIO | None = None, *, worker: int | None = None
) -> None:
    """Once, at start. `auto`: for people where the stream is a terminal, JSON elsewhere. `worker`: each line tells
    which of several processes it is from."""
    out = stream or sys.stderr
    for_people = form == "console" or (form == "auto" and out.isatty())
    shared: list[Any] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        *([] if worker is None else [_from_worker(worker)]),
        without_trace,
        listed_fields,
        clean,
    ]
    last = structlog.dev.ConsoleRenderer(colors=out.isatty()) if for_people else structlog.processors.JSONRenderer()
    formatter = structlog.stdlib.ProcessorFormatter(
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, last],
        foreign_pre_chain=[known_words, *shared],
    )
    writer = logging.StreamHandler(out)
    writer.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers[:] = [writer]
    root.setLevel(level.upper())
    for name in (
        "httpx",
        "httpcore",
        "httpx2",
        "httpcore2",
        "mcp",
        "psycopg",
        "sqlalchemy",
        "alembic",
        "asyncio",
        "twilio",
    ):
        logging.getLogger(name).setLevel(logging.WARNING)
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logging.getLogger(name).handlers[:] = []
        logging.getLogger(name).setLevel(logging.NOTSET)  # ours decides
        logging.getLogger(name).propagate = name != "uvicorn.access"  # addresses with their queries
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )


def _from_worker(number: int) -> Callable[[object, str, Line], Line]:
    def told(_logger: object, _method: str, line: Line) -> Line:
        line.setdefault("worker", number)
        return line

    return told


def without_trace(_logger: object, _method: str, line: Line) -> Line:
    """An exception as its type and place: its text may hold what a caller said."""
    trouble = line.pop("exc_info", None)
    if trouble is True:
        trouble = sys.exc_info()
    if isinstance(trouble, tuple):
        trouble = trouble[1]
    if isinstance(trouble, BaseException):
        line["error"] = type(trouble).__name__
        line["where"] = _innermost(trouble)
    line.pop("stack_info", None)
    line.pop("exception", None)
    return line


def known_words(_logger: object, _method: str, line: Line) -> Line:
    """A foreign library may word a value into its message."""
    record = line.get("_record")
    if record is not None and record.name.split(".")[0] not in _KNOWN:
        line["event"] = f"{record.name} reported something"
        line.setdefault("where", f"{record.filename}:{record.lineno}")
    return line


def listed_fields(_logger: object, _method: str, line: Line) -> Line:
    kept = {name: value for name, value in line.items() if name in FIELDS or name.startswith("_")}
    left_out = sorted(line.keys() - kept.keys())
    return kept | {"left_out": left_out} if left_out else kept


def clean(_logger: object, _method: str, line: Line) -> Line:
    return {name: value if name.startswith("_") else _cleaned(value) for name, value in line.items()}


def _cleaned(value: object) -> object:
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, Mapping):
        return "…"
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return [_cleaned(item) for item in value[:20]]
    return _CONTROL.sub(" ", str(value))[:_LONGEST]


def _innermost(trouble: BaseException) -> str:
    if isinstance(trouble, BaseExceptionGroup):
        return "; ".join(f"{type(one).__name__} {_innermost(one)}" for one in trouble.exceptions)
    place = trouble.__traceback__
    while place is not None and place.tb_next is not None:
        place = place.tb_next
    return "" if place is None else f"{place.tb_frame.f_code.co_filename.rpartition('/')[2]}:{place.tb_lineno}"
