"""The load generator against a server whose answers are known."""

import asyncio
import base64
import time

import pytest

from bench.load import PAUSE_S, Figures, LoadCall
from bench.wheel import Wheel
from tests.sim.tiny_server import Server, Socket

SILENCE = base64.b64encode(b"\xff" * 160).decode()


async def answering(socket: Socket, figures: Figures, waited_s: list[float]) -> None:
    """Greets; 200 ms after speech ended answers with 3 s; clears after 100 ms of speech over an answer. `waited_s` gets
    the time from the last loud frame to each answer, as it was here."""
    await socket.begin()
    await socket.media(b"\x20" * 800)
    await socket.mark("greeting")
    loud = quiet = answers = 0
    heard_s = 0.0
    while answers < 3:
        payload = (await socket.until("media"))["media"]["payload"]
        loud, quiet = (loud + 1, 0) if payload != SILENCE else (loud, quiet + 1)
        heard_s = heard_s if quiet else time.monotonic()
        if loud == 5 and payload != SILENCE and answers == 2:
            await socket.clear()
        if loud and quiet == 10:
            loud, answers = 0, answers + 1
            waited_s.append(time.monotonic() - heard_s)
            await socket.media(b"\x20" * (24_000 if answers == 2 else 800))
            await socket.mark(f"answer {answers}")
    await socket.until("media", 3)
    figures.measuring = False
    await socket.until("stop")


async def test_response_and_barge_in_are_measured_from_the_callers_sound(server: Server) -> None:
    figures, waited_s = Figures(measuring=True), list[float]()
    server.talk = lambda socket: answering(socket, figures, waited_s)
    speech = [base64.b64encode(b"\x20" * 160)] * 15
    wheel = Wheel()
    call = LoadCall(speech, figures, wheel, tick_phase_s=0.005, turn_phase_s=0.0)
    await call.open(server.url)
    async with asyncio.timeout(20):
        await call.greeted.wait()
        while figures.measuring:  # noqa: ASYNC110  set by the server's end
            await asyncio.sleep(0.01)
    call.hang_up()
    wheel.stop()
    # What the server waited, less the pause; the way there and back is all that may lie between. Speech has 300 ms.
    assert [seconds + PAUSE_S for seconds in figures.responses] == pytest.approx(waited_s, abs=0.15)
    assert figures.frames == sum(figures.lateness) > 100
    assert len(figures.silencings) == 1
    assert figures.silencings[0] > 0.04
    assert (figures.unanswered, figures.underruns, figures.premature, figures.lost_calls) == (0, 0, 0, 0)
    marks = [message["mark"]["name"] for message in server.sockets[0].of("mark")]
    assert marks[:2] == ["greeting", "answer 1"]
