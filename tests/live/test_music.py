"""What a caller holds with: music between what is said, gone at once when it is over."""

import asyncio
from pathlib import Path

import pytest

from ivr.audio import mulaw, wav
from ivr.audio.tones import ringback
from ivr.call import events as ev
from ivr.call.effects import StartPlayout
from ivr.call.line_quality import LineQuality
from ivr.live.clock import CallClock
from ivr.live.mouth import Mouth
from ivr.live.music import Music
from ivr.live.playout import Playout
from ivr.models.offline.instant import InstantSynthesizer
from ivr.models.ports import Voice
from ivr.models.prompt_cache import Piece, PromptCache, Sound, cut
from tests.live.line import TurnedClock

SONG: Sound = cut(mulaw.encode(ringback(3000)))


class FarEnd:
    """Plays what it gets and returns a mark behind each piece, as the carrier does, when the test turns the clock."""

    def __init__(self) -> None:
        self.waiting: list[tuple[Piece, str]] = []
        self.played: list[str] = []
        self.cleared = 0

    def send(self, piece: Piece, mark: str) -> None:
        self.waiting.append((piece, mark))

    def clear(self) -> None:
        self.cleared += 1
        self.waiting.clear()


async def settle() -> None:
    for _ in range(30):
        await asyncio.sleep(0)


class Trial:
    def __init__(self, tasks: asyncio.TaskGroup) -> None:
        self.clock, self.far = TurnedClock(), FarEnd()
        self.happened: list[ev.Event] = []
        self.playout = Playout(
            tasks,
            Mouth(InstantSynthesizer(), PromptCache(1_000_000), Voice()),
            CallClock(self.clock, self.clock.now_ms()),
            send=self.far.send,
            clear=self.far.clear,
            happened=self.happened.append,
            quality=LineQuality(),
            loop_late_ms=lambda: 0.0,
        )

    async def play(self, pieces: int) -> None:
        """The far end plays so many pieces."""
        await settle()
        for _ in range(pieces):
            piece, mark = self.far.waiting.pop(0)
            self.clock.turn(len(piece.mulaw) // 8)
            self.far.played.append(mark.partition("/")[0])
            self.playout.mark_returned(mark)
            await settle()

    def ended(self) -> list[str]:
        return [event.say for event in self.happened if isinstance(event, ev.PlayoutEnded)]


async def test_it_plays_over_and_over_and_never_far_ahead() -> None:
    async with asyncio.TaskGroup() as tasks:
        trial = Trial(tasks)
        trial.playout.play_music(SONG)
        for _ in range(20):
            await trial.play(1)
            assert 1 <= len(trial.far.waiting) <= 3
        assert trial.far.played == ["music"] * 20
        assert trial.happened == []  # the call is not told: nobody said anything
        trial.playout.close()


async def test_a_prompt_takes_its_place_and_is_heard_whole() -> None:
    async with asyncio.TaskGroup() as tasks:
        trial = Trial(tasks)
        trial.playout.play_music(SONG)
        await trial.play(2)
        trial.playout.start(StartPlayout("s1", "Still looking.", False))
        await settle()
        assert trial.far.cleared == 1
        assert {mark.partition("/")[0] for _, mark in trial.far.waiting} == {"s1"}
        trial.playout.play_music(())  # the answer is there while the sentence is being said
        await trial.play(len(trial.far.waiting))
        assert trial.far.cleared == 1
        assert trial.ended() == ["s1"]
        assert trial.far.waiting == []


async def test_behind_a_prompt_it_goes_on_and_ends_at_once() -> None:
    async with asyncio.TaskGroup() as tasks:
        trial = Trial(tasks)
        trial.playout.start(StartPlayout("s1", "Let me look that up.", False))
        trial.playout.play_music(SONG)
        await settle()
        assert {mark.partition("/")[0] for _, mark in trial.far.waiting} == {"s1"}
        await trial.play(len(trial.far.waiting))
        await trial.play(1)
        assert trial.far.played[-1] == "music"
        trial.playout.play_music(())
        await settle()
        assert trial.far.cleared == 1
        assert trial.far.waiting == []
        trial.playout.close()


async def test_taking_back_what_is_said_leaves_the_music_on() -> None:
    async with asyncio.TaskGroup() as tasks:
        trial = Trial(tasks)
        trial.playout.play_music(SONG)
        trial.playout.start(StartPlayout("s1", "Still looking.", False))
        await settle()
        trial.playout.stop()
        await trial.play(1)
        assert trial.far.played == ["music"]
        trial.playout.close()


@pytest.mark.parametrize("rate_hz", [8000, 22_050])
async def test_a_project_brings_its_own(tmp_path: Path, rate_hz: int) -> None:
    (tmp_path / "sounds").mkdir()
    (tmp_path / "sounds" / "waltz.wav").write_bytes(wav.write(ringback(2000, rate_hz)))
    (tmp_path / "sounds" / "broken.wav").write_bytes(b"no sound")
    music = Music(tmp_path)
    ours = music.sound("hold")
    await music.prepare_names(["waltz", "broken", "missing", "../secret"])
    assert sum(len(piece.mulaw) for piece in music.sound("waltz")) == pytest.approx(16_000, abs=80)
    for name in ("broken", "missing", "../secret", "hold"):
        assert music.sound(name) == ours
