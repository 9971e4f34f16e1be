"""Transfers, handlers, limits: how calls end."""

import pytest

from tests.flow.language.trial import PROJECT, fine, only, plays, told

HAND = """
slots: {n: {type: number, ask: How many?}}
nodes:
  first:
    - say: One moment.
    - transfer: care
      on: {no_answer: {goto: nobody}, failed: {goto: broken} MORE}
  nobody: [{end: Nobody is there.}]
  broken: [{end: The line is broken.}]
"""


def hand(more: str = "") -> str:
    return HAND.replace(" MORE", more)


@pytest.mark.parametrize(
    ("result", "more", "then"),
    [
        ("answered", "", "end: transferred"),
        ("no_answer", "", "says: Nobody is there, end: completed"),
        ("failed", "", "says: The line is broken, end: completed"),
        ("busy", "", "says: Nobody is there, end: completed"),
        ("busy", ", busy: {end: Busy now.}", "says: Busy now, end: completed"),
        ("caller_left", "", "end: caller_left"),
        ("answered", ", answered: {end: Back again.}", "says: Back again, end: completed"),
    ],
)
def test_results_of_a_transfer(result: str, more: str, then: str) -> None:
    plays(hand(more), f"- {{transfer: care, {then}}}", given=f"answers: {{care: {{{result}: {{}}}}}}")


def test_no_answer_and_failed_have_to_be_routed() -> None:
    found = only(
        hand().replace(", failed: {goto: broken}", "").replace("  broken: [{end: The line is broken.}]\n", ""),
        "IVR108 <transfer>",
    )
    assert '"care" can end as "failed"' in found


def test_a_transfer_names_a_target_never_a_number() -> None:
    assert 'Did you mean "care"?' in only(hand().replace("transfer: care", "transfer: cares"), "IVR110 <cares>")
    only(hand().replace("transfer: care", 'transfer: "+15550107788"'), "IVR110")


def test_a_target_is_a_number_or_a_sip_address() -> None:
    for target in ("{}", '{number: "+15550107788", sip: "sip:a@b.example.com"}'):
        project = PROJECT.replace('{number: "+15550107788", ring: 25s}', target)
        assert len(told(hand(), project)) == 1, told(hand(), project)
    project = PROJECT.replace('{number: "+15550107788", ring: 25s}', '{sip: "sip:care@pbx.example.com", ring: 10s}')
    fine(hand().replace("slots: {n: {type: number, ask: How many?}}\n", ""), project)
    for bad in ('{number: "555 0107788"}', '{sip: "care"}'):
        assert told(hand(), PROJECT.replace('{number: "+15550107788", ring: 25s}', bad))[0].startswith("IVR105")


LEAVE = """
slots:
  account: {type: digits, length: 4, ask: Account?}
  note: {type: text, ask: What is it?}
vars: {told: {type: yes_no, value: no}}
tools:
  one:
    http: POST crm/one
    body: {account: "{account}", note: "{note}", told: "{told}"}
    changes_things: no
    results: {ok: {keep: {ticket: $.id as text}}}
  two: {http: POST crm/two, body: {ticket: "{ticket}"}, changes_things: yes, unconfirmed: a trial, results: {ok: {}}}
nodes:
  first: [{ask: account}, {set: {told: yes}}, {ask: note}, {end: Goodbye.}]
on_hangup:
  - {if: account is not empty, then: {set: {told: no}}}
  - {call: one}
  - {call: two}
"""


def test_on_hangup_runs_in_order_without_routes_and_empty_values_go_out_as_nothing() -> None:
    plays(
        LEAVE,
        """
        - {asks: account}
        - {keys: 1234, asks: note}
        - hangup: yes
          tool:
            - {name: one, with: {account: 1234, note: empty, told: no}}
            - {name: two, with: {ticket: T1}}
          end: caller_left
        """,
        given="answers: {one: {ok: {ticket: T1}}, two: {ok: {}}}",
    )


def test_on_hangup_goes_on_after_a_tool_that_fails() -> None:
    plays(
        LEAVE,
        "- {asks: account}\n- {hangup: yes, tool: [{name: one}, {name: two, with: {ticket: empty}}], end: caller_left}",
        given="answers: {one: {pending: {}}, two: {ok: {}}}",
    )


def test_nothing_is_spoken_in_on_hangup() -> None:
    for step in ("{say: Goodbye.}", "{ask: note}", "{end: Goodbye.}"):
        assert any(line.startswith("IVR304") for line in told(LEAVE + f"  - {step}\n")), step


def test_on_hangup_does_not_run_when_the_bot_ends_the_call() -> None:
    plays(
        LEAVE,
        "- {asks: account}\n- {keys: 1234}\n- {caller: it is broken, says: Goodbye, never_tool: one, end: completed}",
    )


LOOP = """
on_error: [{say: Something went wrong on our side.}, {goto: person}]
vars: {n: {type: number, value: 0}}
nodes:
  first: [{if: n > 1, then: {goto: person}, else: {goto: second}}]
  second: [{set: {n: {be: n * 1}}}, {goto: first}]
  person: [{end: A person.}]
"""


def test_a_flow_that_goes_in_circles_goes_to_on_error() -> None:
    assert told(LOOP)[0].startswith("warning IVR605")
    plays(LOOP, "- {says: Something went wrong on our side. A person, end: completed}")
    without = LOOP.replace("on_error: [{say: Something went wrong on our side.}, {goto: person}]\n", "")
    plays(without, "- {says: went wrong on our side, end: error}")


def test_a_loop_that_is_certain_is_an_error() -> None:
    only("nodes:\n  first: [{say: Hi.}, {goto: second}]\n  second: [{goto: first}]\n", "IVR605 <first>")


ASKS = """
slots: {n: {type: yes_no, ask: More?}}
nodes:
  first: [{ask: n}, {forget: n}, {goto: first}]
"""


def test_limits_of_turns_silence_and_the_whole_call() -> None:
    turns = "- {asks: n}\n- {caller: yes}\n- {caller: yes}\n- {caller: yes, says: limit, end: limit}"
    plays("limits: {turns: 2}\n" + ASKS, turns)
    plays(
        "limits: {silence: 12s}\n" + ASKS,
        "- {asks: n}\n- {silence: yes, asks: n}\n- {silence: yes, says: can't hear you, end: limit}",
    )
    plays("limits: {call: 10s}\n" + ASKS, "- {asks: n}\n- {silence: yes}\n- {silence: 8s, says: limit, end: limit}")


def test_none_lifts_a_limit() -> None:
    project = PROJECT + "limits: {turns: 2}\n"
    plays(ASKS, "- {asks: n}\n- {caller: yes}\n- {caller: yes}\n- {caller: yes, end: limit}", project=project)
    plays(
        "limits: {turns: none}\n" + ASKS,
        "- {asks: n}\n- {caller: yes}\n- {caller: yes}\n- {caller: yes, asks: n}",
        project=project,
    )


def test_outcomes() -> None:
    plays("nodes:\n  first: {end: {say: Thank you., outcome: no_promise}}\n", "- {says: Thank you, end: no_promise}")
    plays("nodes:\n  first: {end: {outcome: quiet}}\n", "- {end: quiet}")


def test_every_node_must_leave() -> None:
    only("nodes:\n  first: [{say: Hello.}]\n", "IVR603 <first>")
    only("nodes:\n  first:\n    - if: visits > 1\n      then: {end: Bye.}\n", "IVR603 <first>")


def test_if_goes_on_with_the_next_step_where_no_branch_leaves() -> None:
    flow = """
        slots: {n: {type: number, ask: How many?}}
        nodes:
          first:
            - ask: n
            - if: n > 5
              then: {say: Many.}
            - if: n > 7
              then: {end: Too many.}
              else: [{say: Few enough.}]
            - end: Goodbye.
        """
    plays(flow, "- {asks: n}\n- {keys: 6#, says: Many. Few enough. Goodbye, end: completed}")
    plays(flow, "- {asks: n}\n- {keys: 8#, says: Many. Too many, end: completed}")


def test_nodes_nobody_reaches_and_steps_behind_a_leaving_one_are_warnings() -> None:
    only("nodes:\n  first: [{end: Bye.}]\n  other: [{end: Bye.}]\n", "warning IVR601 <other>")
    only("nodes:\n  first: [{end: Bye.}, {say: Hello.}]\n", "warning IVR606 <")


def test_a_goto_to_nowhere() -> None:
    found = only("nodes:\n  first: [{goto: fault_chek}]\n  fault_check: [{end: Bye.}]\n", "IVR103 <fault_chek>")
    assert found == (
        'IVR103 <fault_chek> There is no node "fault_chek" in this flow. Did you mean "fault_check" (line 6)?'
    )


def test_visits_count_how_often_a_node_was_entered() -> None:
    flow = """
        slots: {n: {type: yes_no, ask: Again?}}
        nodes:
          first:
            - if: visits > 2
              then: {end: "Enough after {visits as number}."}
            - ask: n
            - forget: n
            - goto: first
        """
    plays(
        flow.replace("{visits as number}", "that"),
        "- {asks: n}\n- {caller: yes, asks: n}\n- {caller: yes, says: Enough, end: completed}",
    )
