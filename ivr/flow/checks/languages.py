"""What a further language asks of a flow: keys where no recogniser understands it."""

from collections.abc import Collection, Iterator
from typing import Final

from ivr.flow.checks.walk import own_steps, questions_in
from ivr.flow.flow import Agent, Flow, Menu, Option, SlotSpec
from ivr.flow.languages import is_heard
from ivr.flow.messages import Message
from ivr.flow.types import CHOSEN, Type

WITHOUT_KEYS: Final = frozenset({Type.NAME, Type.TEXT, Type.EMAIL, Type.SPELLED, Type.DURATION})


def check_languages(flow: Flow, languages: Collection[str]) -> Iterator[Message]:
    """IVR320 for questions that no key answers."""
    by_keys = [language for language in languages if not is_heard(language)]
    if not by_keys:
        return
    asked = {q.name for node in flow.nodes.values() for q in questions_in(flow, node) if q.slot is not None}
    for slot in flow.slots.values():
        if slot.name in asked and _lacks_keys(slot):
            yield _told(slot.name, slot, by_keys[0])
    for step in own_steps(flow):
        if isinstance(step, Agent):
            text = f'"{step.name}" talks with callers, and in {by_keys[0]} it would not understand a word.'
            fix = "Lead these callers past it, such as by  if: call.language is ..."
            yield Message(step.place, "IVR320", text, "warning", len("agent"), fix)
        if isinstance(step, Menu) and step.options_from is None and not _keyed(step.options):
            text = f'"{step.name}" has options without a key, and callers in {by_keys[0]} have only keys.'
            yield Message(step.place, "IVR320", text, "warning", len("menu"), "Give each option a key.")


def _lacks_keys(slot: SlotSpec) -> bool:
    if slot.accept == "speech":
        return True
    kind = slot.of or slot.type
    if kind in CHOSEN:
        return slot.options_from is None and not _keyed(slot.options)
    return kind in WITHOUT_KEYS and slot.skip is None


def _keyed(options: tuple[Option, ...]) -> bool:
    return all(option.key is not None for option in options)


def _told(name: str, slot: SlotSpec, language: str) -> Message:
    text = f"{name} cannot be answered by keys, and callers in {language} have only keys."
    fix = "Give its options keys, ask for it in another way, or lead these callers past it."
    return Message(slot.place, "IVR320", text, "warning", len(name), fix)
