"""POST /api/v1/chats: a message in writing (an SMS, a chat) is answered by the same flow that answers the phone; or it
answers what a caller on the phone is being asked.
"""

import json
import secrets
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

import structlog
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ivr.flow.flow import Bundle
from ivr.flow.messages import nearest
from ivr.live.chats import Busy, ChatDesk, Message, Replied
from ivr.live.process import Process
from ivr.server.admission import Admission
from ivr.server.asked import E164, Problem, body_of, key_of
from ivr.server.flows import Flows
from ivr.server.guard import Access
from ivr.store import CallRow, is_call_id, request_name
from ivr.units import CallId

log = structlog.get_logger("ivr.server")

LONGEST_TEXT: Final = 2_000
LONGEST_NAME: Final = 200
_KEYS: Final = ("conversation", "text", "from", "to", "flow", "project", "language", "call")
_EXAMPLE: Final = '{"conversation": WHO, "text": WORDS}'


class ChatApi:
    def __init__(
        self, desk: ChatDesk, process: Process, flows: Flows, admission: Admission, access: Access, *, closed: bool
    ) -> None:
        """`closed`: no conversation is taken at all."""
        self._desk = desk
        self._process = process
        self._flows = flows
        self._admission = admission
        self._access = access
        self._closed = closed

    def routes(self) -> list[Route]:
        return [Route("/api/v1/chats", self._access.guarded(self._take), methods=["POST"])]

    async def _take(self, request: Request) -> Response:
        body = await body_of(request, _KEYS, _EXAMPLE)
        key, project = key_of(request), self._flows.bundle.project
        words = _text(body)
        if key is None:
            return await self._answer(body, words, secrets.token_hex(16), None)
        asked = json.dumps(body, sort_keys=True, default=str, ensure_ascii=False)
        before = await self._desk.rows.asked(key, project, asked, now=self._process.clock.wall())
        if before is not None and not before.same:
            detail = "This Idempotency-Key was used for another message: take a new one for each message."
            raise Problem(422, "Idempotency-Key", detail)
        if before is not None and before.answer is not None:
            return JSONResponse(before.answer)
        try:
            name = request_name(project, key)
            return await self._answer(body, words, name, key, again=before is not None)
        except Problem:
            if before is None:
                await self._desk.rows.unasked(key, project)
            raise

    async def _answer(
        self, body: Mapping[str, Any], words: str, name: str, key: str | None, *, again: bool = False
    ) -> Response:
        if body.get("call") is not None:
            if again:
                raise Problem(409, "Sent already", "It was sent before, and may have been given to the call.")
            return await self._into_call(body, words, name, key)
        message = replace(self._message(body, words, name), again=again)
        if self._closed:
            raise Problem(503, "No conversations", "IVR_MAX_CHATS is 0.")
        if self._admission.draining:
            raise Problem(503, "Not now", "The server is going: ask again.", headers={"Retry-After": "5"})
        if self._process.journal.trouble is not None or self._process.disk_full:
            raise Problem(503, "Not now", "Nothing can be kept: see /readyz.", headers={"Retry-After": "30"})
        try:
            replied = await self._desk.answer(message, self._flows.bundle)
        except Busy as fault:
            detail = "So many conversations are open as may be: see IVR_MAX_CHATS."
            told = detail if fault.full else "Too many messages are being answered: ask again."
            wait = "60" if fault.full else "1"
            raise Problem(429 if fault.full else 503, "Too many", told, headers={"Retry-After": wait}) from None
        answer = _told(replied)
        if key is not None:
            await self._desk.rows.answered(key, self._flows.bundle.project, replied.call_id, answer)
        return JSONResponse(answer)

    def _message(self, body: Mapping[str, Any], words: str, name: str) -> Message:
        """Raises: Problem."""
        bundle = self._flows.bundle
        conversation = _named(body, "conversation", LONGEST_NAME)
        if conversation is None:
            raise Problem(422, "conversation is missing", "Name whom it is with, as you like: a phone number will do.")
        caller = _named(body, "from", 64) or (conversation if E164.fullmatch(conversation) else "")
        dialled = _named(body, "to", 64) or ""
        _of_project(body, bundle)
        return Message(
            conversation, words, caller, dialled, self._flow(body, bundle, dialled), name, _language(body, bundle)
        )

    def _flow(self, body: Mapping[str, Any], bundle: Bundle, dialled: str) -> str:
        name = _named(body, "flow", 64)
        if name is None:
            return self._flows.of_new_call(dialled)[1]
        if name not in bundle.flows:
            raise Problem(422, "No such flow", f"The project {bundle.project} does not have it. {_near(name, bundle)}")
        return name

    # ---- into a call under way

    async def _into_call(self, body: Mapping[str, Any], words: str, name: str, key: str | None) -> Response:
        call_id = body["call"]
        row = None
        if isinstance(call_id, str) and is_call_id(call_id):
            row = await self._process.calls.by_id(CallId(call_id))
        if row is None:
            raise Problem(404, "No such call", "There is no call of this id.")
        if row.ended_at is not None:
            raise Problem(409, "The call is over", "Nobody is there any more to answer anything.")
        self._write_into(row, words, name)
        answer = _told(Replied(row.id, (), None))
        if key is not None:
            await self._desk.rows.answered(key, self._flows.bundle.project, row.id, answer)
        return JSONResponse(answer, 202)

    def _write_into(self, row: CallRow, words: str, name: str) -> None:
        """Raises: Problem."""
        if row.medium != "phone":
            raise Problem(409, "In writing", "It is a conversation in writing: name it by conversation, not by call.")
        on_phone = self._process.on_phone(row.id)
        if on_phone is None:
            detail = "Another worker has it, or its caller is with somebody else or gone for a moment: ask again."
            raise Problem(409, "The call is not here", detail, headers={"Retry-After": "1"})
        why = on_phone.why_not_written()
        if why is not None:
            raise Problem(409, "Not now", why)
        on_phone.write(words, name)


def _told(replied: Replied) -> dict[str, Any]:
    return {
        "id": replied.call_id,
        "replies": list(replied.replies),
        "state": "open" if replied.outcome is None else "ended",
        "outcome": replied.outcome,
    }


def _text(body: Mapping[str, Any]) -> str:
    words = body.get("text")
    if not isinstance(words, str) or not words.strip():
        raise Problem(422, "text is missing", "Send what was written.")
    if len(words) > LONGEST_TEXT:
        raise Problem(422, "text is too long", f"A message has {LONGEST_TEXT} letters at most.")
    return " ".join(_printed(words).split())


def _printed(words: str) -> str:
    return "".join(letter if letter.isprintable() else " " for letter in words)


def _named(body: Mapping[str, Any], key: str, longest: int) -> str | None:
    """Raises: Problem."""
    value = body.get(key)
    if value is None:
        return None
    if not isinstance(value, str) or not value.strip() or len(value) > longest:
        raise Problem(422, f"{key} is no text", f"It is text of {longest} letters at most.")
    return value.strip()


def _of_project(body: Mapping[str, Any], bundle: Bundle) -> None:
    project = _named(body, "project", 64)
    if project is not None and project != bundle.project:
        raise Problem(422, "No such project", f"This server serves the project {bundle.project}.")


def _language(body: Mapping[str, Any], bundle: Bundle) -> str | None:
    language = _named(body, "language", 16)
    there = bundle.languages or (bundle.language,)
    if language is not None and language not in there:
        raise Problem(422, "No such language", f"The project {bundle.project} has {', '.join(there)}.")
    return language


def _near(name: str, bundle: Bundle) -> str:
    like = nearest(name, bundle.flows)
    return f"Did you mean {like}?" if like else f"There are: {', '.join(sorted(bundle.flows))}."
