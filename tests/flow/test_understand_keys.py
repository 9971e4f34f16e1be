"""Keys as answers."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from ivr.flow.state import Expected, KeySpec
from ivr.flow.types import Source, Value
from ivr.flow.understand import read_keys
from tests.flow.understanding import ACCOUNT, AGREES, AMOUNT, BORN, NAME, NOW, REASON, listen, with_current

LONG = KeySpec(frozenset(), shortest=8, longest=8)


@pytest.mark.parametrize(
    ("slot", "keys", "value"),
    [
        (ACCOUNT, "12345678", "12345678"),
        (ACCOUNT, "1234", "1234"),
        (AMOUNT, "42*50", Decimal("42.50")),
        (AMOUNT, "42", Decimal(42)),
        (BORN, "05021980", date(1980, 5, 2)),
        (replace(BORN, key_order="ddmmyyyy"), "02051980", date(1980, 5, 2)),
        (replace(BORN, key_order="yyyymmdd"), "19800502", date(1980, 5, 2)),
        (AGREES, "1", True),
        (AGREES, "2", False),
        (replace(AGREES, keys_no="3"), "3", False),
        (REASON, "2", "fault"),
    ],
)
def test_keys_by_type(slot: Expected, keys: str, value: Value) -> None:
    (fill,) = read_keys(keys, listen(slot, keys=LONG if len(keys) > 1 else None), NOW).fills
    assert (fill.slot, fill.value, fill.source) == (slot.slot, value, Source.KEYS)


@pytest.mark.parametrize(
    ("slot", "keys"),
    [(ACCOUNT, "12*4"), (BORN, "13401980"), (REASON, "7"), (AGREES, "5"), (NAME, "123"), (AMOUNT, "4*2*1")],
)
def test_keys_that_mean_nothing(slot: Expected, keys: str) -> None:
    reading = read_keys(keys, listen(slot), NOW)
    assert reading.fills == () and reading.command is None and reading.yes is None


def test_one_key_commands_and_the_skip_key() -> None:
    assert read_keys("0", listen(REASON), NOW).command == "operator"
    assert read_keys("0", listen(ACCOUNT, keys=LONG), NOW).command is None
    assert read_keys("9", listen(replace(NAME, skip_key="9")), NOW).fills[0].value is None


def test_keys_on_a_read_back() -> None:
    asked = listen(BORN, confirming=with_current(ACCOUNT, "12345679"))
    assert read_keys("1", asked, NOW).yes is True
    assert read_keys("2", asked, NOW).yes is False
    (fill,) = read_keys("12345678", asked, NOW).fills
    assert fill.value == "12345678" and fill.corrects and fill.source is Source.KEYS
    assert read_keys("0", asked, NOW).command == "operator"
