"""The messages of a chat request: what a model is told, what was really said and heard, and what became of its
requests, in an order that strict servers take."""

import base64
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Any, Final

from ivr.audio import wav
from ivr.audio.pcm import Pcm
from ivr.flow.state import AskModel, ModelTool, News, Said
from ivr.models.openai.instructions import (
    CALL_BEGINS,
    YOUR_TURN,
    asked,
    caller_words,
    instructions,
    news_text,
    tool_result,
    understanding,
)
from ivr.models.openai.remembered import Exchange, Remembered, open_arguments
from ivr.models.ports import OpenQuestion

SHORTEST_SOUND_MS: Final = 200
"""A shorter sound is refused by some far ends, and nothing is said in it."""
HEARD_WRONG: Final = "[As a recogniser heard it, which may be wrong; the caller's own voice follows.]"

Message = dict[str, Any]


def talk(ask: AskModel, sound: Pcm | None, remembered: Remembered, *, replays: bool) -> list[Message]:
    """`replays`: what the model said may be told by the id of its sound."""
    exchanges, apart = remembered.take_news(ask)
    earlier = earlier_turns(ask)
    told = [{"role": "system", "content": instructions(ask)}, *_turns(ask, earlier, exchanges, remembered, replays)]
    told += _now(ask, sound, apart, answered=bool(told) and told[-1]["role"] == "tool")
    return list(_joined(told))


def question(of: OpenQuestion, words: str, sound: Pcm | None) -> list[Message]:
    heard = long_enough(sound)
    said = asked(of, words, heard=heard is not None)
    content: object = said if heard is None else [{"type": "text", "text": said}, sound_part(heard)]
    return [{"role": "system", "content": understanding(of)}, {"role": "user", "content": content}]


def sound_part(sound: Pcm) -> Message:
    data = base64.b64encode(wav.write(sound)).decode()
    return {"type": "input_audio", "input_audio": {"data": data, "format": "wav"}}


def long_enough(sound: Pcm | None) -> Pcm | None:
    return sound if sound is not None and sound.ms >= SHORTEST_SOUND_MS else None


def earlier_turns(ask: AskModel) -> list[Said]:
    """All turns but those whose words are told again as what was heard last."""
    left, kept, trailing = ask.heard, [], True
    for said in reversed(ask.told):
        if said.who == "caller" and left and (trailing or left.endswith(said.text)):
            left = left.removesuffix(said.text).rstrip()
            continue
        trailing = trailing and said.who == "caller"
        kept.append(said)
    return kept[::-1]


def _turns(
    ask: AskModel, earlier: Sequence[Said], exchanges: Sequence[Exchange], remembered: Remembered, replays: bool
) -> Iterator[Message]:
    waiting = list(exchanges)
    for (who, reply), several in groupby(earlier, key=lambda said: (said.who, said.reply)):
        turn = list(several)
        while waiting and waiting[0].after_ms < turn[0].at_ms:
            yield from _exchange(ask, waiting.pop(0))
        text = " ".join(said.text for said in turn)
        if who == "caller":
            yield {"role": "user", "content": caller_words(text)}
        elif replays and reply and (sound := remembered.sound_of(ask, reply, text)):
            yield {"role": "assistant", "audio": {"id": sound}}
        else:
            yield {"role": "assistant", "content": text}
    for exchange in waiting:
        yield from _exchange(ask, exchange)


def _exchange(ask: AskModel, exchange: Exchange) -> Iterator[Message]:
    answered = list(exchange.answered())
    calls = [
        {
            "id": one.wire,
            "type": "function",
            "function": {"name": one.name, "arguments": open_arguments(one, ask)},
        }
        for one, _ in answered
    ]
    yield {"role": "assistant", "content": None, "tool_calls": calls}
    for one, news in answered:
        yield {"role": "tool", "tool_call_id": one.wire, "content": tool_result(news)}


def _now(ask: AskModel, sound: Pcm | None, apart: Sequence[News], *, answered: bool) -> Iterator[Message]:
    """What is new. `answered`: results of tools stand last already."""
    if apart:
        yield {"role": "user", "content": news_text(apart)}
    heard = long_enough(sound)
    words = caller_words(ask.heard.strip())
    if heard is not None:
        said = [{"type": "text", "text": f"{HEARD_WRONG} {words}"}] if words else []
        yield {"role": "user", "content": [*said, sound_part(heard)]}
    elif words:
        yield {"role": "user", "content": words}
    elif not apart and not answered:
        yield {"role": "user", "content": YOUR_TURN}


def _joined(messages: Iterable[Message]) -> Iterator[Message]:
    """Turns of one side in a row are one message, and a caller's stands first: some servers take no others."""
    before: Message | None = None
    for message in messages:
        if before is not None and before["role"] == "system" and message["role"] == "assistant":
            yield before
            before = {"role": "user", "content": CALL_BEGINS}
        if before is not None and _is_text(before) and _is_text(message) and before["role"] == message["role"]:
            before = {**before, "content": f"{before['content']}\n{message['content']}"}
            continue
        if before is not None and _is_text(before) and before["role"] == "assistant" and "tool_calls" in message:
            before = {**message, "content": before["content"]}
            continue
        if before is not None and before["role"] == message["role"] == "user":
            before = {"role": "user", "content": [*_parts(before), *_parts(message)]}
            continue
        if before is not None:
            yield before
        before = message
    if before is not None:
        yield before


def _is_text(message: Message) -> bool:
    return message["role"] in ("user", "assistant") and isinstance(message.get("content"), str) and len(message) == 2


def _parts(message: Message) -> list[Any]:
    content = message["content"]
    return [{"type": "text", "text": content}] if isinstance(content, str) else list(content)


def letters_of(messages: Iterable[Message]) -> int:
    """Of all that is written in them."""
    written = 0
    for message in messages:
        content = message.get("content") or ""
        texts = [content] if isinstance(content, str) else [part.get("text", "") for part in content]
        written += sum(map(len, texts))
    return written


def tools_of(tools: Sequence[ModelTool]) -> list[Message]:
    return [
        {
            "type": "function",
            "function": {"name": tool.name, "description": tool.about, "parameters": tool.parameters},
        }
        for tool in tools
    ]
