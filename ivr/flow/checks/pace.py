"""How long a sentence takes to say: measured with the embedded voice on seventeen prompts of telephone lines. The
lengths reckoned here are within a second of the voice for each of them."""

import re
from collections.abc import Mapping
from typing import Final

from ivr.flow.grammar.tree import Field, Template
from ivr.flow.types import Type

LETTER_MS: Final = 68
DIGIT_MS: Final = 330
COMMA_MS: Final = 400
SENTENCE_MS: Final = 700
"""With the pause behind it."""
_ENDS: Final = re.compile(r"[.?!](?=\s|$)")
_FIELD_MS: Final[Mapping[Type, int]] = {
    Type.DIGITS: 2600,
    Type.PHONE: 3500,
    Type.DATE: 2100,
    Type.MOMENT: 2500,
    Type.MONEY: 2300,
    Type.TIME: 1500,
    Type.DURATION: 1200,
    Type.NUMBER: 900,
    Type.NAME: 700,
    Type.EMAIL: 3000,
    Type.SPELLED: 2500,
    Type.LIST: 2000,
}
"""What a value of ordinary length takes: eight digits, forty two dollars and fifty cents."""
_OTHER_FIELD_MS: Final = 1000


def spoken_ms(template: Template) -> int:
    return sum(_text_ms(part) if isinstance(part, str) else _field_ms(part) for part in template.parts)


def _text_ms(text: str) -> int:
    digits = sum(char.isdigit() for char in text)
    letters = sum(char.isalpha() for char in text)
    commas = sum(text.count(mark) for mark in ",;:")
    sentences = len(_ENDS.findall(text))
    return LETTER_MS * letters + DIGIT_MS * digits + COMMA_MS * commas + SENTENCE_MS * sentences


def _field_ms(field: Field) -> int:
    return _FIELD_MS.get(field.type, _OTHER_FIELD_MS)
