"""A condition's text as tokens, each with its offset; and values as they are written in files."""

import re
from dataclasses import dataclass
from datetime import date, time, timedelta
from decimal import Decimal
from typing import Final, Literal

Kind = Literal["word", "number", "duration", "text", "date", "time", "path", "sign", "end"]

UNITS: Final = {
    "second": 1,
    "minute": 60,
    "hour": 3600,
    "day": 86_400,
    "week": 604_800,
    "s": 1,
    "m": 60,
    "h": 3600,
    "d": 86_400,
}

_TOKEN: Final = re.compile(
    r"""(?P<space>\s+)
    | (?P<text>"[^"]*"|'[^']*')
    | (?P<date>\d{4}-\d{2}-\d{2}(?!\w))
    | (?P<time>\d{1,2}:\d{2}(?!\w))
    | (?P<duration>\d+(?:\.\d+)?(?:\s+(?:seconds?|minutes?|hours?|days?|weeks?)|[smhd])(?!\w))
    | (?P<number>\d+(?:\.\d+)?(?!\w))
    | (?P<path>\$(?:\.[^\W\d]\w*|\[\d+\])*)
    | (?P<joined>on\s+or\s+(?:before|after)(?!\w))
    | (?P<word>[^\W\d]\w*(?:\.[^\W\d]\w*)*)
    | (?P<sign><=|>=|[<>()\[\],+*-])""",
    re.VERBOSE | re.ASCII,
)


@dataclass(frozen=True, slots=True)
class Token:
    """`text` is as written, but for "text" (without its quotes) and "on or before" (one space between words)."""

    kind: Kind
    text: str
    at: int
    width: int


class Unreadable(Exception):
    """No token begins at `at`."""

    def __init__(self, at: int) -> None:
        super().__init__(str(at))
        self.at = at


def tokens_of(text: str) -> list[Token]:
    """All tokens and one of kind "end". Raises Unreadable."""
    tokens: list[Token] = []
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise Unreadable(at)
        kind, said = match.lastgroup, match.group()
        if kind == "text":
            tokens.append(Token("text", said[1:-1], at, len(said)))
        elif kind == "joined":
            tokens.append(Token("word", " ".join(said.split()), at, len(said)))
        elif kind == "word":
            tokens.append(Token("word", said, at, len(said)))
        elif kind in ("date", "time", "duration", "number", "path", "sign"):
            tokens.append(Token(kind, said, at, len(said)))  # type: ignore[arg-type]
        at = match.end()
    tokens.append(Token("end", "", len(text), 1))
    return tokens


def read_duration(text: str) -> timedelta | None:
    """`8s`, `1.5 hours`, `2 weeks`; None if it is none or too long to reckon with."""
    match = re.fullmatch(
        r"(\d{1,9}(?:\.\d{1,6})?)(?:\s+(second|minute|hour|day|week)s?|([smhd]))", text.strip(), re.ASCII
    )
    if match is None:
        return None
    try:
        return timedelta(seconds=float(Decimal(match[1]) * UNITS[match[2] or match[3]]))
    except OverflowError:
        return None


def read_date(text: str) -> date | None:
    """`2026-12-24`."""
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", text, re.ASCII):
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def read_time(text: str) -> time | None:
    """`17:30`, `9:00`, `17:30:15`."""
    match = re.fullmatch(r"(\d{1,2}):(\d{2})(?::(\d{2}))?", text, re.ASCII)
    if match is None:
        return None
    try:
        return time(int(match[1]), int(match[2]), int(match[3] or 0))
    except ValueError:
        return None


def read_number(text: str) -> Decimal | None:
    """`42`, `-0.5`; at most 30 digits."""
    return Decimal(text) if re.fullmatch(r"-?\d{1,20}(?:\.\d{1,10})?", text, re.ASCII) else None
