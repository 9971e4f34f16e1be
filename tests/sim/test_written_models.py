"""What a test has an agent's model answer, given over real HTTP to the adapter that the server has."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from ivr.errors import ModelError, ModelRefused
from ivr.flow.flow import Never, Style
from ivr.flow.scenario import Answer, Given, Reply
from ivr.flow.state import AskModel, ModelTool
from ivr.flow.text import Place
from ivr.models.deadline import due_in
from ivr.models.openai.chat import TextChat
from ivr.models.openai.far_end import FarEnd
from ivr.models.ports import ReplyDone, ReplyWords
from ivr.secret import Secret
from ivr.settings import load_settings
from ivr.sim.model_house.house import DEMO_KEY
from ivr.sim.written_models import KEY_FROM, MODEL, PROFILE, WrittenModels
from ivr.units import Millis

HERE = Place("shop.test.yaml", 3, 5)
TOOLS = (ModelTool("fill", "", {"type": "object"}), ModelTool("exit_done", "", {"type": "object"}))


def ask(number: int) -> AskModel:
    return AskModel(
        f"call:{number}:1", "host", "en-US", "Help.", {}, (), "hello", (), TOOLS, Style(2, 1), Never(), (), Millis(8000)
    )


@asynccontextmanager
async def talking(tmp_path: Path, **answers: tuple[Answer, ...]) -> AsyncIterator[TextChat]:
    async with WrittenModels({"host"}) as models:
        models.write_config(tmp_path / "test.toml")
        models.plays(Given(answers=answers))
        environment = {KEY_FROM: DEMO_KEY, "IVR_ENGINES": PROFILE}
        settings = load_settings({}, config=str(tmp_path / "test.toml"), environment=environment, folder=tmp_path)
        (engine,) = settings.profile.far_engines
        far_end = FarEnd(engine.url, Secret(DEMO_KEY))
        try:
            yield TextChat(far_end, MODEL)
        finally:
            await far_end.close()


async def reply(chat: TextChat, number: int) -> tuple[str, list[tuple[str, object]]]:
    words, requests = "", list[tuple[str, object]]()
    async for part in chat.respond(ask(number), None, due_in(5000)):
        if isinstance(part, ReplyWords):
            words += part.text
        elif isinstance(part, ReplyDone):
            requests = [(request.name, request.arguments) for request in part.requests]
    return words, requests


async def test_an_agent_says_fills_and_leaves_as_it_is_written(tmp_path: Path) -> None:
    first = Answer(HERE, reply=Reply("Since when?", {"severity": "4"}))
    last = Answer(HERE, reply=Reply(exit="done"))
    async with talking(tmp_path, host=(first, last), stock=(Answer(HERE, "some"),)) as chat:
        assert await reply(chat, 1) == ("Since when?", [("fill", {"severity": "4"})])
        assert await reply(chat, 2) == ("", [("exit_done", {})])
        assert await reply(chat, 3) == ("", [("exit_done", {})])  # the last one is repeated


async def test_a_model_that_is_down_is_asked_once_for_it(tmp_path: Path) -> None:
    down, then = Answer(HERE, reply=Reply(fault="down")), Answer(HERE, reply=Reply("Here I am."))
    async with talking(tmp_path, host=(down, then)) as chat:
        with pytest.raises(ModelError):
            await reply(chat, 1)
        assert await reply(chat, 2) == ("Here I am.", [])


async def test_words_that_are_held_back_are_refused(tmp_path: Path) -> None:
    async with talking(tmp_path, host=(Answer(HERE, reply=Reply(fault="blocked")),)) as chat:
        with pytest.raises(ModelRefused) as refused:
            await reply(chat, 1)
    assert refused.value.kind == "words"
