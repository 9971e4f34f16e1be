"""What the conversation of one session holds of a call's talk, and what has to change in it before the next answer.

The flow's account of the talk rules. What it has and the session has not is told as text; what the session made and
the caller did not hear is cut off or taken away; what is masked by now is put in the place of what was clear. A fresh
session is told everything by the same rule.
"""

import base64
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count, groupby
from typing import Any, Final

from ivr.flow.state import AskModel, News, Said
from ivr.models.openai.instructions import YOUR_TURN, caller_words, news_text, tool_result
from ivr.models.openai.messages import HEARD_WRONG, SHORTEST_SOUND_MS, earlier_turns
from ivr.models.openai.realtime_reply import RealtimeReply, SaidItem
from ivr.models.openai.remembered import MASK, Asked, Exchange, Remembered, bare, last_ms, open_arguments
from ivr.models.reply_pieces import LETTER_MS
from ivr.units import BYTES_PER_MS

APPEND_BYTES: Final = 2_000 * BYTES_PER_MS
"""Of the caller's sound in one event."""

Event = dict[str, Any]
Key = tuple[int, int]
"""A turn: its moment, and its number among those of that moment."""


@dataclass(slots=True)
class _Turn:
    """Turns of the talk, and the items that stand for them."""

    who: str
    keys: tuple[Key, ...]
    text: str
    items: list[str]


@dataclass(slots=True)
class _Made:
    """An answer of this session. `after_ms`: the moment of the last turn when it was asked for."""

    said: list[SaidItem]
    after_ms: int
    whole: bool
    settled: bool = False

    @property
    def words(self) -> str:
        return " ".join(item.words for item in self.said)


@dataclass(slots=True)
class _Call:
    """A function call that stands in the conversation."""

    item: str
    wire: str
    output: str | None = None


class Ledger:
    """Of one session, from its beginning."""

    def __init__(self, remembered: Remembered) -> None:
        """`remembered`: of the adapter, which knows the requests of earlier sessions too."""
        self._remembered = remembered
        self._mark_ms = -1
        self._turns: list[_Turn] = []
        self._made: dict[str, _Made] = {}
        self._calls: dict[str, _Call] = {}
        """By request."""
        self._strays: list[str] = []
        """Items of requests that nobody took up."""
        self._committing: _Turn | None = None
        self._numbers = count(1)
        self._last = ""
        """The item that was made last."""

    def catch_up(self, ask: AskModel, mulaw: bytes) -> Iterator[Event]:
        """What is sent before the answer is asked for. `mulaw`: the caller's voice, if it may be heard."""
        exchanges, apart = self._remembered.take_news(ask)
        told = list(_keyed(ask.told))
        yield from self._settle(ask, told)
        yield from self._mask(told)
        yield from self._drop_calls(exchanges)
        earlier = {id(said) for said in earlier_turns(ask)}
        new = [(key, said) for key, said in told if said.at_ms > self._mark_ms]
        stands = [(key, said) for key, said in new if id(said) in earlier and said.reply not in self._made]
        answered = False
        for event in self._tell(ask, stands, exchanges, apart):
            answered = answered or event["item"]["type"] == "function_call_output"
            yield event
        yield from self._now(ask, mulaw, apart, [one for one in new if id(one[1]) not in earlier], answered)
        self._mark_ms = max(self._mark_ms, last_ms(ask.told))

    def note_committed(self, item: str) -> None:
        """The caller's sound has become an item."""
        if self._committing is not None and item:
            self._committing.items.append(item)
        self._committing = None

    def note_reply(self, ask: AskModel, reply: RealtimeReply, asked: Sequence[Asked]) -> None:
        """An answer is over, whether or not somebody listened to its end. `asked`: what was taken up of it."""
        said = [item for item in reply.said.values() if item.words or item.sound_bytes]
        if said:
            whole = reply.status == "completed"
            self._made[ask.id] = _Made(said, last_ms(ask.told), whole)
        taken = {one.item: one for one in _with_items(reply, asked)}
        for item in reply.asked.values():
            found = taken.get(item.id)
            if found is None:
                self._strays.append(item.id)
            else:
                self._calls[found.request] = _Call(item.id, item.call.id)

    # ---- what the session made itself

    def _settle(self, ask: AskModel, told: Sequence[tuple[Key, Said]]) -> Iterator[Event]:
        """What was heard of its answers. One that may still be playing is left for later."""
        for name, made in self._made.items():
            if not made.said:
                continue
            parts = [(key, said) for key, said in told if said.reply == name]
            heard = " ".join(said.text for _, said in parts)
            ours = bare(made.words).startswith(bare(heard))
            whole = ours and len(bare(heard)) >= len(bare(made.words))
            over = whole or self._is_over(ask, name, made, told)
            if over and (MASK in heard or not ours):  # another was quicker, and the caller heard what it said
                yield from self._in_place(made, parts)
            elif over and not made.settled:
                made.settled = True
                if not whole:
                    yield from self._cut(made, parts, heard)

    def _is_over(self, ask: AskModel, name: str, made: _Made, told: Sequence[tuple[Key, Said]]) -> bool:
        """Somebody else has spoken since; or what is not said at once is not said at all."""
        others = any(said.at_ms > made.after_ms and said.reply != name for _, said in told)
        return others or ask.leaves == "whole"

    def _cut(self, made: _Made, parts: Sequence[tuple[Key, Said]], heard: str) -> Iterator[Event]:
        if not heard:
            yield from (_delete(item.id) for item in made.said)
            made.said = []
            return
        if len(made.said) > 1 or not made.said[0].sound_bytes:
            yield from self._in_place(made, parts)
            return
        item = made.said[0]
        ms = heard_ms(heard, item, whole=made.whole)
        if ms < item.produced_ms:
            yield {
                "type": "conversation.item.truncate",
                "item_id": item.id,
                "content_index": item.content_index,
                "audio_end_ms": ms,
            }

    def _in_place(self, made: _Made, parts: Sequence[tuple[Key, Said]]) -> Iterator[Event]:
        """As text from here on."""
        text = " ".join(said.text for _, said in parts)
        yield from self._replace([item.id for item in made.said], "bot", text)
        made.said = []
        self._turns.append(_Turn("bot", tuple(key for key, _ in parts), text, [self._last]))

    def _mask(self, told: Sequence[tuple[Key, Said]]) -> Iterator[Event]:
        texts = {key: said.text for key, said in told}
        for turn in self._turns:
            if any(key not in texts for key in turn.keys):
                continue  # too long ago for the flow to tell of it
            now = " ".join(texts[key] for key in turn.keys)
            if MASK in now and now != turn.text and turn.items:
                yield from self._replace(turn.items, turn.who, now)
                turn.text, turn.items = now, [self._last]

    def _replace(self, items: Sequence[str], who: str, text: str) -> Iterator[Event]:
        yield {**self._message(who, text), "previous_item_id": items[-1]}
        yield from (_delete(item) for item in items)

    def _drop_calls(self, exchanges: Sequence[Exchange]) -> Iterator[Event]:
        """Requests of which nobody knows what became: when it is known they are told again, with it."""
        known = {one.request for exchange in exchanges for one, _ in exchange.answered()}
        for request in [name for name, call in self._calls.items() if call.output is None and name not in known]:
            self._strays.append(self._calls.pop(request).item)
        yield from (_delete(item) for item in self._strays)
        self._strays.clear()

    # ---- what it has not been told

    def _tell(
        self, ask: AskModel, new: Sequence[tuple[Key, Said]], exchanges: Sequence[Exchange], apart: list[News]
    ) -> Iterator[Event]:
        waiting = list(exchanges)
        for (who, _), several in groupby(new, key=lambda one: (one[1].who, one[1].reply)):
            turn = list(several)
            while waiting and waiting[0].after_ms < turn[0][1].at_ms:
                yield from self._exchange(ask, waiting.pop(0), apart)
            yield self._turn(who, turn, " ".join(said.text for _, said in turn))
        for exchange in waiting:
            yield from self._exchange(ask, exchange, apart)

    def _turn(self, who: str, turn: Sequence[tuple[Key, Said]], text: str) -> Event:
        told = self._message(who, text)
        self._turns.append(_Turn(who, tuple(key for key, _ in turn), text, [self._last]))
        return told

    def _exchange(self, ask: AskModel, exchange: Exchange, apart: list[News]) -> Iterator[Event]:
        for one, news in exchange.answered():
            output, call = tool_result(news), self._calls.get(one.request)
            if call is not None and call.output is not None:
                if call.output != output:
                    apart.extend(news)
                    call.output = output
                continue
            if call is None:
                call = self._calls[one.request] = _Call(self._name(), self._name())
                yield _create(
                    {
                        "id": call.item,
                        "type": "function_call",
                        "call_id": call.wire,
                        "name": one.name,
                        "arguments": open_arguments(one, ask),
                    }
                )
            call.output = output
            yield _create({"type": "function_call_output", "call_id": call.wire, "output": output})

    def _now(
        self,
        ask: AskModel,
        mulaw: bytes,
        apart: Sequence[News],
        now: Sequence[tuple[Key, Said]],
        answered: bool,
    ) -> Iterator[Event]:
        """What is new. `now`: the turns whose words are told here. `answered`: results of tools were told."""
        if apart:
            yield self._message("caller", news_text(apart), ours=True)
        known = not now and any(said.who == "caller" for said in ask.told)
        words = "" if known else caller_words(_unknown(ask.heard.strip(), [said for _, said in now]))
        keys = tuple(key for key, _ in now)
        if not known and len(mulaw) >= SHORTEST_SOUND_MS * BYTES_PER_MS:
            turn = _Turn("caller", keys, words, [])
            if words:
                yield self._message("caller", f"{HEARD_WRONG} {words}", ours=True)
                turn.items.append(self._last)
            self._committing = turn
            self._turns.append(turn)
            yield from _sound(mulaw)
        elif words:
            yield self._message("caller", words, ours=True)
            self._turns.append(_Turn("caller", keys, words, [self._last]))
        elif not apart and not answered:
            yield self._message("caller", YOUR_TURN, ours=True)

    # ---- items

    def _message(self, who: str, text: str, *, ours: bool = False) -> Event:
        """`ours`: brackets in it are not the caller's."""
        self._last = self._name()
        if who == "bot":
            content = [{"type": "output_text", "text": text}]
            return _create({"id": self._last, "type": "message", "role": "assistant", "content": content})
        content = [{"type": "input_text", "text": text if ours else caller_words(text)}]
        return _create({"id": self._last, "type": "message", "role": "user", "content": content})

    def _name(self) -> str:
        return f"ivr_{next(self._numbers)}"


def heard_ms(heard: str, item: SaidItem, *, whole: bool) -> int:
    """How much of its sound that is: by letters. Of an answer that was broken off words were made ahead of the sound,
    so that they tell nothing of each other."""
    if whole:
        ms = item.produced_ms * len(bare(heard)) // max(1, len(bare(item.words)))
    else:
        ms = len(heard) * LETTER_MS
    return max(0, min(ms, item.produced_ms))


def _keyed(told: Sequence[Said]) -> Iterator[tuple[Key, Said]]:
    numbers: dict[int, Iterator[int]] = {}
    for said in told:
        yield (said.at_ms, next(numbers.setdefault(said.at_ms, count()))), said


@dataclass(frozen=True, slots=True)
class _Taken:
    item: str
    request: str


def _with_items(reply: RealtimeReply, asked: Sequence[Asked]) -> Iterator[_Taken]:
    by_wire = {item.call.id: item.id for item in reply.asked.values()}
    for one in asked:
        if one.wire in by_wire:
            yield _Taken(by_wire[one.wire], one.request)


def _unknown(heard: str, now: Sequence[Said]) -> str:
    """Of the caller's last words those that the session has not been told."""
    told = " ".join(said.text for said in now)
    return told if told and heard.endswith(told) else heard


def _sound(mulaw: bytes) -> Iterator[Event]:
    for at in range(0, len(mulaw), APPEND_BYTES):
        piece = base64.b64encode(mulaw[at : at + APPEND_BYTES]).decode()
        yield {"type": "input_audio_buffer.append", "audio": piece}
    yield {"type": "input_audio_buffer.commit"}


def _create(item: Mapping[str, Any]) -> Event:
    return {"type": "conversation.item.create", "item": dict(item)}


def _delete(item: str) -> Event:
    return {"type": "conversation.item.delete", "item_id": item}
