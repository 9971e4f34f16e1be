"""Made-up values in the place of private ones: of the same type and length, as fit or unfit as they were, and the same
one wherever the same value stood, so that a call goes the same way with them."""

from collections.abc import Callable, Iterator
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Final

from ivr.flow.types import Record, Type, Value

NAMES: Final = ("Robin", "Kim", "Sam", "Alex", "Jo", "Lee", "Max", "Nell", "Pat", "Toni")
MOST_TRIED: Final = 400


class MadeUp:
    """The values of one call."""

    def __init__(self) -> None:
        self._made: dict[tuple[Type, Value], Value] = {}

    def instead_of(self, value: Value, kind: Type, fits: Callable[[Value], bool] | None = None) -> Value:
        """`fits`: whether the flow would take a value; the made-up one is taken exactly if the real one was."""
        key = (kind, value)
        if key not in self._made:
            wanted = True if fits is None else fits(value)
            tried = (v for v in self._tried(value, kind) if v != value and v not in self._made.values())
            first: Value | None = None
            for number, candidate in enumerate(tried):
                first = candidate if first is None else first
                if fits is None or fits(candidate) == wanted:
                    first = candidate
                    break
                if number == MOST_TRIED:
                    break
            self._made[key] = value if first is None else first
        return self._made[key]

    def made(self, value: Value) -> Value:
        """What stands for a value; itself if nothing does."""
        return next((made for (_, real), made in self._made.items() if real == value), value)

    @property
    def originals(self) -> list[Value]:
        """Values that something else stands for now."""
        return [value for (_, value), made in self._made.items() if made != value]

    def _tried(self, value: Value, kind: Type) -> Iterator[Value]:
        match value:
            case bool() | Record():
                yield value  # nothing of somebody's own is in a yes
            case Decimal():
                step = Decimal(1).scaleb(min(0, int(value.as_tuple().exponent)))
                yield from (value + sign * number * step for number in range(1, MOST_TRIED) for sign in (1, -1))
            case datetime():
                yield from (value + timedelta(days=sign * 7 * n) for n in range(1, MOST_TRIED) for sign in (-1, 1))
            case date():
                yield from (value + timedelta(days=sign * 37 * n) for n in range(1, MOST_TRIED) for sign in (-1, 1))
            case time():
                minutes = value.hour * 60 + value.minute
                yield from (time((minutes + n * 10) // 60 % 24, (minutes + n * 10) % 60) for n in range(1, 144))
            case timedelta():
                yield from (value + timedelta(minutes=n) for n in range(1, MOST_TRIED))
            case tuple():
                yield tuple(self.instead_of(one, kind) for one in value)
            case _:
                yield from _texts(value, kind)


def _texts(text: str, kind: Type) -> Iterator[str]:
    if kind is Type.CHOICE:
        return  # the name of an option is the flow's word, not the caller's
    if kind is Type.EMAIL:
        yield from (f"caller{number}@example.com" for number in range(1, MOST_TRIED))
    elif kind is Type.NAME:
        words = max(1, len(text.split()))
        yield from (" ".join(NAMES[(n + word) % len(NAMES)] for word in range(words)) for n in range(len(NAMES)))
    elif kind is Type.SPELLED:
        yield from ("".join(_letter(c, n + at) for at, c in enumerate(text)) for n in range(1, 26))
    elif any(character.isdigit() for character in text):
        keep = 3 if kind is Type.PHONE else 0  # the country stays
        yield from (text[:keep] + _digits(text[keep:], number) for number in range(1, MOST_TRIED))
    else:
        yield from (f"something made up {number}" for number in range(1, MOST_TRIED))


def _digits(text: str, number: int) -> str:
    """Other digits in the same places; the last ones differ from try to try, so that one fits a check digit."""
    places = [at for at, character in enumerate(text) if character.isdigit()]
    made = list(text)
    for count, at in enumerate(places):
        made[at] = str((count + 1 + number // 10) % 10 or 1)
    if places:
        made[places[-1]] = str(number % 10)
    return "".join(made)


def _letter(character: str, number: int) -> str:
    if character.isdigit():
        return str((int(character) + number) % 10)
    return chr((ord(character.upper()) - 65 + number) % 26 + 65) if character.isalpha() else character
