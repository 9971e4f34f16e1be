"""A request to /v1/chat/completions, checked as strictly as the endpoint does it."""

import json
import re
from collections.abc import Mapping
from typing import Any, Final

from ivr.sim.model_house.chat_messages import Known, check_messages, sounds
from ivr.sim.model_house.models import VOICES, Deed
from ivr.sim.model_house.refusals import Refused, empty, invalid_type, invalid_value, missing, unknown

FORMATS: Final = ("wav", "aac", "mp3", "flac", "opus", "pcm16")
TOOL_NAME: Final = re.compile(r"^[a-zA-Z0-9_-]+$")
LONGEST_NAME: Final = 64
KNOWN: Final = frozenset(
    (
        *(
            "audio",
            "frequency_penalty",
            "function_call",
            "functions",
            "logit_bias",
            "logprobs",
            "max_completion_tokens",
        ),
        *("max_tokens", "messages", "metadata", "modalities", "model", "moderation", "n", "parallel_tool_calls"),
        *("prediction", "presence_penalty", "prompt_cache_key", "prompt_cache_options", "prompt_cache_retention"),
        *("reasoning_effort", "response_format", "safety_identifier", "seed", "service_tier", "stop", "store"),
        *("stream", "stream_options", "temperature", "tool_choice", "tools", "top_logprobs", "top_p", "user"),
        *("verbosity", "web_search_options"),
    )
)
_BOUNDS: Final = {
    "temperature": (0, 2),
    "top_p": (0, 1),
    "presence_penalty": (-2, 2),
    "frequency_penalty": (-2, 2),
}
_NEEDS_AUDIO: Final = "This model requires that either input content or output modality contain audio."


def check(body: Mapping[str, Any], does: Deed, known_audio: Known) -> None:
    """Raises: Refused, as the endpoint would."""
    for key in body:
        if key not in KNOWN:
            raise unknown(key)
    _check_numbers(body)
    _check_tools(body)
    _check_sound_asked(body, does)
    check_messages(body.get("messages"), does, known_audio)
    if does == "audio_chat" and not wants_sound(body) and not any(sounds(message) for message in body["messages"]):
        raise Refused(400, _NEEDS_AUDIO, "invalid_value", "model")


def wants_sound(body: Mapping[str, Any]) -> bool:
    return "audio" in (body.get("modalities") or ())


def _check_numbers(body: Mapping[str, Any]) -> None:
    for key, (low, high) in _BOUNDS.items():
        value = body.get(key)
        if value is None:
            continue
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise invalid_type(key, "a decimal", value)
        if not low <= value <= high:
            side, bound, than = ("below minimum", low, ">=") if value < low else ("above maximum", high, "<=")
            text = f"Invalid '{key}': decimal {side} value. Expected a value {than} {bound}, but got {value} instead."
            raise Refused(400, text, f"decimal_{side.replace(' ', '_')}_value", key)
    if body.get("max_tokens") is not None and body.get("max_completion_tokens") is not None:
        text = "Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported."
        raise Refused(400, text, "invalid_parameter_combination", "max_tokens")
    if body.get("stream_options") is not None and not body.get("stream"):
        text = "The 'stream_options' parameter is only allowed when 'stream' is enabled."
        raise Refused(400, text, None, "stream_options")
    if body.get("metadata") is not None and not body.get("store"):
        raise Refused(400, "The 'metadata' parameter is only allowed when 'store' is enabled.", None, "metadata")
    if isinstance(body.get("stop"), list) and len(body["stop"]) > 4:
        text = "Invalid 'stop': array too long. Expected an array with maximum length 4."
        raise Refused(400, text, "array_above_max_length", "stop")


def _check_sound_asked(body: Mapping[str, Any], does: Deed) -> None:
    modalities = body.get("modalities")
    if modalities is not None and not isinstance(modalities, list):
        raise invalid_type("modalities", "an array of strings", modalities)
    for one in modalities or ():
        if one not in ("text", "audio"):
            raise invalid_value("modalities[0]", one, ("text", "audio"))
    if not wants_sound(body):
        return
    if does != "audio_chat":
        text = "Audio output is not supported with this model. Supported values are: 'text'."
        raise Refused(400, text, "unsupported_value", "modalities")
    audio = body.get("audio")
    if not isinstance(audio, dict):
        raise missing("audio") if audio is None else invalid_type("audio", "an object", audio)
    for key in ("voice", "format"):
        if key not in audio:
            raise missing(f"audio.{key}")
    voice, form = audio["voice"], audio["format"]
    if not isinstance(voice, dict) and voice not in VOICES:
        raise invalid_value("audio.voice", voice, VOICES)
    if form not in FORMATS:
        raise invalid_value("audio.format", form, FORMATS)
    if body.get("stream") and form != "pcm16":
        text = (
            f"Unsupported value: 'audio.format' does not support '{form}' when stream=true. "
            "Supported values are: 'pcm16'."
        )
        raise Refused(400, text, "unsupported_value", "audio.format")
    wanted = (body.get("response_format") or {}).get("type", "text")
    if wanted != "text":
        text = f"Invalid parameter: 'response_format' of type '{wanted}' is not supported with this model."
        raise Refused(400, text, None, "response_format")


def _check_tools(body: Mapping[str, Any]) -> None:
    tools = body.get("tools")
    if tools is None:
        for key in ("tool_choice", "parallel_tool_calls"):
            if body.get(key) not in (None, "none"):
                raise Refused(400, f"'{key}' is only allowed when 'tools' are specified.", None, key)
        return
    if not isinstance(tools, list):
        raise invalid_type("tools", "an array of objects", tools)
    if not tools:
        raise empty("tools")
    for at, tool in enumerate(tools):
        _check_tool(tool, f"tools[{at}]")
    choice = body.get("tool_choice")
    if isinstance(choice, dict):
        name = (choice.get("function") or {}).get("name")
        if name not in [tool["function"]["name"] for tool in tools]:
            text = f"Tool choice '{name}' not found in 'tools' parameter."
            raise Refused(400, text, None, "tool_choice")
    elif choice not in (None, "auto", "none", "required"):
        raise invalid_value("tool_choice", choice, ("none", "auto", "required"))


def _check_tool(tool: Any, at: str) -> None:
    if not isinstance(tool, dict):
        raise invalid_type(at, "an object", tool)
    if tool.get("type") != "function":
        raise missing(f"{at}.type") if "type" not in tool else invalid_value(f"{at}.type", tool["type"], ("function",))
    function = tool.get("function")
    if not isinstance(function, dict):
        raise missing(f"{at}.function")
    _check_function(function, f"{at}.function")


def _check_function(function: Mapping[str, Any], at: str) -> None:
    """A function's name and schema. Raises: Refused."""
    name = function.get("name")
    if not isinstance(name, str):
        raise missing(f"{at}.name")
    if not TOOL_NAME.match(name):
        text = (
            f"Invalid '{at}.name': string does not match pattern. "
            f"Expected a string that matches the pattern '{TOOL_NAME.pattern}'."
        )
        raise Refused(400, text, "invalid_value", f"{at}.name")
    if len(name) > LONGEST_NAME:
        text = f"Invalid '{at}.name': string too long. Expected a string with maximum length {LONGEST_NAME}."
        raise Refused(400, text, "string_above_max_length", f"{at}.name")
    schema = function.get("parameters")
    if schema is None:
        return
    if not isinstance(schema, dict) or schema.get("type") != "object":
        kind = json.dumps(schema.get("type")) if isinstance(schema, dict) else "None"
        text = f"Invalid schema for function '{name}': schema must be a JSON Schema of 'type: \"object\"', got {kind}."
        raise Refused(400, text, "invalid_function_parameters", f"{at}.parameters")
    if function.get("strict"):
        _check_strict(schema, name, f"{at}.parameters", ())


def _check_strict(schema: Mapping[str, Any], name: str, at: str, context: tuple[str, ...]) -> None:
    """What `strict: true` asks of every object in a schema."""

    def refused(text: str) -> Refused:
        whole = f"Invalid schema for function '{name}': In context={context}, {text}"
        return Refused(400, whole, "invalid_function_parameters", at)

    if "properties" in schema:
        if schema.get("additionalProperties") is not False:
            raise refused("'additionalProperties' is required to be supplied and to be false.")
        if absent := set(schema["properties"]) - set(schema.get("required", ())):
            text = "'required' is required to be supplied and to be an array including every key in properties. "
            raise refused(f"{text}Missing '{min(absent)}'.")
    for key, part in schema.get("properties", {}).items():
        _check_strict(part, name, at, (*context, "properties", key))
    if isinstance(schema.get("items"), dict):
        _check_strict(schema["items"], name, at, (*context, "items"))
