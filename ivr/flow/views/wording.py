"""Parts of a flow in words: templates and conditions as they are written, lengths of time, steps as what they do."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Final

from ivr.flow.flow import (
    Agent,
    Ask,
    Body,
    Callback,
    CallTool,
    End,
    Forget,
    Goto,
    Grant,
    Handoff,
    If,
    Literal_,
    Menu,
    Page,
    Post,
    Prompt,
    Record,
    Return,
    Run,
    Say,
    SetStep,
    SpeakIn,
    Split,
    Step,
    TextMessage,
    Transfer,
)
from ivr.flow.grammar.tree import (
    And,
    Clock,
    Compare,
    Condition,
    Const,
    Count,
    Empty,
    Field,
    Has,
    HoursOpen,
    In,
    JsonPath,
    Not,
    Operand,
    Or,
    Ref,
    Shift,
    Sum,
    Template,
    Truth,
    Visits,
)
from ivr.flow.types import Type, Value

_UNITS: Final = (("day", 86_400_000), ("hour", 3_600_000), ("minute", 60_000), ("second", 1000))


def length(ms: int) -> str:
    """8 seconds; 2 minutes 30 seconds; 0.3 seconds."""
    if ms < 1000:
        return f"{ms / 1000:g} seconds"
    parts = []
    for unit, size in _UNITS:
        count, ms = divmod(ms, size)
        if unit == "second" and ms:
            parts.append(f"{count + ms / 1000:g} seconds")
        elif count:
            parts.append(f"{count} {unit}" if count == 1 else f"{count} {unit}s")
    return " ".join(parts[:2])


def listed(words: Sequence[str], last: str = "and") -> str:
    """a, b and c."""
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} {last} {words[-1]}"


def quoted(words: Sequence[str], last: str = "or") -> str:
    return listed([f'"{one}"' for one in words], last)


# ---- templates and conditions


def text_of(template: Template) -> str:
    """As it is written: with {fields}."""
    return " ".join("".join(p if isinstance(p, str) else field_of(p) for p in template.parts).split())


def field_of(field: Field) -> str:
    form = f" as {field.form}" if field.form else ""
    otherwise = f" or '{field.fallback}'" if field.fallback is not None else ""
    return f"{{{'.'.join(field.path)}{form}{otherwise}}}"


def prompt_of(prompt: Prompt | None, words: Mapping[str, str] | None = None) -> str:
    """The first wording, in quotes; empty where there is none. `words`: the engine's own sentences."""
    if prompt is None or not prompt.variants:
        return ""
    first = prompt.variants[0]
    own = first.parts[0] if len(first.parts) == 1 else ""
    if isinstance(own, Field) and own.path[0] == "words" and words is not None:
        return f'"{words.get(own.path[1], own.path[1])}"'
    more = f" (or {len(prompt.variants) - 1} other wordings)" if len(prompt.variants) > 2 else ""
    more = " (or another wording)" if len(prompt.variants) == 2 else more
    return f'"{text_of(first)}"{more}'


def condition_of(condition: Condition) -> str:
    match condition:
        case And(left, right):
            return f"{_inner(left)} and {_inner(right)}"
        case Or(left, right):
            return f"{condition_of(left)} or {condition_of(right)}"
        case Not(inner):
            return f"not {_inner(inner)}"
        case Truth(ref):
            return operand_of(ref)
        case Compare(op, left, right):
            return f"{operand_of(left)} {op} {operand_of(right)}"
        case In(left, items, negated):
            return f"{operand_of(left)} {'not in' if negated else 'in'} [{', '.join(map(operand_of, items))}]"
        case Empty(left, negated):
            return f"{operand_of(left)} is {'not ' if negated else ''}empty"
        case Has(items, item):
            return f"{operand_of(items)} has {operand_of(item)}"
        case HoursOpen(hours, on, at, negated):
            when = (f" on {operand_of(on)}" if on else "") + (f" at {operand_of(at)}" if at else "")
            return f"hours.{hours} is {'not ' if negated else ''}open{when}"


def _inner(condition: Condition) -> str:
    text = condition_of(condition)
    return f"({text})" if isinstance(condition, Or) else text


def operand_of(operand: Operand) -> str:
    match operand:
        case Ref(path=path):
            return ".".join(path)
        case Const(value, kind):
            return value_of(value, kind)
        case Clock(what):
            return what
        case Visits():
            return "visits"
        case Shift(base, by):
            sign = "-" if by < timedelta(0) else "+"
            return f"{operand_of(base)} {sign} {length(round(abs(by).total_seconds() * 1000))}"
        case Sum(op, left, right):
            return f"{operand_of(left)} {op} {operand_of(right)}"
        case JsonPath(parts):
            return "$" + "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in parts)
        case Count(items):
            return f"count of {operand_of(items)}"


def value_of(value: Value | None, kind: Type | None = None) -> str:
    match value:
        case None:
            return "empty"
        case bool():
            return "yes" if value else "no"
        case Decimal():
            return f"{value:f}"
        case datetime():
            return value.isoformat(" ", "minutes")
        case date():
            return value.isoformat()
        case time():
            return value.isoformat("minutes")
        case timedelta():
            return length(round(value.total_seconds() * 1000))
        case str():
            return f'"{value}"'
        case _:
            return "a list"


# ---- steps


def step_of(step: Step, words: Mapping[str, str] | None = None) -> str:
    """What one step does, for "the caller ...": goes to person; hears "..."; is asked account."""
    match step:
        case Say():
            return f"hears {prompt_of(step.prompt, words)}"
        case Ask():
            return f"is asked {listed(step.slots)}"
        case Menu():
            return f"is asked {prompt_of(step.prompt)}"
        case If():
            return f"goes one of two ways: {condition_of(step.condition)}"
        case SetStep():
            return f"has {listed([name for name, _ in step.values])} set"
        case Forget():
            return f"has {listed(step.names)} forgotten"
        case Grant():
            return f"counts as {step.fact} from here on"
        case CallTool():
            return f"waits for {step.tool}"
        case Run():
            return f"goes through {step.flow} and comes back"
        case Agent():
            return f"talks with a model ({step.name})"
        case Transfer():
            return f"is handed over to {step.target or listed(step.targets, 'or')}"
        case Record():
            return "can leave a message"
        case Callback():
            return f"will be called back by {step.target}"
        case TextMessage():
            return "gets a text message"
        case Post():
            return f"has a message sent to {step.contact or step.api}"
        case Page():
            return f"has {step.contact} paged"
        case Split():
            return f"is sent one of {len(step.arms)} ways, by {step.name}"
        case Goto():
            return f"goes to {step.node}"
        case Handoff():
            return f"goes on in {step.flow}"
        case Return():
            return f"goes back to the flow before, as {step.outcome}"
        case End():
            heard = prompt_of(step.say, words)
            return f"hears {heard} and the call ends" if heard else f"comes to the end of the call, as {step.outcome}"
        case SpeakIn():
            return f"is spoken to in {step.language} from here on"


def steps_of(steps: Sequence[Step], words: Mapping[str, str] | None = None) -> str:
    """hears "..." and goes to person."""
    return listed([step_of(step, words) for step in steps], "and then") or "goes on"


def body_of(body: "Body | Template | tuple[object, ...] | Literal_ | object") -> str:
    """What is sent, on one line."""
    if isinstance(body, Template):
        return text_of(body)
    if isinstance(body, Body):
        return "{" + ", ".join(f"{name}: {body_of(value)}" for name, value in body.entries.items()) + "}"
    if isinstance(body, tuple):
        return f"[{', '.join(map(body_of, body))}]"
    if isinstance(body, Literal_):
        return value_of(body.value)
    return str(body)
