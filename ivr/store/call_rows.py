"""A call's row as a value and back, and the parts of transactions that several rooms of the store share."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Final, Literal

from sqlalchemy import BindParameter, Connection, Row, bindparam, select, update

from ivr.store.keys import CallKey
from ivr.store.records import (
    TERMINAL,
    CallRow,
    CallStatus,
    HangUpIntent,
    Intent,
    JoinIntent,
    TransferIntent,
    quality_from,
)
from ivr.store.tables import call_keys, call_statuses, calls
from ivr.units import CallId, CallSid

_WHICH: Final[BindParameter[Any]] = bindparam("which")
_BY_ID: Final = select(calls).where(calls.c.id == _WHICH)
_BY_SID: Final = select(calls).where(calls.c.call_sid == _WHICH)
_KEY: Final = select(call_keys.c.key).where(call_keys.c.call_id == _WHICH)
_TOLD: Final = (
    select(call_statuses.c.status).where(call_statuses.c.call_sid == _WHICH).order_by(call_statuses.c.sequence_number)
)
_STATUS: Final = update(calls).where(calls.c.call_sid == _WHICH).values(status=bindparam("now_is"))
_STATUS_IF_OPEN: Final = _STATUS.where(calls.c.status.not_in(TERMINAL))


def call_by_id(connection: Connection, call_id: CallId) -> CallRow | None:
    row = connection.execute(_BY_ID, {"which": call_id}).one_or_none()
    return None if row is None else call_of(row)


def call_by_sid(connection: Connection, call_sid: CallSid) -> CallRow | None:
    row = connection.execute(_BY_SID, {"which": call_sid}).one_or_none()
    return None if row is None else call_of(row)


def key_of(connection: Connection, call_id: CallId) -> CallKey | None:
    kept = connection.scalar(_KEY, {"which": call_id})
    return None if kept is None else CallKey(call_id, kept)


def numbers_of(key: CallKey, sealed: bytes | None) -> tuple[str, str]:
    """Caller and dialled number, whole."""
    both = key.open_texts(sealed)
    return both.get("caller", ""), both.get("dialled", "")


def fold_statuses(connection: Connection, call_sid: CallSid) -> None:
    """The call's status out of all reports there are, so that the order they came in cannot matter: the last terminal
    one by the carrier's numbers, or else the last one."""
    told = [CallStatus(status) for status in connection.scalars(_TOLD, {"which": call_sid})]
    if not told:
        return
    ended = [status for status in told if status in TERMINAL]
    # Our own knowledge that it ended stands above a report that it rings.
    change, last = (_STATUS, ended[-1]) if ended else (_STATUS_IF_OPEN, told[-1])
    connection.execute(change, {"which": call_sid, "now_is": last})


def call_of(row: Row[Any]) -> CallRow:
    return CallRow(
        id=CallId(row.id),
        call_sid=CallSid(row.call_sid),
        account_sid=row.account_sid,
        caller=row.caller,
        dialled=row.dialled,
        flow=row.flow,
        bundle=row.bundle,
        started_at=row.started_at,
        answered_at=row.answered_at,
        ended_at=row.ended_at,
        status=CallStatus(row.status),
        outcome=row.outcome,
        end_reason=row.end_reason,
        intent=_intent_in(row.intent),
        answer=row.answer,
        resumes=row.resumes,
        quality=None if row.quality is None else quality_from(row.quality),
        recording=row.recording,
        order_id=row.order_id,
        medium=row.medium,
    )


def intent_out(intent: Intent | None) -> Mapping[str, Any] | None:
    match intent:
        case None:
            return None
        case HangUpIntent():
            return {"do": "hang_up"}
        case TransferIntent():
            return {"do": "transfer", **asdict(intent)}
        case JoinIntent():
            return {"do": "join", **asdict(intent)}


def _intent_in(kept: Mapping[str, Any] | None) -> Intent | None:
    if kept is None:
        return None
    does: Literal["hang_up", "transfer", "join"] = kept["do"]
    if does == "hang_up":
        return HangUpIntent()
    if does == "join":
        return JoinIntent(kept["attendant"])
    return TransferIntent(**{name: value for name, value in kept.items() if name != "do"})
