"""What is known of a language by its tag, such as en-US: who understands it, who speaks it, how dates are written."""

from functools import lru_cache
from typing import Final, Literal

from babel import Locale, UnknownLocaleError

HEARD: Final = frozenset({"en"})
"""Tongues that a recogniser of ours knows; in any other the caller answers by keys."""
VOICED: Final = frozenset({"en", "de", "es", "fr", "it"})
"""Tongues that the embedded voice speaks; in any other only recordings are heard."""


def tongue(language: str) -> str:
    """es of es-US."""
    return language.partition("-")[0].lower()


def is_heard(language: str) -> bool:
    return tongue(language) in HEARD


def is_voiced(language: str) -> bool:
    return tongue(language) in VOICED


@lru_cache(maxsize=64)
def names_of(language: str) -> frozenset[str]:
    """What it is called by those who speak it and in English, in small letters."""
    try:
        locale = Locale.parse(language, sep="-")
    except (UnknownLocaleError, ValueError):
        return frozenset()
    names = (locale.get_language_name(locale.language), locale.get_language_name("en"))
    return frozenset(name.lower() for name in names if name)


@lru_cache(maxsize=64)
def key_order(language: str) -> Literal["mmddyyyy", "ddmmyyyy", "yyyymmdd"]:
    """In which order day, month and year are typed where the flow says nothing: as dates are written in that country.
    On a line of the United States it is one order for all of its languages."""
    try:
        locale = Locale.parse(language, sep="-")
    except (UnknownLocaleError, ValueError):
        return "mmddyyyy"
    if (locale.territory or "US") == "US":
        return "mmddyyyy"
    pattern = str(locale.date_formats["short"].pattern).lower()
    order = "".join(sorted("dmy", key=pattern.find))
    return "mmddyyyy" if order == "mdy" else "yyyymmdd" if order == "ymd" else "ddmmyyyy"
