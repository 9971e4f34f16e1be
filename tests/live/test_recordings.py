"""Recorded prompts in a call: played among what is spoken, stopped by the caller, gone on with."""

import asyncio
from dataclasses import replace
from pathlib import Path

import numpy as np

from ivr.audio import mulaw, wav
from ivr.audio.pcm import Pcm
from ivr.call.events import PlayoutEnded
from ivr.call.stopped import StoppedPrompts
from ivr.flow.flow import Bundle
from ivr.flow.state import SayEffect
from ivr.flow.types import Interrupt
from ivr.live.recordings import Recordings
from ivr.units import Millis
from tests.flow.language.trial import bundle_of
from tests.live.line import trial

FLOW = """
slots:
  pin: {type: digits, length: 4, ask: {sound: your_pin, text: "Please type your PIN, all four digits of it."}}
nodes:
  first:
    - say: Hello there.
    - ask: pin
    - end: Goodbye.
"""
ASK = "Please type your PIN, all four digits of it."
LONG_MS = 4_000


def bundle(folder: Path) -> Bundle:
    made = bundle_of(FLOW, more={"sounds/your_pin.wav": "a sum"})
    return replace(made, folder=str(folder), entry_default="line")


def record(folder: Path, ms: int = LONG_MS) -> None:
    (folder / "sounds").mkdir()
    at = np.arange(ms * 8) / 8000
    pcm = Pcm((np.sin(2 * np.pi * 440 * at) * 9_000).astype("<i2").tobytes(), 8000)
    (folder / "sounds" / "your_pin.wav").write_bytes(wav.write(pcm))


async def read(made: Bundle) -> Recordings:
    recordings = Recordings(Path(made.folder))
    await recordings.prepare(made)
    return recordings


async def test_it_is_played_as_long_as_it_is_and_heard_by_its_text(tmp_path: Path) -> None:
    record(tmp_path)
    made = bundle(tmp_path)
    async with trial(made, recordings=await read(made)) as call:
        await call.heard_out()
        heard_ms = sum(end - begin for begin, end in call.far.heard)
        assert LONG_MS < heard_ms < LONG_MS + 1_500  # "Hello there." is spoken
        assert call.voice.asked == []
        assert call.notebook.heard == ["Hello there.", ASK]


async def test_a_caller_who_types_into_it_has_heard_a_part(tmp_path: Path) -> None:
    record(tmp_path)
    made = bundle(tmp_path)
    async with trial(made, recordings=await read(made)) as call:
        await call.wait(3_000)
        await call.press("1234")
        await call.heard_out()
        heard = call.notebook.heard
        assert heard[0] == "Hello there." and heard[-1] == "Goodbye.", heard
        assert "Please type your PIN".startswith(heard[1][:11]) and heard[1] != ASK


async def test_without_the_file_its_words_are_spoken(tmp_path: Path) -> None:
    made = bundle(tmp_path)
    async with trial(made, recordings=await read(made)) as call:
        await call.heard_out()
        assert call.voice.asked == [ASK]


def test_what_was_stopped_goes_on_at_about_its_clause() -> None:
    say = SayEffect("s1", ASK, ASK, Interrupt.ANY, True, sound="your_pin")
    stopped = StoppedPrompts()
    stopped.stop([say])
    ended = PlayoutEnded("s1", sent=ASK, heard_ms=Millis(3_000), heard="Please type your PIN, all four", cut=True)
    assert stopped.take_in(say, ended, Millis(3_000))
    (taken,) = stopped.take()
    rest = stopped.rest(taken)
    assert rest is not None and (rest.text, rest.sound) == ("all four digits of it.", "your_pin")
    assert 1_800 < rest.from_ms < 2_400


async def test_it_goes_on_from_a_moment(tmp_path: Path) -> None:
    record(tmp_path)
    made = bundle(tmp_path)
    recordings = Recordings(Path(made.folder))
    waiting = asyncio.create_task(recordings.sound("your_pin", "en-US", 1_000))
    await asyncio.sleep(0)
    assert not waiting.done()  # nobody hears half of what is still being read
    await recordings.prepare(made)
    whole, rest = await recordings.sound("your_pin", "en-US"), await waiting
    sizes = [sum(len(piece.mulaw) for piece in sound) for sound in (whole, rest)]
    assert sizes[0] - sizes[1] == 8_000
    assert abs(mulaw.rms(mulaw.decode(b"".join(piece.mulaw for piece in rest)).samples)) > 500
