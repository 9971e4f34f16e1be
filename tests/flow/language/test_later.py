"""What the language knows and this version does not: refused with a code of its own, never as an unknown key."""

import pytest

from tests.flow.language.trial import PROJECT, fine, told

ASKS = "slots: {it: {type: text, ask: What?}}\nnodes:\n  first:\n    - ask: it\n"
BYE = "  bye: [{end: Goodbye.}]\n"


def one_later(flow: str, word: str, project: str = PROJECT) -> None:
    found = told(flow, project)
    assert found == [f'IVR190 <{word}> "{word}" is known, but not in this version.'], "\n".join(found)


STEPS = {
    "grant": "{grant: known_caller for account}",
    "run": "{run: verify_caller, keep: [a], on: {verified: {goto: bye}}}",
    "handoff": "{handoff: booking}",
    "return": "{return: verified}",
    "wait": "{wait: 30s}",
    "language": "{language: es-US}",
}


@pytest.mark.parametrize("verb", STEPS)
def test_a_verb(verb: str) -> None:
    one_later(f"nodes:\n  first:\n    - {STEPS[verb]}\n    - goto: bye\n{BYE}", verb)


@pytest.mark.parametrize(
    ("word", "step"),
    [
        ("sound", "say: {sound: hello, text: Hello.}"),
        ("after", "{say: Hello., after: tone}"),
    ],
)
def test_a_setting_of_a_step(word: str, step: str) -> None:
    slots = "slots: {it: {type: text, ask: What?}}"
    found = told(f"{slots}\nnodes:\n  first: [{{ask: it}}, {step}, {{goto: bye}}]\n{BYE}")
    assert found == [f'IVR190 <{word}> "{word}" is known, but not in this version.']


TOOLS = {
    "needs": "{python: faults.by_area, needs: known_caller, results: {ok: {}}}",
}


@pytest.mark.parametrize("word", TOOLS)
def test_a_tool(word: str) -> None:
    declined = ", declined: {goto: bye}" if word == "summary" else ""
    step = f"{{call: it, on: {{ok: {{goto: bye}}, failed: {{goto: bye}}{declined}}}}}"
    found = told(f"tools: {{it: {TOOLS[word]}}}\nnodes:\n  first: [{step}]\n{BYE}")
    assert len(found) == 1 and found[0].endswith(f'"{word}" is known, but not in this version.'), found


@pytest.mark.parametrize(
    ("word", "part"),
    [
        ("inputs", "inputs: {account: {optional: yes}}"),
        ("outputs", "outputs: [first_name]"),
        ("outcomes", "outcomes: {verified: [first_name]}"),
        ("on_limit", "on_limit: [{goto: bye}]"),
    ],
)
def test_a_part_of_a_flow(word: str, part: str) -> None:
    one_later(f"{part}\nnodes:\n  first: [{{goto: bye}}]\n{BYE}", word)


def test_an_outbound_flow_needs_no_start() -> None:
    from ivr.flow.loader import load_project

    flow = "schema: callflow/1\nflow: line\nanswered_by: {person: first}\nnodes:\n  first: [{end: Goodbye.}]\n"
    found = load_project({"project.yaml": PROJECT, "line.flow.yaml": flow}).messages
    assert [(m.code, m.text) for m in found] == [("IVR190", '"answered_by" is known, but not in this version.')]


@pytest.mark.parametrize(
    ("word", "part"),
    [
        ("outbound", "outbound: {remind: {flow: line}}"),
        ("on_limit", "on_limit: [{end: Goodbye.}]"),
        ("also", "languages: {default: en-US, also: [es-US]}"),
        ("es-US", "languages: {default: es-US}"),
        ("es-US", "words: {es-US: {goodbye: Adiós.}}"),
        ("language", "commands: {language: {hear: [español]}}"),
    ],
)
def test_a_part_of_a_project(word: str, part: str) -> None:
    found = told("nodes:\n  first: [{end: Goodbye.}]\n", PROJECT + part + "\n")
    assert found == [f'IVR190 <{word}> "{word}" is known, but not in this version.']


def test_numbers_of_a_table_and_numbers_that_only_call_out() -> None:
    one_later(
        "nodes:\n  first: [{end: Goodbye.}]\n",
        "table",
        PROJECT.replace("{default: line}", "{default: line, table: n.csv}"),
    )
    project = PROJECT.replace("entry: {default: line}", "outbound: {remind: {flow: line}}")
    one_later("nodes:\n  first: [{end: Goodbye.}]\n", "outbound", project)


def test_names_that_only_later_steps_fill_are_not_unknown() -> None:
    """One mistake gives one message: the step that cannot be made yet, not every use of what it would have kept."""
    found = told("""
        nodes:
          first:
            - if: not known_caller
              then: {run: verify, keep: [first_name, balance], on: {verified: {goto: tell}}}
            - goto: tell
          tell:
            - say: "{first_name}, your balance is {balance as money}."
            - {agent: intake, collect: [pain], exits: {done: {goto: bye}}}
            - if: pain > 3
              then: {grant: known_caller for account}
            - goto: bye
          bye: [{end: Goodbye.}]
        """)
    assert {line.split()[0] for line in found} == {"IVR190"} and len(found) == 3, "\n".join(found)


def test_variables_may_be_choices() -> None:
    fine("""
        vars: {urgency: {type: choice, options: [normal, high], value: normal}}
        slots: {sure: {type: yes_no, ask: Is it urgent?}}
        nodes:
          first:
            - ask: sure
            - if: sure
              then: {set: {urgency: high}}
            - if: urgency is "high"
              then: {say: "It is {urgency}."}
            - goto: bye
          bye: [{end: Goodbye.}]
        """)
