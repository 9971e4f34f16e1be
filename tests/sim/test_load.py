"""The load generator against a server whose answers are known."""

import asyncio
import base64

from bench.load import Figures, LoadCall
from bench.wheel import Wheel
from tests.sim.tiny_server import Server, Socket

SILENCE = base64.b64encode(b"\xff" * 160).decode()


async def answering(socket: Socket, figures: Figures) -> None:
    """Greets; 200 ms after speech ended answers with 3 s; clears after 100 ms of speech over an answer."""
    await socket.begin()
    await socket.media(b"\x20" * 800)
    await socket.mark("greeting")
    loud = quiet = answers = 0
    while answers < 3:
        payload = (await socket.until("media"))["media"]["payload"]
        loud, quiet = (loud + 1, 0) if payload != SILENCE else (loud, quiet + 1)
        if loud == 5 and payload != SILENCE and answers == 2:
            await socket.clear()
        if loud and quiet == 10:
            loud, answers = 0, answers + 1
            await socket.media(b"\x20" * (24_000 if answers == 2 else 800))
            await socket.mark(f"answer {answers}")
    await socket.until("media", 3)
    figures.measuring = False
    await socket.until("stop")


async def test_response_and_barge_in_are_measured_from_the_callers_sound(server: Server) -> None:
    figures = Figures(measuring=True)
    server.talk = lambda socket: answering(socket, figures)
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
    # The tiny server answers in the frame that makes the pause full: the 200 ms taken off. A busy machine adds.
    assert len(figures.responses) == 3
    assert all(seconds > -0.1 for seconds in figures.responses)
    assert len(figures.silencings) == 1
    assert figures.silencings[0] > 0.04
    assert (figures.unanswered, figures.underruns, figures.premature, figures.lost_calls) == (0, 0, 0, 0)
    marks = [message["mark"]["name"] for message in server.sockets[0].of("mark")]
    assert marks[:2] == ["greeting", "answer 1"]
