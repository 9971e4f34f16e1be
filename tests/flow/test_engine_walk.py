"""From step to step: branches, moves, wordings, what is said with what, and what is ignored."""

import pytest

from ivr.flow.state import Doing, Heard, Listen, Note, Reading, SayEffect, ToolAnswered, Woke
from ivr.flow.types import Interrupt
from ivr.units import Millis
from tests.flow.phone import Line, trial

SIZE = """
about: Two ways.
start: first
slots:
  size: {type: choice, options: {small: {hear: [small]}, large: {hear: [large]}, none: {hear: [none of them]}},
      ask: Small or large?}
nodes:
  first:
    - say: Welcome.
      interrupt: no
    - ask: size
    - {if: size is "small", then: {say: Small it is.}, else: [{if: size is "large", then: {goto: big}}]}
    - say: On we go.
    - goto: bye
  big:
    - say: Large it is.
    - goto: bye
"""


def test_a_prompt_and_what_follows_are_asked_for_together() -> None:
    line = trial(SIZE)
    kinds = [type(e) for e in line.effects if not isinstance(e, Note)]
    assert kinds[-3:] == [SayEffect, SayEffect, Listen]
    assert line.says == "Welcome. Small or large?"
    says = [e for e in line.effects if isinstance(e, SayEffect)]
    assert [s.interrupt for s in says] == [Interrupt.NO, Interrupt.ANY]
    assert all(s.fixed for s in says)


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        ("small", "Small it is. On we go. Goodbye then."),
        ("large", "Large it is. Goodbye then."),
        ("none of them", "On we go. Goodbye then."),
    ],
)
def test_a_branch_not_taken_or_not_leaving_goes_on_with_the_next_step(answer: str, says: str) -> None:
    line = trial(SIZE)
    line.hears(answer)
    assert line.says == says
    assert line.ends == "completed"
    assert line.state.doing is Doing.ENDED


def test_every_decision_and_node_is_on_the_record_with_its_place() -> None:
    line = trial(SIZE)
    line.hears("small")
    notes = [e for e in line.everything if isinstance(e, Note)]
    assert [(n.kind, n.what) for n in notes] == [
        ("node", "first"),
        ("filled", "size"),
        ("decided", "if"),
        ("node", "bye"),
        ("outcome", "completed"),
    ]
    assert all(n.place.rpartition(":")[0].endswith(".yaml") for n in notes)


GREETING = """
about: Wordings.
start: hello
slots: {go: {type: yes_no, ask: Again?}}
nodes:
  hello:
    - say: {one_of: [One., Two., Three.]}
    - forget: go
    - ask: go
    - {if: go, then: {goto: hello}, else: {goto: bye}}
"""


def test_wordings_are_picked_by_the_seed_and_the_visit() -> None:
    firsts = [trial(GREETING, seed=seed).says for seed in range(4)]
    assert [said.split(".")[0] for said in firsts] == ["One", "Two", "Three", "One"]
    line = trial(GREETING)
    line.hears("yes")
    assert line.says == "Two. Again?"


CIRCLE = """
about: A circle.
start: one
vars: {n: {type: number, value: 0}}
nodes:
  one: [{set: {n: {be: n + 1}}}, {if: n < 100000, then: {goto: one}, else: {goto: bye}}]
"""


def test_a_circle_without_a_question_ends_in_on_error_once() -> None:
    line = trial(CIRCLE, "on_error: [{say: Something broke.}, {goto: person}]\n")
    assert line.says == "Something broke."
    assert line.dials == "care"
    assert ("error", "one", "the flow goes in circles without asking the caller anything") in line.notes


def test_a_fault_inside_on_error_ends_the_call_with_an_apology() -> None:
    line = trial(CIRCLE, "on_error: [{say: Something broke.}, {goto: one}]\n")
    assert line.ends == "error"
    assert "something went wrong on our side" in line.says


def test_news_that_nobody_awaits_changes_nothing() -> None:
    line = trial(SIZE)
    stale = line.listening.id
    line.silence()
    before = line.state
    for event in (
        Heard(Millis(9000), stale, Reading("small")),
        ToolAnswered(Millis(9000), "CALL:9:9", None),  # type: ignore[arg-type]
        Woke(Millis(9000), "CALL:9:9:deadline"),
    ):
        line.feed(event)
        assert not line.effects
    assert line.state.listening == before.listening
    assert line.state.standings == before.standings


def test_after_the_end_nothing_happens_any_more() -> None:
    line = trial(SIZE)
    line.hears("small")
    line.hangs_up()
    assert not line.effects
    assert line.state.outcome == "completed"


def test_what_was_said_is_told_as_it_was_heard() -> None:
    line = trial(SIZE)
    line.plays_out()
    line.hears("small")
    assert [(s.who, s.text) for s in line.state.told] == [
        ("bot", "Welcome."),
        ("bot", "Small or large?"),
        ("caller", "small"),
    ]


def test_ids_are_the_call_the_event_and_a_number() -> None:
    line: Line = trial(SIZE)
    assert line.listening.id == f"{line.state.call}:1:3"


def test_recording_is_announced_unless_the_first_prompt_does_it() -> None:
    announce = "recording: {on: yes, announce: yes}\n"
    assert trial(SIZE, announce).says == "This call is recorded. Welcome. Small or large?"
    marked = SIZE.replace("      interrupt: no\n", "      interrupt: no\n      announces: recording\n")
    assert trial(marked, announce).says == "Welcome. Small or large?"
