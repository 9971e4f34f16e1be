"""What stands in for an answer that is never written down, while a call is rebuilt, and that it goes nowhere else."""

import dataclasses
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ivr.call.made import stands
from ivr.call.withheld import Withheld
from ivr.catalog import check_folder
from ivr.flow import engine
from ivr.flow import state as flow
from ivr.flow.flow import Bundle
from ivr.flow.loader import load_project
from ivr.units import CallId, Millis
from tests.server.project import FLOW, PROJECT

CARD, EXPIRY = "4111111111111111", "1028"


@pytest.fixture(scope="module")
def bundle() -> Bundle:
    project = PROJECT.replace("BACKEND", "http://127.0.0.1:9")
    loaded = load_project({"project.yaml": project, "tiny.flow.yaml": FLOW}, "/tiny")
    assert loaded.bundle is not None, loaded.messages
    return loaded.bundle


def at_card(bundle: Bundle) -> flow.CallState:
    started = datetime(2026, 3, 2, 12, tzinfo=UTC)
    state = engine.start(bundle, CallId("c"), "tiny", started=started, caller="+15550199", dialled="+15550100", seed=0)
    state, _ = engine.step(bundle, state, flow.CallStarted(Millis(0)))
    return typed(bundle, state, "7")


def typed(bundle: Bundle, state: flow.CallState, keys: str) -> flow.CallState:
    assert state.listening is not None
    return engine.step(bundle, state, flow.KeysEntered(Millis(10), state.listening.id, keys, "length"))[0]


def rebuilt(bundle: Bundle, withheld: Withheld, state: flow.CallState, *entries: str) -> flow.CallState:
    """With the lengths of these, and where a call stood that was given them."""
    real = state
    for keys in entries:
        real = typed(bundle, real, keys)
        after = withheld.answered(bundle, state, Millis(10), {"length": len(keys)}, stands(real))
        assert after is not None
        state = after
    return state


def texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif dataclasses.is_dataclass(value) and not isinstance(value, type):
        for field in dataclasses.fields(value):
            yield from texts(getattr(value, field.name))
    elif isinstance(value, dict):
        yield from (text for held in value.values() for text in texts(held))
    elif isinstance(value, tuple | frozenset):
        yield from (text for held in value for text in texts(held))


def test_a_card_that_was_charged_is_not_asked_for_again_and_nothing_stands_in_for_it(bundle: Bundle) -> None:
    withheld = Withheld()
    state = rebuilt(bundle, withheld, at_card(bundle), CARD, EXPIRY)
    assert stands(state) == "calling charge"
    stood_in = set(withheld.values)
    answered = flow.ToolAnswered(Millis(20), state.calling or "", flow.RawReply(status=201, body={}))
    state = withheld.settled(bundle, engine.step(bundle, state, answered)[0])
    assert stands(state) == "transferring care"
    assert len(stood_in) == 2 and not stood_in & set(texts(state.standings))


def test_where_nothing_was_changed_the_call_goes_back_to_the_question(bundle: Bundle) -> None:
    withheld, before = Withheld(), at_card(bundle)
    state = rebuilt(bundle, withheld, before, CARD)
    assert stands(state) == "asks expiry"
    assert withheld.settled(bundle, state) == before


def test_an_answer_that_would_not_do_is_asked_for_again(bundle: Bundle) -> None:
    """The wrong card is refused in the rebuilt call too, and counted."""
    state = rebuilt(bundle, Withheld(), at_card(bundle), CARD[:-1] + "2", CARD)
    assert stands(state) == "asks expiry"
    assert any(tries == 1 for tries in state.standings[-1].tries.values())


def test_where_it_is_not_known_how_the_call_stood_nothing_is_made_up(bundle: Bundle) -> None:
    withheld, before = Withheld(), at_card(bundle)
    assert withheld.answered(bundle, before, Millis(10), {"length": 16}, None) is None
    assert withheld.answered(bundle, before, Millis(10), {"length": 16}, "asks the moon") is None
    assert withheld.settled(bundle, before) is before


def test_the_key_that_says_there_is_no_card_is_an_answer_too() -> None:
    """Of length 0, behind a PIN: the call stands where it stood, and it is known that a transfer was under way."""
    bank = check_folder(Path("flows/bank")).bundle
    assert bank is not None
    state = engine.start(
        bank,
        CallId("c"),
        "main",
        started=datetime(2026, 3, 2, 12, tzinfo=UTC),
        caller="+15550199",
        dialled="+15550100",
        seed=0,
    )
    state, _ = engine.step(bank, state, flow.CallStarted(Millis(0)))
    state = typed(bank, typed(bank, state, "2"), "12345678")
    withheld = Withheld()
    state = rebuilt(bank, withheld, state, "7391")
    known = flow.NamedReply("ok", {"first_name": "Ana"})
    state, _ = engine.step(bank, state, flow.ToolAnswered(Millis(20), state.calling or "", known))
    assert stands(state) == "asks card"
    state = rebuilt(bank, withheld, state, "")
    assert stands(state) == "calling get_card"
    state, _ = engine.step(
        bank, state, flow.ToolAnswered(Millis(30), state.calling or "", flow.NamedReply("failed", {}))
    )
    assert stands(withheld.settled(bank, state)) == "transferring fraud"
