"""Conditions: what can be written, what each means, and that a mistake of type is told and never false in silence."""

import contextlib
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivr.flow.grammar import CALL_NAMES, Complaint, Named, NameTable, evaluate, evaluate_operand, parse_condition
from ivr.flow.grammar.conditions import parse_operand
from ivr.flow.text import Place
from ivr.flow.types import Type, Value

HERE = Place("line.flow.yaml", 7, 11)
NAMES = NameTable(
    {
        **CALL_NAMES,
        ("born",): Named(Type.DATE),
        ("birth_date",): Named(Type.DATE),
        ("fixed_by",): Named(Type.TIME),
        ("reason",): Named(Type.CHOICE, {"bill": "my bill", "fault": "a fault"}),
        ("severity",): Named(Type.NUMBER, says="severity goes from 0 to 10", bounds=(Decimal(0), Decimal(10))),
        ("balance",): Named(Type.MONEY),
        ("told",): Named(Type.YES_NO),
        ("account",): Named(Type.DIGITS),
        ("name",): Named(Type.NAME),
        ("since",): Named(Type.DURATION),
        ("tel",): Named(Type.PHONE),
        ("mail",): Named(Type.EMAIL),
        ("code",): Named(Type.SPELLED),
        ("partner",): Named(Type.TARGET, {"care": "care", "sales": "sales"}),
        ("extras",): Named(Type.LIST, {"window": "by the window", "chair": "high chair"}, of=Type.CHOICE),
        ("ages",): Named(Type.LIST, of=Type.NUMBER),
        ("tables",): Named(Type.LIST),
        ("known_caller",): Named(Type.YES_NO, fact=True),
    },
    hours=frozenset({"office", "kitchen"}),
)


class Values:
    now = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)

    def __init__(self, **values: Value) -> None:
        self._values = values

    def value(self, path: tuple[str, ...]) -> Value | None:
        return self._values.get("_".join(path))

    def is_open(self, hours: str, on: date | None, at: time | datetime | None) -> bool:
        """The office is open now, all of March second, and until five; the kitchen never is."""
        if hours != "office":
            return False
        if at is not None:
            return at.hour < 17 and (on is None or on.day == 2)
        return on is None or on.day == 2


def holds(text: str, **values: Value) -> bool:
    return evaluate(parse_condition(text, HERE, NAMES), Values(**values))


def complaint(text: str, names: NameTable = NAMES) -> Complaint:
    with pytest.raises(Complaint) as raised:
        parse_condition(text, HERE, names)
    return raised.value


@pytest.mark.parametrize(
    ("text", "values", "expected"),
    [
        ('reason is "bill"', {"reason": "bill"}, True),
        ('reason is "BILL"', {"reason": "bill"}, True),
        ('reason is not "bill"', {"reason": "fault"}, True),
        ('reason in ["bill", "fault"]', {"reason": "fault"}, True),
        ('reason is not in ["bill"]', {"reason": "fault"}, True),
        ('name is "ANA"', {"name": "Ana"}, True),
        ('account is "0123"', {"account": "0123"}, True),
        ('account is "123"', {"account": "0123"}, False),
        ("birth_date is born", {"birth_date": date(1980, 5, 2), "born": date(1980, 5, 2)}, True),
        ("birth_date before today", {"birth_date": date(2026, 3, 1)}, True),
        ("birth_date before today", {"birth_date": date(2026, 3, 2)}, False),
        ("birth_date is on or before today", {"birth_date": date(2026, 3, 2)}, True),
        ("birth_date on or after today - 1 day", {"birth_date": date(2026, 3, 1)}, True),
        ("birth_date before today + 2 weeks", {"birth_date": date(2026, 3, 15)}, True),
        ("birth_date after 2026-02-28", {"birth_date": date(2026, 3, 1)}, True),
        ("fixed_by before 17:30", {"fixed_by": time(17, 29)}, True),
        ("fixed_by + 2 hours is 19:30", {"fixed_by": time(17, 30)}, True),
        ("since > 1 day", {"since": timedelta(hours=25)}, True),
        ("since >= 30m", {"since": timedelta(minutes=30)}, True),
        ("severity >= 7", {"severity": Decimal(7)}, True),
        ("severity * 2 + 1 is 15", {"severity": Decimal(7)}, True),
        ("severity > -1", {"severity": Decimal(0)}, True),
        ("balance < 42.5", {"balance": Decimal("42.49")}, True),
        ("balance is 42.5", {"balance": Decimal("42.50")}, True),
        ("told", {"told": True}, True),
        ("not told", {"told": False}, True),
        ("told is no", {"told": False}, True),
        ("visits > 2", {"visits": Decimal(3)}, True),
        ('call.from starts with "+64"', {"call_from": "+6421555"}, True),
        ("severity > 5 or told and severity > 3", {"severity": Decimal(4), "told": False}, False),
        ("(severity > 5 or told) and severity > 3", {"severity": Decimal(4), "told": True}, True),
        ("not (told or severity > 3)", {"told": False, "severity": Decimal(3)}, True),
        ('tel is "+1 (555) 010-7788"', {"tel": "+15550107788"}, True),
        ('tel in ["+15550107788"]', {"tel": "+15550107788"}, True),
        ('mail is "Ana@Example.com"', {"mail": "ana@example.com"}, True),
        ('code is "abc"', {"code": "ABC"}, True),
        ('code starts with "A"', {"code": "ABC"}, True),
        ('partner is "care"', {"partner": "care"}, True),
        ('extras has "window"', {"extras": ("chair", "window")}, True),
        ('extras has "Window"', {"extras": ("window",)}, True),
        ('extras has "window"', {"extras": ("chair",)}, False),
        ('extras has "window"', {}, False),
        ('not (extras has "window")', {}, True),
        ("ages has 3", {"ages": (Decimal(2), Decimal(3))}, True),
        ("ages has severity + 1", {"ages": (Decimal(3),), "severity": Decimal(2)}, True),
        ("count of extras > 1", {"extras": ("chair", "window")}, True),
        ("count of extras is 0", {}, True),
        ("count of tables * 2 is 2", {"tables": ("x",)}, True),
        ("extras is empty", {"extras": ()}, True),
        ("extras is not empty", {"extras": ("window",)}, True),
        ("known_caller", {"known_caller": True}, True),
        ("not known_caller", {}, True),
        ("hours.office is open", {}, True),
        ("hours.kitchen is open", {}, False),
        ("hours.kitchen is not open", {}, True),
        ("hours.office is open on born", {"born": date(2026, 3, 2)}, True),
        ("hours.office is open on 2026-03-03", {}, False),
        ("hours.office is open on today + 1 day", {}, False),
        ("hours.office is open at 19:00", {}, False),
        ("hours.office is open at now", {}, True),
        (
            "hours.office is open on born at 16:00 and severity > 1",
            {"born": date(2026, 3, 2), "severity": Decimal(2)},
            True,
        ),
        ("hours.office is not open on born", {}, False),
        ("hours.office is open at fixed_by", {}, False),
        ("hours.office.next after now", {"hours_office_next": datetime(2026, 3, 3, 8, 0, tzinfo=UTC)}, True),
    ],
)
def test_conditions_mean_what_they_say(text: str, values: Mapping[str, Value], expected: bool) -> None:
    assert holds(text, **values) is expected


@pytest.mark.parametrize(
    "text",
    ['reason is "bill"', 'reason is not "bill"', 'reason in ["bill"]', 'reason is not in ["bill"]', "severity < 5"],
)
def test_a_comparison_with_an_empty_value_is_false_whichever_way_it_is_turned(text: str) -> None:
    assert not holds(text)


def test_emptiness_is_what_is_empty_asks() -> None:
    assert holds("reason is empty")
    assert not holds("reason is not empty")
    assert holds("reason is not empty", reason="bill")


@pytest.mark.parametrize(
    ("text", "code", "column", "said"),
    [
        ('severity is "high"', "IVR204", 23, "severity goes from 0 to 10: did you mean  severity >= 7 ?"),
        ("balance is birth_date", "IVR204", 22, "would never be true"),
        ('reason is "bil"', "IVR207", 21, 'Did you mean "bill"?'),
        ("reason is bill", "IVR206", 21, 'put it in quotes: "bill"'),
        ("sevrity > 3", "IVR206", 11, 'Did you mean "severity"?'),
        ("birth_date < today", "IVR205", 22, 'Write "before"'),
        ("severity before 3", "IVR205", 20, "Write <"),
        ("account is 123", "IVR204", 22, 'Put it in quotes: "123"'),
        ("severity = 3", "IVR201", 20, 'Write "is"'),
        ("severity", "IVR205", 11, "neither true nor false"),
        ("(severity > 3", "IVR201", 11, "not closed"),
        ("severity > ", "IVR201", 22, "value is missing"),
        ("severity is not before 3", "IVR201", 27, "on or after"),
        ("born is 2026-02-30", "IVR202", 19, "calendar"),
        ("born before today + 30 hours", "IVR205", 31, "whole days"),
        ("severity > {severity}", "IVR201", 22, "braces"),
        ("$.a is 3", "IVR203", 11, "when:"),
        ("severity has 3", "IVR205", 20, "for lists"),
        ("count of severity > 2", "IVR205", 20, "for lists"),
        ("count extras > 2", "IVR201", 11, "count of extras"),
        ('extras is "window"', "IVR205", 11, "extras has ..."),
        ('extras has "windw"', "IVR207", 22, 'Did you mean "window"?'),
        ("extras has 3", "IVR204", 22, "never be true"),
        ("extras", "IVR205", 11, "extras is not empty"),
        ("tables has 3", "IVR205", 18, "list of records"),
        ("known_caller is yes", "IVR205", 11, "not known_caller"),
        ("known_caller is empty", "IVR205", 11, "not known_caller"),
        ('account is "12-34"', "IVR204", 22, 'Did you mean "1234"?'),
        ('account in ["1234", "none"]', "IVR204", 31, "account is empty"),
        ('tel is "555 0107"', "IVR217", 18, '"+15550107788"'),
        ('partner is "cares"', "IVR207", 22, 'Did you mean "care"?'),
        ("hours.ofice is open", "IVR216", 11, 'Did you mean "hours.office"?'),
        ("hours.ofice.next before now", "IVR216", 11, 'Did you mean "hours.office"?'),
        ("hours.office", "IVR205", 11, "is open"),
        ("hours.office is closed", "IVR205", 27, "is not open"),
        ("hours.office is open on severity", "IVR204", 35, "comes a date"),
        ("hours.office is open on today at born", "IVR204", 44, "time of day"),
        ("hours.office is open on", "IVR201", 34, "value is missing"),
        ("severity > 3 told", "IVR201", 24, "and"),
    ],
)
def test_a_mistake_is_told_at_its_word(text: str, code: str, column: int, said: str) -> None:
    (message,) = complaint(text).messages
    assert (message.code, message.place.line, message.place.column) == (code, 7, column)
    assert said in f"{message.text} {message.fix}"


def test_hours_are_refused_where_the_project_has_none() -> None:
    (message,) = complaint("hours.office is open", NameTable(NAMES.names)).messages
    assert (message.code, message.place.column) == ("IVR190", 11)


def test_every_mistake_of_type_is_told_at_once() -> None:
    found = complaint('sevrity > 3 and reason is "bil" and told is 7')
    assert [message.code for message in found.messages] == ["IVR206", "IVR207", "IVR204"]


def test_names_of_data_sent_with_the_call_are_known() -> None:
    assert holds('call.data.order is "A7"', call_data_order="A7")


WHEN = NameTable(NAMES.names, json=True)


@pytest.mark.parametrize(
    ("text", "answer", "expected"),
    [
        ('$.state is "refillable"', {"state": "Refillable"}, True),
        ("$.refills is 0", {"refills": 0}, True),
        ("$.refills < 3", {"refills": 2.5}, True),
        ("$.refills is 0", {"refills": "none"}, False),
        ("$.refills is 0", {}, False),
        ("$.refills is not 0", {}, False),
        ("$.clinics is empty", {"clinics": []}, True),
        ("$.clinics is empty", {"clinics": None}, True),
        ("$.clinics is empty", {}, False),
        ("$.clinics is not empty", {"clinics": [1]}, True),
        ("count of $.clinics > 1", {"clinics": [1, 2]}, True),
        ("count of $.clinics is 0", {}, False),
        ('$.clinics has "north"', {"clinics": ["North", 2]}, True),
        ("$.clinics has 2", {"clinics": ["north", 2]}, True),
        ("$.clinics has 3", {"clinics": {"a": 3}}, False),
        ("$.items[1].ok", {"items": [{}, {"ok": True}]}, True),
        ("$.items[2].ok", {"items": [{}, {"ok": True}]}, False),
        ("$.when before 2026-03-01", {"when": "2026-02-28"}, True),
        ("$.state.deep is 1", {"state": "text"}, False),
        ("$ is 3", 3, True),
    ],
)
def test_a_path_that_is_missing_or_of_another_type_does_not_match(text: str, answer: object, expected: bool) -> None:
    assert evaluate(parse_condition(text, HERE, WHEN), Values(), answer) is expected


def test_reckoning_beyond_the_calendar_is_empty_and_raises_nothing() -> None:
    operand = parse_operand("born + 9999999 days", HERE, NAMES).operand
    assert evaluate_operand(operand, Values(born=date(9999, 1, 1))) is None
    assert not holds("born + 9999999 days after today", born=date(9999, 1, 1))


def test_numbers_too_large_to_reckon_are_empty() -> None:
    huge = Decimal("9e999999")
    operand = parse_operand("severity * severity", HERE, NAMES).operand
    assert evaluate_operand(operand, Values(severity=huge)) is None


WRITTEN = """severity reason told born extras known_caller tel hours.office has count of open at on
is not and or in [ ] ( ) empty today "bill" 3 2026-12-24 17:30 + - * < >= before , '
$.a[0] on or after days"""
WORDS = st.sampled_from(list(dict.fromkeys(WRITTEN.split())))


@settings(max_examples=150, deadline=None)
@given(st.one_of(st.text(max_size=60), st.lists(WORDS, max_size=12).map(" ".join)))
def test_no_text_does_more_than_complain(text: str) -> None:
    for names in (NAMES, WHEN):
        with contextlib.suppress(Complaint):
            evaluate_operand(parse_operand(text, HERE, names).operand, Values(severity=Decimal(3)), {"a": [1]})
        try:
            condition = parse_condition(text, HERE, names)
        except Complaint as found:
            assert found.messages
            assert all(message.place.line == 7 and message.code.startswith("IVR") for message in found.messages)
            columns = [m.place.column - HERE.column for m in found.messages]
            assert all(0 <= column <= len(text) for column in columns)
        else:
            values = Values(severity=Decimal(3), told=True, extras=("window",))
            assert evaluate(condition, values, {"a": [1]}) in (True, False)
            assert evaluate(condition, Values(), {}) in (True, False)


@pytest.mark.parametrize(
    "text", ["(" * 5000, "not " * 480, "(" * 600 + "told" + ")" * 600, "1" * 1900 + " is 1", "$" + ".a" * 900]
)
def test_deep_and_long_texts_are_refused_or_read_without_a_crash(text: str) -> None:
    try:
        parse_condition(text, HERE, WHEN)
    except Complaint as found:
        assert found.messages
