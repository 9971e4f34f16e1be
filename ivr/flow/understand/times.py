"""Times of day as people say and write them: half past seven, quarter to nine, seven thirty in the evening, 19:30."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import time
from typing import Final, Literal

from ivr.flow.numerals import TENS, ZEROS, Group, Token, groups_of
from ivr.flow.types import Near
from ivr.flow.understand.digit_strings import SOUND_ALIKES
from ivr.flow.understand.wording import FILLERS, after_take_back

Part = Literal["am", "pm", "morning", "afternoon", "evening", "night"]

_CENTRES: Final[dict[Near, int]] = {"morning": 9 * 60, "afternoon": 15 * 60, "evening": 19 * 60}
WORKING_DAY: Final = 13 * 60
"""Minutes: where nothing tells morning from evening, an hour lies between seven in the morning and seven in the
evening."""
UNSURE: Final = 0.8
"""How sure such an hour is."""


@dataclass(frozen=True, slots=True)
class Clock:
    """`named`: by words or signs that only times have. `sure` below 1: morning or evening was guessed. `growing`:
    minutes, or a part of the day, may follow."""

    value: time
    start: int
    stop: int
    named: bool
    sure: float
    growing: bool


@dataclass(frozen=True, slots=True)
class _Said:
    hour: int
    minute: int
    start: int
    stop: int
    named: bool
    minutes: bool = False
    """Minutes were said with it."""
    fixed: bool = False
    """By the 24 hour clock."""
    part: Part | None = None
    open: bool = False


_NOON: Final = frozenset({"noon", "midday", "noontime", "lunchtime"})
_QUARTERS: Final = frozenset({"quarter", "court", "corner", "quarters"})
"""With what a recogniser makes of it."""
_HALVES: Final = frozenset({"half", "have", "haf", "has", "hath"})
_PAST: Final = frozenset({"past", "passed", "pass", "after", "paste"})
_TO: Final = frozenset({"to", "two", "too", "till", "til", "until", "before", "of"})
_OCLOCK: Final = frozenset({"o'clock", "oclock"})
_LEADS: Final = frozenset({"at", "by", "around", "about", "for", "maybe", "say", "like", "exactly", "it's", "is"})
_COUNTED: Final = frozenset(
    """people persons person guests adults children kids days day weeks week hours hour minutes minute months years
    dollars percent tickets rooms nights of""".split()  # noqa: SIM905
)
"""What stands behind a number that is no hour."""
_PARTS: Final[tuple[tuple[tuple[str, ...], Part], ...]] = (
    (("in", "the", "morning"), "morning"),
    (("this", "morning"), "morning"),
    (("tomorrow", "morning"), "morning"),
    (("in", "the", "afternoon"), "afternoon"),
    (("this", "afternoon"), "afternoon"),
    (("tomorrow", "afternoon"), "afternoon"),
    (("in", "the", "evening"), "evening"),
    (("this", "evening"), "evening"),
    (("tomorrow", "evening"), "evening"),
    (("at", "night"), "night"),
    (("tonight",), "night"),
    (("a", "m"), "am"),
    (("p", "m"), "pm"),
    (("am",), "am"),
    (("pm",), "pm"),
    (("morning",), "morning"),
    (("afternoon",), "afternoon"),
    (("evening",), "evening"),
    (("night",), "night"),
    (("mornings",), "morning"),
    (("afternoons",), "afternoon"),
    (("evenings",), "evening"),
)


def read_time(tokens: tuple[Token, ...], free: list[bool], near: Near = None) -> Clock | None:
    """The last time said; None where there is none. A bare hour counts where nothing else is counted by it."""
    for start, stop in after_take_back(tokens):
        found = _read(tokens, free, start, stop, near)
        if found is not None:
            return found
    return None


def ends_in_the_middle(tokens: tuple[Token, ...]) -> bool:
    """half past; quarter to: an hour is due."""
    last = tokens[-1].text if tokens else ""
    return last in _HALVES | _QUARTERS | _PAST | {"to", "till", "until", "at"}


def _read(tokens: tuple[Token, ...], free: list[bool], start: int, stop: int, near: Near) -> Clock | None:
    groups = {g.start: g for g in groups_of(tokens)}
    bare: _Said | None = None
    best: _Said | None = None
    at = start
    while at < stop:
        said = _time_at(tokens, groups, at, stop) if free[at] else None
        if said is None or not all(free[said.start : said.stop]):
            at += 1
            continue
        led = said.start > start and tokens[said.start - 1].text in _LEADS
        if (said.named and (best is None or not best.named)) or (said.minutes and best is None):
            best = said
        elif not said.named and not said.minutes and (bare is None or (led and not _is_led(tokens, bare, start))):
            bare = said
        at = max(said.stop, at + 1)
    chosen = best or bare
    if chosen is None:
        return None
    if chosen.part is None and not chosen.fixed:
        part = _part_apart(tokens, free, start, stop, chosen)
        chosen = replace(chosen, part=part, named=chosen.named or part is not None)
    return _clock(tokens, chosen, near)


def _is_led(tokens: Sequence[Token], said: _Said, start: int) -> bool:
    return said.start > start and tokens[said.start - 1].text in _LEADS


def _part_apart(tokens: tuple[Token, ...], free: list[bool], start: int, stop: int, said: _Said) -> Part | None:
    """A part of the day that stands elsewhere: in the evening, at half past seven."""
    for at in range(start, stop):
        found = None if said.start <= at < said.stop or not free[at] else _part_at(tokens, at, stop)
        if found is not None:
            return found[0]
    return None


def _part_at(tokens: tuple[Token, ...], at: int, stop: int) -> tuple[Part, int] | None:
    words = tuple(t.text for t in tokens[at : min(stop, at + 3)])
    for phrase, part in _PARTS:
        if words[: len(phrase)] == phrase:
            return part, at + len(phrase)
    return None


def _time_at(tokens: tuple[Token, ...], groups: dict[int, Group], at: int, stop: int) -> _Said | None:
    word = tokens[at].text
    if word in _NOON:
        return _Said(12, 0, at, at + 1, named=True, fixed=True)
    if word == "midnight":
        return _Said(0, 0, at, at + 1, named=True, fixed=True)
    said = (
        _halved(tokens, groups, at, stop) or _counted_off(tokens, groups, at, stop) or _plain(tokens, groups, at, stop)
    )
    if said is None:
        return None
    here = said.stop
    if here < stop and tokens[here].text in _OCLOCK:
        here, said = here + 1, replace(said, named=True, stop=here + 1)
    elif here + 1 < stop and tokens[here].text == "o" and tokens[here + 1].text == "clock":
        here, said = here + 2, replace(said, named=True, stop=here + 2)
    if here < stop and tokens[here].text == "sharp":
        here, said = here + 1, replace(said, named=True, stop=here + 1)
    part = None if said.fixed else _part_at(tokens, here, stop)
    if part is not None:
        return replace(said, part=part[0], named=True, stop=part[1], open=False)
    return said


def _hour_at(tokens: tuple[Token, ...], groups: dict[int, Group], at: int, stop: int) -> tuple[int, int] | None:
    """An hour behind "half past" or "to", also one that was misheard, and where it ends."""
    if at >= stop:
        return None
    group = groups.get(at)
    if group is not None and not group.ordinal and 0 <= group.value <= 24:
        return group.value % 24, group.stop
    word = tokens[at].text
    if word in _NOON:
        return 12, at + 1
    if word == "midnight":
        return 0, at + 1
    return (int(SOUND_ALIKES[word]), at + 1) if word in SOUND_ALIKES else None


def _halved(tokens: tuple[Token, ...], groups: dict[int, Group], at: int, stop: int) -> _Said | None:
    """half past seven; half seven; quarter past; a quarter to nine."""
    begin = at
    if tokens[at].text in ("a", "the") and at + 1 < stop:
        at += 1
    word = tokens[at].text
    if word in _HALVES:
        minute = 30
    elif word in _QUARTERS:
        minute = 15
    else:
        return None
    here = at + 1
    if minute == 15 and here < stop and tokens[here].text == "tonight":
        return _moved(9, -15, begin, here + 1)  # "to nine", as it may be heard
    joined = here < stop and tokens[here].text in _PAST | _TO
    back = joined and tokens[here].text in _TO
    if not joined and word != "half":
        return None
    if back and minute == 30:
        return None
    hour = _hour_at(tokens, groups, here + joined, stop)
    if hour is None or (not joined and hour[1] - here > 1):
        return None
    return _moved(hour[0], -minute if back else minute, begin, hour[1])


def _moved(hour: int, minutes: int, start: int, stop: int) -> _Said:
    total = (hour * 60 + minutes) % 1440
    fixed = hour > 12 or hour == 0
    at = total // 60
    if not fixed and at == 0:
        at = 12
    return _Said(at, total % 60, start, stop, named=True, fixed=fixed)


def _counted_off(tokens: tuple[Token, ...], groups: dict[int, Group], at: int, stop: int) -> _Said | None:
    """ten past eight; twenty-five minutes to nine."""
    group = groups.get(at)
    if group is None or group.ordinal or not 1 <= group.value <= 59:
        return None
    here = group.stop
    if here < stop and tokens[here].text in ("minutes", "minute"):
        here += 1
    if here >= stop or tokens[here].text not in _PAST | (_TO - {"two"}):
        return None
    hour = _hour_at(tokens, groups, here + 1, stop)
    if hour is None or (tokens[here].text == "of" and here == group.stop and group.value % 5):
        return None
    back = tokens[here].text in _TO
    return _moved(hour[0], -group.value if back else group.value, at, hour[1])


def _plain(tokens: tuple[Token, ...], groups: dict[int, Group], at: int, stop: int) -> _Said | None:
    """seven; seven thirty; 7:30; seven oh five; 1930; nineteen hundred."""
    group = groups.get(at)
    if group is None or group.ordinal or group.stop > stop:
        return None
    if len(group.digits) in (3, 4):
        return _run_on(tokens, group, stop)
    if group.value > 24 or len(group.digits) > 2:
        return None
    hour, here = group.value, group.stop
    minute, after = _minute(tokens, groups, here, stop)
    coloned = minute is not None and tokens[here].glue in (":", ".")
    if minute is None and here < stop and tokens[here].text in _COUNTED:
        return None
    written = group.literal and group.digits[0] == "0" and len(group.digits) == 2
    if minute is not None:
        fixed = hour > 12 or hour == 0
        last = tokens[after - 1].text
        open_ = not coloned and last in TENS
        return _Said(hour % 24, minute, at, after, named=coloned, minutes=True, fixed=fixed, open=open_)
    if group.digits == "0" and not written:
        return None
    return _Said(hour % 24, 0, at, here, named=False, fixed=hour > 12, open=True)


def _run_on(tokens: tuple[Token, ...], group: Group, stop: int) -> _Said | None:
    """1930, 730, as they are written; nineteen hundred."""
    hour, minute = divmod(int(group.digits), 100)
    if hour > 24 or minute > 59 or (group.stop < stop and tokens[group.stop].text in _COUNTED - {"hours"}):
        return None
    stop_at = group.stop + (group.stop < stop and tokens[group.stop].text == "hours")
    zero = group.literal and group.digits[0] == "0" and len(group.digits) == 4
    named = stop_at > group.stop
    return _Said(
        hour % 24, minute, group.start, stop_at, named=named, minutes=True, fixed=hour > 12 or (hour == 0 and zero)
    )


def _minute(tokens: tuple[Token, ...], groups: dict[int, Group], at: int, stop: int) -> tuple[int | None, int]:
    """Minutes right behind an hour."""
    while at < stop and tokens[at].text in FILLERS | {"and"} and at + 1 in groups:
        at += 1
    group = groups.get(at)
    if group is None or at >= stop or group.ordinal:
        return None, at
    if (tokens[at].text in ZEROS or group.digits == "0") and group.stop in groups and groups[group.stop].unit:
        unit = groups[group.stop]
        return (unit.value, unit.stop) if tokens[unit.stop - 1].text not in ZEROS else (0, unit.stop)
    if group.literal and len(group.digits) == 2 and group.value <= 59:
        return _unless_counted(tokens, group, stop)
    if not group.literal and 10 <= group.value <= 59 and len(group.digits) == 2:
        return _unless_counted(tokens, group, stop)
    following = groups.get(group.stop)
    if group.unit and 1 <= group.value <= 5 and following is not None and following.unit and group.stop < stop:
        return group.value * 10 + following.value, following.stop
    return None, at


def _unless_counted(tokens: tuple[Token, ...], group: Group, stop: int) -> tuple[int | None, int]:
    if group.stop < stop and tokens[group.stop].text in _COUNTED:
        return None, group.start
    return group.value, group.stop


# ---- morning or evening


def _clock(tokens: tuple[Token, ...], said: _Said, near: Near) -> Clock:
    hour = said.hour
    if said.fixed:
        return Clock(time(hour, said.minute), said.start, said.stop, said.named, 1.0, False)
    growing = said.open and said.stop == len(tokens)
    if said.part is not None:
        return Clock(time(_in_part(hour, said.part), said.minute), said.start, said.stop, True, 1.0, False)
    centre = _CENTRES.get(near, WORKING_DAY)
    value = nearest_to(hour, said.minute, centre)
    sure = 1.0 if near in _CENTRES else UNSURE
    guessed = near not in _CENTRES and said.stop == len(tokens)
    return Clock(value, said.start, said.stop, said.named, sure, growing or guessed)


def nearest_to(hour: int, minute: int, centre: int) -> time:
    """Of an hour's two meanings the one nearer to `centre` (minutes of the day), the earlier of two as near."""
    choices = [(hour % 12) * 60 + minute, (hour % 12 + 12) * 60 + minute]

    def away(at: int) -> int:
        gap = abs(at - centre)
        return min(gap, 1440 - gap)

    best = min(choices, key=away)
    return time(best // 60, best % 60)


def time_of_keys(keys: str, near: Near) -> time | None:
    """0730, 1930, and 07301 or 07302 where it must be told: 1 is a.m., 2 is p.m. None where no clock shows it."""
    if len(keys) not in (4, 5) or not keys.isdigit():
        return None
    hour, minute = int(keys[:2]), int(keys[2:4])
    if hour > 24 or minute > 59 or (hour == 24 and minute):
        return None
    if len(keys) == 5:
        half = {"1": 0, "2": 12}.get(keys[4])
        return None if half is None or not 1 <= hour <= 12 else time(hour % 12 + half, minute)
    if hour > 12 or hour == 0:
        return time(hour % 24, minute)
    return nearest_to(hour, minute, _CENTRES.get(near, WORKING_DAY))


def _in_part(hour: int, part: Part) -> int:
    twelve = hour % 12
    match part:
        case "am" | "morning":
            return twelve
        case "pm" | "afternoon":
            return twelve + 12
        case "evening":
            return twelve + 12 if twelve else 0
        case "night":
            return twelve + 12 if twelve >= 6 else twelve
