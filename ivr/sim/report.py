"""What a scripted call came to: turns, checks, times, faults, and how it ended."""

from dataclasses import dataclass, field
from typing import Any

from ivr.sim.faults import Fault


@dataclass(frozen=True, slots=True)
class Failed:
    """A check that did not hold, or a turn that could not be taken. `turn` counts from 1, 0 is the whole call."""

    turn: int
    text: str


@dataclass(frozen=True, slots=True)
class TurnReport:
    """`did` is what the caller did, for people. `response_ms`: end of the caller's turn to the first sound, None if
    there was none. `silenced_ms`: from the onset of a cut-in to the bot's silence, None if it was not cut."""

    did: str
    heard: str
    response_ms: int | None
    silenced_ms: int | None


@dataclass(slots=True)
class Report:
    turns: list[TurnReport] = field(default_factory=list)
    failed: list[Failed] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    unseen: list[str] = field(default_factory=list)
    """Checks of the script that cannot be made from the telephone's end."""
    callbacks_unheard: list[str] = field(default_factory=list)
    said_twice: list[str] = field(default_factory=list)
    """Lines that the server asked for again."""
    call_sid: str = ""
    end: str = ""
    dialled: list[str] = field(default_factory=list)
    duration_ms: int = 0
    heard_ms: int = 0
    underruns: int = 0
    longest_underrun_ms: int = 0
    frames_sent: int = 0
    frames_late: int = 0
    latest_ms: int = 0

    @property
    def held(self) -> bool:
        """Whether all checks held and the server made no fault."""
        return not self.failed and not self.faults

    def response_times_ms(self) -> list[int]:
        return sorted(turn.response_ms for turn in self.turns if turn.response_ms is not None)

    def as_json(self) -> dict[str, Any]:
        times = self.response_times_ms()
        return {
            "held": self.held,
            "call_sid": self.call_sid,
            "end": self.end,
            "dialled": self.dialled,
            "duration_ms": self.duration_ms,
            "heard_ms": self.heard_ms,
            "response_ms": {
                "p50": times[(len(times) - 1) // 2] if times else None,
                "max": times[-1] if times else None,
            },
            "underruns": {"count": self.underruns, "longest_ms": self.longest_underrun_ms},
            "own_frames": {"sent": self.frames_sent, "late": self.frames_late, "latest_ms": self.latest_ms},
            "turns": [
                {"did": t.did, "heard": t.heard, "response_ms": t.response_ms, "silenced_ms": t.silenced_ms}
                for t in self.turns
            ],
            "failed": [{"turn": f.turn, "text": f.text} for f in self.failed],
            "faults": [{"at_ms": f.at_ms, "code": f.code, "text": f.text} for f in self.faults],
            "not_seen_from_here": self.unseen,
            "callbacks_not_taken": self.callbacks_unheard,
            "said_twice": self.said_twice,
        }
