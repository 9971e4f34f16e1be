"""What an event made the flow do, as the journal keeps it: one number for all of it, and where the call then stood.

The number is of everything the engine asked for and takes the call's own secret, since a sentence with an account in it
could be guessed from a plain one. A replay that makes the same number has done the same, to the byte.
"""

import dataclasses
from collections.abc import Callable, Mapping, Sequence, Set
from enum import Enum
from functools import cache
from hashlib import blake2b
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
    match value:
        case None | bool() | int() | float():
            return str(value)
        case Enum():
            return str(value.value)
        case str():
            return repr(value)
        case Option():
            return value.name
        case tuple() | list():
            return f"[{','.join(map(written, value))}]"
        case Set():
            return f"{{{','.join(sorted(map(written, value)))}}}"
        case Mapping():
            return f"{{{','.join(f'{written(key)}:{written(held)}' for key, held in value.items())}}}"
    kind: Any = type(value)
    if hasattr(kind, "__dataclass_fields__"):
        return f"{kind.__name__}({','.join(map(written, _reader(kind)(value)))})"
    return repr(value)


@cache
def _reader(kind: Any) -> Callable[[object], tuple[object, ...]]:
    names = [field.name for field in dataclasses.fields(kind)]
    return lambda value: tuple(getattr(value, name) for name in names)
