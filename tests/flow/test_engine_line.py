"""Transfers, ends, limits, a caller who is gone and a stream that is lost."""

import pytest

from ivr.flow import engine
from ivr.flow.state import Doing, HangUp, Note, SayEffect, StopListening, StopSaying, WakeAt
from ivr.flow.types import Interrupt
from ivr.units import Millis
from tests.flow.phone import Line, trial

FLOW = """
about: A line.
start: hello
slots: {go: {type: yes_no, ask: Shall we?}}
tools:
  look: {http: GET back/look, filler: Let me see., results: {ok: {status: 200}}}
  book: {http: POST back/book, body: {go: "{go}"}, changes_things: yes, unconfirmed: a trial,
      results: {ok: {status: 201}}}
  note: {http: POST back/notes, body: {go: "{go}"}, changes_things: yes, unconfirmed: for our own staff,
      results: {ok: {status: 201}}}
nodes:
  hello: [{say: Hello.}, {ask: go}, {if: go, then: {goto: look}, else: {goto: book}}]
  look: [{call: look, on: {ok: [{say: All is well.}, {goto: bye}], failed: {goto: person}}}]
  book: [{call: book, on: {ok: {goto: bye}, failed: {goto: person}}}]
  person: [{transfer: care, mode: cold, on: ROUTES}]
  nobody: [{end: {say: Nobody is there., outcome: unanswered}}]
on_hangup: [{if: go, then: {call: note}}, {call: note}]
"""
ROUTES = "{no_answer: {goto: nobody}, failed: [{say: That failed.}, {goto: nobody}]}"


def call(routes: str = ROUTES, project: str = "") -> Line:
    return trial(FLOW.replace("ROUTES", routes), project)


# ---- transfers


@pytest.mark.parametrize(
    ("result", "says", "outcome"),
    [
        ("answered", "", "transferred"),
        ("no_answer", "Nobody is there.", "unanswered"),
        ("busy", "Nobody is there.", "unanswered"),
        ("failed", "That failed. Nobody is there.", "unanswered"),
    ],
)
def test_how_a_transfer_ends(result: str, says: str, outcome: str) -> None:
    line = call()
    line.hears("operator")
    assert (line.dials, line.state.doing) == ("care", Doing.TRANSFERRING)
    line.transfer(result)
    assert (line.says, line.ends) == (says, outcome)


def test_an_answered_transfer_with_a_route_goes_on() -> None:
    line = call("{answered: {goto: hello}, busy: {goto: look}, no_answer: {goto: nobody}, failed: {goto: nobody}}")
    line.hears("operator")
    line.transfer("answered")
    assert line.asks == "go" or line.slot("go") is not None
    assert line.ends is None
    line.hears("operator")
    line.transfer("busy")
    assert line.calls


def test_a_caller_who_leaves_during_a_transfer_has_left() -> None:
    line = call()
    line.hears("operator")
    line.transfer("caller_left")
    assert line.state.outcome == "caller_left"
    assert [c.tool for c in line.calls] == ["note"]


# ---- ends


def test_a_goodbye_is_played_out_and_then_the_line_drops() -> None:
    line = call()
    line.hears("cancel")
    last = [e for e in line.effects if not isinstance(e, Note)]
    assert isinstance(last[-2], SayEffect) and last[-2].interrupt is Interrupt.NO
    assert last[-1] == HangUp("completed")


def test_an_end_lost_with_the_stream_is_said_again() -> None:
    line = call()
    line.plays_out()
    line.hears("cancel")
    line.resumes()
    assert (line.says, line.ends) == ("Goodbye then.", "completed")


# ---- limits


def test_the_longest_call() -> None:
    line = call(project="limits: {call: 2m}\n")
    assert WakeAt(f"{line.state.call}:limit", Millis(120_000)) in line.effects
    line.wakes("limit")
    assert line.ends == "limit"
    assert "time limit" in line.says
    assert StopSaying() in line.effects and StopListening() in line.effects


def test_the_limit_does_not_cut_a_transfer_short_and_is_armed_again_after_it() -> None:
    line = call("{answered: {goto: hello}, no_answer: {goto: hello}, failed: {goto: nobody}}", "limits: {call: 2m}\n")
    line.hears("operator")
    line.wakes("limit")
    assert not line.effects
    line.transfer("no_answer")
    assert WakeAt(f"{line.state.call}:limit", Millis(120_000)) in line.effects


def test_turns_are_counted() -> None:
    line = call(project="limits: {turns: 2}\n")
    line.hears("what")
    line.hears("what")
    assert line.ends is None
    line.hears("what")
    assert line.ends == "limit"


def test_silence_in_a_row_ends_the_call() -> None:
    line = call(project="limits: {silence: 12s}\n")
    line.silence()
    line.hears("what")
    line.silence()
    assert line.ends is None
    line.silence()
    assert line.ends == "limit"


# ---- the caller is gone


def test_a_caller_who_hangs_up_is_never_spoken_to_and_handlers_run() -> None:
    line = call()
    line.hangs_up()
    assert not line.says
    assert [dict(c.arguments) for c in line.calls] == [{"go": None}], "empty goes out empty"
    assert (line.state.doing, line.state.outcome) == (Doing.ENDING, "caller_left")
    line.tool("ok")
    assert line.state.doing is Doing.ENDED
    assert line.ends is None, "nobody is left to hang up on"


def test_a_handler_goes_on_when_a_tool_fails_and_sends_nothing_twice() -> None:
    line = call()
    line.hears("yes")
    line.hangs_up()
    assert [dict(c.arguments) for c in line.calls] == [{"go": True}]
    line.wakes("deadline")
    assert not line.calls
    assert line.state.doing is Doing.ENDED


def test_the_answer_of_a_look_up_nobody_waits_for_any_more_is_ignored() -> None:
    line = call()
    line.hears("yes")
    look = line.sent
    line.hangs_up()
    assert look.id not in line.state.awaiting


# ---- the stream is lost


def test_the_open_question_is_asked_again_after_a_loss() -> None:
    line = call()
    line.plays_out()
    old = line.listening.id
    line.loses_stream()
    line.resumes()
    assert line.says == "Sorry, I lost you for a moment. Shall we?"
    assert line.listening.id != old


def test_what_was_not_heard_is_said_again() -> None:
    line = call()
    line.loses_stream()
    line.resumes()
    assert line.says == "Sorry, I lost you for a moment. Hello. Shall we?"


def test_a_look_up_still_awaited_is_sent_again() -> None:
    line = call()
    line.hears("yes")
    first = line.sent.id
    line.loses_stream()
    line.resumes()
    assert [c.tool for c in line.calls] == ["look"]
    assert line.sent.id != first
    line.tool("ok")
    assert line.says == "All is well. Goodbye then."


def test_a_change_still_awaited_is_not_sent_again() -> None:
    line = call()
    line.hears("no")
    waited = line.sent
    line.loses_stream()
    line.resumes()
    assert not line.calls
    assert [e.id for e in line.effects if isinstance(e, WakeAt) and e.at_ms][-1] == f"{waited.id}:deadline"
    line.tool("ok")
    assert line.ends == "completed"


# ---- faults outside the flow


def test_a_fault_of_ours_is_apologised_for_by_on_error_once() -> None:
    line = call(project="on_error: [{say: Something went wrong on our side.}, {goto: person}]\n")
    state, effects = engine.apologise(line.bundle, line.state, line.now)
    assert [e.text for e in effects if isinstance(e, SayEffect)] == ["Something went wrong on our side."]
    assert StopListening() in effects
    assert state.doing is Doing.TRANSFERRING
    state, effects = engine.apologise(line.bundle, state, line.now)
    assert [e.outcome for e in effects if isinstance(e, HangUp)] == ["error"]
