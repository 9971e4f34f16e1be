"""How long a text takes to say, near enough for a limit or a virtual clock."""

import re
from typing import Final

from ivr.flow.spoken.forms import digit_words

_MS_PER_LETTER: Final = 65
_MS_PER_SENTENCE: Final = 450
_MS_PER_COMMA: Final = 150
_NUMERAL: Final = re.compile(r"\d+")


def estimate_ms(text: str) -> int:
    """Milliseconds at the pace of the embedded voice (about 15 letters a second, pauses at commas and stops)."""
    said = _NUMERAL.sub(lambda m: digit_words(m.group()), text)
    letters = sum(1 for c in said if c.isalnum() or c.isspace())
    stops = sum(said.count(c) for c in ".!?;:")
    return letters * _MS_PER_LETTER + stops * _MS_PER_SENTENCE + said.count(",") * _MS_PER_COMMA
