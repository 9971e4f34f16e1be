"""Several who may be asked, in order: the first that begins to answer is taken.

    ask ─┬─ begins ──────────────────────────────────────────────▶ taken
         ├─ fails early, and may succeed if asked again ─▶ once more
         ├─ takes longer than usual, and another is free ─▶ that one beside it; the first to begin is taken
         └─ fails, rests, or takes too long ─▶ the next one

One deadline is for all of it. Whoever was passed is told of, with the reason. What was yielded once is never asked for
again: what becomes of an answer that breaks off is for who reads it.
"""

import asyncio
import random
from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

import structlog

from ivr import metrics
from ivr.errors import ModelError, ModelRefused, ModelUnavailable
from ivr.models.deadline import left_s, now_ms
from ivr.models.ports import Passed
from ivr.models.wrappers.named import Named
from ivr.units import Millis

log = structlog.get_logger("ivr.models")

P = TypeVar("P")
T = TypeVar("T")

AGAIN_WITHIN_MS: Final = 1_000
"""Who failed later is not asked again: the caller has waited long enough for it."""
PAUSE_MS: Final = (50, 150)
"""Before somebody is asked again who did not say when: no two calls at the same moment."""
RESTS: Final = "failed too often just now: not asked"
NOBODY: Final = "nobody"

Begin = Callable[[P, Millis], AsyncGenerator[T, None]]
"""Begins to ask, with an answer in parts that is due to begin by then. It must hold no time-out across a part: parts
may be awaited by one task after another."""


@dataclass(frozen=True, slots=True)
class Begun(Generic[P, T]):
    """An answer under way. `rest` is to be closed."""

    by: Named[P]
    first: T
    rest: AsyncGenerator[T, None]


@dataclass(frozen=True, slots=True)
class _Failed(Generic[P]):
    by: Named[P]
    why: str
    kind: str
    fault: ModelError


class Climb(Generic[P]):
    """Shared by all calls: `who` may be asked, in order."""

    def __init__(self, role: str, who: Sequence[Named[P]], first_ms: int) -> None:
        """`role`: for the log and the counters; `first_ms`: how long an answer may take to begin while there is
        another to ask."""
        assert who, "somebody can be asked"
        self._role, self._first_ms = role, first_ms
        self.who = tuple(who)

    async def climb(
        self, begin: Begin[P, T], deadline: Millis, who: Sequence[Named[P]] | None = None
    ) -> tuple[Begun[P, T], tuple[Passed, ...]]:
        """`who`: those that are left; None: all.

        Raises: ModelRefused of kind `words`, which nobody else is asked for; ModelError when there is nobody left."""
        left = list(self.who if who is None else who)
        failed: list[_Failed[P]] = []
        try:
            while left:
                one = left.pop(0)
                until = self._until(deadline, last=not left)
                if left and self._hedges(one, left[0]):
                    found, other = await self._hedged(one, left[0], begin, until, deadline, last=len(left) == 1)
                    if other:
                        left.pop(0)
                else:
                    found = [await self._ask(one, begin, until)]
                for answer in found:
                    if isinstance(answer, Begun):
                        return answer, self._passed(failed, answer.by.name)
                    failed.append(answer)
                    if isinstance(answer.fault, ModelRefused) and answer.fault.kind == "words":
                        raise answer.fault
        finally:
            self._count(failed)
        self._passed(failed, NOBODY)
        raise _spent(failed)

    def _until(self, deadline: Millis, *, last: bool) -> Millis:
        return deadline if last else Millis(min(deadline, now_ms() + self._first_ms))

    # ---- one of them

    async def _ask(self, one: Named[P], begin: Begin[P, T], until: Millis) -> Begun[P, T] | _Failed[P]:
        if not one.breaker.lets_through(now_ms()):
            return _Failed(one, RESTS, "rests", ModelUnavailable(f"{one.name} {RESTS}", "overload"))
        one.pace.asked()
        began_ms, tries = now_ms(), 0
        while True:
            asked_ms, tries = now_ms(), tries + 1
            try:
                first, rest = await _begun(one, begin, until)
            except ModelError as fault:
                note_fault(one, fault)
                pause_ms = _pause_ms(fault)
                soon = now_ms() - began_ms + pause_ms <= AGAIN_WITHIN_MS and now_ms() + pause_ms < until
                if tries > 1 or not one.far or not _may_succeed(fault) or not soon or not one.pace.repeats.spend():
                    twice = ", asked twice" if tries > 1 else ""
                    return _Failed(one, f"{fault}{twice}", _kind(fault), fault)
                await asyncio.sleep(pause_ms / 1000)
            else:
                one.pace.took(now_ms() - asked_ms)
                return Begun(one, first, rest)

    # ---- two at once

    def _hedges(self, one: Named[P], other: Named[P]) -> bool:
        """Whether `other` may be asked too, when `one` takes longer than usual."""
        usual = one.far and other.far and one.pace.usual_ms is not None
        return usual and not other.breaker.is_open and one.pace.hedges.left

    async def _hedged(
        self, one: Named[P], other: Named[P], begin: Begin[P, T], until: Millis, deadline: Millis, *, last: bool
    ) -> tuple[list[Begun[P, T] | _Failed[P]], bool]:
        """What came of them, at most one answer and that at the end; whether the other was asked."""
        answers: asyncio.Queue[Begun[P, T] | _Failed[P]] = asyncio.Queue()

        async def ask(whom: Named[P], by: Millis) -> None:
            answers.put_nowait(await self._ask(whom, begin, by))

        found: list[Begun[P, T] | _Failed[P]] = []
        began_ms, hedged = now_ms(), False
        assert one.pace.usual_ms is not None
        try:
            async with asyncio.TaskGroup() as tasks:
                asking = [tasks.create_task(ask(one, until))]
                try:
                    async with asyncio.timeout(one.pace.usual_ms / 1000):
                        found.append(await answers.get())
                except TimeoutError:
                    hedged = one.pace.hedges.spend()
                if hedged:
                    asking.append(tasks.create_task(ask(other, self._until(deadline, last=last))))
                while len(found) < len(asking) and not (found and isinstance(found[-1], Begun)):
                    found.append(await answers.get())
                for task in asking:
                    task.cancel()
        except BaseException:
            await _close([*found, *_left(answers)])
            raise
        await _close(_left(answers))
        taken = found[-1]
        if hedged and isinstance(taken, Begun):
            metrics.MODEL_HEDGES.labels(self._role, "other" if taken.by is other else "first").inc()
            if taken.by is other and len(found) == 1:
                waited_ms = now_ms() - began_ms
                one.pace.took(waited_ms)
                late = ModelUnavailable(f"{one.name} took longer than usual", "late")
                found.insert(0, _Failed(one, f"took longer than usual: {waited_ms} ms", "overtaken", late))
        return found, hedged

    # ---- who was passed

    def _passed(self, failed: Sequence[_Failed[P]], taken: str) -> tuple[Passed, ...]:
        if not failed:
            return ()
        asked = [*(one.by.name for one in failed[1:]), taken]
        passed = tuple(Passed(one.by.name, one.why, whom) for one, whom in zip(failed, asked, strict=True))
        for one in passed:
            log.warning("a model was passed over", what=self._role, engine=one.name, why=one.why, result=one.asked)
        return passed

    def pass_over(self, one: Named[P], fault: ModelError, taken: str) -> Passed:
        """Of one whose answer broke off: `taken` goes on."""
        broke = _Failed(one, str(fault), _kind(fault), fault)
        self._count([broke])
        return self._passed([broke], taken)[0]

    def _count(self, failed: Sequence[_Failed[P]]) -> None:
        for one in failed:
            metrics.MODEL_PASSED.labels(self._role, one.kind).inc()


def note_fault(one: Named[P], fault: ModelError) -> None:
    """A fault of its far end brings its rest nearer; a request that nobody would take does not."""
    if isinstance(fault, ModelRefused) and fault.kind in ("words", "request", "too_large"):
        return
    one.breaker.failed(now_ms())


async def _begun(one: Named[P], begin: Begin[P, T], until: Millis) -> tuple[T, AsyncGenerator[T, None]]:
    """Raises: ModelError."""
    parts = begin(one.port, until)
    try:
        async with asyncio.timeout(left_s(until)):
            return await anext(parts), parts
    except StopAsyncIteration:
        raise ModelUnavailable(f"{one.name} gave no answer", "garbage") from None
    except TimeoutError:
        await parts.aclose()
        raise ModelUnavailable(f"{one.name} took too long to begin", "late") from None
    except BaseException:
        await parts.aclose()
        raise


def _pause_ms(fault: ModelError) -> int:
    told = fault.retry_after_ms if isinstance(fault, ModelUnavailable) else None
    return random.randint(*PAUSE_MS) + (told or 0)


def _may_succeed(fault: ModelError) -> bool:
    return isinstance(fault, ModelUnavailable) and fault.again


def _kind(fault: ModelError) -> str:
    return fault.kind if isinstance(fault, ModelUnavailable | ModelRefused) else "fault"


def _spent(failed: Sequence[_Failed[P]]) -> ModelError:
    if len(failed) == 1 and isinstance(failed[0].fault, ModelRefused):
        return failed[0].fault
    last = failed[-1].fault
    kind = last.kind if isinstance(last, ModelUnavailable) else "fault"
    return ModelUnavailable("; ".join(f"{one.by.name}: {one.why}" for one in failed), kind, again=False)


def _left(answers: "asyncio.Queue[Begun[P, T] | _Failed[P]]") -> list[Begun[P, T] | _Failed[P]]:
    left = []
    while not answers.empty():
        left.append(answers.get_nowait())
    return left


async def _close(answers: Sequence[Begun[P, T] | _Failed[P]]) -> None:
    for answer in answers:
        if isinstance(answer, Begun):
            await answer.rest.aclose()
