"""Where a transfer goes, and what travels with it. A caller's value is only ever a value in an address that stands in
the directory, and only one that the directory allows."""

import re
from decimal import Decimal
from typing import Final

from ivr.flow.flow import Target, TargetValue, Transfer
from ivr.flow.grammar.tree import Template
from ivr.flow.steps.phrases import phrase
from ivr.flow.steps.work import Work
from ivr.flow.types import Value

_PART: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", re.ASCII)


def address(work: Work, step: Transfer, target: Target) -> str | None:
    """The SIP address with its values in it; empty: the target's own address as it stands; None: a value is missing or
    not one that the target takes."""
    if target.address is None:
        return ""
    parts = []
    for part in target.address.parts:
        if isinstance(part, str):
            parts.append(part)
            continue
        spec = target.takes[part.path[0]]
        text = _written(_given(work, step, spec.name))
        if text is None or not _fits(spec, text):
            return None
        parts.append(text)
    return "".join(parts)


def _given(work: Work, step: Transfer, name: str) -> Value | None:
    """`with:`, else the value of the same name."""
    template = step.arguments.get(name)
    if template is None:
        return work.value((name,))
    return _value(work, template)


def _value(work: Work, template: Template) -> Value | None:
    """A field alone keeps its type."""
    if len(template.parts) == 1 and template.fields:
        found = work.value(template.fields[0].path)
        return template.fields[0].fallback if found is None else found
    return phrase(work, template).text


def _written(value: Value | None) -> str | None:
    match value:
        case str():
            return value
        case Decimal():
            return str(int(value)) if value == value.to_integral_value() else None
        case _:
            return None


def _fits(spec: TargetValue, text: str) -> bool:
    if not _PART.fullmatch(text):
        return False
    if spec.length is not None and not spec.length[0] <= len(text) <= spec.length[1]:
        return False
    if spec.low is None and spec.high is None:
        return True
    if not text.isdecimal():
        return False
    return (spec.low is None or int(text) >= spec.low) and (spec.high is None or int(text) <= spec.high)


def data(work: Work, step: Transfer) -> dict[str, Value | None]:
    """What travels with the call; an empty value goes out as null."""
    return {name: _value(work, template) for name, template in step.data.items()}
