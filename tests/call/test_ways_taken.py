"""Which results a test has tried: those that came, whatever they go as, and no others."""

import pytest

from ivr.call.textrun import Survey, run_scenario
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
    loaded = load(flow_text(NODES, slots=SLOTS), PROJECT)
    assert loaded.bundle is not None, [str(message) for message in loaded.messages]
    talk = "".join(f"      - {turn}\n" for turn in ["{says: What is it}", *turns])
    text = "schema: callscript/1\nflow: line\ntests:\n  - name: x\n"
    text += f"    given: {{answers: {{{answers}}}}}\n    talk:\n{talk}"
    scenarios, messages = load_scenarios(text, "t.test.yaml")
    assert not messages, [str(message) for message in messages]
    report = run_scenario(loaded.bundle, scenarios[0])
    assert report.passed, report.failures
    taken = Survey.of(loaded.bundle, ["line"]).taken(report.happened)
    assert {f"{way.what} {way.detail}" for way in taken if way.kind == "result"} == tried
