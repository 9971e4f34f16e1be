"""Where a sentence that was cut can be taken up again: at the beginning of the clause in which it was."""

import re

_BREAK = re.compile(r"""[.!?…,;:—–]+["'”’)\]]*\s+""")
_SHORT_FORM = re.compile(r"(?:^|[\s(])(?:mr|mrs|ms|dr|prof|st|jr|sr|no|nr|vs|dept|ext|tel|approx|[a-z])\.\s+$", re.I)


def reached(text: str, heard: str) -> int:
    """Where in `text` its beginning `heard` ends; blanks may have become others on the way."""
    left = sum(not letter.isspace() for letter in heard)
    at = 0
    while at < len(text) and left:
        left -= not text[at].isspace()
        at += 1
    while at < len(text) and text[at].isspace():
        at += 1
    return at


def clause_at(text: str, at: int) -> int:
    """Where the clause begins that holds the letter at `at`, or 0."""
    begin = 0
    for mark in _BREAK.finditer(text):
        if mark.end() > at:
            break
        if not _SHORT_FORM.search(text[: mark.end()]):
            begin = mark.end()
    return begin
