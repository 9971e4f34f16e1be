"""The carrier's REST interface with the telephones behind it: legs that the server places are rung, answered and run,
and calls that it changes go on as they are told.

Of requests it is strict (`rest`).
"""

import asyncio
import itertools
import socket
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final, Protocol
from urllib.parse import urlsplit

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ivr.sim import faults, rest, twiml
from ivr.sim.attendant import Attendant, Leg
from ivr.sim.called import Called, CalledPhone
from ivr.sim.dialling import Dialling
from ivr.sim.rooms import Rooms
from ivr.sim.signing import Signer, moved
from ivr.sim.stream import Ledger
from ivr.sim.webhooks import Webhooks

LONGEST_RING_S: Final = 600


class Party(Protocol):
    """A call that REST may change: a leg of the exchange, or a telephone that called in."""

    @property
    def sid(self) -> str: ...

    @property
    def status(self) -> str: ...

    def redirect(self, document: str) -> None: ...

    def hang_up(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Text:
    to: str
    from_: str
    body: str


@dataclass(slots=True)
class Exchange:
    """`people`: by the number or SIP address that is rung; all others are answered by `anybody` in turn, the last one
    repeating. `sign`: as the server's
    webhooks must be signed; `addresses`: the public address the server is known by, and the one it is reached at."""

    account_sid: str
    auth_token: str
    sign: Signer
    people: Mapping[str, Attendant] = field(default_factory=dict)
    anybody: tuple[Attendant, ...] = (Attendant(),)
    addresses: tuple[str, str] | None = None
    phones: Mapping[str, Sequence[Called]] = field(default_factory=dict)
    """Numbers that have a telephone with sound, and how it behaves each time it is called, the last one repeating."""
    calls: list[CalledPhone] = field(default_factory=list)
    """To those, in order."""
    legs: list[Leg] = field(default_factory=list)
    texts: list[Text] = field(default_factory=list)
    rooms: Rooms = field(default_factory=Rooms)
    ledger: Ledger = field(default_factory=Ledger)
    """What the server did wrong on attendants' legs."""
    _parties: dict[str, Party] = field(default_factory=dict)
    _numbers: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))
    _tasks: asyncio.TaskGroup | None = None

    @asynccontextmanager
    async def serve(self) -> AsyncIterator[str]:
        """The address of its REST interface, while it is served on this machine."""
        with socket.socket() as listening:
            listening.bind(("127.0.0.1", 0))
            listening.listen()
            server = uvicorn.Server(uvicorn.Config(self._app(), log_level="critical", lifespan="off"))
            async with asyncio.TaskGroup() as tasks:
                self._tasks = tasks
                serving = tasks.create_task(server.serve(sockets=[listening]))
                try:
                    yield f"http://127.0.0.1:{listening.getsockname()[1]}"
                finally:
                    for leg in self.legs:
                        leg.hang_up()
                    for call in self.calls:
                        call.hang_up()
                    server.should_exit = True
                    await serving
            self._tasks = None

    def know(self, party: Party) -> None:
        """A call that came in by a telephone: REST may change it."""
        self._parties[party.sid] = party

    async def call_in(self, url: str, person: Attendant, *, from_: str = "+15550100177") -> Leg:
        """Somebody calls a number whose calls are answered by this address: to serve a queue."""
        leg = Leg(self._sid("CA"), "+15550100188", from_, url, None, None, person)
        return self._begin(leg, direction="inbound")

    def _begin(self, leg: Leg, direction: str) -> Leg:
        assert self._tasks is not None, "the exchange is not served"
        self.legs.append(leg)
        self._parties[leg.sid] = leg
        self._tasks.create_task(self._run(leg, direction))
        return leg

    async def _run(self, leg: Leg, direction: str) -> None:
        standing = {
            "CallSid": leg.sid,
            "AccountSid": self.account_sid,
            "From": leg.from_,
            "To": leg.to,
            "Direction": direction,
            "ApiVersion": "2010-04-01",
        }
        async with Webhooks(self.ledger, standing, self.sign) as web, asyncio.TaskGroup() as tasks:
            delivering = tasks.create_task(web.deliver())
            try:
                await leg.run(web, self.rooms)
            finally:
                delivering.cancel()

    # ---- REST

    def _app(self) -> Starlette:
        root = f"/2010-04-01/Accounts/{self.account_sid}"
        return Starlette(
            routes=[
                Route(f"{root}/Calls.json", self._create, methods=["POST"]),
                Route(root + "/Calls/{sid}.json", self._call, methods=["GET", "POST"]),
                Route(f"{root}/Messages.json", self._text, methods=["POST"]),
            ]
        )

    async def _create(self, request: Request) -> Response:
        form = await self._admit(request, rest.CREATE)
        if isinstance(form, Response):
            return form
        if (wrong := rest.call_fault(form)) is not None:
            return wrong
        to, from_ = form["To"], form["From"]
        if not form.get("Timeout", "60").isdecimal() or int(form.get("Timeout", "60")) > LONGEST_RING_S:
            return rest.fault(400, 20001, "Timeout is not valid")
        if to in self.phones:
            phone = self._ring(to, from_, form)
            return JSONResponse(self._told(phone), 201)
        person = self.people.get(to.partition("?")[0]) or self.anybody[min(len(self.legs), len(self.anybody) - 1)]
        url, status_url = (self._here(form[name]) if name in form else None for name in ("Url", "StatusCallback"))
        leg = Leg(self._sid("CA"), to, from_, url, form.get("Twiml"), status_url, person)
        self._begin(leg, "outbound-api")
        return JSONResponse(self._told(leg), 201)

    def _ring(self, to: str, from_: str, form: Mapping[str, str]) -> CalledPhone:
        assert self._tasks is not None, "the exchange is not served"
        behaves = self.phones[to]
        before = sum(call.dialling.to_number == to for call in self.calls)
        url, status_url = (
            self._here(form["Url"]),
            self._here(form["StatusCallback"]) if "StatusCallback" in form else None,
        )
        base, public = form["Url"], None
        if self.addresses is not None:
            public, base = self.addresses
        root = "{0.scheme}://{0.netloc}".format(urlsplit(base))
        dialling = Dialling(root, from_number=from_, to_number=to, account_sid=self.account_sid, public_url=public)
        phone = CalledPhone(dialling, behaves[min(before, len(behaves) - 1)], url, status_url, self.sign)
        self.calls.append(phone)
        self._parties[phone.sid] = phone
        self._tasks.create_task(phone.call())
        return phone

    async def _call(self, request: Request) -> Response:
        form = await self._admit(request, rest.UPDATE)
        if isinstance(form, Response):
            return form
        party = self._parties.get(request.path_params["sid"])
        if party is None:
            return rest.not_found(request)
        if request.method == "POST":
            refused = _change(party, form)
            if refused is not None:
                return refused
        return JSONResponse(self._told(party))

    async def _text(self, request: Request) -> Response:
        form = await self._admit(request, rest.TEXT)
        if isinstance(form, Response):
            return form
        if (wrong := rest.text_fault(form)) is not None:
            return wrong
        self.texts.append(Text(form["To"], form["From"], form["Body"]))
        return JSONResponse({"sid": self._sid("SM"), "account_sid": self.account_sid, "status": "queued"}, 201)

    async def _admit(self, request: Request, known: frozenset[str]) -> dict[str, str] | Response:
        return await rest.admitted(request, known, (self.account_sid, self.auth_token))

    def _told(self, party: Party) -> dict[str, object]:
        return {"sid": party.sid, "account_sid": self.account_sid, "status": party.status, "queue_time": "0"}

    def _here(self, url: str) -> str:
        return url if self.addresses is None else moved(url, *self.addresses)

    def _sid(self, prefix: str) -> str:
        return f"{prefix}{next(self._numbers):032x}"


def _change(party: Party, form: dict[str, str]) -> Response | None:
    status, document = form.get("Status"), form.get("Twiml")
    if (status is None) == (document is None) or "Url" in form or status not in (None, "completed", "canceled"):
        return rest.fault(400, 20001, "Give Twiml, or a Status that is completed or canceled")
    if party.status in rest.ENDED or (document is not None and party.status != "in-progress"):
        return rest.fault(400, 21220, "Call is not in-progress. Cannot redirect.")
    if document is not None:
        if any(code == faults.TWIML_UNREADABLE for code, _ in twiml.read(document).faults):
            return rest.fault(400, 21205, "Twiml is not valid.")
        party.redirect(document)
    else:
        party.hang_up()
    return None
