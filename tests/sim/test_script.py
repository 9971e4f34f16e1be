"""Scripts from options and from scenarios."""

import pytest

from ivr.flow.scenario import load_scenarios
from ivr.sim.scenarios import from_scenario
from ivr.sim.script import Checks, CutIn, HangUp, PlayWav, Press, Say, Silence, Turn, from_acts, read_option

SCENARIOS = """
schema: callscript/1
flow: support
tests:
  - name: asks for a person
    given: {from: "+15550199", answers: {find_account: [{not_found: {}}], care: [{busy: {}}, {no_answer: {}}]}}
    never_says: secret
    talk:
      - {says: this call is recorded, asks: reason}
      - {cut_in: {after: 1s, say: hello}, within: 1500ms}
      - {keys: 12#, node: who}
      - {silence: 8s}
      - {caller: a person, transfer: care}
      - {hangup: yes, end: caller_left}
"""


def test_options_become_acts() -> None:
    given = [
        ("--say", "hello"),
        ("--press", "12 #"),
        ("--wav", "a.wav"),
        ("--silence", "8s"),
        ("--interrupt", "1500:stop"),
    ]
    acts = [act for name, value in given if (act := read_option(name, value)) is not None]
    assert acts == [Say("hello"), Press("12#"), PlayWav("a.wav"), Silence(8000), CutIn(1500, Say("stop"))]
    assert from_acts(acts).turns[:2] == (Turn(None), Turn(Say("hello")))
    assert read_option("--noise", "10") is None


def test_a_call_that_begins_by_cutting_in_does_not_first_wait() -> None:
    assert from_acts([CutIn(500, Say("stop"))]).turns == (Turn(CutIn(500, Say("stop"))),)


@pytest.mark.parametrize(("name", "value"), [
    ("--press", "12x"),
    ("--press", ""),
    ("--silence", "long"),
    ("--interrupt", "stop"),
    ("--interrupt", "soon:stop"),
])  # fmt: skip
def test_wrong_options_say_how_to_write_them(name: str, value: str) -> None:
    with pytest.raises(ValueError, match=r"write|keys are"):
        read_option(name, value)


def test_a_scenario_becomes_a_script_and_what_cannot_be_seen_is_named() -> None:
    scenarios, mistakes = load_scenarios(SCENARIOS, "x.test.yaml")
    assert mistakes == ()
    script = from_scenario(scenarios[0])
    assert (script.name, script.from_number, script.never_says) == ("asks for a person", "+15550199", ("secret",))
    assert script.dial_answers == ("busy", "no-answer")
    assert script.turns == (
        Turn(None, Checks(says=("this call is recorded",), unseen=("Asks",))),
        Turn(CutIn(1000, Say("hello")), Checks(within_ms=1500)),
        Turn(Press("12#"), Checks(unseen=("AtNode",))),
        Turn(Silence(8000)),
        Turn(Say("a person"), Checks(transfer=True)),
        Turn(HangUp(), Checks(end="caller_left")),
    )
