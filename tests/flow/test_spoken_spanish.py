"""Values as they are said to callers in Spanish."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import pytest

from ivr.flow.hours import OpeningHours, Span
from ivr.flow.spoken import say_value
from ivr.flow.spoken.week import say_week
from ivr.flow.types import Type, Value

NOW = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "type", "form", "said"),
    [
        (Decimal("42.50"), Type.MONEY, None, "cuarenta y dos dólares con cincuenta centavos"),
        (Decimal(1), Type.MONEY, None, "un dólar"),
        (Decimal("21.01"), Type.MONEY, None, "veintiún dólares con un centavo"),
        (Decimal("31"), Type.MONEY, None, "treinta y un dólares"),
        (Decimal("0.05"), Type.MONEY, None, "cinco centavos"),
        (Decimal("-3"), Type.MONEY, None, "menos tres dólares"),
        (Decimal(2_000_000), Type.MONEY, None, "dos millones de dólares"),
        (Decimal("-2.5"), Type.NUMBER, None, "menos dos punto cinco"),
        (date(1980, 5, 2), Type.DATE, None, "dos de mayo de mil novecientos ochenta"),
        (date(2026, 3, 1), Type.DATE, "date", "primero de marzo de dos mil veintiséis"),
        (date(2026, 3, 3), Type.DATE, "day", "mañana"),
        (date(2026, 3, 6), Type.DATE, "day", "el viernes"),
        (date(2026, 3, 10), Type.DATE, "day", "el diez de marzo"),
        (date(2025, 12, 24), Type.DATE, "day", "el veinticuatro de diciembre de dos mil veinticinco"),
        (date(2026, 3, 3), Type.DATE, "weekday", "martes"),
        (time(15, 30), Type.TIME, None, "las tres y media de la tarde"),
        (time(13, 0), Type.TIME, None, "la una de la tarde"),
        (time(7, 45), Type.TIME, None, "las siete y cuarenta y cinco de la mañana"),
        (time(20, 15), Type.TIME, None, "las ocho y cuarto de la noche"),
        (time(12, 0), Type.TIME, None, "el mediodía"),
        (datetime(2026, 3, 3, 9, 0, tzinfo=UTC), Type.MOMENT, None, "mañana a las nueve de la mañana"),
        (datetime(2026, 3, 6, 12, 0, tzinfo=UTC), Type.MOMENT, None, "el viernes al mediodía"),
        ("ana.lopez@example.com", Type.EMAIL, None, "ana punto lopez arroba example punto com"),
        ("1234567", Type.DIGITS, None, "uno dos tres, cuatro cinco seis siete"),
        (timedelta(days=2, hours=1), Type.DURATION, None, "dos días y una hora"),
        (timedelta(hours=21, minutes=1), Type.DURATION, None, "veintiuna horas y un minuto"),
        (True, Type.YES_NO, None, "sí"),
    ],
)
def test_a_value_in_words(value: Value, type: Type, form: str | None, said: str) -> None:
    assert say_value(value, type, form, now=NOW, language="es-US") == said


def test_hours_of_a_week() -> None:
    week = tuple(
        (Span(8 * 60, 18 * 60),) if day < 5 else (Span(9 * 60, 12 * 60),) if day == 5 else () for day in range(7)
    )
    hours = OpeningHours("office", "America/New_York", week)
    said = say_week(hours, "es-US")
    assert "lunes a viernes, de las ocho de la mañana a las seis de la tarde" in said
    assert "sábado, de las nueve de la mañana al mediodía" in said
