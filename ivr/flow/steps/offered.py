"""Choices out of a list of records that a tool kept: some at a time, each in words of its own."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Final

from ivr.flow.flow import Each, Option, OptionsFrom
from ivr.flow.grammar.tree import Path, Template
from ivr.flow.state import Phrase
from ivr.flow.steps.copying import replace
from ivr.flow.steps.worded import EMPTY, assembled, filled_sentence, joined_phrases, rendered
from ivr.flow.steps.work import Work
from ivr.flow.types import Privacy, Record, Value

MORE: Final = "other choices"
"""The command that leads to the next page. No command of an operator can have this name."""
SHOWN_KEYS: Final = 9


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
    held = work.value((name,))
    return tuple(item for item in held if isinstance(item, Record)) if isinstance(held, tuple) else ()


def item_phrase(work: Work, say: Template, record: Record, privacy: Privacy) -> Phrase:
    scope = _Item(work, record)
    language = work.state.language
    return assembled([p if isinstance(p, str) else rendered(scope, p, privacy, language) for p in say.parts])


def privacy_of(work: Work, spec: OptionsFrom | Each) -> Privacy:
    """The hardest class of what an item is said with."""
    named = {field.path[1] for field in spec.say.fields if field.path[0] == "item"}
    classes = [work.privacy(spec.list)]
    for tool in work.flow.tools.values():
        for result in tool.results:
            for keep in result.keep:
                if keep.name == spec.list:
                    classes += [field.privacy for field in keep.fields or () if field.name in named]
    return max(classes, key=tuple(Privacy).index)


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
    """Every item, so that one of another page can be named too; the keys and "the second one" count this page."""
    shown = page(work, question, spec)
    secret = privacy_of(work, spec)
    found: list[Option] = []
    for at, record in enumerate(records(work, spec.list)):
        value = record.get(spec.keep)
        if value is None:
            continue
        said = item_phrase(work, spec.say, record, secret).text
        key = str(at - shown.start + 1) if at in shown else None
        hear = (said, *_also(value))
        found.append(Option(name_of(at), hear, key, said, spec.place, value=value, offered=at in shown))
    shown_first = sorted(found, key=lambda option: not option.offered)
    return tuple(shown_first)


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
    said = [item_phrase(work, spec.say, held[at], secret) for at in page(work, question, spec)]
    items = filled_sentence(work, "choices", {"choices": joined_phrases(said, filled_sentence(work, "or", {}))})
    if not has_more(work, question, spec) or not spec.hear:
        return items
    word = Phrase(spec.hear[0], spec.hear[0])
    more = filled_sentence(work, "more_choices", {"more": word})
    return Phrase(f"{items.text} {more.text}", f"{items.shown} {more.shown}", fixed=False)


def keys_phrase(work: Work, question: str, spec: OptionsFrom) -> Phrase:
    """Press 1 for half past six, 2 for seven, 9 for others."""
    secret = privacy_of(work, spec)
    held = records(work, spec.list)
    parts = [
        filled_sentence(
            work,
            "key_for",
            {"key": _key(str(number)), "what": item_phrase(work, spec.say, held[at], secret)},
        )
        for number, at in enumerate(page(work, question, spec), start=1)
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
    said = list(_sentences(item_phrase(work, spec.say, record, secret) for record in held))
    return Phrase(" ".join(p.text for p in said), " ".join(p.shown for p in said), fixed=False)


def _sentences(phrases: Iterator[Phrase]) -> Iterator[Phrase]:
    for said in phrases:
        closed = said.text.rstrip().endswith((".", "!", "?", ","))
        yield said if closed else replace(said, text=f"{said.text}.", shown=f"{said.shown}.")
