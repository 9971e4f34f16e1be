"""What a model may answer when it is asked what a caller meant, and what is made of its answer."""

import json
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivr.flow.flow import Option
from ivr.flow.state import CommandWords, Expected, Fill, KeySpec, Listen, Reading
from ivr.flow.text import Place
from ivr.flow.types import Privacy, Source, Type
from ivr.flow.understand.model_answer import BORNE_OUT, MEANT, NOT_BORNE_OUT, read_answer
from ivr.flow.understand.model_question import heard_tool

NOW = datetime(2026, 3, 2, 10, 0, tzinfo=ZoneInfo("America/New_York"))
HERE = Place("trial.flow.yaml", 1, 1)


def option(name: str, *hear: str, about: str = "") -> Option:
    return Option(name, hear, None, hear[0], HERE, about=about)


REASON = Expected(
    "reason",
    Type.CHOICE,
    options=(option("bill", "bill", "balance"), option("fault", "fault", "not working", about="nothing works")),
)
ACCOUNT = Expected("account", Type.DIGITS, length=(8, 8))
PARTY = Expected("party", Type.NUMBER, low=Decimal(1), high=Decimal(12))
DAY = Expected("day", Type.DATE, near="future")
NAME = Expected("name", Type.NAME)
AGREES = Expected("agrees", Type.YES_NO)
CARD = Expected("card", Type.DIGITS, length=(13, 19), privacy=Privacy.PCI)
BORN = Expected("born", Type.DATE, privacy=Privacy.PII)
WISHES = Expected(
    "wishes",
    Type.LIST,
    of=Type.CHOICE,
    options=(option("window", "window"), option("chair", "high chair")),
    up_to=2,
    skip_words=("nothing",),
)
COMMANDS = (CommandWords("operator", ("a person",), "0"), CommandWords("wait", ("hold on",), None))


def listen(*expects: Expected, **more: Any) -> Listen:
    plain: dict[str, Any] = {
        "id": "l",
        "question": expects[0].slot if expects else "account",
        "expects": expects,
        "corrects": (),
        "confirming": None,
        "commands": COMMANDS,
        "keys": KeySpec(frozenset()),
        "answer_within_ms": 6000,
        "answer": None,
        "pause_ms": None,
        "privacy": expects[0].privacy if expects else Privacy.OPEN,
    }
    return Listen(**{**plain, **more})


def read(arguments: object, words: str, at: Listen, *, private: bool = False) -> Reading:
    return read_answer(arguments, words, at, NOW, private=private)


def fills(reading: Reading) -> dict[str, object]:
    return {fill.slot: fill.value for fill in reading.fills}


# ---- what it may answer


def test_only_what_is_open_is_in_the_schema() -> None:
    tool = heard_tool(listen(REASON, ACCOUNT, corrects=(PARTY,)), private=False)
    assert tool is not None and tool.name == "heard"
    assert json.loads(json.dumps(tool.parameters)) == {
        "type": "object",
        "additionalProperties": False,
        "properties": {
            "answer": {
                "type": "object",
                "description": "What was asked for, or else asked for next.",
                "additionalProperties": False,
                "properties": {
                    "reason": {
                        "type": "string",
                        "enum": ["bill", "fault"],
                        "description": "bill: bill, balance; fault: nothing works, fault, not working",
                    },
                    "account": {"type": "string", "pattern": "^[0-9]{8}$"},
                },
            },
            "correction": {
                "type": "object",
                "description": "Something answered before that the caller puts right now: its new value; null if only "
                "that it is wrong was said.",
                "additionalProperties": False,
                "properties": {"party": {"type": ["number", "null"], "minimum": 1, "maximum": 12}},
            },
            "command": {
                "type": "string",
                "enum": ["operator", "wait"],
                "description": "operator: a person; wait: hold on",
            },
            "unclear": {"type": "boolean", "description": "true: what was meant cannot be told."},
        },
    }


def test_no_earlier_value_is_told() -> None:
    told = Expected("account", Type.DIGITS, length=(8, 8), current="12345678")
    for at in (listen(DAY, corrects=(told,)), listen(confirming=told, question="account")):
        assert "12345678" not in str(heard_tool(at, private=True))


@pytest.mark.parametrize("class_", [Privacy.PCI, Privacy.SECRET])
def test_what_lives_in_memory_only_is_never_asked_of_a_model(class_: Privacy) -> None:
    card = Expected("card", Type.DIGITS, privacy=class_)
    assert heard_tool(listen(card), private=True) is None
    assert heard_tool(listen(confirming=card, question="card", privacy=class_), private=True) is None
    assert "card" not in str(heard_tool(listen(DAY, card, corrects=(card,)), private=True))
    assert not read(
        {"answer": {"card": "4111111111111111"}}, "4111 1111 1111 1111", listen(DAY, card), private=True
    ).fills


def test_private_values_only_where_the_model_may_have_them() -> None:
    assert heard_tool(listen(BORN), private=False) is None
    assert "born" not in str(heard_tool(listen(PARTY, BORN), private=False))
    assert "born" in str(heard_tool(listen(BORN), private=True))
    assert not read({"answer": {"born": "1980-05-02"}}, "", listen(PARTY, BORN)).fills


def test_who_speaks_to_somebody_else_is_not_listened_to() -> None:
    assert heard_tool(listen(REASON, waiting=True), private=True) is None
    assert heard_tool(listen(REASON, meanwhile=True), private=True) is None


# ---- what is made of its answer


def test_an_option_in_words_that_nobody_foresaw() -> None:
    reading = read({"answer": {"reason": "fault"}}, "my wifi is dead as a doornail", listen(REASON))
    assert reading.fills == (Fill("reason", "fault", Source.MODEL, MEANT),) and reading.satisfied


def test_an_option_is_taken_by_its_name_alone() -> None:
    assert not read({"answer": {"reason": "refund"}}, "my money back", listen(REASON)).fills
    assert not read({"answer": {"reason": ["fault"]}}, "my wifi", listen(REASON)).fills


def test_what_the_words_contradict_is_unclear() -> None:
    assert not read({"answer": {"reason": "fault"}}, "it is about my bill", listen(REASON)).fills
    assert not read(
        {"answer": {"account": "87654321"}}, "one two three four five six seven eight", listen(ACCOUNT)
    ).fills
    assert not read({"answer": {"agrees": True}}, "no", listen(AGREES)).fills
    assert not read({"answer": {"day": "2026-03-09"}}, "on march the tenth", listen(DAY)).fills


def test_a_value_that_the_words_do_not_bear_out_is_hardly_sure() -> None:
    said = read({"answer": {"account": "12345678"}}, "um it is the usual one", listen(ACCOUNT))
    assert said.fills == (Fill("account", "12345678", Source.MODEL, NOT_BORNE_OUT),)
    borne = read({"answer": {"party": 4}}, "well there would be like four of us and the dog", listen(PARTY))
    assert borne.fills == (Fill("party", Decimal(4), Source.MODEL, BORNE_OUT),)


def test_a_value_out_of_bounds_counts_only_if_it_was_said() -> None:
    assert not read({"answer": {"party": 40}}, "all of us", listen(PARTY)).fills
    assert fills(read({"answer": {"party": 40}}, "we would be forty", listen(PARTY))) == {"party": Decimal(40)}
    assert not read({"answer": {"account": "123"}}, "hm", listen(ACCOUNT)).fills


def test_other_open_slots_are_filled_too_and_closed_ones_are_not() -> None:
    answer = {"answer": {"reason": "bill", "account": "12345678", "day": "2026-03-09", "party": None}}
    reading = read(answer, "bill for 12345678 please", listen(REASON, ACCOUNT))
    assert fills(reading) == {"reason": "bill", "account": "12345678"}


def test_dates_lists_and_names_as_json_or_as_callers_say_them() -> None:
    assert fills(read({"answer": {"day": "tomorrow"}}, "", listen(DAY))) == {"day": date(2026, 3, 3)}
    assert fills(read({"answer": {"wishes": ["window", "chair"]}}, "x", listen(WISHES))) == {
        "wishes": ("window", "chair")
    }
    assert fills(read({"answer": {"wishes": None}}, "x", listen(WISHES))) == {"wishes": None}
    named = read({"answer": {"name": "Ana Lopez"}}, "so the name would be ana lopez you know", listen(NAME))
    assert named.fills == (Fill("name", "Ana Lopez", Source.MODEL, BORNE_OUT),)


def test_commands_that_are_awake_and_no_others() -> None:
    assert read({"command": "operator"}, "let me talk to somebody", listen(REASON)).command == "operator"
    assert read({"command": "wait"}, "my kettle boils", listen(REASON)).command == "wait"
    assert read({"command": "cancel"}, "stop it", listen(REASON)).command is None


def test_an_earlier_answer_is_put_right() -> None:
    held = Expected("party", Type.NUMBER, low=Decimal(1), high=Decimal(12), current=Decimal(4))
    at = listen(DAY, corrects=(held,))
    fixed = read({"correction": {"party": 5}}, "oh hang on the aunt comes so five of us", at)
    assert fixed.fills == (Fill("party", Decimal(5), Source.MODEL, BORNE_OUT, corrects=True),)
    assert read({"correction": {"party": None}}, "that is not how many", at).change == "party"
    assert not read({"correction": {"party": 4}}, "hm", at).fills
    assert not read({"correction": {"account": "12345678"}}, "hm", at).fills


# ---- a yes is the caller's own


CONFIRMING = Expected("account", Type.DIGITS, length=(8, 8), current="12345678")


@pytest.mark.parametrize("words", ["", "whatever", "what did you say", "no"])
def test_a_models_yes_to_what_was_read_back_is_none(words: str) -> None:
    assert read({"yes": True}, words, listen(confirming=CONFIRMING, question="account")).yes is None
    total = listen(Expected("summary", Type.YES_NO), summary=True)
    assert read({"yes": True}, words, total).yes is None


def test_a_models_no_is_taken_and_what_it_should_be() -> None:
    at = listen(confirming=CONFIRMING, question="account")
    assert read({"yes": False}, "it belongs to somebody else", at).yes is False
    fixed = read({"answer": {"account": "12345679"}}, "the last is a nine", at)
    assert fixed.yes is False and fixed.fills == (
        Fill("account", "12345679", Source.MODEL, NOT_BORNE_OUT, corrects=True),
    )
    assert read({"answer": {"account": "12345678"}}, "hm", at).yes is None
    assert read({"yes": False}, "yes that is right", at).yes is None


def test_a_yes_that_lets_something_be_changed_is_the_callers_own() -> None:
    at = listen(AGREES, binding=frozenset({"agrees"}))
    assert not read({"answer": {"agrees": True}}, "what is the weather", at).fills
    assert fills(read({"answer": {"agrees": False}}, "maybe some other day", at)) == {"agrees": False}
    assert fills(read({"answer": {"agrees": True}}, "I suppose we could", listen(AGREES))) == {"agrees": True}


def test_a_choice_that_something_is_changed_by_is_hardly_sure() -> None:
    at = listen(REASON, binding=frozenset({"reason"}))
    assert read({"answer": {"reason": "fault"}}, "my wifi is dead", at).fills[0].sure == NOT_BORNE_OUT
    assert read({"answer": {"reason": "fault"}}, "I have a fault here", at).fills[0].sure == BORNE_OUT


# ---- whatever it gives

SLOTS = (REASON, ACCOUNT, PARTY, DAY, NAME, AGREES, BORN, CARD, WISHES, *(Expected(t.value, t) for t in Type))
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=40)
    | st.sampled_from(["12345678", "fault"]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(max_size=8) | st.sampled_from([s.slot for s in SLOTS]), inner, max_size=5)
    ),
    max_leaves=12,
)
ARGUMENTS = JSON | st.fixed_dictionaries(
    {},
    optional={
        "answer": st.dictionaries(st.sampled_from([s.slot for s in SLOTS]), JSON, max_size=4) | JSON,
        "correction": st.dictionaries(st.sampled_from([s.slot for s in SLOTS]), JSON, max_size=4) | JSON,
        "command": st.sampled_from(["operator", "cancel"]) | JSON,
        "yes": JSON,
        "unclear": JSON,
    },
)


@settings(max_examples=300, deadline=None)
@given(
    ARGUMENTS,
    st.text(max_size=60) | st.sampled_from(["yes", "no", "one two three", "a fault", "4111 1111 1111 1111"]),
    st.lists(st.sampled_from(SLOTS), min_size=1, max_size=3, unique_by=lambda slot: slot.slot),
    st.sampled_from(["asked", "confirming", "summary"]),
    st.booleans(),
)
def test_whatever_a_model_gives_is_a_reading_of_what_is_open(
    arguments: Any, words: str, slots: list[Expected], how: str, private: bool
) -> None:
    asked, *others = slots
    at = listen(*slots, corrects=tuple(others))
    if how == "confirming":
        at = listen(confirming=asked, question=asked.slot, privacy=asked.privacy, corrects=tuple(others))
    elif how == "summary":
        at = listen(Expected("summary", Type.YES_NO), summary=True, corrects=tuple(slots))
    reading = read(arguments, words, at, private=private)
    assert reading.words == words and reading.yes is not True
    names = {slot.slot: slot for slot in slots}
    for fill in reading.fills:
        assert names[fill.slot].privacy in ((Privacy.OPEN, Privacy.PII) if private else (Privacy.OPEN,))
        assert fill.source is Source.MODEL
    assert reading.command in (None, "operator", "wait")
