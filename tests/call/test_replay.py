"""A call fed again from what was written down of it: the same to the byte, or told where it differs."""

import json
from dataclasses import replace

import pytest

from ivr.call import effects as fx
from ivr.call import events as ev
from ivr.call.made import KEY, digest, stands
from ivr.call.replay import Compared, Kept, compare, repeat, sentence
from ivr.flow import engine
from ivr.flow.flow import Bundle, Goto
from ivr.flow.state import CallStarted, CallState, RawReply
from ivr.flow.types import Privacy
from ivr.units import Millis
from tests.call.desk import BEGAN, Desk
from tests.call.textflow import HERE, line, prompt


def the_call(bundle: Bundle | None = None) -> Desk:
    """A bill asked for by keys; the caller hangs up at the next question."""
    desk = Desk(bundle or line(), answers={"look_up": RawReply(status=200, body={"balance": 42.5})})
    desk.heard_out()
    desk.press("1")
    desk.heard_out()
    desk.press("1234")
    desk.wait(200)
    desk.heard_out()
    desk.feed(ev.CallerHungUp())
    return desk


def journal(desk: Desk) -> list[Kept]:
    """As it comes back from the disk."""
    kept = [effect for effect in desk.did if isinstance(effect, fx.KeepEntry)]
    return [Kept(entry.at_ms, entry.kind, json.loads(json.dumps(entry.body))) for entry in kept]


def fresh(bundle: Bundle, desk: Desk) -> CallState:
    name = bundle.entry_default
    return engine.start(bundle, desk.call.state.call, name, BEGAN, "+15550199", "+15550100", seed=1)


def beside(other: Bundle, desk: Desk) -> Compared:
    return compare(other, fresh(other, desk), journal(desk))


def test_the_same_version_does_the_same_to_the_byte() -> None:
    desk = the_call()
    found = repeat(line(), fresh(line(), desk), journal(desk), b"")
    assert found.differs is None
    assert found.same >= 8
    assert found.unknown <= 1
    assert found.outcome == desk.call.state.outcome


def test_what_an_event_made_is_told_with_the_entry_that_follows() -> None:
    entries = journal(the_call())
    stood = [entry.body[KEY]["stands"] for entry in entries if entry.body and KEY in entry.body]
    assert stood[0] == "asks reason"
    assert "asks account" in stood
    assert "calling look_up" in stood


def test_one_byte_that_is_different_is_found() -> None:
    desk = the_call()
    bundle = line()
    slots = bundle.flows["line"].slots
    account = replace(slots["account"], ask=prompt("What is your four digit account number??"))
    flow = replace(bundle.flows["line"], slots={**slots, "account": account})
    other = replace(bundle, flows={"line": flow})
    found = repeat(other, fresh(other, desk), journal(desk), b"")
    assert found.differs is not None
    assert (found.differs.turn, found.differs.now) == (1, "the same, but not to the byte")


def test_numbers_of_effects_need_the_calls_secret() -> None:
    _, effects = engine.step(line(), fresh(line(), the_call()), CallStarted(Millis(0)))
    assert digest(effects, b"one") != digest(effects, b"other")


def test_a_value_that_is_never_written_down_ends_the_comparing() -> None:
    bundle = line(account=Privacy.PCI)
    desk = the_call(bundle)
    found = repeat(bundle, fresh(bundle, desk), journal(desk), b"")
    assert found.differs is None
    assert found.unwritten is not None
    assert found.outcome is None


def test_other_words_in_the_same_place_are_told_and_the_talk_goes_on() -> None:
    desk = the_call()
    bundle = line()
    slots = bundle.flows["line"].slots
    account = replace(slots["account"], ask=prompt("Which account?"))
    other = replace(bundle, flows={"line": replace(bundle.flows["line"], slots={**slots, "account": account})})
    found = beside(other, desk)
    assert found.parted is None
    (told,) = found.differences
    assert sentence(told) == (
        "At turn 1 the caller heard: What is your four digit account number?; with the edited flow: Which account?"
    )


def test_where_the_talk_parts_is_told_in_words() -> None:
    desk = the_call()
    bundle = line()
    flow = bundle.flows["line"]
    node = flow.nodes["who"]
    steps = (Goto("person", HERE), *node.steps[1:])
    other = replace(bundle, flows={"line": replace(flow, nodes={**flow.nodes, "who": replace(node, steps=steps)})})
    found = beside(other, desk)
    assert found.parted is not None
    assert sentence(found.parted) == (
        "At turn 1 the caller was asked for account; with the edited flow: was handed to care"
    )


def test_the_same_files_make_no_difference() -> None:
    found = beside(line(), the_call())
    assert (found.differences, found.parted) == ((), None)


@pytest.mark.parametrize("turns", [0, 1])
def test_where_a_call_stands_is_told_by_names_alone(turns: int) -> None:
    desk = Desk(line())
    desk.heard_out()
    if turns:
        desk.press("1")
    assert stands(desk.call.state) == ("asks reason", "asks account")[turns]
