"""How values are said in Spanish, in words that every country of America knows.

`day` comes with its article where it has one (mañana; el martes; el diez de marzo), a time always (las tres y media):
a sentence has neither of its own, as in "Le llamamos {day as day} a {at as time}."
"""

import re
from datetime import date, time
from decimal import Decimal
from functools import lru_cache
from typing import Final

from num2words import num2words

_MONTHS: Final = (
    *("enero", "febrero", "marzo", "abril", "mayo", "junio"),
    *("julio", "agosto", "septiembre", "octubre", "noviembre", "diciembre"),
)
_WEEKDAYS: Final = ("lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo")
_NEAR_DAYS: Final = {0: "hoy", 1: "mañana", -1: "ayer"}
_MONEY: Final = {
    "USD": ("dólar", "dólares", "centavo", "centavos"),
    "CAD": ("dólar", "dólares", "centavo", "centavos"),
    "EUR": ("euro", "euros", "céntimo", "céntimos"),
    "GBP": ("libra", "libras", "penique", "peniques"),
    "MXN": ("peso", "pesos", "centavo", "centavos"),
}
_FEMININE: Final = frozenset({"libra", "libras", "semana", "semanas", "hora", "horas"})
_UNITS: Final = {
    "week": ("semana", "semanas"),
    "day": ("día", "días"),
    "hour": ("hora", "horas"),
    "minute": ("minuto", "minutos"),
    "second": ("segundo", "segundos"),
}
SIGNS: Final = {".": "punto", "@": "arroba", "-": "guion", "_": "guion bajo", "+": "más"}


@lru_cache(maxsize=4096)
def words(number: int) -> str:
    return str(num2words(number, lang="es"))


def counted(number: int, one: str, many: str) -> str:
    """un dólar, veintiún dólares, una hora, un millón de dólares."""
    noun = one if number == 1 else many
    said = words(number)
    if noun in _FEMININE:
        said = said[:-3] + "una" if said.endswith("uno") else said.replace("cientos", "cientas")
    elif said.endswith("veintiuno"):
        said = said[:-3] + "ún"
    elif said.endswith("uno"):
        said = said[:-1]
    return f"{said} de {noun}" if number and number % 1_000_000 == 0 else f"{said} {noun}"


def say_money(value: Decimal, currency: str) -> str | None:
    """cuarenta y dos dólares con cincuenta centavos. None: this currency is not known here."""
    named = _MONEY.get(currency)
    if named is None:
        return None
    one, many, one_part, many_part = named
    whole, part = divmod(int((abs(value) * 100).to_integral_value()), 100)
    parts = [counted(whole, one, many)] if whole or not part else []
    if part:
        parts.append(counted(part, one_part, many_part))
    said = " con ".join(parts)
    return f"menos {said}" if value < 0 else said


def _of_month(day: date) -> str:
    return f"{'primero' if day.day == 1 else words(day.day)} de {_MONTHS[day.month - 1]}"


def say_date(value: date) -> str:
    """dos de mayo de mil novecientos ochenta."""
    return f"{_of_month(value)} de {words(value.year)}"


def say_day(value: date, today: date) -> str:
    """mañana; el martes; el diez de marzo; el dos de mayo de mil novecientos ochenta."""
    ahead = (value - today).days
    if ahead in _NEAR_DAYS:
        return _NEAR_DAYS[ahead]
    if 1 < ahead < 7:
        return f"el {_WEEKDAYS[value.weekday()]}"
    near = value.year == today.year or 0 < ahead < 270
    return f"el {_of_month(value) if near else say_date(value)}"


def say_time(value: time) -> str:
    """las tres y media de la tarde; la una; el mediodía; la medianoche."""
    hour, minute = value.hour, value.minute
    if minute == 0 and hour in (0, 12):
        return "el mediodía" if hour else "la medianoche"
    spoken = hour % 12 or 12
    said = "la una" if spoken == 1 else f"las {words(spoken)}"
    if minute:
        said += {15: " y cuarto", 30: " y media"}.get(minute, f" y {words(minute)}")
    return f"{said} {_part_of_day(hour)}"


def _part_of_day(hour: int) -> str:
    if hour < 12:
        return "de la mañana"
    return "de la tarde" if hour < 19 else "de la noche"


def say_moment(day: str, at: str) -> str:
    """mañana a las nueve de la mañana; el martes al mediodía."""
    return joined(f"{day} a {at}")


def joined(words: str) -> str:
    """al for a el, del for de el."""
    return re.sub(r"\b(a|de) el\b", lambda found: "al" if found[1] == "a" else "del", words)


def say_unit(count: int, name: str) -> str:
    return counted(count, *_UNITS[name])


def say_email(address: str) -> str:
    said = "".join(f" {SIGNS[sign]} " if sign in SIGNS else sign for sign in address)
    return " ".join(said.split())
