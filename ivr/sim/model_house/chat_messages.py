"""The messages of a request to /v1/chat/completions: their shapes and their order."""

import base64
import binascii
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from ivr.audio import wav
from ivr.audio.pcm import Pcm
from ivr.sim.model_house.models import Deed
from ivr.sim.model_house.refusals import Refused, empty, invalid_type, invalid_value, missing, unknown

ROLES: Final = ("system", "developer", "user", "assistant", "tool", "function")

Known = Callable[[str], bool]
"""Whether an id of an assistant's sound is known and not too old."""


def check_messages(messages: Any, does: Deed, known_audio: Known) -> None:
    """Raises: Refused."""
    if messages is None:
        raise missing("messages")
    if not isinstance(messages, list):
        raise invalid_type("messages", "an array of objects", messages)
    if not messages:
        raise empty("messages")
    for at, message in enumerate(messages):
        _check_message(message, f"messages[{at}]", does, known_audio)
    _check_order(messages)


def text_of(message: Mapping[str, Any]) -> str:
    """The written part of a message."""
    content = message.get("content")
    if isinstance(content, str):
        return content
    return " ".join(part["text"] for part in content or () if part.get("type") == "text")


def sounds(message: Mapping[str, Any]) -> list[Pcm | None]:
    """The sounds of a user's message, None for those in a form the house cannot read (mp3)."""
    content = message.get("content")
    if message.get("role") != "user" or not isinstance(content, list):
        return []
    return [_sound(part["input_audio"]) for part in content if part.get("type") == "input_audio"]


def _sound(given: Mapping[str, Any]) -> Pcm | None:
    return wav.read(base64.b64decode(given["data"])) if given["format"] == "wav" else None


def _check_message(message: Any, at: str, does: Deed, known_audio: Known) -> None:
    if not isinstance(message, dict):
        raise invalid_type(at, "an object", message)
    role = message.get("role")
    if role is None:
        raise missing(f"{at}.role")
    if role not in ROLES:
        raise invalid_value(f"{at}.role", role, ROLES)
    if role == "assistant":
        _check_assistant(message, at, known_audio)
    elif message.get("content") is None:
        text = f"Invalid value for 'content': expected a string, got {'null' if 'content' in message else 'nothing'}."
        raise Refused(400, text, None, f"{at}.content")
    if role == "tool" and not isinstance(message.get("tool_call_id"), str):
        raise missing(f"{at}.tool_call_id")
    content = message.get("content")
    if isinstance(content, list):
        if not content:
            raise empty(f"{at}.content")
        for number, part in enumerate(content):
            _check_part(part, f"{at}.content[{number}]", role, does)
    elif content is not None and not isinstance(content, str):
        raise invalid_type(f"{at}.content", "one of a string or array of objects", content)


def _check_assistant(message: Mapping[str, Any], at: str, known_audio: Known) -> None:
    audio = message.get("audio")
    if audio is not None:
        if not isinstance(audio, dict) or not isinstance(audio.get("id"), str):
            raise missing(f"{at}.audio.id")
        if more := set(audio) - {"id"}:
            raise unknown(f"{at}.audio.{min(more)}")
        if not known_audio(audio["id"]):
            text = f"Assistant audio with id '{audio['id']}' not found."
            raise Refused(400, text, "audio_not_found", f"{at}.audio.id")
        if message.get("content") == "":
            text = f"Invalid '{at}.content': an assistant message with audio must not have empty content."
            raise Refused(400, text, "invalid_value", f"{at}.content")
    calls = message.get("tool_calls")
    if calls is not None and not calls:
        raise empty(f"{at}.tool_calls")
    for number, call in enumerate(calls or ()):
        there = f"{at}.tool_calls[{number}]"
        function = call.get("function") if isinstance(call, dict) else None
        if not isinstance(function, dict):
            raise missing(f"{there}.function")
        if not isinstance(call.get("id"), str):
            raise missing(f"{there}.id")
        for key in ("name", "arguments"):
            if not isinstance(function.get(key), str):
                raise invalid_type(f"{there}.function.{key}", "a string", function.get(key))
    if message.get("content") is None and not calls and audio is None and message.get("refusal") is None:
        raise Refused(400, "Invalid value for 'content': expected a string, got null.", None, f"{at}.content")


def _check_part(part: Any, at: str, role: str, does: Deed) -> None:
    kind = part.get("type") if isinstance(part, dict) else None
    allowed = {"user": ("text", "image_url", "input_audio", "file"), "assistant": ("text", "refusal")}
    if kind not in allowed.get(role, ("text",)):
        raise invalid_value(f"{at}.type", kind, allowed.get(role, ("text",)))
    if kind in ("text", "refusal"):
        if not isinstance(part.get(kind), str):
            raise missing(f"{at}.{kind}")
        return
    if (kind == "input_audio") != (does == "audio_chat"):
        text = f"Invalid content type. {kind} is only supported by certain models."
        raise Refused(400, text, None, f"{at}.type")
    if kind == "input_audio":
        _check_sound(part.get("input_audio"), f"{at}.input_audio")


def _check_sound(given: Any, at: str) -> None:
    if not isinstance(given, dict):
        raise missing(at)
    for key in ("data", "format"):
        if key not in given:
            raise missing(f"{at}.{key}")
    if given["format"] not in ("wav", "mp3"):
        raise invalid_value(f"{at}.format", given["format"], ("wav", "mp3"))
    unread = Refused(
        400,
        f"The data provided for 'input_audio' is not of valid {given['format']} format.",
        "invalid_value",
        f"{at}.data",
    )
    try:
        data = base64.b64decode(given["data"], validate=True)
    except (binascii.Error, TypeError, ValueError):
        text = f"Invalid '{at}.data': expected a base64-encoded string without a data URI prefix."
        raise Refused(400, text, "invalid_value", f"{at}.data") from None
    try:
        if given["format"] == "wav" and not len(wav.read(data)):
            raise unread
    except wav.WavUnreadable:
        raise unread from None
    if given["format"] == "mp3" and not (data[:3] == b"ID3" or data[:1] == b"\xff"):
        raise unread


def _check_order(messages: Sequence[Mapping[str, Any]]) -> None:
    """Every tool call is answered before anything else is said, and nothing else is answered."""
    open_ids: list[str] = []
    for at, message in enumerate(messages):
        if message["role"] == "tool":
            if message["tool_call_id"] not in open_ids:
                text = (
                    "Invalid parameter: messages with role 'tool' must be a response to a preceeding message with "
                    "'tool_calls'."
                )
                raise Refused(400, text, None, f"messages.[{at}].role")
            open_ids.remove(message["tool_call_id"])
            continue
        _check_answered(open_ids, at)
        open_ids = [call["id"] for call in message.get("tool_calls") or ()]
    _check_answered(open_ids, len(messages))


def _check_answered(open_ids: Sequence[str], at: int) -> None:
    if open_ids:
        text = (
            "An assistant message with 'tool_calls' must be followed by tool messages responding to each "
            f"'tool_call_id'. The following tool_call_ids did not have response messages: {', '.join(open_ids)}"
        )
        raise Refused(400, text, None, f"messages.[{at - 1}].role")
