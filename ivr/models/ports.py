"""What hears, thinks and speaks for us, as ports. Each has an offline implementation and a suite in tests/ports/.

A `deadline` is an absolute moment of `time.monotonic()` in milliseconds; an implementation that cannot answer by then
raises ModelUnavailable. Text and sound of a caller never enter an exception's text.
"""

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from ivr.audio.pcm import Pcm
from ivr.flow.state import AskModel, ModelRequest
from ivr.units import Millis


@dataclass(frozen=True, slots=True)
class Transcript:
    """What was said. `score` is the mean log-probability of its tokens (0 is certain, below -1 doubtful)."""

    text: str
    score: float | None
    ms: Millis
    """How long the engine took."""


@dataclass(frozen=True, slots=True)
class Voice:
    """Which voice speaks. `name` and `language` as the engine knows them."""

    name: str = "default"
    language: str = "en-US"


class Transcriber(Protocol):
    """Turns one utterance into words. `rate_hz` is the rate it wants its audio at."""

    @property
    def rate_hz(self) -> int: ...

    async def transcribe(self, chunk: Pcm, expect: str, deadline: Millis) -> Transcript:
        """`expect` names the type expected (digits, yes_no, choice, ...), a hint only."""
        ...


@dataclass(frozen=True, slots=True)
class ModelReply:
    """What a model of an agent answers, whole. `cost` is in the currency of its prices; 0 where it is not known."""

    words: str
    requests: tuple[ModelRequest, ...] = ()
    cost: Decimal = Decimal(0)


class Responder(Protocol):
    """Talks with a caller inside the rules of an agent."""

    async def respond(self, request: AskModel, deadline: Millis) -> ModelReply:
        """Raises: ModelUnavailable; ModelRefused when the words must not be spoken (a judge of sentences beside the
        model, or the provider, says so)."""
        ...


class Synthesizer(Protocol):
    """Speaks a text; yields audio as soon as there is some; closing the iterator stops the work."""

    @property
    def rate_hz(self) -> int: ...

    @property
    def streams(self) -> bool:
        """Whether a sentence comes in pieces, to be sent as they come; else each piece is a whole sentence."""
        ...

    def speak(self, text: str, voice: Voice, deadline: Millis) -> AsyncGenerator[Pcm, None]: ...


class Similarity(Protocol):
    """How near in meaning a text is to each option: -1 to 1, in the order of the options."""

    async def rank(self, text: str, options: Sequence[str], deadline: Millis) -> list[float]: ...


class TurnJudge(Protocol):
    """Whether a caller has finished, by the sound of what was said. `rate_hz` is the rate it wants its audio at."""

    @property
    def rate_hz(self) -> int: ...

    async def finished(self, chunk: Pcm, deadline: Millis) -> float:
        """0 to 1, for sound that ends shortly after the last word. Busy is unavailable: nobody waits for this."""
        ...
