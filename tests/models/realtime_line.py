"""A house with sessions, and a Responder that attends one call of it."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field, replace

from ivr.audio.pcm import Pcm
from ivr.flow.flow import Never, Style
from ivr.flow.state import AskModel, ModelTool, Said
from ivr.models.deadline import due_in
from ivr.models.offline.instant import speech_like
from ivr.models.openai.far_end import FarEnd
from ivr.models.openai.realtime import Realtime
from ivr.models.ports import ReplyDone, ReplyMulaw, ReplyPart, ReplyWords
from ivr.secret import Secret
from ivr.sim.model_house.ears import GivenWords
from ivr.sim.model_house.house import DEMO_KEY, House
from ivr.sim.model_house.minds import Answer, Mind, Scripted
from ivr.sim.model_house.realtime_session import Session
from ivr.units import Millis
from tests.conftest import Serve

MODEL = "gpt-realtime-2.1"
TOOL = ModelTool("fill", "Note it.", {"type": "object", "properties": {"guests": {"type": "integer"}}})
ASK = AskModel("c:1:1", "host", "en-US", "Be kind.", {}, (), "", (), (TOOL,), Style(), Never(), (), Millis(8000))
SOUND = speech_like(900, 8000)


def ask(number: int, told: Iterable[Said] = (), heard: str = "", **more: object) -> AskModel:
    return replace(ASK, id=f"c:{number}:1", told=tuple(told), heard=heard, **more)  # type: ignore[arg-type]


def bot(at_ms: int, text: str, reply: int | None = None) -> Said:
    return Said("bot", text, Millis(at_ms), None if reply is None else f"c:{reply}:1")


def caller(at_ms: int, text: str) -> Said:
    return Said("caller", text, Millis(at_ms))


@dataclass(slots=True)
class Heard:
    """An answer as it came."""

    parts: list[ReplyPart] = field(default_factory=list)

    @property
    def words(self) -> str:
        return "".join(part.text for part in self.parts if isinstance(part, ReplyWords))

    @property
    def sound(self) -> bytes:
        return b"".join(part.mulaw for part in self.parts if isinstance(part, ReplyMulaw))

    @property
    def done(self) -> ReplyDone:
        last = self.parts[-1]
        assert isinstance(last, ReplyDone)
        return last


@dataclass(slots=True)
class Talk:
    house: House
    far_end: FarEnd
    responder: Realtime

    async def answer(self, asked: AskModel, sound: Pcm | None = None, within_ms: int = 20_000) -> Heard:
        heard = Heard()
        async with aclosing(self.responder.respond(asked, sound, due_in(within_ms))) as parts:
            async for part in parts:
                heard.parts.append(part)
        return heard

    async def interrupted(self, asked: AskModel, after_bytes: int, sound: Pcm | None = None) -> Heard:
        """Taken back once so much sound of it has come; 0: with its first part."""
        heard = Heard()
        async with aclosing(self.responder.respond(asked, sound, due_in(20_000))) as parts:
            async for part in parts:
                heard.parts.append(part)
                if len(heard.sound) >= after_bytes:
                    break
        return heard

    @property
    def session(self) -> Session:
        return self.house.sessions[-1]

    @property
    def ready(self) -> bool:
        """The last session has been set up."""
        return bool(self.session.was_sent("session.update"))

    def standing(self) -> list[tuple[str, str]]:
        """What the conversation of the session that answered last says, in order."""
        told = []
        answered = [one for one in self.house.sessions if one.responses]
        for item in answered[-1].conversation.items:
            shape = item.shape
            match item.kind:
                case "function_call":
                    told.append(("call", f"{shape['name']} {shape['arguments']}"))
                case "function_call_output":
                    told.append(("output", shape["output"]))
                case _:
                    told.append((item.role, item.words or ("(sound)" if item.sound else "")))
        return told


@asynccontextmanager
async def talking(
    serve: Serve,
    *answers: Answer | str,
    mind: Mind | None = None,
    words: Iterable[str] = (),
    attended: bool = True,
    ahead: bool = True,
    key: str = DEMO_KEY,
    model: str = MODEL,
    **house: float,
) -> AsyncIterator[Talk]:
    made = House(mind or Scripted(*answers), GivenWords(*words), **house)  # type: ignore[arg-type]
    async with serve(made.app) as address:
        far_end = FarEnd(f"{address}/v1", Secret(key))
        talk = Talk(made, far_end, Realtime(far_end, model))
        try:
            async with asyncio.TaskGroup() as tasks:
                attending = tasks.create_task(talk.responder.attend("c", ahead=ahead)) if attended else None
                await asyncio.sleep(0)
                yield talk
                if attending is not None:
                    attending.cancel()
        finally:
            await far_end.close()
