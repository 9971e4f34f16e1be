"""One answer of a session, from its events to the parts of a reply. Nothing here waits for anything."""

import base64
import binascii
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from ivr.models.openai.faults import Fault, told_fault
from ivr.models.openai.reply import LONGEST_ID, MOST_ARGUMENTS, MOST_CALLS, MOST_LETTERS, BadReply, Call, Cut
from ivr.models.openai.usage import Usage, usage_of
from ivr.models.ports import ReplyMulaw, ReplyPart, ReplyWords
from ivr.units import BYTES_PER_MS

MOST_SOUND: Final = 330_000 * BYTES_PER_MS
"""Bytes: five and a half minutes."""
_CUTS: Final[Mapping[str, Cut]] = {"max_output_tokens": "length", "content_filter": "filter"}


@dataclass(slots=True)
class SaidItem:
    """A message of the answer, as the session keeps it."""

    id: str
    words: str = ""
    sound_bytes: int = 0
    content_index: int = 0
    """Of its sound."""

    @property
    def produced_ms(self) -> int:
        return self.sound_bytes // BYTES_PER_MS


@dataclass(slots=True)
class AskedItem:
    """A function call of the answer, as the session keeps it."""

    id: str
    call: Call = field(default_factory=lambda: Call(None))


class RealtimeReply:
    """Fed every event that belongs to the response; parts are for who still listens."""

    def __init__(self) -> None:
        self.id = ""
        """Empty: it has not begun."""
        self.mark = ""
        """What it was asked for with."""
        self.said: dict[str, SaidItem] = {}
        self.asked: dict[str, AskedItem] = {}
        self.usage: Usage | None = None
        self.status = ""
        """Empty: it is not over."""
        self.reason = ""
        self.fault: Fault | None = None
        self.letters = 0
        self.sound_ms = 0
        self._held: list[bytes] = []
        """Sound before its first word."""

    @property
    def over(self) -> bool:
        return bool(self.status)

    @property
    def cut(self) -> Cut:
        return _CUTS.get(self.reason, "") if self.status == "incomplete" else ""

    @property
    def empty(self) -> bool:
        return not (self.letters or self.sound_ms or self.asked)

    def take(self, event: Mapping[str, Any]) -> Iterator[ReplyPart]:
        """Raises: BadReply."""
        match event["type"]:
            case "response.created":
                self.id = _id(_within(event, "response", "id"))
            case "response.output_item.added" | "response.output_item.done":
                self._item(event.get("item"))
            case "response.output_audio_transcript.delta":
                yield from self._words(event, voiced=True)
            case "response.output_text.delta":
                yield from self._words(event, voiced=False)
            case "response.output_audio.delta":
                yield from self._sound(event)
            case "response.function_call_arguments.delta":
                self._arguments(event)
            case "response.function_call_arguments.done":
                self._call_done(event, _id(event.get("item_id")))
            case "response.done":
                self._done(event.get("response"))

    def end(self) -> None:
        """Raises: BadReply: there was sound whose words nobody knows."""
        if self._held:
            raise BadReply("sound without words")

    # ---- one kind each

    def _item(self, item: object) -> None:
        if not isinstance(item, Mapping) or not (name := _id(item.get("id"))):
            return
        if item.get("type") == "message":
            self.said.setdefault(name, SaidItem(name))
        elif item.get("type") == "function_call":
            self._call_done(item, name)

    def _words(self, event: Mapping[str, Any], *, voiced: bool) -> Iterator[ReplyPart]:
        text = event.get("delta")
        if not isinstance(text, str) or not text:
            return
        self.letters += len(text)
        if self.letters > MOST_LETTERS:
            raise BadReply("words without end")
        self._said(event).words += text
        yield ReplyWords(text, voiced)
        held, self._held = self._held, []
        for piece in held:
            yield ReplyMulaw(piece)

    def _sound(self, event: Mapping[str, Any]) -> Iterator[ReplyPart]:
        given = event.get("delta")
        try:
            mulaw = base64.b64decode(given if isinstance(given, str) else "", validate=True)
        except (binascii.Error, ValueError):
            raise BadReply("sound that is not base64") from None
        if not mulaw:
            return
        item = self._said(event)
        item.sound_bytes += len(mulaw)
        index = event.get("content_index")
        item.content_index = index if isinstance(index, int) and not isinstance(index, bool) else 0
        self.sound_ms += len(mulaw) // BYTES_PER_MS
        if self.sound_ms * BYTES_PER_MS > MOST_SOUND:
            raise BadReply("sound without end")
        if self.letters:
            yield ReplyMulaw(mulaw)
        else:
            self._held.append(mulaw)

    def _said(self, event: Mapping[str, Any]) -> SaidItem:
        name = _id(event.get("item_id"))
        return self.said.setdefault(name, SaidItem(name))

    def _arguments(self, event: Mapping[str, Any]) -> None:
        piece, call = event.get("delta"), self._asked(_id(event.get("item_id")))
        if isinstance(piece, str):
            call.size += len(piece)
            if call.size > MOST_ARGUMENTS:
                raise BadReply("a request without end")
            call.pieces.append(piece)
        call.id = call.id or _id(event.get("call_id"))

    def _call_done(self, told: Mapping[str, Any], item: str) -> None:
        """Its name, its id, and its arguments as a whole, where they are told."""
        call = self._asked(item)
        call.id = call.id or _id(told.get("call_id"))
        call.name = call.name or _id(told.get("name"))
        whole = told.get("arguments")
        if isinstance(whole, str) and whole:
            if len(whole) > MOST_ARGUMENTS:
                raise BadReply("a request without end")
            call.pieces, call.size = [whole], len(whole)

    def _asked(self, item: str) -> Call:
        if item not in self.asked and len(self.asked) >= MOST_CALLS:
            raise BadReply("requests without end")
        return self.asked.setdefault(item, AskedItem(item)).call

    def _done(self, response: object) -> None:
        told = response if isinstance(response, Mapping) else {}
        status = told.get("status")
        self.status = status if isinstance(status, str) and status else "completed"
        self.reason = _id(_within(told, "status_details", "reason"))
        self.usage = usage_of(told.get("usage"))
        if self.status == "failed":
            self.fault = told_fault({"error": _within(told, "status_details", "error")})
        for item in told.get("output") or ():
            self._item(item)


def _within(told: Mapping[str, Any], *names: str) -> object:
    found: object = told
    for name in names:
        found = found.get(name) if isinstance(found, Mapping) else None
    return found


def _id(told: object) -> str:
    return told if isinstance(told, str) and len(told) <= LONGEST_ID else ""
