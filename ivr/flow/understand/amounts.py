"""Numbers and prices as people say them."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from ivr.flow.numerals import ZEROS, Group, Token, groups_of
from ivr.flow.understand.wording import FILLERS, after_take_back

_WHOLE_UNITS: Final = frozenset(
    [
        "dollar",
        "dollars",
        "buck",
        "bucks",
        "euro",
        "euros",
        "pound",
        "pounds",
        "quid",
        "franc",
        "francs",
        "yen",
        "usd",
        "eur",
        "gbp",
        "cad",
        "aud",
        "nzd",
        "chf",
    ]
)
_PART_UNITS: Final = frozenset({"cent", "cents", "penny", "pennies", "pence", "p"})
_MINUS: Final = frozenset({"minus", "negative"})
_DOZENS: Final = {"dozen": 12, "couple": 2}


@dataclass(frozen=True, slots=True)
class Amount:
    """`readings`: what the words can mean, the likeliest first. `closed`: nothing more can follow ("and fifty
    cents"); `open`: something is bound to ("forty" may be forty two)."""

    readings: tuple[Decimal, ...]
    start: int
    stop: int
    closed: bool
    marked: bool
    """A currency word or sign stood with it."""


def read_amount(
    tokens: tuple[Token, ...],
    free: list[bool],
    *,
    money: bool,
    low: Decimal | None = None,
    high: Decimal | None = None,
) -> Amount | None:
    """The last amount said; of several meanings the one within the bounds."""
    groups = {g.start: g for g in groups_of(tokens)}
    for start, stop in after_take_back(tokens):
        found = [a for a in _amounts(tokens, groups, start, stop, money) if all(free[a.start : a.stop])]
        if found:
            chosen = next((a for a in found if a.marked), found[0])
            return Amount(
                readings=_within(chosen.readings, low, high),
                start=chosen.start,
                stop=chosen.stop,
                closed=chosen.closed,
                marked=chosen.marked,
            )
    return None


def _within(readings: tuple[Decimal, ...], low: Decimal | None, high: Decimal | None) -> tuple[Decimal, ...]:
    def fits(value: Decimal) -> bool:
        return (low is None or value >= low) and (high is None or value <= high)

    return tuple(sorted(readings, key=lambda v: not fits(v)))


def _amounts(tokens: tuple[Token, ...], groups: dict[int, Group], start: int, stop: int, money: bool) -> list[Amount]:
    found: list[Amount] = []
    at = start
    while at < stop:
        amount = _amount_at(tokens, groups, at, stop, money)
        if amount is None:
            at += 1
        else:
            found.append(amount)
            at = max(amount.stop, at + 1)
    return found


def _amount_at(tokens: tuple[Token, ...], groups: dict[int, Group], at: int, stop: int, money: bool) -> Amount | None:
    first = groups.get(at)
    if first is None:
        return _worded_at(tokens, at, stop, groups)
    if first.ordinal:
        return None
    run = _run_from(tokens, groups, at, stop)
    here = run[-1].stop
    negative = at > 0 and tokens[at - 1].text in _MINUS
    unit = tokens[here].text if here < stop else ""
    if unit in _PART_UNITS and len(run) == 1:
        return Amount((Decimal(run[0].value) / 100,), at, here + 1, True, True)
    whole_readings, here, pointed = _number(tokens, groups, run, stop, money)
    marked = tokens[at].money
    closed = pointed and money
    unit = tokens[here].text if here < stop else ""
    if unit in _WHOLE_UNITS:
        marked, here = True, here + 1
        whole_readings = _as_whole(run, whole_readings, pointed)
        part, after = _cents(tokens, groups, here, stop)
        if part is not None:
            here, closed = after, True
            whole_readings = tuple(w + part for w in whole_readings)
    half = [t.text for t in tokens[here : here + 3]] == ["and", "a", "half"]
    if half:
        here += 3
        whole_readings = tuple(w + Decimal("0.5") for w in whole_readings)
    if negative:
        whole_readings = tuple(-w for w in whole_readings)
    return Amount(whole_readings, at - 1 if negative else at, here, closed, marked)


def _worded_at(tokens: tuple[Token, ...], at: int, stop: int, groups: dict[int, Group]) -> Amount | None:
    """a dozen, a couple, half."""
    word = tokens[at].text
    if word in _DOZENS:
        return Amount((Decimal(_DOZENS[word]),), at, at + 1, False, False)
    if word in ("none", "nothing") and stop - at == 1:
        return Amount((Decimal(0),), at, at + 1, False, False)
    if word in ("point",) and at + 1 < stop and at + 1 in groups:
        run = _run_from(tokens, groups, at + 1, stop)
        if run:
            return Amount((Decimal("0." + "".join(g.digits for g in run)),), at, run[-1].stop, False, False)
    return None


def _run_from(tokens: tuple[Token, ...], groups: dict[int, Group], at: int, stop: int) -> list[Group]:
    """Numbers right after one another."""
    run: list[Group] = []
    while at in groups and at < stop and not groups[at].ordinal:
        written = run and (run[-1].literal or groups[at].literal)
        if run and tokens[at].pause and written and not (run[-1].unit and groups[at].unit):
            break
        if run and tokens[at].money:
            break
        run.append(groups[at])
        at = run[-1].stop
        while at < stop and tokens[at].text in FILLERS and at + 1 in groups:
            at += 1
    return run


def _number(
    tokens: tuple[Token, ...], groups: dict[int, Group], run: list[Group], stop: int, money: bool
) -> tuple[tuple[Decimal, ...], int, bool]:
    """What a run of numbers means, where it ends, and whether it had a point."""
    here = run[-1].stop
    if here < stop and tokens[here].text == "point" and here + 1 in groups:
        after = _run_from(tokens, groups, here + 1, stop)
        if after:
            fraction = "".join(g.digits for g in after)
            return (Decimal(f"{_joined(run)}.{fraction}"),), after[-1].stop, True
    if len(run) == 1:
        one = run[0]
        return (Decimal(one.digits),), here, False
    if len(run) == 2 and tokens[run[1].start].glue in (".", ":") and run[0].literal and run[1].literal:
        return (Decimal(f"{run[0].digits}.{run[1].digits}"),), here, True
    digits = _joined(run)
    if all(g.unit for g in run):
        spelled = Decimal(digits)
        if money and len(run) == 3:
            return (Decimal(digits[0] + "." + digits[1:]), spelled), here, False
        return (spelled,), here, False
    return _pair(run, digits, money), here, False


def _pair(run: list[Group], digits: str, money: bool) -> tuple[Decimal, ...]:
    """forty two fifty; nineteen eighty; five oh five; a hundred five twenty."""
    whole = Decimal(digits)
    cents = _cents_of(run)
    if cents is None:
        return (whole,)
    head, part = cents
    priced = head + part / 100
    return (priced, whole) if money else (whole, priced)


def _cents_of(run: list[Group]) -> tuple[Decimal, Decimal] | None:
    if len(run) == 2 and 10 <= run[1].value <= 99:
        return Decimal(run[0].value), Decimal(run[1].value)
    if len(run) == 3 and run[1].digits == "0" and run[2].unit:
        return Decimal(run[0].value), Decimal(run[2].value)
    if len(run) == 3 and run[0].value >= 10 and 10 <= run[2].value <= 99 and run[1].value <= 99:
        return Decimal(run[0].digits + run[1].digits), Decimal(run[2].value)
    return None


def _as_whole(run: list[Group], readings: tuple[Decimal, ...], pointed: bool) -> tuple[Decimal, ...]:
    """Before "dollars" two numbers are one: one fifty dollars is 150."""
    return readings if pointed or len(run) == 1 else (Decimal(_joined(run)),)


def _cents(tokens: tuple[Token, ...], groups: dict[int, Group], here: int, stop: int) -> tuple[Decimal | None, int]:
    """What follows "dollars": and fifty cents; fifty; oh five."""
    at = here + 1 if here < stop and tokens[here].text in ("and", "with") else here
    if at not in groups or at >= stop or groups[at].ordinal:
        return None, here
    run = _run_from(tokens, groups, at, stop)
    if not run or int(_joined(run)) > 99:
        return None, here
    after = run[-1].stop
    named = after < stop and tokens[after].text in _PART_UNITS
    if not named and (tokens[here].pause or after < stop):
        return None, here
    return Decimal(int(_joined(run))) / 100, after + 1 if named else after


def _joined(run: list[Group]) -> str:
    return "".join(g.digits for g in run)


def may_grow(tokens: tuple[Token, ...], amount: Amount, high: Decimal | None, *, money: bool = False) -> bool:
    """Whether more words could still make it another number: twenty (two), four (hundred), ten dollars (fifty)."""
    if amount.closed:
        return False
    if money and amount.stop == len(tokens):
        return True
    if high is None or amount.stop < len(tokens):
        return high is None
    last = tokens[amount.stop - 1].text
    grows = last.endswith("ty") or last in ("hundred", "thousand") or last in ZEROS or amount.readings[0] * 10 <= high
    return bool(grows)
