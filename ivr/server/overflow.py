"""Callers whom no flow serves: we are full, or cannot keep what happens, or the carrier could not use our answer.

They hear busy, are put through to one number, or leave a message with the carrier, none of which needs our own sound.
"""

import re
from typing import Final

import structlog
from starlette.responses import Response

from ivr.carrier import twiml
from ivr.errors import StoreError
from ivr.live.process import Process
from ivr.server.going_on import Addresses
from ivr.server.signed import APOLOGY, Fields, document
from ivr.units import CallSid

BUSY: Final = "busy"
RECORD: Final = "record"
ASKS: Final = "All our lines are busy. Please leave your name, your number and what it is about after the tone."
THANKS: Final = "Thank you. Goodbye."
MESSAGE: Final = "message"
"""The outcome of a call whose message the carrier has."""
_RECORDING: Final = re.compile(r"RE[0-9a-f]{32}")

log = structlog.get_logger()


class Overflow:
    """`way`: busy, record, or a number or SIP address."""

    def __init__(self, process: Process, addresses: Addresses, way: str) -> None:
        self._process = process
        self._addresses = addresses
        self._way = way

    def refused(self) -> Response:
        """For a call that is not let in, and not answered yet."""
        return document(twiml.busy() if self._way == BUSY else self._served())

    def broken(self) -> Response:
        """For a call whose answer the carrier could not use."""
        return document(twiml.apology(APOLOGY) if self._way == BUSY else self._served())

    def _served(self) -> str:
        base = f"{self._addresses.public_url}/twilio/overflow"
        return (
            twiml.take_message(ASKS, f"{base}/message")
            if self._way == RECORD
            else twiml.dial(self._way, f"{base}/over")
        )

    async def message(self, fields: Fields) -> Response:
        """The carrier has taken one: the call is kept, and says where the message is. May be asked twice."""
        call_sid, process = CallSid(fields.get("CallSid", "")), self._process
        recording = _RECORDING.search(fields.get("RecordingUrl", ""))
        kept = "" if recording is None else recording[0]
        log.info("the carrier took a message", call_sid=call_sid, recording=kept)
        try:
            now = process.clock.wall()
            caller, dialled = fields.get("From", ""), fields.get("To", "")
            row, _ = await process.calls.open_call(
                call_sid, fields.get("AccountSid", ""), caller=caller, dialled=dialled, now=now
            )
            why = f"no flow served the caller; the carrier keeps the message as {kept or 'one without a name'}"
            await process.calls.finish_call(row.id, now=now, outcome=MESSAGE, end_reason=why, recording=None)
        except StoreError as fault:
            log.error("a message of the carrier could not be noted", call_sid=call_sid, why=str(fault))
        return document(twiml.apology(THANKS))

    async def over(self, fields: Fields) -> Response:
        """The caller who was put through is alone again."""
        log.info("put through", call_sid=fields.get("CallSid", ""), how=fields.get("DialCallStatus", ""))
        return document(twiml.hang_up())
