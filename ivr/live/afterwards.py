"""What is left of a call that is over: a summary, what became of it, what the caller gave, in which language.

One call after the other, beside the calls that are in progress: the journal is read and lived through in a thread, a
model is asked only where one is configured and may still cost something. Calls that ended while nobody was there to do
it, or whose process died over it, are found when a process starts, and looked for now and then.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import timedelta
from decimal import Decimal
from typing import Final

import structlog

from ivr.audio import mulaw
from ivr.audio.pcm import Pcm
from ivr.audio.resample import resample_whole
from ivr.call.account import Line, Retold, disposition, extract
from ivr.errors import ModelError, ModelRefused, StoreError
from ivr.flow.privacy import mask_numbers
from ivr.flow.state import CallState, Effect
from ivr.flow.types import Privacy
from ivr.live.process import Process
from ivr.models.deadline import due_in
from ivr.models.ports import TalkLine, WordTimer
from ivr.store import LOOK_BACK, Account, Accounts, CallRow, Entry, Messages, RecordingReader, SpokenWord, Turn

log = structlog.get_logger("ivr.live")

LOOK_S: Final = 10.0
LATELY: Final = timedelta(minutes=30)
LOOK_BACK_EVERY_MS: Final = 600_000
"""Calls that were closed long after they had ended are found then."""
AT_ONCE: Final = 8
"""Taken together, made one after the other."""
BETWEEN_S: Final = 0.02
LATE_S: Final = 1.0
"""While the event loop is late, calls in progress need it."""
SUM_UP_MS: Final = 30_000
TIMED_MS: Final = 20_000
LEAD_MS: Final = 250
"""Sound around a turn that is heard again with it."""
MOST_TIMED: Final = 60
"""Turns of one call."""
OFFLINE: Final = "offline"
FEWEST_TURNS: Final = 2
"""A call in which less was said is summed up without a model."""


class Afterwards:
    """One for the process."""

    def __init__(self, process: Process, *, word_times: bool = False) -> None:
        """`word_times`: a recogniser at a far end is asked again when each word was said."""
        self._process = process
        self._word_times = word_times
        self.accounts = Accounts(process.database, process.calls.holder)
        self._messages = Messages(process.database)
        self._looked_back_ms: int | None = None

    async def run(self) -> None:
        """For ever."""
        ended = self._process.keeper.call_ended
        while True:
            ended.clear()
            try:
                while await self.catch_up():
                    pass
            except StoreError as fault:
                log.warning("calls that are over wait for their summary", why=str(fault))
            try:
                async with asyncio.timeout(LOOK_S):
                    await ended.wait()
            except TimeoutError:
                continue

    async def catch_up(self) -> int:
        """Some of the calls that have none. How many. Raises: StoreError."""
        process = self._process
        self.accounts.lease = process.calls.holder
        now_ms, looked_ms = process.clock.now_ms(), self._looked_back_ms
        looks_back = looked_ms is None or now_ms - looked_ms >= LOOK_BACK_EVERY_MS
        within = LOOK_BACK if looks_back else LATELY
        taken = await self.accounts.take(await process.alive(), AT_ONCE, now=process.clock.wall(), within=within)
        if looks_back and not taken:  # there may be more of them than are taken at once
            self._looked_back_ms = now_ms
        for row in taken:
            while process.pulse.late:  # noqa: ASYNC110  the loop itself is what is waited for
                await asyncio.sleep(LATE_S)
            await self._account(row)
            await asyncio.sleep(BETWEEN_S)
        return len(taken)

    async def _account(self, row: CallRow) -> None:
        try:
            made = await self._made(row)
        except StoreError:
            raise
        except Exception as fault:  # one call that cannot be retold keeps no other from its summary
            log.error("a call could not be summed up", call=row.id, error=type(fault).__name__)
            became = disposition(row.outcome, said=True)
            made = Account("", became, became, OFFLINE)
        await self.accounts.keep(row.id, made, now=self._process.clock.wall())

    async def _made(self, row: CallRow) -> Account:
        process = self._process
        turns = await process.turns.turns(row.id)
        sends = await process.sends.of_call(row.id)
        messages = await self._messages.of_call(row.id)
        retold, state = await self._retold(row)
        bundle = self._process.bundle(row.bundle or "")
        fields = () if bundle is None else retold.fields(bundle)
        became = disposition(
            row.outcome,
            said=any(turn.who == "caller" for turn in turns),
            callback=any(send.kind == "callback" for send in sends),
            message=any(left.to_ms != left.from_ms for left in messages),
            answered_by=retold.answered_by,
        )
        offline = extract(_lines(turns), fields, retold.tools, became)
        words = await self._timed(row, turns, Decimal(0) if state is None else state.model_cost)
        summary, by = await self._summed_up(row, turns, retold, state) or (offline, OFFLINE)
        return Account(retold.language, became, summary, by, [asdict(one) for one in fields], words)

    async def _retold(self, row: CallRow) -> "tuple[Retold, CallState | None]":
        """Without the version it ran on, what its rows tell is all there is."""
        retold = Retold()
        bundle = self._process.bundle(row.bundle or "")
        if bundle is None:
            return retold, None

        def tell(_: Entry, state: CallState, __: Sequence[Effect]) -> None:
            retold.take(state)

        return retold, (await self._process.retell(row, bundle, tell)).state

    async def _summed_up(
        self, row: CallRow, turns: Sequence[Turn], retold: Retold, state: CallState | None
    ) -> tuple[str, str] | None:
        """By a model; None: by nobody, or it failed."""
        talk = [TalkLine(turn.who, mask_numbers(text)) for turn in turns if (text := _shown(turn))]
        if state is None or sum(one.who == "caller" for one in talk) < FEWEST_TURNS:
            return None
        summarizer = self._process.summarizer(state.model_cost)
        if summarizer is None:
            return None
        try:
            made = await summarizer.summarize(talk, retold.language, due_in(SUM_UP_MS))
        except ModelError as fault:
            log.info("a call is summed up without a model", call=row.id, why=str(fault))
            return None
        return mask_numbers(made.text), made.by or "model"

    async def _timed(self, row: CallRow, turns: Sequence[Turn], spent: Decimal) -> Mapping[int, Sequence[SpokenWord]]:
        """By turn; what is private goes to nobody once more."""
        timer = self._process.word_timer(spent) if self._word_times and row.recording else None
        spoken = [turn for turn in turns if _was_spoken(turn)][:MOST_TIMED]
        if timer is None or not spoken:
            return {}
        found = {}
        try:
            recording = await asyncio.to_thread(self._process.recorded, row.id)
            for turn in spoken:
                found[turn.no] = await self._words_of(turn, recording, timer)
        except ModelRefused as fault:
            if fault.kind != "cap":
                self._word_times = False
                log.warning("nobody is asked any more when words were said", why=str(fault))
        except (ModelError, StoreError) as fault:
            log.info("words of a call have no times", call=row.id, why=str(fault))
        return {no: words for no, words in found.items() if words}

    async def _words_of(self, turn: Turn, recording: RecordingReader, timer: WordTimer) -> Sequence[SpokenWord]:
        """Raises: ModelError, StoreError."""
        begins_ms, ends_ms = max(0, turn.at_ms - LEAD_MS), (turn.end_ms or turn.at_ms) + LEAD_MS

        def sound() -> Pcm:
            return resample_whole(mulaw.decode(recording.caller_between(begins_ms, ends_ms)), timer.rate_hz)

        timed = await timer.timed(await asyncio.to_thread(sound), due_in(TIMED_MS))
        return [SpokenWord(one.text, begins_ms + one.begin_ms, begins_ms + one.end_ms) for one in timed.words]


def _was_spoken(turn: Turn) -> bool:
    by_mouth = turn.who == "caller" and not turn.written and turn.end_ms is not None and turn.end_ms > turn.at_ms
    return by_mouth and turn.privacy is Privacy.OPEN and bool(turn.words)


def _shown(turn: Turn) -> str:
    """What was said and heard, as views show it."""
    return turn.words if turn.who == "caller" else turn.heard


def _lines(turns: Sequence[Turn]) -> list[Line]:
    return [Line(turn.who, text, by_words=not text.isdigit()) for turn in turns if (text := _shown(turn))]
