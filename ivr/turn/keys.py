"""Keys as they are typed: when an entry is complete, and what was typed ahead.

Three timers are kept apart: first word or key (patience.py), between keys, and the whole entry.
"""

import re
from collections import deque
from dataclasses import dataclass
from typing import Literal, Protocol

from ivr.units import Millis

EndedBy = Literal["single", "length", "end", "pause", "total"]
MOST_AHEAD = 64
HABIT_MS = 2_000
"""Many callers press the end key behind every entry, also where it was complete without; it answers nothing then."""


class KeyRules(Protocol):
    """What a question takes by keys: the part of the flow's KeySpec that concerns typing."""

    @property
    def single(self) -> frozenset[str]: ...
    @property
    def longest(self) -> int: ...
    @property
    def end(self) -> str: ...
    @property
    def pause_ms(self) -> int: ...
    @property
    def total_ms(self) -> int: ...
    @property
    def ahead(self) -> bool: ...
    @property
    def decimal(self) -> bool: ...
    @property
    def most(self) -> int | None:
        """An entry that no further digit would keep at or below this is complete."""
        ...

    @property
    def places(self) -> int | None:
        """So many digits behind the point complete an entry."""
        ...

    @property
    def full(self) -> str | None:
        """A pattern; keys that match it whole are a complete entry."""
        ...


@dataclass(frozen=True, slots=True)
class Entered:
    keys: str
    ended_by: EndedBy


class KeyEntry:
    """One question's keys. `press` and `due` answer with the finished entry, or None while more may come."""

    def __init__(self) -> None:
        self._rules: KeyRules | None = None
        self._keys = ""
        self._began: Millis | None = None
        self._deadline: Millis | None = None
        self._ahead: deque[str] = deque(maxlen=MOST_AHEAD)
        self._habit: tuple[str, Millis] | None = None
        """The end key of an entry that was complete without it, and until when it belongs to that entry."""

    @property
    def typing(self) -> bool:
        return bool(self._keys)

    @property
    def deadline(self) -> Millis | None:
        """When the entry under way ends by itself."""
        return self._deadline

    def expect(self, rules: KeyRules) -> None:
        """A question is open. Keys typed ahead wait for `take_ahead`; where they must not count they are gone."""
        self._rules = rules
        self._restart()
        if not rules.ahead:
            self._ahead.clear()

    def close(self) -> None:
        """No question is open: keys from now on are typed ahead."""
        self._rules = None
        self._restart()

    def take_ahead(self, now: Millis) -> Entered | None:
        """Feeds what was typed ahead to the open question."""
        while self._ahead and self._rules is not None:
            entered = self.press(self._ahead.popleft(), now)
            if entered is not None:
                return entered
        return None

    def keep_ahead(self, key: str) -> None:
        self._ahead.append(key)

    def is_habit(self, key: str, now: Millis) -> bool:
        """Whether this is the end key of the entry before, which was complete without it: it answers nothing, stops no
        prompt, and counts once."""
        habit, self._habit = self._habit, None
        return habit is not None and key == habit[0] and now <= habit[1]

    def press(self, key: str, now: Millis) -> Entered | None:
        rules = self._rules
        if self.is_habit(key, now):
            return None
        if rules is None:
            self._ahead.append(key)
            return None
        if self._began is None:
            self._began = now
        if rules.longest == 0 or (not self._keys and key in rules.single and rules.longest <= 1):
            return self._done(self._keys + key, "single")
        if key == rules.end:
            return self._done(self._keys, "end")
        self._keys += key
        if len(self._keys) >= rules.longest or _is_complete(self._keys, rules):
            self._habit = (rules.end, Millis(now + HABIT_MS))
            return self._done(self._keys, "length")
        self._deadline = Millis(min(now + rules.pause_ms, self._began + rules.total_ms))
        return None

    def due(self, now: Millis) -> Entered | None:
        """The entry that a timer ended, if one did."""
        if self._deadline is None or now < self._deadline or self._rules is None:
            return None
        total = self._began is not None and now >= self._began + self._rules.total_ms
        return self._done(self._keys, "total" if total else "pause")

    def _done(self, keys: str, ended_by: EndedBy) -> Entered:
        self._restart()
        self._rules = None
        return Entered(keys, ended_by)

    def _restart(self) -> None:
        self._keys, self._began, self._deadline = "", None, None


def _is_complete(keys: str, rules: KeyRules) -> bool:
    if rules.full is not None and re.fullmatch(rules.full, keys):
        return True
    whole, point, places = keys.partition("*")
    if point and rules.decimal:
        return rules.places is not None and len(places) >= rules.places
    return rules.most is not None and whole.isdigit() and int(whole) * 10 > rules.most
