"""Server-sent events out of bytes as they come: cut anywhere, with any line end, several data lines an event, comments.

The rules are those of the HTML standard, "9.2.6 Interpreting an event stream"; `id` and `retry` are for browsers.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

LONGEST_LINE: Final = 4_000_000
"""Bytes of one line, and of the data of one event: 60 s of sound in one piece, as base64, are 3.9 MB."""

_BOM: Final = b"\xef\xbb\xbf"


class EventTooLong(ValueError):
    """A line or an event is longer than any that means well."""


@dataclass(frozen=True, slots=True)
class Event:
    data: bytes
    """Lines joined by a line feed. Bytes as they came: who reads them finds what is not UTF-8."""
    name: str = ""
    """Of the event; most have none."""


class Events:
    """Fed with pieces of a body; tells the events that are whole. What no blank line has ended is no event."""

    def __init__(self, longest: int = LONGEST_LINE) -> None:
        self._longest = longest
        self._begun: list[bytes] = []
        """Pieces of a line that has not ended."""
        self._begun_bytes = 0
        self._after_cr = False
        """A line feed that comes first belongs to the line end before it."""
        self._first = True
        self._data: list[bytes] = []
        self._data_bytes = 0
        self._name = b""

    def feed(self, piece: bytes) -> Iterator[Event]:
        """Raises: EventTooLong."""
        for line in self._lines(piece):
            if self._first:
                self._first, line = False, line.removeprefix(_BOM)
            if line:
                self._field(line)
            elif self._data:
                yield Event(b"\n".join(self._data), self._name.decode("utf-8", "replace"))
                self._clear()
            else:
                self._clear()

    def flush(self) -> Iterator[Event]:
        """What stood at the end without the blank line that belongs there: some servers leave it out after the last."""
        last = b"".join(self._begun)
        self._begun, self._begun_bytes = [], 0
        if last:
            self._field(last)
        if self._data:
            yield Event(b"\n".join(self._data), self._name.decode("utf-8", "replace"))
        self._clear()

    def _clear(self) -> None:
        self._data, self._data_bytes, self._name = [], 0, b""

    def _field(self, line: bytes) -> None:
        name, _, value = line.partition(b":")
        value = value[1:] if value[:1] == b" " else value
        if name == b"data":
            self._data_bytes += len(value)
            if self._data_bytes > self._longest:
                raise EventTooLong("an event of the stream is too long")
            self._data.append(value)
        elif name == b"event":
            self._name = value[:100]

    def _lines(self, piece: bytes) -> Iterator[bytes]:
        if self._after_cr and piece:
            self._after_cr = False
            piece = piece[1:] if piece[:1] == b"\n" else piece
        at, carriages = 0, b"\r" in piece
        while at < len(piece):
            ends = (piece.find(b"\n", at), piece.find(b"\r", at) if carriages else -1)
            end = min((found for found in ends if found >= 0), default=-1)
            if end < 0:
                break
            yield self._whole(piece[at:end])
            at = end + 1
            if piece[end : end + 1] == b"\r":
                if at == len(piece):
                    self._after_cr = True
                elif piece[at : at + 1] == b"\n":
                    at += 1
        if at < len(piece):
            self._keep(piece[at:])

    def _whole(self, ending: bytes) -> bytes:
        if not self._begun:
            return ending
        line = b"".join((*self._begun, ending))
        self._begun, self._begun_bytes = [], 0
        return line

    def _keep(self, piece: bytes) -> None:
        self._begun.append(piece)
        self._begun_bytes += len(piece)
        if self._begun_bytes > self._longest:
            raise EventTooLong("a line of the stream is too long")
