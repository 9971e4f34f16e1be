"""Every sentence that never changes is ready before a caller needs it, and after a restart nothing is spoken again."""

import asyncio
import os
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ivr.audio.pcm import Pcm
from ivr.call.settings import CallSettings
from ivr.errors import ModelUnavailable
from ivr.flow.flow import Bundle
from ivr.flow.state import SayEffect
from ivr.live.mouth import Mouth, Spoken
from ivr.live.process import Process, ProcessSettings
from ivr.live.prompts import fixed_sentences
from ivr.models.engines import Engines
from ivr.models.offline.instant import InstantSimilarity, InstantTranscriber, speech_like
from ivr.models.offline.silero import Silero
from ivr.models.ports import Passed, SpokenPart, Voice
from ivr.models.prompt_cache import PromptCache
from ivr.models.prompt_files import PromptFiles
from ivr.models.sentences import sentences
from ivr.units import Millis
from tests.call.textflow import line as line_flow
from tests.flow.phone import SUPPORT, Line, project_on_disk
from tests.flow.test_engine_property import MOVES, move


class CountingVoice:
    """Says everything in a second of sound, and remembers what it was asked for."""

    rate_hz = 16_000

    def __init__(self, *, streams: bool = False, dumb: str = "") -> None:
        self.streams = streams
        self.said: list[str] = []
        self._dumb = dumb
        self._sound = speech_like(1000, 16_000)

    async def speak(self, text: str, voice: Voice, deadline: Millis) -> AsyncGenerator[Pcm, None]:
        if text == self._dumb:
            raise ModelUnavailable("not this one")
        self.said.append(text)
        half = len(self._sound.samples) // 2
        for part in (self._sound.samples[:half], self._sound.samples[half:]) if self.streams else [self._sound.samples]:
            yield Pcm(part, 16_000)


def engines(voice: CountingVoice, spoken_by: str) -> Engines:
    return Engines("counted", InstantTranscriber(), voice, InstantSimilarity(), Silero(), spoken_by=spoken_by)


async def started(
    folder: Path, bundle: Bundle, spoken_by: str = "a voice 1", cache_bytes: int = 1_000_000
) -> list[str]:
    """What the voice had to say for a start with this flow."""
    voice = CountingVoice()
    kept = ProcessSettings(folder, os.environ, CallSettings(), record=False, prompt_cache_bytes=cache_bytes)
    async with Process(kept, engines(voice, spoken_by)) as process:
        await process.adopt(bundle)
    return voice.said


async def test_a_restart_speaks_nothing_again(tmp_path: Path) -> None:
    bundle = project_on_disk(SUPPORT)
    known = fixed_sentences(bundle)
    said = await started(tmp_path, bundle)
    assert said[:4] == known[:4] and sorted(said) == sorted(known)
    assert await started(tmp_path, bundle) == []
    assert await started(tmp_path, replace(line_flow(), hash="another")) != []  # others of another flow
    assert len(await started(tmp_path, bundle, "a voice 2")) == len(known)


async def test_a_damaged_folder_costs_a_sentence_and_no_start(tmp_path: Path) -> None:
    bundle = project_on_disk(SUPPORT)
    known = await started(tmp_path, bundle)
    files = sorted((tmp_path / "cache" / "prompts").iterdir())
    assert len(files) == len(known)
    files[0].write_bytes(b"rubbish")
    files[1].unlink()
    assert len(await started(tmp_path, bundle)) == 2
    assert await started(tmp_path, bundle) == []


async def test_a_voice_without_a_name_or_a_bound_of_nothing_keeps_nothing_on_disk(tmp_path: Path) -> None:
    bundle = line_flow()
    assert await started(tmp_path, bundle, "") == await started(tmp_path, bundle, "") != []
    assert await started(tmp_path, bundle, cache_bytes=0) != []
    assert not (tmp_path / "cache").exists()


async def test_a_voice_that_does_not_speak_is_soon_not_asked_for_prompts_any_more(tmp_path: Path) -> None:
    class Standing(CountingVoice):
        """Another speaks in its stead."""

        async def speak(self, text: str, voice: Voice, deadline: Millis) -> AsyncGenerator[SpokenPart, None]:
            yield Passed("far", "it is away", "near")
            async with aclosing(super().speak(text, voice, deadline)) as parts:
                async for part in parts:
                    yield part

    voice, cache = Standing(), PromptCache(1_000_000)
    with pytest.raises(ModelUnavailable, match="far does not speak: it is away"):
        await Mouth(voice, cache, Voice()).warm([f"Sentence {number}." for number in range(100)])
    assert len(voice.said) == 4
    assert all(cache.get(said, Voice()) is None for said in voice.said), "another's voice is kept for nobody"


async def test_what_another_process_spoke_meanwhile_is_not_spoken_again(tmp_path: Path) -> None:
    mine, other = (PromptCache(1_000_000, PromptFiles(tmp_path, "a voice 1", 1_000_000)) for _ in range(2))

    class Meanwhile(CountingVoice):
        async def speak(self, text: str, voice: Voice, deadline: Millis) -> AsyncGenerator[Pcm, None]:
            await Mouth(CountingVoice(), other, Voice()).warm(["Two."])
            async for pcm in super().speak(text, voice, deadline):
                yield pcm

    voice = Meanwhile()
    mouth = Mouth(voice, mine, Voice())
    assert await mouth.warm(["One.", "Two.", "Three."]) == 2
    assert voice.said == ["One.", "Three."]
    assert mouth.at_hand("Two.")


async def test_several_processes_that_start_at_once_share_a_folder(tmp_path: Path) -> None:
    bundle = line_flow()
    async with asyncio.TaskGroup() as tasks:
        both = [tasks.create_task(started(tmp_path, bundle)) for _ in range(2)]
    assert all(len(task.result()) <= len(fixed_sentences(bundle)) for task in both)
    assert await started(tmp_path, bundle) == []


async def spoken(mouth: Mouth, text: str, *, fixed: bool) -> list[Spoken]:
    return [part async for part in mouth.speak(text, fixed=fixed)]


async def test_a_sentence_the_voice_cannot_speak_does_not_keep_the_others_from_being_ready() -> None:
    voice = CountingVoice(dumb="Two.")
    mouth = Mouth(voice, PromptCache(1_000_000), Voice())
    assert await mouth.warm(["One.", "Two.", "Three."]) == 2
    assert mouth.at_hand("One. Three.") and not mouth.at_hand("One. Two.")


async def test_a_kept_sentence_serves_in_any_prompt_and_what_is_private_is_not_kept() -> None:
    for streams in (False, True):
        voice = CountingVoice(streams=streams)
        mouth = Mouth(voice, PromptCache(1_000_000), Voice())
        await mouth.warm(["Sorry.", "What is it?"])
        voice.said.clear()
        parts = await spoken(mouth, "Sorry. What is it?", fixed=True)
        assert [(part.sentence, part.first, part.whole) for part in parts] == [
            ("Sorry.", True, True),
            ("What is it?", True, True),
        ]
        assert voice.said == []
        for _ in range(2):
            await spoken(mouth, "Your code is four two. What is it?", fixed=False)
        assert voice.said == ["Your code is four two."] * 2
        await spoken(mouth, "One moment.", fixed=True)
        await spoken(mouth, "One moment.", fixed=True)
        assert voice.said[2:] == ["One moment."]


async def test_a_kept_sentence_sounds_as_it_did_when_it_was_made() -> None:
    for streams in (False, True):
        mouth = Mouth(CountingVoice(streams=streams), PromptCache(1_000_000), Voice())
        twice = [await spoken(mouth, "One moment.", fixed=True) for _ in range(2)]
        first, second = (b"".join(p.mulaw for part in parts for p in part.pieces) for parts in twice)
        assert first == second and len(first) > 6000


WALK = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@WALK
@given(moves=st.lists(MOVES, max_size=25), seed=st.integers(0, 3))
def test_whatever_a_flow_says_that_never_changes_is_known_at_its_load(
    moves: list[tuple[str, object]], seed: int
) -> None:
    bundle = _support()
    line = Line(bundle, "support", seed=seed)
    line.begins()
    for kind, what in moves:
        move(line, kind, what)
    known = set(fixed_sentences(bundle))
    for effect in line.everything:
        if isinstance(effect, SayEffect) and effect.fixed:
            assert set(sentences(effect.text)) <= known, effect.text


@cache
def _support() -> Bundle:
    return project_on_disk(SUPPORT)
