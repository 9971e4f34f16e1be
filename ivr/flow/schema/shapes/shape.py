"""A shape: which keys a mapping may have."""

from typing import Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict


class Shape(BaseModel):
    model_config = ConfigDict(extra="forbid", populate_by_name=False)
    later: ClassVar[frozenset[str]] = frozenset()


class RecordedShape(Shape):
    """A recorded prompt; `text` is what is said in it."""

    sound: str
    text: str


Words = str | list[str]

OneOf = dict[Literal["one_of"], list[str | RecordedShape]]

Prompt = str | RecordedShape | OneOf

Body = dict[str, Any]
