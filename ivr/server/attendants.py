"""What the carrier asks about attendants' legs: one is answered, has heard the whisper, says or presses something,
leaves; and somebody calls in to serve a queue. All that is known stands in the attendant's row."""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

import structlog

from ivr.carrier import twiml
from ivr.flow.flow import Bundle
from ivr.flow.understand.attendants import Verdict, by_keys, by_words
from ivr.live.attendants import GRACE, MEET, TERMINAL, AttendantDesk
from ivr.live.clock import Clock
from ivr.store import AttendantRow, Stage
from ivr.units import CallSid

log = structlog.get_logger("ivr.server")

MOST_TRIES: Final = 3
"""Answers that nobody understood: then the call is not taken."""
RUNG: Final = frozenset({Stage.ASKED, Stage.RINGING, Stage.WHISPERING})

Fields = Mapping[str, str]


class AttendantWebhooks:
    """Answers in TwiML. Each may be asked twice."""

    def __init__(self, desk: AttendantDesk, clock: Clock, bundle: Bundle) -> None:
        """`bundle`: whose words somebody hears for whom nobody waits."""
        self._desk = desk
        self._clock = clock
        self._bundle = bundle

    async def answered(self, leg: str, fields: Fields) -> str:
        """Somebody, or a machine, is on the line."""
        row = await self._desk.rows.by_leg(leg)
        if row is None:
            return twiml.hang_up()
        moved = await self._desk.rows.move(
            row.id, RUNG, Stage.WHISPERING, due_at=self._due(row), leg_sid=_sid(fields) or row.leg_sid
        )
        return self._left(row) if moved is None else self._whisper(moved)

    async def called_in(self, queue: str, fields: Fields) -> str:
        """An attendant serves a queue: the next caller's whisper, or that nobody waits."""
        sid, now = _sid(fields), self._clock.wall()
        row = None if sid is None else await self._desk.rows.take_next(queue, sid, now=now, due_at=now + GRACE)
        if row is None:
            return twiml.apology(self._bundle.words["attendant_nobody_waits"])
        due_at = self._due(row)
        await self._desk.rows.move(row.id, {Stage.WHISPERING}, Stage.WHISPERING, due_at=due_at)
        return self._whisper(row)

    async def said(self, leg: str, fields: Fields) -> str:
        """Words, a key, or nothing in time."""
        row = await self._desk.rows.by_leg(leg)
        if row is None:
            return twiml.hang_up()
        if row.stage is Stage.ACCEPTED and _sid(fields) == row.leg_sid:
            return self._meet(row)
        if row.stage is not Stage.WHISPERING:
            return self._left(row)
        verdict = _verdict(row, fields)
        match verdict.what:
            case "takes":
                return await self._takes(row)
            case "refuses":
                return await self._refuses(row)
            case "detail":
                return self._ask(row, _details(row).get(verdict.detail, ""))
            case "again":
                return self._whisper(row)
            case _:
                if await self._desk.rows.tried(row.id) >= MOST_TRIES:
                    return await self._refuses(row)
                return self._ask(row, row.texts.get("again", ""))

    async def heard(self, leg: str, fields: Fields) -> str:
        """The whisper is over, and nothing has to be done to take the call."""
        row = await self._desk.rows.by_leg(leg)
        if row is None:
            return twiml.hang_up()
        if row.stage is Stage.ACCEPTED:
            return self._meet(row)
        return await self._takes(row) if row.stage is Stage.WHISPERING else self._left(row)

    async def apart(self, leg: str, fields: Fields) -> str:
        """The room is over for the attendant: the caller has left it."""
        row = await self._desk.rows.by_leg(leg)
        return twiml.hang_up() if row is None else self._left(row)

    async def status(self, leg: str, fields: Fields) -> None:
        status = fields.get("CallStatus", "")
        row = await self._desk.rows.by_leg(leg)
        if row is not None and row.stage is not Stage.OVER and status in TERMINAL:
            await self._desk.leg_ended(row, status)

    async def leg_gone(self, call_sid: CallSid, status: str) -> None:
        """A call is over: perhaps that of somebody who had called in to serve a queue."""
        row = await self._desk.rows.by_leg_sid(call_sid)
        if row is not None:
            await self._desk.leg_ended(row, status)

    # ---- the moves

    async def _takes(self, row: AttendantRow) -> str:
        due_at = self._clock.wall() + MEET
        moved = await self._desk.rows.move(row.id, {Stage.WHISPERING}, Stage.ACCEPTED, due_at=due_at)
        return self._left(row) if moved is None else self._meet(moved)

    async def _refuses(self, row: AttendantRow) -> str:
        if row.queue is not None:
            await self._desk.back_in_line(row)
        else:
            await self._desk.rows.end(row.id, "no_answer", now=self._clock.wall(), before={Stage.WHISPERING})
        return twiml.hang_up()

    # ---- what is answered

    def _whisper(self, row: AttendantRow) -> str:
        return self._ask(row, row.texts.get("whisper", ""))

    def _ask(self, row: AttendantRow, text: str) -> str:
        if not row.words and row.key is None:
            return twiml.tell_attendant(text, self._desk.address(row, "/heard"))
        return twiml.ask_attendant(
            f"{text} {row.texts.get('how', '')}".strip(),
            self._desk.address(row, "/said"),
            words=row.words,
            key=row.key is not None,
            within_s=max(1, row.within_ms // 1000),
        )

    def _meet(self, row: AttendantRow) -> str:
        return twiml.meet(row.room, self._desk.address(row, "/apart"))

    def _left(self, row: AttendantRow) -> str:
        left = row.texts.get("left", "")
        return twiml.apology(left) if left else twiml.hang_up()

    def _due(self, row: AttendantRow) -> datetime:
        """The whisper, perhaps said some times, and the time to answer."""
        spoken = timedelta(seconds=len(row.texts.get("whisper", "")) // 10 + 5)
        return self._clock.wall() + (timedelta(milliseconds=row.within_ms) + spoken) * MOST_TRIES + GRACE


def _verdict(row: AttendantRow, fields: Fields) -> Verdict:
    keys, words = fields.get("Digits", ""), fields.get("SpeechResult", "")
    if keys:
        return by_keys(keys, row.key)
    return by_words(words, row.words, _details(row)) if words else Verdict("refuses")


def _details(row: AttendantRow) -> dict[str, str]:
    details: dict[str, str] = json.loads(row.texts.get("details", "{}"))
    return details


def _sid(fields: Fields) -> CallSid | None:
    return CallSid(fields["CallSid"]) if fields.get("CallSid") else None
