"""Which models a far end says it has, and until when."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Final

import msgspec

from ivr.models.openai.far_end import FarEnd
from ivr.models.openai.faults import told_fault
from ivr.units import Millis

PATH: Final = "/models"


@dataclass(frozen=True, slots=True)
class Listed:
    """One model. `ends`: the day it is shut down; None: none is announced."""

    name: str
    ends: date | None = None


async def listed(far_end: FarEnd, deadline: Millis) -> tuple[Listed, ...]:
    """In the far end's order. A model may serve without being listed. Raises: ModelError."""
    async with far_end.get(PATH, due=deadline) as answer:
        fault = await answer.fault()
        if fault is not None:
            raise far_end.refused(fault)
        body = await answer.whole(deadline)
    try:
        told = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        told = None
    if isinstance(told, dict) and "data" not in told and ("error" in told or "detail" in told):
        raise far_end.refused(told_fault(told))
    several = told.get("data") if isinstance(told, dict) else told
    if not isinstance(several, list):
        raise far_end.garbage("something other than a list of models")
    return tuple(_model(one) for one in several if isinstance(one, dict) and isinstance(one.get("id"), str))


def _model(told: Mapping[str, Any]) -> Listed:
    return Listed(told["id"], _day(told.get("shutdown_date")))


def _day(told: object) -> date | None:
    """A date, a moment, or seconds since 1970."""
    try:
        if isinstance(told, str):
            return datetime.fromisoformat(told).date()
        if isinstance(told, int | float) and not isinstance(told, bool) and told > 0:
            return datetime.fromtimestamp(told, UTC).date()
    except (ValueError, OverflowError, OSError):
        pass
    return None
