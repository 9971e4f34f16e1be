"""What a telephone can play of a test, and what a server and the people at its far end must be like for it."""

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from ivr.flow.flow import Bundle
    from ivr.flow.scenario import Scenario

LONGEST_HOLD_MS: Final = 20_000
MOST_RINGING_MS: Final = 20_000
"""Longer than this nobody need wait to learn what a caller hears meanwhile."""


def unserved(scenario: "Scenario", bundle: "Bundle") -> frozenset[str]:
    """Queues that nobody serves while the caller is in them: a telephone does not see that it is in a queue."""
    return frozenset(
        name
        for name, answers in scenario.given.answers.items()
        if (target := bundle.targets.get(name)) is not None
        and target.queue is not None
        and answers[0].result != "answered"
    )


def _wait_ms(bundle: "Bundle", name: str) -> int:
    """How long a caller holds until nobody has answered; 0: it is no queue."""
    target = bundle.targets.get(name)
    return 0 if target is None or target.queue is None else target.wait_ms


def _is_closed(bundle: "Bundle", name: str, scenario: "Scenario") -> bool:
    """Whether the target is closed at the test's time by its own hours, so that the server finds so itself."""
    target = bundle.targets.get(name)
    if target is None or target.hours is None:
        return False
    return not bundle.hours[target.hours].is_open(begins(scenario, bundle))


def agents_of(bundle: "Bundle") -> frozenset[str]:
    from ivr.flow.scenario import cast_of

    return frozenset(name for flow in bundle.flows for name in cast_of(bundle, flow).agents)


def begins(scenario: "Scenario", bundle: "Bundle") -> datetime:
    from ivr.call.textrun.runner import MONDAY_NOON

    return (scenario.given.time or MONDAY_NOON).replace(tzinfo=ZoneInfo(bundle.zone))


def cannot_play(scenario: "Scenario", bundle: "Bundle") -> str | None:
    """Why a telephone cannot play a test against a server; None if it can."""
    return next(_reasons(scenario, bundle), None)


def _reasons(scenario: "Scenario", bundle: "Bundle") -> Iterator[str]:
    from ivr.flow.scenario import cast_of
    from ivr.sim.answering import cannot_answer
    from ivr.sim.scenarios import DIAL_ANSWERS

    given, known = scenario.given, cast_of(bundle, scenario.flow)
    if given.answered_by is not None:
        yield "it is a call that we make"
    if given.data:
        yield "its data come from whoever starts the call"
    for name, answers in given.answers.items():
        for answer in answers:
            for tool in known.tools.get(name, ()):
                why = cannot_answer(tool, answer)
                if why is not None:
                    yield why
            if name in known.sends["record"] and answer.result == "failed" and name not in known.targets:
                yield f"a telephone cannot keep {name} from being taken"
            booked = answer.result == "booked" and name in known.sends["callback"]
            closed = answer.result == "closed" and _is_closed(bundle, name, scenario)
            if name in known.targets and answer.result not in DIAL_ANSWERS and not (booked or closed):
                yield f'a telephone cannot make {name} answer "{answer.result}"'
            if _wait_ms(bundle, name) and answer.result in ("failed", "busy"):
                yield f'nobody is rung in a queue, so {name} does not answer "{answer.result}"'
            if _wait_ms(bundle, name) and (answer.after_ms or 0) > LONGEST_HOLD_MS:
                yield f"its caller holds for {name}, and a telephone cannot tell when a line between music is over"


def rings_ms(scenario: "Scenario", bundle: "Bundle") -> int:
    """How long it takes until somebody answers who is rung."""
    found = [
        answer.after_ms or 0
        for name, answers in scenario.given.answers.items()
        if name in bundle.targets and bundle.targets[name].queue is None
        for answer in answers
    ]
    return min(MOST_RINGING_MS, max(found, default=0))
