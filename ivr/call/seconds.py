"""Seconds of a call, gathered as ranges: a bounded account of when something was so."""

from bisect import bisect_right

from ivr.call.line_report import MOST_SPANS, Span

_GATHERED = 64
"""So many ranges are kept exactly before the nearest are joined."""


class Seconds:
    """A set of seconds. However long a call is, it costs the same."""

    __slots__ = ("_spans",)

    def __init__(self) -> None:
        self._spans: list[list[int]] = []

    def __bool__(self) -> bool:
        return bool(self._spans)

    def __len__(self) -> int:
        return sum(last - first + 1 for first, last in self._spans)

    def add(self, second: int) -> None:
        self.add_span(second, second)

    def add_span(self, first: int, last: int) -> None:
        """Both inside."""
        spans = self._spans
        at = bisect_right(spans, first, key=lambda span: span[0]) - 1
        if at >= 0 and first <= spans[at][1] + 1:
            spans[at][1] = max(spans[at][1], last)
        else:
            at += 1
            spans.insert(at, [first, last])
        while at + 1 < len(spans) and spans[at + 1][0] <= spans[at][1] + 1:
            spans[at][1] = max(spans[at][1], spans.pop(at + 1)[1])
        if len(spans) > _GATHERED:
            _join_nearest(spans)

    def spans(self) -> tuple[Span, ...]:
        """In order, MOST_SPANS at most."""
        spans = [list(span) for span in self._spans]
        while len(spans) > MOST_SPANS:
            _join_nearest(spans)
        return tuple((first, last) for first, last in spans)


def _join_nearest(spans: list[list[int]]) -> None:
    at = min(range(len(spans) - 1), key=lambda one: spans[one + 1][0] - spans[one][1])
    spans[at][1] = spans.pop(at + 1)[1]
