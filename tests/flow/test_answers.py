"""JSON of a tool to typed values."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from ivr.flow.answers import typed
from ivr.flow.flow import Keep
from ivr.flow.types import Privacy, Type

NEW_YORK = ZoneInfo("America/New_York")


@pytest.mark.parametrize(
    ("type", "found", "value"),
    [
        ("money", 42.5, Decimal("42.5")),
        ("money", "42.50", Decimal("42.50")),
        ("money", 0, Decimal(0)),
        ("money", True, None),
        ("money", "forty", None),
        ("money", "NaN", None),
        ("number", 1e400, None),
        ("number", "1e999999", None),
        ("number", "1e-999999", None),
        ("money", 0.1 + 0.2, Decimal("0.30000000000000004")),
        ("number", [1], None),
        ("text", "N1", "N1"),
        ("text", "  ", None),
        ("text", 7, "7"),
        ("text", {"a": 1}, None),
        ("name", None, None),
        ("digits", 12345678, "12345678"),
        ("digits", "0123", "0123"),
        ("digits", "12a", None),
        ("digits", "١٢", None),
        ("phone", "+15550100", "+15550100"),
        ("phone", "5550100", None),
        ("yes_no", False, False),
        ("yes_no", "yes", True),
        ("yes_no", 1, None),
        ("date", "1980-05-02", date(1980, 5, 2)),
        ("date", "02/05/1980", None),
        ("date", date(1980, 5, 2), date(1980, 5, 2)),
        ("time", "17:30", time(17, 30)),
        ("time", "25:00", None),
        ("moment", "2026-03-02T10:00:00+00:00", datetime(2026, 3, 2, 10, tzinfo=UTC)),
        ("moment", "2026-03-02T10:00:00", datetime(2026, 3, 2, 10, tzinfo=NEW_YORK)),
        ("moment", "soon", None),
        ("duration", 90, timedelta(seconds=90)),
        ("duration", "15m", timedelta(minutes=15)),
        ("duration", "a while", None),
        ("duration", 1e300, None),
    ],
)
def test_a_value_of_another_type_is_none(type: str, found: object, value: object) -> None:
    keep = Keep("x", ("x",), Type(type), Privacy.OPEN, optional=False)
    assert typed(keep, found, NEW_YORK) == value
