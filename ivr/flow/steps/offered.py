"""Choices out of a list of records that a tool kept: some at a time, each in words of its own."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from ivr.flow.flow import Each, Flow, Option, OptionsFrom
from ivr.flow.grammar.tree import Field, Path, Template
from ivr.flow.state import Phrase
from ivr.flow.steps.copying import replace
from ivr.flow.steps.remembered import once_each
from ivr.flow.steps.worded import EMPTY, assembled, filled_sentence, joined_phrases, rendered
from ivr.flow.steps.work import Work
from ivr.flow.text import Place
from ivr.flow.types import Privacy, Record, Type, Value

MORE: Final = "other choices"
"""The command that leads to the next page. No command of an operator can have this name."""
CLASSES: Final = tuple(Privacy)
NOWHERE: Final = Place("", 0, 0)


@dataclass(frozen=True, slots=True)
class _Item:
    """The scope with one record in it, under the name `item`."""

    work: Work
    record: Record

    @property
    def now(self) -> datetime:
        return self.work.now

    def value(self, path: Path) -> Value | None:
        return self.record.get(path[1]) if path[0] == "item" else self.work.value(path)

    def is_open(self, hours: str, on: date | None, at: time | datetime | None) -> bool:
        return self.work.is_open(hours, on, at)


def records(work: Work, name: str) -> tuple[Record, ...]:
    """All items of a list are of one kind."""
    held = work.value((name,))
    return held if isinstance(held, tuple) and held and isinstance(held[0], Record) else ()  # type: ignore[return-value]


def item_phrases(work: Work, say: Template, held: Sequence[Record], privacy: Privacy) -> list[Phrase]:
    """The same items are said again and again: what is open to everybody is worked out once for all calls."""
    parts = _parts_of(say)
    if privacy is Privacy.OPEN and parts is not None:
        language, today, zone = work.state.language, work.now.date(), work.bundle.zone
        return [_said(parts, record, language, today, zone) for record in held]
    return [_item_phrase(work, say, record, privacy) for record in held]


_FieldKey = tuple[Path, Type, str | None, str | None, str, tuple[tuple[str, str], ...] | None]


@once_each
def _parts_of(say: Template) -> "tuple[str | _FieldKey, ...] | None":
    """None: it also says what is not of the item."""
    if any(field.path[0] != "item" for field in say.fields):
        return None
    return tuple(part if isinstance(part, str) else _key_of(part) for part in say.parts)


def _key_of(field: Field) -> _FieldKey:
    labels = tuple(field.labels.items()) if field.labels is not None else None
    return field.path, field.type, field.form, field.fallback, field.currency, labels


@lru_cache(maxsize=4096)
def _said(parts: tuple[str | _FieldKey, ...], record: Record, language: str, today: date, zone: str) -> Phrase:
    scope = _Alone(datetime.combine(today, time(12), ZoneInfo(zone)), record)
    said: list[str | Phrase] = []
    for part in parts:
        if isinstance(part, str):
            said.append(part)
            continue
        path, kind, form, fallback, currency, labels = part
        field = Field(path, kind, form, fallback, NOWHERE, currency, dict(labels) if labels is not None else None)
        said.append(rendered(scope, field, Privacy.OPEN, language))
    return assembled(said)


@dataclass(frozen=True, slots=True)
class _Alone:
    """A scope with a record in it and nothing else."""

    now: datetime
    record: Record

    def value(self, path: Path) -> Value | None:
        return self.record.get(path[1])

    def is_open(self, hours: str, on: date | None, at: time | datetime | None) -> bool:
        raise AssertionError("no sentence tells opening hours of an item")


def _item_phrase(work: Work, say: Template, record: Record, privacy: Privacy) -> Phrase:
    scope = _Item(work, record)
    language = work.state.language
    return assembled([p if isinstance(p, str) else rendered(scope, p, privacy, language) for p in say.parts])


def privacy_of(work: Work, spec: OptionsFrom | Each) -> Privacy:
    """The hardest class of what an item is said with."""
    return max(work.privacy(spec.list), _privacy_of_fields(work.flow, spec), key=CLASSES.index)


@once_each
def _privacy_of_fields(flow: Flow, spec: OptionsFrom | Each) -> Privacy:
    named = {field.path[1] for field in spec.say.fields if field.path[0] == "item"}
    classes = [Privacy.OPEN]
    for tool in flow.tools.values():
        for result in tool.results:
            for keep in result.keep:
                if keep.name == spec.list:
                    classes += [field.privacy for field in keep.fields or () if field.name in named]
    return max(classes, key=CLASSES.index)


# ---- a page


def first_of_page(work: Work, question: str) -> int:
    return work.at.pages.get(question, 0)


def page(work: Work, question: str, spec: OptionsFrom) -> range:
    first = first_of_page(work, question)
    return range(first, min(first + spec.page, len(records(work, spec.list))))


def has_more(work: Work, question: str, spec: OptionsFrom) -> bool:
    """Is there another page, before or behind this one?"""
    return len(records(work, spec.list)) > spec.page


def options(work: Work, question: str, spec: OptionsFrom) -> tuple[Option, ...]:
    """Every item: one that was offered before can be named too, one that was not by its value; the keys and "the second
    one" count this page."""
    shown = page(work, question, spec)
    secret = privacy_of(work, spec)
    held = records(work, spec.list)
    phrases = tuple(item_phrases(work, spec.say, held[: shown.stop], secret))
    if secret is Privacy.OPEN:
        return _laid_out_once(spec.keep, spec.place, held, phrases, shown)
    return _laid_out(spec.keep, spec.place, held, phrases, shown)


def _laid_out(
    keep: str, place: Place, held: tuple[Record, ...], phrases: tuple[Phrase, ...], shown: range
) -> tuple[Option, ...]:
    found: list[Option] = []
    for at, record in enumerate(held):
        value = record.get(keep)
        if value is None:
            continue
        said = phrases[at].text if at < shown.stop else ""
        key = str(at - shown.start + 1) if at in shown else None
        hear = (said, *_also(value)) if said else _also(value)
        found.append(Option(name_of(at), hear, key, said, place, value=value, offered=at in shown))
    shown_first = sorted(found, key=lambda option: not option.offered)
    return tuple(shown_first)


_laid_out_once = lru_cache(maxsize=512)(_laid_out)
"""A page is laid out several times for each answer: for the next question and for what may be put right."""


def _also(value: Value) -> tuple[str, ...]:
    """What else the answer itself may be called: a text by its own words."""
    return (value,) if isinstance(value, str) and not value.isdigit() else ()


def name_of(at: int) -> str:
    return f"item {at + 1}"


def holds(work: Work, spec: OptionsFrom, value: Value) -> bool:
    return any(record.get(spec.keep) == value for record in records(work, spec.list))


def turn_page(work: Work, question: str, spec: OptionsFrom) -> bool:
    """On to the next page; False: it began anew at the first."""
    after = page(work, question, spec).stop
    more = after < len(records(work, spec.list))
    work.at = replace(work.at, pages={**work.at.pages, question: after if more else 0})
    return more


def first_page(work: Work, question: str) -> None:
    if question in work.at.pages:
        work.at = replace(work.at, pages={name: at for name, at in work.at.pages.items() if name != question})


# ---- as it is said


def offer_phrase(work: Work, question: str, spec: OptionsFrom) -> Phrase:
    """Half past six, seven or eight. For others say: later."""
    secret = privacy_of(work, spec)
    held = records(work, spec.list)
    shown = page(work, question, spec)
    said = item_phrases(work, spec.say, held[shown.start : shown.stop], secret)
    items = filled_sentence(work, "choices", {"choices": joined_phrases(said, filled_sentence(work, "or", {}))})
    if not has_more(work, question, spec) or not spec.hear:
        return items
    word = Phrase(spec.hear[0], spec.hear[0])
    more = filled_sentence(work, "more_choices", {"more": word, "key": _key(spec.key or "")})
    return Phrase(f"{items.text} {more.text}", f"{items.shown} {more.shown}", fixed=False)


def keys_phrase(work: Work, question: str, spec: OptionsFrom) -> Phrase:
    """Press 1 for half past six, 2 for seven, 9 for others."""
    secret = privacy_of(work, spec)
    held = records(work, spec.list)
    shown = page(work, question, spec)
    parts = [
        filled_sentence(work, "key_for", {"key": _key(str(number)), "what": said})
        for number, said in enumerate(item_phrases(work, spec.say, held[shown.start : shown.stop], secret), start=1)
    ]
    if has_more(work, question, spec) and spec.key is not None:
        parts.append(
            filled_sentence(
                work, "key_for", {"key": _key(spec.key), "what": filled_sentence(work, "other_choices", {})}
            )
        )
    if not parts:
        return EMPTY
    return filled_sentence(work, "press", {"keys": joined_phrases(parts, filled_sentence(work, "or", {}))})


def _key(key: str) -> Phrase:
    return Phrase(key, key)


def each_phrase(work: Work, spec: Each) -> Phrase:
    """Every record read out, one sentence after the other."""
    held = records(work, spec.list)[: spec.up_to]
    if not held:
        language = work.state.language
        parts = spec.empty.parts if spec.empty is not None else ()
        return assembled([p if isinstance(p, str) else rendered(work, p, Privacy.OPEN, language) for p in parts])
    secret = privacy_of(work, spec)
    said = list(_sentences(iter(item_phrases(work, spec.say, held, secret))))
    return Phrase(" ".join(p.text for p in said), " ".join(p.shown for p in said), fixed=False)


def _sentences(phrases: Iterator[Phrase]) -> Iterator[Phrase]:
    for said in phrases:
        closed = said.text.rstrip().endswith((".", "!", "?", ","))
        yield said if closed else replace(said, text=f"{said.text}.", shown=f"{said.shown}.")
