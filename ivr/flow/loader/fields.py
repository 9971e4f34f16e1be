"""The keys of a shape: which are needed, and what each single value is made."""

import types
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import TypeAdapter
from pydantic.fields import FieldInfo

from ivr.flow.schema.leaves import Leaf
from ivr.flow.schema.shapes import Shape


@dataclass(frozen=True, slots=True)
class Known:
    """A field of a shape. `leaf` None: not a single value, read by whoever asked for the block."""

    needed: bool
    leaf: Leaf | None
    adapter: TypeAdapter[Any]
    choices: tuple[str, ...]


@lru_cache(maxsize=128)
def fields_of(shape: type[Shape]) -> Mapping[str, Known]:
    return {field.alias or name: _known(field) for name, field in shape.model_fields.items()}


def _known(field: FieldInfo) -> Known:
    annotation: Any = field.annotation
    metadata = list(field.metadata)
    if get_origin(annotation) in (Union, types.UnionType):
        for part in get_args(annotation):
            metadata.extend(getattr(part, "__metadata__", ()))
            if any(isinstance(m, Leaf) for m in getattr(part, "__metadata__", ())):
                annotation = part
    leaf = next((m for m in metadata if isinstance(m, Leaf)), None)
    whole = set(get_args(field.annotation)) - {type(None)}
    if leaf is not None and get_origin(field.annotation) in (Union, types.UnionType) and len(whole) > 1:
        leaf = None  # one value or a block: its reader looks
    if leaf is not None and annotation is field.annotation and field.metadata:
        annotation = _annotated(annotation, field.metadata)
    inner = get_args(annotation)[0] if hasattr(annotation, "__metadata__") else annotation
    choices = tuple(str(v) for v in get_args(inner)) if get_origin(inner) is Literal else ()
    if isinstance(inner, type) and issubclass(inner, StrEnum):
        choices = tuple(str(member) for member in inner)
    if leaf is not None and leaf.choices:
        choices = leaf.choices
    return Known(field.is_required(), leaf, TypeAdapter(annotation if leaf else Any), choices)


def _annotated(annotation: Any, metadata: list[Any]) -> Any:
    return Annotated[(annotation, *metadata)]
