"""Phone numbers as people say them, made E.164 by the country they are said in."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import phonenumbers

from ivr.flow.numerals import Token
from ivr.flow.understand.digit_strings import DigitString, read_digits

_EXTENSIONS: Final = frozenset({"extension", "ext", "extention"})
LONGEST: Final = 15
"""Digits of E.164."""
SHORTEST: Final = 3


@dataclass(frozen=True, slots=True)
class Phone:
    """`value`: E.164 if `whole`; else the digits there are, too few or too many. `full`: no number of its country is
    longer."""

    value: str
    start: int
    stop: int
    whole: bool
    short: bool
    full: bool


def read_phone(tokens: tuple[Token, ...], free: list[bool], region: str) -> Phone | None:
    """The number said; None where there are hardly any digits."""
    cut = next((i for i, t in enumerate(tokens) if t.text in _EXTENSIONS and i), len(tokens))
    head, free = tokens[:cut], free[:cut]
    plus = any(t.text == "plus" or t.plus for t in head)
    national = _lengths(region)
    for length in [(1, LONGEST + 3)] if plus else [national, (national[0], LONGEST + 3), (1, LONGEST + 3)]:
        read = read_digits(head, length, free)
        if read is not None and read.fit == "whole":
            value = e164(("+" if plus else "") + read.digits, region)
            if value is not None:
                return Phone(value, read.start, read.stop, True, False, is_full(value))
    return _part(read_digits(head, None, free), region, plus)


def _part(read: DigitString | None, region: str, plus: bool) -> Phone | None:
    if read is None or len(read.digits) < SHORTEST:
        return None
    short = len(read.digits) < (7 if plus else _lengths(region)[0])
    return Phone(read.digits, read.start, read.stop, False, short, False)


def e164(written: str, region: str) -> str | None:
    """`021 123 456` in NZ is +6421123456; None where no number of that country, or of the one it names, has so many
    digits."""
    try:
        parsed = phonenumbers.parse(written, region)
    except phonenumbers.NumberParseException:
        return None
    possible = phonenumbers.is_possible_number_with_reason(parsed) == phonenumbers.ValidationResult.IS_POSSIBLE
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164) if possible else None


@lru_cache(maxsize=64)
def _lengths(region: str) -> tuple[int, int]:
    """Fewest and most digits of a whole number as it is said at home, with the 0 or 1 before it."""
    metadata = phonenumbers.PhoneMetadata.metadata_for_region(region)
    if metadata is None or metadata.general_desc is None:
        return 7, LONGEST
    lengths = [n for n in metadata.general_desc.possible_length if n > 0] or [7]
    return min(lengths), max(lengths) + len(metadata.national_prefix or "")


def is_region(region: str) -> bool:
    return region in phonenumbers.SUPPORTED_REGIONS


def is_full(number: str) -> bool:
    """Whether the number is as long as any of its country."""
    parsed = phonenumbers.parse(number)
    region = phonenumbers.region_code_for_country_code(parsed.country_code or 0)
    most = _lengths(region)[1]
    metadata = phonenumbers.PhoneMetadata.metadata_for_region(region)
    prefix = len(metadata.national_prefix or "") if metadata is not None else 0
    return len(phonenumbers.national_significant_number(parsed)) >= most - prefix


def digits_at_home(number: str) -> str:
    """The digits a caller says for it at home: without + and country."""
    try:
        return phonenumbers.national_significant_number(phonenumbers.parse(number))
    except phonenumbers.NumberParseException:
        return number.lstrip("+")


def full_keys(region: str) -> str | None:
    """A pattern of keys that are a whole number; None where the length does not tell."""
    metadata = phonenumbers.PhoneMetadata.metadata_for_region(region)
    lengths = [n for n in metadata.general_desc.possible_length if n > 0] if metadata and metadata.general_desc else []
    if metadata is None or len(lengths) != 1 or metadata.international_prefix == "":
        return None
    prefix = metadata.national_prefix or ""
    if prefix == "1":  # no area code begins with it, and no other country is called with it
        return rf"[2-9]\d{{{lengths[0] - 1}}}|1\d{{{lengths[0]}}}"
    return None
