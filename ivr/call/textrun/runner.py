"""A scenario run against a flow by text: the caller's acts in order, each turn judged when the bot waits again."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Final, assert_never
from zoneinfo import ZoneInfo

from ivr.call.textrun import happenings as seen
from ivr.call.textrun import telling
from ivr.call.textrun.judge import Evidence, judge
from ivr.call.textrun.line import TextCall
from ivr.flow import engine
from ivr.flow import scenario as sc
from ivr.flow import state as flow
from ivr.flow.flow import Bundle
from ivr.flow.text import Place
from ivr.units import CallId, Millis

MONDAY_NOON: Final = datetime(2026, 3, 2, 12, 0)  # noqa: DTZ001 (in the zone of the project)
CALLER: Final = "+15550199"
DIALLED: Final = "+15550100"
CALL: Final = CallId("0000000000000000000TEXTRVN")

LiveTool = Callable[[flow.CallToolEffect], flow.RawReply]
"""Really calls a tool."""


@dataclass(frozen=True, slots=True)
class Failure:
    """`turn` counts from 1; 0 is the call as a whole. `transcript` is that turn's, `before` all the talk up to it;
    private values are masked."""

    turn: int
    place: Place
    expected: str
    happened: str
    transcript: tuple[str, ...]
    before: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    scenario: sc.Scenario
    failures: tuple[Failure, ...]
    happened: tuple[seen.Happening, ...]
    call_ms: Millis
    """How long the call would have been."""
    fed: tuple[flow.Event, ...] = ()
    """All the engine was fed."""

    @property
    def passed(self) -> bool:
        return not self.failures


@dataclass(slots=True)
class Scripted:
    """The answers of a scenario: those of a list in turn, the last one again and again."""

    given: sc.Given
    live_tool: LiveTool | None = None
    _asked: dict[tuple[str, tuple[str, ...]], int] = field(default_factory=dict)

    def tool(self, effect: flow.CallToolEffect) -> sc.Answer | flow.RawReply | None:
        if effect.tool in self.given.live and self.live_tool is not None:
            return self.live_tool(effect)
        return self._next(effect.tool, (), self.given.answers.get(effect.tool, ()))

    def of(self, name: str, results: Sequence[str]) -> sc.Answer | None:
        """Of the answers given for a name, those that can be: a target may be called, and may call back."""
        fitting = tuple(a for a in self.given.answers.get(name, ()) if a.pending or a.result in results)
        return self._next(name, tuple(results), fitting)

    def message(self, name: str) -> sc.Answer | None:
        return self.of(name, sc.RECORD_RESULTS)

    def callback(self, target: str) -> sc.Answer | None:
        return self.of(sc.callback_of(target), sc.CALLBACK_RESULTS) or self.of(target, sc.CALLBACK_RESULTS)

    def reply(self, agent: str) -> sc.Answer | None:
        """The next one of an agent's model."""
        return self._next(agent, ("reply",), self.given.answers.get(agent, ()))

    def _next(self, name: str, asked: tuple[str, ...], answers: Sequence[sc.Answer]) -> sc.Answer | None:
        if not answers:
            return None
        turn = self._asked.get((name, asked), 0)
        self._asked[name, asked] = turn + 1
        return answers[min(turn, len(answers) - 1)]


def run_scenario(bundle: Bundle, scenario: sc.Scenario, live_tool: LiveTool | None = None) -> Report:
    """Runs it. Nothing real is called but what `live:` names, by `live_tool`. Raises KeyError for an unknown flow."""
    answers = Scripted(scenario.given, live_tool)
    call = TextCall(bundle, start_state(bundle, scenario.flow, scenario.given), answers)
    call.attendants_play = any(isinstance(t.act, sc.AttendantSpeaks | sc.AttendantPresses) for t in scenario.talk)
    call.answer()
    failures: list[Failure] = []
    since = 0
    for number, turn in enumerate(scenario.talk, start=1):
        following = scenario.talk[number].act if number < len(scenario.talk) else None
        since, began, found = _run_turn(call, number, turn, since=since, following=following)
        before = telling.transcript(call.happened[:began], bundle, _flow(call)) if found else ()
        failures += [replace(failure, before=before) for failure in found]
        if failures:
            break
    failures += _judge_whole(call, scenario)
    return Report(scenario, tuple(failures), tuple(call.happened), call.now, tuple(call.fed))


def start_state(bundle: Bundle, flow_name: str, given: sc.Given) -> flow.CallState:
    zone = ZoneInfo(bundle.zone)
    started = (given.time or MONDAY_NOON).replace(tzinfo=zone).astimezone(UTC)
    entry = next((number for number, name in bundle.entry_numbers.items() if name == flow_name), DIALLED)
    return engine.start(
        bundle,
        call=CALL,
        flow_name=flow_name,
        started=started,
        caller=CALLER if given.caller is None else given.caller,
        dialled=given.dialled or entry,
        data=given.data,
        seed=0,
        answered_by=given.answered_by,
    )


def _run_turn(
    call: TextCall, number: int, turn: sc.Turn, *, since: int, following: sc.Act | None
) -> tuple[int, int, list[Failure]]:
    """Does what the caller does and judges what follows. Gives back where the next turn's happenings begin, and where
    its own do."""
    if turn.act is not None and not isinstance(turn.act, sc.CutIn):
        call.next_act = turn.act
        call.until_waiting()
        since = len(call.happened)
    unfit = _cannot(call, turn.act)
    if unfit is not None:
        told = telling.transcript(call.happened[since:], call.bundle, _flow(call))
        return since, since, [Failure(number, turn.place, _deed(turn.act), unfit, told)]
    call.next_act = following
    done_ms = _act(call, turn.act)
    if isinstance(following, sc.CutIn):
        call.until_first_sound(done_ms)
        until = _first_sound_place(call, done_ms)
    else:
        call.until_waiting()
        until = len(call.happened)
    evidence = Evidence(call, call.happened[since:until], done_ms)
    return until, since, list(_judge_turn(number, turn, evidence))


def _first_sound_place(call: TextCall, after_ms: Millis) -> int:
    for place, happening in enumerate(call.happened):
        if isinstance(happening, seen.BotSpoke) and happening.at_ms >= after_ms:
            return place
    return len(call.happened)


def _cannot(call: TextCall, act: sc.Act | None) -> str | None:
    """Why the caller cannot do this now."""
    if act is not None and call.fault is not None:
        return call.fault
    if act is not None and call.over:
        return f"the call was over already ({call.outcome})"
    if isinstance(act, sc.AttendantSpeaks | sc.AttendantPresses):
        return None if call.attendant is not None else "there is no attendant on the line here"
    if isinstance(act, sc.Speak | sc.StaySilent) and not call.waits:
        return "the bot does not wait for the caller here"
    return None


def _act(call: TextCall, act: sc.Act | None) -> Millis:
    """Does it; gives back the moment the caller was done."""
    match act:
        case None:
            return call.now
        case sc.Speak(words=words):
            return call.speak(words)
        case sc.Press(keys=keys):
            return call.press(keys)
        case sc.StaySilent(ms=ms):
            return call.stay_silent(ms)
        case sc.HangUpNow():
            call.hang_up()
            return call.now
        case sc.AttendantSpeaks(words=words):
            return call.attendant_speaks(words)
        case sc.AttendantPresses(keys=keys):
            return call.attendant_presses(keys)
        case sc.CutIn():
            return _cut_in(call, act)
    assert_never(act)


def _cut_in(call: TextCall, act: sc.CutIn) -> Millis:
    speaking_since = next((h.at_ms for h in reversed(call.happened) if isinstance(h, seen.BotSpoke)), call.now)
    call.until(Millis(speaking_since + act.after_ms))
    return call.speak(act.words) if act.words is not None else call.press(act.keys or "")


def _judge_turn(number: int, turn: sc.Turn, evidence: Evidence) -> Iterator[Failure]:
    call = evidence.call
    told = telling.transcript(evidence.happened, call.bundle, _flow(call))
    if call.fault is not None:
        yield Failure(number, turn.place, "the bot goes on", call.fault, told)
        return
    for check in turn.checks:
        found = judge(check, evidence)
        if found is not None:
            yield Failure(number, check.place, found[0], found[1], told)


def _judge_whole(call: TextCall, scenario: sc.Scenario) -> Iterator[Failure]:
    evidence = Evidence(call, call.happened, Millis(0))
    for check in scenario.throughout:
        found = judge(check, evidence)
        if found is not None:
            told = telling.transcript(call.happened, call.bundle, _flow(call))
            yield Failure(0, check.place, found[0], found[1], told)


def _deed(act: sc.Act | None) -> str:
    """What the caller was to do, for a failure."""
    match act:
        case None:
            return "the bot speaks"
        case sc.Speak():
            return "the caller says something"
        case sc.Press():
            return "the caller presses keys"
        case sc.StaySilent():
            return "the caller stays silent"
        case sc.CutIn():
            return "the caller cuts in"
        case sc.HangUpNow():
            return "the caller hangs up"
        case sc.AttendantSpeaks():
            return "the attendant says something"
        case sc.AttendantPresses():
            return "the attendant presses keys"
    assert_never(act)


def _flow(call: TextCall) -> str:
    return call.state.standings[-1].flow
