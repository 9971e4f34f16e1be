"""Who has answered a call of ours, by its first words: a machine and a menu say what no person says."""

import re
from collections.abc import Iterable, Mapping
from typing import Final, Literal

from rapidfuzz import fuzz

_WORD: Final = re.compile(r"[^\W_]+(?:'[^\W_]+)*")
_ALIKE: Final = 88.0
"""Of 100: a recogniser mishears a word of a recording now and then."""
_LEAST_LETTERS: Final = 12
"""A shorter phrase must be there as it is."""

MACHINE: Final[Mapping[str, tuple[str, ...]]] = {
    "en": (
        *("after the tone", "after the beep", "at the tone", "at the beep", "leave a message", "leave your message"),
        *("leave your name and number", "leave us a message", "leave me a message", "record your message"),
        *("take your call", "come to the phone", "is not available", "are not available", "not available right now"),
        *("you have reached", "you've reached", "voicemail", "voice mail", "voice mailbox", "answering machine"),
        *("get back to you", "return your call", "is unavailable", "the person you are calling"),
    ),
    "es": (
        *("después del tono", "después de la señal", "deje su mensaje", "deje un mensaje", "deja tu mensaje"),
        *("buzón de voz", "contestador automático", "no está disponible", "no podemos atender", "ha llamado a"),
    ),
}
MENU: Final[Mapping[str, tuple[str, ...]]] = {
    "en": (
        *("press one", "press 1", "press two", "press 2", "press zero", "press 0", "press star", "press pound"),
        *("following options", "menu options", "our menu", "listen carefully", "dial by name", "enter the extension"),
        *("if you know your party's extension", "to speak to an operator", "say or press", "for english"),
    ),
    "es": (
        *("pulse uno", "pulse 1", "marque uno", "marque 1", "oprima uno", "oprima 1", "siguientes opciones"),
        *("marque la extensión", "para español"),
    ),
}

Answerer = Literal["person", "machine", "menu", "fax"]


def answered_by(
    words: str, language: str, machine: Iterable[str] = (), menu: Iterable[str] = ()
) -> Literal["machine", "menu"] | None:
    """None: a person, as far as the words tell. `machine` and `menu`: phrases beside those that are known. All
    languages that are known are looked for: who answers need not speak ours."""
    said = _bare(words)
    if not said:
        return None
    if any(_says(said, phrase) for phrase in (*menu, *_of(MENU, language))):
        return "menu"
    if any(_says(said, phrase) for phrase in (*machine, *_of(MACHINE, language))):
        return "machine"
    return None


def _of(phrases: Mapping[str, tuple[str, ...]], language: str) -> tuple[str, ...]:
    ours = language.partition("-")[0]
    return (*phrases.get(ours, ()), *(one for name, those in phrases.items() if name != ours for one in those))


def _says(said: str, phrase: str) -> bool:
    wanted = _bare(phrase)
    if f" {wanted} " in f" {said} ":
        return True
    long_enough = len(wanted) >= _LEAST_LETTERS and len(said) >= len(wanted)
    return long_enough and fuzz.partial_ratio(wanted, said) >= _ALIKE


def _bare(text: str) -> str:
    return " ".join(_WORD.findall(text.casefold().replace("’", "'")))
