"""`set:` and `forget:`: values that a flow writes itself."""

from datetime import date
from decimal import Decimal

from tests.flow.phone import talk, trial

FLOW = """
about: Values.
start: one
slots:
  size: {type: number, ask: Which size?}
  when: {type: date, optional: yes, ask: When?, skip: {hear: [never mind the day]}}
  big: {type: yes_no, ask: Big?}
  label: {type: text, ask: Which label?}
vars:
  count: {type: number, value: 3}
  told: {type: yes_no, value: no}
  last_day: {type: date, value: 2026-01-01}
nodes:
  one:
    - ask: [size, when]
    - set: {count: {be: count + size * 2}, told: yes, label: "Size {size or 'none'}."}
    - if: when is not empty
      then: {set: {last_day: "{when}"}}
    - set: {big: yes}
    - ask: [big, label]
    - menu: What now?
      options:
        forget: {hear: [forget], do: [{forget: [size, count, when]}, {goto: two}]}
        stop: {hear: [stop], goto: bye}
  two: [{ask: size}, {goto: bye}]
"""


def test_set_writes_slots_and_variables_with_their_types() -> None:
    line = trial(FLOW)
    talk(line, ["#4", "#03102026"])
    assert line.asks == "one", "what was set is not asked"
    assert (line.var("count"), line.var("told"), line.var("last_day")) == (Decimal(11), True, date(2026, 3, 10))
    assert (line.slot("big"), line.slot("label")) == (True, "Size four.")


def test_what_the_caller_left_empty_is_empty_in_conditions() -> None:
    line = trial(FLOW)
    talk(line, ["#4", "never mind the day"])
    assert line.var("last_day") == date(2026, 1, 1)


def test_what_was_set_is_not_offered_for_correction() -> None:
    line = trial(FLOW)
    talk(line, ["#4", "#03102026"])
    assert [e.slot for e in line.listening.corrects] == ["when", "size"]


def test_forget_empties_slots_and_puts_variables_back_to_their_first_value() -> None:
    line = trial(FLOW)
    talk(line, ["#4", "#03102026", "forget"])
    assert (line.asks, line.slot("size"), line.slot("when"), line.var("count")) == ("size", None, None, Decimal(3))


def test_back_knows_again_what_was_forgotten_since() -> None:
    line = trial(FLOW)
    talk(line, ["#4", "#03102026", "forget", "go back"])
    assert line.asks == "one"
    assert (line.slot("size"), line.slot("when")) == (Decimal(4), date(2026, 3, 10))


GROWING = """
about: Growing.
start: one
vars: {n: {type: number, value: 10}}
slots: {go: {type: yes_no, ask: Go on?}}
nodes:
  one: [{forget: go}, {ask: go}, {set: {n: {be: n * n}}}, {say: "{n}"}, {if: go, then: {goto: one}, else: {goto: bye}}]
"""


def test_a_variable_that_grows_beyond_reckoning_stays_as_it_was() -> None:
    line = trial(GROWING)
    talk(line, ["yes"] * 4)
    assert line.var("n") == Decimal(10) ** 8
    assert ("error", "n", "cannot be reckoned") in line.notes
    assert line.asks == "go"
