"""Whether what a profile names is there, told in one line each."""

import socket
from collections.abc import AsyncIterator, Mapping
from datetime import date
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ivr.models.profiles import Profile
from ivr.models.roll_call import roll_call
from ivr.settings import load_settings
from tests.conftest import Serve

KEY = "sk-0123456789abcdefghij"
TODAY = date(2026, 11, 25)


class Lister:
    """Lists models to who has the key."""

    def __init__(self) -> None:
        self.asked = 0
        self.models: dict[str, str | None] = {"gpt-audio-1.5": None, "gpt-transcribe": None, "gpt-4o-mini-tts": None}
        self.answer: Response | None = None

    async def list(self, request: Request) -> Response:
        self.asked += 1
        if self.answer is not None:
            return self.answer
        if request.headers.get("authorization") != f"Bearer {KEY}":
            error = {"message": f"Incorrect API key provided: {KEY}.", "type": "x", "code": "invalid_api_key"}
            return JSONResponse({"error": error}, 401)
        data = [{"id": name, "object": "model", "shutdown_date": ends} for name, ends in self.models.items()]
        return JSONResponse({"object": "list", "data": data})


@pytest.fixture
def lister() -> Lister:
    return Lister()


@pytest.fixture
async def url(serve: Serve, lister: Lister) -> AsyncIterator[str]:
    async with serve(Starlette(routes=[Route("/v1/models", lister.list)])) as base:
        yield base


def profile(folder: Path, url: str, more: Mapping[str, str] | None = None) -> Profile:
    environment = {"OPENAI_API_KEY": KEY, "OPENAI_BASE_URL": f"{url}/v1", **(more or {})}
    return load_settings(environment=environment, folder=folder).profile


async def told(profile: Profile, patience_ms: int = 20_000) -> list[tuple[tuple[str, ...], bool, str]]:
    return [(one.engines, one.grave, one.text) for one in await roll_call(profile, TODAY, patience_ms)]


async def test_what_is_there_is_not_worth_a_word(tmp_path: Path, url: str, lister: Lister) -> None:
    assert await told(profile(tmp_path, url)) == []
    assert lister.asked == 1, "one far end is asked once, however many engines it has"


async def test_an_unknown_model_is_told_with_the_nearest(tmp_path: Path, url: str) -> None:
    found = await told(profile(tmp_path, url, {"IVR_ENGINE__OPENAI__MODEL": "gpt-audio-15"}))
    ((engines, grave, text),) = found
    assert (engines, grave) == (("openai",), False)
    assert f"{url}/v1 does not list the model gpt-audio-15 (did you mean gpt-audio-1.5?)" in text
    assert text.endswith("agents take their way for a model that is down, questions are understood by the words alone")


async def test_a_wrong_key_is_one_line_for_all_its_engines(tmp_path: Path, url: str) -> None:
    found = await told(profile(tmp_path, url, {"OPENAI_API_KEY": "wrong"}))
    ((engines, grave, text),) = found
    assert (set(engines), grave) == ({"openai", "openai-transcription", "openai-speech"}, True)
    assert "put a good key into OPENAI_API_KEY" in text
    assert "embedded hears" in text
    assert "embedded speaks" in text
    assert KEY not in text


async def test_a_wrong_address_is_told(tmp_path: Path, url: str) -> None:
    ((_, _, text),) = await told(profile(tmp_path, url, {"OPENAI_BASE_URL": f"{url}/v2"}))
    assert f"is {url}/v2 right? It mostly ends in /v1" in text


async def test_who_is_away_is_told_and_keeps_nobody(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        nobody = f"http://127.0.0.1:{taken.getsockname()[1]}"
        ((_, grave, text),) = await told(profile(tmp_path, nobody))
    assert not grave
    assert "Until it answers embedded hears" in text


async def test_who_does_not_answer_is_not_waited_for(tmp_path: Path) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        ((_, grave, text),) = await told(profile(tmp_path, f"http://127.0.0.1:{silent.getsockname()[1]}"), 100)
    assert not grave
    assert "did not answer in time" in text


async def test_what_is_no_list_is_told(tmp_path: Path, url: str, lister: Lister) -> None:
    lister.answer = Response("<html>Welcome</html>", media_type="text/html")
    ((_, _, text),) = await told(profile(tmp_path, url))
    assert "something other than a list of models" in text
    assert "Welcome" not in text


@pytest.mark.parametrize(
    ("ends", "expected"),
    [
        ("2026-05-07", "the model gpt-4o-mini-tts was to be shut down on 2026-05-07"),
        ("2027-01-06", "the model gpt-4o-mini-tts is shut down on 2027-01-06, in 42 days"),
        ("2027-02-26", None),
    ],
)
async def test_a_model_that_is_shut_down_soon_is_told(
    tmp_path: Path, url: str, lister: Lister, ends: str, expected: str | None
) -> None:
    lister.models["gpt-4o-mini-tts"] = ends
    found = await told(profile(tmp_path, url))
    assert [engines for engines, _, _ in found] == ([("openai-speech",)] if expected else [])
    assert all(expected is not None and expected in text and "after it embedded speaks" in text for _, _, text in found)
