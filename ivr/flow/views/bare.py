"""What a part of a flow says, whatever line it stands on: for comparing two versions."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Any

from ivr.flow.text import Place


def bare(part: object) -> Any:
    """Hashable; equal for parts that do the same. Places are left out, mappings keep no order."""
    if isinstance(part, Place):
        return None
    if is_dataclass(part) and not isinstance(part, type):
        inner = ((one.name, getattr(part, one.name)) for one in fields(part) if one.compare)
        return (type(part).__name__, *((name, bare(value)) for name, value in inner if not isinstance(value, Place)))
    if isinstance(part, Mapping):
        return frozenset((str(key), bare(value)) for key, value in part.items())
    if isinstance(part, tuple | list):
        return tuple(bare(one) for one in part)
    if isinstance(part, frozenset | set):
        return frozenset(bare(one) for one in part)
    if isinstance(part, Enum):
        return str(part)
    return part


def same(one: object, other: object) -> bool:
    return bool(bare(one) == bare(other))
