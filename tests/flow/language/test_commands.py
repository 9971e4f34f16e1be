"""Commands: always on, switched off, one's own."""

import pytest

from tests.flow.language.trial import PROJECT, only, plays

FLOW = """
slots:
  n: {type: number, ask: How many?, hint: A small number., keypad_hint: Type it.}
  m: {type: number, ask: And then?}
tools: {look: {http: "GET crm/x/{n}", results: {ok: {}}}}
nodes:
  first:
    - say: Welcome.
    - ask: n
    - say: Well then.
    - ask: m
    - end: Goodbye.
  person: [{end: A person.}]
"""
OPERATOR = "commands: {operator: {hear: [operator, a person], key: '0', goto: person}}\n"


def test_operator_and_cancel_do_nothing_until_they_have_a_goto() -> None:
    for said in ("operator", "cancel"):
        flow = FLOW.replace("  person: [{end: A person.}]\n", "")
        plays(flow, f"- {{asks: n}}\n- {{caller: {said}, says: catch that, asks: n}}")


@pytest.mark.parametrize("said", ["operator", "a person please", "sorry, operator", "Operator!", "um, a person"])
def test_a_command_is_heard_with_please_and_sorry(said: str) -> None:
    plays(OPERATOR + FLOW, f"- {{asks: n}}\n- {{caller: '{said}', says: A person, end: completed}}")


@pytest.mark.parametrize("said", ["is there a person who knows", "the operator is slow today I think"])
def test_a_commands_words_count_only_when_they_are_all_that_was_said(said: str) -> None:
    plays(OPERATOR + FLOW, f"- {{asks: n}}\n- {{caller: {said}, asks: n}}")


def test_repeat_says_all_that_was_said_since_the_last_answer() -> None:
    plays(
        FLOW.replace("  person: [{end: A person.}]\n", ""),
        "- {asks: n}\n- {caller: two, asks: m}\n"
        "- {caller: repeat that, says: Well then. And then, never_says: Welcome, asks: m}",
    )


def test_help_gives_the_hints() -> None:
    plays(
        FLOW.replace("  person: [{end: A person.}]\n", ""),
        "- {asks: n}\n- {caller: help, says: A small number. Type it. How many, asks: n}",
    )


def test_commands_do_not_count_as_tries() -> None:
    talk = "- {asks: n}\n" + "- {caller: help, asks: n}\n" * 5 + "- {caller: repeat, asks: n}\n" * 5
    plays("limits: {tries_per_question: 2}\n" + FLOW.replace("  person: [{end: A person.}]\n", ""), talk)


def test_each_can_be_switched_off_per_question_node_or_flow() -> None:
    talk = "- {asks: n}\n- {caller: operator, says: catch that, asks: n}"
    project = PROJECT + OPERATOR + "nodes: {person: [{end: A person.}]}\n"
    flow = FLOW.replace("  person: [{end: A person.}]\n", "")
    plays(flow.replace("keypad_hint: Type it.", "commands: {operator: no}"), talk, project=project)
    node = flow.replace("  first:\n", "  first:\n    commands: {operator: no}\n    do:\n")
    plays(node, talk, project=project)
    plays("commands: {operator: no}\n" + flow, talk, project=project)
    plays(flow, "- {asks: n}\n- {caller: operator, says: A person, end: completed}", project=project)


def test_a_question_may_change_one() -> None:
    flow = OPERATOR + FLOW.replace("keypad_hint: Type it.", "commands: {operator: {hear: [manager], goto: boss}}")
    flow += "  boss: [{end: The boss.}]\n"
    plays(flow, "- {asks: n}\n- {caller: manager, says: The boss, end: completed}")
    plays(flow, "- {asks: n}\n- {caller: two, asks: m}\n- {caller: operator, says: A person, end: completed}")


OWN = """
commands:
  hours: {hear: [opening hours], say: We are open from nine to five.}
  add: {hear: [add one], do: [{say: Added.}, {set: {extra: {be: extra + 1}}}]}
  leave: {hear: [let me out], key: "9", goto: person}
vars: {extra: {type: number, value: 0}}
"""


def test_own_commands_answer_and_come_back_with_the_counters_as_they_were() -> None:
    plays(
        OWN + FLOW,
        """
        - {asks: n}
        - {caller: the weather, says: catch that}
        - {caller: opening hours, says: We are open from nine to five. How many, asks: n}
        - {caller: add one, says: Added. How many, slot: {extra: 1}}
        - {caller: the weather, says: A small number}
        - {caller: let me out, says: A person, end: completed}
        """,
    )


def test_an_own_command_has_to_do_something_and_be_called_by_something() -> None:
    flow = FLOW.replace("  person: [{end: A person.}]\n", "")
    assert "does nothing" in only("commands: {x: {hear: [xx]}}\n" + flow, "IVR104 <x>")
    assert "Nothing calls" in only("commands: {x: {say: Hi.}}\n" + flow, "IVR104 <x>")


def test_a_key_clash_is_told_as_an_error_with_both_places() -> None:
    flow = OPERATOR + FLOW.replace(
        "- ask: m", '- menu: Which?\n      options: {a: {hear: [apples], key: "0", goto: person}}'
    ).replace("    - end: Goodbye.\n", "").replace("  m: {type: number, ask: And then?}\n", "")
    found = only(flow, "IVR112 <'>")
    assert 'Key "0" means operator everywhere, but the menu at line.flow.yaml:' in found
    assert "commands: {operator: no}" in found


def test_a_key_pressed_while_a_tool_is_awaited_counts_at_the_next_question() -> None:
    look = "- call: look\n      on: {ok: {say: Found.}, failed: {say: Lost.}}\n    - ask: m"
    plays(
        OPERATOR + FLOW.replace("- ask: m", look).replace("m: {type: number", "m: {type: yes_no"),
        "- {asks: n}\n- {keys: '2#0', tool: look, says: A person, end: completed}",
        given="answers: {look: {ok: {}, after: 2s}}",
    )
