"""python -m bench.fault_matrix: what a caller hears when whoever hears, thinks or speaks fails.

Each case is a whole call over a real websocket, in real time: a caller asks for a table, has it booked by a tool that
changes something, and says goodbye. One fault of `bench.fault_house` meets one role at one moment of it. `spare`: there
is another to ask (a second model, the embedded voice and recogniser); else nobody is left, and the flow has the keys.

silence: the longest in which nothing was heard while it was our turn. tries: the most requests of one kind for one turn
of the caller, and of one sentence for a voice. booked: how often the tool ran, which a second time would be wrong.
"""

import argparse
import asyncio
import math
import sys
import tempfile
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import product
from pathlib import Path
from typing import Final, Literal

import structlog

from bench.fault_house import INSIDE, LETTER_MS, ROLES, SENTENCES, Fault, House, Plan, Role
from bench.voice import spoken
from ivr.models.engines import Engines
from ivr.models.offline.instant import speech_like
from ivr.models.openai.chat import TextChat
from ivr.models.openai.far_end import FarEnd
from ivr.models.openai.speech import Speech
from ivr.models.openai.transcription import Transcriptions
from ivr.models.ports import Responder, SpokenPart, Synthesizer, Transcriber, Voice
from ivr.models.wrappers.ladder import LadderResponder, LadderTranscriber
from ivr.models.wrappers.named import Named
from ivr.models.wrappers.voices import Voices
from ivr.server.flows import load_bundle
from ivr.server.main import answer
from ivr.server.port import bind, listening_at
from ivr.settings import Settings
from ivr.sim import Dialling, Phone
from ivr.sim.hearing import first_sound_ms, stretches
from ivr.store import Calls, Turns, open_database
from ivr.units import CallSid, Millis

Moment = Literal["start", "sentence", "middle", "tool", "barge-in", "resume"]
MOMENTS: Final[tuple[Moment, ...]] = ("start", "sentence", "middle", "tool", "barge-in", "resume")
AT: Final[dict[Moment, float]] = {"start": 0.0, "sentence": 0.2, "middle": 0.6}
"""Where in the answer a fault that has a place in it comes; at the other moments in its middle too."""
ONLY: Final[dict[Fault, tuple[Role, ...]]] = {
    Fault.WRONG_RATE: ("speak",),
    Fault.TEXT_ONLY: ("speak",),
    Fault.REFUSAL: ("think",),
    Fault.STALL: ("think", "speak"),
}
LINES: Final = ("I would like a table for two please", "please reserve the table", "all right that is all")
MOST_SILENCE_MS: Final = 2_000
MOST_TRIES: Final = 2
WAITS_MS: Final = 2_600
"""A caller who has heard nothing for so long, and knows that nobody is at work, speaks."""
CALL_S: Final = 90.0

PROJECT: Final = """
schema: callflow/1
project: table
zone: Etc/UTC
entry: {default: table}
apis: {desk: {url: "DESK", allow_private: yes}}
"""
FLOW: Final = """
schema: callflow/1
flow: table
about: A model takes a booking; where it fails the keys do.
start: welcome
slots:
  way: {type: choice, ask: "Press 1 to book a table for two, or 2 to leave it.",
    options: {book: {hear: [book], key: "1"}, leave: {hear: [leave it], key: "2"}}}
tools:
  book:
    http: POST desk/bookings
    body: {guests: two}
    changes_things: yes
    timeout: 2s
    unconfirmed: the caller has just asked for it
    results: {ok: {status: 201}}
nodes:
  welcome:
    - agent: host
      open: Harbour restaurant. What can I do for you?
      goal: Book a table.
      tools: [book]
      exits: {done: {about: the caller has all that was wanted, goto: bye}}
      on: {limit: {goto: keys}, model_down: {goto: keys}, blocked: {goto: keys}}
  keys:
    - say: I am sorry, I can not talk about that just now.
    - ask: way
    - {if: way is "book", then: [{goto: by_keys}]}
    - goto: bye
  by_keys:
    - call: book
      on: {ok: [{say: It is booked.}, {goto: bye}], failed: {goto: bye}}
  bye: [{end: Thank you for calling. Goodbye.}]
"""


@dataclass(frozen=True, slots=True)
class Case:
    role: Role
    fault: Fault
    moment: Moment
    spare: bool = True

    def plan(self) -> Plan:
        """At the start, the request of the first turn; else that of the second, or of what the tool answered."""
        at = AT.get(self.moment, 0.5)
        first = 0
        if self.moment in ("barge-in", "resume"):
            first = {"hear": 1, "think": 1, "speak": 3}[self.role]
        elif self.moment == "tool":
            first = {"hear": 2, "think": 2, "speak": 3}[self.role]
        return Plan(self.role, self.fault, first, at=at)


@dataclass(slots=True)
class Outcome:
    case: Case | None
    silence_ms: float = 0.0
    silent_at: str = ""
    tries: int = 0
    booked: int = 0
    heard: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    end: str = ""
    faults: list[str] = field(default_factory=list)

    @property
    def is_good(self) -> bool:
        served = self.end in ("completed", "caller_left") and not self.faults
        return served and self.silence_ms <= MOST_SILENCE_MS and self.booked <= 1


def cases(*, spares: Iterable[bool] = (True, False)) -> list[Case]:
    """All that make sense: what has no place in a stream is not told to happen in the middle of one."""
    found = []
    for role, fault, moment, spare in product(ROLES, Fault, MOMENTS, spares):
        if role not in ONLY.get(fault, ROLES):
            continue
        if moment in ("sentence", "middle") and (fault not in INSIDE or role == "hear"):
            continue
        found.append(Case(role, fault, moment, spare))
    return found


# ---- our side


@asynccontextmanager
async def line(case: Case | None, house: House, base: Engines, folder: Path) -> AsyncIterator[tuple[str, Path]]:
    """A server of its own on a free port, in this process; where it keeps its data."""
    project = folder / "flows" / "table"
    project.mkdir(parents=True)
    (project / "project.yaml").write_text(PROJECT.replace("DESK", house.url("desk")))
    (project / "table.flow.yaml").write_text(FLOW)
    settings = Settings.model_validate(
        {"port": 0, "data_dir": folder / "data", "project": folder / "flows", "flow": "table", "late_ms": 60_000}
    )
    bundle = load_bundle(settings.project, settings.flow, {})
    orders = _Orders()
    ready = asyncio.Event()
    with bind("127.0.0.1", 0) as sock:
        async with House(lines=house.lines) as other, asyncio.TaskGroup() as tasks:
            house.beside = other
            engines = engines_of(base, house, other, spare=case is None or case.spare)
            tasks.create_task(answer(settings, bundle, sock, engines, ready.set, orders))
            await ready.wait()
            try:
                yield listening_at("127.0.0.1", sock), folder / "data"
            finally:
                orders.end()


class _Orders:
    """Ends the server when the call is over."""

    def __init__(self) -> None:
        self._now: list[Callable[[], None]] = []

    def follow(self, drain: Callable[[], None], now: Callable[[], None]) -> None:
        self._now = [drain, now]

    def end(self) -> None:
        for do in self._now:
            do()


def engines_of(base: Engines, house: House, beside: House, *, spare: bool) -> Engines:
    """`base`: the engines of this process, started elsewhere."""
    hears, thinks, speaks = (FarEnd(f"{house.url(role)}/v1") for role in ROLES)
    other = FarEnd(f"{beside.url('think')}/v1")
    hear: list[Named[Transcriber]] = [Named("far", Transcriptions(hears, "whisper-1"))]
    think: list[Named[Responder]] = [Named("first", TextChat(thinks, "model-1"))]
    speak: list[Named[Synthesizer]] = [Named("far", Speech(speaks, "tts-1"))]
    if spare:
        hear.append(Named("embedded", base.transcriber, far=False))
        think.append(Named("second", TextChat(other, "model-2")))
        speak.append(Named("embedded", base.synthesizer, far=False))
    return replace(
        base,
        profile="trial",
        transcriber=LadderTranscriber(hear),
        responder=LadderResponder(think),
        synthesizer=_Voice(Voices(speak), house.letter_ms),
        spoken_by="",
        parts=(hears, thinks, speaks, other),
    )


class _Voice:
    """The flow's own sentences are at hand, as they are once a line has run; `others` speak the model's."""

    def __init__(self, others: Synthesizer, letter_ms: int) -> None:
        self._others, self._letter_ms = others, letter_ms

    @property
    def rate_hz(self) -> int:
        return self._others.rate_hz

    @property
    def streams(self) -> bool:
        return self._others.streams

    async def speak(self, text: str, voice: Voice, deadline: Millis) -> AsyncGenerator[SpokenPart, None]:
        if text not in SENTENCES:
            yield speech_like(self._letter_ms * len(text), self.rate_hz)
            return
        async with aclosing(self._others.speak(text, voice, deadline)) as parts:
            async for part in parts:
                yield part


# ---- the caller


@dataclass(slots=True)
class _Caller:
    """Says the lines; presses 1 where the keys are offered. `silences`: of our turns."""

    phone: Phone
    house: House
    sounds: Sequence[bytes]
    moment: Moment | None
    waits_ms: int
    keys_offered: Callable[[], Awaitable[bool]]
    silence_ms: float = 0.0
    silent_at: str = ""
    since_ms: float = 0.0
    doing: str = "greeting"

    async def talk(self) -> None:
        await self._hear_out()
        for number, sound in enumerate(self.sounds):
            if self.phone.end is not None:
                return
            if number == 1 and self.moment == "resume":
                self.phone.drop_stream()
                self.since_ms, self.doing = self.phone.now(), "resume"
                await self._until(lambda: self.phone.streams > 1, 5_000)
                await self._hear_out()
            self.doing = f"line {number + 1}"
            await self._say(sound)
            if number == 0 and self.moment == "barge-in":
                await self._until(lambda: self._first() is not None, 12_000)
                await asyncio.sleep(0.9)
                self._reckon()
                continue
            await self._hear_out()
        for _ in range(4):
            if self.phone.end is not None or not await self.keys_offered():
                return
            await self.phone.press("1").wait()
            self.since_ms, self.doing = self.phone.now(), "key"
            await self._hear_out()

    async def _say(self, sound: bytes) -> None:
        said = self.phone.speak(sound)
        await self._until(lambda: said.done.is_set(), 20_000)
        self.since_ms = said.ended_ms if said.ended_ms is not None else self.phone.now()

    async def _hear_out(self) -> None:
        """Until we are silent and nobody is at work, or the call is over."""
        await self._until(lambda: self._first() is not None, 30_000)
        await self._until(lambda: self._quiet_ms() > self.waits_ms and self.house.at_work == 0, 40_000)
        self._reckon()

    def _first(self) -> float | None:
        return first_sound_ms(self.phone.playback, since_ms=self.since_ms, until_ms=self.phone.now())

    def _quiet_ms(self) -> float:
        return self.phone.now() - max(self.phone.playback.end_ms, self.since_ms)

    def _reckon(self) -> None:
        """The longest silence up to the last sound of ours."""
        sounds = stretches(self.phone.playback, since_ms=self.since_ms, until_ms=self.phone.now())
        ends = [self.since_ms, *(sound.end_ms for sound in sounds)]
        begins = [sound.at_ms for sound in sounds] or ([] if self.phone.end is not None else [self.phone.now()])
        for number, (silent, heard) in enumerate(zip(ends, begins, strict=False)):
            if heard - silent > self.silence_ms:
                self.silence_ms, self.silent_at = heard - silent, f"{self.doing}, before sound {number + 1}"

    async def _until(self, holds: Callable[[], bool], most_ms: float) -> None:
        until = self.phone.now() + most_ms
        while not holds() and self.phone.end is None and self.phone.now() < until:  # noqa: ASYNC110
            await asyncio.sleep(0.02)


async def play(
    case: Case | None,
    base: Engines,
    sounds: Sequence[bytes],
    folder: Path,
    *,
    letter_ms: int = LETTER_MS,
    waits_ms: int = WAITS_MS,
) -> Outcome:
    """One call, of so many of the lines as there are sounds. `case` None: nothing fails."""
    plan = None if case is None else case.plan()
    outcome = Outcome(case)
    async with House(plan, list(LINES), letter_ms) as house, line(case, house, base, folder) as (url, data):
        phone = Phone(Dialling(url))
        moment = None if case is None else case.moment
        caller = _Caller(phone, house, sounds, moment, waits_ms, partial(_keys_offered, data, phone.call_sid))
        async with asyncio.timeout(CALL_S), asyncio.TaskGroup() as tasks:
            calling = tasks.create_task(phone.call())
            await phone.on_line.wait()
            await caller.talk()
            phone.hang_up()
            outcome.end = (await calling).how
        outcome.silence_ms, outcome.booked = caller.silence_ms, house.booked
        outcome.silent_at = caller.silent_at
        outcome.tries = house.most_tries
        outcome.faults = [f"{fault.code} {fault.text}" for fault in phone.faults]
    database = open_database(data)
    try:
        row = await Calls(database).by_sid(CallSid(phone.call_sid))
        assert row is not None
        outcome.heard = [turn.heard for turn in await Turns(database).turns(row.id) if turn.who == "bot"]
        outcome.notes = [
            f"{note.what}: {note.detail}"
            for note in await Turns(database).notes(row.id)
            if note.kind == "error" or (note.kind == "model" and note.what in ROLES)
        ]
    finally:
        await database.close()
    return outcome


async def _keys_offered(data: Path, call_sid: str) -> bool:
    """The last that was said is the question that keys answer."""
    database = open_database(data)
    try:
        row = await Calls(database).by_sid(CallSid(call_sid))
        turns = [] if row is None else await Turns(database).turns(row.id)
        return bool(turns) and turns[-1].generated.endswith("or 2 to leave it.")
    finally:
        await database.close()


async def play_all(
    chosen: Sequence[Case | None], at_once: int, told: Callable[[Outcome], None] = lambda _: None
) -> list[Outcome]:
    base = Engines.of("embedded")
    await base.start()
    sounds = [await asyncio.to_thread(spoken, said) for said in LINES]
    free = asyncio.Semaphore(at_once)

    async def one(case: Case | None) -> Outcome:
        async with free:
            with tempfile.TemporaryDirectory(prefix="ivr-fault-") as folder:
                try:
                    outcome = await play(case, base, sounds, Path(folder))
                except* TimeoutError:
                    outcome = Outcome(case, silence_ms=math.inf, end="stuck")
        told(outcome)
        return outcome

    try:
        async with asyncio.TaskGroup() as tasks:
            playing = [tasks.create_task(one(case)) for case in chosen]
        return [task.result() for task in playing]
    finally:
        await base.close()


# ---- what came of it


def row(outcome: Outcome) -> str:
    case = outcome.case
    what = ("nothing", "", "", "") if case is None else (case.role, case.fault, case.moment, "" if case.spare else "no")
    good = "" if outcome.is_good else "  <<"
    last = (f"[{outcome.silent_at}] " if not outcome.is_good else "") + " | ".join(outcome.heard[1:])
    return (
        f"{what[0]:8} {what[1]:15} {what[2]:9} {what[3]:5} {outcome.silence_ms / 1000:8.2f} {outcome.tries:5} "
        f"{outcome.booked:6} {outcome.end:12}{good} {last[:150]}"
    )


def summary(outcomes: Sequence[Outcome]) -> str:
    silences = sorted(outcome.silence_ms for outcome in outcomes)
    p50, p99 = (silences[min(len(silences) - 1, int(len(silences) * share))] for share in (0.5, 0.99))
    ends = Counter(outcome.end for outcome in outcomes)
    return (
        f"{len(outcomes)} calls: silence p50 {p50 / 1000:.2f} s, p99 {p99 / 1000:.2f} s, longest "
        f"{silences[-1] / 1000:.2f} s; over {MOST_SILENCE_MS / 1000:g} s in "
        f"{sum(silence > MOST_SILENCE_MS for silence in silences)}; tries at most "
        f"{max(outcome.tries for outcome in outcomes)}; booked twice in {sum(o.booked > 1 for o in outcomes)}; "
        f"ends {dict(ends)}"
    )


HEAD: Final = f"{'role':8} {'fault':15} {'moment':9} {'spare':5} {'silence':>8} {'tries':>5} {'booked':>6} end"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--at-once", type=int, default=8, help="calls")
    parser.add_argument("--role", choices=ROLES, action="append")
    parser.add_argument("--fault", choices=[fault.value for fault in Fault], action="append")
    parser.add_argument("--moment", choices=MOMENTS, action="append")
    parser.add_argument("--spare", choices=("yes", "no"), action="append")
    parser.add_argument("--notes", action="store_true", help="what the reviewers read, too")
    given = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    chosen = [
        case
        for case in cases()
        if case.role in (given.role or ROLES)
        and case.fault in (given.fault or list(Fault))
        and case.moment in (given.moment or MOMENTS)
        and ("yes" if case.spare else "no") in (given.spare or ("yes", "no"))
    ]

    def tell(outcome: Outcome) -> None:
        print(row(outcome), flush=True)
        for note in outcome.notes if given.notes else ():
            print(f"    {note}")

    print(HEAD, flush=True)
    outcomes = asyncio.run(play_all([None, *chosen], given.at_once, tell))
    print(summary(outcomes))
    sys.exit(any(not outcome.is_good for outcome in outcomes))


if __name__ == "__main__":
    main()
