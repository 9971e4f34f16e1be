"""A caller plays scripts against a tiny server that speaks in tones, one tone a sentence."""

import base64
from collections.abc import AsyncIterator
from typing import Any

import numpy as np

from ivr.audio import mulaw
from ivr.audio.pcm import Pcm
from ivr.models.ports import Transcript, Voice
from ivr.sim import Caller, Dialling, Line, Patience, Phone, Report, Script, Turn, spoken_lines, stereo_wav
from ivr.sim.script import Act, Checks, CutIn, HangUp, Press, Say, Silence
from ivr.sim.truth import read_wav
from ivr.units import Millis
from tests.sim.tiny_server import CONNECT, Server, Socket

SENTENCES = {500: "welcome", 900: "which account", 1300: "your balance is $42.50", 1700: "are you there"}
QUICK = Patience(settle_ms=150, answer_ms=1500, end_ms=1500)


def tone(hz: int, ms: int, rate_hz: int = 8000) -> Pcm:
    at = np.arange(ms * rate_hz // 1000) / rate_hz
    return Pcm.of(9000 * np.sin(2 * np.pi * hz * at), rate_hz)


class Tones:
    """Hears the sentence of a tone and speaks any text as one."""

    rate_hz = 16_000

    async def transcribe(self, chunk: Pcm, expect: str, deadline: Millis) -> Transcript:
        spectrum = np.abs(np.fft.rfft(chunk.array().astype(np.float64)))
        heard_hz = np.fft.rfftfreq(len(chunk), 1 / chunk.rate_hz)[int(np.argmax(spectrum))]
        hz = min(SENTENCES, key=lambda one: abs(one - heard_hz))
        return Transcript(SENTENCES[hz], -0.1, Millis(1))

    async def speak(self, text: str, voice: Voice, deadline: Millis) -> AsyncIterator[Pcm]:
        yield tone(1000, 200, self.rate_hz)


def silent(message: dict[str, Any]) -> bool:
    return set(base64.b64decode(message["media"]["payload"])) == {0xFF}


async def say(socket: Socket, hz: int, ms: int = 200) -> None:
    await socket.media(mulaw.encode(tone(hz, ms)))
    await socket.mark(str(hz))


async def spoken_to(socket: Socket) -> None:
    """Until the caller spoke and was silent for five frames."""
    quiet, loud = 0, False
    while not loud or quiet < 5:
        message = await socket.until("media")
        if not message:
            return
        quiet, loud = (quiet + 1, loud) if silent(message) else (0, True)


async def played(
    server: Server, *turns: Turn, lines: list[Line] | None = None, answers: tuple[str, ...] = ("answered",)
) -> Report:
    script = Script(turns=turns)
    phone = Phone(Dialling(server.url, dial_answers=answers, bridged_s=0.01))
    sounds = await spoken_lines(script, Tones())
    show = lines.append if lines is not None else (lambda _line: None)
    report = await Caller(script, phone, sounds, transcriber=Tones(), patience=QUICK, show=show).play()
    wav = read_wav(stereo_wav(phone.ledger))
    assert wav.rate_hz == 8000
    return report


def turn(
    act: Act | None, *says: str, never: str | None = None, within_ms: int | None = None, end: str | None = None
) -> Turn:
    return Turn(act, Checks(says=says, never_says=(never,) if never else (), within_ms=within_ms, end=end))


async def support(socket: Socket) -> None:
    """Welcomes; asks after the caller spoke; tells the balance after a key, and closes."""
    await socket.begin()
    await say(socket, 500)
    await spoken_to(socket)
    await say(socket, 900)
    await socket.until("dtmf", 2)
    await say(socket, 1300)
    await socket.until("mark", 3 - len(socket.of("mark")))
    await socket.close()


async def test_a_whole_call_is_played_and_its_checks_hold(server: Server) -> None:
    server.talk = support
    server.twiml["/twilio/voice"] = CONNECT + "<Hangup/>"
    lines: list[Line] = []
    report = await played(
        server,
        turn(None, "welcome"),
        turn(Say("my bill"), "which account", never="welcome", within_ms=1000),
        turn(Press("1#"), "your balance is forty two fifty", end="completed"),
        lines=lines,
    )
    assert (report.failed, report.faults, report.end, report.held) == ([], [], "completed", True)
    assert [(line.who, line.text) for line in lines if line.who != "line"] == [
        ("bot", "welcome"),
        ("caller", "my bill"),
        ("bot", "which account"),
        ("keys", "1#"),
        ("bot", "your balance is $42.50"),
    ]
    assert len(report.response_times_ms()) == 2
    assert report.underruns == 0


async def test_every_broken_promise_is_told(server: Server) -> None:
    server.talk = support
    server.twiml["/twilio/voice"] = CONNECT + "<Hangup/>"
    report = await played(
        server,
        turn(None, "goodbye", never="welcome"),
        turn(Say("my bill"), within_ms=1),
        turn(HangUp(), end="completed"),
    )
    assert [failed.turn for failed in report.failed] == [1, 1, 2, 0]
    assert "goodbye" in report.failed[0].text
    assert (report.end, report.held) == ("caller_left", False)


async def test_a_script_that_outlives_the_call_fails(server: Server) -> None:
    async def talk(socket: Socket) -> None:
        await socket.begin()
        await say(socket, 500)
        await socket.until("mark")
        await socket.close()

    server.talk = talk
    report = await played(server, turn(None), turn(Say("hello")))
    assert [failed.turn for failed in report.failed] == [2]


async def test_cutting_in_counts_from_the_first_sound_and_its_silencing_is_measured(server: Server) -> None:
    async def talk(socket: Socket) -> None:
        await socket.begin()
        await say(socket, 500, 5000)
        await socket.until("media", 1)
        while silent(socket.messages[-1]):
            await socket.until("media")
        await socket.clear()
        await spoken_to(socket)
        await say(socket, 900)
        await socket.until("stop")

    server.talk = talk
    report = await played(server, turn(CutIn(300, Say("stop")), "welcome", "which account"))
    assert report.failed == []
    assert report.turns[0].silenced_ms is not None
    assert 300 <= report.heard_ms < 4000


async def test_silence_lasts_until_the_bot_speaks_again(server: Server) -> None:
    async def talk(socket: Socket) -> None:
        await socket.begin()
        await say(socket, 500)
        await socket.until("mark")
        await socket.until("media", 20)
        await say(socket, 1700)
        await socket.until("stop")

    server.talk = talk
    report = await played(server, turn(None), turn(Silence(5000), "are you there"), turn(Silence(100)))
    assert report.failed == []
    assert report.duration_ms < 5000


async def test_a_transfer_is_seen_in_the_twiml(server: Server) -> None:
    async def talk(socket: Socket) -> None:
        await socket.begin()
        await say(socket, 500)
        await socket.until("mark")
        await socket.close()

    server.talk = talk
    server.twiml["/twilio/voice"] = CONNECT + "<Redirect>/twilio/resume</Redirect>"
    server.twiml["/twilio/resume"] = '<Dial action="/twilio/transfer"><Number>+15550107788</Number></Dial>'
    server.twiml["/twilio/transfer"] = "<Hangup/>"
    report = await played(server, Turn(None, Checks(says=("welcome",), end="transferred", transfer=True)))
    assert (report.failed, report.end, report.dialled) == ([], "transferred", ["+15550107788"])


async def test_who_is_silent_does_not_mind_how_soon_the_rest_was_heard(server: Server) -> None:
    async def talk(socket: Socket) -> None:
        await socket.begin()
        await say(socket, 500)
        await socket.until("mark")
        await socket.until("media", 20)
        await say(socket, 900)
        await socket.until("mark")
        await socket.close()

    server.talk = talk
    server.twiml["/twilio/voice"] = CONNECT + "<Hangup/>"
    waits = Turn(Silence(None), Checks(transfer=None, end="completed"))
    report = await played(server, turn(None, "welcome"), turn(Silence(None), "which account"), waits)
    assert report.failed == []
    report = await played(server, turn(None, "welcome"), turn(Silence(None)), turn(Press("1")))
    assert [failed.text for failed in report.failed] == ["the call was over before: pressed 1"]


async def test_a_call_that_is_not_taken_fails(server: Server) -> None:
    server.twiml["/twilio/voice"] = '<Reject reason="busy"/>'
    report = await played(server, turn(None))
    assert (report.end, report.held) == ("rejected", False)


async def test_no_sound_after_the_caller_spoke_is_a_failure(server: Server) -> None:
    async def talk(socket: Socket) -> None:
        await socket.begin()
        await say(socket, 500)
        await socket.until("stop")

    server.talk = talk
    report = await played(server, turn(None), turn(Say("hello")))
    assert [failed.turn for failed in report.failed] == [2]


async def test_who_was_not_understood_says_it_once_more(server: Server) -> None:
    async def deaf_at_first(socket: Socket) -> None:
        await socket.begin()
        await say(socket, 500)
        await socket.until("mark")
        for hz in (1700, 1300):
            await spoken_to(socket)
            await say(socket, hz)
        await socket.until("stop")

    async def again(text: str) -> bytes:
        assert text == "hello"
        return mulaw.encode(tone(1000, 200))

    server.talk = deaf_at_first
    asked = Turn(Say("hello"), Checks(says=("your balance is",)), asked_again=("are you there",))
    script = Script(turns=(turn(None), asked))
    phone = Phone(Dialling(server.url))
    sounds = await spoken_lines(script, Tones())
    caller = Caller(script, phone, sounds, transcriber=Tones(), say_again=again, patience=QUICK)
    report = await caller.play()
    assert report.failed == [] and report.said_twice == ["hello"]


async def test_what_a_recogniser_mishears_is_known_by_its_sound(server: Server) -> None:
    async def sung(socket: Socket) -> None:
        await socket.begin()
        await socket.media(mulaw.encode(tone(500, 300)) + mulaw.encode(tone(2200, 300)) + mulaw.encode(tone(900, 300)))
        await socket.mark("sung")
        await socket.until("stop")

    async def sound_of(text: str) -> list[Pcm]:
        parts = {"a song": (500, 2200, 900), "another": (900, 500, 2200)}[text]
        return [mulaw.decode(mulaw.encode(Pcm(b"".join(tone(hz, 300).samples for hz in parts), 8000)))]

    for text, failed in (("a song", 0), ("another", 1)):
        server.talk = sung
        script = Script(turns=(turn(None, text),))
        phone = Phone(Dialling(server.url))
        report = await Caller(script, phone, {}, transcriber=Tones(), sound_of=sound_of, patience=QUICK).play()
        assert len(report.failed) == failed
