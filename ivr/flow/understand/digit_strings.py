"""Digits as people say them: one by one, in pairs, doubled, in hundreds, taken back and said again."""

from dataclasses import dataclass, replace
from itertools import product
from typing import Final, Literal

from ivr.flow.numerals import Group, Token, groups_of
from ivr.flow.understand.wording import FILLERS, PREFACE, is_noise, take_backs

SOUND_ALIKES: Final = {
    "won": "1",
    "want": "1",
    "win": "1",
    "wan": "1",
    "on": "1",
    "won't": "1",
    "to": "2",
    "too": "2",
    "tu": "2",
    "you": "2",
    "hoo": "2",
    "who's": "2",
    "whose": "2",
    "tree": "3",
    "free": "3",
    "for": "4",
    "fore": "4",
    "or": "4",
    "far": "4",
    "fife": "5",
    "hive": "5",
    "heaven": "7",
    "sex": "6",
    "sicks": "6",
    "sick": "6",
    "six's": "6",
    "ate": "8",
    "aid": "8",
    "hate": "8",
    "mine": "9",
    "nein": "9",
    "niner": "9",
    "nigh": "9",
    "owe": "0",
    "ow": "0",
    "zeros": "0",
}
"""Heard where a digit was said. Only ever read so beside real digits, and only when digits are asked for."""


def repaired(tokens: tuple[Token, ...]) -> tuple[Token, ...]:
    """The tokens with what was heard between two numbers read as the digit it sounds like: five to nineteen eighty."""
    groups = {g.start: g for g in groups_of(tokens)}
    found = list(tokens)
    for at, token in enumerate(tokens):
        if token.text in SOUND_ALIKES and _digit_after(tokens, at, groups) and _digit_before(tokens, at, groups):
            found[at] = replace(token, text=SOUND_ALIKES[token.text])
    return tuple(found)


_JOINERS: Final = frozenset({"and", "then", "dash", "hyphen", "space", "dot", "point", "comma", "again"}) | FILLERS
_MOST_READINGS: Final = 64


@dataclass(frozen=True, slots=True)
class DigitString:
    digits: str
    start: int
    stop: int
    fit: Literal["whole", "short", "long"]
    stray: int
    """Words beside the digits that say something else."""


def read_digits(tokens: tuple[Token, ...], length: tuple[int, int] | None, free: list[bool]) -> DigitString | None:
    """The digit string of the wanted length in the tokens still free; else the nearest there is."""
    least, most = length or (1, 10**6)
    runs = [r for r in _runs(tokens, free) if r]
    if not runs:
        return None
    best: DigitString | None = None
    for run in [_all_of(runs, tokens), *runs]:
        found = _best_of(run, tokens, least, most)
        if found is not None and (best is None or _better(found, best)):
            best = found
        if best is not None and best.fit == "whole":
            break
    return best


def _better(one: DigitString, other: DigitString) -> bool:
    order = {"whole": 2, "short": 1, "long": 0}
    return (order[one.fit], len(one.digits)) > (order[other.fit], len(other.digits))


@dataclass(frozen=True, slots=True)
class _Piece:
    start: int
    stop: int
    readings: tuple[str, ...]
    pause: bool
    restart: bool = False
    """What stands before it was taken back."""


def _runs(tokens: tuple[Token, ...], free: list[bool]) -> list[list[_Piece]]:
    """Digit pieces that belong together: only joiners and take-backs between them."""
    groups = {g.start: g for g in groups_of(tokens) if not g.ordinal}
    taken = dict(take_backs(tokens))
    runs: list[list[_Piece]] = [[]]
    restart = False
    at = 0
    while at < len(tokens):
        group = groups.get(at)
        if group is not None and all(free[group.start : group.stop]):
            runs[-1].append(_Piece(group.start, group.stop, _readings(group), tokens[at].pause, restart))
            restart = False
            at = group.stop
        elif at in taken:
            restart = bool(runs[-1])
            at = taken[at]
        elif tokens[at].text in SOUND_ALIKES and free[at] and _beside_digit(tokens, at, groups):
            runs[-1].append(_Piece(at, at + 1, _alike(tokens, at, groups), tokens[at].pause, restart))
            restart = False
            at += 1
        elif (tokens[at].text in _JOINERS and free[at]) or (restart and tokens[at].text in PREFACE):
            at += 1
        else:
            if runs[-1]:
                runs.append([])
            restart = False
            at += 1
    return [r for r in runs if any(len(p.readings[0]) > 0 for p in r)]


def _readings(group: Group) -> tuple[str, ...]:
    return (group.digits, *group.others)


def _beside_digit(tokens: tuple[Token, ...], at: int, groups: dict[int, Group]) -> bool:
    return _digit_after(tokens, at, groups) or _digit_before(tokens, at, groups)


def _digit_after(tokens: tuple[Token, ...], at: int, groups: dict[int, Group]) -> bool:
    while at + 1 < len(tokens):
        at += 1
        if at in groups:
            return True
        if tokens[at].text not in SOUND_ALIKES and tokens[at].text not in FILLERS:
            return False
    return False


def _digit_before(tokens: tuple[Token, ...], at: int, groups: dict[int, Group]) -> bool:
    ends = {g.stop for g in groups.values()}
    while at > 0:
        if at in ends:
            return True
        at -= 1
        if tokens[at].text not in SOUND_ALIKES and tokens[at].text not in FILLERS:
            return False
    return False


def _alike(tokens: tuple[Token, ...], at: int, groups: dict[int, Group]) -> tuple[str, ...]:
    """Between digits it is one; at an edge it may also be the word it looks like."""
    digit = SOUND_ALIKES[tokens[at].text]
    inside = _digit_after(tokens, at, groups) and _digit_before(tokens, at, groups)
    return (digit, "") if inside else ("", digit)


def _all_of(runs: list[list[_Piece]], tokens: tuple[Token, ...]) -> list[_Piece]:
    """All runs as one, where nothing but fillers and prefaces stands between them."""
    whole = list(runs[0])
    for run in runs[1:]:
        between = tokens[whole[-1].stop : run[0].start]
        if all(is_noise(t.text) or t.text in PREFACE or t.text in SOUND_ALIKES for t in between):
            whole += run
        else:
            return max(runs, key=len)
    return whole


def _best_of(run: list[_Piece], tokens: tuple[Token, ...], least: int, most: int) -> DigitString | None:
    stray = _stray(run, tokens)
    stretches: list[list[_Piece]] = [[]]
    for piece in run:
        if piece.restart and stretches[-1]:
            stretches.append([])
        stretches[-1].append(piece)
    readings = _said(stretches[0], least, most)
    for stretch in stretches[1:]:
        later = _said(stretch, least, most)
        readings = [_corrected(a, b, least, most) for a, b in product(readings[:8], later[:8])]
    start, stop = run[0].start, run[-1].stop
    for digits in readings:
        if least <= len(digits) <= most:
            return DigitString(digits, start, stop, "whole", stray)
    part = _part_of(run, least, most)
    if part is not None:
        return DigitString(part[0], part[1], part[2], "whole", stray)
    digits = readings[0]
    if not digits:
        return None
    return DigitString(digits, start, stop, "short" if len(digits) < least else "long", stray)


def _said(pieces: list[_Piece], least: int, most: int) -> list[str]:
    """What the pieces can mean, the plainest first, those of a fitting length before all others."""
    choices = [p.readings for p in pieces]
    plain = "".join(c[0] for c in choices)
    if least <= len(plain) <= most:
        return [plain]
    found = [plain]
    for count, reading in enumerate(product(*choices)):
        if count >= _MOST_READINGS:
            break
        found.append("".join(reading))
    return sorted(dict.fromkeys(found), key=lambda d: not least <= len(d) <= most)


def _corrected(before: str, after: str, least: int, most: int) -> str:
    """`after` was said to put `before` right: the whole again, or its end."""
    if least <= len(after) <= most or not before:
        return after
    keep = most - len(after)
    if 0 <= keep < len(before):
        return before[:keep] + after
    if len(after) >= len(before) or before[:1] == after[:1]:
        return after
    return before[: len(before) - len(after)] + after


def _part_of(run: list[_Piece], least: int, most: int) -> tuple[str, int, int] | None:
    """A stretch that fits alone: two numbers said one after the other."""
    cuts = [i for i in range(len(run)) if i == 0 or _apart(run[i - 1], run[i])] + [len(run)]
    if len(cuts) <= 2:
        return None
    for i, a in enumerate(cuts[:-1]):
        for b in reversed(cuts[i + 1 :]):
            digits = "".join(p.readings[0] for p in run[a:b])
            if least <= len(digits) <= most and b - a < len(run) and least > 1:
                return digits, run[a].start, run[b - 1].stop
    return None


def _apart(one: _Piece, other: _Piece) -> bool:
    written = min(len(one.readings[0]), len(other.readings[0])) >= 3
    return one.stop < other.start or (written and other.pause)


def _stray(run: list[_Piece], tokens: tuple[Token, ...]) -> int:
    inside = {i for piece in run for i in range(piece.start, piece.stop)}
    return sum(
        1
        for i, t in enumerate(tokens)
        if i not in inside and t.text not in PREFACE and not is_noise(t.text) and t.text not in _JOINERS
    )
