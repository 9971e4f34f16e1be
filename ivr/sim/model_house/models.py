"""The models the house has, and what each can do."""

from dataclasses import dataclass
from typing import Any, Final, Literal

Deed = Literal["audio_chat", "chat", "hear", "speak", "realtime"]


@dataclass(frozen=True, slots=True)
class HouseModel:
    id: str
    does: Deed
    shutdown_date: str | None = None

    def shape(self) -> dict[str, Any]:
        listed = {"id": self.id, "object": "model", "created": 1_780_000_000, "owned_by": "system"}
        return listed if self.shutdown_date is None else {**listed, "shutdown_date": self.shutdown_date}


MODELS: Final = (
    HouseModel("gpt-audio-1.5", "audio_chat"),
    HouseModel("gpt-audio", "audio_chat", "2027-01-20"),
    HouseModel("gpt-audio-mini", "audio_chat", "2027-01-20"),
    HouseModel("gpt-4o", "chat", "2027-01-14"),
    HouseModel("gpt-4o-mini", "chat", "2027-01-14"),
    HouseModel("gpt-transcribe", "hear"),
    HouseModel("whisper-1", "hear", "2027-02-26"),
    HouseModel("gpt-4o-transcribe", "hear", "2027-02-26"),
    HouseModel("gpt-4o-mini-transcribe", "hear", "2027-02-26"),
    HouseModel("tts-1", "speak", "2027-01-06"),
    HouseModel("tts-1-hd", "speak", "2027-01-06"),
    HouseModel("gpt-4o-mini-tts", "speak", "2027-01-06"),
    HouseModel("gpt-realtime", "realtime", "2027-01-20"),
    HouseModel("gpt-realtime-2.1", "realtime"),
    HouseModel("gpt-realtime-2.1-mini", "realtime"),
)
"""Those still there at the end of 2026. Retired ones (gpt-4o-mini-audio-preview) are unknown."""

VOICES: Final = (
    *("alloy", "ash", "ballad", "coral", "echo", "fable", "nova", "onyx", "sage", "shimmer", "verse"),
    *("marin", "cedar"),
)
