"""A chat answer, whole or in the pieces of a stream, to the parts of a reply. Nothing here waits for anything."""

import base64
import binascii
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

import msgspec

from ivr.audio.pcm import Pcm
from ivr.models.openai.faults import Fault, told_fault
from ivr.models.openai.sound import NoSound, SoundPieces
from ivr.models.openai.usage import Usage, usage_of
from ivr.models.ports import ReplyPart, ReplySound, ReplyWords

MOST_LETTERS: Final = 2_000_000
MOST_SOUND: Final = 16_000_000
"""Bytes of samples: five and a half minutes."""
MOST_CALLS: Final = 64
MOST_ARGUMENTS: Final = 65_536
LONGEST_ID: Final = 200
UNREADABLE: Final[Mapping[str, object]] = {"": "unreadable"}
"""Arguments that were no JSON object, as arguments that nothing takes: the engine refuses them and tells the model."""

Cut = Literal["", "length", "filter"]
_CUTS: Final[Mapping[str, Cut]] = {"length": "length", "max_tokens": "length", "content_filter": "filter"}


class BadReply(ValueError):
    """An answer that is none; the text says what it is, in our words."""


class FaultTold(Exception):
    """The far end tells of a fault in the place of (more of) the answer."""

    def __init__(self, fault: Fault) -> None:
        super().__init__()
        self.fault = fault


@dataclass(slots=True)
class Call:
    """A tool call as it comes in."""

    index: int | None
    id: str = ""
    name: str = ""
    pieces: list[str] = field(default_factory=list)
    size: int = 0

    @property
    def written(self) -> str:
        """Its arguments, as they were written."""
        return "".join(self.pieces)

    def arguments(self) -> Mapping[str, object]:
        """Without any: it takes none."""
        written = self.written.strip()
        if not written:
            return {}
        try:
            given = msgspec.json.decode(written)
        except (msgspec.DecodeError, UnicodeError, RecursionError):
            return UNREADABLE
        return given if isinstance(given, dict) else UNREADABLE

    @property
    def readable(self) -> bool:
        return self.arguments() is not UNREADABLE


class Reply:
    """One answer being read. What it has given up to now stands in its fields."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.finish: str | None = None
        self.usage: Usage | None = None
        self.sound_id = ""
        self.refusal = ""
        self.letters = 0
        self.sound_ms = 0
        self._written = ""
        """Words beside any sound."""
        self._said = ""
        """Words of the sound."""
        self._apart = False
        """What is said is not what is written: both are told."""
        self._pieces = SoundPieces()
        self._held: list[Pcm] = []
        """Sound before its first word."""
        self._sound_bytes = 0

    @property
    def words(self) -> str:
        """All of them."""
        return self._said or self._written

    @property
    def said(self) -> str:
        """Those that are in the sound."""
        return self._said

    @property
    def cut(self) -> Cut:
        return _CUTS.get(self.finish or "", "")

    @property
    def empty(self) -> bool:
        return not (self._written or self._said or self.calls or self.sound_ms or self.refusal)

    def chunk(self, told: object) -> Iterator[ReplyPart]:
        """One chunk of a stream. Raises: BadReply, FaultTold."""
        if not isinstance(told, Mapping):
            raise BadReply("something other than an object")
        if told.get("error") is not None and not told.get("choices"):
            raise FaultTold(told_fault(told))
        self._note_usage(told)
        for choice in _objects(told.get("choices")):
            if choice.get("index", 0) in (0, None):
                yield from self._message(choice.get("delta") or choice.get("message"))
                finish = choice.get("finish_reason")
                if isinstance(finish, str) and finish:
                    self.finish = finish

    def whole(self, told: object) -> Iterator[ReplyPart]:
        """An answer that was not streamed. Raises: BadReply, FaultTold."""
        if not isinstance(told, Mapping) or not (told.get("choices") or told.get("error") or told.get("detail")):
            raise BadReply("no answer")
        if not told.get("choices"):
            raise FaultTold(told_fault(told))
        yield from self.chunk(told)
        yield from self.end()
        self.finish = self.finish or "stop"

    def end(self) -> Iterator[ReplyPart]:
        """Nothing more comes. Raises: BadReply: there was sound whose words nobody knows."""
        try:
            last = self._pieces.flush()
        except NoSound as fault:
            raise BadReply(str(fault)) from None
        if last is not None:
            yield from self._sound(last)
        if self._held:
            raise BadReply("sound without words")

    # ---- one message

    def _message(self, message: Any) -> Iterator[ReplyPart]:
        if not isinstance(message, Mapping):
            return
        yield from self._write(_text(message.get("content")))
        refusal = message.get("refusal")
        if isinstance(refusal, str):
            self.refusal = (self.refusal + refusal)[:MOST_LETTERS]
        audio = message.get("audio")
        if isinstance(audio, Mapping):
            yield from self._audio(audio)
        for call in _objects(message.get("tool_calls")):
            self._call(call)
        single = message.get("function_call")
        if isinstance(single, Mapping):
            self._call({"index": 0, "function": single})

    def _write(self, text: str) -> Iterator[ReplyPart]:
        if text:
            self._grow(len(text))
            self._written += text
            if not self._said:
                yield ReplyWords(text)
                yield from self._release()

    def _audio(self, audio: Mapping[str, Any]) -> Iterator[ReplyPart]:
        if isinstance(name := audio.get("id"), str) and 0 < len(name) <= LONGEST_ID:
            self.sound_id = name
        if isinstance(words := audio.get("transcript"), str) and words:
            yield from self._say(words)
        if isinstance(data := audio.get("data"), str) and data:
            try:
                piece = self._pieces.feed(base64.b64decode(data, validate=True))
            except (binascii.Error, ValueError) as fault:
                raise BadReply(str(fault) if isinstance(fault, NoSound) else "sound that is not base64") from None
            if piece is not None:
                yield from self._sound(piece)

    def _say(self, words: str) -> Iterator[ReplyPart]:
        """Words of the sound; those that were written before it already are not told twice."""
        self._grow(len(words))
        self._said += words
        if self._apart or not self._written:
            yield ReplyWords(words, voiced=True)
        elif not self._written.strip().startswith(self._said.strip()):
            self._apart = True
            yield ReplyWords(f" {self._said}", voiced=True)
        yield from self._release()

    def _sound(self, piece: Pcm) -> Iterator[ReplyPart]:
        self._sound_bytes += len(piece.samples)
        if self._sound_bytes > MOST_SOUND:
            raise BadReply("sound without end")
        self.sound_ms = self._sound_bytes * 500 // piece.rate_hz
        if self._said or self._written:
            yield ReplySound(piece)
        else:
            self._held.append(piece)

    def _release(self) -> Iterator[ReplyPart]:
        held, self._held = self._held, []
        for piece in held:
            yield ReplySound(piece)

    # ---- the rest

    def _call(self, told: Mapping[str, Any]) -> None:
        function = told.get("function")
        function = function if isinstance(function, Mapping) else {}
        index = told.get("index")
        index = index if isinstance(index, int) and not isinstance(index, bool) else None
        name, id_ = _named(function.get("name")), _named(told.get("id"))
        call = self._open(index, id_, name)
        call.id = call.id or id_
        call.name = call.name or name
        given = function.get("arguments")
        if given is not None:
            written = given if isinstance(given, str) else msgspec.json.encode(given).decode()
            call.size += len(written)
            if call.size > MOST_ARGUMENTS:
                raise BadReply("a request without end")
            call.pieces.append(written)

    def _open(self, index: int | None, id_: str, name: str) -> Call:
        """The call that this belongs to. Some servers number all alike, or give no number, no id, or both each time."""
        for call in reversed(self.calls):
            another = (id_ and call.id and id_ != call.id) or (index is None and not id_ and name and call.name)
            same = call.index == index if index is not None else (call.id == id_ if id_ else not name)
            if same and not another:
                return call
        if len(self.calls) >= MOST_CALLS:
            raise BadReply("requests without end")
        call = Call(index)
        self.calls.append(call)
        return call

    def _note_usage(self, told: Mapping[str, Any]) -> None:
        used = usage_of(told.get("usage"))
        if used is not None:
            self.usage = used

    def _grow(self, letters: int) -> None:
        self.letters += letters
        if self.letters > MOST_LETTERS:
            raise BadReply("words without end")


def _objects(told: object) -> Iterator[Mapping[str, Any]]:
    for one in told if isinstance(told, list) else ():
        if isinstance(one, Mapping):
            yield one


def _named(told: object) -> str:
    return told if isinstance(told, str) and len(told) <= LONGEST_ID else ""


def _text(content: object) -> str:
    """A text, or text parts."""
    if isinstance(content, str):
        return content
    parts = (part.get("text") for part in _objects(content) if part.get("type") in ("text", "output_text"))
    return "".join(part for part in parts if isinstance(part, str))
