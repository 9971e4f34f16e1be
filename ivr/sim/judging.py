"""Whether the words a script wants were in what was heard, as loosely as a telephone's recogniser asks for.

Numbers are made equal by spelling them digit by digit ("$42.50", "forty two fifty" and "forty two dollars and fifty
cents" are 4 2 5 0). A word counts when it is like the wanted one by 80 of 100; of four wanted words one may be missing,
but digits only one in six, so that a wrong amount is not taken for the right one. A digit that stands alone ("Press 1
for") is also met by a word that sounds like it, where the word beside it is the wanted one too.
"""

import re
from collections.abc import Sequence
from typing import Final

from rapidfuzz.fuzz import ratio

from ivr.flow.numerals import ORDINALS, TEENS, TENS, UNITS

LIKE: Final = 80.0
MAY_MISS: Final = 0.25
DIGITS_FOR_ONE_MISSED: Final = 6

_ROUND_ORDINALS: Final = ("twentieth", "thirtieth")
_TENS: Final = {**TENS, **{word: ORDINALS[word] for word in _ROUND_ORDINALS}}
_ONES: Final = {**UNITS, **TEENS, "oh": 0, **{word: n for word, n in ORDINALS.items() if word not in _ROUND_ORDINALS}}
_SOUNDS_LIKE: Final = {
    "1": frozenset({"won", "when", "wan"}),
    "2": frozenset({"to", "too"}),
    "3": frozenset({"tree", "free"}),
    "4": frozenset({"for", "fore"}),
    "5": frozenset({"fife"}),
    "6": frozenset({"sicks", "sick"}),
    "8": frozenset({"ate", "hate"}),
    "9": frozenset({"nein"}),
}
_SILENT: Final = frozenset({"dollar", "dollars", "cent", "cents", "and", "a", "the", "uh", "um"})


def says(heard: str, wanted: str) -> bool:
    """All the wanted words in this order, others between; see above for what may be missing."""
    want = words(wanted)
    found = _with_digits(words(heard), want)
    digits = [word for word in want if word.isdigit()]
    may_miss_digits = len(digits) // DIGITS_FOR_ONE_MISSED
    if _longest_common([word for word in found if word.isdigit()], digits) < len(digits) - may_miss_digits:
        return False
    may_miss = int((len(want) - len(digits)) * MAY_MISS) + may_miss_digits
    return _longest_common(found, want) >= len(want) - may_miss


def says_among(hearings: Sequence[str], wanted: str) -> bool:
    """As `says`, of one sound that was listened to several times: a word counts that any of them has in its place. All
    digits are to be in one of them."""
    if any(says(heard, wanted) for heard in hearings):
        return True
    want = words(wanted)
    if any(word.isdigit() for word in want):
        return False
    found = [_places(words(heard), want) for heard in hearings]
    return len(set().union(*found)) >= len(want) - int(len(want) * MAY_MISS) and max(map(len, found)) * 2 >= len(want)


def says_exactly(heard: str, unwanted: str) -> bool:
    """All the words, none missing and none between: what `never_says` looks for."""
    found, want = words(heard), words(unwanted)
    return bool(want) and any(
        all(_alike(a, b) for a, b in zip(found[at : at + len(want)], want, strict=True))
        for at in range(len(found) - len(want) + 1)
    )


def words(text: str) -> list[str]:
    """Lower case, without signs and words of no weight, numbers digit by digit."""
    text = re.sub(r"(?<=\d),(?=\d{3})", "", text.lower().replace("’", "'"))
    text = re.sub(r"\.00\b", "", text)
    tokens = [
        token.strip("'") for token in re.findall(r"[a-z']+|\d+(?=st\b|nd\b|rd\b|th\b)|\d+", text.replace("-", " "))
    ]
    tokens = [token for token in tokens if token and token not in {"st", "nd", "rd", "th"}]
    return _without_silent(_spelled(tokens))


def _without_silent(tokens: list[str]) -> list[str]:
    kept = [token for token in tokens if token not in _SILENT]
    return kept or tokens


def _spelled(tokens: list[str]) -> list[str]:
    spelled: list[str] = []
    value: int | None = None
    for at, word in enumerate(tokens):
        if value and word in ("hundred", "thousand"):
            value *= 100 if word == "hundred" else 1000
        elif value and value % 100 == 0 and word == "and" and _is_number(tokens[at + 1 : at + 2]):
            continue
        elif (number := _TENS.get(word, _ONES.get(word))) is not None:
            if value is not None and not _joins(value, number):
                spelled.extend(str(value))
                value = None
            value = (value or 0) + number
        else:
            spelled.extend(str(value) if value is not None else "")
            spelled.extend(word if word.isdigit() else [word])
            value = None
    return spelled + list(str(value) if value is not None else "")


def _joins(value: int, number: int) -> bool:
    """Whether a number word goes on with the number before it: forty + two, one hundred + five."""
    rest = value % 100
    return (rest == 0 and value > 0 and number > 0) or (rest >= 20 and rest % 10 == 0 and 0 < number < 10)


def _is_number(tokens: Sequence[str]) -> bool:
    return any(token in _ONES or token in _TENS for token in tokens)


def _with_digits(found: list[str], want: Sequence[str]) -> list[str]:
    """The words that sound like a digit that stands alone, as that digit; beside them is what is beside it."""
    found = list(found)
    for at, digit in enumerate(want):
        before, after = want[at - 1 : at] if at else [], want[at + 1 : at + 2]
        if digit not in _SOUNDS_LIKE or any(word.isdigit() for word in (*before, *after)):
            continue
        for no, word in enumerate(found):
            beside, neighbour = (found[max(0, no - 1) : no], before) if before else (found[no + 1 : no + 2], after)
            if word in _SOUNDS_LIKE[digit] and beside and neighbour and _alike(beside[0], neighbour[0]):
                found[no] = digit
    return found


def _alike(a: str, b: str) -> bool:
    if a.isdigit() or b.isdigit():
        return a == b
    return ratio(a, b) >= LIKE


def _places(found: Sequence[str], wanted: Sequence[str]) -> frozenset[int]:
    """Which of the wanted words were found, in their order."""
    best: list[frozenset[int]] = [frozenset()] * (len(wanted) + 1)
    for word in found:
        previous = list(best)
        for at, want in enumerate(wanted):
            here = previous[at] | {at} if _alike(word, want) else previous[at]
            best[at + 1] = max(previous[at + 1], best[at], here, key=len)
    return best[-1]


def _longest_common(found: Sequence[str], wanted: Sequence[str]) -> int:
    best = [0] * (len(wanted) + 1)
    for word in found:
        previous = list(best)
        for at, want in enumerate(wanted):
            best[at + 1] = max(previous[at + 1], best[at], previous[at] + _alike(word, want))
    return best[-1]
