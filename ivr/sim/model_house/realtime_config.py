"""What a session of /v1/realtime is set to: how it begins, and what a session.update may change."""

import re
from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import Any, Final

from ivr.sim.model_house.models import VOICES
from ivr.sim.model_house.refusals import Refused, invalid_type, invalid_value, missing, unknown

JsonObject = dict[str, Any]

PCM: Final = {"type": "audio/pcm", "rate": 24_000}
KEYS: Final = (
    *("type", "model", "instructions", "output_modalities", "audio", "tools", "tool_choice", "max_output_tokens"),
    *("truncation", "tracing", "prompt", "include", "reasoning", "parallel_tool_calls"),
)
INPUT: Final = ("format", "transcription", "noise_reduction", "turn_detection")
OUTPUT: Final = ("format", "voice", "speed")
VAD: Final = {
    "server_vad": (
        *("type", "threshold", "prefix_padding_ms", "silence_duration_ms", "create_response", "interrupt_response"),
        "idle_timeout_ms",
    ),
    "semantic_vad": ("type", "eagerness", "create_response", "interrupt_response"),
}
TOOL: Final = ("type", "name", "description", "parameters")
_SPEAKS: Final = tuple(voice for voice in VOICES if voice not in ("fable", "nova", "onyx"))
_TOOL_NAME: Final = re.compile(r"[a-zA-Z0-9_-]{1,64}")


def fresh(session: str, model: str, expires_at: int) -> JsonObject:
    return {
        "type": "realtime",
        "object": "realtime.session",
        "id": session,
        "model": model,
        "expires_at": expires_at,
        "output_modalities": ["audio"],
        "instructions": "Be friendly.",
        "tools": [],
        "tool_choice": "auto",
        "max_output_tokens": "inf",
        "truncation": "auto",
        "audio": {
            "input": {
                "format": dict(PCM),
                "transcription": None,
                "noise_reduction": None,
                "turn_detection": {
                    "type": "server_vad",
                    "threshold": 0.5,
                    "prefix_padding_ms": 300,
                    "silence_duration_ms": 200,
                    "create_response": True,
                    "interrupt_response": True,
                },
            },
            "output": {"format": dict(PCM), "voice": "alloy", "speed": 1.0},
        },
    }


def updated(config: Mapping[str, Any], change: Any, *, has_spoken: bool) -> JsonObject:
    """`has_spoken`: the voice is heard already. Raises: Refused."""
    if not isinstance(change, dict):
        raise missing("session") if change is None else invalid_type("session", "an object", change)
    if "type" not in change:
        raise missing("session.type")
    if change["type"] != "realtime":
        raise invalid_value("session.type", change["type"], ("realtime",))
    _only(change, KEYS, "session")
    if "output_modalities" in change and change["output_modalities"] not in (["audio"], ["text"]):
        text = f"Invalid modalities: {change['output_modalities']}. Supported combinations are: ['text'] and ['audio']."
        raise Refused(400, text, "invalid_value", "session.output_modalities")
    _check_most(change.get("max_output_tokens", "inf"))
    for at, tool in enumerate(change.get("tools") or ()):
        _check_tool(tool, f"session.tools[{at}]")
    made = deepcopy(dict(config))
    audio = change.get("audio") or {}
    _only(audio, ("input", "output"), "session.audio")
    _check_input(audio.get("input") or {})
    _check_output(audio.get("output") or {}, made["audio"]["output"]["voice"], has_spoken=has_spoken)
    for side in ("input", "output"):
        made["audio"][side].update(audio.get(side) or {})
    detection = made["audio"]["input"]["turn_detection"]
    if detection is not None:
        made["audio"]["input"]["turn_detection"] = _detection(detection)
    made.update({key: value for key, value in change.items() if key not in ("audio", "model")})
    return made


def _detection(given: Mapping[str, Any]) -> JsonObject:
    common = {"create_response": True, "interrupt_response": True}
    if given["type"] == "semantic_vad":
        return {"eagerness": "auto", **common, **given}
    return {"threshold": 0.5, "prefix_padding_ms": 300, "silence_duration_ms": 500, **common, **given}


def _check_input(given: Mapping[str, Any]) -> None:
    _only(given, INPUT, "session.audio.input")
    if "format" in given:
        _check_format(given["format"], "session.audio.input.format")
    detection = given.get("turn_detection")
    if detection is not None:
        at = "session.audio.input.turn_detection"
        kind = detection.get("type") if isinstance(detection, dict) else None
        if kind not in VAD:
            raise invalid_value(f"{at}.type", kind, tuple(VAD))
        _only(detection, VAD[kind], at)


def _check_output(given: Mapping[str, Any], voice: str, *, has_spoken: bool) -> None:
    _only(given, OUTPUT, "session.audio.output")
    if "format" in given:
        _check_format(given["format"], "session.audio.output.format")
    wanted = given.get("voice", voice)
    if not isinstance(wanted, dict) and wanted not in _SPEAKS:
        raise invalid_value("session.audio.output.voice", wanted, _SPEAKS)
    if has_spoken and wanted != voice:
        text = "Cannot update a conversation's voice if assistant audio is present."
        raise Refused(400, text, "cannot_update_voice", "session.audio.output.voice")


def _check_format(given: Any, at: str) -> None:
    kind = given.get("type") if isinstance(given, dict) else None
    known = ("audio/pcm", "audio/pcmu")
    if kind not in known:
        raise invalid_value(f"{at}.type", kind, known)
    if kind == "audio/pcm" and given.get("rate", 24_000) != 24_000:
        raise invalid_value(f"{at}.rate", given["rate"], ("24000",))
    _only(given, ("type", "rate") if kind == "audio/pcm" else ("type",), at)


def _check_most(given: Any) -> None:
    good = given == "inf" or (isinstance(given, int) and not isinstance(given, bool) and 1 <= given <= 4096)
    if not good:
        raise invalid_value("session.max_output_tokens", given, ("1 to 4096", "inf"))


def _check_tool(tool: Any, at: str) -> None:
    if not isinstance(tool, dict):
        raise invalid_type(at, "an object", tool)
    if tool.get("type") != "function":
        raise invalid_value(f"{at}.type", tool.get("type"), ("function", "mcp"))
    _only(tool, TOOL, at)
    name = tool.get("name")
    if not isinstance(name, str) or not _TOOL_NAME.fullmatch(name):
        raise missing(f"{at}.name") if name is None else invalid_value(f"{at}.name", name, ("^[a-zA-Z0-9_-]+$",))
    schema = tool.get("parameters", {"type": "object"})
    if not isinstance(schema, dict) or schema.get("type") != "object":
        text = f"Invalid schema for function '{name}': schema must be a JSON Schema of 'type: \"object\"'."
        raise Refused(400, text, "invalid_function_parameters", f"{at}.parameters")


def _only(given: Any, keys: Sequence[str], at: str) -> None:
    if not isinstance(given, dict):
        raise invalid_type(at, "an object", given)
    for key in given:
        if key not in keys:
            raise unknown(f"{at}.{key}")
