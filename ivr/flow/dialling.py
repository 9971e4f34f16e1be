"""Whether a number may be dialled: it is one, it is in a country that the project allows, and nobody earns by it."""

from collections.abc import Collection
from typing import Final, Literal

import phonenumbers
from phonenumbers import PhoneNumberType

_PREMIUM: Final = frozenset(
    {PhoneNumberType.PREMIUM_RATE, PhoneNumberType.SHARED_COST, PhoneNumberType.PERSONAL_NUMBER}
)
_NOBODYS: Final = "001"
"""What the tables call a code of no country: satellites, international networks and premium services."""

Fault = Literal["no_number", "costly", "foreign"]


def why_not_dialled(number: str, countries: Collection[str]) -> tuple[Fault | None, str]:
    """What speaks against a number with + and its country; None: nothing. And its country; empty: not known."""
    try:
        parsed = phonenumbers.parse(number, None)
    except phonenumbers.NumberParseException:
        return "no_number", ""
    if not phonenumbers.is_possible_number(parsed):
        return "no_number", ""
    country = country_of(parsed)
    if phonenumbers.number_type(parsed) in _PREMIUM or country == _NOBODYS:
        return "costly", country
    return (None if country in countries else "foreign"), country


def country_of(number: phonenumbers.PhoneNumber) -> str:
    """Two letters; of a number that is given to nobody (555 01xx) the first country of its code."""
    exact = phonenumbers.region_code_for_number(number)
    return exact or phonenumbers.region_code_for_country_code(number.country_code or 0)
