"""What a far end gave in a call and can be told of again: requests by the ids it gave them, and sounds by theirs.

Kept in this process only, of a bounded number of calls. Where it is gone (another process took the call over), what
became of a request is told in plain words, and what was said as text.
"""

from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec

from ivr.flow.state import AskModel, News, Said
from ivr.models.deadline import now_ms
from ivr.models.openai.instructions import KEPT_PRIVATE
from ivr.units import Millis

MOST_CALLS: Final = 2_000
MOST_EXCHANGES: Final = 12
"""Of one call; the oldest are forgotten."""
MOST_SOUNDS: Final = 60
SOUND_MS: Final = 55 * 60_000
"""Far ends keep the sound of an answer for an hour."""
MASK: Final = "•"
"""Stands wherever a private value is masked."""
_PLAIN: Final = 3
"""Numbers of so many digits are told again: they identify nobody."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One tool call of an answer. `request`: its id for the engine; `wire`: the far end's own."""

    request: str
    wire: str
    name: str
    arguments: Mapping[str, object]


@dataclass(slots=True)
class Exchange:
    """Tool calls of one answer, and what became of them."""

    agent: str
    after_ms: int
    """They came after this turn of the talk."""
    asked: tuple[Asked, ...]
    news: dict[str, list[News]] = field(default_factory=dict)
    """By request."""

    def answered(self) -> Iterator[tuple[Asked, Sequence[News]]]:
        for one in self.asked:
            if found := self.news.get(one.request):
                yield one, found


@dataclass(frozen=True, slots=True)
class Sound:
    id: str
    words: str
    until_ms: Millis


@dataclass(slots=True)
class _Call:
    exchanges: list[Exchange] = field(default_factory=list)
    sounds: OrderedDict[str, Sound] = field(default_factory=OrderedDict)
    """By the id of the AskModel."""


class Remembered:
    """Of one adapter: ids are worth nothing at another far end."""

    def __init__(self) -> None:
        self._calls: OrderedDict[str, _Call] = OrderedDict()

    def note_requests(self, ask: AskModel, asked: Iterable[Asked]) -> None:
        given = tuple(asked)
        if given:
            exchanges = self._of(ask, keep=True).exchanges
            exchanges.append(Exchange(ask.agent, last_ms(ask.told), given))
            del exchanges[:-MOST_EXCHANGES]

    def note_sound(self, ask: AskModel, sound_id: str, words: str) -> None:
        if sound_id and words.strip():
            sounds = self._of(ask, keep=True).sounds
            sounds[ask.id] = Sound(sound_id, words, Millis(now_ms() + SOUND_MS))
            while len(sounds) > MOST_SOUNDS:
                sounds.popitem(last=False)

    def forget_sounds(self, ask: AskModel) -> None:
        """The far end has forgotten one: all of the call are told as text from here on."""
        self._of(ask).sounds.clear()

    def take_news(self, ask: AskModel) -> tuple[list[Exchange], list[News]]:
        """The exchanges of this talk that have results, in their order, and the news that belong to none of them."""
        exchanges = [one for one in self._of(ask).exchanges if one.agent == ask.agent]
        by_request = {one.request: exchange for exchange in exchanges for one in exchange.asked}
        apart = []
        fresh: dict[str, list[News]] = {}
        for news in ask.news:
            if news.request and news.request in by_request:
                fresh.setdefault(news.request, []).append(news)
            else:
                apart.append(news)
        for request, several in fresh.items():
            by_request[request].news[request] = several
        return [one for one in exchanges if one.news], apart

    def sound_of(self, ask: AskModel, reply: str, heard: str) -> str | None:
        """The id of the sound of an earlier reply, if all of it was heard and it is not too old."""
        sound = self._of(ask).sounds.get(reply)
        if sound is None or now_ms() >= sound.until_ms or MASK in heard or bare(sound.words) != bare(heard):
            return None
        return sound.id

    def _of(self, ask: AskModel, *, keep: bool = False) -> _Call:
        name = call_of(ask)
        call = self._calls.get(name)
        if call is None:
            call = _Call()
            if keep:
                self._calls[name] = call
                if len(self._calls) > MOST_CALLS:
                    self._calls.popitem(last=False)
        elif keep:
            self._calls.move_to_end(name)
        return call


def call_of(ask: AskModel) -> str:
    """The id of the call."""
    return ask.id.rsplit(":", 2)[0]


def last_ms(told: Sequence[Said]) -> int:
    """The moment of the last turn: exchanges are placed by it."""
    return told[-1].at_ms if told else -1


def open_arguments(one: Asked, ask: AskModel) -> str:
    """The arguments as JSON, without values that the model may not be told any more: what is masked in the talk now
    stands nowhere in it, and is left out here too."""
    known = bare(" ".join((*(said.text for said in ask.told), *ask.known.values(), ask.heard, ask.goal)))
    choices = {
        choice
        for tool in ask.tools
        if tool.name == one.name
        for shape in _mapping(tool.parameters.get("properties")).values()
        for choice in _mapping(shape).get("enum") or ()
        if isinstance(choice, str)
    }
    told = {name: _open(value, known, choices) for name, value in one.arguments.items() if name}
    return msgspec.json.encode(told).decode()


def _open(value: object, known: str, choices: set[str]) -> object:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, list):
        return [_open(item, known, choices) for item in value]
    if isinstance(value, dict):
        return {name: _open(item, known, choices) for name, item in value.items()}
    text = bare(str(value))
    short = not isinstance(value, str) and len(text) <= _PLAIN
    return value if short or value in choices or (text and f" {text} " in f" {known} ") else KEPT_PRIVATE


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def bare(text: str) -> str:
    """Letters and digits of its words, for comparing."""
    words = ("".join(letter for letter in word if letter.isalnum()) for word in text.lower().split())
    return " ".join(word for word in words if word)
