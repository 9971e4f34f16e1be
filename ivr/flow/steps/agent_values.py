"""What a model gives, as values; and what it is told it may give, as JSON Schema.

A model's arguments are JSON that nobody has checked. They become values by the type of the slot or of the argument, as
JSON or as a caller would say it ("two days", "tomorrow"), and are never read in any other way.
"""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from ivr.flow.answers import typed
from ivr.flow.flow import Keep, SlotSpec
from ivr.flow.numerals import tokens_of
from ivr.flow.state import Expected
from ivr.flow.types import Privacy, Type, Value
from ivr.flow.understand.slot_values import read_value

LONGEST: Final = 600
"""Letters of a text that a model may give."""
_WORDED: Final = frozenset({Type.TEXT, Type.NAME})


def read(expected: Expected, given: object, now: datetime) -> Value | None:
    """The value; None when it is none of this type. An empty text is none."""
    if isinstance(given, str) and len(given) > LONGEST:
        return None
    if expected.options:
        return _option(expected, given, now)
    if expected.type in _WORDED:
        text = given if isinstance(given, str) else None
        return " ".join(text.split()) or None if text is not None else None
    if expected.type in (Type.DIGITS, Type.PHONE) and isinstance(given, str):
        given = given.replace(" ", "").replace("-", "") if any(letter.isdigit() for letter in given) else given
    keep = Keep(expected.slot, (), expected.type, Privacy.OPEN, optional=False)
    value = typed(keep, given, now.tzinfo)
    return value if value is not None else _as_said(expected, given, now)


def _option(expected: Expected, given: object, now: datetime) -> Value | None:
    if not isinstance(given, str):
        return None
    names = {option.name.lower(): option.name for option in expected.options}
    found = names.get(given.strip().lower())
    return found if found is not None else _as_said(expected, given, now)


def _as_said(expected: Expected, given: object, now: datetime) -> Value | None:
    if not isinstance(given, str):
        return None
    tokens, _ = tokens_of(given)
    if not tokens:
        return None
    found = read_value(expected, tokens, [True] * len(tokens), now, asked=True)
    return found.value if found is not None and found.whole else None


# ---- for the model


def schema(spec: SlotSpec, about: str) -> Mapping[str, object]:
    """What may be given for a slot, or for an argument of a tool. `about`: what it is for, if that is known."""
    found: dict[str, Any] = dict(_SHAPES.get(spec.type, {"type": "string"}))
    says = [about] if about else []
    match spec.type:
        case Type.NUMBER | Type.MONEY:
            if spec.low is not None:
                found["minimum"] = _plain(spec.low)
            if spec.high is not None:
                found["maximum"] = _plain(spec.high)
            if spec.type is Type.MONEY:
                says.append(f"in {spec.currency}")
        case Type.DIGITS if spec.length is not None:
            least, most = spec.length
            found["pattern"] = f"^[0-9]{{{least}}}$" if least == most else f"^[0-9]{{{least},{most}}}$"
        case Type.CHOICE | Type.TARGET if spec.options:
            found["enum"] = [option.name for option in spec.options]
            says.extend(f"{option.name}: {option.about or option.say}" for option in spec.options)
        case _:
            pass
    if says:
        found["description"] = "; ".join(says)
    return found


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
