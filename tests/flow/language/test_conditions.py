"""Conditions, and what `set` reckons."""

import pytest

from tests.flow.language.trial import only, plays

IF = """
slots:
  n: {type: number, from: 0, to: 10, ask: How many?}
  d: {type: digits, length: 4, ask: Which code?}
  c: {type: choice, options: {bill: {hear: [bill]}, fault: {hear: [fault]}}, ask: What?}
  day: {type: date, ask: Which day?}
  ok: {type: yes_no, ask: Sure?}
  who: {type: name, ask: Who?}
vars:
  total: {type: money, value: 42.50}
  tries: {type: number, value: 0}
  at: {type: time, value: 17:30}
  long: {type: duration, value: 2 days}
  tel: {type: phone, value: "+64210000000"}
nodes:
  first:
    - ask: [n, d, c, day, ok, who]
    - if: CONDITION
      then: {end: It holds.}
      else: {end: It does not.}
"""
ANSWERS = """
- {asks: n}
- {keys: 5#}
- {keys: 0042}
- {caller: bill}
- {keys: 03022026}
- {caller: yes}
"""


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ("n > 4", True),
        ("n >= 5 and n <= 5", True),
        ("n < 5 or ok", True),
        ("not ok", False),
        ("not (n < 5)", True),
        ("ok and not (n > 5 or n < 5)", True),
        ("n is 5", True),
        ("n is not 5", False),
        ("n + 2 * 3 is 11", True),
        ("n - 1 > 3", True),
        ("n * 2 is 10", True),
        ('d is "0042"', True),
        ('d in ["0042", "0043"]', True),
        ('d not in ["0042"]', False),
        ('d is not in ["0041"]', True),
        ('c is "bill"', True),
        ('c is "BILL"', True),
        ('c is "fault"', False),
        ('c in ["fault", "bill"]', True),
        ('who is "ana"', True),
        ("day is 2026-03-02", True),
        ("day is today", True),
        ("day before 2026-03-03", True),
        ("day is before today", False),
        ("day on or after today and day before today + 30 days", True),
        ("day on or before today - 1 day", False),
        ("today + 1 week is after day", True),
        ("total is 42.50", True),
        ("total > 40", True),
        ("at after 17:00", True),
        ("at is before 17:30", False),
        ("long > 1 day", True),
        ("long <= 48 hours", True),
        ('tel starts with "+64"', True),
        ('tel starts with "+1"', False),
        ('tel is "+64210000000"', True),
        ("visits is 1", True),
        ("n is empty", False),
        ("n is not empty", True),
    ],
)
def test_conditions(condition: str, holds: bool) -> None:
    said = "It holds" if holds else "It does not"
    flow = IF.replace("CONDITION", f"'{condition}'")
    plays(flow, ANSWERS + f"- {{caller: Ana, says: {said}, end: completed}}", given="time: 2026-03-02 10:00")


@pytest.mark.parametrize(
    ("condition", "start"),
    [
        ('n is "high"', 'IVR204 <"high">'),
        ("n > ok", "IVR204 <"),
        ('c is "bil"', 'IVR207 <"bil">'),
        ("c is bill", "IVR206 <bill>"),
        ("n", "IVR205 <n>"),
        ("n = 5", "IVR201 <=>"),
        ("{n} > 5", "IVR201 <{>"),
        ("n > 5 and", "IVR201"),
        ("(n > 5", "IVR201 <(>"),
        ("day is 2026-02-30", "IVR202 <2026-02-30>"),
        ("at is 25:00", "IVR202 <25:00>"),
        ("$.x is 5", "IVR203 <$.x>"),
        ('d is "0042', 'IVR201 <">'),
        ("m > 5", "IVR206 <m>"),
        ("c > 5", "IVR20"),
    ],
)
def test_mistakes(condition: str, start: str) -> None:
    only(IF.replace("CONDITION", f"'{condition}'"), start)


def test_the_message_of_two_types_says_what_would_do() -> None:
    found = only(IF.replace("CONDITION", "'n >= \"high\"'"), "IVR204")
    assert (
        'This compares n (a number) with "high" (text); it would never be true. n goes from 0 to 10: did you mean'
        in found
    )


def test_conditions_that_can_never_hold_are_warnings() -> None:
    only(IF.replace("CONDITION", "'n > 10'"), "warning IVR212 <if>")
    only(IF.replace("CONDITION", '\'c is "bill" and c is "fault"\''), "warning IVR212 <if>")


def test_set_reckons_and_keeps_types() -> None:
    flow = """
        slots: {n: {type: number, ask: How many?}, day: {type: date, ask: Day?}}
        vars:
          tries: {type: number, value: 1}
          big: {type: yes_no, value: no}
          word: {type: text, value: none}
          copy: {type: date, value: 2026-01-01}
          price: {type: money, value: 2.50}
        nodes:
          first:
            - ask: [n, day]
            - set: {tries: {be: tries + n}, big: {be: n > 3}, word: "{n} pieces", copy: "{day}", price: {be: price * n}}
            - end: "{tries}, {word}, {price}, {copy as date}."
        """
    plays(
        flow,
        "- {asks: n}\n- {keys: 4#}\n"
        "- {keys: 03022026, says: 'five, four pieces, ten dollars, March second', slot: {tries: 5, big: yes}}",
    )


@pytest.mark.parametrize(
    ("setting", "start"),
    [
        ("tries: many", "IVR204 <many>"),
        ("big: maybe", "IVR204 <maybe>"),
        ("trys: 5", "IVR110 <trys>"),
        ('tries: "{word}"', "IVR204"),
        ("tries: {be: word}", "IVR204"),
        ("tries: {be: big}", "IVR204"),
    ],
)
def test_set_is_checked(setting: str, start: str) -> None:
    flow = """
        vars:
          tries: {type: number, value: 1}
          big: {type: yes_no, value: no}
          word: {type: text, value: none}
        nodes:
          first: [{set: {SETTING}}, {end: "{tries} {word}"}]
        """
    only(flow.replace("SETTING", setting), start)


def test_a_variable_has_a_first_value_of_its_type() -> None:
    only("vars: {n: {type: number}}\nnodes: {first: [{end: Bye.}]}\n", "IVR104")
    only("vars: {n: {type: number, value: many}}\nnodes: {first: [{end: Bye.}]}\n", "IVR105 <many>")


def test_and_and_or_stop_as_soon_as_the_answer_is_known() -> None:
    flow = """
        slots: {n: {type: number, ask: How many?}, m: {type: number, optional: yes, skip: [none], ask: And?}}
        nodes:
          first: [{ask: [n, m]}, {if: m is empty or m > 3, then: {end: Yes.}, else: {end: No.}}]
        """
    plays(flow, "- {asks: n}\n- {keys: 4#}\n- {caller: none, says: 'Yes', end: completed}")
