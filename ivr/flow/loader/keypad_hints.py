"""What is said about the keys where the operator wrote nothing: Press 1 for bill or 2 for fault."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from ivr.flow.flow import Option
from ivr.flow.types import Type


@dataclass(frozen=True, slots=True)
class Wording:
    """Hints in one language."""

    option: str
    press: str
    last: str
    keys: Mapping[str, str]
    types: Mapping[Type, str]
    dates: Mapping[str, str]
    time: str
    half: str
    phone: str
    items: str


ENGLISH: Final = Wording(
    "{key} for {say}",
    "Press {keys}.",
    " or ",
    {"*": "star", "#": "the hash key", "*0": "star zero"},
    {
        Type.DIGITS: "You can type the digits on your keypad.",
        Type.NUMBER: "You can type the number on your keypad.",
        Type.MONEY: "You can type the amount on your keypad, with the star key for the point.",
        Type.YES_NO: "Press {yes} for yes or {no} for no.",
    },
    {
        "mmddyyyy": "You can type eight digits: the month, the day and the year.",
        "ddmmyyyy": "You can type eight digits: the day, the month and the year.",
        "yyyymmdd": "You can type eight digits: the year, the month and the day.",
    },
    "You can type four digits: the hour and the minutes{half}.",
    ", then 1 for a.m. or 2 for p.m",
    "You can type the number on your keypad, and then {end}.",
    "{one} One at a time; press {end} when that is all.",
)
SPANISH: Final = Wording(
    "{key} para {say}",
    "Oprima {keys}.",
    " o ",
    {"*": "la tecla asterisco", "#": "la tecla numeral", "*0": "asterisco cero"},
    {
        Type.DIGITS: "Marque los dígitos en su teclado.",
        Type.NUMBER: "Marque el número en su teclado.",
        Type.MONEY: "Marque el importe en su teclado, con la tecla asterisco como punto.",
        Type.YES_NO: "Oprima {yes} para sí o {no} para no.",
    },
    {
        "mmddyyyy": "Marque ocho dígitos: el mes, el día y el año.",
        "ddmmyyyy": "Marque ocho dígitos: el día, el mes y el año.",
        "yyyymmdd": "Marque ocho dígitos: el año, el mes y el día.",
    },
    "Marque cuatro dígitos: la hora y los minutos{half}.",
    ", y después 1 para la mañana o 2 para la tarde",
    "Marque el número en su teclado y después {end}.",
    "{one} Uno por uno; oprima {end} al terminar.",
)
_BY_TONGUE: Final = {"en": ENGLISH, "es": SPANISH}


def wording(language: str) -> Wording:
    """English where this program has no hints of its own in that language."""
    return _BY_TONGUE.get(language.partition("-")[0], ENGLISH)


def hint_words(
    language: str, options: Sequence[Option], kind: Type, *, order: str = "mmddyyyy", yes: str = "1", no: str = "2"
) -> str:
    """Empty where no key answers."""
    said = wording(language)
    keyed = [
        said.option.format(key=said.keys.get(option.key, option.key), say=option.says.get(language, option.say))
        for option in options
        if option.key
    ]
    if keyed:
        listed = said.last.join([", ".join(keyed[:-1]), keyed[-1]]) if len(keyed) > 1 else keyed[0]
        return said.press.format(keys=listed)
    if kind is Type.DATE:
        return said.dates[order]
    return said.types[kind].format(yes=yes, no=no) if kind in said.types else ""


def type_words(language: str, words: str, kind: Type, *, end: str, near: bool, many: bool) -> str:
    """`words` are those of the type alone. `near`: the half of the day is known. `many`: a list, item by item."""
    said = wording(language)
    end = said.keys.get(end, end)
    if kind is Type.TIME:
        words = said.time.format(half="" if near else said.half)
    elif kind is Type.PHONE:
        words = said.phone.format(end=end)
    return said.items.format(one=words, end=end) if many and words else words
