"""The models of a project's agents, behind a real endpoint: each answers as a test has it written."""

import asyncio
import json
import socket
from collections.abc import Container, Mapping
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import uvicorn

from ivr.flow.scenario import Answer as WrittenAnswer
from ivr.flow.scenario import Given, Reply
from ivr.sim.model_house.house import DEMO_KEY, House
from ivr.sim.model_house.manners import PLAIN, Manner
from ivr.sim.model_house.minds import Answer, Asked, OutOfAnswers, ToolCall
from ivr.sim.model_house.refusals import Refused

MODEL: Final = "gpt-4o"
PROFILE: Final = "written"
KEY_FROM: Final = "WRITTEN_MODELS_KEY"
_NEVER_S: Final = 60.0


class WrittenModels:
    """Listens while it is entered. Answers are given in the order in which a test has them."""

    def __init__(self, agents: Container[str]) -> None:
        self._agents = agents
        self._waiting: list[WrittenAnswer] = []
        self._house = House(self)
        self._url = ""
        config = uvicorn.Config(self._house.app, log_level="critical", lifespan="off", access_log=False)
        self._server = uvicorn.Server(config)
        self._open = ExitStack()
        self._tasks = asyncio.TaskGroup()
        self._serving: asyncio.Task[None] | None = None

    def write_config(self, file: Path) -> None:
        """Settings of a server whose agents talk by these models; its profile is PROFILE."""
        engine = f'[engine.test]\nkind = "chat"\nurl = "{self._url}"\nmodel = "{MODEL}"\nkey_from = "{KEY_FROM}"\n'
        roles = 'hear = ["embedded"]\nspeak = ["embedded"]\nthink = ["test"]\nunderstand = []\n'
        file.write_text(f"{engine}\n[profile.{PROFILE}]\n{roles}", encoding="utf-8")

    @property
    def environment(self) -> dict[str, str]:
        return {KEY_FROM: DEMO_KEY}

    def plays(self, given: Given) -> None:
        """The test whose answers are given from here on."""
        self._waiting = [one for name, answers in given.answers.items() if name in self._agents for one in answers]

    async def __aenter__(self) -> Self:
        self._open.enter_context(listening := socket.socket())
        listening.bind(("127.0.0.1", 0))
        listening.listen(64)
        self._url = f"http://127.0.0.1:{listening.getsockname()[1]}/v1"
        await self._tasks.__aenter__()
        self._serving = self._tasks.create_task(self._server.serve(sockets=[listening]))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.should_exit = True
        with self._open:
            await self._tasks.__aexit__(kind, fault, trace)

    def answer(self, asked: Asked) -> Answer:
        """A Mind's. Raises: Refused: the model is down. OutOfAnswers: the test has none."""
        if not self._waiting:
            raise OutOfAnswers("the test has no more answers for its agents")
        written = self._waiting[0] if len(self._waiting) == 1 else self._waiting.pop(0)  # the last one repeats
        wait_s = _NEVER_S if written.pending else (written.after_ms or 0) / 1000
        manner = PLAIN if not wait_s else Manner(wait_s=wait_s)
        reply = written.reply or Reply()
        if reply.fault == "down":  # as nobody asks again, so that one answer of the test is one of the model
            raise Refused(404, "The model does not answer, as the test says.", "model_not_found")
        if reply.fault == "blocked":
            return Answer(refusal="I can not say that.", manner=manner)
        return Answer(reply.say or "", tuple(_calls(reply)), manner=manner)


def _calls(reply: Reply) -> list[ToolCall]:
    found: list[tuple[str, Mapping[str, object]]] = [("fill", reply.fill)] if reply.fill else []
    found += reply.calls
    if reply.exit is not None:
        found.append((f"exit_{reply.exit}", {}))
    return [ToolCall(name, json.dumps(dict(arguments), default=str)) for name, arguments in found]
