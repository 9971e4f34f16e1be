"""A text cut into the sentences a voice speaks one after another. A Synthesizer that speaks sentence by sentence cuts
with this, so that whoever reckons what was heard can cut the same way."""

import re

LONGEST = 240
"""Characters; a longer sentence is cut at a comma or a space, so that its first sound does not wait."""

_END = re.compile(r"""[.!?…]+["'”’)\]]*(?=\s)|\n+""")
_SHORT_FORMS = re.compile(
    r"(?:^|[\s(])(?:mr|mrs|ms|dr|prof|st|jr|sr|vs|inc|ltd|co|corp|dept|ext|tel|approx|e\.g|i\.e|u\.s|[a-z])\.$",
    re.I,
)
_NUMBER = re.compile(r"\b(?:no|nr)\.$", re.I)
_NOON = re.compile(r"\b[ap]\.m\.$", re.I)


def sentences(text: str) -> list[str]:
    """Their words in order, blanks around them stripped; every one has at least a letter or a digit."""
    cut: list[str] = []
    for part in _ended(text):
        for piece in _short(part):
            if any(letter.isalnum() for letter in piece):
                cut.append(piece)
    return cut


def _ended(text: str) -> list[str]:
    parts, begin = [], 0
    for end in _END.finditer(text):
        part = text[begin : end.end()]
        following = text[end.end() :].lstrip()[:1]
        if _SHORT_FORMS.search(part) or (_NOON.search(part) and following.islower()):
            continue
        if following.isdigit() and _NUMBER.search(part):  # "No. 5", but not "2 for no. Anything else?"
            continue
        parts.append(part.strip())
        begin = end.end()
    return [*parts, text[begin:].strip()]


def _short(part: str) -> list[str]:
    pieces = []
    while len(part) > LONGEST:
        head = part[:LONGEST]
        at = max(head.rfind(", "), head.rfind("; "), head.rfind(": ")) + 1 or head.rfind(" ") or LONGEST
        at = at if at > 0 else LONGEST
        pieces.append(part[:at].strip())
        part = part[at:].strip()
    return [*pieces, part]
