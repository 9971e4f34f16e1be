"""/v1/chat/completions: a request heard, thought about and answered."""

import json
import time
from collections.abc import Mapping, Sequence
from typing import Any, Final, Protocol

from ivr.audio.pcm import Pcm
from ivr.sim.model_house.chat_answer import ChatAnswer, Sound, events, whole
from ivr.sim.model_house.chat_messages import sounds, text_of
from ivr.sim.model_house.chat_request import check, wants_sound
from ivr.sim.model_house.ears import Hears
from ivr.sim.model_house.kept import Request
from ivr.sim.model_house.manners import Manner
from ivr.sim.model_house.minds import AUTO, NONE, Answer, Asked, Mind, Offered
from ivr.sim.model_house.models import Deed
from ivr.sim.model_house.telling import Reply, Stream, Whole
from ivr.sim.model_house.voices import Speaks

LETTERS_A_TOKEN: Final = 4
HEARD_MS_A_TOKEN: Final = 100
SPOKEN_MS_A_TOKEN: Final = 50


class ChatHouse(Protocol):
    """What of the house this endpoint uses."""

    @property
    def mind(self) -> Mind: ...

    @property
    def ears(self) -> Hears: ...

    @property
    def voice(self) -> Speaks: ...

    @property
    def sounded(self) -> dict[str, int]: ...

    @property
    def lasts_s(self) -> float: ...

    def number(self) -> int: ...


async def chat(house: ChatHouse, request: Request, does: Deed, manner: Manner) -> tuple[Reply, Manner]:
    """The answer, and the manner it is given in. Raises: Refused."""
    body = request.body
    check(body, does, lambda id: house.sounded.get(id, 0) > time.time())
    messages: Sequence[Mapping[str, Any]] = body["messages"]
    request.heard = await _heard(house.ears, messages)
    answer = house.mind.answer(_asked(body, messages, request.heard))
    manner = answer.manner or manner
    number = house.number()
    sound = None
    if wants_sound(body) and answer.words and not manner.text_only and not answer.refusal:
        sound = Sound(f"audio_{number:08x}", await house.voice.sound(answer.words), int(time.time() + house.lasts_s))
        house.sounded[sound.id] = sound.expires_at
    request.words = answer.words
    request.usage = _usage(messages, answer, sound)
    told = ChatAnswer(
        id=f"chatcmpl-{number:08x}",
        created=int(time.time()),
        model=body["model"],
        answer=answer,
        calls=[(f"call_{number:08x}{at}", call) for at, call in enumerate(answer.calls)],
        sound=sound,
        usage=request.usage,
        manner=manner,
    )
    if not body.get("stream"):
        return Whole(json.dumps(whole(told, (body.get("audio") or {}).get("format", ""))).encode()), manner
    options = body.get("stream_options") or {}
    padded = options.get("include_obfuscation", True)
    return Stream(events(told, with_usage=bool(options.get("include_usage")), padded=padded)), manner


async def _heard(ears: Hears, messages: Sequence[Mapping[str, Any]]) -> str:
    last = next((message for message in reversed(messages) if message["role"] == "user"), None)
    if last is None:
        return ""
    heard = [await ears.words(sound) for sound in sounds(last) if sound is not None]
    return " ".join(heard) if heard else text_of(last)


def _asked(body: Mapping[str, Any], messages: Sequence[Mapping[str, Any]], heard: str) -> Asked:
    choice = body.get("tool_choice", AUTO)
    tools = [tool["function"] for tool in body.get("tools") or ()]
    results: list[str] = []
    for message in messages:
        if message["role"] == "tool":
            results.append(text_of(message))
        elif message["role"] == "assistant":
            results = []
    return Asked(
        instructions="\n\n".join(text_of(one) for one in messages if one["role"] in ("system", "developer")),
        heard=heard,
        results=tuple(results),
        offered=tuple(Offered(one["name"], one.get("parameters") or {}) for one in tools) if choice != NONE else (),
        choice=choice["function"]["name"] if isinstance(choice, dict) else choice,
    )


def _usage(messages: Sequence[Mapping[str, Any]], answer: Answer, sound: Sound | None) -> dict[str, Any]:
    """By the letters and by the lengths of the sounds."""
    said = [text_of(message) for message in messages]
    heard: list[Pcm] = [one for message in messages for one in sounds(message) if one is not None]
    text_in = _tokens("".join(said))
    audio_in = sum(-(-one.ms // HEARD_MS_A_TOKEN) for one in heard)
    text_out = _tokens(answer.words + answer.refusal + "".join(call.name + call.arguments for call in answer.calls))
    audio_out = -(-sound.pcm.ms // SPOKEN_MS_A_TOKEN) if sound else 0
    return {
        "prompt_tokens": text_in + audio_in,
        "completion_tokens": text_out + audio_out,
        "total_tokens": text_in + audio_in + text_out + audio_out,
        "prompt_tokens_details": {"audio_tokens": audio_in, "cached_tokens": 0, "text_tokens": text_in},
        "completion_tokens_details": {"audio_tokens": audio_out, "text_tokens": text_out, "reasoning_tokens": 0},
    }


def _tokens(text: str) -> int:
    return -(-len(text) // LETTERS_A_TOKEN)
