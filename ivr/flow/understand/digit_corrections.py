"""Digits put right: "no, it ends in seven eight", "the fourth is a five", "not five, nine"; both ends of what was
spelled too."""

from collections.abc import Callable
from typing import Final

from ivr.flow.numerals import Token, groups_of
from ivr.flow.state import Expected
from ivr.flow.understand.digit_strings import read_digits
from ivr.flow.understand.spellings import read_letters
from ivr.flow.understand.wording import find_phrase

_TAIL_CUES: Final = (
    ("ends", "in"),
    ("ends", "with"),
    ("ends",),
    ("ending", "in"),
    ("ending", "with"),
    ("ending",),
    ("end", "in"),
    ("end", "with"),
    ("end", "is"),
    ("finishes", "with"),
    ("finishes", "in"),
    ("finishes",),
    ("and", "in"),
    ("n's", "in"),
)
_HEAD_CUES: Final = (
    ("starts", "with"),
    ("starts",),
    ("starting", "with"),
    ("start", "with"),
    ("begins", "with"),
    ("begins",),
    ("beginning", "with"),
)
_VERBS: Final = frozenset({"is", "are", "be", "was", "were", "one's", "it's"})
_NOUNS: Final = frozenset({"digit", "digits", "number", "numbers", "one", "ones"})


def correct_digits(slot: Expected, current: str, tokens: tuple[Token, ...]) -> str | None:
    """The whole new digits; None when the words do not say which."""
    return (
        _whole(slot, tokens)
        or _by_cue(current, tokens, _said)
        or _by_ends(current, tokens, _said)
        or _by_position(current, tokens)
        or _by_swap(current, tokens)
        or _anew(slot, current, tokens)
    )


def correct_spelled(current: str, tokens: tuple[Token, ...]) -> str | None:
    """The whole new spelling, where the words name one of its ends; None when they do not."""
    return _by_cue(current, tokens, _spelled) or _by_ends(current, tokens, _spelled)


def _spelled(tokens: tuple[Token, ...]) -> str:
    read = read_letters(tokens, [True] * len(tokens), asked=True, digits=True)
    return "" if read is None else read.text


def _whole(slot: Expected, tokens: tuple[Token, ...]) -> str | None:
    read = read_digits(tokens, slot.length, [True] * len(tokens))
    return read.digits if read is not None and read.fit == "whole" and slot.length is not None else None


def _said(tokens: tuple[Token, ...]) -> str:
    read = read_digits(tokens, None, [True] * len(tokens))
    return "" if read is None else read.digits


def _by_cue(current: str, tokens: tuple[Token, ...], said: Callable[[tuple[Token, ...]], str]) -> str | None:
    words = [t.text for t in tokens]
    for cues, at_head in ((_TAIL_CUES, False), (_HEAD_CUES, True)):
        for cue in cues:
            at = find_phrase(words, cue)
            digits = "" if at is None else said(tokens[at + len(cue) :])
            if 0 < len(digits) <= len(current):
                return digits + current[len(digits) :] if at_head else current[: len(current) - len(digits)] + digits
    return None


def _by_ends(current: str, tokens: tuple[Token, ...], said: Callable[[tuple[Token, ...]], str]) -> str | None:
    """the last two digits are seven eight; last four 5678; the first three are one two three."""
    words = [t.text for t in tokens]
    for word, at_head in (("last", False), ("first", True)):
        at = find_phrase(words, (word,))
        if at is None:
            continue
        groups = {g.start: g for g in groups_of(tokens)}
        count = groups.get(at + 1)
        here = at + 1 if count is None else count.stop
        if count is None and at_head:
            continue
        while here < len(tokens) and (words[here] in _NOUNS or words[here] in _VERBS or words[here] == "should"):
            here += 1
        digits = said(tokens[here:])
        wanted = 1 if count is None or (count.value == 1 and len(digits) == 1) else count.value
        if 0 < len(digits) == wanted <= len(current):
            return digits + current[len(digits) :] if at_head else current[: len(current) - len(digits)] + digits
    return None


def _by_position(current: str, tokens: tuple[Token, ...]) -> str | None:
    """the fourth is a five; second digit should be nine."""
    new = list(current)
    changed = False
    groups = {g.start: g for g in groups_of(tokens)}
    for at, group in groups.items():
        if not group.ordinal or not 1 <= group.value <= len(current):
            continue
        here = group.stop
        while here < len(tokens) and tokens[here].text in _NOUNS | _VERBS | {"should", "a", "an", "the"}:
            if here in groups and here + 1 not in groups and tokens[here].text == "one" and here + 1 == len(tokens):
                break
            here += 1
        said = groups.get(here)
        if said is not None and said.unit and at < here:
            new[group.value - 1] = said.digits
            changed = True
    return "".join(new) if changed else None


def _by_swap(current: str, tokens: tuple[Token, ...]) -> str | None:
    """not five, nine; nine, not five; nine instead of five."""
    words = [t.text for t in tokens]
    instead = find_phrase(words, ("instead", "of"))
    if instead is not None:
        return _swapped(current, _said(tokens[instead + 2 :]), _said(tokens[:instead]))
    at = find_phrase(words, ("not",))
    if at is None:
        return None
    before, after = _said(tokens[:at]), tokens[at + 1 :]
    if before:
        return _swapped(current, _said(after), before)
    groups = [g for g in groups_of(after) if not g.ordinal]
    cut = next((i for i in range(1, len(after)) if after[i].pause or after[i].text in ("but", "it's")), None)
    if cut is None:
        cut = groups[1].start if len(groups) == 2 else None
    return None if cut is None else _swapped(current, _said(after[:cut]), _said(after[cut:]))


def _swapped(current: str, old: str, new: str) -> str | None:
    """Only where `old` stands exactly once."""
    if not old or not new or current.count(old) != 1:
        return None
    return current.replace(old, new)


def _anew(slot: Expected, current: str, tokens: tuple[Token, ...]) -> str | None:
    """Digits without a cue: too many are a wrong number said whole, a few are laid where all but one already fit."""
    digits = _said(tokens)
    least = slot.length[0] if slot.length is not None else len(current)
    if len(digits) >= max(least - 2, 4):
        return digits
    if len(digits) < 2:
        return None
    wrong = sorted(
        (sum(a != b for a, b in zip(current[i:], digits, strict=False)), i)
        for i in range(len(current) - len(digits) + 1)
    )
    changed = [w for w in wrong if w[0] > 0]
    if not changed or changed[0][0] != 1 or (len(changed) > 1 and changed[1][0] == 1):
        return None
    at = changed[0][1]
    return current[:at] + digits + current[at + len(digits) :]
