"""A chat answer as the endpoint writes it: whole, or as the events of a stream in their order."""

import base64
import json
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from ivr.audio.pcm import Pcm
from ivr.audio.resample import resample_whole
from ivr.sim.model_house.manners import Manner
from ivr.sim.model_house.minds import Answer, ToolCall
from ivr.sim.model_house.wav_sizes import wav_file

DONE: Final = "[DONE]"
PIECE_MS: Final = 200
ARGUMENT_CHARACTERS: Final = 3
"""Of a tool call's arguments in one delta: few, so that escapes are cut in the middle."""
WORDS_A_DELTA: Final = 2
PADDED_TO: Final = 32

JsonObject = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Sound:
    """The sound of an answer, its id, and until when it can be named (seconds since 1970)."""

    id: str
    pcm: Pcm
    expires_at: int


@dataclass(frozen=True, slots=True)
class ChatAnswer:
    """All that is told of one answer, however it is told."""

    id: str
    created: int
    model: str
    answer: Answer
    calls: Sequence[tuple[str, ToolCall]]
    """With their ids."""
    sound: Sound | None
    usage: Mapping[str, Any]
    manner: Manner

    @property
    def finish(self) -> str:
        return self.manner.finish or ("tool_calls" if self.calls else "stop")

    def heard(self, sound: Sound) -> Pcm:
        """What is heard of it: half where it was cut short."""
        pcm = resample_whole(sound.pcm, self.manner.rate_hz)
        cut = self.manner.finish in ("length", "content_filter")
        return Pcm(pcm.samples[: len(pcm) // 2 * 2], pcm.rate_hz) if cut else pcm


def whole(told: ChatAnswer, form: str) -> JsonObject:
    """`chat.completion`. `form` is the format asked for; what the house cannot pack is WAV."""
    answer, manner = told.answer, told.manner
    bare = told.sound or answer.refusal or (told.calls and not answer.words)
    message: JsonObject = {
        "role": "assistant",
        "content": None if bare else answer.words,
        "refusal": answer.refusal or None,
        "annotations": [],
    }
    if told.sound:
        message["audio"] = _audio(told, told.sound, form)
    if told.calls:
        message["tool_calls"] = [
            {"id": id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}
            for id, call in told.calls
        ]
    choice: JsonObject = {"index": 0, "message": message, "logprobs": None, "finish_reason": told.finish}
    if not manner.has_finish:
        del choice["finish_reason"]
    body: JsonObject = {
        "id": told.id,
        "object": "chat.completion",
        "created": told.created,
        "model": told.model,
        "choices": [choice],
        "service_tier": "default",
        "system_fingerprint": None,
    }
    return body if manner.usage == "never" else {**body, "usage": told.usage}


def _audio(told: ChatAnswer, sound: Sound, form: str) -> JsonObject:
    manner, pcm = told.manner, told.heard(sound)
    samples = form == "pcm16" and not manner.wav_instead
    audio: JsonObject = {
        "data": _base64(pcm.samples if samples else wav_file(pcm, manner.wav_size or "true")),
        "transcript": told.answer.words,
    }
    if manner.audio_id != "never":
        audio["id"] = sound.id
    if manner.expires != "never":
        audio["expires_at"] = sound.expires_at
    return audio


def events(told: ChatAnswer, *, with_usage: bool, padded: bool) -> Iterator[JsonObject | str]:
    """`chat.completion.chunk`s in their order, then DONE. `padded`: with random letters, so that no length tells."""
    manner = told.manner
    letters = random.Random(told.id)
    with_usage = with_usage and manner.usage != "never"

    def chunk(delta: JsonObject, finish: str | None = None, *, choices: bool = True) -> JsonObject:
        made: JsonObject = {
            "id": told.id,
            "object": "chat.completion.chunk",
            "created": told.created,
            "model": told.model,
            "service_tier": "default",
            "system_fingerprint": None,
            "choices": [{"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}] if choices else [],
        }
        if with_usage:
            made["usage"] = None
        if padded:
            room = PADDED_TO - len(json.dumps(delta)) % PADDED_TO
            made["obfuscation"] = "".join(letters.choices("abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVW", k=room))
        return made

    yield chunk({"role": "assistant", "content": None if told.sound or told.calls else "", "refusal": None})
    for delta in _deltas(told):
        yield chunk(delta)
    usage = {"usage": told.usage}
    if with_usage and manner.usage == "before_finish":
        yield chunk({}, choices=False) | usage
    if manner.has_finish:
        last = chunk({}, told.finish)
        yield last | usage if with_usage and manner.usage == "in_finish" else last
    if with_usage and manner.usage == "last":
        yield chunk({}, choices=False) | usage
    if manner.done:
        yield DONE


def _deltas(told: ChatAnswer) -> Iterator[JsonObject]:
    answer = told.answer
    if answer.refusal:
        yield from ({"refusal": piece} for piece in word_pieces(answer.refusal))
    elif told.sound:
        yield from ({"audio": piece} for piece in _audio_pieces(told, told.sound))
    else:
        yield from ({"content": piece} for piece in word_pieces(answer.words))
    for index, (id, call) in enumerate(told.calls):
        yield from ({"tool_calls": [piece]} for piece in _call_pieces(index, id, call, told.manner))


def _audio_pieces(told: ChatAnswer, sound: Sound) -> Iterator[JsonObject]:
    """Transcript and data apart, the transcript ahead; at the end only until when it may be named."""
    manner, pcm = told.manner, told.heard(sound)
    data = wav_file(pcm, manner.wav_size or "true") if manner.wav_instead else pcm.samples
    size = manner.audio_piece_bytes or 2 * (PIECE_MS * manner.rate_hz // 1000)
    parts = [data[at : at + size] for at in range(0, len(data), size)]
    expires = {"expires_at": sound.expires_at}
    every: JsonObject = expires if manner.expires == "every" else {}
    if manner.audio_id == "every":
        every = {**every, "id": sound.id}
    first: JsonObject = {"id": sound.id} if manner.audio_id == "first" else {}
    for piece in _interleaved(word_pieces(told.answer.words), parts):
        yield {**first, **every, **piece}
        first = {}
    if manner.expires == "last":
        yield expires


def _interleaved(texts: Sequence[str], parts: Sequence[bytes]) -> Iterator[JsonObject]:
    """Each text before its share of the sound, and the next one before that share is over."""
    sent = 0
    for number, text in enumerate(texts):
        yield {"transcript": text}
        due = len(parts) * number // len(texts)
        yield from ({"data": _base64(part)} for part in parts[sent:due])
        sent = due
    yield from ({"data": _base64(part)} for part in parts[sent:])


def _call_pieces(index: int, id: str, call: ToolCall, manner: Manner) -> Iterator[JsonObject]:
    if manner.whole_tool_calls:
        yield {"id": id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}
        return
    yield {"index": index, "id": id, "type": "function", "function": {"name": call.name, "arguments": ""}}
    for at in range(0, len(call.arguments), ARGUMENT_CHARACTERS):
        yield {"index": index, "function": {"arguments": call.arguments[at : at + ARGUMENT_CHARACTERS]}}


def word_pieces(text: str) -> list[str]:
    """The text in pieces of a few words, as it is made."""
    words = text.split(" ")
    grouped = [" ".join(words[at : at + WORDS_A_DELTA]) for at in range(0, len(words), WORDS_A_DELTA)]
    return [f" {group}" if number else group for number, group in enumerate(grouped)] if text else []


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()
