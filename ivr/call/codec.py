"""The engine's events as plain JSON values and back, for the journal: what was written can be fed again.

A value carries its type, since "2026-03-02" the text and 2 March 2026 the date are different answers.
"""

import dataclasses
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from ivr.flow import state as flow
from ivr.flow.flow import Auth, Retry
from ivr.flow.types import Source

_EVENTS: dict[str, type[Any]] = {
    cls.__name__: cls
    for cls in (
        flow.CallStarted,
        flow.PromptDone,
        flow.Heard,
        flow.KeysEntered,
        flow.NothingHeard,
        flow.Woke,
        flow.ToolAnswered,
        flow.ModelSaid,
        flow.ModelReplied,
        flow.ModelFailed,
        flow.TransferEnded,
        flow.AttendantAnswered,
        flow.AttendantAccepted,
        flow.PlaceMoved,
        flow.MessageTaken,
        flow.CallbackBooked,
        flow.CallerLeft,
        flow.StreamLost,
        flow.Resumed,
    )
}
_PARTS: dict[str, type[Any]] = {
    cls.__name__: cls
    for cls in (
        *(flow.Reading, flow.Fill, flow.RawReply, flow.NamedReply, flow.ModelRequest),
        *(flow.Send, flow.BookCallback, Auth, Retry),
    )
}

Deed = flow.Send | flow.BookCallback
"""What is written down whole, so that it is done even if whoever decided it dies."""


def encode_deed(deed: Deed) -> dict[str, object]:
    return {"deed": _out(deed)}


def decode_deed(body: Mapping[str, object]) -> Deed:
    """Raises: KeyError for a kind this version does not know."""
    deed = _in(body["deed"])
    if not isinstance(deed, flow.Send | flow.BookCallback):
        raise KeyError("deed")
    return deed


def encode_event(event: flow.Event) -> tuple[str, dict[str, object]]:
    """The event's kind and its fields."""
    return type(event).__name__, {f.name: _out(getattr(event, f.name)) for f in dataclasses.fields(event)}


def decode_event(kind: str, body: Mapping[str, object]) -> flow.Event:
    """Raises: KeyError for a kind this version does not know."""
    fields = {name: _in(value) for name, value in body.items() if not name.startswith("~")}  # see made
    event: flow.Event = _EVENTS[kind](**fields)
    return event


def _out(value: object) -> object:
    match value:
        case Source():
            return {"~": "source", "v": value.value}
        case None | bool() | int() | float() | str():
            return value
        case Decimal():
            return {"~": "decimal", "v": str(value)}
        case datetime():
            return {"~": "moment", "v": value.isoformat()}
        case date():
            return {"~": "date", "v": value.isoformat()}
        case time():
            return {"~": "time", "v": value.isoformat()}
        case timedelta():
            return {"~": "duration", "v": value.total_seconds()}
        case tuple():
            return {"~": "tuple", "v": [_out(v) for v in value]}
        case list():
            return [_out(v) for v in value]
        case Mapping():
            return {"~": "map", "v": {str(k): _out(v) for k, v in value.items()}}
    assert dataclasses.is_dataclass(value) and type(value).__name__ in _PARTS, (
        f"{type(value)} has no place in a journal"
    )
    fields = {f.name: _out(getattr(value, f.name)) for f in dataclasses.fields(value)}
    return {"~": type(value).__name__, "v": fields}


def _in(value: object) -> object:
    if isinstance(value, list):
        return [_in(v) for v in value]
    if not isinstance(value, Mapping):
        return value
    kind, inner = value["~"], value["v"]
    match kind:
        case "source":
            return Source(inner)
        case "decimal":
            return Decimal(inner)
        case "moment":
            return datetime.fromisoformat(inner)
        case "date":
            return date.fromisoformat(inner)
        case "time":
            return time.fromisoformat(inner)
        case "duration":
            return timedelta(seconds=inner)
        case "tuple":
            return tuple(_in(v) for v in inner)
        case "map":
            return {k: _in(v) for k, v in inner.items()}
    return _PARTS[kind](**{name: _in(v) for name, v in inner.items()})
