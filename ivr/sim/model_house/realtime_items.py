"""The conversation of a session of /v1/realtime: its items in order, and what a client may do to them."""

import base64
import binascii
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from ivr.sim.model_house.refusals import Refused, invalid_type, invalid_value, missing, unknown

JsonObject = dict[str, Any]

CONTENT: Final[Mapping[str, tuple[str, ...]]] = {
    "user": ("input_text", "input_audio"),
    "assistant": ("output_text",),
    "system": ("input_text",),
}
KEYS: Final[Mapping[str, tuple[str, ...]]] = {
    "message": ("id", "object", "type", "status", "role", "content"),
    "function_call": ("id", "object", "type", "status", "call_id", "name", "arguments"),
    "function_call_output": ("id", "object", "type", "status", "call_id", "output"),
}
LONGEST_ID: Final = 32


@dataclass(slots=True)
class Item:
    """One item. Sound is kept beside its shape, which never has any."""

    shape: JsonObject
    sound: bytes = b""
    """Of the caller as it came in, or of the answer as it was sent."""
    words: str = ""
    """Written in it, or spoken; empty: its sound was not listened to yet."""
    truncated_ms: int | None = None

    @property
    def id(self) -> str:
        return str(self.shape["id"])

    @property
    def role(self) -> str:
        return str(self.shape.get("role", ""))

    @property
    def kind(self) -> str:
        return str(self.shape["type"])


@dataclass(slots=True)
class Conversation:
    """`number` gives one more, for an id."""

    number: Callable[[], int]
    items: list[Item] = field(default_factory=list)

    @property
    def last(self) -> str | None:
        return self.items[-1].id if self.items else None

    def find(self, name: object) -> Item | None:
        return next((one for one in self.items if one.id == name), None)

    def before(self, item: Item) -> str | None:
        at = self.items.index(item)
        return self.items[at - 1].id if at else None

    def new_id(self) -> str:
        return f"item_{self.number():08x}"

    def add(self, item: Item, after: object = None) -> None:
        """Raises: Refused: there is none of that id."""
        if after == "root":
            self.items.insert(0, item)
        elif after is None:
            self.items.append(item)
        else:
            place = self.find(after)
            if place is None:
                text = f"Failed to create item: previous item with id '{after}' not found."
                raise Refused(400, text, "item_create_invalid_previous_item_id", "previous_item_id")
            self.items.insert(self.items.index(place) + 1, item)

    def create(self, given: Any, after: object) -> Item:
        """Raises: Refused."""
        if not isinstance(given, dict):
            raise missing("item") if given is None else invalid_type("item", "an object", given)
        kind: Any = given.get("type")
        if kind not in KEYS:
            raise missing("item.type") if kind is None else invalid_value("item.type", kind, tuple(KEYS))
        for key in given:
            if key not in KEYS[kind]:
                raise unknown(f"item.{key}")
        name = given.get("id")
        if name is not None and (not isinstance(name, str) or not 0 < len(name) <= LONGEST_ID):
            text = f"Invalid 'item.id': string too long. Expected a string with maximum length {LONGEST_ID}."
            raise Refused(400, text, "string_above_max_length", "item.id")
        if name is not None and self.find(name) is not None:
            text = f"Error adding item: an item with id '{name}' already exists."
            raise Refused(400, text, "item_create_duplicate_item_id", "item.id")
        shape = {**given, "id": name or self.new_id(), "object": "realtime.item", "status": "completed"}
        item = self._message(shape) if kind == "message" else self._function(shape)
        self.add(item, after)
        return item

    def _message(self, shape: JsonObject) -> Item:
        role: Any = shape.get("role")
        content = shape.get("content")
        if role not in CONTENT:
            raise missing("item.role") if role is None else invalid_value("item.role", role, tuple(CONTENT))
        if not isinstance(content, list) or not content:
            raise missing("item.content") if content is None else invalid_type("item.content", "an array", content)
        words, sound, shown = "", b"", []
        for at, part in enumerate(content):
            kind = part.get("type") if isinstance(part, dict) else None
            if kind not in CONTENT[role]:
                raise invalid_value(f"item.content[{at}].type", kind, CONTENT[role])
            if kind == "input_audio":
                sound += decoded(part.get("audio"), f"item.content[{at}].audio")
                shown.append({"type": kind, "transcript": None})
                continue
            if not isinstance(part.get("text"), str):
                raise missing(f"item.content[{at}].text")
            words = f"{words} {part['text']}".strip()
            shown.append(part)
        return Item({**shape, "content": shown}, sound, words)

    def _function(self, shape: JsonObject) -> Item:
        wanted = ("call_id", "name", "arguments") if shape["type"] == "function_call" else ("call_id", "output")
        for key in wanted:
            if not isinstance(shape.get(key), str):
                raise missing(f"item.{key}")
        calls = [one.shape["call_id"] for one in self.items if one.kind == "function_call"]
        if shape["type"] == "function_call_output" and shape["call_id"] not in calls:
            text = f"Tool call ID '{shape['call_id']}' not found in conversation."
            raise Refused(400, text, "invalid_tool_call_id", "item.call_id")
        return Item(shape)

    def delete(self, name: object) -> None:
        """Raises: Refused."""
        item = self.find(name)
        if item is None:
            text = f"Error deleting item: the item with id '{name}' does not exist."
            raise Refused(400, text, "item_delete_invalid_item_id", "item_id")
        self.items.remove(item)

    def truncate(self, name: object, content_index: object, end_ms: object, bytes_a_ms: int) -> Item:
        """Raises: Refused."""
        item = self.find(name)
        if item is None:
            text = f"Error truncating item: the item with id '{name}' does not exist."
            raise Refused(400, text, "item_truncate_invalid_item_id", "item_id")
        if item.role != "assistant" or not item.sound:
            raise Refused(400, "Only model output audio messages can be truncated.", "invalid_value", "item_id")
        if content_index != 0:
            raise invalid_value("content_index", content_index, ("0",))
        has_ms = len(item.sound) // bytes_a_ms
        if not isinstance(end_ms, int) or isinstance(end_ms, bool) or end_ms < 0:
            raise invalid_type("audio_end_ms", "an integer", end_ms)
        if end_ms > has_ms:
            text = f"Audio content of {has_ms}ms is already shorter than {end_ms}ms"
            raise Refused(400, text, "invalid_value", "audio_end_ms")
        item.sound = item.sound[: end_ms * bytes_a_ms]
        item.truncated_ms = end_ms
        item.words = ""
        item.shape["content"] = [{"type": "output_audio", "transcript": None}]
        return item


def decoded(given: object, at: str) -> bytes:
    """Raises: Refused."""
    try:
        return base64.b64decode(given if isinstance(given, str) else "", validate=True)
    except (binascii.Error, ValueError):
        text = f"Invalid '{at}': expected base64-encoded audio bytes."
        raise Refused(400, text, "invalid_value", at) from None
