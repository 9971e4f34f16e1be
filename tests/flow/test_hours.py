"""Opening hours: zones, split days, midnight, holidays, exceptions, and what is said of them."""

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from ivr.flow.hours import OpeningHours
from ivr.flow.loader import load_project
from ivr.flow.spoken import say_week

PROJECT = """\
schema: callflow/1
project: shop
zone: America/New_York
entry: {default: line}
hours:
  office: {mon-fri: 08:00-18:00, sat: 09:00-13:00, holidays: US-NY, special: {2026-12-24: 08:00-12:00}}
  pharmacy: {zone: America/Chicago, mon-fri: [09:00-12:30, 13:30-20:00], sat: 09:00-13:00, closed: [2026-11-26]}
  bar: {fri-sat: 18:00-02:00, sun: 00:00-24:00}
"""
FLOW = """\
schema: callflow/1
flow: line
start: hello
nodes:
  hello: [{end: Goodbye.}]
"""


def hours(name: str) -> OpeningHours:
    loaded = load_project({"project.yaml": PROJECT, "line.flow.yaml": FLOW})
    assert loaded.bundle is not None, loaded.messages
    return loaded.bundle.hours[name]


def at(text: str, zone: str = "America/New_York") -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))


@pytest.mark.parametrize(
    ("name", "moment", "is_open"),
    [
        ("office", "2026-11-25T08:00", True),
        ("office", "2026-11-25T07:59", False),
        ("office", "2026-11-25T17:59", True),
        ("office", "2026-11-25T18:00", False),  # a closing time is not open
        ("office", "2026-11-28T12:59", True),  # Saturday
        ("office", "2026-11-29T12:00", False),  # Sunday
        ("office", "2026-11-26T10:00", False),  # Thanksgiving
        ("office", "2026-12-24T11:59", True),
        ("office", "2026-12-24T12:00", False),
        ("pharmacy", "2026-11-25T09:59", False),  # 08:59 there
        ("pharmacy", "2026-11-25T10:00", True),
        ("pharmacy", "2026-11-25T13:45", False),  # 12:45 there: between the spans
        ("pharmacy", "2026-11-26T12:00", False),
        ("bar", "2026-11-28T01:59", True),  # of Friday night
        ("bar", "2026-11-28T02:00", False),
        ("bar", "2026-11-29T01:00", True),
        ("bar", "2026-11-29T23:59", True),
        ("bar", "2026-11-30T00:00", False),
    ],
)
def test_open_or_closed_at_a_moment(name: str, moment: str, is_open: bool) -> None:
    assert hours(name).is_open(at(moment)) is is_open


def test_a_day_and_a_time_of_it() -> None:
    assert hours("office").is_open_on(date(2026, 11, 25))
    assert not hours("office").is_open_on(date(2026, 11, 26))
    assert hours("pharmacy").is_open_at(date(2026, 11, 25), time(19, 59))
    assert not hours("pharmacy").is_open_at(date(2026, 11, 25), time(20, 0))


@pytest.mark.parametrize(
    ("name", "moment", "opens"),
    [
        ("office", "2026-11-25T07:00", "2026-11-25T08:00"),
        ("office", "2026-11-25T12:00", "2026-11-27T08:00"),  # open now, then Thanksgiving
        ("office", "2026-12-24T13:00", "2026-12-26T09:00"),  # closed early, then Christmas
        ("pharmacy", "2026-11-25T13:45", "2026-11-25T14:30"),
        ("bar", "2026-11-29T03:00", "2026-12-04T18:00"),
    ],
)
def test_the_moment_it_next_opens(name: str, moment: str, opens: str) -> None:
    assert hours(name).next_opening(at(moment)) == at(opens)


def test_a_span_that_begins_where_another_ends_is_no_opening() -> None:
    # Saturday's night runs over into the whole of Sunday: it opens again on Friday
    assert hours("bar").next_opening(at("2026-11-28T19:00")) == at("2026-12-04T18:00")
    assert hours("bar").is_open_at(date(2026, 11, 29), time(0, 0))


def test_what_is_never_open_opens_never() -> None:
    shut = OpeningHours("shut", "UTC", ((),) * 7)
    assert shut.next_opening(at("2026-11-25T08:00", "UTC")) is None


def test_over_the_change_of_the_clock() -> None:
    # on the eighth of March 2026 New York goes from two to three in the morning
    assert hours("office").is_open(at("2026-03-09T08:00"))
    assert hours("office").next_opening(at("2026-03-07T23:00")) == at("2026-03-09T08:00")


def test_the_week_in_words() -> None:
    assert say_week(hours("office"), "en-US") == (
        "Monday to Friday, eight o'clock in the morning to six o'clock in the evening; "
        "Saturday, nine o'clock in the morning to one o'clock in the afternoon"
    )
    assert say_week(hours("bar"), "en-US") == (
        "Friday and Saturday, six o'clock in the evening to two o'clock in the morning; Sunday, all day"
    )


@pytest.mark.parametrize(
    ("written", "column", "code", "words", "fix"),
    [
        ("{monday: 08:00-18:00}", 10, "IVR101", '"monday" is neither a day', 'Write "mon".'),
        ("{mon-fry: 08:00-18:00}", 10, "IVR101", '"mon-fry" is neither a day', 'Write "mon-fri".'),
        ("{mon: 8-18}", 15, "IVR202", '"8-18" is not a time of opening.', "Write  08:00-18:00."),
        ("{mon: 9am-5:30pm}", 15, "IVR202", "is not a time of opening", "Write  09:00-17:30."),
        ("{mon: all day}", 15, "IVR202", "is not a time of opening", "Write it like 09:00-17:00"),
        ("{mon: 08:00-08:00}", 15, "IVR202", "begins and ends at the same minute", "All day is 00:00-24:00."),
        ("{mon: [08:00-12:00, 11:00-13:00]}", 29, "IVR161", "overlap", "Write them in their order"),
        ("{mon-fri: 08:00-12:00, wed: 08:00-10:00}", 32, "IVR161", "wed stands twice", "Give each day"),
        ("{mon: 08:00-12:00, holidays: US-XY}", 38, "IVR160", 'public holidays of "US-XY"', ""),
        ("{mon: 08:00-12:00, holidays: Bavaria}", 38, "IVR160", 'public holidays of "Bavaria"', ""),
        ("{mon: 08:00-12:00, closed: 24-12-2026}", 36, "IVR202", '"24-12-2026" is not a date.', "2026-12-24"),
        ("{mon: 08:00-12:00, closed: 03/04/2026}", 36, "IVR202", "is not a date.", "Write it like"),
        ("{mon: 08:00-12:00, special: {2026-02-30: closed}}", 38, "IVR202", "is not a date", ""),
        ("{mon: 08:00-12:00, zone: New York}", 34, "IVR105", "is not a time zone", "America/New_York"),
        ("{holidays: US}", 3, "IVR104", '"shop" is never open.', "mon-fri: 09:00-17:00"),
        ("always", 9, "IVR102", "written as days with times", "mon-fri"),
    ],
)
def test_a_mistake_in_hours_gets_one_message(written: str, column: int, code: str, words: str, fix: str) -> None:
    head = PROJECT.partition("hours:")[0]
    project = f"{head}hours:\n  shop: {written}\n"
    loaded = load_project({"project.yaml": project, "line.flow.yaml": FLOW})
    (message,) = loaded.messages
    assert (message.code, message.place.line, message.place.column) == (code, 6, column), message
    assert words in message.text
    assert fix in message.fix
