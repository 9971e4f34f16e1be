"""Prompts that speech stopped. Until it is known whether it meant anything they are neither over nor being said:
either they were cut for good, or they go on from the clause in which they were.

A prompt that goes on keeps its id: to the flow it is one prompt, done once. Each part is a turn of the record.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from ivr.call.clauses import clause_at, reached
from ivr.call.events import PlayoutEnded
from ivr.call.record import shown_from
from ivr.flow.state import SayEffect
from ivr.units import Millis


@dataclass(frozen=True, slots=True)
class Stopped:
    """One of them (or a part of one), and what was heard of it."""

    say: SayEffect
    ended: PlayoutEnded
    at_ms: Millis


@dataclass(frozen=True, slots=True)
class _Earlier:
    """What was heard of a prompt in the parts before the one being said, which begins at `at` of its text."""

    say: SayEffect
    at: int
    heard: str
    heard_ms: Millis


class StoppedPrompts:
    def __init__(self) -> None:
        self._awaited: set[str] = set()
        """Stopped, but how far they were heard is not known yet."""
        self._stopped: list[Stopped] = []
        self._earlier: dict[str, _Earlier] = {}

    def __bool__(self) -> bool:
        return bool(self._awaited or self._stopped)

    @property
    def all_known(self) -> bool:
        return not self._awaited

    def stop(self, says: Iterable[SayEffect]) -> None:
        self._awaited.update(say.id for say in says if not say.filler)

    def take_in(self, say: SayEffect, ended: PlayoutEnded, now: Millis) -> bool:
        """Whether it is one of them. What was heard to its end is over and not one."""
        if say.id not in self._awaited:
            return False
        self._awaited.discard(say.id)
        if ended.cut:
            self._stopped.append(Stopped(say, ended, now))
        return ended.cut

    def take(self) -> list[Stopped]:
        """They are settled one way or the other."""
        stopped, self._stopped = self._stopped, []
        self._awaited.clear()
        return stopped

    def rest(self, stopped: Stopped) -> SayEffect | None:
        """What there is left to say of it; None: nothing."""
        say, heard = stopped.say, stopped.ended.heard
        reached_at = reached(say.text, heard) if heard else 0
        if reached_at >= len(say.text):
            return None
        at = clause_at(say.text, reached_at)
        before = self._earlier.get(say.id)
        whole, begin = (say, 0) if before is None else (before.say, before.at)
        past = self.whole(stopped.ended)
        self._earlier[say.id] = _Earlier(whole, begin + at, past.heard, past.heard_ms)
        if at == 0:
            return say
        rest = replace(say, text=say.text[at:], shown=shown_from(say, at), fixed=False)
        if say.sound is None and say.voiced is None:
            return rest
        # where in a recording the clause begins is known no better than by how far its letters came
        return replace(rest, from_ms=say.from_ms + stopped.ended.heard_ms * at // reached_at)

    def whole(self, ended: PlayoutEnded) -> PlayoutEnded:
        """How the prompt ended, its earlier parts taken together with the last."""
        before = self._earlier.get(ended.say)
        if before is None:
            return ended
        if not ended.cut:
            heard = before.say.text
        else:
            heard = f"{before.say.text[: before.at].rstrip()} {ended.heard}".strip() if ended.heard else ""
        longest = max(before.heard, heard, key=len)
        return replace(ended, heard=longest, heard_ms=Millis(before.heard_ms + ended.heard_ms))

    def over(self, say_id: str) -> None:
        """The prompt is done: its parts need not be known any more."""
        self._earlier.pop(say_id, None)
