"""Engines and profiles that need no file: one key in the environment is enough.

Written as an administrator would write them; a file or the environment changes them key by key. Models and prices as
the providers listed them in November 2026; `ivr doctor --models` asks what holds today.
"""

from collections.abc import Mapping
from typing import Any, Final

OPENAI_KEY: Final = "OPENAI_API_KEY"
COMETAPI_KEY: Final = "COMETAPI_API_KEY"
BASE_URL: Final = "OPENAI_BASE_URL"
"""Where the preset engines are asked instead. It moves CometAPI's only where there is no OpenAI key to go with it."""
BY_KEY: Final[tuple[tuple[str, str], ...]] = ((OPENAI_KEY, "openai"), (COMETAPI_KEY, "cometapi"))
"""The first key that is set chooses the profile, where none is named."""

_OPENAI_URL: Final = "https://api.openai.com/v1"
_COMETAPI_URL: Final = "https://api.cometapi.com/v1"

ENGINES: Final[Mapping[str, Mapping[str, Any]]] = {
    "openai": {
        "kind": "audio_chat",
        "url": _OPENAI_URL,
        "key_from": OPENAI_KEY,
        "model": "gpt-audio-1.5",
        "voice": "alloy",
        "price": {"text_in": "2.50", "text_out": "10", "audio_in": "32", "audio_out": "64"},
    },
    "openai-realtime": {
        "kind": "realtime",
        "url": _OPENAI_URL,
        "key_from": OPENAI_KEY,
        "model": "gpt-realtime-2.1",
        "voice": "marin",
        "price": {
            "text_in": "4",
            "cached_text_in": "0.40",
            "text_out": "24",
            "audio_in": "32",
            "cached_audio_in": "0.40",
            "audio_out": "64",
        },
    },
    "openai-transcription": {
        "kind": "transcription",
        "url": _OPENAI_URL,
        "key_from": OPENAI_KEY,
        "model": "gpt-transcribe",
        "price": {"minute": "0.0045"},
    },
    "openai-speech": {
        "kind": "speech",
        "url": _OPENAI_URL,
        "key_from": OPENAI_KEY,
        "model": "gpt-4o-mini-tts",
        "voice": "alloy",
        "price": {"text_in": "0.60", "audio_out": "12"},
    },
    "cometapi": {
        "kind": "audio_chat",
        "url": _COMETAPI_URL,
        "key_from": COMETAPI_KEY,
        "model": "gpt-4o-mini-audio-preview",
        "voice": "alloy",
        "price": {"text_in": "0.15", "text_out": "0.60", "audio_in": "10", "audio_out": "20"},
    },
    "cometapi-transcription": {
        "kind": "transcription",
        "url": _COMETAPI_URL,
        "key_from": COMETAPI_KEY,
        "model": "whisper-1",
        "price": {"minute": "0.006"},
    },
    "cometapi-speech": {
        "kind": "speech",
        "url": _COMETAPI_URL,
        "key_from": COMETAPI_KEY,
        "model": "tts-1",
        "voice": "alloy",
        "price": {"characters": "15"},
    },
}
PROFILES: Final[Mapping[str, Mapping[str, Any]]] = {
    # Words of a question are the embedded recogniser's first: it is quick and costs nothing, and where they do not
    # tell what was meant the model hears the sound itself.
    name: {
        "hear": ["embedded", f"{name}-transcription"],
        "think": [name],
        "understand": [name],
        "speak": [f"{name}-speech", "embedded"],
    }
    for name in ("openai", "cometapi")
}
