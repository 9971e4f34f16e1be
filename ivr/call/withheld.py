"""A call that goes on elsewhere after a caller gave what is never written down: a card number, a security code.

Its journal has the length of such an answer and where the call stood after it. While the call is rebuilt another value
of that length stands in, with which the flow goes the same way; so it is known what happened since, and above all what
was changed. The stand-in never leaves: before the call goes on it is taken out of the state, or, where nothing was
changed since, the call goes back to the question.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from ivr.call.made import stands
from ivr.flow import engine
from ivr.flow import state as flow
from ivr.flow.flow import Bundle
from ivr.flow.types import Privacy, Source, Value
from ivr.units import Millis

HIDDEN: Final = (Privacy.PCI, Privacy.SECRET)
_DAYS: Final = ("0199", "1299", "0130", "3112", "010180", "123199", "01011980", "12311999", "31121999", "19800101")
_MORE: Final = 150
_SHORTEST: Final = 3
"""Shorter values are those of many a name."""


@dataclass(slots=True)
class Withheld:
    """What stands in, for one call that is rebuilt."""

    values: set[str] = field(default_factory=set)
    before: flow.CallState | None = None
    """How the call stood before the first value since anything was changed."""
    changes: int = 0

    def answered(
        self, bundle: Bundle, state: flow.CallState, at_ms: Millis, body: Mapping[str, object], stood: str | None
    ) -> flow.CallState | None:
        """The state after an answer that was not written down; None: no value is known to lead where the call stood."""
        listen = state.listening
        length = body.get("length")
        if listen is None or stood is None or not isinstance(length, int):
            return None
        for event, value in _tries(listen, at_ms, length):
            try:
                after, _ = engine.step(bundle, state, event)
            except Exception:  # noqa: S112  no such value, then
                continue
            if stands(after) == stood:
                if self._changes(state) > self.changes or self.before is None:
                    self.before, self.changes = state, self._changes(state)
                self.values.add(value)
                return after
        return None

    def settled(self, bundle: Bundle, state: flow.CallState) -> flow.CallState:
        """As the call goes on: without any stand-in."""
        values, self.values = self.values, set()
        before, self.before = self.before, None
        if not values:
            return state
        going = state.outcome is None and state.doing not in _UNDER_WAY
        if going and before is not None and self._changes(state) == self.changes:
            return before
        return _emptied(bundle, state, {value for value in values if len(value) >= _SHORTEST})

    def _changes(self, state: flow.CallState) -> int:
        return sum(made.changes_world for made in state.made)


_UNDER_WAY: Final = frozenset({flow.Doing.TRANSFERRING, flow.Doing.HOLDING, flow.Doing.RECORDING, flow.Doing.ENDED})


def _tries(listen: flow.Listen, at_ms: Millis, length: int) -> Iterator[tuple[flow.Event, str]]:
    """By keys, whose length is known; else by words, whose is not, or by the key that ends an entry and no digit."""
    if length:
        for digits in _digits(length):
            yield flow.KeysEntered(at_ms, listen.id, digits, "end"), digits
        return
    for expected in listen.expects[:1]:
        shortest, longest = expected.length or (4, 4)
        for digits in (d for size in {longest, shortest} for d in _digits(size)):
            fill = flow.Fill(expected.slot, digits, Source.SPEECH)
            yield flow.Heard(at_ms, listen.id, flow.Reading("", fills=(fill,))), digits
    yield flow.KeysEntered(at_ms, listen.id, "", "end"), ""  # the hash key alone: there is none


def _digits(length: int) -> Iterator[str]:
    """Values of this length: such as checks of card numbers, days and months let through."""
    for digit in "0123456789":
        yield digit * length
        yield _with_check_digit(digit * (length - 1))
    yield from (day for day in _DAYS if len(day) == length)
    for turn in range(1, _MORE):
        digits = str(pow(48271, turn, 10**length + 39) % 10**length).zfill(length)
        yield digits
        yield _with_check_digit(digits[1:])


def _with_check_digit(digits: str) -> str:
    """Luhn's, as on cards."""
    doubled = [int(d) * 2 if at % 2 == 0 else int(d) for at, d in enumerate(reversed(digits))]
    return digits + str(-sum(d - 9 if d > 9 else d for d in doubled) % 10)


def _emptied(bundle: Bundle, state: flow.CallState, values: set[str]) -> flow.CallState:
    return replace(state, standings=tuple(_standing(bundle, standing, values) for standing in state.standings))


def _standing(bundle: Bundle, standing: flow.Standing, values: set[str]) -> flow.Standing:
    specs = bundle.flows[standing.flow].slots

    def open_slots(slots: Mapping[str, flow.Slot]) -> dict[str, flow.Slot]:
        return {
            name: slot
            for name, slot in slots.items()
            if not (name in specs and specs[name].privacy in HIDDEN) and slot.value not in values
        }

    def open_values(held: Mapping[str, Value]) -> dict[str, Value]:
        return {name: value for name, value in held.items() if not (isinstance(value, str) and value in values)}

    asked = tuple(replace(one, slots=open_slots(one.slots)) for one in standing.asked)
    ran = tuple(replace(one, inner=_standing(bundle, one.inner, values)) for one in standing.ran)
    return replace(
        standing,
        slots=open_slots(standing.slots),
        vars=open_values(standing.vars),
        kept=open_values(standing.kept),
        asked=asked,
        ran=ran,
    )
