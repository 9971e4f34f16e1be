"""What callers say to put an answer right, and what becomes of it: one slot changes, what hangs on it is made again,
and the call goes on where it was. Each row is a call up to a question, what is said there, and what must be so
then."""

from dataclasses import dataclass, field
from functools import cache

import pytest

from ivr.flow.flow import Bundle
from tests.flow.phone import PROJECT, Line, loaded, talk

TRIP = """
about: A trip, with two days and two numbers that can be mistaken for each other.
start: plan
slots:
  leave_on: {type: date, near: future, ask: "When do you leave?", lead: [leaving, leave]}
  return_on: {type: date, near: future, ask: "And when do you return?", lead: [returning, coming back],
              must: {be: return_on on or after leave_on, else: You cannot return before you leave.}}
  party: {type: number, from: 1, to: 12, ask: How many people travel?}
  bags: {type: number, from: 0, to: 9, ask: How many bags?,
         must: {be: bags < party + 5, else: That is too many for so few.}}
  class: {type: choice, ask: First or second class?,
          options: {first: {hear: [first class, luxury], key: "1"}, second: {hear: [second class, economy], key: "2"}}}
  name: {type: name, ask: What's your name?}
  member: {type: digits, length: 6, private: pii, ask: What is your member number?}
  insured: {type: yes_no, ask: Do you want insurance?}
  note: {type: text, ask: Anything we should know?}
tools:
  find: {http: GET back/trips, query: {a: "{leave_on}", b: "{return_on}", n: "{party}"},
         results: {ok: {status: 200, keep: {price: $.price as money}}}}
nodes:
  plan:
    - ask: [leave_on, return_on, party]
    - call: find
      on: {ok: {goto: more}, failed: {goto: person}}
  more:
    - ask: [bags, class]
    - menu: Window or aisle?
      name: seat
      options: {window: {hear: [window], key: "1", goto: who}, aisle: {hear: [aisle], key: "2", goto: who}}
  who: [{ask: [name, member, insured, note]}, {say: "{name or 'You'} for {price or 'nothing'}."}, {goto: bye}]
"""
TO_FIND = ("march tenth", "march seventeenth", "four people")
TO_BAGS = (*TO_FIND, "+")
TO_CLASS = (*TO_BAGS, "two bags")
TO_SEAT = (*TO_CLASS, "economy")
TO_NAME = (*TO_SEAT, "aisle")
TO_MEMBER = (*TO_NAME, "Ana Lopez")
TO_INSURED = (*TO_MEMBER, "#123456")
TO_NOTE = (*TO_INSURED, "yes")


@cache
def trip() -> Bundle:
    flow = "schema: callflow/1\nflow: trial\n" + TRIP
    return loaded({"project.yaml": PROJECT, "trial.flow.yaml": flow})


def call(*turns: str) -> Line:
    """`+` is the look-up answered."""
    line = Line(trip(), "trial").begins()
    for turn in turns:
        if turn == "+":
            line.tool("ok", price=10)
        else:
            talk(line, [turn])
    return line


@dataclass(frozen=True)
class Row:
    up_to: tuple[str, ...]
    says: tuple[str, ...]
    """What the caller says, turn by turn."""
    asks: str | None
    """The question that is open then; None: the look-up is made again."""
    slots: dict[str, str | None] = field(default_factory=dict)
    """Those that must have changed, as text; all others must be as they were."""
    hears: str = ""
    """Words the bot said last."""


def row(
    up_to: tuple[str, ...], says: str | tuple[str, ...], asks: str | None, hears: str = "", **slots: str | None
) -> Row:
    return Row(up_to, (says,) if isinstance(says, str) else says, asks, dict(slots), hears)


ROWS = [
    # one value for another, right behind the answer
    row(("march tenth",), "no, I said the twelfth", "return_on", leave_on="2026-03-12"),
    row(("march tenth",), "sorry, the eleventh", "party", return_on="2026-03-11"),
    row(("march tenth",), "actually make that March twelfth", "return_on", leave_on="2026-03-12"),
    row(("march tenth",), "not March tenth, March twelfth", "return_on", leave_on="2026-03-12"),
    row(("march tenth",), "no, not Tuesday, Wednesday", "return_on", leave_on="2026-03-11"),
    row(("march tenth",), "Wednesday instead of Tuesday", "return_on", leave_on="2026-03-11"),
    row(("march tenth",), "change Tuesday to Thursday", "return_on", leave_on="2026-03-12"),
    row(("march tenth",), "I meant April tenth", "return_on", leave_on="2026-04-10"),
    row(TO_CLASS, "no, I said three bags", "class", bags="3"),
    row(TO_CLASS, "no, not two, three", "class", bags="3"),
    row(TO_CLASS, "three instead of two", "class", bags="3"),
    row(TO_CLASS, "sorry, three bags", "class", bags="3"),
    row(TO_CLASS, "it should be three bags", "class", bags="3"),
    row(TO_SEAT, "no, first class", "seat", **{"class": "first"}),
    row(TO_SEAT, "the other one", "seat", hears="Window or aisle"),
    row(TO_SEAT, "no, the other one", "seat", **{"class": "first"}),
    row(TO_SEAT, "I meant luxury", "seat", **{"class": "first"}),
    row(TO_SEAT, "not economy, luxury", "seat", **{"class": "first"}),
    row(TO_MEMBER, "no, my name is Anna Lopes", "member", name="Anna Lopes"),
    row(TO_MEMBER, "not Ana, Anna", "member", name="Anna Lopez"),
    row(TO_MEMBER, "not Ana Lopez, Ana Lopes", "member", name="Ana Lopes"),
    row(TO_INSURED, "no, it ends in seven eight", "insured", member="123478"),
    row(TO_INSURED, "no, I said one two three four five nine", "insured", member="123459"),
    row(TO_NOTE, "no, I meant no", "note", insured="False"),
    # by its name, from further back: what hangs on it is made again, nothing else is asked again
    row(TO_BAGS, "change the party to five", None, party="5"),
    row(TO_BAGS, "no, five people", None, party="5"),
    row(TO_BAGS, "sorry, five people travel", None, party="5"),
    row(TO_BAGS, "we are five people, not four", None, party="5"),
    row(TO_NAME, "actually five people", None, party="5"),
    row(TO_NAME, "wait, three bags", "name", bags="3"),
    row(TO_SEAT, "sorry, five people", None, party="5"),
    row(TO_SEAT, "I said three bags", "seat", bags="3"),
    row(TO_BAGS, "leaving March eleventh instead", None, leave_on="2026-03-11"),
    row(TO_BAGS, "no, returning March eighteenth", None, return_on="2026-03-18"),
    row(TO_BAGS, "actually I'm coming back on the twentieth", None, return_on="2026-03-20"),
    row(TO_BAGS, "no, not March seventeenth, March nineteenth", None, return_on="2026-03-19"),
    row(TO_BAGS, "not the tenth, the twelfth", None, leave_on="2026-03-12"),
    row(TO_INSURED, "no, five people", None, party="5"),
    row(TO_INSURED, "actually, first class", "insured", **{"class": "first"}),
    row(TO_NOTE, "I meant four bags", "note", bags="4"),
    row(TO_SEAT, "no, five people leaving March eleventh", None, party="5", leave_on="2026-03-11"),
    # the same words fit several: which is asked
    row(TO_FIND[:2], "no, I said March twelfth", "which is meant", "the leave on or the return on"),
    row(TO_FIND[:2], ("no, I said March twelfth", "leaving"), "party", leave_on="2026-03-12"),
    row(TO_FIND[:2], ("no, I said March nineteenth", "the return"), "party", return_on="2026-03-19"),
    row(TO_FIND[:2], ("no, I said March twelfth", "the first one"), "party", leave_on="2026-03-12"),
    row(TO_FIND[:2], ("no, I said March twelfth", "neither"), "party", "How many people travel"),
    row(TO_FIND[:2], ("no, I said March twelfth", "the return one, March nineteenth"), "party", return_on="2026-03-19"),
    row(TO_CLASS, "no, I said three", "which is meant", "the party or the bags"),
    row(TO_CLASS, ("no, I said three", "the bags"), "class", bags="3"),
    row(TO_CLASS, ("no, I said three", "people"), None, party="3"),
    row(TO_CLASS, ("no, I said three", "the party"), None, party="3"),
    # something is wrong, and not what it should be: that is asked
    row(TO_BAGS, "change the party", "party", "How many people travel", party=None),
    row(TO_BAGS, ("I'd like to change the party", "six"), None, party="6"),
    row(TO_BAGS, "the number of people is wrong", "party", party=None),
    row(TO_BAGS, "I want to change the return", "return_on", return_on=None),
    row(TO_BAGS, "I want to change the date", "what to change", "What would you like to change"),
    row(TO_BAGS, ("that's wrong", "the party"), "party", party=None),
    row(TO_BAGS, "that's wrong", "what to change", "What would you like to change"),
    row(TO_BAGS, "I made a mistake", "what to change"),
    row(TO_BAGS, ("you got that wrong", "nothing"), "bags", "How many bags"),
    row(TO_BAGS, ("change something", "leaving March twelfth"), None, leave_on="2026-03-12"),
    row(TO_BAGS, ("change something", "bananas"), "what to change", "didn't catch that"),
    row(TO_MEMBER, "the name is wrong", "name", name=None),
    row(TO_MEMBER, ("the name is wrong", "Anna Lopes"), "member", name="Anna Lopes"),
    row(TO_INSURED, "my member number is wrong", "member", member=None),
    row(TO_SEAT, "I want a different class", "class", **{"class": None}),
    # a value that will not do, here or elsewhere
    row(TO_BAGS, "no, forty people", "party", "more than twelve", party=None),
    row(TO_BAGS, ("no, forty people", "five"), None, party="5"),
    row((*TO_BAGS, "seven bags"), "no, two people", None, party="2", bags=None),
    row(TO_BAGS, "leaving March 20th instead", "return_on", "before you leave", leave_on="2026-03-20", return_on=None),
    # what is no correction
    row(TO_BAGS, "no, I said four people", "bags", "How many bags"),
    row(TO_BAGS, "three", "class", bags="3"),
    row(TO_INSURED, "no", "note", insured="False"),
    row(TO_INSURED, "that's wrong", "note", insured="False"),
    row(TO_NOTE, "we like to change our clothes", None, note="we like to change our clothes"),
    row(TO_NAME, "Wednesday", "member", name="Wednesday"),
    row(TO_MEMBER, "go back", "name", name=None),
]


def held(line: Line) -> dict[str, str | None]:
    slots = line.state.standings[-1].slots
    return {name: None if slot.value is None else str(slot.value) for name, slot in slots.items()}


def name_of(at: Row) -> str:
    return " / ".join(at.says)


@pytest.mark.parametrize("at", ROWS, ids=[f"{number}: {name_of(at)}" for number, at in enumerate(ROWS, start=1)])
def test_one_slot_changes_and_the_call_goes_on(at: Row) -> None:
    line = call(*at.up_to)
    before = held(line)
    talk(line, at.says)
    after = held(line)
    changed = {name: after.get(name) for name in {*before, *after} if before.get(name) != after.get(name)}
    assert changed == {name: value for name, value in at.slots.items() if before.get(name) != value}
    assert all(after.get(name) == value for name, value in at.slots.items())
    if at.asks is None and line.calls:
        assert [c.tool for c in line.calls] == ["find"]
        for argument, slot in (("leave_on", "leave_on"), ("return_on", "return_on"), ("party", "party")):
            assert str(line.calls[0].arguments[argument]) == after[slot]
    elif at.asks is None:
        assert line.ends is not None
    else:
        assert line.asks == at.asks
    assert at.hears.lower() in line.says.lower()


def test_a_corrected_look_up_leads_back_to_the_question_that_was_open() -> None:
    line = call(*TO_INSURED)
    line.hears("no, five people")
    assert line.asks is None and [c.tool for c in line.calls] == ["find"]
    line.tool("ok", price=20)
    assert line.asks == "insured", "what was answered since, and the menu on the way, are not asked again"
    assert line.kept("price") is not None and held(line)["bags"] == "2"


def test_the_record_says_what_was_put_right_at_which_question_and_no_value() -> None:
    line = call(*TO_INSURED)
    line.hears("no, my member number ends in seven eight")
    assert ("correction", "member", "at insured") in line.notes
    line.hears("the name is wrong")
    assert ("correction", "name", "asked anew at insured") in line.notes
    kept = [text for note in line.notes for text in note]
    assert not any("123478" in text or "Lopez" in text for text in kept)
    assert "123478" not in " ".join(said.text for said in line.state.told)
