"""The part of Twilio's REST interface that we use, as a strict HTTP application: calls that a test prepares, and no
telephones behind them."""

import itertools
from dataclasses import dataclass, field
from typing import Final

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ivr.sim import rest

RECORD_FIELDS: Final = frozenset(
    {
        "RecordingChannels",
        "RecordingTrack",
        "Trim",
        "RecordingStatusCallback",
        "RecordingStatusCallbackEvent",
        "RecordingStatusCallbackMethod",
    }
)
RECORDING_FIELDS: Final = frozenset({"Status", "PauseBehavior"})


@dataclass(slots=True)
class FakeCall:
    """One call as the carrier holds it, and what it was told to do, in order."""

    sid: str
    to: str = "+15550001111"
    from_: str = "+15550002222"
    status: str = "in-progress"
    twiml: list[str] = field(default_factory=list)
    recordings: dict[str, str] = field(default_factory=dict)
    """Recording sid to in-progress, paused or stopped."""


@dataclass(frozen=True, slots=True)
class FakeText:
    """One text message as the carrier took it."""

    sid: str
    to: str
    from_: str
    body: str


class FakeRest:
    """`app` is served by the test; `calls` is what a test prepares and looks at."""

    def __init__(self, account_sid: str, auth_token: str) -> None:
        self.account_sid = account_sid
        self.calls: dict[str, FakeCall] = {}
        self.texts: list[FakeText] = []
        self.requests = 0
        self._account = (account_sid, auth_token)
        self._numbers = itertools.count(1)
        self._busy_answers = 0
        self._busy_retry_after: str | None = None
        calls = f"/2010-04-01/Accounts/{account_sid}/Calls"
        self.app = Starlette(
            routes=[
                Route(f"{calls}.json", self._create, methods=["POST"]),
                Route(f"/2010-04-01/Accounts/{account_sid}/Messages.json", self._message, methods=["POST"]),
                Route(calls + "/{sid}.json", self._call, methods=["GET", "POST"]),
                Route(calls + "/{sid}/Recordings.json", self._record, methods=["POST"]),
                Route(calls + "/{sid}/Recordings/{recording}.json", self._recording, methods=["POST"]),
            ]
        )

    def add_call(self, status: str = "in-progress") -> FakeCall:
        call = FakeCall(self._sid("CA"), status=status)
        self.calls[call.sid] = call
        return call

    def be_busy(self, times: int, retry_after: str | None = "0") -> None:
        """Answer the next `times` requests with 429."""
        self._busy_answers, self._busy_retry_after = times, retry_after

    async def _create(self, request: Request) -> Response:
        form = await self._admit(request, rest.CREATE)
        if isinstance(form, Response):
            return form
        if (wrong := rest.call_fault(form)) is not None:
            return wrong
        call = FakeCall(self._sid("CA"), to=form["To"], from_=form["From"], status="queued")
        self.calls[call.sid] = call
        if "Url" not in form and "Twiml" in form:
            call.twiml.append(form["Twiml"])
        return JSONResponse(self._described(call), 201)

    async def _message(self, request: Request) -> Response:
        form = await self._admit(request, rest.TEXT)
        if isinstance(form, Response):
            return form
        if (wrong := rest.text_fault(form)) is not None:
            return wrong
        text = FakeText(self._sid("SM"), form["To"], form["From"], form["Body"])
        self.texts.append(text)
        told = {"sid": text.sid, "to": text.to, "from": text.from_, "body": text.body, "status": "queued"}
        return JSONResponse({**told, "account_sid": self.account_sid, "num_segments": "1"}, 201)

    async def _call(self, request: Request) -> Response:
        form = await self._admit(request, rest.UPDATE)
        if isinstance(form, Response):
            return form
        call = self.calls.get(request.path_params["sid"])
        if call is None:
            return rest.not_found(request)
        if request.method == "POST":
            refused = _update(call, form)
            if refused is not None:
                return refused
        return JSONResponse(self._described(call))

    async def _record(self, request: Request) -> Response:
        wrong = await self._admit(request, RECORD_FIELDS)
        if isinstance(wrong, Response):
            return wrong
        call = self.calls.get(request.path_params["sid"])
        if call is None:
            return rest.not_found(request)
        if call.status != "in-progress":
            return rest.fault(400, 21220, "Requested resource is not eligible for recording")
        sid = self._sid("RE")
        call.recordings[sid] = "in-progress"
        return JSONResponse({"sid": sid, "call_sid": call.sid, "status": "in-progress"}, 201)

    async def _recording(self, request: Request) -> Response:
        form = await self._admit(request, RECORDING_FIELDS)
        if isinstance(form, Response):
            return form
        call = self.calls.get(request.path_params["sid"])
        sid = request.path_params["recording"]
        if call is not None and sid == "Twilio.CURRENT":
            sid = next((one for one, status in call.recordings.items() if status != "stopped"), "")
        if call is None or call.recordings.get(sid, "stopped") == "stopped":
            return rest.not_found(request)
        if form.get("Status") not in {"paused", "in-progress", "stopped"}:
            return rest.fault(400, 20001, "Status is not valid")
        call.recordings[sid] = form["Status"]
        return JSONResponse({"sid": sid, "call_sid": call.sid, "status": form["Status"]})

    async def _admit(self, request: Request, known: frozenset[str]) -> dict[str, str] | Response:
        self.requests += 1
        if not self._busy_answers:
            return await rest.admitted(request, known, self._account)
        self._busy_answers -= 1
        waits = {} if self._busy_retry_after is None else {"Retry-After": self._busy_retry_after}
        return rest.fault(429, 20429, "Too Many Requests", headers=waits)

    def _described(self, call: FakeCall) -> dict[str, object]:
        return {
            "sid": call.sid,
            "account_sid": self.account_sid,
            "to": call.to,
            "from": call.from_,
            "status": call.status,
            "queue_time": "0",
        }

    def _sid(self, prefix: str) -> str:
        return f"{prefix}{next(self._numbers):032x}"


def _update(call: FakeCall, form: dict[str, str]) -> Response | None:
    """Do what the form says; the fault when it may not be done."""
    status, redirect = form.get("Status"), {"Url", "Twiml"} & form.keys()
    if (status is not None and redirect) or status not in {None, "completed", "canceled"}:
        return rest.fault(400, 20001, "Status is not valid")
    if call.status in rest.ENDED or (redirect and call.status != "in-progress"):
        return rest.fault(400, 21220, "Call is not in-progress. Cannot redirect.")
    if status == "canceled" and call.status == "in-progress":
        return rest.fault(400, 21220, "Call is not queued or ringing. Cannot cancel.")
    if status is not None:
        call.status = status
    elif "Twiml" in form:
        call.twiml.append(form["Twiml"])
    return None
