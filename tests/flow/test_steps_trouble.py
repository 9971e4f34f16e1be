"""Ladders: silence, words of no use, values that will not do."""

import pytest

from tests.flow.phone import talk, trial

RUNGS = """
about: Ladders.
start: ask
slots:
  size:
    type: choice
    options: {small: {hear: [small], key: "1"}, large: {hear: [large], key: "2"}}
    ask: Which size?
    hint: Small or large.
    keypad_hint: Press one or two.
    QUESTION
nodes:
  ask:
    do: [{ask: size}, {goto: bye}]
    NODE
"""
FLOW = """
trouble:
  no_input: [{say: "Flow one. {question}"}, {say: "Flow two. {question}"}, {goto: person}]
"""


def rungs(question: str = "", node: str = "", flow: str = FLOW) -> str:
    return RUNGS.replace("QUESTION", question).replace("NODE", node) + flow


def test_attempt_n_uses_the_innermost_rung_n() -> None:
    line = trial(
        rungs(
            question='trouble: {no_input: [{say: "Question one. {question}"}]}',
            node='trouble: {no_input: [{say: "Node one. {question}"}, {say: "Node two. {question}"}]}',
        )
    )
    said = []
    for _ in range(2):
        line.silence()
        said.append(line.says)
    line.silence()
    assert said == ["Question one. Which size?", "Node two. Which size?"]
    assert line.dials == "care"


def test_a_ladder_that_leaves_hides_those_around_it() -> None:
    line = trial(rungs(question='trouble: {no_input: [{say: "Once. {question}"}, {goto: bye}]}'))
    talk(line, [".", "."])
    assert line.ends == "completed"


def test_the_engines_own_ladder_says_hints_and_ends() -> None:
    line = trial(rungs(flow=""))
    line.silence()
    assert line.says == "Sorry, I didn't hear you. Which size?"
    line.hears("elephant")
    assert line.says == "Sorry, I didn't catch that. Which size?"
    line.silence()
    assert line.says == "Press one or two. Which size?"
    line.hears("elephant")
    assert line.says == "Small or large. Which size?"
    line.silence()
    assert (line.says, line.ends) == ("Goodbye.", "completed")


def test_counters_are_for_each_kind_and_each_visit() -> None:
    flow = """
about: Visits.
start: ask
slots: {go: {type: yes_no, ask: Again?}}
nodes: {ask: [{forget: go}, {ask: go}, {if: go, then: {goto: ask}, else: {goto: bye}}]}
"""
    line = trial(flow)
    line.silence()
    line.hears("yes")
    line.silence()
    assert line.says == "Sorry, I didn't hear you. Again?"


def test_tries_cap_the_attempts_over_all_kinds() -> None:
    line = trial(rungs(), "limits: {tries_per_question: 3}\n")
    talk(line, [".", "elephant", "."])
    assert line.dials == "care"


@pytest.mark.parametrize("rung", ['{say: "Pardon?"}', '[{say: "Pardon?"}]'])
def test_a_rung_without_the_question_just_listens_again(rung: str) -> None:
    line = trial(rungs(question=f"trouble: {{no_input: [{rung}]}}"))
    line.silence()
    assert line.says == "Pardon?"
    line.hears("small")
    assert line.slot("size") == "small"


def test_hints_while_a_value_is_read_back() -> None:
    flow = """
about: Reading back.
start: ask
slots: {code: {type: digits, length: 4, confirm: always, ask: The code?}}
nodes: {ask: [{ask: code}, {goto: bye}]}
"""
    line = trial(flow)
    talk(line, ["#1234", "."])
    assert line.says == "Sorry, I didn't hear you. I have one two three four. Is that right?"
    line.silence()
    assert line.says == "Press 1 for yes, or 2 for no. I have one two three four. Is that right?"
    line.hears("elephant")
    assert line.reads_back == "1234"
    line.hears("yes")
    assert line.slot("code") == "1234"


UNHEARD = "I'm sorry, I can't hear you well. Please use the keys."


def test_who_is_not_heard_again_and_again_is_told_the_keys_and_then_goes_up_the_ladder() -> None:
    rung = 'trouble: {no_match: [{say: "One. {question}"}, {say: "Two. {hint}"}, {goto: person}]}'
    line = trial(rungs(question=rung))
    said = []
    for times in (1, 2, 3):
        line.is_unheard(times)
        said.append(line.says)
    assert said[:2] == ["One. Which size?", f"{UNHEARD} Which size? Press one or two."]
    assert line.dials == "care"


def test_who_is_not_heard_at_a_question_without_keys_goes_up_its_ladder() -> None:
    flow = """
about: No keys.
start: ask
slots: {story: {type: text, ask: What happened?}}
nodes: {ask: [{ask: story}, {goto: bye}]}
"""
    line = trial(flow)
    for times in (1, 2):
        line.is_unheard(times)
        assert "keys" not in line.says
    line.is_unheard(3)
    assert line.ends == "completed"


def test_the_keys_serve_for_a_value_that_is_read_back_too() -> None:
    flow = """
about: Reading back.
start: ask
slots: {code: {type: digits, length: 4, confirm: always, ask: The code?}}
nodes: {ask: [{ask: code}, {goto: bye}]}
"""
    line = trial(flow)
    talk(line, ["#1234"])
    line.is_unheard(2)
    assert line.says == f"{UNHEARD} I have one two three four. Is that right? Press 1 for yes, or 2 for no."
    line.keys("1")
    assert line.slot("code") == "1234"
