"""Scenarios: what a test file may say, and that its checks can fail."""

import pytest

from ivr.call.textrun import run_scenario
from ivr.flow.scenario import load_scenarios, unknown_names
from tests.flow.language.trial import bundle_of, plays

FLOW = """
slots:
  n: {type: number, ask: How many pieces would you like to have?}
  account: {type: digits, length: 4, confirm: if spoken, ask: Your account?}
tools: {look: {http: "GET crm/{n}", results: {ok: {keep: {price: $.price as money}}, none: {status: 404}}}}
nodes:
  first:
    - say: Welcome to the line.
    - ask: n
    - call: look
      on: {ok: {say: "That is {price}."}, none: {goto: person}, failed: {goto: person}}
    - ask: account
    - menu: Anything else?
      options: {more: {hear: [more], goto: first}, done: {hear: [done], goto: bye}}
  bye: [{end: Goodbye.}]
  person: [{transfer: care, on: {no_answer: {goto: bye}, failed: {goto: bye}}}]
"""
GIVEN = "answers: {look: {ok: {price: 42.50}}, care: {answered: {}}}"


def failing(talk: str, given: str = GIVEN, whole: str = "") -> str:
    """What the first failure says."""
    bundle = bundle_of(FLOW)
    text = f"schema: callscript/1\nflow: line\ntests:\n  - name: a call\n    given: {{{given}}}\n{whole}    talk:\n"
    scenarios, wrong = load_scenarios(text + "".join(f"      {line}\n" for line in talk.splitlines()), "line.test.yaml")
    assert not wrong, wrong
    assert not [*unknown_names(scenarios[0], bundle)]
    report = run_scenario(bundle, scenarios[0])
    assert not report.passed
    return f"{report.failures[0].expected}; {report.failures[0].happened}"


@pytest.mark.parametrize(
    "talk",
    [
        "- {says: Welcome line, asks: n}",
        "- {asks: n}\n- {caller: five, says: That is $42.50, within: 2s, slot: {n: 5, price: 42.5}, node: first}",
        "- {asks: n}\n- {keys: 5#, says: That is forty two fifty, tool: look, with: {n: 5}}",
        "- {asks: n}\n- {keys: 5#, tool: [{name: look, with: {n: 5}}], never_says: sorry}",
        "- {asks: n}\n- {silence: yes, says: didn't hear you}",
        "- {asks: n}\n- {silence: 2s, never_says: didn't hear you}",
        "- {cut_in: {after: 2s, say: five}, never_says: pieces would you, asks: account}",
        "- {asks: n}\n- {keys: 5#}\n- {caller: one two three four, reads_back: 1234}\n- {caller: 'yes', asks: first}",
        "- {asks: n}\n- {hangup: yes, end: caller_left}",
    ],
)
def test_checks_that_hold(talk: str) -> None:
    plays(FLOW, talk, given=GIVEN)


@pytest.mark.parametrize(
    ("talk", "said"),
    [
        ("- {asks: account}", "asks: account; the bot asks n"),
        ("- {says: Goodbye}", "says: Goodbye; it said: Welcome"),
        ("- {never_says: Welcome}", "never_says: Welcome"),
        ("- {asks: n}\n- {keys: 5#, slot: {n: 6}}", "slot n: 6; n is 5"),
        ("- {asks: n}\n- {keys: 5#, node: bye}", "node: bye; it is in first"),
        ("- {asks: n}\n- {keys: 5#, tool: look, with: {n: 6}}", "it called look(n: 5)"),
        ("- {asks: n}\n- {keys: 5#, never_tool: look}", "never_tool: look; it was called"),
        ("- {asks: n}\n- {keys: 5#, transfer: care}", "transfer: care; the call was handed to nobody"),
        ("- {asks: n}\n- {keys: 5#, end: completed}", "end: completed; it did not end"),
        ("- {asks: n}\n- {keys: 5#, reads_back: 1234}", "reads_back: 1234"),
        ("- {asks: n}\n- {caller: five, within: 1ms}", "the first sound came after"),
    ],
)
def test_checks_that_fail_say_what_happened_instead(talk: str, said: str) -> None:
    assert said in failing(talk)


def test_without_an_answer_nothing_real_is_called_and_the_test_names_it() -> None:
    assert '"look"' in failing("- {asks: n}\n- {keys: 5#, asks: account}", given="")
    assert '"care"' in failing("- {asks: n}\n- {keys: 5#, asks: account}", given="answers: {look: {none: {}}}")


def test_the_whole_call_can_have_checks() -> None:
    assert "never_tool: look" in failing("- {asks: n}\n- {keys: 5#}", whole="    never_tool: look\n")
    assert "never_transfer" in failing(
        "- {asks: n}\n- {keys: 5#}",
        given="answers: {look: {none: {}}, care: {answered: {}}}",
        whole="    never_transfer: yes\n",
    )
    assert "keeps_out: Welcome" in failing("- {asks: n}", whole="    keeps_out: Welcome\n")


def test_answers_in_turn_and_repeated() -> None:
    flow = FLOW.replace("{hear: [more], goto: first}", "{hear: [more], do: [{forget: [n, account]}, {goto: first}]}")
    plays(
        flow,
        "- {asks: n}\n- {keys: 5#, says: $40}\n- {keys: 1234}\n- {caller: more, asks: n}\n- {keys: 5#, says: $50}\n"
        "- {keys: 1234}\n- {caller: more}\n- {keys: 6#, says: $50}",
        given="answers: {look: [{ok: {price: 40}}, {ok: {price: 50}}]}",
    )


def test_a_talk_may_stop_before_the_call() -> None:
    plays(FLOW, "- {asks: n}", given="")


def test_numbers_and_data_of_the_call() -> None:
    says = "From {call.from as last 4 or 'nobody'} to {call.to as last 4}, {call.data.case or 'none'}."
    flow = f'nodes:\n  first: [{{end: "{says}"}}]\n'
    plays(
        flow,
        "- {says: 'From 0 1 9 9 to 0 1 0 1, seven'}",
        given='from: "+15550199", to: "+15550101", data: {case: seven}',
    )
    plays(flow, "- {says: 'From nobody'}", given="from: anonymous")
