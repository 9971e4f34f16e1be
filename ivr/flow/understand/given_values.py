"""What a model gives, as values; and what it is told it may give, as JSON Schema.

A model's arguments are JSON that nobody has checked. They become values by the type of the slot or of the argument, as
JSON or as a caller would say it ("two days", "tomorrow"), and are never read in any other way.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from ivr.flow.answers import typed
from ivr.flow.flow import Keep
from ivr.flow.numerals import tokens_of
from ivr.flow.state import Expected
from ivr.flow.types import CHOSEN, Privacy, Type, Value
from ivr.flow.understand.slot_values import read_value

LONGEST: Final = 600
"""Letters of a text that a model may give."""
MOST_ITEMS: Final = 20
"""Of a list that a model may give, where the flow sets no bound."""
_WORDED: Final = frozenset({Type.TEXT, Type.NAME})


def read_given(expected: Expected, given: object, now: datetime) -> Value | None:
    """The value; None when it is none of this type. An empty text is none, and so is an empty list."""
    if expected.type is Type.LIST:
        return _items(expected, given, now)
    if isinstance(given, str) and len(given) > LONGEST:
        return None
    if expected.options or expected.type in CHOSEN:
        return _option(expected, given, now)
    if expected.type in _WORDED:
        text = given if isinstance(given, str) else None
        return " ".join(text.split()) or None if text is not None else None
    if expected.type in (Type.DIGITS, Type.PHONE) and isinstance(given, str):
        given = given.replace(" ", "").replace("-", "") if any(letter.isdigit() for letter in given) else given
    keep = Keep(expected.slot, (), expected.type, Privacy.OPEN, optional=False)
    value = typed(keep, given, now.tzinfo)
    return value if value is not None else _as_said(expected, given, now)


def _items(expected: Expected, given: object, now: datetime) -> Value | None:
    """All of them, or none: half of what was meant is something else."""
    if not isinstance(given, list | tuple) or expected.of is None or len(given) > MOST_ITEMS:
        return None
    one = replace(expected, type=expected.of, of=None, current=None)
    values: list[Value] = []
    for item in given:
        value = read_given(one, item, now)
        if value is None:
            return None
        if value not in values or expected.of not in CHOSEN:
            values.append(value)
    return tuple(values) or None


def _option(expected: Expected, given: object, now: datetime) -> Value | None:
    if not isinstance(given, str):
        return None
    named = {option.name.lower(): option for option in expected.options}
    found = named.get(given.strip().lower())
    if found is not None:
        return found.name if found.value is None else found.value
    return _as_said(expected, given, now)


def _as_said(expected: Expected, given: object, now: datetime) -> Value | None:
    if not isinstance(given, str):
        return None
    tokens, _ = tokens_of(given)
    if not tokens:
        return None
    found = read_value(expected, tokens, [True] * len(tokens), now, asked=True)
    return found.value if found is not None and found.whole else None


# ---- for the model


def shape(expected: Expected, about: str, *, heard: bool = False) -> Mapping[str, object]:
    """What may be given for a slot, or for an argument of a tool. `about`: what it is for, if that is known. `heard`:
    with what callers say for each option."""
    if expected.type is Type.LIST and expected.of is not None:
        return _list_shape(expected, about, heard)
    found: dict[str, Any] = dict(_SHAPES.get(expected.type, {"type": "string"}))
    says = [about] if about else []
    match expected.type:
        case Type.NUMBER | Type.MONEY:
            if isinstance(expected.low, Decimal):
                found["minimum"] = _plain(expected.low)
            if isinstance(expected.high, Decimal):
                found["maximum"] = _plain(expected.high)
            if expected.type is Type.MONEY:
                says.append(f"in {expected.currency}")
        case Type.DIGITS if expected.length is not None:
            least, most = expected.length
            found["pattern"] = f"^[0-9]{{{least}}}$" if least == most else f"^[0-9]{{{least},{most}}}$"
        case Type.CHOICE | Type.TARGET if expected.options:
            found["enum"] = [option.name for option in expected.options]
            for option in expected.options:
                words = [option.about or option.say, *(option.hear if heard else ())]
                says.append(f"{option.name}: {', '.join(dict.fromkeys(word for word in words if word))}")
        case _:
            pass
    if says:
        found["description"] = "; ".join(says)
    return found


def _list_shape(expected: Expected, about: str, heard: bool) -> Mapping[str, object]:
    assert expected.of is not None
    items = shape(replace(expected, type=expected.of, of=None), "", heard=heard)
    found: dict[str, object] = {"type": "array", "items": items}
    if expected.up_to is not None:
        found["maxItems"] = expected.up_to
    return {**found, "description": about} if about else found


_SHAPES: Final[Mapping[Type, Mapping[str, object]]] = {
    Type.NUMBER: {"type": "number"},
    Type.MONEY: {"type": "number"},
    Type.YES_NO: {"type": "boolean"},
    Type.DATE: {"type": "string", "format": "date"},
    Type.TIME: {"type": "string", "pattern": "^[0-9]{2}:[0-9]{2}$"},
    Type.MOMENT: {"type": "string", "format": "date-time"},
    Type.DURATION: {"type": "string", "pattern": "^[0-9]+ (seconds|minutes|hours|days|weeks)$"},
    Type.DIGITS: {"type": "string", "pattern": "^[0-9]+$"},
    Type.PHONE: {"type": "string", "pattern": "^\\+[1-9][0-9]{5,14}$"},
    Type.EMAIL: {"type": "string", "format": "email"},
    Type.LIST: {"type": "array"},
}


def _plain(number: Decimal) -> int | float:
    return int(number) if number == number.to_integral_value() else float(number)
