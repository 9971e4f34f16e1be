"""/v1/audio/transcriptions and /v1/audio/speech.

Of the packed formats the house knows none: files to be heard are WAV, and a voice is asked for pcm or wav; mp3 (the
default) and the others are refused, in words that say so. `speed` is checked and changes nothing.
"""

import base64
import json
from collections.abc import Iterator, Mapping
from pathlib import PurePath
from typing import Any, Final, Protocol

from ivr.audio import wav
from ivr.audio.pcm import Pcm
from ivr.audio.resample import resample_whole
from ivr.sim.model_house.chat_answer import PIECE_MS, word_pieces
from ivr.sim.model_house.ears import Hears
from ivr.sim.model_house.kept import Request
from ivr.sim.model_house.manners import Manner
from ivr.sim.model_house.models import VOICES
from ivr.sim.model_house.refusals import Refused, invalid_type, invalid_value, missing, unknown
from ivr.sim.model_house.telling import Event, Pieces, Reply, Stream, Whole
from ivr.sim.model_house.voices import Speaks
from ivr.sim.model_house.wav_sizes import wav_file

ENDINGS: Final = ("flac", "mp3", "mp4", "mpeg", "mpga", "m4a", "ogg", "wav", "webm")
HEARING: Final = frozenset(
    (
        *("chunking_strategy", "file", "include[]", "keywords", "keywords[]", "language", "languages", "languages[]"),
        *("model", "prompt", "response_format", "stream", "temperature", "timestamp_granularities[]"),
    )
)
SPEAKING: Final = frozenset(("input", "instructions", "model", "response_format", "speed", "stream_format", "voice"))
FORMATS: Final = ("mp3", "opus", "aac", "flac", "wav", "pcm")
SHORTEST_MS: Final = 100
MOST_LETTERS: Final = 4096
_PLAIN: Final = ("text", "srt", "vtt")


class SoundHouse(Protocol):
    """What of the house these endpoints use."""

    @property
    def ears(self) -> Hears: ...

    @property
    def voice(self) -> Speaks: ...


async def transcription(house: SoundHouse, request: Request, file: tuple[str, bytes] | None) -> Reply:
    """`file`: its name and what is in it. Raises: Refused."""
    fields = request.body
    for key in fields:
        if key not in HEARING:
            raise unknown(key)
    if file is None:
        raise missing("file")
    whisper = fields["model"] == "whisper-1"
    form = fields.get("response_format", "json")
    forms = ("json", "text", "srt", "verbose_json", "vtt") if whisper else ("json",)
    if form not in forms:
        raise invalid_value("response_format", form, forms)
    if "timestamp_granularities[]" in fields and form != "verbose_json":
        text = "'timestamp_granularities' needs 'response_format' to be 'verbose_json'."
        raise Refused(400, text, "invalid_value", "timestamp_granularities")
    sound = _read(*file)
    request.heard = request.words = await house.ears.words(sound)
    request.usage = _heard_usage(sound, request.heard, whisper=whisper)
    if form in _PLAIN:
        return Whole(_as_text(request.heard, sound, form).encode(), "text/plain; charset=utf-8")
    if fields.get("stream") == "true" and not whisper:
        return Stream(_transcript_events(request.heard, request.usage))
    told: dict[str, Any] = {"text": request.heard, "usage": request.usage}
    if form == "verbose_json":
        told |= _timed(request.heard, sound)
    return Whole(json.dumps(told).encode())


async def speech(house: SoundHouse, request: Request, manner: Manner) -> Reply:
    """Raises: Refused."""
    body = request.body
    for key in body:
        if key not in SPEAKING:
            raise unknown(key)
    form, sse = _check_speech(body)
    words = request.words = body["input"]
    pcm = resample_whole(await house.voice.sound(words), manner.rate_hz)
    request.usage = {"input_tokens": -(-len(words) // 4), "output_tokens": -(-pcm.ms // 50)}
    request.usage = {**request.usage, "total_tokens": sum(request.usage.values())}
    file = form == "wav" or manner.wav_instead
    data = wav_file(pcm, manner.wav_size or "unknown") if file else pcm.samples
    size = manner.audio_piece_bytes or 2 * (PIECE_MS * manner.rate_hz // 1000)
    parts = [data[at : at + size] for at in range(0, len(data), size)]
    if sse:
        return Stream(_speech_events(parts, request.usage))
    return Pieces(iter(parts), "audio/wav" if form == "wav" else "audio/pcm")


def _read(name: str, data: bytes) -> Pcm:
    if PurePath(name).suffix.removeprefix(".").lower() not in ENDINGS:
        text = f"Unrecognized file format. Supported formats: {list(ENDINGS)}"
        raise Refused(400, text, None, "file")
    try:
        sound = wav.read(data)
    except wav.WavUnreadable:
        text = "Audio file might be corrupted or unsupported (this house reads WAV)"
        raise Refused(400, text, "invalid_value", "file") from None
    if sound.ms < SHORTEST_MS:
        text = f"Audio file is too short: audio duration {sound.ms / 1000} seconds is shorter than 0.1 seconds."
        raise Refused(400, text, "audio_too_short", "file")
    return sound


def _heard_usage(sound: Pcm, words: str, *, whisper: bool) -> dict[str, Any]:
    if whisper:
        return {"type": "duration", "seconds": -(-sound.ms // 1000)}
    heard, written = -(-sound.ms // 100), -(-len(words) // 4)
    return {
        "type": "tokens",
        "input_tokens": heard,
        "input_token_details": {"text_tokens": 0, "audio_tokens": heard},
        "output_tokens": written,
        "total_tokens": heard + written,
    }


def _as_text(words: str, sound: Pcm, form: str) -> str:
    if form == "text":
        return f"{words}\n"
    s, ms = divmod(sound.ms, 1000)
    end = f"00:{s // 60:02}:{s % 60:02}"
    if form == "srt":
        return f"1\n00:00:00,000 --> {end},{ms:03}\n{words}\n\n"
    return f"WEBVTT\n\n00:00:00.000 --> {end}.{ms:03}\n{words}\n\n"


def _timed(text: str, sound: Pcm) -> dict[str, Any]:
    """Each word as long as the others."""
    words, whole_s = text.split(), sound.ms / 1000
    each = whole_s / max(1, len(words))
    return {
        "language": "english",
        "duration": whole_s,
        "words": [
            {"word": word, "start": round(at * each, 2), "end": round((at + 1) * each, 2)}
            for at, word in enumerate(words)
        ],
    }


def _transcript_events(text: str, usage: Mapping[str, Any]) -> Iterator[Event]:
    for piece in word_pieces(text):
        yield {"type": "transcript.text.delta", "delta": piece}
    yield {"type": "transcript.text.done", "text": text, "usage": usage}


def _check_speech(body: Mapping[str, Any]) -> tuple[str, bool]:
    """The format, and whether events are wanted. Raises: Refused."""
    for key in ("input", "voice"):
        if key not in body:
            raise missing(key)
    words = body["input"]
    if not isinstance(words, str):
        raise invalid_type("input", "a string", words)
    if not 1 <= len(words) <= MOST_LETTERS:
        text = f"Invalid 'input': expected a string of 1 to {MOST_LETTERS} characters, but got {len(words)}."
        raise Refused(400, text, "string_above_max_length" if words else "string_below_min_length", "input")
    if not isinstance(body["voice"], dict) and body["voice"] not in VOICES:
        raise invalid_value("voice", body["voice"], VOICES)
    form = body.get("response_format", "mp3")
    if form not in FORMATS:
        raise invalid_value("response_format", form, FORMATS)
    if form not in ("wav", "pcm"):
        text = f"This house does not pack sound: ask for 'wav' or 'pcm' instead of '{form}'."
        raise Refused(400, text, "unsupported_value", "response_format")
    speed = body.get("speed", 1)
    if isinstance(speed, bool) or not isinstance(speed, int | float) or not 0.25 <= speed <= 4:
        raise Refused(400, "Invalid 'speed': expected a number from 0.25 to 4.", "invalid_value", "speed")
    plain = body["model"].startswith("tts-1")
    if plain and body.get("instructions"):
        raise Refused(400, "'instructions' is not supported with this model.", "unsupported_value", "instructions")
    sse = body.get("stream_format", "audio")
    if sse not in ("audio", "sse") or (plain and sse == "sse"):
        raise invalid_value("stream_format", sse, ("audio",) if plain else ("audio", "sse"))
    return form, sse == "sse"


def _speech_events(parts: list[bytes], usage: Mapping[str, Any]) -> Iterator[Event]:
    for part in parts:
        yield {"type": "speech.audio.delta", "audio": base64.b64encode(part).decode()}
    yield {"type": "speech.audio.done", "usage": usage}
