"""Several values in one breath, and what says that there are no more."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

from ivr.flow.numerals import Token
from ivr.flow.state import Expected
from ivr.flow.types import CHOSEN, Type, Value
from ivr.flow.understand.wording import after_take_back, core, find_phrase, is_noise

_ENDS: Final = (
    ("that's", "all"),
    ("that", "is", "all"),
    ("that's", "it"),
    ("that", "is", "it"),
    ("that's", "everything"),
    ("that", "will", "be", "all"),
    ("that'll", "be", "all"),
    ("nothing", "else"),
    ("nothing", "more"),
    ("no", "more"),
    ("no", "others"),
    ("no", "other"),
    ("i'm", "done"),
    ("i", "am", "done"),
    ("all", "done"),
    ("and", "done"),
    ("just", "those"),
    ("just", "that"),
    ("only", "that"),
)
_ENDS_ALONE: Final = frozenset(
    {
        ("no",),
        ("nope",),
        ("done",),
        ("finished",),
        ("nothing",),
        ("no", "thank", "you"),
        ("no", "thanks"),
        ("none",),
        ("all",),
    }
)
_ONE_ONLY: Final = frozenset({"just", "only"})
_APART: Final = frozenset({"and", "also", "plus", "then", "or", "with"})
_SPLIT_FIRST: Final = frozenset({Type.NUMBER, Type.MONEY, Type.NAME, Type.TEXT, Type.EMAIL, Type.SPELLED})
"""Of these two that follow each other would be read as one: they are cut at commas and "and"."""
MOST: Final = 20
_GONE: Final = "…"


@dataclass(frozen=True, slots=True)
class Items:
    """`closed`: the caller said that this is all."""

    values: tuple[Value, ...]
    start: int
    stop: int
    sure: float
    closed: bool
    whole: bool = True


@dataclass(frozen=True, slots=True)
class Item:
    value: Value
    start: int
    stop: int
    sure: float
    whole: bool


Read = Callable[[Expected, tuple[Token, ...], list[bool]], Item | None]
"""One item out of the free tokens."""


def read_items(expected: Expected, tokens: tuple[Token, ...], free: list[bool], read: Read) -> Items | None:
    """All items there are, in the order they were said; None where there are none, and nothing says that it was all."""
    assert expected.of is not None
    item = replace(expected, type=expected.of, of=None, skip_words=())
    closed = closes(tokens)
    end = _end_at(tokens)
    open_ = [free[i] and (end is None or i < end) for i in range(len(tokens))]
    found: list[Item] = []
    for start, stop in after_take_back(tokens):
        found = _read_all(item, tokens, [open_[i] and start <= i < stop for i in range(len(tokens))], read)
        if found:
            break
    whole = [one for one in found if one.whole] or found[:1]
    if not whole:
        return Items((), 0, len(tokens), 1.0, True) if closed else None
    values = tuple(one.value for one in whole)
    return Items(
        tuple(dict.fromkeys(values)) if item.type in CHOSEN else values,
        whole[0].start,
        whole[-1].stop,
        min(one.sure for one in whole),
        closed or _only(tokens),
        all(one.whole for one in whole),
    )


def _read_all(item: Expected, tokens: tuple[Token, ...], free: list[bool], read: Read) -> list[Item]:
    found: list[Item] = []
    if item.type in CHOSEN:
        for option in item.options:  # each by itself: together they would be a choice nobody made
            found += _items_in(replace(item, options=(option,)), tokens, free, 0, len(tokens), read)[:1]
    stretches = _stretches(tokens) if item.type in _SPLIT_FIRST or item.type in CHOSEN else [(0, len(tokens))]
    for start, stop in stretches:
        if not any(one.start < stop and start < one.stop for one in found):
            found += _items_in(item, tokens, free, start, stop, read)
    found.sort(key=lambda one: one.start)
    return [part for one in found for part in _parts(item, one)]


def _parts(item: Expected, one: Item) -> list[Item]:
    """Digits of one length, said without a break between them: 1234 5678."""
    size = item.length[0] if item.length is not None and item.length[0] == item.length[1] else 0
    if item.type is not Type.DIGITS or not size or not isinstance(one.value, str) or len(one.value) % size:
        return [one]
    chunks = [one.value[i : i + size] for i in range(0, len(one.value), size)]
    return [replace(one, value=chunk, whole=True) for chunk in chunks]


def _items_in(
    item: Expected, tokens: tuple[Token, ...], free: list[bool], start: int, stop: int, read: Read
) -> list[Item]:
    found: list[Item] = []
    while len(found) < MOST and any(free[start:stop]):
        shown = tuple(
            t if free[i] else replace(t, text=_GONE, as_written=_GONE, glue="")
            for i, t in enumerate(tokens[start:stop], start)
        )
        one = read(item, shown, free[start:stop])
        if one is None or not any(free[start + one.start : start + one.stop]):
            return found
        one = replace(one, start=start + one.start, stop=start + one.stop)
        found.append(one)
        for i in range(one.start, min(one.stop, len(free))):
            free[i] = False
    return found


def _stretches(tokens: tuple[Token, ...]) -> list[tuple[int, int]]:
    edges = [i for i, t in enumerate(tokens) if i and (t.pause or t.text in _APART)]
    bounds = [0, *edges, len(tokens)]
    pairs = pairwise(bounds)
    return [(a + (tokens[a].text in _APART), b) for a, b in pairs if b > a]


def closes(tokens: tuple[Token, ...]) -> bool:
    """Says that there are no more: "that's all", also behind an item."""
    said = core(tokens)
    return tuple(t.text for t in said) in _ENDS_ALONE or _end_at(tokens) is not None


def _end_at(tokens: tuple[Token, ...]) -> int | None:
    words = [t.text for t in tokens]
    places = (find_phrase(words, phrase) for phrase in _ENDS)
    return min((at for at in places if at is not None), default=None)


def _only(tokens: tuple[Token, ...]) -> bool:
    """just the window."""
    first = next((t.text for t in tokens if not is_noise(t.text)), "")
    return first in _ONE_ONLY
