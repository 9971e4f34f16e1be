"""Lengths of time as people say them: two days, half an hour, an hour and a half, a couple of weeks."""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Final

from ivr.flow.numerals import Group, Token, groups_of
from ivr.flow.understand.digit_strings import SOUND_ALIKES
from ivr.flow.understand.wording import FILLERS, after_take_back

_SECONDS: Final = {"second": 1, "minute": 60, "hour": 3600, "day": 86_400, "week": 604_800}
_MONTH: Final = 30 * 86_400
_YEAR: Final = 365 * 86_400
UNITS: Final[dict[str, int]] = {
    **_SECONDS,
    **{f"{name}s": size for name, size in _SECONDS.items()},
    **dict.fromkeys(("sec", "secs"), 1),
    **dict.fromkeys(("min", "mins"), 60),
    **dict.fromkeys(("hr", "hrs", "our", "ours", "hour's"), 3600),
    **dict.fromkeys(("day's", "daze"), 86_400),
    **dict.fromkeys(("week's", "weak", "weeks'"), 604_800),
    **dict.fromkeys(("fortnight", "fortnights"), 1_209_600),
    **dict.fromkeys(("month", "months"), _MONTH),
    **dict.fromkeys(("year", "years"), _YEAR),
}
"""Seconds. A month is thirty days and a year 365, as long as nobody says which."""
_FEW: Final = {"couple": 2, "few": 3, "several": 3, "dozen": 12}
VAGUE: Final = 0.8
"""How sure "a few days" is, or a number that was heard as another word."""
MOST: Final = timedelta(days=36_500)


@dataclass(frozen=True, slots=True)
class Span:
    """`growing`: a smaller part may follow: two hours (and thirty minutes)."""

    value: timedelta
    start: int
    stop: int
    sure: float
    growing: bool


@dataclass(frozen=True, slots=True)
class _Part:
    seconds: Decimal
    unit: int
    stop: int
    sure: float = 1.0


def read_duration(tokens: tuple[Token, ...], free: list[bool]) -> Span | None:
    """The last length said; None where there is none, such as in "since yesterday"."""
    groups = {g.start: g for g in groups_of(tokens)}
    for start, stop in after_take_back(tokens):
        for at in range(start, stop):
            found = _span_at(tokens, groups, at, stop) if free[at] else None
            if found is not None and all(free[found.start : found.stop]):
                return found
    return None


def lacks_unit(tokens: tuple[Token, ...]) -> bool:
    """A number is the last thing said: its unit is due."""
    groups = groups_of(tokens)
    said = {"half", "quarter", "couple", "few", "half-a"}
    return bool(tokens) and (bool(groups and groups[-1].stop == len(tokens)) or tokens[-1].text in said)


def _span_at(tokens: tuple[Token, ...], groups: dict[int, Group], at: int, stop: int) -> Span | None:
    first = _part_at(tokens, groups, at, stop)
    if first is None:
        return None
    total, here, unit, sure = first.seconds, first.stop, first.unit, first.sure
    while here < stop:
        joined = here
        while joined < stop and tokens[joined].text in {"and", "plus"} | FILLERS:
            joined += 1
        half = _and_a_part(tokens, joined, stop, unit)
        following = _part_at(tokens, groups, joined, stop)
        if following is not None and following.unit < unit:
            total, here, unit = total + following.seconds, following.stop, following.unit
            sure = min(sure, following.sure)
        elif half is not None and joined > here:
            total, here = total + half[0], half[1]
            break
        elif unit == 3600 and joined in groups and groups[joined].stop == stop and 1 <= groups[joined].value <= 59:
            total, here = total + 60 * groups[joined].value, groups[joined].stop  # two hours thirty
            break
        else:
            break
    try:
        value = timedelta(seconds=float(total))
    except OverflowError:
        return None
    if not timedelta(0) <= value <= MOST:
        return None
    return Span(value, at, here, sure, growing=here == len(tokens) and unit in (60, 3600) and here == first.stop)


def _part_at(tokens: tuple[Token, ...], groups: dict[int, Group], at: int, stop: int) -> _Part | None:
    """A number and its unit."""
    if at >= stop:
        return None
    return _halved(tokens, at, stop) or _article(tokens, at, stop) or _counted(tokens, groups, at, stop)


def _unit(tokens: tuple[Token, ...], at: int, stop: int) -> int | None:
    return UNITS.get(tokens[at].text) if at < stop else None


_FRACTIONS: Final = {"half": Decimal("0.5"), "have": Decimal("0.5"), "quarter": Decimal("0.25")}


def _halved(tokens: tuple[Token, ...], at: int, stop: int) -> _Part | None:
    """half an hour; a quarter of an hour; three quarters of an hour; half day."""
    times = Decimal(1)
    if tokens[at].text in ("a", "one") and at + 1 < stop:
        at += 1
    elif tokens[at].text in ("three", "3") and at + 1 < stop and tokens[at + 1].text == "quarters":
        times, at = Decimal(3), at + 1
    word = tokens[at].text
    fraction = _FRACTIONS.get(word.removesuffix("s") if times > 1 else word)
    if fraction is None:
        return None
    here = at + 1
    linked = here
    while here < stop and tokens[here].text in ("of", "a", "an", "the"):
        here += 1
    unit = _unit(tokens, here, stop)
    if unit is None or (word == "have" and linked == here):
        return None
    return _Part(fraction * times * unit, unit, here + 1)


def _article(tokens: tuple[Token, ...], at: int, stop: int) -> _Part | None:
    """an hour; a couple of weeks; a few days; the week; a day or two."""
    word = tokens[at].text
    if word in ("a", "an") and _unit(tokens, at + 1, stop) is not None:
        unit = UNITS[tokens[at + 1].text]
        either = [t.text for t in tokens[at + 2 : min(stop, at + 4)]]
        if either == ["or", "two"]:
            return _Part(Decimal(2 * unit), unit, at + 4, VAGUE)
        return _Part(Decimal(unit), unit, at + 2)
    here = at + 1 if word in ("a", "the", "last", "past") and at + 1 < stop else at
    few = _FEW.get(tokens[here].text)
    if few is None or (tokens[here].text == "dozen" and here == at):
        return None
    here += 1
    if here < stop and tokens[here].text in ("of", "more"):
        here += 1
    size = _unit(tokens, here, stop)
    sure = 1.0 if few in (2, 12) else VAGUE
    return None if size is None else _Part(Decimal(few * size), size, here + 1, sure)


def _counted(tokens: tuple[Token, ...], groups: dict[int, Group], at: int, stop: int) -> _Part | None:
    """two days; 1.5 hours; two and a half weeks; to days, as it may be heard."""
    group = groups.get(at)
    sure = 1.0
    if group is None or group.ordinal:
        if tokens[at].text not in SOUND_ALIKES or _unit(tokens, at + 1, stop) is None or tokens[at].text == "on":
            return None
        if not tokens[at + 1].text.endswith("s"):
            return None
        number, here, sure = Decimal(SOUND_ALIKES[tokens[at].text]), at + 1, VAGUE
    else:
        number, here = Decimal(group.value), group.stop
        following = groups.get(here + 1 if here < stop and tokens[here].text == "point" else here)
        pointed = following is not None and following.start > 0
        if following is not None and (tokens[following.start].glue == "." or following.start == here + 1) and pointed:
            number, here = Decimal(f"{group.value}.{following.digits}"), following.stop
    if [t.text for t in tokens[here : here + 3]] == ["and", "a", "half"]:
        number, here = number + Decimal("0.5"), here + 3
    if here < stop and tokens[here].text in ("more", "full", "whole"):
        here += 1
    unit = _unit(tokens, here, stop)
    if unit is None:
        return None
    return _Part(number * unit, unit, here + 1, sure)


def _and_a_part(tokens: tuple[Token, ...], at: int, stop: int, unit: int) -> tuple[Decimal, int] | None:
    """(an hour) and a half; (an hour) and a quarter."""
    words = [t.text for t in tokens[at : min(stop, at + 2)]]
    if words == ["a", "half"]:
        return Decimal(unit) / 2, at + 2
    if words == ["a", "quarter"] and unit == 3600:
        return Decimal(unit) / 4, at + 2
    return None
