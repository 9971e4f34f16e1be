"""A real call in two languages: recordings are heard as they are, the rest is spoken by the voice of the language."""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import replace
from pathlib import Path

import numpy as np

from ivr.audio import mulaw, wav
from ivr.audio.pcm import Pcm
from ivr.models.engines import Engines
from ivr.models.ports import Voice
from ivr.sim.dialling import Dialling
from ivr.sim.fake_twilio import Phone
from ivr.units import Millis
from tests.server.carrier import ACCOUNT, until
from tests.server.conftest import ShortVoice, serving, settings_in

PROJECT = """\
schema: callflow/1
project: tiny
zone: Etc/UTC
entry: {default: tiny}
languages: {default: en-US, also: [es-US]}
commands: {language: {hear: [español], key: "9"}}
"""
FLOW = """\
schema: callflow/1
flow: tiny
start: first
slots: {pin: {type: digits, length: 4, ask: Your number?}}
nodes:
  first:
    - menu: {sound: hello, text: Hello and welcome to all of you.}
      options: {go: {hear: [go on], key: "1", goto: number}}
  number: [{ask: pin}, {end: Goodbye.}]
"""
SPANISH = """\
schema: callprompts/1
language: es-US
tiny:
  - {text: Hello and welcome to all of you., is: Hola y bienvenidos todos ustedes.}
  - {hear: first.go, is: [adelante]}
  - {text: Your number?, is: "¿Su número?"}
  - {text: Goodbye., is: Adiós.}
"""
ENGLISH_HZ, SPANISH_HZ = 440, 1000


class NotedVoice(ShortVoice):
    """Notes in which language each sentence was asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: dict[str, str] = {}

    async def speak(self, text: str, voice: Voice, deadline: Millis) -> AsyncGenerator[Pcm, None]:
        self.asked[text] = voice.language
        async for pcm in super().speak(text, voice, deadline):
            yield pcm


def tone(hz: int, ms: int = 600, rate_hz: int = 16_000) -> bytes:
    at = np.arange(ms * rate_hz // 1000) / rate_hz
    return wav.write(Pcm((np.sin(2 * np.pi * hz * at) * 12_000).astype("<i2").tobytes(), rate_hz))


def pitch_hz(sound: bytes) -> float:
    """The loudest one."""
    values = mulaw.decode(sound).array().astype(float)
    return float(np.abs(np.fft.rfft(values)).argmax() * 8000 / len(values))


def write(folder: Path) -> None:
    project = folder / "flows" / "tiny"
    for language, hz in (("en-US", ENGLISH_HZ), ("es-US", SPANISH_HZ)):
        (project / "sounds" / language).mkdir(parents=True)
        (project / "sounds" / language / "hello.wav").write_bytes(tone(hz))
    (project / "prompts").mkdir()
    (project / "project.yaml").write_text(PROJECT, encoding="utf-8")
    (project / "tiny.flow.yaml").write_text(FLOW, encoding="utf-8")
    (project / "prompts" / "es-US.yaml").write_text(SPANISH, encoding="utf-8")


async def test_recordings_and_voices_of_two_languages(tmp_path: Path, quick: Engines) -> None:
    write(tmp_path)
    voice = NotedVoice()
    async with serving(settings_in(tmp_path), replace(quick, synthesizer=voice)) as server:
        phone = Phone(Dialling(server.url, account_sid=ACCOUNT))
        async with asyncio.TaskGroup() as tasks:
            calling = tasks.create_task(phone.call())
            await phone.on_line.wait()
            await until(lambda: phone.playback.end_ms > 0)
            await until(lambda: phone.now() > phone.playback.end_ms)
            english = phone.playback.played(phone.now())
            since_ms = phone.now()
            phone.press("9")
            await until(lambda: phone.playback.end_ms > since_ms)
            await until(lambda: phone.now() > phone.playback.end_ms)
            spanish = phone.playback.played(phone.now(), since_ms=since_ms)
            phone.press("1")
            await until(lambda: phone.playback.end_ms > phone.now())
            await until(lambda: phone.now() > phone.playback.end_ms)
            phone.press("1234")
        assert calling.result().how == "completed"
        assert phone.faults == []
        assert abs(pitch_hz(b"".join(piece.payload for piece in english)) - ENGLISH_HZ) < 10
        assert abs(pitch_hz(b"".join(piece.payload for piece in spanish)) - SPANISH_HZ) < 10
        told = [
            "Hello and welcome to all of you.",
            "Hola y bienvenidos todos ustedes.",
            "¿Su número?",
            "Adiós.",
        ]
        await server.said_is(phone.call_sid, told)
    assert voice.asked["¿Su número?"] == voice.asked["Adiós."] == voice.asked["Un momento, por favor."] == "es-US"
    assert voice.asked["Your number?"] == voice.asked["Goodbye."] == "en-US"
    assert not {"Hello and welcome to all of you.", "Hola y bienvenidos todos ustedes."} & voice.asked.keys()
