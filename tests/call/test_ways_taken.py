"""Which results a test has tried: those that came, whatever they go as, and no others."""

import pytest

from ivr.call.textrun import Survey, Way, run_scenario
from ivr.flow.scenario import load_scenarios
from tests.flow.projects import flow_text, load

PROJECT = """
schema: callflow/1
project: line
zone: America/New_York
entry: {default: line}
targets: {desk: {number: "+15550107788"}, back: {number: "+15550107789"}}
"""
SLOTS = """
  story: {type: text}
"""
NODES = """
  first:
    - agent: listener
      open: What is it?
      goal: Listen.
      collect: [story]
      exits: {urgent: {watch: [on fire], goto: desk}, told: {about: all is said, goto: mail}}
      on: {limit: {goto: bye}, model_down: {goto: bye}, blocked: {goto: bye}}
  desk: [{transfer: desk, on: {no_answer: {goto: mail}, failed: {goto: bye}}}]
  mail: [{record: voice_mail, say: Speak., on: {done: {goto: back}, failed: {goto: back}}}]
  back: [{callback: back, within: 1h, on: {booked: {goto: bye}, failed: {goto: bye}}}]
  bye: [{end: Goodbye.}]
"""


@pytest.mark.parametrize(
    ("answers", "turns", "tried"),
    [
        ("desk: {busy: {}}", ["{caller: It is on fire}", "{hangup: yes}"], {"listener urgent", "desk no_answer"}),
        (
            "listener: [{exit: told}]",
            ["{caller: All is well}", "{caller: Call me, end: completed}"],
            {"listener told", "voice_mail done", "back booked"},
        ),
        (
            "listener: [{exit: told}], voice_mail: {failed: {}}, back: {failed: {}}",
            ["{caller: All is well, never_says: nothing, end: completed}"],
            {"listener told", "voice_mail failed", "back failed"},
        ),
        ("listener: [down]", ["{caller: All is well, end: completed}"], {"listener model_down"}),
    ],
)
def test_what_came_is_tried_and_nothing_else(answers: str, turns: list[str], tried: set[str]) -> None:
    taken = ways(NODES, SLOTS, answers, ["{says: What is it}", *turns])
    assert {f"{way.what} {way.detail}" for way in taken if way.kind == "result"} == tried


def ways(nodes: str, slots: str, answers: str, turns: list[str]) -> frozenset[Way]:
    loaded = load(flow_text(nodes, slots=slots), PROJECT)
    assert loaded.bundle is not None, [str(message) for message in loaded.messages]
    talk = "".join(f"      - {turn}\n" for turn in turns)
    text = "schema: callscript/1\nflow: line\ntests:\n  - name: x\n"
    text += f"    given: {{answers: {{{answers}}}}}\n    talk:\n{talk}"
    scenarios, messages = load_scenarios(text, "t.test.yaml")
    assert not messages, [str(message) for message in messages]
    report = run_scenario(loaded.bundle, scenarios[0])
    assert report.passed, report.failures
    return Survey.of(loaded.bundle, ["line"]).taken(report.happened)


def test_each_item_of_a_list_is_chosen_and_a_target_is_told_by_its_slot() -> None:
    slots = """
    wishes:
      type: list of choice
      up_to: 2
      options: {soup: {hear: [soup]}, bread: {hear: [bread]}, tea: {hear: [tea]}}
      ask: What would you like?
    whom: {type: target, options: [desk, back], ask: The desk or the back?}
    """
    nodes = """
    first: [{ask: [wishes, whom]}, {transfer: "{whom}", on: {no_answer: {goto: bye}, failed: {goto: bye}}}]
    bye: [{end: Goodbye.}]
    """
    taken = ways(nodes, slots, "back: {failed: {}}", ["{asks: wishes}", "{caller: soup and tea}", "{caller: back}"])
    assert {f"{way.what} {way.detail}" for way in taken if way.kind in ("option", "result")} == {
        "wishes soup",
        "wishes tea",
        "whom back",
        "whom failed",
    }
