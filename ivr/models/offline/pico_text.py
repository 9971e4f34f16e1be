"""A sentence as Pico can say it: no markup it would obey, no signs it would spell, dates as people say them."""

import re
import unicodedata

MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]

_WORDS = {
    "en": {"&": "and", "@": "at", "+": "plus", "=": "equals", "*": "star", "°": "degrees", "<": "less than"}
    | {">": "more than", "# ": "number", "#": "pound"},
    "es": {"&": "y", "@": "arroba", "+": "más", "=": "igual a", "*": "asterisco", "°": "grados", "<": "menor que"}
    | {">": "mayor que", "# ": "número", "#": "numeral"},
}
"""By tongue; `# ` is the sign before a number. In others the signs are left out."""
_SIGNS = {
    "—": ", ",
    "–": "-",
    "…": ".",
    "‘": "'",
    "’": "'",
    "“": '"',
    "”": '"',
}
_US_DATE = re.compile(r"\b(0?[1-9]|1[0-2])/(0?[1-9]|[12]\d|3[01])/(\d{4})\b")
_ISO_DATE = re.compile(r"\b(\d{4})-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])\b")
_COMPARED = re.compile(r"(?<=\d)\s*([<>])\s*(?=\d)")
_NUMBERED = re.compile(r"#\s*(?=\d)")
_LONG_DIGITS = re.compile(r"(?<![\d.,$€£])\d{7,}(?![\d.,]*\d)")
_SPOKEN = re.compile(r"[^\w\s.,;:!?'\"()$€£%/-]|_")


def prepared(sentence: str, language: str = "en-US") -> str:
    """The sentence in signs Pico reads as words; runs of seven digits and more are read digit by digit."""
    tongue = language[:2].lower()
    words = _WORDS.get(tongue, {})
    text = "".join(" " if unicodedata.category(letter) == "Cc" else letter for letter in sentence)
    if tongue == "en":
        text = _US_DATE.sub(lambda found: _date(found[3], found[1], found[2]), text)
        text = _ISO_DATE.sub(lambda found: _date(found[1], found[2], found[3]), text)
    text = _COMPARED.sub(lambda found: f" {words.get(found[1], ' ')} ", text)
    text = _NUMBERED.sub(f" {words.get('# ', '')} ", text)
    for sign in "#&@+=*°":
        text = text.replace(sign, f" {words.get(sign, '')} ")
    for sign, plain in _SIGNS.items():
        text = text.replace(sign, plain)
    text = _LONG_DIGITS.sub(lambda found: ", ".join(_threes(found[0])), text)
    text = _SPOKEN.sub(" ", _latin(text))
    return re.sub(r"\s+([.,;:!?])", r"\1", " ".join(text.split()))


def _date(year: str, month: str, day: str) -> str:
    return f"{MONTHS[int(month) - 1]} {int(day)}, {year}"


def _threes(digits: str) -> list[str]:
    """Groups of three or four, as numbers are given on the telephone, each digit apart."""
    groups = [digits[at : at + 3] for at in range(0, len(digits), 3)]
    if len(groups[-1]) == 1:
        groups[-2:] = [groups[-2] + groups[-1]]
    return [" ".join(group) for group in groups]


def _latin(text: str) -> str:
    """Letters Pico knows (Latin-1); of others the letter under the accent, or nothing."""
    kept = []
    for letter in unicodedata.normalize("NFC", text):
        if ord(letter) < 256 or letter == "€":
            kept.append(letter)
        else:
            kept.append(unicodedata.normalize("NFKD", letter).encode("latin-1", "ignore").decode("latin-1") or " ")
    return "".join(kept)
