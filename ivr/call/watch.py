"""Why a caller hears nothing: the causes of silence told apart, and the bounds no call goes beyond.

Somebody looks at a call some times a second and hands in the facts; nothing here is asked for each frame. Silence is
ours when neither the caller is waited for nor speaks, and nothing of ours is to be heard. After QUIET_MS of it there is
a cause, and another each time as much has passed again; who asks then speaks, or takes the turn up anew.

The bounds hold whatever becomes of media, marks, tools and the flow: they need nothing but the time.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from ivr.turn.floor import Floor
from ivr.units import Millis

QUIET_MS: Final = 1_500
"""With a look every 250 ms the caller hears something before 2 s of silence are over."""
UNREAD_MS: Final = 1_500
"""The same from the caller's last word, of which the pause that ended the turn is a part, while the words are read."""
UNANSWERED_MS: Final = 1_650
"""And once they are read: what a flow says by itself into a wait comes before (steps.work.here.SILENT_MS)."""
AFTER_TURN_MS: Final = 500
"""So long after the end of a turn at least: what ends late is mostly answered at once."""
DEAD_MS: Final = 1_500
"""Sound comes every 20 ms, also of a silent caller; some lines leave out silence for three quarters of a second."""
DEAF_MS: Final = 2_000
THINKING_MS: Final = 9_500
"""A turn has 8 s; what is waited for longer does not come."""
STILL_MS: Final = 5_000
"""Silence inside the caller's turn, beyond the pause that the question allows: nobody speaks any more."""
LATE_TIMER_MS: Final = 2_000
GRACE_MS: Final = 20_000
"""How much longer than its flow allows a call may take, to say goodbye."""
NO_LIMIT_MS: Final = 14_400_000
"""The longest call where the flow sets no limit: the carrier's own, 4 hours."""
SILENT_MS: Final = 60_000
RUNGS_MS: Final = 30_000
"""What a ladder may take beyond the flow's own measure of silence."""


class Silence(StrEnum):
    """Why the caller heard nothing, or we heard nothing of the caller. A closed vocabulary."""

    SILENT_CALLER = "silent_caller"
    EMPTY_RECOGNITION = "empty_recognition"
    SLOW_RECOGNISER = "slow_recogniser"
    SLOW_TOOL = "slow_tool"
    SLOW_VOICE = "slow_voice"
    FAILED_VOICE = "failed_voice"
    LOST_MARKS = "lost_marks"
    STUCK_TURN = "stuck_turn"
    DEAF_EAR = "deaf_ear"
    DEAD_STREAM = "dead_stream"


class Bound(StrEnum):
    """Why a call is ended over the flow's head, in the words of its row."""

    TOO_LONG = "the call was too long"
    NOBODY = "nobody was heard any more"


@dataclass(frozen=True, slots=True)
class Limits:
    """Of the flow; None: it sets none."""

    call_ms: int | None
    silence_ms: int | None


@dataclass(frozen=True, slots=True)
class Facts:
    """A call at one moment."""

    came_ms: int
    """How much of the caller's sound has come."""
    scored_ms: int
    """How much of that the detector has scored."""
    floor: Floor
    pause_ms: int
    """How long the caller has been silent inside a turn."""
    allowed_pause_ms: int
    waits_until_ms: Millis | None
    """When the patience with a silent caller, or with the next key, is over; None: no answer is waited for."""
    answer_within_ms: int
    """Of the open question; 0: there is none."""
    caller_turns: int
    tool: bool
    """A tool's answer is waited for."""
    leaving: bool
    """Only the end of what is being said is waited for."""
    prompts: bool
    """Something is being said."""
    unsent: bool
    """Of which some sound has still to be made."""
    sounds_until_ms: float
    """When all that was sent will have been played, by time."""


class Watch:
    """One stream of a call, from its first look to its last. Times are call time."""

    def __init__(self, limits: Limits, now: Millis) -> None:
        self._limits = limits
        self._looked_ms = now
        self._came_ms, self._moved_ms = 0, now
        self._line_trouble: Silence | None = None
        self._quiet_from: float | None = None
        self._quiet_again = False
        self._callers = False
        """The caller spoke last."""
        self._words_over: int | None = None
        """When they had, where this silence is the first behind it."""
        self._thinking_from: Millis | None = None
        self._caller_turns = 0
        self._nobody_ms = 0

    def bound(self, now: Millis) -> Bound | None:
        """Whether the call is too long, whatever its state. Ask `look` where it has one."""
        most_ms = NO_LIMIT_MS if self._limits.call_ms is None else self._limits.call_ms
        return Bound.TOO_LONG if now >= most_ms + GRACE_MS else None

    def look(self, facts: Facts, now: Millis) -> Silence | Bound | None:
        found: Silence | Bound | None = self._nobody(facts, now)
        if found is None and not facts.leaving:
            found = self._line(facts, now) or self._turn(facts, now)
        self._looked_ms = now
        return found

    def _nobody(self, facts: Facts, now: Millis) -> Bound | None:
        """Neither party was heard for too long. Tools and models have deadlines of their own."""
        waited_for = _is_waited_for(facts, now)
        heard = facts.floor in _CALLERS or facts.caller_turns != self._caller_turns
        self._caller_turns = facts.caller_turns
        if heard:
            self._nobody_ms = 0
        elif self._limits.silence_ms is None and waited_for:
            self._nobody_ms = 0  # the flow is content to wait
        elif now >= facts.sounds_until_ms and not facts.tool and facts.floor is not Floor.THINKING:
            self._nobody_ms += now - self._looked_ms
        most_ms = max(self._limits.silence_ms or SILENT_MS, facts.answer_within_ms) + RUNGS_MS
        return Bound.NOBODY if self._nobody_ms >= most_ms else None

    def _line(self, facts: Facts, now: Millis) -> Silence | None:
        """Once for each time that nothing comes, or that nothing is made of what comes."""
        if facts.came_ms != self._came_ms:
            self._came_ms, self._moved_ms = facts.came_ms, now
        trouble = None
        if now - self._moved_ms >= DEAD_MS:
            trouble = Silence.DEAD_STREAM
        elif facts.came_ms - facts.scored_ms >= DEAF_MS:
            trouble = Silence.DEAF_EAR
        known, self._line_trouble = self._line_trouble, trouble
        return trouble if trouble is not known else None

    def _turn(self, facts: Facts, now: Millis) -> Silence | None:
        if facts.floor is not Floor.THINKING:
            self._thinking_from = None
        elif self._thinking_from is None:
            self._thinking_from = now
        elif now - self._thinking_from >= THINKING_MS:
            self._thinking_from = None
            return Silence.STUCK_TURN
        if facts.floor in _CALLERS:
            self._heard()
            self._callers = True
            return Silence.STUCK_TURN if facts.pause_ms >= facts.allowed_pause_ms + STILL_MS else None
        if now < facts.sounds_until_ms:
            self._heard()
            return None
        if _is_waited_for(facts, now):  # also where a model thinks, and they may speak meanwhile
            self._quiet_from, self._quiet_again = None, False
            return None
        if self._quiet_from is None:  # it began somewhere between the two looks
            self._quiet_from = min(now, max(self._looked_ms, facts.sounds_until_ms))
            self._words_over = now - facts.pause_ms if self._callers else None
        if now < self._due(facts):
            return None
        self._words_over = None
        again, self._quiet_from, self._quiet_again = self._quiet_again, now, True
        return _cause(facts, again)

    def _due(self, facts: Facts) -> float:
        """When it has been quiet for too long."""
        assert self._quiet_from is not None, "it is quiet"
        if self._words_over is None or not (facts.floor is Floor.THINKING or facts.unsent or facts.tool):
            return self._quiet_from + QUIET_MS  # a sentence too soon harms nobody; a turn given up too soon does
        if facts.floor is Floor.THINKING:  # whoever reads the words was asked before the turn was over
            return max(self._words_over + UNREAD_MS, self._quiet_from)
        return max(self._words_over + UNANSWERED_MS, self._quiet_from + AFTER_TURN_MS)

    def _heard(self) -> None:
        self._words_over = None
        self._quiet_from, self._quiet_again, self._callers = None, False, False


_CALLERS: Final = (Floor.MAYBE_CALLER, Floor.CALLER, Floor.MAYBE_ENDED)


def _is_waited_for(facts: Facts, now: Millis) -> bool:
    """The caller, whose time to answer runs. A timer that did not fire waits for nobody."""
    return facts.waits_until_ms is not None and now < facts.waits_until_ms + LATE_TIMER_MS


def _cause(facts: Facts, again: bool) -> Silence | None:
    if facts.floor is Floor.THINKING:
        return Silence.SLOW_RECOGNISER
    if facts.unsent:
        return Silence.SLOW_VOICE
    if facts.tool:
        return Silence.SLOW_TOOL
    if facts.prompts and not again:
        return None  # its marks are on their way, or end by time
    return Silence.STUCK_TURN
