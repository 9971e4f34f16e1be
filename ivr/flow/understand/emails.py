"""Mail addresses as people say and spell them: ana dot lopez at example dot com."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from ivr.flow.numerals import REPEATS, Token, groups_of
from ivr.flow.understand.spellings import LONGEST_NUMBER, letter_at
from ivr.flow.understand.wording import FILLERS, after_take_back

_SIGNS: Final = {
    "dot": ".",
    "point": ".",
    "period": ".",
    "dash": "-",
    "hyphen": "-",
    "minus": "-",
    "underscore": "_",
    "plus": "+",
}
_PREFACE: Final = frozenset(
    "my the email mail address is it's it that's that would be yes sure okay well its please".split()  # noqa: SIM905
)
_SILENT: Final = (
    ("all", "one", "word"),
    ("all", "lower", "case"),
    ("all", "lowercase"),
    ("all", "small", "letters"),
    ("in", "one", "word"),
    ("one", "word"),
    ("lowercase",),
    ("lower", "case"),
    ("no", "space"),
    ("no", "spaces"),
)
_HOSTS: Final = frozenset(
    """gmail googlemail yahoo hotmail outlook icloud aol proton protonmail live msn me mac comcast verizon gmx web
    fastmail zoho yandex""".split()  # noqa: SIM905
)
"""Known without an "at" before them, or with one that was misheard."""
_LIKE_AT: Final = frozenset({"that", "add", "hat", "and", "act", "ad", "app"})
_ENDS: Final = frozenset({"com", "org", "net", "edu", "gov", "io", "info", "biz", "uk", "nz", "au", "ca", "de", "fr"})
_LIKE_ENDS: Final = {"calm": "com", "come": "com", "comb": "com", "kom": "com", "org": "org", "nets": "net"}
_SHAPE: Final = re.compile(r"[\w.+-]{1,64}@(?:[a-z0-9-]{1,63}\.)+[a-z]{2,24}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Email:
    """`closed`: it ends as addresses end, and nothing follows. `sure` is less where many words were taken for one."""

    value: str
    start: int
    stop: int
    closed: bool
    sure: float = 1.0


def read_email(tokens: tuple[Token, ...], free: Sequence[bool]) -> Email | None:
    """The last address said; None where it lacks its "at" or what follows the dot."""
    for start, stop in after_take_back(tokens):
        found = _read(tokens, free, start, stop)
        if found is not None:
            return found
    return None


def begins(tokens: tuple[Token, ...]) -> bool:
    """An address is under way: its end is due."""
    words = {t.text for t in tokens}
    return bool(words & {"at", "dot"}) or any(t.glue in ("@", "_") for t in tokens)


def _read(tokens: tuple[Token, ...], free: Sequence[bool], start: int, stop: int) -> Email | None:
    at = _at_sign(tokens, start, stop)
    if at is None or not all(free[start : at[0]]):
        return None
    before, after = at
    first = _first(tokens, start, before)
    local = "".join(text for text, _ in _pieces(tokens, first, before))
    domain = _pieces(tokens, after, stop, domain=True)
    for size in range(len(domain), 0, -1):  # what follows the address is not part of it
        value = f"{local}@{''.join(text for text, _ in domain[:size])}".lower()
        ends = value.rpartition(".")[2] in _ENDS
        closing = domain[size - 1][0].startswith(".") or (size > 1 and domain[size - 2][0] == ".")
        if _SHAPE.fullmatch(value) and closing and (ends or size == len(domain)):
            end = domain[size - 1][1]
            return Email(value, first, end, ends and end == len(tokens), _sure(tokens[first:before]))
    return None


MOST_WORDS: Final = 2
"""More words in a row, with no sign and no letter between them, are seldom one name."""
UNSURE: Final = 0.7


def _sure(local: Sequence[Token]) -> float:
    row = longest = 0
    for token in local:
        plain = len(token.text) > 1 and token.text.isalpha() and token.text not in _SIGNS and not token.glue
        row = row + 1 if plain else 0
        longest = max(longest, row)
    return 1.0 if longest <= MOST_WORDS else UNSURE


def _at_sign(tokens: tuple[Token, ...], start: int, stop: int) -> tuple[int, int] | None:
    """Where the part before the sign ends, and where the part after it begins."""
    for i in range(stop - 1, start, -1):
        if tokens[i].glue == "@":
            return i, i
        if tokens[i].text == "at" and _has_dot(tokens[i + 1 : stop]):
            return i, i + 1
    for i in range(start + 1, stop):
        split = tokens[i].text in ("g", "hot") and i + 1 < stop and tokens[i + 1].text in ("mail", "male")
        host = tokens[i].text in _HOSTS or split
        if host and _has_dot(tokens[i + 1 : stop]):
            return (i - 1, i) if tokens[i - 1].text in _LIKE_AT and i - 1 > start else (i, i)
    return None


def _has_dot(tokens: Sequence[Token]) -> bool:
    return any(t.text in _SIGNS or t.text == "dotcom" or t.glue == "." for t in tokens)


def _first(tokens: tuple[Token, ...], start: int, stop: int) -> int:
    """Where the address begins, behind "my email is"."""
    here = start
    while here < stop - 1:
        e_mail = [t.text for t in tokens[here : here + 2]] == ["e", "mail"]
        if tokens[here].text not in _PREFACE | FILLERS and not e_mail:
            break
        if e_mail:
            here += 2
            continue
        if tokens[here + 1].text in _SIGNS or tokens[here + 1].glue:
            break
        here += 1
    apart = [i for i in range(here + 1, stop - 1) if tokens[i].text == "and"]
    return apart[-1] + 1 if apart else here


def _pieces(tokens: tuple[Token, ...], at: int, stop: int, *, domain: bool = False) -> list[tuple[str, int]]:
    """What each word is in an address, and where it ends."""
    pieces: list[tuple[str, int]] = []
    while at < stop:
        silent = _silent(tokens, at, stop)
        if silent:
            at += silent
            continue
        piece, at = _piece(tokens, at, stop, domain=domain)
        if piece:
            pieces.append((piece, at))
    return pieces


def _silent(tokens: tuple[Token, ...], at: int, stop: int) -> int:
    words = tuple(t.text for t in tokens[at : min(stop, at + 3)])
    for phrase in _SILENT:
        if words[: len(phrase)] == phrase:
            return len(phrase)
    return 1 if words[0] in FILLERS else 0


def _piece(tokens: tuple[Token, ...], at: int, stop: int, *, domain: bool) -> tuple[str, int]:
    token = tokens[at]
    glue = token.glue if token.glue in ("_", "-", "+", ".") else ""
    if glue == "-" and len(token.text) == len(tokens[at - 1].text) == 1:
        glue = ""  # a dash between letters is how spelling is written
    word = token.text
    if word in _SIGNS and at + 1 < stop:
        return _SIGNS[word], at + 1
    if word == "under" and at + 1 < stop and tokens[at + 1].text == "score":
        return "_", at + 2
    if domain and word == "dotcom":
        return ".com", at + 1
    if domain and word in _LIKE_ENDS and at and tokens[at - 1].text in ("dot", "point"):
        return _LIKE_ENDS[word], at + 1
    if domain and word == "male" and at and tokens[at - 1].text in ("g", "hot"):
        return "mail", at + 1
    if word in REPEATS or len(word) == 1:
        letter = letter_at(tokens, at, stop)
        if letter is not None:
            return glue + letter[0].lower(), letter[1]
    group = next((g for g in groups_of(tokens[at : min(stop, at + LONGEST_NUMBER)]) if g.start == 0), None)
    if group is not None and not group.ordinal and word != "a":
        return glue + group.digits, at + group.stop
    return glue + "".join(c for c in word if c.isalnum() and c.isascii()), at + 1
