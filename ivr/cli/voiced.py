"""`ivr test --voice`: the tests of a project with sound, each one a call to a server of its own, in real time."""

import tempfile
import time
from collections.abc import Coroutine, Iterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from ivr.cli.playable import agents_of, begins, rings_ms, unserved

if TYPE_CHECKING:
    from ivr.call.textrun import Failure, Report
    from ivr.flow.flow import Bundle
    from ivr.flow.scenario import Scenario
    from ivr.sim import Report as PhoneReport
    from ivr.sim import Script, Turn
    from ivr.sim.callers_voice import CallersVoice
    from ivr.sim.line_voice import LineVoice


@dataclass(frozen=True, slots=True)
class Voiced:
    """A test as it went by telephone. `unseen`: checks that cannot be made from there."""

    report: "Report"
    ms: float
    unseen: int
    said_twice: tuple[str, ...] = ()
    """What the caller said once more, since the line had not understood it."""


TAKES_AFTER_MS: Final = 3_000
"""What is said before a caller is put through is heard to its end."""


async def play(scenarios: "Sequence[Scenario]", bundle: "Bundle", folder: Path, jobs: int, tell: Any) -> list[Voiced]:
    """Each by itself; `jobs` servers side by side. `tell` is given each as it is done. Raises: IvrError, OSError."""
    import asyncio

    from ivr.errors import IvrError
    from ivr.models.offline.moonshine import Moonshine
    from ivr.sim.callers_voice import CallersVoice
    from ivr.sim.line_voice import LineVoice

    transcriber = Moonshine(threads=1)
    voices = _Voices(CallersVoice(transcriber), LineVoice((bundle.language, *bundle.languages)))
    done: list[Voiced] = []
    waiting = list(scenarios)

    async def work() -> None:
        while waiting:
            server = _ServerOf.test(waiting[0], bundle)
            async with _Line(server, bundle, folder, transcriber, voices) as line:
                while waiting and line.fits(_ServerOf.test(waiting[0], bundle)):
                    done.append(await line.play(waiting.pop(0)))
                    tell(done[-1])

    try:
        await transcriber.start()
        await voices.caller.start()
        await voices.line.start()
        async with asyncio.TaskGroup() as tasks:
            for _ in range(max(1, min(jobs, len(waiting)))):
                tasks.create_task(work())
    except* IvrError as faults:
        raise faults.exceptions[0] from None
    finally:
        await transcriber.close()
        await voices.caller.close()
        await voices.line.close()
    return done


@dataclass(frozen=True, slots=True)
class _Voices:
    """The one that speaks for callers, and the one that the line is known to have."""

    caller: "CallersVoice"
    line: "LineVoice"


@dataclass(frozen=True, slots=True)
class _ServerOf:
    """What a test needs of a server. `flow` answers; None: as the project's `entry` says. `at`: when the call comes;
    None: any time will do."""

    flow: str | None
    at: datetime | None
    talks: bool
    """Models of its agents answer."""

    @classmethod
    def test(cls, scenario: "Scenario", bundle: "Bundle") -> "_ServerOf":
        from ivr.sim import Dialling

        given = scenario.given
        dialled = given.dialled or Dialling("").to_number
        answers = bundle.entry_numbers.get(dialled, bundle.entry_default)
        at = begins(scenario, bundle) if given.time or bundle.hours else None
        talks = any(name in agents_of(bundle) for name in given.answers)
        return cls(None if answers == scenario.flow else scenario.flow, at, talks)


class _Line:
    """A server with a back end that answers as the test says, and a carrier whose attendants do."""

    def __init__(self, server: _ServerOf, bundle: "Bundle", folder: Path, transcriber: Any, voices: _Voices) -> None:
        from ivr.cli.call import own_exchange
        from ivr.sim.answering import Answering
        from ivr.sim.written_models import WrittenModels

        self._server = server
        self._used = False
        self._bundle = bundle
        self._back = Answering(bundle)
        self._models = WrittenModels(agents_of(bundle))
        self._exchange = own_exchange()
        self._open = AsyncExitStack()
        self._data = Path()
        self._folder = folder.resolve()
        self._transcriber, self._voices = transcriber, voices
        self._served: Any = None

    async def __aenter__(self) -> "_Line":
        from ivr.sim.served import Served
        from ivr.sim.stand_ins import copy_with_stand_ins

        await self._open.__aenter__()
        data = Path(self._open.enter_context(tempfile.TemporaryDirectory(prefix="ivr-test-")))
        self._data = data / "data"
        await self._open.enter_async_context(self._back)
        rest = await self._open.enter_async_context(self._exchange.serve())
        carrier = {"TWILIO_ACCOUNT_SID": self._exchange.account_sid, "IVR_TWILIO_API_URL": rest}
        folder = copy_with_stand_ins(self._bundle, self._folder, data / "flows", self._back.url)
        flow = folder.name if self._server.flow is None else f"{folder.name}/{self._server.flow}"
        arguments = ["--project", str(folder.parent), "--flow", flow, *await self._engines(data / "test.toml")]
        clock = {} if self._server.at is None else {"IVR_CLOCK_AT": self._server.at.isoformat()}
        environment = {
            **self._back.environment,
            **self._models.environment,
            **carrier,
            **clock,
            "IVR_DATA_DIR": str(self._data),
        }
        self._served = await self._open.enter_async_context(Served(arguments, environment=environment))
        return self

    async def _engines(self, config: Path) -> list[str]:
        from ivr.sim.written_models import PROFILE

        if not self._server.talks:
            return ["--engines", "embedded"]
        await self._open.enter_async_context(self._models)
        self._models.write_config(config)
        return ["--config", str(config), "--engines", PROFILE]

    async def __aexit__(self, *fault: Any) -> None:
        await self._open.__aexit__(*fault)

    def fits(self, wanted: _ServerOf) -> bool:
        """One whose clock is set answers one call: then it is later. One whose model is down by then does not ask it
        again."""
        return wanted == self._server and not (self._used and (wanted.at is not None or wanted.talks))

    async def play(self, scenario: "Scenario") -> Voiced:
        import asyncio
        from dataclasses import replace

        from ivr.cli.call import attendants_of
        from ivr.flow.scenario import CutIn
        from ivr.sim import Caller, Dialling, Phone, spoken_lines
        from ivr.sim import Turn as PhoneTurn
        from ivr.sim.line import Line as TelephoneLine
        from ivr.sim.line import LineSettings
        from ivr.sim.scenarios import from_scenario

        self._used = True
        self._back.plays(scenario.given)
        self._models.plays(scenario.given)
        script = from_scenario(scenario, self._bundle.targets, unserved(scenario, self._bundle))
        greeted = scenario.talk[0].act is None or isinstance(scenario.talk[0].act, CutIn)
        turns = tuple(map(_patient, _listening(script.turns, scenario, self._bundle)))
        script = replace(script, turns=tuple(map(_heard_at_last, turns, (*turns[1:], None))))
        if not greeted:  # by text the caller waits for the first question too
            script = replace(script, turns=(PhoneTurn(None), *script.turns))
        dialling = Dialling(self._served.url, auth_token=None, dial_answers=script.dial_answers)
        dialling = replace(dialling, from_number=script.from_number or dialling.from_number)
        sounds = await spoken_lines(script, self._voices.caller)
        rings_s = rings_ms(scenario, self._bundle) / 1000
        self._exchange.anybody = tuple(
            replace(one, after_s=max(one.after_s, rings_s)) for one in attendants_of(script, ())
        )
        self._exchange.legs.clear()
        phone = Phone(dialling, line=TelephoneLine(LineSettings()), exchange=self._exchange)
        began = time.perf_counter()
        caller = Caller(
            script,
            phone,
            sounds,
            transcriber=self._transcriber,
            sound_of=self._voices.line.sounds_of,
            say_again=self._voices.caller.again,
            show=lambda _: None,
        )
        async with asyncio.TaskGroup() as tasks:
            serving = [tasks.create_task(served) for served in self._served_queues(scenario, script)]
            heard = await caller.play()
            for task in serving:
                task.cancel()
        report = as_report(scenario, heard, before=0 if greeted else 1)
        if report.failures:
            report = replace(report, failures=(*report.failures[:-1], await self._with_account(report, phone.call_sid)))
        return Voiced(report, (time.perf_counter() - began) * 1000, len(heard.unseen), tuple(heard.said_twice))

    def _served_queues(self, scenario: "Scenario", script: "Script") -> "Iterator[Coroutine[Any, Any, None]]":
        """Of the queues where the test has somebody answer: nobody is rung there, the attendant calls in."""
        from ivr.sim.attendant import Attendant
        from ivr.sim.queue_attendant import serve_queue

        for name, answers in scenario.given.answers.items():
            target = self._bundle.targets.get(name)
            if target is None or target.queue is None or answers[0].result != "answered":
                continue
            thinks_s = max(TAKES_AFTER_MS, answers[0].after_ms or 0) / 1000
            person = Attendant("answered", does=script.attendant, stays_s=0.3, thinks_s=thinks_s)
            url = f"{self._served.url}/twilio/queue/{target.queue}"
            yield serve_queue(self._exchange, url, person)

    async def _with_account(self, report: "Report", call_sid: str) -> "Failure":
        """The last failure, with what the server kept of the call: what it heard, and what it did."""
        from dataclasses import replace

        from ivr.cli.kept import read_call, show_lines
        from ivr.errors import StoreError

        last = report.failures[-1]
        try:
            kept = await read_call(self._data, call_sid)
        except StoreError:
            return last
        return replace(last, transcript=(*last.transcript, "", "as the server kept it:", *show_lines(kept)))


def _listening(turns: "Sequence[Turn]", scenario: "Scenario", bundle: "Bundle") -> "list[Turn]":
    """Who is told that the words were not understood, where they should have been, says them again."""
    from dataclasses import replace

    from ivr.cli.asked_again import asked_again

    if len(turns) != len(scenario.talk):  # attendants have turns of their own there
        return list(turns)
    asked = asked_again(scenario, bundle)
    return [replace(turn, asked_again=sentences) for turn, sentences in zip(turns, asked, strict=True)]


def _patient(turn: "Turn") -> "Turn":
    """A silence after which something is to be heard lasts until it is: by text no time passes while it rings."""
    from dataclasses import replace

    from ivr.sim.script import Silence

    waits = isinstance(turn.act, Silence) and bool(turn.checks.says)
    return replace(turn, act=Silence(None)) if waits else turn


def _heard_at_last(turn: "Turn", following: "Turn | None") -> "Turn":
    """Where the test says nothing of what follows, and then is silent until something is heard, nothing need follow;
    nor where somebody takes the call."""
    from dataclasses import replace

    from ivr.sim.script import Silence

    silent = following is not None and isinstance(following.act, Silence) and not turn.checks.says
    return replace(turn, unanswered=True) if silent or turn.checks.transfer else turn


def as_report(scenario: "Scenario", heard: "PhoneReport", *, before: int) -> "Report":
    """The same form as a text run's, so that it is told alike. `before`: turns played before the first of the test."""
    from ivr.call.textrun import Failure, Report
    from ivr.units import Millis

    told = tuple(f"{turn.did}  ->  {turn.heard}" for turn in heard.turns)
    turns = scenario.talk
    failures = [
        Failure(
            max(0, failed.turn - before),
            turns[failed.turn - before - 1].place if 0 < failed.turn - before <= len(turns) else scenario.place,
            "what the test says, by telephone",
            failed.text,
            told if number == 0 else told[max(0, failed.turn - 1) : failed.turn],
        )
        for number, failed in enumerate(heard.failed)
    ]
    failures += [Failure(0, scenario.place, "a server without a fault", str(fault), ()) for fault in heard.faults]
    return Report(scenario, tuple(failures), (), Millis(heard.duration_ms))
