"""Tools: arguments, answers, fillers, repairs, and changes that are never sent twice."""

from datetime import date, time
from decimal import Decimal

import pytest

from ivr.flow.state import Doing, Note, RawReply, SayEffect, WakeAt
from tests.flow.phone import Line, talk, trial

LOOK_UP = """
about: A look-up.
start: who
slots:
  account: {type: digits, length: 8, private: pii, ask: Your number?}
  day: {type: date, ask: Which day?}
vars: {channel: {type: text, value: phone}}
tools:
  find:
    http: GET back/accounts/{account}
    timeout: 3s
    retry: {times: 1, wait: 300ms}
    filler: Let me look.
    results:
      locked: {status: 200, when: $.locked is yes}
      ok:
        status: 200
        keep:
          first_name: $.first as name
          born: {from: $.dob, type: date, private: pii}
          balance: $.balance as money
          opens: {from: $.opens, type: text, optional: yes}
      not_found: {status: 404}
  visit: {http: POST back/visits, changes_things: no, body: {day: "{day}", how: "{channel}", line: "{call.from}"},
      results: {ok: {status: 201}}}
nodes:
  who:
    - ask: account
    - call: find
      on:
        ok: {goto: told}
        locked: [{say: It is locked.}, {goto: person}]
        not_found: {say: I can't find it., retry: account, times: 2, leave: person}
        failed: [{say: That did not work.}, {goto: person}]
  told: [{say: "{first_name}, {balance}."}, {ask: day}, {call: visit, on: {ok: {goto: bye}, failed: {goto: person}}}]
"""

ANA = {"first": "Ana", "dob": "1980-05-02", "balance": 42.5, "locked": False}


def asked() -> Line:
    line = trial(LOOK_UP)
    line.keys("12345678")
    return line


def test_a_look_up_is_sent_with_its_arguments_while_prompts_go_on() -> None:
    line = asked()
    assert [(c.tool, dict(c.arguments), c.changes_world) for c in line.calls] == [
        ("find", {"account": "12345678"}, False)
    ]
    assert line.state.doing is Doing.CALLING


def test_an_answer_is_named_by_the_first_result_that_fits_and_typed() -> None:
    line = asked()
    line.tool_raw(RawReply(status=200, body={**ANA, "opens": "early"}))
    assert line.says == "Ana, forty two dollars and fifty cents. Which day?"
    assert (line.kept("born"), line.kept("balance"), line.kept("opens")) == (
        date(1980, 5, 2),
        Decimal("42.5"),
        "early",
    )


@pytest.mark.parametrize(
    ("reply", "says"),
    [
        (RawReply(status=200, body={**ANA, "locked": True}), "It is locked."),
        (RawReply(status=200, body={**ANA, "balance": "lots"}), "That did not work."),
        (RawReply(status=200, body={"first": "Ana", "balance": 1}), "That did not work."),
        (RawReply(status=200, body=None), "That did not work."),
        (RawReply(status=500, body={}), "That did not work."),
        (RawReply(error="timeout"), "That did not work."),
        (RawReply(error="breaker_open", sent=False), "That did not work."),
    ],
)
def test_what_fits_no_result_is_failed(reply: RawReply, says: str) -> None:
    line = asked()
    line.tool_raw(reply)
    assert line.says == says
    assert line.dials == "care"


def test_the_record_names_a_missing_value_but_never_its_content() -> None:
    line = asked()
    line.tool_raw(RawReply(status=200, body={**ANA, "balance": "lots"}))
    details = [e.detail for e in line.effects if isinstance(e, Note) and e.kind == "tool"]
    assert details[0] == "failed: balance is missing or no money"


def test_a_filler_is_said_once_and_only_while_the_answer_is_awaited() -> None:
    line = asked()
    line.wakes("filler")
    said = [e for e in line.effects if isinstance(e, SayEffect)]
    assert [(s.text, s.filler) for s in said] == [("Let me look.", True)]
    line.tool("not_found")
    assert WakeAt(f"{line.sent.id}:filler", None) in line.effects
    line.keys("12345679")
    filler = next(e for e in line.effects if isinstance(e, WakeAt) and e.id.endswith("filler"))
    assert filler.at_ms == line.at + 700


def test_a_lost_answer_never_hangs_the_call() -> None:
    line = asked()
    sent_at = line.at
    line.wakes("deadline")
    assert line.at == sent_at + 2 * 3000 + 300 + 2000
    assert line.says == "That did not work."
    line.tool_raw(RawReply(status=200, body=ANA))
    assert not line.effects, "it comes too late"


def test_a_repair_says_asks_and_calls_again_until_it_leaves() -> None:
    line = asked()
    for _ in range(2):
        line.tool("not_found")
        assert line.says == "I can't find it. Your number?"
        assert line.asks == "account"
        line.keys("12345679")
        assert line.calls
    line.tool("not_found")
    assert line.dials == "care"


def test_arguments_keep_their_types_and_empty_ones_go_out_empty() -> None:
    line = trial(LOOK_UP, begun=False)
    line.caller = ""
    line.__post_init__()
    line.begins()
    line.keys("12345678")
    line.tool_raw(RawReply(status=200, body=ANA))
    line.keys("03102026")
    assert dict(line.sent.arguments) == {"day": date(2026, 3, 10), "channel": "phone", "call.from": None}


def test_values_of_an_earlier_answer_go_when_a_new_one_comes() -> None:
    line = asked()
    line.tool_raw(RawReply(status=200, body=ANA))
    line.corrects("account", "87654321")
    assert line.kept("first_name") is None
    line.tool("not_found")
    assert line.kept("first_name") is None


PAY = """
about: A payment.
start: pay
slots:
  amount: {type: money, ask: How much?}
  sure: {type: yes_no, ask: "I'll pay {amount or 'it'}. Right?"}
  again: {type: yes_no, ask: Once more?}
tools:
  pay: {http: POST back/payments, body: {amount: "{amount}"}, changes_things: yes, confirm_with: sure, timeout: 3s,
      filler: One moment.,
        results: {ok: {status: 201, keep: {receipt: $.id as text}}, refused: {status: 402}}}
nodes:
  pay:
    - ask: amount
    - call: pay
      on:
        ok: [{say: Paid.}, {goto: more}]
        refused: {say: It was refused., retry: amount, times: 2, leave: bye}
        declined: [{say: Nothing was paid.}, {goto: more}]
        unknown: [{say: It may have been paid.}, {goto: more}]
        failed: [{say: That did not work.}, {goto: more}]
  more: [{forget: again}, {ask: again}, {if: again, then: {goto: pay}, else: {goto: bye}}]
"""


def test_a_change_is_confirmed_right_before_it_is_sent() -> None:
    line = trial(PAY)
    line.keys("50")
    assert (line.asks, line.calls) == ("sure", [])
    assert line.says == "I'll pay fifty dollars. Right?"
    line.hears("yes")
    assert [c.changes_world for c in line.calls] == [True]


def test_a_change_that_is_declined_is_not_sent() -> None:
    line = trial(PAY)
    talk(line, ["#50", "no"])
    assert not line.calls
    assert line.says == "Nothing was paid. Once more?"
    assert ("tool", "pay", "declined") in line.notes, "a test that comes here has tried it"
    line.hears("yes")
    assert line.asks == "sure", "the next time it is asked anew"


def test_the_same_change_is_never_sent_twice() -> None:
    line = trial(PAY)
    talk(line, ["#50", "yes"])
    line.tool("ok", receipt="R1")
    line.hears("yes")
    assert not line.calls
    assert line.says == "Paid. Once more?"
    assert line.kept("receipt") == "R1"


@pytest.mark.parametrize("how", ["deadline", "timeout", "garbage"])
def test_a_change_whose_answer_is_lost_is_unknown_and_never_sent_again(how: str) -> None:
    line = trial(PAY)
    talk(line, ["#50", "yes"])
    if how == "deadline":
        line.wakes("deadline")
    else:
        line.tool_raw(RawReply(error=how))  # type: ignore[arg-type]
    assert line.says == "It may have been paid. Once more?"
    line.hears("yes")
    assert not line.calls
    assert line.says == "It may have been paid. Once more?"


def test_a_change_that_certainly_was_not_sent_has_failed() -> None:
    line = trial(PAY)
    talk(line, ["#50", "yes"])
    line.tool_raw(RawReply(error="unreachable", sent=False))
    assert line.says.startswith("That did not work.")


def test_a_retry_after_a_definite_answer_is_a_new_send_with_a_new_confirmation() -> None:
    line = trial(PAY)
    talk(line, ["#50", "yes"])
    first = line.sent.id
    line.tool("refused")
    assert line.says == "It was refused. How much?"
    line.keys("50")
    assert line.asks == "sure"
    line.hears("yes")
    assert line.calls and line.sent.id != first


ONCE = PAY.replace("timeout: 3s", "once: call")


def test_once_a_call_means_one_success() -> None:
    line = trial(ONCE)
    talk(line, ["#50", "yes"])
    line.tool("refused")
    talk(line, ["#60", "yes"])
    line.tool("ok", receipt="R1")
    line.corrects("amount", Decimal(70))
    assert not line.calls


PYTHON = """
about: Python.
start: look
slots: {area: {type: text, ask: Which area?}}
tools: {fault: {python: faults.by_area, takes: {area: text}, results: {fault: {keep: {fixed_by: time}}, clear: {}}}}
nodes:
  look:
    - ask: area
    - call: fault
      on: {fault: [{say: "Fixed by {fixed_by as time}."}, {goto: bye}], clear: [{say: Nothing there.},
          {goto: bye}], failed: {goto: person}}
"""


@pytest.mark.parametrize(
    ("reply", "says"),
    [
        (
            RawReply(result="fault", body={"fixed_by": time(17, 30)}),
            "Fixed by half past five in the afternoon. Goodbye then.",
        ),
        (RawReply(result="clear", body={}), "Nothing there. Goodbye then."),
        (RawReply(result="sunny", body={}), ""),
        (RawReply(result="fault", body={}), ""),
        (RawReply(error="raised"), ""),
    ],
)
def test_a_python_tool_names_its_result(reply: RawReply, says: str) -> None:
    line = trial(PYTHON)
    line.hears("the north side")
    assert dict(line.sent.arguments) == {"area": "the north side"}
    line.tool_raw(reply)
    assert line.says == says


def test_a_private_kept_value_is_masked_wherever_it_is_shown() -> None:
    flow = LOOK_UP.replace(
        "born: {from: $.dob, type: date, private: pii}", "iban: {from: $.iban, type: digits, private: pii}"
    )
    flow = flow.replace("{first_name}, {balance}.", "Ending {iban as last 4}.")
    line = trial(flow)
    line.keys("12345678")
    line.tool_raw(RawReply(status=200, body={**ANA, "iban": 11112222}))
    assert line.says == "Ending two two two two. Which day?"
    assert line.shows == "Ending ••••2222. Which day?"


AGREED = """
about: A transfer of money.
start: pay
slots:
  payee: {type: digits, length: 4, confirm: always, ask: To which account?}
  amount: {type: money, ask: How much?}
tools: {pay: {http: POST back/pay, body: {payee: "{payee}", amount: "{amount}"}, changes_things: yes,
  confirm_with: payee, results: {ok: {status: 201}, wrong: {status: 409}}}}
nodes:
  pay:
    - ask: [payee, amount]
    - call: pay
      on:
        ok: {goto: bye}
        wrong: {say: That was wrong., retry: [payee, amount], times: 1, leave: person}
        declined: {goto: person}
        failed: {goto: person}
"""


def test_a_slot_that_was_read_back_and_agreed_to_confirms_a_change() -> None:
    line = trial(AGREED)
    talk(line, ["#1234", "yes", "#50"])
    assert line.calls, "agreed to already"


def test_a_retry_of_several_asks_them_in_order() -> None:
    line = trial(AGREED)
    talk(line, ["#1234", "yes", "#50"])
    line.tool("wrong")
    assert (line.asks, line.says) == ("payee", "That was wrong. To which account?")
    talk(line, ["#1235", "yes"])
    assert line.asks == "amount"
    line.keys("60")
    assert [dict(c.arguments) for c in line.calls] == [{"payee": "1235", "amount": Decimal(60)}]
    line.tool("wrong")
    assert line.dials == "care"
