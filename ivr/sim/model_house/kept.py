"""What the house remembers of a request."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Endpoint = Literal["models", "chat", "transcriptions", "speech", "realtime", "answers"]
"""realtime: a session is opened; answers: those in sessions."""


@dataclass(slots=True)
class Request:
    """One request, and what became of it. Times are seconds of `time.monotonic()`; None: not, or not yet."""

    endpoint: Endpoint
    body: Mapping[str, Any] = field(default_factory=dict)
    """The JSON, or the form's fields without its file."""
    heard: str | None = None
    """What was heard in it, or read."""
    words: str | None = None
    """What was answered."""
    status: int = 0
    usage: Mapping[str, Any] = field(default_factory=dict)
    """Of tokens, whether it was asked for or not."""
    sent_bytes: int = 0
    done_at: float | None = None
    """When the last byte of the answer was handed over."""
    left_at: float | None = None
    """When the far end was seen to go before that."""
