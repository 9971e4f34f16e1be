"""Keys a caller pressed, read against what the engine listens for."""

from dataclasses import replace
from datetime import datetime
from decimal import Decimal, InvalidOperation

from ivr.flow.state import Expected, Fill, Listen, Reading
from ivr.flow.types import Source, Type, Value
from ivr.flow.understand.dates import date_of_keys
from ivr.flow.understand.phones import e164
from ivr.flow.understand.times import time_of_keys


def read_keys(keys: str, listen: Listen, now: datetime) -> Reading:
    """What the keys mean for this Listen; a Reading with nothing set when they mean nothing. `keys` without the key
    that ended the entry, or with it. `now` is call time; no key depends on it yet."""
    asked = listen.confirming or (listen.expects[0] if listen.expects else None)
    if asked is None:
        return _command(keys, listen)
    if listen.confirming is not None:
        return _confirmed(keys, listen, listen.confirming)
    if asked.skip_key is not None and (keys or listen.keys.end) == asked.skip_key:  # the end key alone ends nothing
        return _reading(keys, Fill(asked.slot, None, Source.KEYS))
    if asked.type is Type.LIST:
        return _listed(keys, listen, asked)
    entered = keys.removesuffix(listen.keys.end) if listen.keys.longest and listen.keys.end else keys
    value = _value(entered, asked)
    if value is not None:
        return _reading(keys, Fill(asked.slot, value, Source.KEYS))
    command = _command(keys, listen)
    return command if command.command is not None else _beside(keys, entered, listen)


def _beside(keys: str, entered: str, listen: Listen) -> Reading:
    """The number that a menu takes in the place of an option."""
    other = next((e for e in listen.expects[1:] if e.type in (Type.DIGITS, Type.NUMBER)), None)
    value = _value(entered, other) if other is not None and listen.expects[0].type is Type.CHOICE else None
    return Reading(keys) if other is None or value is None else _reading(keys, Fill(other.slot, value, Source.KEYS))


def _reading(keys: str, fill: Fill) -> Reading:
    return Reading(keys, (fill,), satisfied=True)


def _command(keys: str, listen: Listen) -> Reading:
    """Awake one-key commands; several digits are never a command."""
    awake = keys in listen.keys.single or listen.keys.longest <= 1
    name = next((c.name for c in listen.commands if c.key is not None and c.key == keys), None)
    return Reading(keys, command=name, satisfied=True) if name is not None and awake else Reading(keys)


def _confirmed(keys: str, listen: Listen, slot: Expected) -> Reading:
    """Yes, no, or at once the right digits."""
    if keys in (slot.keys_yes, slot.keys_no):
        return Reading(keys, yes=keys == slot.keys_yes, satisfied=True)
    single = _command(keys, listen)
    if single.command is not None:
        return single
    value = _value(keys.removesuffix(listen.keys.end or "#"), slot) if len(keys) > 1 else None
    if value is None:
        return single
    if value == slot.current:
        return Reading(keys, yes=True, satisfied=True)
    return Reading(keys, (Fill(slot.slot, value, Source.KEYS, corrects=True),), yes=False, satisfied=True)


def _listed(keys: str, listen: Listen, slot: Expected) -> Reading:
    """One item, put to those before; the key that ends an entry, alone, ends the list."""
    assert slot.of is not None
    before = slot.current if isinstance(slot.current, tuple) else ()
    end = listen.keys.end or "#"
    entered = keys.removesuffix(end)
    if not entered:
        return _reading(keys, Fill(slot.slot, before, Source.KEYS, closed=True)) if before else Reading(keys)
    value = _value(entered, replace(slot, type=slot.of, of=None))
    if value is None:
        return _command(keys, listen)
    values = before if slot.of is Type.CHOICE and value in before else (*before, value)
    return _reading(keys, Fill(slot.slot, values, Source.KEYS))


def _value(keys: str, slot: Expected) -> Value | None:
    match slot.type:
        case Type.DIGITS:
            return keys if keys.isdigit() else None
        case Type.PHONE:
            return (e164(keys, slot.region) or keys) if keys.isdigit() else None
        case Type.TIME:
            return time_of_keys(keys, slot.near)
        case Type.NUMBER | Type.MONEY:
            return _decimal(keys)
        case Type.DATE:
            return date_of_keys(keys, slot.key_order)
        case Type.YES_NO:
            return {slot.keys_yes: True, slot.keys_no: False}.get(keys)
        case Type.CHOICE | Type.TARGET:
            chosen = next((o for o in slot.options if o.key is not None and o.key == keys), None)
            return None if chosen is None else chosen.name if chosen.value is None else chosen.value
        case _:
            return None


def _decimal(keys: str) -> Decimal | None:
    """`*` is the point: 42*50."""
    if not keys or not keys.strip("*") or keys.count("*") > 1 or not keys.replace("*", "").isdigit():
        return None
    try:
        return Decimal(keys.replace("*", "."))
    except InvalidOperation:
        return None
