"""What is told of an agent before a caller meets it."""

import pytest

from tests.flow.language.trial import told

GOOD = """
slots:
  pain: {type: number, from: 0, to: 10, about: how bad it is}
  since: {type: text}
  card: {type: digits, length: 16, private: pci, ask: Card?}
  sure: {type: yes_no, ask: Shall I?}
  asked: {type: text, ask: What is it?}
tools:
  find: {http: "GET crm/find", takes: {zip: {type: digits, length: 5}}, changes_things: no, results: {ok: {}}}
  book: {http: POST crm/book, takes: {pain: number}, changes_things: yes, confirm_with: sure, results: {ok: {}}}
nodes:
  first:
    - agent: nurse
      goal: Find out.
      collect: [pain, since]
      tools: [find, book]
      always: [{say_exactly: Take care., before: done}]
      exits: {done: {needs: [pain], goto: bye}, bad: {needs: [pain], when: pain > 8, goto: bye},
          ends: {about: enough, goto: bye}}
      on: {limit: {goto: bye}, model_down: {goto: bye}, blocked: {goto: bye}}
  bye: [{end: Goodbye.}]
"""


def test_a_good_one_is_told_nothing() -> None:
    assert told(GOOD) == []


@pytest.mark.parametrize(
    ("before", "after", "code", "said"),
    [
        ("ends: {about: enough, goto: bye}", "ends: {about: enough}", "IVR150", '<ends> Exit "ends" leads nowhere.'),
        ("before: done}", "before: dome}", "IVR151", '<dome> This agent has no exit "dome". Did you mean "done"?'),
        ("needs: [pain], goto", "needs: [pain, sure2], goto", "IVR110", '<sure2> There is no slot "sure2".'),
        ("collect: [pain, since]", "collect: [since]", "IVR152", 'Exit "done" needs pain, which this agent does not'),
        ("{zip: {type: digits, length: 5}}", "{zip: {type: digit, length: 5}}", "IVR105", "<digit>"),
        (
            '"GET crm/find", takes: {zip: {type: digits, length: 5}}',
            '"GET crm/find/{pain}"',
            "IVR153",
            "does not say what",
        ),
        ("collect: [pain, since]", "collect: [pain, card]", "IVR154", "<agent>"),
        ("confirm_with: sure", "unconfirmed: it is only a note", "IVR155", "the caller is not asked before"),
        (
            "takes: {pain: number}",
            "takes: {pain: number, desk: text}",
            "IVR156",
            "takes desk, which only the model knows",
        ),
        (", blocked: {goto: bye}}", "}", "IVR108", '"nurse" can end as "blocked", and nothing handles it.'),
        ("on: {limit", "on: {gone: {goto: bye}, limit", "IVR109", '"nurse" never ends as "gone".'),
        ("exits: {done:", "exits: {limit: {goto: bye}, done:", "IVR107", "no exit can be called that"),
        ("- agent: nurse", "- agent: pain", "IVR107", '"pain" is the name of a value already.'),
        ("tools: [find, book]", "tools: [fnd, book]", "IVR110", '<fnd> There is no tool "fnd".'),
        ("goal: Find out.", "gaol: Find out.", "IVR101", "<gaol>"),
        ("goal: Find out.", "goal: Find out.\n      keypad_hint: Press 1.", "IVR106", "<keypad_hint>"),
        ("when: pain > 8", 'when: pain is "bad"', "IVR204", "<"),
        ("- agent: nurse", "- agent: nurse\n      never: [be rude]", "IVR102", "never: is a list of"),
    ],
)
def test_each_mistake_is_told_and_no_other(before: str, after: str, code: str, said: str) -> None:
    assert before in GOOD
    found = told(GOOD.replace(before, after, 1))
    assert {line.removeprefix("warning ").split()[0] for line in found} == {code}, "\n".join(found)
    assert any(said in line for line in found), "\n".join(found)


def test_what_an_exit_needs_is_filled_behind_it_and_nothing_else_is() -> None:
    flow = GOOD.replace("bye: [{end: Goodbye.}]", 'bye: [{end: "{pain or 0} and {since}."}]')
    assert [line.split()[0] for line in told(flow.replace("{pain or 0}", "{pain or 'no'}"))] == ["IVR210"]
    only = GOOD.replace("goto: bye}, bad", "goto: known}, bad") + '  known: [{end: "{pain}."}]\n'
    assert told(only) == []


def test_a_node_that_only_an_exit_leads_to_is_reached() -> None:
    flow = GOOD.replace("{about: enough, goto: bye}", "{about: enough, do: [{say: So.}, {goto: other}]}")
    assert told(flow + "  other: [{end: Bye.}]\n") == []
