"""Whatever the far end sends, the answer is a value or a WireError."""

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as some

from ivr.errors import WireError
from ivr.wire import Acknowledged, Cleared, Expired, Frame, Gap, Marks, Stale, Started, Stream, decode

scalars = (
    some.none()
    | some.booleans()
    | some.integers()
    | some.floats()
    | some.text(max_size=20)
    | some.sampled_from(["1", "20", "-1", "1e3", "MZ1", "inbound", "fw==", "////", "audio/x-mulaw", "5", 8000])
)
values = some.recursive(
    scalars, lambda v: some.lists(v, max_size=3) | some.dictionaries(some.text(max_size=5), v, max_size=3), max_leaves=8
)


def near(fields: dict[str, Any]) -> some.SearchStrategy[dict[str, Any]]:
    """Objects with some of these fields, of any kind of value, and sometimes one more."""
    return some.fixed_dictionaries({}, optional={**fields, "extra": values})


media = near({"track": scalars, "chunk": scalars, "timestamp": scalars, "payload": scalars})
start = near(
    {
        "accountSid": scalars,
        "streamSid": scalars,
        "callSid": scalars,
        "tracks": some.lists(scalars, max_size=3) | values,
        "customParameters": values,
        "mediaFormat": near({"encoding": scalars, "sampleRate": scalars, "channels": scalars}) | values,
    }
)
messages = some.fixed_dictionaries(
    {"event": some.sampled_from(["connected", "start", "media", "dtmf", "mark", "stop", "weather"]) | scalars},
    optional={
        "sequenceNumber": scalars,
        "streamSid": scalars,
        "media": media | values,
        "start": start | values,
        "dtmf": near({"digit": scalars}) | values,
        "mark": near({"name": scalars}) | values,
        "stop": values,
    },
)
texts = messages.map(json.dumps) | some.text(max_size=200) | some.binary(max_size=200) | values.map(json.dumps)


@settings(max_examples=400, deadline=None)
@given(texts)
def test_decode_gives_a_value_or_a_wire_error(text: str | bytes) -> None:
    try:
        decode(text)
    except WireError as fault:
        assert fault.close_code in (1007, 1008, 1009)


@settings(max_examples=200, deadline=None)
@given(some.lists(some.tuples(texts, some.integers(0, 500)), max_size=40), some.booleans())
def test_a_stream_gives_sound_in_order_or_a_wire_error(sent: list[tuple[str | bytes, int]], begun: bool) -> None:
    stream, now_ms, position_ms = Stream(), 0, 0
    if begun:
        stream.accept(Started("MZ1", "CA1", "AC1", (), {}, "audio/x-mulaw", 8000, 1, 1), 0)
    try:
        for text, later_ms in sent:
            now_ms += later_ms
            for part in stream.read(text, now_ms):
                if isinstance(part, Frame | Gap):
                    assert part.at_ms == position_ms
                    length_ms = part.ms if isinstance(part, Gap) else len(part.mulaw) // 8
                    position_ms = part.at_ms + length_ms if length_ms else position_ms
    except WireError as fault:
        assert fault.close_code in (1003, 1007, 1008, 1009)
    assert stream.position_ms <= 4 * now_ms + 16_000


moves = some.lists(
    some.tuples(some.just("sent"), some.integers(0, 3))
    | some.tuples(some.just("returned"), some.integers(0, 4))
    | some.tuples(some.just("cleared"), some.just(0))
    | some.tuples(some.just("expired"), some.just(0)),
    max_size=60,
)


@settings(max_examples=200, deadline=None)
@given(moves)
def test_each_mark_ends_at_most_once(sequence: list[tuple[str, int]]) -> None:
    marks, sent, ended = Marks(), 0, 0
    for now_ms, (move, number) in enumerate(sequence):
        name = f"m{number}"
        match move:
            case "sent" if name not in marks.pending:
                marks.sent(name, position_ms=0, deadline_ms=now_ms + 5)  # type: ignore[arg-type]
                sent += 1
            case "returned":
                answer = marks.returned(name)
                assert isinstance(answer, Acknowledged | Stale)
                ended += isinstance(answer, Acknowledged)
            case "cleared":
                ended += len([one for one in marks.cleared() if isinstance(one, Cleared)])
            case "expired":
                ended += len([one for one in marks.expired(now_ms) if isinstance(one, Expired)])
    assert ended + len(marks.pending) == sent
