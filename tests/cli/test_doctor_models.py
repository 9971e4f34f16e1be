"""`ivr doctor --models`, `ivr say` and `ivr hear` with the models of a profile, over a real socket."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner, Result

from ivr.cli.doctor import doctor
from ivr.cli.hear import hear
from ivr.cli.say import say
from ivr.models.engines import Engines
from ivr.sim.model_house.house import House
from ivr.sim.model_house.manners import Manner
from ivr.sim.model_house.models import HouseModel
from tests.conftest import Serve
from tests.models.real_house import KEY, CallsNothing, Wrong, asked_of, real_house

pytestmark = pytest.mark.speech

app = typer.Typer()
app.command("doctor")(doctor)
app.command("say")(say)
app.command("hear")(hear)


@pytest.fixture
def house(engines: Engines) -> House:
    return real_house(engines)


@pytest.fixture(autouse=True)
async def _line(serve: Serve, house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[None]:
    monkeypatch.chdir(tmp_path)
    for name in ("IVR_CONFIG", "IVR_ENGINES", "IVR_DATA_DIR", "TWILIO_AUTH_TOKEN", "COMETAPI_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    async with serve(house.app) as base:
        monkeypatch.setenv("PORT", "0")
        monkeypatch.setenv("OPENAI_API_KEY", KEY)
        monkeypatch.setenv("OPENAI_BASE_URL", f"{base}/v1")
        yield


async def run(*words: str) -> Result:
    return await asyncio.to_thread(CliRunner().invoke, app, list(words))


async def found(*words: str) -> tuple[int, dict[str, dict[str, Any]]]:
    result = await run("doctor", "--models", "--json", *words)
    return result.exit_code, {one["item"]: one for one in json.loads(result.stdout)}


async def test_models_that_serve_are_told_in_lines_and_a_table(house: House) -> None:
    ended = HouseModel("gpt-4o-mini-tts", "speak", "2026-05-07")
    house.models = tuple(ended if model.id == ended.id else model for model in house.models)
    result = await run("doctor", "--models")
    told = result.stdout
    assert result.exit_code == 0, told
    assert KEY not in result.output
    for expected in (
        r"ok    models: profile openai: OPENAI_API_KEY ••••ghij",
        r"ok    openai: gpt-audio-1.5 at http://127.0.0.1:\d+/v1: listed, no shutdown date",
        r"warn  openai-speech: the model gpt-4o-mini-tts was to be shut down on 2026-05-07\n"
        r"      fix: name another; after it embedded speaks",
        r"ok    openai answer: first words after \d+ ms, first sound after \d+ ms, all after \d+ ms, in \d+ pieces",
        r"ok    openai sound: 24000 Hz, \d\.\d s, level -\d+ dBFS, clipped 0.0%, silent \d+%",
        r"(ok|warn) +openai words: said '.*', heard '.*': \d+% wrong",
        r"ok    openai tools: called as asked",
        r"(ok|warn) +openai-transcription words: said 'please check my balance', heard '",
        r"ok    prices: known; no cap is set",
        r"\nengine +model +first +sound +rate +length +level +clipped +silent +words +cost\n",
        r"\nopenai +gpt-audio-1.5 +\d+ ms +\d+ ms +24000 Hz +\d\.\d s +-\d+ dBFS +0.0% +\d+% +\d+% wrong +0\.0\d+",
    ):
        assert re.search(expected, told), f"{expected}\n{told}"


async def test_what_is_not_fit_for_callers_fails_with_the_figures(house: House) -> None:
    house.voice, house.mind = Wrong(house.voice, gain=60.0), CallsNothing()
    code, told = await found()
    assert code == 1
    assert told["openai sound"]["state"] == told["openai-speech sound"]["state"] == "fail"
    assert "it is overdriven" in told["openai sound"]["fix"]
    assert told["openai tools"]["state"] == "fail"
    assert told["openai-transcription words"]["state"] != "fail"
    figures = told["openai answer"]["measured"]
    assert figures["rate_hz"] == 24_000
    assert figures["clipped"] > 0.01
    assert figures["first_ms"] <= figures["first_sound_ms"] <= figures["whole_ms"]
    assert figures["tools"] is False
    assert figures["cost"] > 0


async def test_silence_and_words_without_sound_are_told(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    house.voice = Wrong(house.voice, gain=0.0)
    house.always("chat", Manner(text_only=True))
    house.models = (*house.models, HouseModel("gpt-of-ours", "audio_chat"))
    monkeypatch.setenv("IVR_CAPS__CALL", "1")
    monkeypatch.setenv("IVR_ENGINE__OPENAI__MODEL", "gpt-of-ours")
    code, told = await found()
    assert code == 1
    assert told["openai sound"]["state"] == "warn"
    assert "speaks = false" in told["openai sound"]["fix"]
    assert told["openai-speech sound"]["state"] == "fail"
    assert "it is silence" in told["openai-speech sound"]["fix"]
    assert told["prices"]["state"] == "warn", "its price is not known, so that the cap does not hold"


async def test_a_wrong_key_is_one_finding_and_nothing_is_tried(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-wrong-wrong-wrong")
    code, told = await found("--profile", "openai")
    assert code == 1
    (wrong,) = [one for one in told.values() if one["state"] == "fail"]
    assert "put a good key into OPENAI_API_KEY" in wrong["fix"]
    assert asked_of(house) == []


async def test_the_embedded_profile_has_nothing_to_try(house: House) -> None:
    code, told = await found("--profile", "embedded")
    assert code == 0
    assert "OPENAI_API_KEY or COMETAPI_API_KEY unlocks more" in told["models"]["found"]
    assert asked_of(house) == []
    result = await run("doctor", "--profile", "opnai")
    assert result.exit_code == 1
    assert "no engines are called 'opnai'; did you mean openai?" in result.stdout


async def test_one_voice_and_one_recogniser_are_tried_by_name(tmp_path: Path, house: House) -> None:
    said = await run("say", "Your balance is forty two dollars.", "-o", "said.wav", "--engines", "openai", "--json")
    assert said.exit_code == 0, said.output
    assert json.loads(said.stdout)["engine"] == "openai-speech"
    assert asked_of(house) == ["speech"]
    heard = await run("hear", "said.wav", "--engines", "openai-transcription", "--json")
    assert heard.exit_code == 0, heard.output
    assert "balance" in json.loads(heard.stdout)[0]["text"].lower()
    assert asked_of(house) == ["speech", "transcriptions"]
    wrong = await run("say", "Hello.", "--engines", "openai-transcription")
    assert wrong.exit_code == 3
    assert "to speak takes speech" in wrong.stderr
    wrong = await run("say", "Hello.", "--engines", "openai-speach")
    assert wrong.exit_code == 3
    assert "did you mean openai-speech?" in wrong.stderr
