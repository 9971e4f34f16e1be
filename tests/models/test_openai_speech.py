"""A voice of a far end: what is asked, what is played, what is no sound."""

import asyncio
import json
from decimal import Decimal

import pytest

from ivr.audio import wav
from ivr.audio.pcm import Pcm
from ivr.audio.resample import Resampler
from ivr.errors import ModelRefused, ModelUnavailable
from ivr.models.deadline import due_in
from ivr.models.offline.instant import speech_like
from ivr.models.openai.far_end import FarEnd
from ivr.models.openai.speech import Speech
from ivr.models.ports import Voice
from ivr.models.profiles import Prices
from tests.models.plain_server import Answers, Heard, server, told

SPEECH = speech_like(700, 24_000)


async def spoken(
    answers: Answers, text: str = "Hello.", voice: Voice | None = None, **given: object
) -> tuple[Pcm, Heard]:
    async with server(answers) as (url, seen):
        far_end = FarEnd(url)
        engine = Speech(far_end, "tts-1", "nova", **given)  # type: ignore[arg-type]
        try:
            pieces = [piece async for piece in engine.speak(text, voice or Voice(), due_in(20_000))]
        finally:
            await far_end.close()
    assert all(piece.rate_hz == engine.rate_hz and piece.samples for piece in pieces)
    return Pcm(b"".join(piece.samples for piece in pieces), engine.rate_hz), seen


def dripping(body: bytes, size: int, content_type: str = "audio/pcm") -> Answers:
    """In chunks of a size."""

    async def answers(_: asyncio.StreamReader, writer: asyncio.StreamWriter, __: Heard) -> None:
        head = f"HTTP/1.1 200 OK\r\nContent-Type: {content_type}\r\nTransfer-Encoding: chunked\r\n\r\n"
        writer.write(head.encode())
        for at in range(0, len(body), size):
            piece = body[at : at + size]
            writer.write(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
            await writer.drain()
        writer.write(b"0\r\n\r\n")

    return answers


@pytest.mark.parametrize("size", [1, 777, 4096, 100_000])
async def test_samples_are_played_as_they_come(size: int) -> None:
    body = SPEECH.samples[:2001] if size == 1 else SPEECH.samples
    got, seen = await spoken(dripping(body, size))
    assert got.samples == body[: len(body) // 2 * 2]
    assert json.loads(seen.bodies[0]) == {
        "model": "tts-1",
        "input": "Hello.",
        "voice": "nova",
        "response_format": "pcm",
    }


async def test_a_flow_s_voice_and_fields_of_one_s_own() -> None:
    _, seen = await spoken(told(SPEECH.samples, "audio/pcm"), voice=Voice("marin"), more={"speed": 1.1})
    body = json.loads(seen.bodies[0])
    assert (body["voice"], body["speed"]) == ("marin", 1.1)


@pytest.mark.parametrize("sizes", [b"\x00" * 4, b"\xff" * 4])
async def test_a_wav_file_of_another_rate_is_brought_to_ours_without_seams(sizes: bytes) -> None:
    slow = speech_like(700, 16_000)
    data = bytearray(wav.write(slow))
    data[4:8] = data[40:44] = sizes
    got, _ = await spoken(dripping(bytes(data), 1013, "audio/wav"))
    fitted = Resampler(16_000, 24_000)
    assert got.samples == fitted.feed(slow).samples + fitted.flush().samples


@pytest.mark.parametrize(
    ("answers", "kind"),
    [
        (
            told(b'{"error": {"message": "no such voice", "code": "invalid_value"}}', status="400 Bad Request"),
            "request",
        ),
        (told(b'{"error": {"code": "insufficient_quota"}}'), "credit"),
        (told(b'{"detail": [{"loc": ["body", "voice"], "msg": "no"}]}', status="422 Unprocessable"), "request"),
    ],
)
async def test_an_error_is_not_played(answers: Answers, kind: str) -> None:
    with pytest.raises(ModelRefused) as raised:
        await spoken(answers)
    assert raised.value.kind == kind


@pytest.mark.parametrize(
    "answers",
    [
        told(b'{"status": "fine"}'),
        told(b"{", "application/json"),
        told(b"<html>sign in</html>", "text/html"),
        told(b"\xff\xfb" + bytes(400), "audio/mpeg"),
        told(b"ID3\x04" + bytes(400), "application/octet-stream"),
        told(wav.header(wav.WavFormat.MULAW, 1, 8000, 400) + bytes(400), "audio/wav"),
    ],
)
async def test_what_is_no_sound_is_not_played(answers: Answers) -> None:
    with pytest.raises(ModelUnavailable) as raised:
        await spoken(answers)
    assert raised.value.kind == "garbage"


async def test_a_long_text_is_asked_for_in_parts_cut_between_sentences() -> None:
    text = " ".join(f"This is sentence number {n} of a text that does not end." for n in range(150))
    _, seen = await spoken(told(SPEECH.samples, "audio/pcm"), text)
    asked = [json.loads(body)["input"] for body in seen.bodies]
    assert len(asked) > 1 and all(len(part) <= 4096 and part.endswith("end.") for part in asked)
    assert " ".join(asked) == text


async def test_what_it_costs_by_letters() -> None:
    costs: list[Decimal] = []
    await spoken(
        told(SPEECH.samples, "audio/pcm"), "Hello there.", prices=Prices(characters=Decimal(15)), tally=costs.append
    )
    assert costs == [Decimal(12) * 15 / 1_000_000]


async def test_leaving_early_takes_the_request_back() -> None:
    async def endless(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, _: Heard) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: audio/pcm\r\nContent-Length: 900000\r\n\r\n" + bytes(4800))
        await reader.read()

    async with server(endless) as (url, seen):
        far_end = FarEnd(url)
        coming = Speech(far_end, "tts-1").speak("One. Two.", Voice(), due_in(20_000))
        assert (await anext(coming)).samples
        assert seen.open == 1
        await coming.aclose()
        async with asyncio.timeout(20):
            await seen.gone.wait()
        await far_end.close()
