"""Transcription by a far end: what is sent, what is believed, what is no transcript."""

import email.parser
import email.policy
import json
from decimal import Decimal
from email.message import EmailMessage

import pytest

from ivr.audio import wav
from ivr.audio.pcm import Pcm
from ivr.audio.tones import noise
from ivr.errors import ModelRefused, ModelUnavailable
from ivr.models.deadline import due_in
from ivr.models.offline.instant import speech_like
from ivr.models.openai.far_end import FarEnd
from ivr.models.openai.transcription import TimedWord, Transcriptions
from ivr.models.ports import Transcript
from ivr.models.profiles import Prices
from ivr.units import Millis
from tests.models.plain_server import Heard, server, told

SPEECH = speech_like(1500, 16_000)
FAINT = Pcm.of(speech_like(1500, 16_000).array() * 0.015, 16_000)
"""About -56 dB: a line's noise with something in it."""
MINUTE = Prices(minute=Decimal("0.006"))


async def heard(body: object, sound: Pcm = SPEECH, **given: object) -> tuple[Transcript, Heard]:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    async with server(told(raw)) as (url, seen):
        far_end = FarEnd(url)
        engine = Transcriptions(far_end, "whisper-1", **given)  # type: ignore[arg-type]
        try:
            return await engine.transcribe(sound, "free", due_in(20_000)), seen
        finally:
            await far_end.close()


def form_of(seen: Heard, number: int = 0) -> dict[str, EmailMessage]:
    kind = next(line for line in seen.heads[number].split(b"\r\n") if line.lower().startswith(b"content-type"))
    whole = email.parser.BytesParser(policy=email.policy.HTTP).parsebytes(kind + b"\r\n\r\n" + seen.bodies[number])
    parts = [part for part in whole.iter_parts() if isinstance(part, EmailMessage)]
    return {str(part.get_param("name", header="content-disposition")): part for part in parts}


async def test_what_is_sent() -> None:
    got, seen = await heard({"text": " A table. "}, language="es-US", hints=("Tio Pepe", "paella"))
    assert got.text == "A table."
    form = form_of(seen)
    file = form["file"]
    assert file.get_filename() == "speech.wav"
    content = file.get_payload(decode=True)
    assert isinstance(content, bytes)
    assert wav.read(content) == SPEECH
    fields = {name: str(part.get_payload()) for name, part in form.items() if name != "file"}
    assert fields == {
        "model": "whisper-1",
        "language": "es",
        "prompt": "Tio Pepe, paella",
        "response_format": "json",
    }


@pytest.mark.parametrize("sound", [Pcm(b"", 16_000), speech_like(150, 16_000), Pcm.silence(ms=2000, rate_hz=16_000),
                                   noise(1, 2000, -70, "pink", 16_000)])  # fmt: skip
async def test_silence_is_not_sent(sound: Pcm) -> None:
    got, seen = await heard({"text": "Thank you for watching!"}, sound)
    assert (got.text, seen.heads) == ("", [])


@pytest.mark.parametrize(
    ("text", "believed"),
    [("Thank you for watching!", ""), ("you", ""), ("A table, please.", "A table, please."), ("...", ""), ("", "")],
)
async def test_what_recognisers_make_of_near_silence_is_no_words(text: str, believed: str) -> None:
    loud = Pcm.of(FAINT.array() * 1.8, 16_000)
    assert (await heard({"text": text}, loud))[0].text == believed


async def test_a_caller_may_well_say_thank_you() -> None:
    assert (await heard({"text": "Thank you."}))[0].text == "Thank you."


async def test_hints_said_back_and_words_without_end_are_none() -> None:
    assert (await heard({"text": "Tio Pepe, paella."}, hints=("Tio Pepe", "paella")))[0].text == ""
    assert (await heard({"text": "and so on " * 100}))[0].text == ""


@pytest.mark.parametrize(
    ("usage", "cost"),
    [
        ({"type": "duration", "seconds": 3}, Decimal("0.0003")),
        (None, Decimal("0.00015")),
        ({"type": "tokens", "input_tokens": 14, "output_tokens": 45}, Decimal("0.00015")),
    ],
)
async def test_a_cost_by_the_minute_whatever_is_told(usage: object, cost: Decimal) -> None:
    costs: list[Decimal] = []
    got, _ = await heard({"text": "A table.", "usage": usage}, prices=MINUTE, tally=costs.append)
    assert got.cost == cost
    assert costs == [cost]


async def test_how_sure_it_is_where_that_is_told() -> None:
    got, _ = await heard({"text": "A table.", "logprobs": [{"logprob": -0.1}, {"logprob": -0.3}, {"x": 1}, 7]})
    assert got.score == pytest.approx(-0.2)
    assert (await heard({"text": "A table."}))[0].score is None


@pytest.mark.parametrize("body", [b"<html>", b"", b"[]", {"words": []}, {"text": 7}, b'{"text": "\xff"}'])
async def test_what_is_no_transcript(body: object) -> None:
    with pytest.raises(ModelUnavailable) as raised:
        await heard(body)
    assert raised.value.kind == "garbage"


async def test_an_error_behind_a_success_is_one() -> None:
    with pytest.raises(ModelRefused) as raised:
        await heard({"error": {"code": "insufficient_quota", "message": "no"}})
    assert raised.value.kind == "credit"


async def test_the_time_of_each_word_where_it_is_told() -> None:
    words = [{"word": " A", "start": 0.1, "end": 0.2}, {"word": "table", "start": 0.25, "end": 0.7}, {"word": "x"}, 3]
    async with server(told(json.dumps({"text": "A table", "words": words}).encode())) as (url, seen):
        far_end = FarEnd(url)
        engine = Transcriptions(far_end, "whisper-1", prices=MINUTE)
        found = await engine.timed(SPEECH, due_in(20_000))
        await far_end.close()
    assert found.text == "A table"
    assert found.words == (TimedWord("A", Millis(100), Millis(200)), TimedWord("table", Millis(250), Millis(700)))
    assert form_of(seen)["timestamp_granularities[]"].get_payload() == "word"
