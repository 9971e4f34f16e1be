"""With the embedded voice and recogniser: the caller speaks, the server speaks, and both are understood."""

import pytest

from ivr.audio import mulaw
from ivr.audio.pauses import pauses
from ivr.audio.resample import resample_whole
from ivr.models.deadline import due_in
from ivr.models.offline.moonshine import Moonshine
from ivr.models.offline.pico import Pico
from ivr.models.ports import Voice
from ivr.sim import (
    Caller,
    Dialling,
    LineSettings,
    Phone,
    Script,
    Turn,
    caller_speech,
    judging,
    pass_through,
    spoken_lines,
)
from ivr.sim.callers_voice import MOST_PAUSE_MS, CallersVoice
from ivr.sim.line import Line
from ivr.sim.script import Checks, Say
from tests.sim.test_caller import QUICK, spoken_to
from tests.sim.tiny_server import CONNECT, Server, Socket

pytestmark = pytest.mark.speech

WELCOME = "Thanks for calling Harbour. This call is recorded."


async def test_words_are_spoken_and_heard(server: Server) -> None:
    voice, transcriber = Pico(processes=1), Moonshine(threads=1)
    try:
        await voice.start()
        await transcriber.start()
        parts = [part async for part in voice.speak(WELCOME, Voice(), due_in(20_000))]
        welcome = b"".join(mulaw.encode(resample_whole(part, 8000)) for part in parts)

        async def talk(socket: Socket) -> None:
            await socket.begin()
            await socket.media(welcome)
            await socket.mark("m")
            await spoken_to(socket)
            await socket.close()

        server.talk = talk
        server.twiml["/twilio/voice"] = CONNECT + "<Hangup/>"
        script = Script(
            turns=(
                Turn(None, Checks(says=("this call is recorded",), never_says=("goodbye",))),
                Turn(Say("I want to speak to a person."), Checks(end="completed")),
            )
        )
        sounds = await spoken_lines(script, voice)
        phone = Phone(Dialling(server.url), line=Line(LineSettings(noise_snr_db=None)))
        report = await Caller(script, phone, sounds, transcriber=transcriber, patience=QUICK).play()
        assert (report.failed, report.faults) == ([], [])
        sent = mulaw.decode(b"".join(sound for _, sound in phone.ledger.sent))
        heard = await transcriber.transcribe(resample_whole(sent, transcriber.rate_hz), "text", due_in(20_000))
        assert judging.says(heard.text, "speak to a person")
    finally:
        await voice.close()
        await transcriber.close()


async def test_speech_through_a_noisy_line_is_still_speech() -> None:
    voice, transcriber = Pico(processes=1), Moonshine(threads=1)
    try:
        (clip,) = [part async for part in voice.speak("I want to speak to a person", Voice(), due_in(20_000))]
        noisy = mulaw.decode(pass_through(clip, LineSettings(noise_snr_db=20, lost=0.01)))
        heard = await transcriber.transcribe(resample_whole(noisy, 16_000), "text", due_in(20_000))
        assert judging.says(heard.text, "speak to a person")
        assert len(caller_speech(clip)) <= len(noisy)
    finally:
        await voice.close()
        await transcriber.close()


async def test_a_caller_pauses_at_a_comma_and_has_not_finished() -> None:
    transcriber = Moonshine(threads=1)
    voice = CallersVoice(transcriber)
    try:
        await transcriber.start()
        await voice.start()
        for line in ("Yes, that's right.", "No, I said four."):
            parts = [part async for part in voice.speak(line, Voice(), due_in(20_000))]
            (sound,) = parts
            found = pauses(mulaw.encode(resample_whole(sound, 8000)))
            assert found and max(end - start for start, end in found) <= MOST_PAUSE_MS
    finally:
        await voice.close()
        await transcriber.close()
