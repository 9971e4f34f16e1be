"""What the language knows and this version does not: refused with a code of its own, never as an unknown key."""

from tests.flow.language.trial import PROJECT, fine, told

ASKS = "slots: {it: {type: text, ask: What?}}\nnodes:\n  first:\n    - ask: it\n"
BYE = "  bye: [{end: Goodbye.}]\n"


def one_later(flow: str, word: str, project: str = PROJECT) -> None:
    found = told(flow, project)
    assert found == [f'IVR190 <{word}> "{word}" is known, but not in this version.'], "\n".join(found)


def test_a_verb() -> None:
    one_later(f"nodes:\n  first:\n    - wait: 30s\n    - goto: bye\n{BYE}", "wait")


def test_a_setting() -> None:
    project = PROJECT + "contacts: {desk: {email: desk@example.com}}\n"
    one_later(f"nodes:\n  first: [{{goto: bye}}]\n{BYE}", "email", project)


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
