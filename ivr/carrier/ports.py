"""What we ask of a carrier and what it must prove to us.

A `deadline` is an absolute moment of `time.monotonic()` in milliseconds. A fault of the carrier's REST interface is a
CarrierError with its status and code; status 0 says that nobody answered in time. No number and no text of a call is
in an error.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from ivr.units import CallSid, Millis

Fields = Sequence[tuple[str, str]]
"""The fields of a form in the order they came, repeated names and all."""


class Proof(Protocol):
    """Tells the carrier's requests from anybody else's. `target` is the raw path of the request with its query, if
    any (`/twilio/voice?x=1`); the host in front of it comes from the configuration, never from the request."""

    def verify_webhook(
        self, target: str, fields: Fields, headers: Mapping[str, str], body: bytes | None = None
    ) -> bool:
        """`body` is the raw body of a request that is not a form; None for forms and GET."""
        ...

    def verify_upgrade(self, target: str, headers: Mapping[str, str]) -> bool:
        """The request that opens the media stream's websocket."""
        ...


@dataclass(frozen=True, slots=True)
class NewCall:
    """A call to be placed. Either `twiml` (up to 4000 characters) or `url`, where the carrier fetches it."""

    to: str
    from_: str
    twiml: str | None = None
    url: str | None = None
    status_url: str | None = None
    ring_s: int = 60
    """How long it may ring, at most 600."""
    time_limit_s: int = 1800
    detect: str | None = None
    """Tell what has answered, a person or a machine: `Enable` at once, `DetectMessageEnd` once the machine has said its
    sentence. It is posted to `detect_url` while the call goes on."""
    detect_url: str | None = None


class Texts(Protocol):
    """Sends text messages. It is not told twice from once: a text whose answer is lost must not be sent again."""

    async def send_text(self, to: str, body: str, deadline: Millis, *, from_: str) -> str:
        """The carrier's id of the message. `from_`: a number of the account. After an error of status 0 it may have
        been sent."""
        ...


class CallControl(Protocol):
    """What we ask of the carrier beside the media stream. Ordinary ends of calls need none of it."""

    async def hang_up(self, call_sid: CallSid, deadline: Millis) -> None:
        """End the call; one that has ended already is fine."""
        ...

    async def update_twiml(self, call_sid: CallSid, twiml: str, deadline: Millis) -> None:
        """Let the call go on with other instructions; its media stream ends."""
        ...

    async def call_status(self, call_sid: CallSid, deadline: Millis) -> str:
        """The carrier's word for where a call stands (queued, ringing, in-progress, completed, busy, ...); one that it
        does not know any more is `completed`."""
        ...

    async def create_call(self, call: NewCall, deadline: Millis) -> CallSid:
        """Place a call. After an error of status 0 the call may have been placed: look before asking again."""
        ...

    async def pause_recording(self, call_sid: CallSid, deadline: Millis) -> None:
        """Pause the carrier's own recording of the call; its time goes on as silence."""
        ...

    async def resume_recording(self, call_sid: CallSid, deadline: Millis) -> None: ...
