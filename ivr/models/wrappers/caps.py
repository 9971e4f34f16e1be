"""What models may cost: in one call, and in an hour of all calls of this process. What is spent is asked before each
request and reckoned after it, so that a cap is passed by what is under way at most."""

from collections import deque
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from decimal import Decimal
from typing import Final, Literal

import structlog

from ivr import metrics
from ivr.audio.pcm import Pcm
from ivr.errors import ModelRefused
from ivr.flow.state import AskModel
from ivr.models.ports import (
    Attends,
    OpenQuestion,
    ReplyDone,
    ReplyPart,
    Responder,
    Summarizer,
    Summary,
    TalkLine,
    TimedTranscript,
    Transcriber,
    Transcript,
    Understander,
    Understood,
    WordTimer,
)
from ivr.models.profiles import Caps
from ivr.units import Millis

log = structlog.get_logger("ivr.models")

HOUR_MS: Final = 3_600_000
SLOT_MS: Final = 60_000
"""Costs are kept by the minute."""
LIKELY: Final = 20
"""A reply that was taken back costs as much as one of the last so many did on average: its bill is not told."""

MOST_REQUESTS: Final = 400
"""Of one call, whatever they cost: where a price is not known, costs are 0."""

Role = Literal["hear", "think", "understand", "speak"]


class Purse:
    """What all calls spent lately; one a process."""

    def __init__(self, caps: Caps, now_ms: Callable[[], float], *, most_requests: int = MOST_REQUESTS) -> None:
        self.caps, self.most_requests = caps, most_requests
        self._now_ms = now_ms
        self._slots: deque[tuple[int, Decimal]] = deque()
        self._replies: deque[Decimal] = deque(maxlen=LIKELY)
        self._told_at: float | None = None

    def of_call(self, spent: Decimal = Decimal(0)) -> "CallPurse":
        """`spent`: by this call before, on a stream that was lost."""
        return CallPurse(self, spent)

    @property
    def hour(self) -> Decimal:
        """Spent in the last sixty minutes."""
        oldest = int(self._now_ms() - HOUR_MS) // SLOT_MS
        while self._slots and self._slots[0][0] <= oldest:
            self._slots.popleft()
        return sum((cost for _, cost in self._slots), Decimal(0))

    @property
    def likely(self) -> Decimal:
        """What a reply costs, as far as is known."""
        return sum(self._replies, Decimal(0)) / len(self._replies) if self._replies else Decimal(0)

    @property
    def empty(self) -> bool:
        return self.caps.hour is not None and self.hour >= self.caps.hour

    def pay(self, role: Role, cost: Decimal) -> None:
        metrics.MODEL_COST.labels(role).inc(float(cost))
        if role == "think":
            self._replies.append(cost)
        slot = int(self._now_ms()) // SLOT_MS
        if self._slots and self._slots[-1][0] == slot:
            cost += self._slots.pop()[1]
        self._slots.append((slot, cost))

    def tell(self) -> None:
        """Somebody should know: once in a while, not at each request."""
        now_ms = self._now_ms()
        if self._told_at is None or now_ms - self._told_at >= 10 * SLOT_MS:
            self._told_at = now_ms
            log.error("models are not asked: what they may cost in an hour is spent", what="cap")


class CallPurse:
    """What one call spent."""

    def __init__(self, all_calls: Purse, spent: Decimal) -> None:
        self._all = all_calls
        self.cost, self.requests = spent, 0

    def ask(self) -> None:
        """Before each request. Raises: ModelRefused of kind `cap`."""
        caps = self._all.caps
        if self._all.empty:
            self._all.tell()
            self._refuse("hour", "what models may cost in an hour is spent")
        if caps.call is not None and self.cost >= caps.call:
            self._refuse("call", "what models may cost in a call is spent")
        if self.requests >= self._all.most_requests:
            self._refuse("requests", "a call may not ask models so often")
        self.requests += 1

    def pay(self, role: Role, cost: Decimal) -> None:
        self.cost += cost
        self._all.pay(role, cost)

    def pay_likely(self) -> None:
        """For a reply that was taken back, or broke off."""
        self.pay("think", self._all.likely)

    def _refuse(self, cap: str, why: str) -> None:
        metrics.MODEL_CAPS.labels(cap).inc()
        raise ModelRefused(why, "cap")


class CappedResponder:
    """A Responder of one call."""

    def __init__(self, responder: Responder, purse: CallPurse) -> None:
        self._responder, self._purse = responder, purse

    @property
    def hears_hz(self) -> int | None:
        return self._responder.hears_hz

    async def attend(self, call: str, *, ahead: bool = True) -> None:
        if isinstance(self._responder, Attends):
            await self._responder.attend(call, ahead=ahead)

    async def respond(self, request: AskModel, sound: Pcm | None, deadline: Millis) -> AsyncGenerator[ReplyPart, None]:
        self._purse.ask()
        begun = paid = False
        try:
            async with aclosing(self._responder.respond(request, sound, deadline)) as parts:
                async for part in parts:
                    begun = True
                    if isinstance(part, ReplyDone):
                        paid = True
                        self._purse.pay("think", part.cost)
                    yield part
        finally:
            if begun and not paid:
                self._purse.pay_likely()


class CappedUnderstander:
    """An Understander of one call."""

    def __init__(self, understander: Understander, purse: CallPurse) -> None:
        self._understander, self._purse = understander, purse

    @property
    def hears_hz(self) -> int | None:
        return self._understander.hears_hz

    async def understand(self, question: OpenQuestion, words: str, sound: Pcm | None, deadline: Millis) -> Understood:
        self._purse.ask()
        understood = await self._understander.understand(question, words, sound, deadline)
        self._purse.pay("understand", understood.cost)
        return understood


class CappedSummarizer:
    """A Summarizer of one call."""

    def __init__(self, summarizer: Summarizer, purse: CallPurse) -> None:
        self._summarizer, self._purse = summarizer, purse

    async def summarize(self, talk: Sequence[TalkLine], language: str, deadline: Millis) -> Summary:
        self._purse.ask()
        summary = await self._summarizer.summarize(talk, language, deadline)
        self._purse.pay("think", summary.cost)
        return summary


class CappedWordTimer:
    """A WordTimer of one call."""

    def __init__(self, timer: WordTimer, purse: CallPurse) -> None:
        self._timer, self._purse = timer, purse

    @property
    def rate_hz(self) -> int:
        return self._timer.rate_hz

    async def timed(self, chunk: Pcm, deadline: Millis) -> TimedTranscript:
        self._purse.ask()
        timed = await self._timer.timed(chunk, deadline)
        self._purse.pay("hear", timed.cost)
        return timed


class CappedTranscriber:
    """A recogniser of one call. Where what may be spent is spent, `at_home` hears."""

    def __init__(self, transcriber: Transcriber, purse: CallPurse, at_home: Transcriber | None = None) -> None:
        self._transcriber, self._purse, self._at_home = transcriber, purse, at_home

    @property
    def rate_hz(self) -> int:
        return self._transcriber.rate_hz

    async def transcribe(self, chunk: Pcm, expect: str, deadline: Millis) -> Transcript:
        try:
            self._purse.ask()
        except ModelRefused:
            if self._at_home is None or self._at_home.rate_hz != chunk.rate_hz:
                raise
            return await self._at_home.transcribe(chunk, expect, deadline)
        heard = await self._transcriber.transcribe(chunk, expect, deadline)
        self._purse.pay("hear", heard.cost)
        return heard
