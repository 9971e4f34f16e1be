"""What a call decided to send, as it is kept: a row for whoever sends it, this process or the next."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from ivr.call import codec
from ivr.call.codec import Deed
from ivr.call.flow_deeds import SEND_DECIDED
from ivr.flow.state import BookCallback
from ivr.store import Entry, NewSend, mask_number
from ivr.units import CallId

DIALLED: Final = "dialled"
"""In a payload: the number that was called, which text messages come from."""


def new_send(call_id: CallId, project: str, deed: Deed, now: datetime, *, dialled: str) -> NewSend:
    """`dialled`: the number that was called."""
    payload = {**codec.encode_deed(deed), DIALLED: dialled}
    if isinstance(deed, BookCallback):
        due = now + timedelta(milliseconds=deed.within_ms)
        shown = mask_number(deed.number)
        return NewSend(deed.id, call_id, project, "callback", deed.target, payload, now, due, False, shown)
    return NewSend(
        deed.id, call_id, project, deed.kind, deed.name, payload, now, now, not deed.number, shown=deed.shown
    )


def deed_of(payload: Mapping[str, Any]) -> Deed:
    """Raises: KeyError for one that this version does not know."""
    return codec.decode_deed(payload)


def decided(entries: Iterable[Entry]) -> Iterable[tuple[str, Deed]]:
    """What the journal of a call says that it decided to send, with its project."""
    for entry in entries:
        if entry.kind == SEND_DECIDED and isinstance(entry.body, Mapping):
            try:
                yield str(entry.body["project"]), codec.decode_deed(entry.body)
            except (KeyError, TypeError):  # of a version that is not ours
                continue
