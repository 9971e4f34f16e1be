"""Answers that a model understood, in the flow: read back where nobody but the model heard them, put right like others,
and never a yes to a change."""

from datetime import date
from decimal import Decimal

import pytest

from ivr.flow.state import Heard
from ivr.flow.steps.work import Work
from ivr.flow.types import Source
from ivr.flow.understand.model_answer import read_answer
from tests.flow.phone import Line, trial

FLOW = """
start: begin
slots:
  about: {type: choice, options: {garden: {hear: [garden]}, terrace: {hear: [terrace]}}, ask: Garden or terrace?}
  party: {type: number, from: 1, to: 12, ask: For how many?}
  day: {type: date, near: future, ask: For which day?}
  seat: {type: choice, options: {window: {hear: [window]}, bar: {hear: [bar]}}, ask: The window or the bar?}
  sure: {type: yes_no, ask: "Shall I book for {party or 'you'}?"}
tools:
  note: {http: POST back/notes, body: {about: "{about}"}, changes_things: yes, unconfirmed: a note for our staff,
         results: {ok: {status: 201}}}
  book: {http: POST back/book, body: {party: "{party}", day: "{day}"}, changes_things: yes, confirm_with: sure,
         results: {ok: {status: 201}}}
nodes:
  begin:
    - ask: [seat, about, party, day]
    - {call: note, on: {ok: {goto: order}, failed: {goto: order}}}
  order: [{call: book, on: {ok: [{end: You are booked.}], declined: [{end: Not booked.}], failed: [{end: Sorry.}]}}]
"""


@pytest.fixture
def line() -> Line:
    return trial(FLOW)


def meant(line: Line, words: str, arguments: object) -> None:
    """The caller says it, and a model says what was meant."""
    listen = line.listening
    when = Work(line.bundle, line.state, line.now).now
    line.feed(Heard(line.now, listen.id, read_answer(arguments, words, listen, when, private=False)))


def test_an_option_in_other_words_is_taken_at_once(line: Line) -> None:
    meant(line, "where I can see the boats", {"answer": {"seat": "window"}})
    assert line.slot("seat") == "window" and line.asks == "about"
    assert line.state.standings[-1].slots["seat"].source is Source.MODEL


def test_what_a_change_is_made_with_is_read_back(line: Line) -> None:
    meant(line, "where I can see the boats", {"answer": {"seat": "window"}})
    meant(line, "out in the sun", {"answer": {"about": "terrace"}})
    assert line.slot("about") is None and line.reads_back == "terrace"
    line.hears("no")
    assert line.asks == "about" and not line.calls


def test_a_value_that_nobody_said_is_read_back_whatever_the_policy(line: Line) -> None:
    line.hears("window")
    line.hears("garden")
    meant(line, "just my family", {"answer": {"party": 5}})
    assert line.slot("party") is None and line.reads_back == Decimal(5)
    line.hears("yes")
    assert line.slot("party") == Decimal(5) and line.asks == "day"


def test_a_value_that_was_said_is_not_read_back(line: Line) -> None:
    line.hears("window")
    line.hears("garden")
    meant(line, "oh my well there are five of us", {"answer": {"party": 5, "day": None}})
    assert line.slot("party") == Decimal(5) and line.asks == "day"


def at_the_last_question(line: Line) -> None:
    for words in ("window", "garden", "five", "tomorrow"):
        line.hears(words)
    line.tool("ok")
    assert line.asks == "sure"


@pytest.mark.parametrize("words", ["", "what is the weather", "how much is it", "um"])
def test_no_model_says_yes_to_a_change(line: Line, words: str) -> None:
    at_the_last_question(line)
    meant(line, words, {"answer": {"sure": True}, "yes": True})
    assert line.asks == "sure" and not line.calls


def test_a_model_may_say_no_to_a_change(line: Line) -> None:
    at_the_last_question(line)
    meant(line, "that is a bit much for me", {"answer": {"sure": False}})
    assert line.ends == "completed" and line.says == "Not booked."


def test_a_correction_that_nobody_heard_is_read_back_and_one_that_was_said_is_not(line: Line) -> None:
    at_the_last_question(line)
    meant(line, "my sister comes as well", {"correction": {"party": 6}})
    assert line.slot("party") is None or line.reads_back == Decimal(6)
    line.hears("yes")
    assert line.slot("party") == Decimal(6) and line.asks == "sure"
    meant(line, "the whole lot of us, seven in all", {"correction": {"party": 7}})
    assert line.slot("party") == Decimal(7) and line.asks == "sure" and not line.calls


def test_what_a_model_understood_can_be_put_right_by_words(line: Line) -> None:
    line.hears("window")
    line.hears("garden")
    meant(line, "there are like five of us", {"answer": {"party": 5}})
    line.hears("no, I said six")
    assert line.slot("party") == Decimal(6) and line.asks == "day"


def test_a_number_beside_a_menu_is_not_made_up() -> None:
    line = trial("""
start: begin
slots: {extension: {type: digits, length: 4, ask: Which extension?}}
nodes:
  begin:
    - menu: Sales, or an extension?
      or: extension
      or_goto: dial
      options: {sales: {hear: [sales], key: "1", goto: person}}
  dial: [{end: "Dialling {extension or 'nobody'}."}]
""")
    meant(line, "the boss please", {"answer": {"extension": "1234"}})
    assert line.node == "begin" and not line.ends
    meant(line, "the boss, that would be one two three four", {"answer": {"extension": "1234"}})
    assert line.node == "dial"


def test_the_day_is_read_as_callers_say_it(line: Line) -> None:
    for words in ("window", "garden", "five"):
        line.hears(words)
    meant(line, "the day my mother comes, tomorrow", {"answer": {"day": "tomorrow"}})
    assert line.slot("day") == date(2026, 3, 3)
