"""Server-sent events, however they are cut."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivr.models.openai.sse import Event, Events, EventTooLong

BODY = (
    "\ufeffdata: 0\r\ndata: 1\r\n\r\n"
    ": hello\r\n\r\n"
    'data: {"a": "é"}\r\n\r\n'
    "event: error\ndata:first\ndata: second\n\n"
    ": OPENROUTER PROCESSING\n"
    "id: 7\rretry: 10\rdata\r\r"
    "data: 東京\n\n\n\n"
    "data: [DONE]\n\n"
).encode()
WHOLE = [
    Event(b"0\n1"),
    Event('{"a": "é"}'.encode()),
    Event(b"first\nsecond", "error"),
    Event(b""),
    Event("東京".encode()),
    Event(b"[DONE]"),
]


def read(pieces: list[bytes]) -> list[Event]:
    events = Events()
    told = [event for piece in pieces for event in events.feed(piece)]
    return [*told, *events.flush()]


def test_line_ends_of_every_kind_comments_and_several_lines_an_event() -> None:
    assert read([BODY]) == WHOLE


def test_a_byte_at_a_time_it_is_the_same() -> None:
    assert read([BODY[at : at + 1] for at in range(len(BODY))]) == WHOLE


@given(st.lists(st.integers(0, len(BODY)), max_size=12))
@settings(max_examples=150, deadline=None)
def test_wherever_it_is_cut(cuts: list[int]) -> None:
    places = [0, *sorted(cuts), len(BODY)]
    assert read([BODY[begin:end] for begin, end in pairwise(places)]) == WHOLE


def test_the_last_event_may_lack_its_blank_line() -> None:
    assert read([b"data: 1\n\ndata: 2"]) == [Event(b"1"), Event(b"2")]


@pytest.mark.parametrize("body", [b"data: " + b"x" * 200, b"data: xxxxxxxxxx\n" * 20])
def test_a_line_or_an_event_without_end_is_not_kept(body: bytes) -> None:
    events = Events(longest=100)
    with pytest.raises(EventTooLong):
        for at in range(0, len(body), 7):
            list(events.feed(body[at : at + 7]))


@given(st.binary(max_size=300), st.integers(1, 20))
@settings(max_examples=150, deadline=None)
def test_any_bytes_are_read_the_same_in_any_pieces(body: bytes, size: int) -> None:
    assert read([body]) == read([body[at : at + size] for at in range(0, len(body), size)])
