"""What the language knows and this version does not: refused with a code of its own, never as an unknown key."""

import pytest

from tests.flow.language.trial import PROJECT, fine, told

ASKS = "slots: {it: {type: text, ask: What?}}\nnodes:\n  first:\n    - ask: it\n"
BYE = "  bye: [{end: Goodbye.}]\n"


def one_later(flow: str, word: str, project: str = PROJECT) -> None:
    found = told(flow, project)
    assert found == [f'IVR190 <{word}> "{word}" is known, but not in this version.'], "\n".join(found)


STEPS = {
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
    ],
)
def test_a_setting_of_a_step(word: str, step: str) -> None:
    slots = "slots: {it: {type: text, ask: What?}}"
    found = told(f"{slots}\nnodes:\n  first: [{{ask: it}}, {step}, {{goto: bye}}]\n{BYE}")
    assert found == [f'IVR190 <{word}> "{word}" is known, but not in this version.']


@pytest.mark.parametrize(
    ("word", "part"),
    [
        ("also", "languages: {default: en-US, also: [es-US]}"),
        ("es-US", "languages: {default: es-US}"),
        ("es-US", "words: {es-US: {goodbye: Adiós.}}"),
        ("language", "commands: {language: {hear: [español]}}"),
    ],
)
def test_a_part_of_a_project(word: str, part: str) -> None:
    found = told("nodes:\n  first: [{end: Goodbye.}]\n", PROJECT + part + "\n")
    assert found == [f'IVR190 <{word}> "{word}" is known, but not in this version.']


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
