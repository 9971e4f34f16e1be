"""The engines of a profile put together: who is asked in each role, over a real socket, and who steps in."""

import json
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from ivr.audio.pcm import Pcm
from ivr.errors import SettingsError
from ivr.models import whole
from ivr.models.adapters import Adapters
from ivr.models.deadline import due_in
from ivr.models.engines import Engines
from ivr.models.offline.moonshine import Moonshine
from ivr.models.offline.pico import Pico
from ivr.models.ports import Passed, ReplyWords, SpokenPart, Voice
from ivr.models.profiles import Caps, FarEngine, Profile
from ivr.models.wrappers.caps import Purse
from ivr.settings import load_settings
from ivr.sim.model_house.house import House
from tests.conftest import Serve
from tests.models.plain_server import server
from tests.models.real_house import KEY, asked_of, real_house
from tests.models.test_openai_contract import ask
from tests.ports.far_house import answers

PATIENCE_MS = 30_000


@pytest.fixture
def house(engines: Engines) -> House:
    return real_house(engines)


@pytest.fixture
async def url(serve: Serve, house: House) -> AsyncIterator[str]:
    async with serve(house.app) as base:
        yield f"{base}/v1"


def profile(folder: Path, url: str, toml: str = "", **environment: str) -> Profile:
    (folder / "c.toml").write_text(toml)
    given = {"OPENAI_API_KEY": KEY, "OPENAI_BASE_URL": url, **environment}
    return load_settings(config="c.toml", environment=given, folder=folder).profile


@asynccontextmanager
async def started(profile: Profile) -> AsyncIterator[Engines]:
    made = Engines.of(profile)
    await made.start()
    try:
        yield made
    finally:
        await made.close()


async def spoken(engines: Engines, text: str) -> list[SpokenPart]:
    async with aclosing(engines.synthesizer.speak(text, Voice(), due_in(PATIENCE_MS))) as parts:
        return [part async for part in parts]


FAR_ONLY = """
[profile.openai]
hear = ["openai-transcription"]
speak = ["openai-speech"]
embedded_last = false
"""


@pytest.mark.speech
async def test_each_role_is_served_by_whom_the_profile_names(tmp_path: Path, url: str, house: House) -> None:
    async with started(profile(tmp_path, url, FAR_ONLY)) as engines:
        assert engines.responder is not None and engines.understander is not None
        assert engines.responder.hears_hz == engines.understander.hears_hz == 8000
        assert engines.far
        assert not any(isinstance(part, Moonshine | Pico) for part in engines.parts), "nobody asks them"
        sound = Pcm(
            b"".join(part.samples for part in await spoken(engines, "Check my balance.") if isinstance(part, Pcm)),
            24_000,
        )
        heard = await whole.hear(engines.transcriber, sound)
    assert "balance" in heard.text.lower()
    assert asked_of(house) == ["speech", "transcriptions"]


async def test_who_writes_is_answered_by_models_that_do_not_speak(tmp_path: Path) -> None:
    async with server(answers) as (url, heard):
        asked, adapters = profile(tmp_path, url), Adapters()
        writer = adapters.writer(asked.think)
        assert writer is not None
        async with aclosing(writer.respond(ask(1), None, due_in(PATIENCE_MS))) as parts:
            words = [part.text async for part in parts if isinstance(part, ReplyWords)]
        for far_end in adapters.far_ends:
            await far_end.close()
    body = json.loads(heard.bodies[-1])
    assert "".join(words) == "Hello." and body["modalities"] == ["text"] and "audio" not in body
    duplex = tuple(replace(rung, kind="realtime") for rung in asked.think if isinstance(rung, FarEngine))
    assert adapters.writer(duplex) is adapters.writer(()) is None


@pytest.mark.speech
async def test_the_embedded_engines_step_in_where_nobody_answers(tmp_path: Path, url: str, house: House) -> None:
    far_first = '[profile.openai]\nhear = ["openai-transcription"]\n'
    gone = profile(tmp_path, f"{url}/gone", far_first)
    async with started(gone) as engines:
        passed, *sounds = await spoken(engines, "Check my balance.")
        assert isinstance(passed, Passed)
        assert (passed.name, passed.asked) == ("openai-speech", "embedded")
        sound = Pcm(b"".join(part.samples for part in sounds if isinstance(part, Pcm)), engines.synthesizer.rate_hz)
        heard = await whole.hear(engines.transcriber, sound)
        assert "balance" in heard.text.lower()
    assert asked_of(house) == []


@pytest.mark.speech
async def test_a_voice_is_not_asked_once_the_money_of_the_hour_is_spent(tmp_path: Path, url: str, house: House) -> None:
    price = "[engine.openai-speech]\nprice = {characters = 100_000}\n"
    async with started(profile(tmp_path, url, price)) as engines:
        purse = Purse(Caps(hour=Decimal(1)), lambda: 0.0)
        assert engines.meter is not None
        engines.meter.connect(purse)
        assert all(isinstance(part, Pcm) for part in await spoken(engines, "Check my balance."))
        assert purse.hour == Decimal("0.1") * len("Check my balance.")
        passed, *sounds = await spoken(engines, "Check my balance.")
    assert isinstance(passed, Passed)
    assert (passed.asked, passed.why) == ("embedded", "what models may cost in an hour is spent")
    assert sounds
    assert asked_of(house) == ["speech"]


def test_prompts_kept_on_disk_are_of_one_voice(tmp_path: Path) -> None:
    url = "http://127.0.0.1:9/v1"
    alloy = Engines.of(profile(tmp_path, url)).spoken_by
    assert alloy
    assert KEY not in alloy
    assert Engines.of(profile(tmp_path, url, IVR_ENGINE__OPENAI_SPEECH__VOICE="cedar")).spoken_by != alloy
    assert Engines.of("embedded").spoken_by != alloy


def test_a_key_that_cannot_be_sent_is_told_by_its_engine(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"^engine openai\S*: the key ") as refused:
        Engines.of(profile(tmp_path, "http://127.0.0.1:9/v1", OPENAI_API_KEY="a key\nof two lines"))
    assert "two lines" not in str(refused.value)
