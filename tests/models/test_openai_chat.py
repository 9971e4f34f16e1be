"""A talk with a model that hears and speaks: what becomes of each thing that a far end may do to it."""

import asyncio
import base64
import json
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from ivr.audio import wav
from ivr.audio.pcm import Pcm
from ivr.errors import ModelError, ModelRefused, ModelUnavailable
from ivr.flow.flow import Never, Style
from ivr.flow.state import AskModel, ModelRequest, ModelTool, Said
from ivr.models.deadline import due_in
from ivr.models.offline.instant import speech_like
from ivr.models.openai.chat import AudioChat, TextChat
from ivr.models.openai.far_end import FarEnd
from ivr.models.ports import ReplyDone, ReplyPart, ReplySound, ReplyWords
from ivr.models.profiles import Prices
from ivr.units import Millis
from tests.models.plain_server import Answers, Heard, server

TOOL = ModelTool("fill", "Note what was said.", {"type": "object", "properties": {"name": {"type": "string"}}})
ASK = AskModel("c:1:1", "host", "en-US", "Be kind.", {}, (), "Hello.", (), (TOOL,), Style(), Never(), (), Millis(8000))
SOUND = speech_like(600, 8000)
SPEECH = speech_like(900, 24_000)
PRICES = Prices(text_in=Decimal("0.15"), text_out=Decimal("0.60"), audio_in=Decimal(10), audio_out=Decimal(20))
USED = {"prompt_tokens": 8, "completion_tokens": 54, "completion_tokens_details": {"audio_tokens": 37}}
COST = (8 * Decimal("0.15") + 17 * Decimal("0.60") + 37 * 20) / 1_000_000
DONE = "[DONE]"


def chunk(delta: dict[str, Any], finish: str | None = None, **more: Any) -> dict[str, Any]:
    return {"choices": [{"index": 0, "delta": delta, "finish_reason": finish}], **more}


def sound(samples: bytes) -> dict[str, Any]:
    return chunk({"audio": {"data": base64.b64encode(samples).decode()}})


def spoken(piece: int = 6000, finish: str = "stop", head: bytes = b"") -> list[Any]:
    """A spoken answer as the first of servers streams it."""
    data = head + SPEECH.samples
    return [
        chunk({"role": "assistant", "content": None, "refusal": None}),
        chunk({"audio": {"id": "audio_1", "transcript": "Hel"}}),
        sound(data[:piece]),
        chunk({"audio": {"transcript": "lo é."}}),
        *(sound(data[at : at + piece]) for at in range(piece, len(data), piece)),
        chunk({"audio": {"expires_at": 1790003600}}),
        chunk({}, finish),
        {"choices": [], "usage": USED},
        DONE,
    ]


def body_of(events: Sequence[Any], newline: str = "\n", comment: str = "") -> bytes:
    lines = [event if isinstance(event, str) else json.dumps(event, ensure_ascii=False) for event in events]
    return "".join(f"{comment}data: {line}{newline}{newline}" for line in lines).encode()


def streamed(body: bytes, split: int = 1_000_000, *, ends: bool = True, cut: bool = False) -> Answers:
    """`ends`: the body does, else it just stops coming; `cut`: the connection breaks."""

    async def answers(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, _: Heard) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")
        for at in range(0, len(body), split):
            piece = body[at : at + split]
            writer.write(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
            await writer.drain()
            await asyncio.sleep(0)
        if cut:
            raise ConnectionError
        if ends:
            writer.write(b"0\r\n\r\n")
        else:
            await reader.read()

    return answers


def plain(body: object, status: str = "200 OK", headers: str = "", kind: str = "application/json") -> Answers:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    head = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(raw)}\r\n{headers}\r\n"

    async def answers(_: asyncio.StreamReader, writer: asyncio.StreamWriter, __: Heard) -> None:
        writer.write(head.encode() + raw)

    return answers


class Told:
    """What came of one reply."""

    def __init__(self) -> None:
        self.parts: list[ReplyPart] = []
        self.error: ModelError | None = None
        self.costs: list[Decimal] = []
        self.seen = Heard()

    @property
    def words(self) -> str:
        return "".join(part.text for part in self.parts if isinstance(part, ReplyWords))

    @property
    def sound(self) -> Pcm:
        pieces = [part.pcm for part in self.parts if isinstance(part, ReplySound)]
        rates = {piece.rate_hz for piece in pieces}
        assert len(rates) <= 1
        return Pcm(b"".join(piece.samples for piece in pieces), rates.pop() if rates else 24_000)

    @property
    def done(self) -> ReplyDone | None:
        return next((part for part in self.parts if isinstance(part, ReplyDone)), None)


async def told(answers: Answers, ask: AskModel = ASK, deadline_ms: int = 20_000, **given: Any) -> Told:
    found = Told()
    async with server(answers) as (url, found.seen):
        far_end = FarEnd(url, **{name: given.pop(name) for name in ("idle_ms", "first_ms") if name in given})
        chat = AudioChat(far_end, "gpt-audio-1.5", "alloy", prices=PRICES, tally=found.costs.append, **given)
        try:
            async with aclosing(chat.respond(ask, SOUND, due_in(deadline_ms))) as parts:
                async for part in parts:
                    found.parts.append(part)
        except ModelError as error:
            found.error = error
        finally:
            await far_end.close()
    return found


# ---- good answers


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize(("piece", "split"), [(6000, 1_000_000), (6001, 4099), (333, 31)])
async def test_a_spoken_answer_however_it_is_cut(newline: str, piece: int, split: int) -> None:
    got = await told(streamed(body_of(spoken(piece), newline, f": keep-alive{newline}{newline}"), split))
    assert got.error is None
    assert (got.words, got.sound) == ("Hello é.", SPEECH)
    assert got.done == ReplyDone((), COST, "")
    assert got.costs == [COST]


def without(kind: str) -> list[Any]:
    events = spoken()
    match kind:
        case "done":
            return events[:-1]
        case "usage":
            return [*events[:-2], DONE]
        case "usage before the finish":
            return [*events[:-3], events[-2], events[-3], DONE]
        case "usage in the finish":
            return [*events[:-3], {**events[-3], "usage": USED}, DONE]
        case "finish":
            return [*events[:-3], *events[-2:]]
        case "ids":
            return json.loads(json.dumps(events).replace('"id": "audio_1", ', ""))  # type: ignore[no-any-return]
        case "expiry":
            return [event for event in events if "expires_at" not in json.dumps(event)]
        case "role":
            return events[1:]
    raise AssertionError(kind)


@pytest.mark.parametrize(
    "kind",
    ["done", "usage", "usage before the finish", "usage in the finish", "finish", "ids", "expiry", "role"],
)
async def test_what_servers_leave_out_is_not_missed(kind: str) -> None:
    got = await told(streamed(body_of(without(kind))))
    assert got.error is None
    assert (got.words, got.sound) == ("Hello é.", SPEECH)
    assert got.done is not None
    assert got.done.cost == COST if kind != "usage" else Decimal("0.0003") < got.done.cost < Decimal("0.0009")


async def test_a_wav_file_where_samples_were_asked_for() -> None:
    head = wav.header(wav.WavFormat.PCM16, 1, 16_000, None)
    got = await told(streamed(body_of(spoken(777, head=head))))
    assert got.sound == Pcm(SPEECH.samples, 16_000)


async def test_a_written_answer_to_who_asked_for_sound() -> None:
    got = await told(streamed(body_of([chunk({"content": "Hel"}), chunk({"content": "lo."}), chunk({}, "stop"), DONE])))
    assert (got.words, len(got.sound), got.done) == ("Hello.", 0, ReplyDone((), got.costs[0], ""))


@pytest.mark.parametrize("sizes", ["true", "zero", "unknown"])
@pytest.mark.parametrize("stream", [True, False])
async def test_a_whole_answer_whether_asked_for_or_not(stream: bool, sizes: str) -> None:
    data = bytearray(wav.write(SPEECH))
    if sizes != "true":
        data[4:8] = data[40:44] = bytes(4) if sizes == "zero" else b"\xff" * 4
    audio = {"id": "audio_1", "data": base64.b64encode(data).decode(), "expires_at": 1, "transcript": "Hello."}
    message = {"role": "assistant", "content": None, "audio": audio}
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    got = await told(plain({"choices": [choice], "usage": USED}), stream=stream)
    assert (got.words, got.sound, got.done) == ("Hello.", SPEECH, ReplyDone((), COST, ""))
    sent = json.loads(got.seen.bodies[0])
    assert (sent.get("stream", False), sent["audio"]["format"]) == (stream, "pcm16" if stream else "wav")


async def test_words_and_two_requests_in_one_turn() -> None:
    calls = [
        chunk({"tool_calls": [{"index": 0, "id": "call_a", "function": {"name": "fill", "arguments": ""}}]}),
        chunk({"tool_calls": [{"index": 0, "function": {"arguments": '{"name": "\\u00'}}]}),
        chunk({"tool_calls": [{"index": 1, "id": "call_b", "function": {"name": "look_up", "arguments": ""}}]}),
        chunk({"tool_calls": [{"index": 0, "function": {"arguments": 'e9"}'}}]}),
    ]
    events = spoken(finish="tool_calls")
    got = await told(streamed(body_of([*events[:-3], *calls, *events[-3:]])))
    assert got.words == "Hello é."
    assert got.done is not None
    assert got.done.requests == (ModelRequest("c:1:1/0", "fill", {"name": "é"}), ModelRequest("c:1:1/1", "look_up", {}))


async def test_what_is_sent_is_what_the_endpoint_takes() -> None:
    got = await told(streamed(body_of(spoken())))
    sent = json.loads(got.seen.bodies[0])
    assert {name: sent[name] for name in ("model", "modalities", "audio", "stream", "stream_options")} == {
        "model": "gpt-audio-1.5",
        "modalities": ["text", "audio"],
        "audio": {"voice": "alloy", "format": "pcm16"},
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    assert [message["role"] for message in sent["messages"]] == ["system", "user"]
    assert sent["tools"][0]["function"]["name"] == "fill"


# ---- answers that end too soon


@pytest.mark.parametrize(("finish", "cut"), [("length", "length"), ("content_filter", "filter")])
async def test_an_answer_that_was_stopped_says_so_and_keeps_what_is_whole(finish: str, cut: str) -> None:
    calls = [
        chunk({"tool_calls": [{"index": 0, "id": "a", "function": {"name": "look_up", "arguments": "{}"}}]}),
        chunk({"tool_calls": [{"index": 1, "id": "b", "function": {"name": "fill", "arguments": '{"na'}}]}),
    ]
    events = spoken(finish=finish)
    got = await told(streamed(body_of([*events[:4], *calls, *events[-3:]])))
    assert got.done is not None
    assert (got.done.cut, [one.name for one in got.done.requests]) == (cut, ["look_up"])


@pytest.mark.parametrize(
    "events",
    [
        [chunk({"refusal": "I can't "}), chunk({"refusal": "help."}), chunk({}, "stop"), DONE],
        [chunk({}, "content_filter"), DONE],
    ],
)
async def test_words_that_were_held_back_are_not_said(events: list[Any]) -> None:
    got = await told(streamed(body_of(events)))
    assert isinstance(got.error, ModelRefused) and got.error.kind == "words"
    assert got.words == ""


BROKEN = spoken()[:4]


@pytest.mark.parametrize(
    ("answers", "error", "kind"),
    [
        (streamed(body_of(BROKEN)), ModelUnavailable, "cut"),
        (streamed(body_of(BROKEN), cut=True), ModelUnavailable, "cut"),
        (streamed(body_of(spoken())[:2000], cut=True), ModelUnavailable, "cut"),
        (streamed(body_of(spoken())[:2000]), ModelUnavailable, "garbage"),
        (streamed(body_of(BROKEN), ends=False), ModelUnavailable, "late"),
        (streamed(body_of([*BROKEN, {"error": {"type": "server_error"}}])), ModelUnavailable, "fault"),
        (streamed(body_of([*BROKEN, {"error": {"code": 429}}])), ModelUnavailable, "overload"),
        (streamed(body_of([*BROKEN, {"error": {"code": "content_filter"}}])), ModelRefused, "words"),
        (streamed(body_of(BROKEN) + b"data: {\n\n" + body_of(spoken()[4:])), ModelUnavailable, "garbage"),
        (streamed(body_of(BROKEN) + b'data: {"id": "\xff"}\n\n'), ModelUnavailable, "garbage"),
        (streamed(body_of([*BROKEN, sound(b"x")]).replace(b'"eA=="', b'"%%%"')), ModelUnavailable, "garbage"),
    ],
    ids=["no finish", "broken", "broken in a line", "ends in a line", "stalls", "error", "busy", "filter", "no JSON",
         "no UTF-8", "no base64"],
)  # fmt: skip
async def test_what_came_before_a_break_was_told_and_the_break_is(
    answers: Answers, error: type[ModelError], kind: str
) -> None:
    got = await told(answers, idle_ms=300)
    assert got.words.startswith("Hel")
    assert isinstance(got.error, error) and got.error.kind == kind  # type: ignore[attr-defined]
    assert got.done is None
    assert len(got.costs) == 1 and got.costs[0] > 0


ERROR = {"error": {"message": "the caller said 4111", "type": "invalid_request_error", "param": None, "code": None}}


@pytest.mark.parametrize(
    ("answers", "error", "kind"),
    [
        (plain(ERROR, "400 Bad"), ModelRefused, "request"),
        (plain(ERROR, "401 No"), ModelRefused, "key"),
        (plain({"error": {"code": "model_not_found"}}, "404 Not Found"), ModelRefused, "model"),
        (plain(ERROR, "429 Slow", "Retry-After: 7\r\n"), ModelUnavailable, "overload"),
        (plain({"error": {"code": "insufficient_quota"}}, "429 Slow"), ModelRefused, "credit"),
        (plain(b"<html>502</html>", "502 Bad Gateway", kind="text/html"), ModelUnavailable, "fault"),
        (plain(b"<html>log in</html>", kind="text/html"), ModelUnavailable, "garbage"),
        (plain({"error": {"type": "server_error"}}), ModelUnavailable, "fault"),
        (plain({"choices": []}), ModelUnavailable, "garbage"),
        (plain({"hello": 1}), ModelUnavailable, "garbage"),
        (plain(b'{"choices": [{"index"'), ModelUnavailable, "garbage"),
        (plain(b""), ModelUnavailable, "garbage"),
        (plain(b"{" + b" " * 25_000_000), ModelUnavailable, "garbage"),
        (streamed(b""), ModelUnavailable, "garbage"),
        (streamed(body_of([{"error": {"code": "rate_limit_exceeded"}}])), ModelUnavailable, "overload"),
        (streamed(b": OPENROUTER PROCESSING\n\n" * 3, ends=False), ModelUnavailable, "late"),
        (streamed(body_of([DONE])), ModelUnavailable, "garbage"),
        (streamed(b"data: " + b"x" * 5_000_000), ModelUnavailable, "garbage"),
        (streamed(body_of([chunk({"audio": {"data": "AAAA"}}), chunk({}, "stop"), DONE])), ModelUnavailable, "garbage"),
    ],
    ids=["400", "401", "404", "429", "no credit", "502", "a page", "200 and error", "no choices", "no answer",
         "half a JSON", "empty", "huge", "empty stream", "error first", "comments only", "only its end", "a long line",
         "sound without words"],
)  # fmt: skip
async def test_a_fault_before_the_first_part(answers: Answers, error: type[ModelError], kind: str) -> None:
    got = await told(answers, idle_ms=300, deadline_ms=3_000)
    assert got.parts == []
    assert isinstance(got.error, error) and got.error.kind == kind  # type: ignore[attr-defined]
    assert "4111" not in repr(got.error)
    assert len(got.seen.bodies) == 1
    assert sum(got.costs) == 0 or kind == "garbage"


async def test_signs_of_life_alone_do_not_hold_up_the_first_part() -> None:
    async def alive(_: asyncio.StreamReader, writer: asyncio.StreamWriter, __: Heard) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: 900000000\r\n\r\n")
        while True:
            writer.write(b": still here\n\n")
            await writer.drain()
            await asyncio.sleep(0.01)

    got = await told(alive, first_ms=200)
    assert isinstance(got.error, ModelUnavailable) and got.error.kind == "late"


# ---- taken back


async def test_a_reply_that_is_not_wanted_any_more_is_taken_back_at_once_and_counted() -> None:
    costs: list[Decimal] = []
    async with server(streamed(body_of(BROKEN), ends=False)) as (url, seen):
        far_end = FarEnd(url)
        chat = AudioChat(far_end, "m", "alloy", prices=PRICES, tally=costs.append)
        coming: AsyncGenerator[ReplyPart, None] = chat.respond(ASK, SOUND, due_in(20_000))
        while not isinstance(await anext(coming), ReplySound):
            pass
        assert seen.open == 1
        await coming.aclose()
        async with asyncio.timeout(20):
            await seen.gone.wait()
        await far_end.close()
    assert len(costs) == 1 and costs[0] > 0


async def test_who_is_cancelled_while_waiting_takes_the_request_back() -> None:
    async with server(streamed(body_of(BROKEN[:1]), ends=False)) as (url, seen):
        far_end = FarEnd(url)
        chat = AudioChat(far_end, "m", "alloy")

        async def wait() -> None:
            async with aclosing(chat.respond(ASK, SOUND, due_in(20_000))) as parts:
                async for _ in parts:
                    pass

        async with asyncio.TaskGroup() as tasks:
            waiting = tasks.create_task(wait())
            async with asyncio.timeout(20):
                await seen.asked.wait()
            waiting.cancel()
        async with asyncio.timeout(20):
            await seen.gone.wait()
        await far_end.close()


# ---- sounds told again


def later(said: str = "Hello é.") -> AskModel:
    turns = (Said("caller", "Hello.", Millis(1)), Said("bot", said, Millis(2), "c:1:1"))
    return replace(ASK, id="c:2:1", told=turns, heard="Soup.")


async def test_a_sound_that_the_far_end_has_forgotten_is_told_as_text_and_so_are_all_others() -> None:
    gone = {"error": {"type": "invalid_request_error", "code": "audio_not_found", "param": "messages[2].audio.id"}}

    async def answers(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, seen: Heard) -> None:
        named = b'"audio_1"' in seen.bodies[-1]
        chosen = plain(gone, "400 Bad Request") if named else streamed(body_of(spoken()))
        await chosen(reader, writer, seen)

    async with server(answers) as (url, seen):
        far_end = FarEnd(url)
        chat = AudioChat(far_end, "m", "alloy")
        for ask in (ASK, later(), replace(later(), id="c:3:1")):
            async with aclosing(chat.respond(ask, SOUND, due_in(20_000))) as parts:
                assert isinstance([part async for part in parts][-1], ReplyDone)
        await far_end.close()
    told_again = [json.loads(body)["messages"][2:3] for body in seen.bodies]
    assert told_again[1] == [{"role": "assistant", "audio": {"id": "audio_1"}}]
    assert told_again[2] == told_again[3] == [{"role": "assistant", "content": "Hello é."}]
    assert len(seen.bodies) == 4


async def test_a_sound_that_is_refused_again_and_again_is_not_asked_for_without_end() -> None:
    gone = {"error": {"type": "invalid_request_error", "code": "audio_not_found", "param": "messages[2].audio.id"}}
    got = await told(plain(gone, "400 Bad Request"))
    assert isinstance(got.error, ModelRefused)
    assert len(got.seen.bodies) == 2


async def test_what_was_heard_only_in_part_or_written_is_told_as_text() -> None:
    async with server(streamed(body_of(spoken()))) as (url, seen):
        far_end = FarEnd(url)
        for chat in (AudioChat(far_end, "m", "alloy"), TextChat(far_end, "m")):
            for ask in (ASK, later("Hel")):
                async with aclosing(chat.respond(ask, None, due_in(20_000))) as parts:
                    assert [part async for part in parts]
        await far_end.close()
    assert all(b"audio_1" not in body for body in seen.bodies)
