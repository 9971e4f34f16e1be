"""Whole calls with models at a far end that really hears and speaks: real speech both ways, over real sockets.

All calls are made at once, each on a server of its own; then the tests look at what came of them.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from bench.voice import spoken
from ivr.models.engines import Engines
from ivr.server.flows import load_bundle
from ivr.server.main import answer
from ivr.server.port import bind, listening_at
from ivr.settings import load_settings
from ivr.sim.dialling import Dialling
from ivr.sim.fake_twilio import Phone
from ivr.sim.hearing import stretches, words_heard
from ivr.sim.judging import says
from ivr.sim.model_house.ears import Recognised
from ivr.sim.model_house.house import DEMO_KEY, House
from ivr.sim.model_house.kept import Request
from ivr.sim.model_house.manners import Manner
from ivr.sim.model_house.minds import Answer, Scripted, ToolCall
from ivr.sim.model_house.voices import Spoken
from ivr.store import Calls, Turn, Turns, open_database
from ivr.units import CallSid
from tests.conftest import Serve
from tests.server.carrier import until

pytestmark = pytest.mark.speech

PROJECT = """\
schema: callflow/1
project: table
zone: Etc/UTC
entry: {default: table}
"""
FLOW = """\
schema: callflow/1
flow: table
start: talk
slots:
  guests: {type: number, ask: How many guests?}
nodes:
  talk:
    - agent: host
      open: Hello.
      goal: Take a booking.
      collect: [guests]
      exits: {done: {needs: [guests], goto: bye}}
      on: {limit: {goto: down}, model_down: {goto: down}, blocked: {goto: down}}
  bye: [{end: "Goodbye {guests}."}]
  down: [{end: Nobody can talk now.}]
"""
TOML = """\
engines = "house"
[engine.thinks]
kind = "KIND"
url = "URL"
key_from = "THINKS_KEY"
model = "MODEL"
[engine.hears]
kind = "transcription"
url = "URL"
key_from = "HOUSE_KEY"
model = "gpt-transcribe"
[engine.speaks]
kind = "speech"
url = "URL"
key_from = "HOUSE_KEY"
model = "gpt-4o-mini-tts"
[profile.house]
think = ["thinks"]
hear = ["hears"]
speak = ["speaks"]
embedded_last = false
"""
FIRST = "That is a table for two people."
LONG = "We have tables by the window, and tables in the garden. We have tables on the roof. All of them are free today."
LAST = "Yes."
MOST_OF_FIRST_MS = 2_000
BRIDGED_MS = 1_400
"""The first of these, which may come before an answer."""
BRIDGES = ("One moment, please.", "I'm still here. It takes a little longer.")
LINES = ("a table for two people please", "what tables are there", "I will take the garden")


def host(long: str, each_s: float) -> Scripted:
    """Takes a booking; what it has to say at length comes slowly: it is still made while the caller hears it."""
    return Scripted(
        Answer(FIRST, (ToolCall("fill", '{"guests": 2}'),)),
        Answer(long, manner=Manner(each_s=each_s)),
        Answer(LAST, (ToolCall("exit_done"),)),
    )


@dataclass(frozen=True, slots=True)
class Played:
    """What came of one call. `answer`: what the caller was told first, as a recogniser hears it."""

    house: House
    phone: Phone
    turns: list[Turn]
    answer: str

    @property
    def said(self) -> list[str]:
        """What the caller was told, as far as it was heard, without what bridges a wait on a slow machine."""
        return [turn.heard for turn in self.turns if turn.who == "bot" and turn.generated not in BRIDGES]

    def answers(self) -> list[Request]:
        """What the model was asked for."""
        return answers_of(self.house)

    @property
    def spoken_for_it(self) -> set[str]:
        """What a voice was asked to speak."""
        return {str(request.words) for request in self.house.asked("speech")}


def answers_of(house: House) -> list[Request]:
    """What was asked in the talk itself: a call is summed up after it."""
    talked = [request for request in house.asked("chat") if "You talk with a caller" in str(request.body)]
    return talked or house.asked("answers")


class Orders:
    """Ends a server when its call is over."""

    def __init__(self) -> None:
        self._do: list[Callable[[], None]] = []

    def follow(self, drain: Callable[[], None], now: Callable[[], None]) -> None:
        self._do = [drain, now]

    def end(self) -> None:
        for do in self._do:
            do()


@asynccontextmanager
async def line(folder: Path, url: str, kind: str, model: str, key: str) -> AsyncIterator[str]:
    """A server whose models are at this address; yields its own."""
    project = folder / "flows" / "table"
    project.mkdir(parents=True)
    (project / "project.yaml").write_text(PROJECT)
    (project / "table.flow.yaml").write_text(FLOW)
    (folder / "c.toml").write_text(TOML.replace("URL", url).replace("KIND", kind).replace("MODEL", model))
    settings = load_settings(
        {"port": 0, "data_dir": folder / "data", "project": folder / "flows", "flow": "table", "late_ms": 60_000},
        config="c.toml",
        environment={"HOUSE_KEY": DEMO_KEY, "THINKS_KEY": key},
        folder=folder,
    )
    orders, ready = Orders(), asyncio.Event()
    bundle = load_bundle(settings.project, settings.flow, {})
    with bind("127.0.0.1", 0) as sock:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(answer(settings, bundle, sock, Engines.of(settings.profile), ready.set, orders))
            await ready.wait()
            try:
                yield listening_at("127.0.0.1", sock)
            finally:
                orders.end()


async def played(folder: Path, engines: Engines, house: House, serve: Serve, kind: str, model: str, key: str) -> Played:
    async with serve(house.app) as address, line(folder, f"{address}/v1", kind, model, key) as url:
        phone = Phone(Dialling(url))
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(phone.call())
            await phone.on_line.wait()
            await Caller(phone, house).talk()
        _, *told = stretches(phone.playback, since_ms=0, until_ms=phone.now())
        heard = " ".join([await words_heard(one, engines.transcriber) for one in told[:2]])
    database = open_database(folder / "data")
    try:
        row = await Calls(database).by_sid(CallSid(phone.call_sid))
        assert row is not None
        return Played(house, phone, await Turns(database).turns(row.id), heard)
    finally:
        await database.close()


@dataclass(frozen=True, slots=True)
class Caller:
    phone: Phone
    house: House

    async def talk(self) -> None:
        """Asks, hears the first answer out, speaks up in the middle of the second, and takes what is said then."""
        await self._until(lambda: self.phone.playback.end_ms > 0)
        await self._heard_out()
        await self._say(LINES[0])
        await self._hears(1, MOST_OF_FIRST_MS)
        await self._heard_out()
        await self._say(LINES[1])
        await self._hears(2, BRIDGED_MS + 1_000)
        self.house.forget_sounds()
        await self._say(LINES[2])
        await self._until(lambda: False)

    async def _hears(self, number: int, ms: int) -> None:
        """So much was heard since, and the answer of this number is on its way."""
        since_ms = self.phone.now()

        def told_ms() -> float:
            now_ms = self.phone.now()
            pieces = self.phone.playback.played(now_ms, since_ms=since_ms)
            return sum(min(piece.end_ms, now_ms) - max(piece.at_ms, since_ms) for piece in pieces)

        await self._until(lambda: len(answers_of(self.house)) >= number and told_ms() >= ms)

    async def _say(self, words: str) -> None:
        said = self.phone.speak(spoken(words))
        await self._until(said.done.is_set)

    async def _heard_out(self) -> None:
        await self._until(lambda: self.phone.now() > self.phone.playback.end_ms + 400)

    async def _until(self, holds: Callable[[], bool]) -> None:
        await until(lambda: self.phone.end is not None or holds(), 60.0)


@pytest.fixture(scope="module")
def calls(engines: Engines, serve: Serve, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Played]:
    """audio: a model that hears and speaks; session: one that does so over a session; text: one that reads and writes;
    refused: its key is not taken."""
    voice, ears = Spoken(engines.synthesizer), Recognised(engines.transcriber)
    lines = (
        ("audio", "audio_chat", "gpt-audio-1.5", DEMO_KEY, host(LONG, 0.15)),
        ("session", "realtime", "gpt-realtime-2.1", DEMO_KEY, host(LONG, 0)),
        ("text", "chat", "gpt-4o", DEMO_KEY, host(" ".join([LONG] * 8), 0.1)),
        ("refused", "chat", "gpt-4o", "sk-of-nobody", host("", 0)),
    )

    async def all_at_once() -> Mapping[str, Played]:
        for words in (FIRST, LONG, LAST):
            await voice.sound(words)
        async with asyncio.TaskGroup() as tasks:
            calling = {}
            for name, kind, model, key, mind in lines:
                house = House(mind, ears, voice, pace=1.5)
                folder = tmp_path_factory.mktemp(name)
                calling[name] = tasks.create_task(played(folder, engines, house, serve, kind, model, key))
        return {name: call.result() for name, call in calling.items()}

    return asyncio.run(all_at_once())


def assistant(request: Request) -> list[object]:
    """What the model is told that it said: texts, and sounds by their ids."""
    said = [message for message in request.body["messages"] if message["role"] == "assistant"]
    told = [message.get("audio") or message["content"] for message in said if "tool_calls" not in message]
    return [found for one in told if (found := one if isinstance(one, dict) else without_bridges(one))]


def without_bridges(text: str) -> str:
    """Without what bridged a wait, or the beginning of it that was heard."""
    lines = [line for line in text.split("\n") if not any(bridge.startswith(line) for bridge in BRIDGES)]
    return " ".join(lines)


@pytest.mark.parametrize("kind", ["audio", "session", "text"])
def test_a_reply_is_heard_and_what_it_asks_for_is_done(calls: Mapping[str, Played], kind: str) -> None:
    call = calls[kind]
    assert says(call.answer, FIRST), call.answer
    assert call.said[0] == "Hello."
    assert call.said[-1] == "Goodbye two."
    assert FIRST in " ".join(call.said)
    assert call.phone.end is not None and call.phone.end.how == "completed"
    assert call.phone.faults == []
    assert "two" in str(call.answers()[0].heard)
    mind = call.house.mind
    assert isinstance(mind, Scripted)
    assert all("Take a booking." in one.instructions for one in mind.asked[:3])


def test_a_model_that_speaks_is_heard_in_its_own_voice(calls: Mapping[str, Played]) -> None:
    words = FIRST.split()[:3]
    for kind in ("audio", "session"):
        spoken_for_it = calls[kind].spoken_for_it
        assert not [
            text for text in spoken_for_it if text.split()[:3] == words or (f"{text} " in LONG and len(text) > 9)
        ]
    assert FIRST in calls["text"].spoken_for_it


@pytest.mark.parametrize("kind", ["audio", "text"])
def test_who_speaks_up_takes_the_request_back_and_the_model_knows_what_was_heard(
    calls: Mapping[str, Played], kind: str
) -> None:
    call = calls[kind]
    _, long, *later = call.answers()
    assert str(long.words).startswith(LONG)
    assert long.done_at is None and long.left_at is not None
    assert later[-1].done_at is not None and long.left_at < later[-1].done_at
    assert "garden" in str(later[-1].heard).lower()
    heard = str(assistant(later[-1])[-1])
    assert heard and str(long.words).startswith(heard)
    assert len(heard) < len(str(long.words)) - 20
    assert [turn.interrupted for turn in call.turns if turn.who == "bot" and turn.generated in LONG][-1]


def test_who_speaks_up_is_not_told_the_rest_and_the_session_knows_how_much_was_heard(
    calls: Mapping[str, Played],
) -> None:
    call = calls["session"]
    first, long, last = call.answers()
    assert "two" in str(first.heard) and "garden" in str(last.heard).lower()
    (session,) = call.house.sessions
    statuses = [event["response"]["status"] for event in session.has_told("response.done")]
    assert statuses == ["completed", "cancelled", "completed"]
    assert not session.has_told("error") and not session.open
    (cut,) = [item for item in session.conversation.items if item.truncated_ms is not None]
    heard = [turn for turn in call.turns if turn.who == "bot" and turn.generated in LONG]
    told = " ".join(turn.heard for turn in heard if turn.heard)
    assert heard[-1].interrupted and LONG.startswith(told)
    assert long.words == LONG and 0 < (cut.truncated_ms or 0) < long.sent_bytes / 8
    assert abs((cut.truncated_ms or 0) - 65 * len(told)) < 10


def test_what_was_said_in_sound_is_told_by_its_id_and_by_its_words_once_that_is_gone(
    calls: Mapping[str, Played],
) -> None:
    _, second, gone, last = calls["audio"].answers()
    assert assistant(second)[1] == {"id": "audio_00000001"}
    assert (gone.status, last.status) == (400, 200)
    assert assistant(last)[1] == FIRST


def test_where_the_key_is_refused_the_flow_goes_the_way_for_a_model_that_is_down(calls: Mapping[str, Played]) -> None:
    call = calls["refused"]
    assert [request.status for request in call.house.asked("chat")] == [401]
    assert call.said == ["Hello.", "Nobody can talk now."]
    assert says(call.answer, "Nobody can talk now."), call.answer
    assert call.phone.end is not None and call.phone.end.how == "completed"
