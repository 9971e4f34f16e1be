"""What an event made the flow do, as the journal keeps it: one number for all of it, and where the call then stood.

The number is of everything the engine asked for and takes the call's own secret, since a sentence with an account in it
could be guessed from a plain one. A replay that makes the same number has done the same, to the byte.
"""

import dataclasses
from collections.abc import Callable, Mapping, Sequence, Set
from enum import Enum
from hashlib import blake2b
from operator import attrgetter
from types import NoneType
from typing import Any, Final

from ivr.flow.flow import Option
from ivr.flow.state import CallState, Doing, Effect

KEY: Final = "~made"
"""Where an entry tells what the event before it had made."""
_HASH_BYTES: Final = 8


def made(state: CallState, effects: Sequence[Effect], salt: bytes) -> dict[str, str]:
    """`salt`: at most 64 bytes."""
    return {"hash": digest(effects, salt), "stands": stands(state)}


def digest(effects: Sequence[Effect], salt: bytes) -> str:
    return blake2b(written(tuple(effects)).encode(), digest_size=_HASH_BYTES, key=salt).hexdigest()


def stands(state: CallState) -> str:
    """Where a call stands, by names alone: no value is in it."""
    if state.doing is Doing.ENDED:
        return f"ended {state.outcome}"
    listen = state.listening
    if listen is not None and listen.confirming is not None:
        return f"reads back {listen.confirming.slot}"
    if listen is not None:
        return f"asks {listen.question}"
    waited = state.awaiting.get(state.calling or "") or next(iter(state.awaiting.values()), None)
    return f"{state.doing} {waited.what}" if waited is not None else str(state.doing)


def written(value: object) -> str:
    """The same text for equal values in every process: sets in order, dataclasses field by field, options by name."""
    return _WRITERS[type(value)](value)


Writer = Callable[[Any], str]


class _Writers(dict[type, Writer]):
    """One for each type, made when its first value comes: what a type is asked for is asked once."""

    def __missing__(self, kind: type) -> Writer:
        writer = self[kind] = _writer_of(kind)
        return writer


_WRITERS: Final = _Writers()


def _writer_of(kind: type) -> Writer:
    if issubclass(kind, NoneType | bool | int | float):
        return str
    if issubclass(kind, Enum):
        return lambda value: str(value.value)
    if issubclass(kind, str):
        return repr
    if issubclass(kind, Option):
        return lambda value: str(value.name)
    if issubclass(kind, tuple | list):
        return lambda value: f"[{','.join([_WRITERS[type(held)](held) for held in value])}]"
    if issubclass(kind, Set):
        return lambda value: f"{{{','.join(sorted(map(written, value)))}}}"
    if issubclass(kind, Mapping):
        return lambda value: f"{{{','.join([f'{written(key)}:{written(held)}' for key, held in value.items()])}}}"
    return _writer_of_fields(kind) if dataclasses.is_dataclass(kind) else repr


def _writer_of_fields(kind: Any) -> Writer:
    names = [field.name for field in dataclasses.fields(kind)]
    title = kind.__name__
    if len(names) < 2:
        return lambda value: f"{title}({','.join([written(getattr(value, name)) for name in names])})"
    read = attrgetter(*names)
    return lambda value: f"{title}({','.join([_WRITERS[type(held)](held) for held in read(value)])})"
