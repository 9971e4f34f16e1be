import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path

import pytest

from ivr.audio import level
from ivr.audio.pcm import Pcm
from ivr.errors import ModelRefused, ModelUnavailable
from ivr.flow.languages import VOICED
from ivr.models.deadline import due_in
from ivr.models.engines import Engines
from ivr.models.offline.pico import LANGUAGES, Pico
from ivr.models.ports import Voice
from ivr.models.whole import hear, say

pytestmark = pytest.mark.speech

THREE = "This is the first sentence. This is the second one. And this is the last."


@pytest.fixture
async def pico() -> AsyncIterator[Pico]:
    """A voice with one process."""
    made = Pico(processes=1, waiting=4, hung_s=1.0)
    await made.start()
    yield made
    await made.close()


async def spoken(pico: Pico, text: str, ms: int = 20_000) -> list[Pcm]:
    return [part async for part in pico.speak(text, Voice(), due_in(ms))]


def alive(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


def environment(pid: int) -> bytes:
    return Path(f"/proc/{pid}/environ").read_bytes()


@pytest.mark.parametrize(
    "text",
    ["How can I help you today?", "I would like to speak to an agent, please.", "Your account number is 4 0 7 2 9 1."],
)
async def test_it_is_understood_over_the_telephone(engines: Engines, text: str) -> None:
    heard = (await hear(engines.transcriber, await say(engines.synthesizer, text))).text
    plain = [letter for letter in text.lower() if letter.isalnum()]
    assert [letter for letter in heard.lower() if letter.isalnum()] == plain


async def test_one_piece_a_sentence_at_the_level_of_prompts(pico: Pico) -> None:
    parts = await spoken(pico, THREE)
    assert len(parts) == 3
    for part in parts:
        assert part.rate_hz == pico.rate_hz == 16_000 and 800 < part.ms < 4000
        assert level.active_dbfs(part) == pytest.approx(-20, abs=1)
        assert level.clipped(part) == 0


async def test_markup_in_the_text_is_not_obeyed(pico: Pico) -> None:
    (plain,) = await spoken(pico, "Thank you for calling our support line today")
    (marked,) = await spoken(pico, "<speed level='500'>Thank you for calling our support line today</speed>")
    assert marked.ms > plain.ms


async def test_other_languages_and_none(pico: Pico) -> None:
    async with aclosing(pico.speak("Guten Morgen.", Voice(language="de-DE"), due_in(20_000))) as parts:
        assert [part.ms > 500 async for part in parts] == [True]
    async with aclosing(pico.speak("Buenos días.", Voice(language="es-US"), due_in(20_000))) as parts:
        assert [part.ms > 500 async for part in parts] == [True]
    assert {language[:2] for language in LANGUAGES} == VOICED  # what operators are told
    with pytest.raises(ModelRefused, match="does not speak xx-XX"):
        async with aclosing(pico.speak("Hello.", Voice(language="xx-XX"), due_in(20_000))) as parts:
            await anext(parts)


async def test_leaving_early_leaves_the_voice_free(pico: Pico) -> None:
    for _ in range(10):
        async with aclosing(pico.speak(THREE, Voice(), due_in(20_000))) as parts:
            await anext(parts)
    for _ in range(10):  # cancelled in mid-sentence
        task = asyncio.get_running_loop().create_task(spoken(pico, THREE))
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait([task])
    assert len(await spoken(pico, THREE)) == 3
    assert len(pico.pids) == 1


async def test_a_process_killed_in_mid_sentence_is_replaced_and_the_sentence_spoken(pico: Pico) -> None:
    (victim,) = pico.pids
    os.kill(victim, signal.SIGSTOP)  # so that the sentence is surely not done when the end comes
    async with asyncio.TaskGroup() as tasks:
        speaking = tasks.create_task(spoken(pico, "This was spoken by another process."))
        await asyncio.sleep(0)
        os.kill(victim, signal.SIGKILL)
    assert speaking.result()[0].ms > 1000
    assert pico.pids != [victim] and len(pico.pids) == 1


async def test_a_process_that_hangs_is_replaced(pico: Pico) -> None:
    (stuck,) = pico.pids
    os.kill(stuck, signal.SIGSTOP)
    assert (await spoken(pico, "This was spoken by another process."))[0].ms > 1000
    assert stuck not in pico.pids


async def test_a_stuck_voice_does_not_hold_up_its_caller(pico: Pico) -> None:
    os.kill(pico.pids[0], signal.SIGSTOP)
    with pytest.raises(ModelUnavailable, match="deadline"):
        await spoken(pico, "Hello.", ms=50)


async def test_more_than_fits_is_refused(pico: Pico) -> None:
    os.kill(pico.pids[0], signal.SIGSTOP)
    tasks = [asyncio.get_running_loop().create_task(spoken(pico, "Hello.")) for _ in range(8)]
    done, _ = await asyncio.wait(tasks)
    refused = [task for task in done if task.exception() is not None]
    assert len(refused) == 3  # one at work, four waiting
    assert all(isinstance(task.exception(), ModelUnavailable) for task in refused)


async def test_closing_ends_the_processes() -> None:
    made = Pico(processes=2)
    await made.start()
    pids = made.pids
    assert len(pids) == 2
    await made.close()
    assert not any(alive(pid) for pid in pids)
    with pytest.raises(ModelUnavailable):
        await spoken(made, "Hello.")


async def test_no_secret_goes_to_the_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TWILIO_AUTH_TOKEN", "canary-secret")
    made = Pico(processes=1)
    await made.start()
    assert b"canary" not in environment(made.pids[0])
    await made.close()
