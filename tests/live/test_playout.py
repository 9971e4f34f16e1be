"""Prompts on their way to the line: what leaves in which pieces, and who is blamed where a prompt falls silent."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest

from ivr.audio.pcm import Pcm
from ivr.call import events as ev
from ivr.call.effects import StartPlayout
from ivr.call.line_quality import LineQuality
from ivr.call.line_report import Side, Trouble
from ivr.live.clock import CallClock
from ivr.live.mouth import Mouth
from ivr.live.playout import Playout
from ivr.models.offline.instant import speech_like
from ivr.models.ports import Voice
from ivr.models.prompt_cache import Piece, PromptCache
from ivr.units import Millis
from tests.live.line import TurnedClock


class HaltingVoice:
    """Gives 600 ms, and the other 600 ms when it is let go on."""

    rate_hz = 8000
    streams = True

    def __init__(self) -> None:
        self.goes_on = asyncio.Event()

    async def speak(self, text: str, voice: Voice, deadline: Millis) -> AsyncGenerator[Pcm, None]:
        yield speech_like(600, 8000)
        await self.goes_on.wait()
        yield Pcm(speech_like(580, 8000).samples + Pcm.silence(ms=20, rate_hz=8000).samples, 8000)


@dataclass
class Desk:
    clock: TurnedClock
    voice: HaltingVoice
    quality: LineQuality = field(default_factory=LineQuality)
    sent: list[tuple[Piece, str]] = field(default_factory=list)
    happened: list[ev.Event] = field(default_factory=list)
    loop_late_ms: float = 0.0

    @property
    def lengths(self) -> list[int]:
        return [len(piece.mulaw) // 8 for piece, _ in self.sent]

    async def wait(self, ms: int) -> None:
        self.clock.turn(ms)
        for _ in range(20):
            await asyncio.sleep(0)


@asynccontextmanager
async def playing(desk: Desk) -> AsyncIterator[Playout]:
    mouth = Mouth(desk.voice, PromptCache(1_000_000), Voice())
    async with asyncio.TaskGroup() as tasks:
        playout = Playout(
            tasks,
            mouth,
            CallClock(desk.clock, desk.clock.now_ms()),
            send=lambda piece, mark: desk.sent.append((piece, mark)),
            clear=lambda: None,
            happened=desk.happened.append,
            quality=desk.quality,
            loop_late_ms=lambda: desk.loop_late_ms,
        )
        playout.start(StartPlayout("s1", "One moment.", True))
        await desk.wait(0)
        yield playout
        desk.voice.goes_on.set()
        await desk.wait(0)
        playout.close()


@pytest.fixture
def desk() -> Desk:
    return Desk(TurnedClock(), HaltingVoice())


async def test_sound_that_comes_in_time_leaves_without_a_hole(desk: Desk) -> None:
    async with playing(desk):
        assert desk.lengths == [200, 400]
        await desk.wait(500)
    assert desk.lengths == [200, 400, 500, 100]  # and no message for the 2 ms of silence in the filter
    found = desk.quality.report(began_ms=0)
    assert (found.verdict, found.underruns) == (Side.FINE, 0)


@pytest.mark.parametrize(
    ("loop_late_ms", "trouble", "side"),
    [(0, Trouble.VOICE_SLOW, Side.ENGINE), (280, Trouble.UNDERRUN, Side.US)],
)
async def test_a_hole_is_the_voices_unless_our_loop_was_late(
    desk: Desk, loop_late_ms: float, trouble: Trouble, side: Side
) -> None:
    async with playing(desk):
        await desk.wait(900)
        desk.loop_late_ms = loop_late_ms
        desk.voice.goes_on.set()
        await desk.wait(0)
    found = desk.quality.report(began_ms=0)
    assert (found.verdict, found.underruns) == (side, 1)
    (finding,) = found.findings
    assert finding.trouble is trouble
    assert 295 <= finding.figure <= 305


async def test_a_prompt_that_is_kept_leaves_whole_and_at_once(desk: Desk) -> None:
    desk.voice.goes_on.set()
    async with playing(desk) as playout:
        first = len(desk.sent)
        desk.voice.goes_on.clear()  # nobody is asked
        playout.start(StartPlayout("s2", "One moment.", True))
        await desk.wait(0)
        assert desk.lengths[first:] == [500, 500, 200]
        assert [mark for _, mark in desk.sent[first:]] == ["s2/5", "s2/6", "s2/7"]


async def test_a_receipt_that_never_comes_is_waited_for_no_longer_than_its_grace(desk: Desk) -> None:
    desk.voice.goes_on.set()
    async with playing(desk) as playout:
        await desk.wait(100)
        playout.mark_returned(desk.sent[0][1])
        await desk.wait(1202 + 2000)  # the timer that was set for the first piece, and the one after it
        await desk.wait(10)
    (ended,) = (event for event in desk.happened if isinstance(event, ev.PlayoutEnded))
    assert [mark.end for mark in ended.marks] == ["acknowledged", *["expired"] * 3]
