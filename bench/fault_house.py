"""A far end for fault trials, by the byte: it hears, thinks and speaks as OpenAI-compatible endpoints do, and books
tables; what is asked of it may fail in every way that the network and its own mistakes allow.

It knows no more than a call of `bench.fault_matrix` needs. Times are of the event loop.
"""

import asyncio
import hashlib
import io
import json
import struct
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache, partial
from types import TracebackType
from typing import Any, Final, Literal, Self

from ivr.models.offline.instant import speech_like
from ivr.models.sentences import sentences

Role = Literal["hear", "think", "speak"]
ROLES: Final[tuple[Role, ...]] = ("hear", "think", "speak")
PATHS: Final[Mapping[str, Role]] = {
    "/v1/audio/transcriptions": "hear",
    "/v1/chat/completions": "think",
    "/v1/audio/speech": "speak",
}
Port = Role | Literal["desk"]
"""The desk takes bookings, and never fails."""
PORTS: Final[tuple[Port, ...]] = (*ROLES, "desk")
BOOKED: Final = "/bookings"
RATE_HZ: Final = 24_000
LETTER_MS: Final = 55
PIECE_BYTES: Final = RATE_HZ * 2 // 5
SLOW_S, STALL_S = 7.0, 60.0
HUGE_BYTES: Final = 50_000_000


OFFER: Final = "There is a table for two at seven. It stands by the window. Shall I take it for you?"
DONE: Final = "It is booked for two at seven. We look forward to it. Is there anything else?"
SENTENCES: Final = (*sentences(OFFER), *sentences(DONE))
"""What the model says. Other sentences are the flow's."""


class Fault(StrEnum):
    """What goes wrong with one answer."""

    LIMITED = "429"
    LIMITED_LONG = "429, 30 s"
    BROKEN = "500"
    OVERLOADED = "503"
    NO_CREDIT = "no credit"
    KEY = "401"
    REFUSED = "refused"
    RESET = "reset"
    SLOW = "slow"
    STALL = "stall"
    CUT_BYTE = "cut, 1 byte"
    CUT_LINE = "cut, in a line"
    CUT_WORD = "cut, in a word"
    NO_END = "no end"
    GARBAGE = "garbage"
    NOT_UTF8 = "not UTF-8"
    ERROR_200 = "200, error"
    WRONG_RATE = "wrong rate"
    TEXT_ONLY = "text only"
    REFUSAL = "refusal"
    HUGE = "50 MB"


STATUS: Final[Mapping[Fault, tuple[int, str, str]]] = {
    Fault.LIMITED: (429, "rate_limit_exceeded", "retry-after: 0\r\n"),
    Fault.LIMITED_LONG: (429, "rate_limit_exceeded", "retry-after: 30\r\n"),
    Fault.BROKEN: (500, "server_error", ""),
    Fault.OVERLOADED: (503, "server_is_overloaded", ""),
    Fault.NO_CREDIT: (429, "insufficient_quota", ""),
    Fault.KEY: (401, "invalid_api_key", ""),
}
INSIDE: Final = frozenset({Fault.STALL, Fault.CUT_BYTE, Fault.CUT_LINE, Fault.CUT_WORD, Fault.NO_END})
"""They have a place in a stream."""


@dataclass(frozen=True, slots=True)
class Plan:
    """`fault` of all requests of `role` from number `first` on, `most` of them. `at`: the share of the answer that
    came before it, where the fault has a place in it."""

    role: Role
    fault: Fault
    first: int = 0
    most: int = 1_000
    at: float = 0.0

    def hits(self, role: Role, number: int) -> bool:
        return role == self.role and self.first <= number < self.first + self.most


@dataclass(slots=True)
class House:
    """`plan` None: all goes well. `lines`: what the caller says, in order; each new sound is the next one."""

    plan: Plan | None = None
    lines: list[str] = field(default_factory=list)
    letter_ms: int = LETTER_MS
    """How long the voice takes over one."""
    asked: Counter[str] = field(default_factory=Counter)
    booked: int = 0
    open: int = 0
    """Requests whose answer is not over."""
    beside: "House | None" = None
    """Another one, that is asked where this one fails."""
    bodies: Counter[str] = field(default_factory=Counter)
    """How often each was sent."""
    _heard: dict[str, str] = field(default_factory=dict)
    _servers: dict[Port, asyncio.Server] = field(default_factory=dict)
    _ports: dict[Port, int] = field(default_factory=dict)
    _lines: dict[asyncio.StreamWriter, Port] = field(default_factory=dict)

    def url(self, port: Port) -> str:
        """Each has one of its own."""
        return f"http://127.0.0.1:{self._ports[port]}"

    async def __aenter__(self) -> Self:
        for port in PORTS:
            serve = partial(self._serve, port)
            self._servers[port] = server = await asyncio.start_server(serve, "127.0.0.1", 0, limit=8_000_000)
            self._ports[port] = server.sockets[0].getsockname()[1]
        self._close_if_refused()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, _e: BaseException | None, _t: TracebackType | None
    ) -> None:
        for port in PORTS:
            self._shut(port)

    def _shut(self, port: Port) -> None:
        if (server := self._servers.pop(port, None)) is not None:
            server.close()
        for line in [line for line, of in self._lines.items() if of == port]:
            line.transport.abort()

    def _close_if_refused(self) -> None:
        """Nobody listens any more, before the request that it is planned for."""
        plan = self.plan
        if plan is not None and plan.fault is Fault.REFUSED and self.asked[plan.role] >= plan.first:
            self._shut(plan.role)

    async def _serve(self, port: Port, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._lines[writer] = port
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                path = head.split(b" ", 2)[1].decode()
                length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0] or 0)
                body = await reader.readexactly(length)
                self.open += 1
                try:
                    await self._answer(path, body, _Line(reader, writer))
                finally:
                    self.open -= 1
                self._close_if_refused()
        except (asyncio.IncompleteReadError, ConnectionError, _Broken):
            pass
        finally:
            self._lines.pop(writer, None)
            writer.transport.abort()

    async def _answer(self, path: str, body: bytes, line: "_Line") -> None:
        if path == BOOKED:
            self.booked += 1
            await line.whole(b"{}", status=201)
            return
        role = PATHS[path]
        number, self.asked[role] = self.asked[role], self.asked[role] + 1
        self.bodies[self._same(role, body)] += 1
        plan = self.plan if self.plan is not None and self.plan.hits(role, number) else None
        fault = None if plan is None else plan.fault
        if fault in STATUS:
            status, code, headers = STATUS[fault]
            await line.whole(_error(code), status=status, headers=headers)
            return
        match fault:
            case Fault.RESET:
                raise _Broken
            case Fault.SLOW:
                await line.rest(SLOW_S)
            case Fault.GARBAGE:
                await line.whole(b'{"id": "chatcmpl-1", "choices": [{"index"')
                return
            case Fault.NOT_UTF8:
                await line.whole(b'{"id": "\xff\xfe", "choices": []}')
                return
            case Fault.ERROR_200:
                await line.whole(_error("server_error"))
                return
            case Fault.HUGE:
                await line.huge()
                return
        match role:
            case "hear":
                await line.stream([json.dumps({"text": self._words(body)}).encode()], "application/json", plan)
            case "think":
                await line.stream(list(_events(json.loads(body), fault)), "text/event-stream", plan)
            case "speak":
                await line.stream(*_sound(json.loads(body)["input"], fault, self.letter_ms), plan)

    @property
    def at_work(self) -> int:
        return self.open + (0 if self.beside is None else self.beside.open)

    @property
    def most_tries(self) -> int:
        """The most often that one and the same was asked."""
        return max(self.bodies.values(), default=0)

    @staticmethod
    def _same(role: Role, body: bytes) -> str:
        told = body[body.index(b"RIFF") :][:20_000] if role == "hear" else body
        return f"{role} {hashlib.sha256(told).hexdigest()}"

    def _words(self, body: bytes) -> str:
        """The same of the same sound, however often it is sent."""
        begin = body.index(b"RIFF")
        digest = hashlib.sha256(body[begin : begin + 20_000]).hexdigest()
        if digest not in self._heard:
            self._heard[digest] = self.lines.pop(0) if self.lines else ""
        return self._heard[digest]


class _Broken(Exception):
    """The connection breaks here."""


class _Line:
    """One connection, on which an answer leaves."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    async def rest(self, seconds: float) -> None:
        """Silent for so long. Raises: _Broken when nobody waits any more."""
        until = asyncio.get_running_loop().time() + seconds
        while asyncio.get_running_loop().time() < until:
            if self._reader.at_eof() or self._writer.transport.is_closing():
                raise _Broken
            await asyncio.sleep(0.02)

    async def whole(self, body: bytes, status: int = 200, headers: str = "") -> None:
        told = f"content-type: application/json\r\ncontent-length: {len(body)}\r\n{headers}"
        self._writer.write(f"HTTP/1.1 {status} Told\r\n{told}\r\n".encode() + body)
        await self._writer.drain()

    async def huge(self) -> None:
        self._head("application/json")
        for _ in range(HUGE_BYTES // 65_536):
            self._chunk(b" " * 65_536)
            await self._writer.drain()
            await asyncio.sleep(0)
        self._writer.write(b"0\r\n\r\n")

    async def stream(self, pieces: list[bytes], media_type: str, plan: Plan | None) -> None:
        """Piece by piece; where the plan says so it stalls, or ends before its end."""
        self._head(media_type)
        inside = plan.fault if plan is not None and plan.fault in INSIDE else None
        at = -1 if plan is None or inside is None else min(len(pieces) - 1, int(len(pieces) * plan.at))
        for number, piece in enumerate(pieces):
            if number == at:
                await self._fail(piece, inside)
                if inside is Fault.NO_END:
                    break
            self._chunk(piece)
            await self._writer.drain()
            await asyncio.sleep(0.01)
        self._writer.write(b"0\r\n\r\n")
        await self._writer.drain()

    async def _fail(self, piece: bytes, fault: Fault | None) -> None:
        match fault:
            case Fault.STALL:
                await self.rest(STALL_S)
            case Fault.CUT_BYTE:
                self._chunk(piece[:1])
            case Fault.CUT_LINE:
                self._chunk(piece[: len(piece) // 3])
            case Fault.CUT_WORD:
                self._chunk(piece[: -max(3, len(piece) // 5)])
            case _:
                return
        await self._writer.drain()
        await asyncio.sleep(0.05)
        raise _Broken

    def _head(self, media_type: str) -> None:
        told = f"content-type: {media_type}\r\ntransfer-encoding: chunked\r\n"
        self._writer.write(f"HTTP/1.1 200 OK\r\n{told}\r\n".encode())

    def _chunk(self, body: bytes) -> None:
        self._writer.write(f"{len(body):x}\r\n".encode() + body + b"\r\n")


def _error(code: str) -> bytes:
    return json.dumps({"error": {"message": "Told to fail.", "type": code, "param": None, "code": code}}).encode()


# ---- the one who thinks


def _events(body: Mapping[str, Any], fault: Fault | None) -> Iterator[bytes]:
    words, calls = _meant(body)
    if fault is Fault.REFUSAL:
        yield _event({"refusal": "I can't help with that."})
        calls = []
    else:
        yield _event({"role": "assistant", "content": ""})
        for at, word in enumerate(words.split(" ")):
            yield _event({"content": word if at == 0 else f" {word}"})
    for index, (name, arguments) in enumerate(calls):
        function = {"name": name, "arguments": json.dumps(arguments)}
        yield _event(
            {"tool_calls": [{"index": index, "id": f"call_{index}", "type": "function", "function": function}]}
        )
    yield _event({}, "tool_calls" if calls else "stop") + b"data: [DONE]\n\n"


def _event(delta: Mapping[str, object], finish: str | None = None) -> bytes:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    return f"data: {json.dumps({'object': 'chat.completion.chunk', 'choices': [choice]})}\n\n".encode()


def _meant(body: Mapping[str, Any]) -> tuple[str, list[tuple[str, Mapping[str, object]]]]:
    """Words and requests, by what the last messages say."""
    names = {tool["function"]["name"] for tool in body.get("tools", ())}
    last = body["messages"][-1]
    if last["role"] == "tool":
        return DONE, []
    told = json.dumps(last["content"]).lower()
    if "reserve" in told and "book" in names:
        return "", [("book", {})]
    if "all right" in told and "exit_done" in names:
        return "", [("exit_done", {})]
    return OFFER, []


# ---- the one who speaks


@cache
def _sound(text: str, fault: Fault | None, letter_ms: int) -> tuple[list[bytes], str]:
    ms = letter_ms * len(text)
    if fault is Fault.TEXT_ONLY:
        return [json.dumps({"text": "only words"}).encode()], "application/json"
    if fault is Fault.WRONG_RATE:
        samples = speech_like(ms, 16_000).samples
        return _pieces(_wav_head(len(samples), 16_000) + samples), "audio/wav"
    return _pieces(speech_like(ms, RATE_HZ).samples), "audio/pcm"


def _pieces(sound: bytes) -> list[bytes]:
    return [sound[at : at + PIECE_BYTES] for at in range(0, len(sound), PIECE_BYTES)]


def _wav_head(size: int, rate_hz: int) -> bytes:
    told = io.BytesIO()
    told.write(b"RIFF" + struct.pack("<I", 36 + size) + b"WAVEfmt ")
    told.write(struct.pack("<IHHIIHH", 16, 1, 1, rate_hz, 2 * rate_hz, 2, 16) + b"data" + struct.pack("<I", size))
    return told.getvalue()
