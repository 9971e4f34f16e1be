"""The double of the models' endpoints with real ears and a real voice, and what a test may say is wrong with them."""

import json
from dataclasses import dataclass
from typing import Final

import numpy as np

from ivr.audio.pcm import Pcm
from ivr.models.engines import Engines
from ivr.sim.model_house.ears import Recognised
from ivr.sim.model_house.house import House
from ivr.sim.model_house.minds import Answer, Asked, ToolCall, filled
from ivr.sim.model_house.voices import Speaks, Spoken

KEY: Final = "sk-0123456789abcdefghij"


def real_house(engines: Engines) -> House:
    """It repeats what it hears. `engines`: started."""
    return House(ears=Recognised(engines.transcriber), voice=Spoken(engines.synthesizer), key=KEY)


def asked_of(house: House) -> list[str]:
    """The endpoints in the order in which they were asked, without the list of models."""
    return [request.endpoint for request in house.requests if request.endpoint != "models"]


@dataclass(frozen=True, slots=True)
class Wrong:
    """A voice that is too loud, or silent; `instead`: that says something else."""

    voice: Speaks
    gain: float = 1.0
    instead: str = ""

    async def sound(self, text: str) -> Pcm:
        spoken = await self.voice.sound(self.instead or text)
        return Pcm.of(spoken.array().astype(np.float64) * self.gain, spoken.rate_hz)


class CallsAsked:
    """A mind that calls a tool it is offered, with what it heard."""

    def answer(self, asked: Asked) -> Answer:
        if not asked.offered:
            return Answer(f"You said: {asked.heard}")
        (tool,) = asked.offered
        return Answer(calls=(ToolCall(tool.name, json.dumps(filled(tool.parameters, asked.heard))),))


class CallsNothing:
    """A mind that has no use for tools, though it must call one."""

    def answer(self, asked: Asked) -> Answer:
        return Answer("I noted it." if asked.offered else f"You said: {asked.heard}")
