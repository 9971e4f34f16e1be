"""What is left of a call that is over, for a list and for another system: what became of it, what the caller gave, and
a few sentences taken out of it. Private values are masked; nothing is asked of anybody."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from ivr.flow.flow import Bundle
from ivr.flow.privacy import mask_numbers
from ivr.flow.spoken.masks import DOTS, mask
from ivr.flow.spoken.writing import plain_text
from ivr.flow.state import CallState, Slot
from ivr.flow.types import OF_THE_CALLER, Privacy

Disposition = Literal["completed", "transferred", "callback", "message", "left", "abandoned", "failed", "unreached"]
"""completed: the flow came to an end of its own. transferred: somebody took the caller. callback, message: the caller
is to hear from us, or has left a message. left: the caller went in the middle. abandoned: and had said nothing.
failed: a fault, a limit, or a process that died ended it. unreached: a call of ours that no person took."""

_FAILED: Final = frozenset({"error", "lost", "limit"})
_LONGEST_QUOTE: Final = 200
_FEWEST_WORDS: Final = 3


@dataclass(frozen=True, slots=True)
class Field:
    """A slot as the caller left it filled. `value`: as back ends write it, masked where it is private."""

    flow: str
    name: str
    value: str
    private: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """One turn as views show it."""

    who: Literal["bot", "caller"]
    text: str
    by_words: bool = True
    """caller: they are words, and no keys."""


@dataclass(slots=True)
class Retold:
    """A call lived through once more, for what it gathered. Values that a flow no longer holds when it ends are not
    among them; those of a flow that came back are."""

    _state: CallState | None = None
    _slots: dict[str, Mapping[str, Slot]] = field(default_factory=dict)
    """As each flow held them last."""

    def take(self, state: CallState) -> None:
        """Where it stands, after each event."""
        self._state = state
        for standing in state.standings:
            self._slots[standing.flow] = standing.slots

    @property
    def language(self) -> str:
        """Empty: nothing is known of it."""
        return "" if self._state is None else self._state.language

    @property
    def answered_by(self) -> str | None:
        return None if self._state is None else self._state.answered_by

    def fields(self, bundle: Bundle) -> tuple[Field, ...]:
        return tuple(one for flow, slots in self._slots.items() for one in _fields(bundle, flow, slots))

    @property
    def tools(self) -> tuple[tuple[str, str], ...]:
        """Each with what it answered."""
        return () if self._state is None else tuple((m.tool, m.result or "no answer") for m in self._state.made)


def _fields(bundle: Bundle, flow: str, slots: Mapping[str, Slot]) -> Iterator[Field]:
    for name, slot in slots.items():
        spec = bundle.flows[flow].slots.get(name)
        if spec is None or slot.value is None or not slot.settled or slot.source not in OF_THE_CALLER:
            continue
        if spec.privacy is Privacy.OPEN:
            yield Field(flow, name, plain_text(slot.value))
        elif spec.privacy is not Privacy.SECRET:
            shown = mask(slot.value, spec.type) if spec.privacy is Privacy.PII else DOTS
            yield Field(flow, name, shown, private=True)


def disposition(
    outcome: str | None, *, said: bool, callback: bool = False, message: bool = False, answered_by: str | None = None
) -> Disposition:
    """`said`: the caller said or typed something. `callback`, `message`: one was promised, or left."""
    if outcome == "transferred":
        return "transferred"
    if callback:
        return "callback"
    if message:
        return "message"
    if outcome in _FAILED:
        return "failed"
    if answered_by not in (None, "person"):
        return "unreached"
    if outcome in ("caller_left", "no_stream"):
        return "left" if said else "abandoned"
    return "completed"


def extract(
    lines: Sequence[Line], fields: Sequence[Field], tools: Sequence[tuple[str, str]], became: Disposition
) -> str:
    """A summary of sentences and values that are in the call: what the caller said at most length, what was filled,
    what tools answered, what became of it."""
    said = [line.text.strip() for line in lines if line.who == "caller" and line.by_words]
    longest = max((text for text in said if len(text.split()) >= _FEWEST_WORDS), key=len, default="")
    parts = [f"“{_cut(mask_numbers(longest))}”"] if longest else []
    parts += [f"{one.name}: {one.value}" for one in fields]
    parts += [f"{tool}: {result}" for tool, result in tools]
    return "; ".join([*parts, became])


def _cut(text: str) -> str:
    if len(text) <= _LONGEST_QUOTE:
        return text
    return text[: text.rfind(" ", 0, _LONGEST_QUOTE)].rstrip(",;: ") + " …"
