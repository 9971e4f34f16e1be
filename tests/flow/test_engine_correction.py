"""Corrections: what changes, what stays, what is done again, and what can no longer be."""

from decimal import Decimal

import pytest

from tests.flow.phone import Line, talk, trial

TABLE = """
about: A table.
start: party
slots:
  party: {type: number, from: 1, to: 12, ask: For how many?, confirm_change: CHANGE}
  day: {type: date, near: future, ask: For which day?}
  name: {type: name, ask: Your name?}
  high_chairs: {type: number, ask: How many high chairs?, must: {be: high_chairs < party, else: That is too many.}}
tools:
  find_table: {http: "GET back/tables/{party}/{day}", results: {ok: {status: 200, keep: {room: $.room as text}},
      full: {status: 404}}}
nodes:
  party:
    - ask: [party, day]
    - call: find_table
      on: {ok: {goto: chairs}, full: {say: That day is full., retry: day, times: 2, leave: bye}, failed: {goto: person}}
  chairs: [{ask: high_chairs}, {ask: name}, {goto: bye}]
"""


def table(change: str = "never") -> Line:
    line = trial(TABLE.replace("CHANGE", change))
    talk(line, ["three people", "#03102026"])
    line.tool("ok", room="garden")
    return line


def test_a_correction_changes_one_slot_and_makes_the_look_up_again() -> None:
    line = table()
    line.keys("2")
    assert line.asks == "name"
    assert [(e.slot, e.current) for e in line.listening.corrects][:2] == [
        ("high_chairs", Decimal(2)),
        ("day", line.slot("day")),
    ]
    line.corrects("party", Decimal(4))
    assert line.slot("party") == Decimal(4)
    assert line.kept("room") is None, "it came from the old number"
    assert [c.arguments["party"] for c in line.calls] == [Decimal(4)]
    line.tool("ok", room="hall")
    assert (line.asks, line.slot("high_chairs")) == ("name", Decimal(2))
    assert line.kept("room") == "hall"


def test_a_look_up_whose_arguments_did_not_change_is_not_made_again() -> None:
    flow = TABLE.replace("CHANGE", "never").replace("GET back/tables/{party}/{day}", "GET back/tables/{day}")
    line = trial(flow)
    talk(line, ["three people", "#03102026"])
    line.tool("ok", room="garden")
    line.hears("no, I said four people")
    assert line.slot("party") == Decimal(4)
    assert not line.calls
    assert (line.asks, line.kept("room")) == ("high_chairs", "garden")


def test_rules_of_other_slots_that_name_it_run_again() -> None:
    line = table()
    line.keys("2")
    line.corrects("party", Decimal(2))
    line.tool("ok", room="nook")
    assert line.asks == "high_chairs"
    assert line.says == "That is too many. How many high chairs?"
    line.keys("1")
    assert line.asks == "name"


def test_a_correction_that_will_not_do_asks_again_and_says_why() -> None:
    line = table()
    line.hears("no, I said forty people")
    assert line.asks == "party"
    assert line.says == "That is more than twelve. For how many?"
    line.keys("5")
    assert [c.arguments["party"] for c in line.calls] == [Decimal(5)]


def test_the_same_value_again_changes_nothing() -> None:
    line = table()
    line.hears("no, I said three people")
    assert line.asks == "high_chairs"
    assert not line.calls


@pytest.mark.parametrize(("answer", "party"), [("yes", 4), ("no", 3)])
def test_a_change_may_have_to_be_agreed_to(answer: str, party: int) -> None:
    line = table("always")
    line.hears("no, I said four people")
    assert line.says == "four instead of three?"
    assert line.listening.confirming is not None
    line.hears(answer)
    assert line.slot("party") == Decimal(party)
    assert bool(line.calls) is (party == 4)
    if party == 3:
        assert (line.asks, line.says) == ("high_chairs", "How many high chairs?")


ORDER = """
about: An order.
start: order
slots:
  size: {type: number, ask: Which size?}
  sure: {type: yes_no, ask: Shall I order it?}
  more: {type: yes_no, ask: Anything else?}
tools:
  order: {http: POST back/orders, body: {size: "{size}"}, changes_things: yes, confirm_with: sure,
      results: {ok: {status: 201}, sold_out: {status: 409}}}
nodes:
  order:
    - ask: size
    - call: order
      on: {ok: {goto: done}, sold_out: {say: That one is sold out., retry: size, times: 3, leave: bye},
          declined: {goto: bye}, failed: {goto: person}, unknown: {goto: done}}
  done: [{say: Done.}, {ask: more}, {goto: bye}]
"""


@pytest.mark.parametrize("result", ["ok", "unknown"])
@pytest.mark.parametrize("word", ["no, I said four", "go back"])
def test_a_change_already_made_is_not_made_again_and_a_person_is_offered(result: str, word: str) -> None:
    line = trial(ORDER)
    talk(line, ["#3", "yes"])
    line.tool(result)
    assert line.asks == "more"
    line.hears(word)
    if word == "go back":
        assert line.asks == "sure", "the question before this one is the confirmation"
        return
    assert "already acted" in line.says
    assert not line.calls
    line.hears("no thanks")
    assert (line.asks, line.slot("size")) == ("more", Decimal(3))
    line.hears("no, I said four")
    line.hears("yes please")
    assert line.dials == "care"


def test_a_correction_before_the_change_asks_to_confirm_anew() -> None:
    line = trial(ORDER)
    line.keys("3")
    assert line.asks == "sure"
    line.hears("no, I said four")
    assert (line.asks, line.slot("size")) == ("sure", Decimal(4))
    line.hears("yes")
    assert [dict(c.arguments) for c in line.calls] == [{"size": Decimal(4)}]
