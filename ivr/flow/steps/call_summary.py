"""A call in a few lines, for a note about it: what was filled, what tools answered, how it ended. Private values are
masked."""

from ivr.flow.flow import Bundle
from ivr.flow.spoken.masks import mask
from ivr.flow.spoken.writing import plain_text
from ivr.flow.state import CallState, Standing
from ivr.flow.types import Privacy
from ivr.units import Millis


def summary_of(bundle: Bundle, state: CallState, standings: tuple[Standing, ...], at_ms: Millis) -> str:
    """`standings`: the flows that run, as they are now."""
    filled = [line for standing in standings for line in _filled(bundle, standing)]
    answered = [f"{made.tool}: {made.result or 'no answer'}" for made in state.made]
    turns = f"{state.turns} turn{'' if state.turns == 1 else 's'}"
    ended = f"{state.outcome or 'still open'} after {_length(at_ms)}, {turns}"
    return "; ".join([*filled, *answered, ended])


def _filled(bundle: Bundle, standing: Standing) -> list[str]:
    lines = []
    for name, slot in standing.slots.items():
        spec = bundle.flows[standing.flow].slots.get(name)
        if slot.value is not None and slot.settled and spec is not None and spec.privacy is not Privacy.SECRET:
            shown = plain_text(slot.value) if spec.privacy is Privacy.OPEN else mask(slot.value, spec.type)
            lines.append(f"{name}: {shown}")
    return lines


def _length(at_ms: Millis) -> str:
    minutes, seconds = divmod(at_ms // 1000, 60)
    return f"{minutes} min {seconds} s" if minutes else f"{seconds} s"
