"""What callers would hear: prompts too long, private values said aloud, keys that mean two things."""

import re
from collections.abc import Iterator, Mapping
from typing import Final

from ivr.flow.checks.pace import spoken_ms
from ivr.flow.checks.walk import Question, commands, own_steps, prompts_in, questions_in, slot_prompts
from ivr.flow.flow import Command, Flow, Menu, Option, Prompt, SetStep, SlotSpec
from ivr.flow.grammar.templates import FORMS
from ivr.flow.grammar.tree import Field, Ref, Shift, Sum, Template
from ivr.flow.grammar.walk import refs_in
from ivr.flow.messages import Message
from ivr.flow.text import Place
from ivr.flow.types import Privacy, Type

LONGEST_S: Final = 25
MOST_OPTIONS: Final = 5
_NUMBERS: Final = re.compile(
    r"[$€£]\s?\d[\d.,]*\d|[$€£]\s?\d"  # a price
    r"|(?:\d[\s.-]?){7,}"  # a telephone number
    r"|\d+(?:\.\d+)?\s?(?:%|percent\b|dollars\b|euros\b|pounds\b)"
    r"|\b\d{1,2}(?::\d\d)?\s?[ap]\.?m\b|\b\d{1,2}:\d\d\b"  # opening hours
    r"|\b20\d\d\b",  # a year
    re.IGNORECASE,
)
_COUNTS: Final = (
    "no",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
)


def count_word(count: int) -> str:
    return _COUNTS[count] if count < len(_COUNTS) else str(count)


def check_prompts(flow: Flow) -> Iterator[Message]:
    for step in own_steps(flow):
        options = len(step.options) if isinstance(step, Menu) else 0
        for at, prompt in enumerate(prompts_in(flow, step)):
            yield from _length(prompt, options if at == 0 else 0)
    for slot in flow.slots.values():
        for at, prompt in enumerate(slot_prompts(slot)):
            yield from _length(prompt, len(slot.options) if at == 0 else 0)
    for tool in flow.tools.values():
        for said in tool.filler.says if tool.filler else ():
            yield from _length(said, 0)


def _length(prompt: Prompt | None, options: int) -> Iterator[Message]:
    for template in prompt.variants if prompt else ():
        seconds = round(spoken_ms(template) / 1000)
        if seconds > LONGEST_S or options > MOST_OPTIONS:
            takes = f"takes about {seconds} seconds to say" if seconds > LONGEST_S else ""
            lists = f"lists {count_word(options)} choices" if options > MOST_OPTIONS else ""
            text = f"This prompt {' and '.join(filter(None, (takes, lists)))}. Callers forget after four."
            fix = 'Split the menu, or move the rare choices under "something else".' if options else "Split it in two."
            yield Message(template.place, "IVR310", text, "warning", fix=fix)
            continue
        yield from _written_number(template)


def _written_number(template: Template) -> Iterator[Message]:
    for at, part in enumerate(template.parts):
        found = _NUMBERS.search(part) if isinstance(part, str) else None
        if found is None:
            continue
        number = found.group().strip()
        place = template.place
        if at == 0 and "\n" not in found.string[: found.start()]:
            place = Place(place.file, place.line, place.column + found.start())
        text = f'"{number}" is written into the sentence; a number that can change should be a field.'
        fix = "Keep it in vars: or from a tool, as {name}."
        yield Message(place, "IVR311", text, "warning", len(number), fix)
        return


def check_privacy(flow: Flow, privacy: Mapping[str, Privacy]) -> Iterator[Message]:
    """Private values that a sentence would say to whoever is listening."""
    for template in _templates(flow):
        for field in template.fields:
            name = field.path[0] if len(field.path) == 1 else ".".join(field.path)
            class_ = privacy.get(name, Privacy.OPEN)
            if class_ is Privacy.OPEN or (class_ is Privacy.PII and field.form):
                continue
            if class_ is Privacy.PCI and field.form == "last 4":
                continue
            yield _said(flow, field, name, class_)


def check_copies(flow: Flow, privacy: Mapping[str, Privacy]) -> Iterator[Message]:
    """A private value set into a name that is less private would be shown everywhere."""
    order = list(Privacy)
    for step in own_steps(flow):
        if not isinstance(step, SetStep):
            continue
        for name, value in step.values:
            into = privacy.get(name, Privacy.OPEN)
            for path, place in _names(value):
                class_ = privacy.get(".".join(path), Privacy.OPEN)
                if order.index(class_) > order.index(into):
                    source = ".".join(path)
                    text = f'"{source}" is {class_.value}, and {name} is not; it would be shown everywhere.'
                    fix = f"Make {name} a slot with  private: {class_.value}."
                    yield Message(place or step.place, "IVR505", text, width=len(source), fix=fix)


def _names(value: object) -> Iterator[tuple[tuple[str, ...], Place | None]]:
    if isinstance(value, Template):
        yield from ((field.path, field.place) for field in value.fields)
    elif isinstance(value, Ref | Sum | Shift):
        yield from ((ref.path, ref.place) for ref in refs_in(value))


def _said(flow: Flow, field: Field, name: str, class_: Privacy) -> Message:
    slot = flow.slots.get(name)
    long = slot.length[1] if slot is not None and slot.length else None
    what = f"all {count_word(long)} digits" if long else "all of it"
    text = f'"{{{name}}}" is private, and this sentence would speak {what} to whoever is listening.'
    if class_ is Privacy.SECRET:
        fix = "A secret is never said."
    elif field.type in FORMS["last 4"]:
        fix = f"Use  {{{name} as last 4}}."
    else:
        fix = f"If it is meant, show that by a form, such as  {{{name} as {_form(field)}}}."
    return Message(field.place, "IVR503", text, width=len(name), fix=fix)


def _form(field: Field) -> str:
    own = {Type.NAME: "spelled", Type.EMAIL: "spelled"}
    return own.get(field.type, field.type.value)


def _templates(flow: Flow) -> Iterator[Template]:
    prompts: list[Prompt | None] = [p for step in own_steps(flow) for p in prompts_in(flow, step)]
    for slot in flow.slots.values():
        prompts.extend(slot_prompts(slot))
        yield from (rule.otherwise for rule in slot.must if rule.otherwise)
        if slot.check is not None and slot.check.otherwise is not None:
            yield slot.check.otherwise
    prompts.extend(said for tool in flow.tools.values() if tool.filler for said in tool.filler.says)
    for prompt in prompts:
        yield from prompt.variants if prompt else ()


def check_keys(flow: Flow) -> Iterator[Message]:
    """A key that an option and a command of the same question both have."""
    for node in flow.nodes.values():
        for question in questions_in(flow, node):
            for command in commands(flow, node, question.settings).values():
                if command.key is None:
                    continue
                option = _with_key(question, command.key)
                if option is not None:
                    yield _clash(command, option, question)


def _with_key(question: Question, key: str) -> Option | SlotSpec | None:
    slot = question.slot
    options = slot.options if slot is not None else question.step.options if isinstance(question.step, Menu) else ()
    found = next((option for option in options if option.key == key), None)
    if found is None and slot is not None and slot.type is Type.YES_NO:
        return slot if key in (slot.question.keys.yes, slot.question.keys.no) else None
    return found


def _clash(command: Command, other: Option | SlotSpec, question: Question) -> Message:
    kind = "question" if question.slot is not None else "menu"
    place = other.place
    text = (
        f'Key "{command.key}" means {command.name} everywhere, '
        f'but the {kind} at {place.file}:{place.line} also uses "{command.key}".'
    )
    fix = f"Choose another key there, or switch it off:  commands: {{{command.name}: no}}"
    return Message(command.place or place, "IVR112", text, width=1, fix=fix)
