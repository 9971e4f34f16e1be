"""A call that was under way, from its journal: the same events make the same state, in whatever process."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import structlog

from ivr.call import codec
from ivr.call.flow_side import FAULTED
from ivr.call.made import KEY
from ivr.call.question import GREETED
from ivr.call.withheld import Withheld
from ivr.flow import engine
from ivr.flow import state as flow
from ivr.flow.flow import Bundle
from ivr.store import Entry

log = structlog.get_logger("ivr.live")

TRANSFER_REPORTED = "TransferReported"
"""Journal entry of a webhook: the carrier says how a transfer ended; the engine hears of it when the stream is back."""

_TURNS = frozenset(f"flow.{kind.__name__}" for kind in (flow.Heard, flow.KeysEntered, flow.PromptDone))
"""Entries that made a turn of the transcript, also where their value was not written down."""


Tell = Callable[[Entry, flow.CallState, Sequence[flow.Effect]], None]
"""Is told of each entry where the call stood after it, and what the flow asked for."""


@dataclass(frozen=True, slots=True)
class Standstill:
    """Where a call stood when its stream ended."""

    state: flow.CallState
    last_seq: int
    last_ms: int
    turns: int
    transfer: str | None
    """How the last transfer ended, if the engine does not know yet."""
    begun: bool
    """Whether the engine knows of the call at all."""


def rebuild(
    bundle: Bundle,
    fresh: flow.CallState,
    entries: Sequence[Entry],
    tell: Tell | None = None,
) -> Standstill:
    """`fresh`: the state the call began with."""
    state, transfer, turns, begun = fresh, None, 0, False
    withheld = Withheld()
    for at, entry in enumerate(entries):
        if entry.kind == TRANSFER_REPORTED and isinstance(entry.body, Mapping):
            transfer = str(entry.body["result"])
            state = withheld.settled(bundle, state)
        turns += entry.kind in _TURNS or entry.kind == GREETED
        if entry.kind == FAULTED:
            state, _ = engine.apologise(bundle, state, entry.at_ms)
        event = _event(entry)
        if event is None and tell is not None:
            tell(entry, state, ())
        if event is None:
            if entry.kind.startswith("flow.") and isinstance(entry.body, Mapping):
                after = withheld.answered(bundle, state, entry.at_ms, entry.body, _stood(entries[at + 1 :]))
                state = state if after is None else after
            continue
        begun = True
        if isinstance(event, flow.TransferEnded):
            transfer = None
        if isinstance(event, flow.Resumed):
            state = withheld.settled(bundle, state)
        try:
            state, effects = engine.step(bundle, state, event)
            if tell is not None:
                tell(entry, state, effects)
        except Exception:  # it failed then, and a Faulted entry follows
            log.warning("an event fails again in replay", kind=entry.kind)
    state = withheld.settled(bundle, state)
    last = entries[-1] if entries else None
    return Standstill(state, last.seq if last else 0, last.at_ms if last else 0, turns, transfer, begun)


def _stood(entries: Sequence[Entry]) -> str | None:
    """Where the call stood after the event before these, as the first of them tells that tells it."""
    for entry in entries:
        if isinstance(entry.body, Mapping) and KEY in entry.body:
            return str(entry.body[KEY]["stands"])
        if entry.kind.startswith("flow."):
            return None
    return None


def _event(entry: Entry) -> flow.Event | None:
    """None: not the engine's, or its value was never written down (pci, secret)."""
    if not entry.kind.startswith("flow.") or not isinstance(entry.body, Mapping):
        return None
    try:
        return codec.decode_event(entry.kind.removeprefix("flow."), entry.body)
    except (KeyError, TypeError):
        return None
