"""Our adapters and the double of the models' endpoints: the same reply in every manner in which far ends give it, and
every fault known for what it is."""

from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing
from dataclasses import replace
from decimal import Decimal

import pytest

from ivr.audio.pcm import Pcm
from ivr.errors import ModelError, ModelRefused, ModelUnavailable
from ivr.models.deadline import due_in
from ivr.models.offline.instant import speech_like
from ivr.models.openai.chat import AudioChat, TextChat
from ivr.models.openai.far_end import FarEnd
from ivr.models.openai.speech import Speech
from ivr.models.openai.transcription import Transcriptions
from ivr.models.ports import ReplyDone, ReplyPart, ReplySound, ReplyWords, Responder, Voice
from ivr.models.profiles import Prices
from ivr.secret import Secret
from ivr.sim.model_house.ears import GivenWords
from ivr.sim.model_house.faults import FAULTS
from ivr.sim.model_house.house import DEMO_KEY, House
from ivr.sim.model_house.manners import CRLF, Manner
from ivr.sim.model_house.minds import Answer, ToolCall
from ivr.sim.model_house.voices import GAP_MS, WORD_MS
from tests.conftest import Serve
from tests.models.test_openai_contract import ask

WORDS = "A table for four it is, Señor. Which day?"
SPOKEN_MS = 9 * (WORD_MS + GAP_MS)
ASKS = {"size": "large", "note": 'by the "window"\n'}
HEARD = speech_like(700, 8000)
SAME = (
    Manner(),
    Manner(newline=CRLF, split_bytes=97),
    Manner(comment_every=1, lines_per_event=3),
    Manner(audio_piece_bytes=4801),
    Manner(audio_id="never", expires="never"),
    Manner(audio_id="every", expires="every", done=False),
    Manner(usage="before_finish"),
    Manner(usage="in_finish", whole_tool_calls=True),
    Manner(usage="never", has_finish=False),
    Manner(wav_instead=True, wav_size="zero"),
    Manner(wav_instead=True, wav_size="unknown", rate_hz=16_000),
)
BROKEN = (
    Manner(error_after=3, type="server_error"),
    Manner(end_after=3),
    Manner(cut_after=3),
    Manner(garbage_after=3),
)


class Clerk:
    """Always says the same, and asks for the same."""

    def answer(self, asked: object) -> Answer:
        return Answer(WORDS, (ToolCall("heard", '{"size": "large", "note": "by the \\"window\\"\\n"}'),))


@pytest.fixture
def house() -> House:
    return House(Clerk(), GivenWords("a table"))


@pytest.fixture
async def far_end(house: House, serve: Serve) -> AsyncIterator[FarEnd]:
    async with serve(house.app) as base:
        found = FarEnd(f"{base}/v1", Secret(DEMO_KEY))
        yield found
        await found.close()


async def replied(responder: Responder) -> list[ReplyPart]:
    async with aclosing(responder.respond(ask(1), HEARD, due_in(20_000))) as parts:
        return [part async for part in parts]


def words_in(parts: Sequence[ReplyPart]) -> str:
    return "".join(part.text for part in parts if isinstance(part, ReplyWords))


def sound_ms_in(parts: Sequence[ReplyPart]) -> int:
    return sum(len(part.pcm) * 1000 // part.pcm.rate_hz for part in parts if isinstance(part, ReplySound))


@pytest.mark.parametrize("stream", [True, False])
async def test_a_reply_is_the_same_in_every_manner(house: House, far_end: FarEnd, stream: bool) -> None:
    prices = Prices(audio_out=Decimal(1))
    spoken = (await house.voice.sound(WORDS)).samples
    for manner in SAME:
        house.always("chat", manner)
        parts = await replied(AudioChat(far_end, "gpt-audio-1.5", stream=stream, prices=prices))
        done = parts[-1]
        assert isinstance(done, ReplyDone), manner
        assert words_in(parts) == WORDS, manner
        assert abs(sound_ms_in(parts) - SPOKEN_MS) <= len(parts), manner
        if manner.rate_hz == 24_000:
            assert b"".join(part.pcm.samples for part in parts if isinstance(part, ReplySound)) == spoken, manner
        assert [request.arguments for request in done.requests] == [ASKS], manner
        assert done.cost > 0, manner
    assert {request.status for request in house.requests} == {200}


async def test_words_without_sound_and_answers_cut_off_are_told_as_such(house: House, far_end: FarEnd) -> None:
    house.next("chat", Manner(text_only=True), Manner(finish="length"), Manner(finish="content_filter"))
    model = AudioChat(far_end, "gpt-audio-1.5")
    written = await replied(model)
    assert (words_in(written), sound_ms_in(written)) == (WORDS, 0)
    assert not any(part.voiced for part in written if isinstance(part, ReplyWords))
    for cut in ("length", "filter"):
        parts = await replied(model)
        assert isinstance(parts[-1], ReplyDone) and parts[-1].cut == cut
        assert 0 < sound_ms_in(parts) < SPOKEN_MS


async def test_a_model_that_reads_and_writes_is_asked_without_sound(house: House, far_end: FarEnd) -> None:
    for stream in (True, False):
        parts = await replied(TextChat(far_end, "gpt-4o", stream=stream))
        assert (words_in(parts), sound_ms_in(parts)) == (WORDS, 0)


async def test_an_answer_that_breaks_off_has_failed(house: House, far_end: FarEnd) -> None:
    for manner in BROKEN:
        house.next("chat", manner)
        with pytest.raises(ModelUnavailable):
            await replied(AudioChat(far_end, "gpt-audio-1.5"))


REFUSALS = ("no_credit", "no_credit_at_relay", "no_access", "too_large", "context_too_long", "detail_422")


@pytest.mark.parametrize("kind", ["chat", "transcriptions", "speech"])
async def test_every_fault_is_told_and_none_is_taken_for_an_answer(house: House, far_end: FarEnd, kind: str) -> None:
    async def ask_for_it() -> None:
        match kind:
            case "chat":
                await replied(TextChat(far_end, "gpt-4o"))
            case "transcriptions":
                await Transcriptions(far_end, "gpt-transcribe").transcribe(HEARD, "text", due_in(1_000))
            case _:
                async for _ in Speech(far_end, "tts-1").speak("Hello.", Voice(), due_in(1_000)):
                    pass

    for name, fault in FAULTS.items():
        if kind == "speech" and name in ("garbage", "not_utf8", "empty"):
            fault = replace(fault, media_type="audio/pcm", body=b"")
        house.always(kind, fault)  # type: ignore[arg-type]
        if name == "silent" and kind == "chat":
            continue  # its time to the first part is tried elsewhere
        try:
            await ask_for_it()
        except ModelError as told:
            assert isinstance(told, ModelRefused) == (name in REFUSALS), (name, told)
        else:
            assert kind == "speech" and not fault.body, name


async def test_a_recogniser_and_a_voice_are_understood(house: House, far_end: FarEnd) -> None:
    heard = await Transcriptions(far_end, "gpt-transcribe", language="es-MX", hints=("Tio",)).transcribe(
        HEARD, "text", due_in(20_000)
    )
    assert heard.text == "a table"
    for manner in (Manner(), Manner(wav_instead=True), Manner(wav_instead=True, rate_hz=16_000), Manner(each_s=0.001)):
        house.always("speech", manner)
        spoken = [pcm async for pcm in Speech(far_end, "tts-1").speak(WORDS, Voice(), due_in(20_000))]
        assert abs(Pcm(b"".join(pcm.samples for pcm in spoken), 24_000).ms - SPOKEN_MS) <= 5, manner
