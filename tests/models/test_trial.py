"""One engine tried alone, with real speech both ways."""

from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path

import pytest
from pydantic import SecretStr

from ivr.models.engines import Engines
from ivr.models.profiles import FarEngine
from ivr.models.trial import Bench, Trial
from ivr.settings import load_settings
from ivr.sim.model_house.ears import GivenWords
from ivr.sim.model_house.house import House
from ivr.sim.model_house.kept import Request
from ivr.sim.model_house.manners import Manner
from tests.conftest import Serve
from tests.models.real_house import KEY, CallsAsked, CallsNothing, Wrong, asked_of, real_house

pytestmark = pytest.mark.speech


@pytest.fixture
def house(engines: Engines) -> House:
    return real_house(engines)


@pytest.fixture
async def url(serve: Serve, house: House) -> AsyncIterator[str]:
    async with serve(house.app) as base:
        yield f"{base}/v1"


@pytest.fixture
def bench(engines: Engines) -> Bench:
    return Bench(engines.synthesizer, engines.transcriber)


def engine(folder: Path, url: str, name: str, **changes: str) -> FarEngine:
    environment = {"OPENAI_API_KEY": KEY, "OPENAI_BASE_URL": url, **changes}
    profile = load_settings(environment=environment, folder=folder).profile
    return next(one for one in profile.far_engines if one.name == name)


async def tried(bench: Bench, folder: Path, url: str, name: str = "openai") -> Trial:
    return await bench.try_out(engine(folder, url, name))


def cost_of_use(request: Request) -> Decimal:
    """At the prices of gpt-audio-1.5."""
    came, went = request.usage["prompt_tokens_details"], request.usage["completion_tokens_details"]
    assert came["audio_tokens"] > 0
    millionths = came["text_tokens"] * Decimal("2.5") + came["audio_tokens"] * 32
    return (millionths + went["text_tokens"] * 10 + went["audio_tokens"] * 64) / 1_000_000


async def test_a_model_that_hears_and_speaks(tmp_path: Path, bench: Bench, url: str, house: House) -> None:
    trial = await tried(bench, tmp_path, url)
    assert trial.fault == ""
    assert trial.first_ms is not None and trial.first_sound_ms is not None and trial.whole_ms is not None
    assert 0 <= trial.first_ms <= trial.first_sound_ms <= trial.whole_ms
    assert trial.pieces > 3, "words and sound came as they were made"
    assert "balance" in trial.words
    assert trial.understood
    assert trial.sound is not None
    assert (trial.sound.rate_hz, trial.sound.clipped) == (24_000, 0)
    assert 500 < trial.sound.ms < 10_000
    assert trial.errors is not None and trial.errors <= 0.34
    assert trial.tool == ""
    assert trial.cost == sum(map(cost_of_use, house.asked("chat")))


async def test_a_model_that_answers_in_words_only(tmp_path: Path, bench: Bench, url: str, house: House) -> None:
    house.always("chat", Manner(text_only=True))
    trial = await tried(bench, tmp_path, url)
    assert (trial.sound, trial.first_sound_ms, trial.errors) == (None, None, None)
    assert "balance" in trial.words


async def test_a_model_that_does_not_hear(tmp_path: Path, bench: Bench, url: str, house: House) -> None:
    house.ears = GivenWords("the weather is nice")
    trial = await tried(bench, tmp_path, url)
    assert trial.understood is False
    assert trial.tool == "it called the tool with something else"


async def test_a_model_that_calls_no_tool(tmp_path: Path, bench: Bench, url: str, house: House) -> None:
    house.mind = CallsNothing()
    trial = await tried(bench, tmp_path, url)
    assert trial.fault == ""
    assert trial.tool
    assert asked_of(house) == ["chat", "chat"]


async def test_a_voice_that_says_something_else(tmp_path: Path, bench: Bench, url: str, house: House) -> None:
    house.voice = Wrong(house.voice, instead="The weather will be fine tomorrow.")
    trial = await tried(bench, tmp_path, url, "openai-speech")
    assert trial.errors is not None and trial.errors > 0.5
    assert trial.heard_back is not None and "weather" in trial.heard_back.lower()


@pytest.mark.parametrize("calls", [True, False])
async def test_a_session(bench: Bench, url: str, house: House, calls: bool) -> None:
    """The line's own rate, and a tool that is asked for in the talk."""
    house.mind = CallsAsked() if calls else CallsNothing()
    live = FarEngine("live", "realtime", url, "gpt-realtime-2.1", key=SecretStr(KEY))
    trial = await bench.try_out(live)
    assert trial.fault == "" and trial.understood and "balance" in trial.words
    assert trial.sound is not None and trial.sound.rate_hz == 8_000 and trial.sound.ms > 500
    assert trial.errors is not None and trial.errors <= 0.34
    assert trial.tool == ("" if calls else "it did not call the tool")


async def test_a_voice_and_a_recogniser(tmp_path: Path, bench: Bench, url: str) -> None:
    speech = await tried(bench, tmp_path, url, "openai-speech")
    assert speech.sound is not None and speech.sound.ms > 1000
    assert speech.errors is not None and speech.errors <= 0.34
    hearing = await tried(bench, tmp_path, url, "openai-transcription")
    assert "balance" in hearing.words.lower()
    assert hearing.errors is not None and hearing.errors <= 0.34
    assert hearing.cost is not None and hearing.cost > 0


async def test_an_unknown_model_is_a_fault_and_not_asked_twice(
    tmp_path: Path, bench: Bench, url: str, house: House
) -> None:
    house.models = ()
    trial = await tried(bench, tmp_path, url)
    assert "unknown to 127.0.0.1" in trial.fault
