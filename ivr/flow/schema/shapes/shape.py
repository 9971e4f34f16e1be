"""A shape: which keys a mapping may have."""

from typing import Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict

Words = str | list[str]


OneOf = dict[Literal["one_of"], list[str]]


Prompt = str | OneOf


Body = dict[str, Any]


class Shape(BaseModel):
    model_config = ConfigDict(extra="forbid", populate_by_name=False)
    later: ClassVar[frozenset[str]] = frozenset()
