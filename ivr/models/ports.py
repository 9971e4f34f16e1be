"""What hears, thinks and speaks for us, as ports. Each has an offline implementation and a suite in tests/ports/.

A `deadline` is an absolute moment of `time.monotonic()` in milliseconds; an implementation that cannot answer by then
raises ModelUnavailable. Text and sound of a caller never enter an exception's text.
"""

from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal, Protocol, runtime_checkable

from ivr.audio.pcm import Pcm
from ivr.flow.state import AskModel, ModelRequest, ModelTool
from ivr.units import Millis


@dataclass(frozen=True, slots=True)
class Passed:
    """One that would have been asked first, and gave no answer. `name`: as the configuration calls it; `why`: for a
    reviewer, in few words; `asked`: whom the answer is of, or what was done instead."""

    name: str
    why: str
    asked: str


@dataclass(frozen=True, slots=True)
class Transcript:
    """What was said. `score` is the mean log-probability of its tokens (0 is certain, below -1 doubtful)."""

    text: str
    score: float | None
    ms: Millis
    """How long the engine took."""
    cost: Decimal = Decimal(0)
    """In the currency of its prices; 0 where it is not known."""
    passed: tuple[Passed, ...] = ()


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
class ReplyWords:
    """More words of a reply, as they come: a piece may end anywhere. `voiced`: their sound comes too, and they lead
    it; else nothing has been said of them."""

    text: str
    voiced: bool = False


@dataclass(frozen=True, slots=True)
class ReplySound:
    """More sound of a reply, mono, at any rate; the rate does not change within one reply. No word is said in it that
    has not come before."""

    pcm: Pcm


@dataclass(frozen=True, slots=True)
class ReplyMulaw:
    """As ReplySound, of one that speaks as the line does: µ-law at the line's rate, which goes on as it is. A reply has
    sound of one of both kinds."""

    mulaw: bytes


@dataclass(frozen=True, slots=True)
class ReplyDone:
    """The reply is whole. `cut`: the model was stopped before it had finished (its limit of length, a filter).
    `cost` is in the currency of its prices; 0 where it is not known."""

    requests: tuple[ModelRequest, ...] = ()
    cost: Decimal = Decimal(0)
    cut: Literal["", "length", "filter"] = ""
    passed: tuple[Passed, ...] = ()


ReplyPart = ReplyWords | ReplySound | ReplyMulaw | ReplyDone


class Responder(Protocol):
    """Talks with a caller inside the rules of an agent."""

    @property
    def hears_hz(self) -> int | None:
        """The rate of the sound it wants to hear beside the words; None: it only reads."""
        ...

    def respond(self, request: AskModel, sound: Pcm | None, deadline: Millis) -> AsyncGenerator[ReplyPart, None]:
        """`sound`: the caller's last utterance, where it may be heard. The parts come as they are made; the last is
        ReplyDone. Closing the iterator takes the request back at once. `deadline` is for the first part; from one part
        to the next an implementation has a bound of its own.

        Raises: ModelUnavailable, also in the middle of a reply; ModelRefused when the words must not be spoken (a judge
        of sentences beside the model, or the provider, says so), or asking again will not help.
        """
        ...


@runtime_checkable
class Attends(Protocol):
    """A Responder that keeps something for each call, as an open session."""

    async def attend(self, call: str, *, ahead: bool = True) -> None:
        """Runs beside a call for as long as it lasts, and is cancelled at its end: what was kept for it is let go then,
        however it ends. `call`: its id, with which the ids of its AskModels begin. `ahead`: what can be made ready
        before it is asked for is. Never fails."""
        ...


@dataclass(frozen=True, slots=True)
class OpenQuestion:
    """What a caller was asked, for a model that is to tell what was meant. `said`: the question as it was said, private
    values masked. `tool`: the one thing the model may answer with; its schema has only what is open."""

    language: str
    said: str
    tool: ModelTool


@dataclass(frozen=True, slots=True)
class Understood:
    """The arguments of the question's tool, as JSON has them and not checked."""

    arguments: Mapping[str, object]
    cost: Decimal = Decimal(0)
    """As a ReplyDone's."""
    passed: tuple[Passed, ...] = ()


class Understander(Protocol):
    """Tells what a caller meant at a question, where the words alone do not."""

    @property
    def hears_hz(self) -> int | None:
        """As a Responder's."""
        ...

    async def understand(self, question: OpenQuestion, words: str, sound: Pcm | None, deadline: Millis) -> Understood:
        """`words`: as a recogniser heard them; empty where there are none. Raises: ModelError."""
        ...


@dataclass(frozen=True, slots=True)
class TimedWord:
    """When a word was said, in the sound given."""

    text: str
    begin_ms: Millis
    end_ms: Millis


@dataclass(frozen=True, slots=True)
class TimedTranscript:
    text: str
    words: tuple[TimedWord, ...]
    """Empty where the far end gives no times."""
    cost: Decimal = Decimal(0)


class WordTimer(Protocol):
    """Tells when each word of an utterance was said. `rate_hz` is the rate it wants its audio at."""

    @property
    def rate_hz(self) -> int: ...

    async def timed(self, chunk: Pcm, deadline: Millis) -> TimedTranscript:
        """Raises: ModelRefused by one that never tells; ModelUnavailable."""
        ...


@dataclass(frozen=True, slots=True)
class TalkLine:
    """One turn as views show it: private values are masked."""

    who: Literal["bot", "caller"]
    text: str


@dataclass(frozen=True, slots=True)
class Summary:
    """`cost`: as a ReplyDone's. `by`: the engine's name, where several could have made it."""

    text: str
    cost: Decimal = Decimal(0)
    by: str = ""


class Summarizer(Protocol):
    """Sums a call up that is over. Nobody waits for it on a line."""

    async def summarize(self, talk: Sequence[TalkLine], language: str, deadline: Millis) -> Summary:
        """`language`: what it is to be written in. Raises: ModelError."""
        ...


SpokenPart = Pcm | Passed
"""Sound, or news that the voice asked first does not say (the rest of) this: the sound behind it is another's."""


class Synthesizer(Protocol):
    """Speaks a text; yields audio as soon as there is some; closing the iterator stops the work."""

    @property
    def rate_hz(self) -> int: ...

    @property
    def streams(self) -> bool:
        """Whether a sentence comes in pieces, to be sent as they come; else each piece is a whole sentence."""
        ...

    def speak(self, text: str, voice: Voice, deadline: Millis) -> AsyncGenerator[SpokenPart, None]: ...


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
