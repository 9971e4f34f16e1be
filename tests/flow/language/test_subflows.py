"""A flow that runs another: what goes in, what comes back, what holds, and how it is put right."""

import pickle
from datetime import date
from decimal import Decimal

from tests.flow.language.trial import PROJECT, bundle_of, load, plays, told
from tests.flow.phone import Line

SUPPORT = (
    PROJECT
    + """commands:
  operator: {hear: [a person, operator], key: "0", goto: person}
trouble:
  no_match: [{say: "Sorry? {question}"}, {goto: person}]
nodes:
  person: [{transfer: care, on: {no_answer: {goto: bye}, failed: {goto: bye}}}]
  bye: [{end: Thanks for calling. Goodbye.}]
"""
)
VERIFY = """\
schema: callflow/1
flow: verify_caller
about: Finds the account and checks the birth date.
inputs: {account: {optional: yes}}
outputs: [first_name, balance, area, account]
outcomes: {verified: [first_name, balance, area, account], not_verified: [], unavailable: []}
start: identify
slots:
  account: {type: digits, length: 8, private: pii, ask: What's your account number?}
  birth_date:
    type: date
    private: pii
    ask: And your date of birth?
    must: {be: birth_date before today, else: That date is in the future.}
tools:
  find_account:
    http: GET crm/v1/accounts/{account}
    auth: {bearer: CRM_TOKEN}
    results:
      ok:
        status: 200
        keep:
          first_name: $.first as name
          born: {from: $.dob, type: date, private: pii}
          balance: $.balance as money
          area: $.area as text
      not_found: {status: 404}
nodes:
  identify:
    - ask: [account, birth_date]
    - call: find_account
      on:
        ok: {goto: compare}
        not_found: {say: I can't find that account., retry: account, times: 2, leave: no_match}
        failed: {return: unavailable}
  compare:
    - {if: birth_date is born, then: [{grant: known_caller for account}, {return: verified}], else: {goto: no_match}}
  no_match: [{say: Those details don't match our records.}, {return: not_verified}]
"""
LINE = """
slots:
  reason:
    type: choice
    ask: Is it about your bill, or a fault?
    options: {bill: {hear: [bill, balance], key: "1"}, fault: {hear: [fault, slow], key: "2"}}
tools:
  area_fault:
    python: faults.by_area
    takes: {area: text}
    needs: known_caller
    results: {fault: {keep: {fixed_by: time}}, clear: {}}
nodes:
  first: [{ask: reason}, {goto: who}]
  who:
    - if: not known_caller
      then:
        - run: verify_caller
          keep: [first_name, balance, area, account]
          on: {verified: {goto: answer}, not_verified: {goto: person}, unavailable: {goto: person}}
      else: {goto: answer}
  answer:
    - {if: reason is "bill", then: [{say: "{first_name}, your balance is {balance}."}, {goto: anything_else}]}
    - call: area_fault
      with: {area: "{area}"}
      on:
        fault: [{say: "There is a fault near you. We expect it fixed by {fixed_by as time}."}, {goto: anything_else}]
        clear: [{say: I see no fault in your area.}, {goto: person}]
        failed: {goto: person}
  anything_else:
    - menu: Anything else?
      options:
        more: {hear: [yes, something else], key: "1", do: [{forget: reason}, {ask: reason}, {goto: who}]}
        done: {hear: [no, that's all], key: "2", goto: bye}
"""
ANA = "{ok: {first_name: Ana, born: 1980-05-02, balance: 42.50, area: N1}}"
BOB = "{ok: {first_name: Bob, born: 1980-05-02, balance: 7, area: S9}}"


def call(
    talk: str, answers: str = f"find_account: {ANA}, area_fault: {{fault: {{fixed_by: 17:30}}}}", flow: str = LINE
) -> None:
    given = f"time: 2026-03-02 10:00, answers: {{{answers}}}"
    plays(flow, talk, given=given, project=SUPPORT, more={"verify_caller.flow.yaml": VERIFY})


def test_the_project_is_fine() -> None:
    loaded = load(LINE, SUPPORT, more={"verify_caller.flow.yaml": VERIFY})
    assert not loaded.messages, [str(message) for message in loaded.messages]


def test_what_a_sub_flow_found_comes_back() -> None:
    call(
        """
        - {asks: reason}
        - {caller: my bill, asks: account}
        - {keys: 12345678, asks: birth_date}
        - {caller: May second nineteen eighty, says: "Ana, your balance is $42.50", fact: known_caller}
        - {caller: "no", says: Goodbye, end: completed}
        """
    )


def test_who_is_known_is_not_asked_again() -> None:
    call(
        """
        - {asks: reason}
        - {caller: my bill, asks: account}
        - {keys: 12345678, asks: birth_date}
        - {keys: 05021980, says: your balance is $42.50}
        - {caller: something else, asks: reason}
        - {caller: a fault, tool: area_fault, with: {area: N1}, says: fixed by half past five, never_tool: find_account}
        - {caller: that's all, end: completed}
        """
    )


def test_a_person_is_asked_for_inside_the_sub_flow() -> None:
    call(
        """
        - {asks: reason}
        - {caller: my bill, asks: account}
        - {caller: a person, transfer: care, end: transferred}
        """,
        f"find_account: {ANA}, care: {{answered: {{}}}}",
    )


def test_it_ends_in_another_way() -> None:
    call(
        """
        - {asks: reason}
        - {caller: my bill, asks: account}
        - {keys: 12345678, asks: birth_date}
        - {keys: 05021981, says: don't match our records, transfer: care, end: transferred}
        """,
        f"find_account: {ANA}, care: {{answered: {{}}}}",
    )


def test_what_the_sub_flow_asked_is_put_right_later() -> None:
    call(
        """
        - {asks: reason}
        - {caller: my bill, asks: account}
        - {keys: 12345678, asks: birth_date}
        - {keys: 05021980, says: "Ana, your balance is $42.50", node: anything_else}
        - caller: no, I said one two three four five six seven nine
          tool: find_account
          with: {account: 12345679}
          says: "Bob, your balance is $7"
          node: anything_else
          fact: known_caller
        - {caller: that's all, end: completed}
        """,
        f"find_account: [{ANA}, {BOB}]",
    )


def test_back_goes_into_the_sub_flow() -> None:
    call(
        """
        - {asks: reason}
        - {caller: my bill, asks: account}
        - {keys: 12345678, asks: birth_date}
        - {keys: 05021980, says: "Ana, your balance is $42.50", node: anything_else}
        - {caller: go back, asks: birth_date}
        - {keys: 05021980, says: your balance is $42.50, fact: known_caller}
        """
    )


def test_a_caller_who_leaves_inside_is_noted_by_the_flow_that_ran_it() -> None:
    noted = LINE.replace(
        "nodes:\n  first",
        "  note: {http: POST crm/v1/notes, body: {about: '{reason}'}, auth: {bearer: CRM_TOKEN}, changes_things: yes,\n"
        "         unconfirmed: a note of ours, results: {ok: {status: 201}}}\n"
        "on_hangup: [{call: note}]\nnodes:\n  first",
    )
    call(
        """
        - {asks: reason}
        - {caller: a fault, asks: account}
        - {hangup: yes, tool: note, with: {reason: fault}, end: caller_left}
        """,
        "note: {ok: {}}",
        noted,
    )


def test_a_fact_falls_with_the_value_it_hangs_on() -> None:
    flow = LINE.replace(
        "done: {hear: [no, that's all]",
        "other: {hear: [another account], key: '3', do: [{forget: account}, {goto: who}]}\n"
        "        done: {hear: [no, that's all]",
    )
    call(
        """
        - {asks: reason}
        - {caller: my bill, asks: account}
        - {keys: 12345678, asks: birth_date}
        - {keys: 05021980, says: "Ana, your balance", fact: known_caller}
        - {caller: another account, asks: account}
        """,
        flow=flow,
    )


def test_it_is_entered_again_too_where_its_answer_fills_a_slot_here() -> None:
    call(
        """
        - {asks: reason}
        - {caller: my bill, asks: account}
        - {keys: 12345678, asks: birth_date}
        - {keys: 05021980, says: "Ana, your balance is $42.50", node: anything_else}
        - caller: no, I said one two three four five six seven nine
          tool: find_account
          with: {account: 12345679}
          says: "Bob, your balance is $7"
          fact: known_caller
          slot: {account: 12345679}
        """,
        f"find_account: [{ANA}, {BOB}]",
        LINE.replace("tools:\n", "  account: {type: digits, length: 8, private: pii}\ntools:\n", 1),
    )


def test_a_correction_goes_down_to_the_flow_that_asked() -> None:
    between = """\
schema: callflow/1
flow: between
outcomes: {known: [first_name, account, balance], unknown: []}
start: check
nodes:
  check:
    - run: verify_caller
      keep: [first_name, account, balance]
      on: {verified: {return: known}, not_verified: {return: unknown}, unavailable: {return: unknown}}
"""
    flow = """
nodes:
  first: [{run: between, keep: [first_name, account, balance], on: {known: {goto: tell}, unknown: {goto: bye}}}]
  tell:
    - say: "{first_name}, {balance}."
    - {menu: Anything else?, options: {done: {hear: [no thanks], key: "1", goto: bye}}}
"""
    begun = """
        - {asks: account}
        - {keys: 12345678, asks: birth_date}
        - {keys: 05021980, says: "Ana, $42.50", node: tell}
    """
    more = {"verify_caller.flow.yaml": VERIFY, "between.flow.yaml": between}
    corrected = """
        - caller: no, I said one two three four five six seven nine
          tool: find_account
          with: {account: 12345679}
          says: "Bob, $7"
          node: tell
          keeps_out: 12345679
    """
    given = f"answers: {{find_account: [{ANA}, {BOB}]}}"
    plays(flow, begun + corrected, given=given, project=SUPPORT, more=more)
    plays(flow, begun + "    - {caller: go back, asks: birth_date}", given=given, project=SUPPORT, more=more)


def test_what_was_looked_up_by_another_account_is_gone() -> None:
    flow = LINE.replace(
        "nodes:\n  first",
        "  find_debts: {http: 'GET crm/v1/debts/{account}', auth: {bearer: CRM_TOKEN},\n"
        "               results: {ok: {status: 200, keep: {debt: $.debt as money}}}}\nnodes:\n  first",
    ).replace(
        '[{say: "{first_name}, your balance is {balance}."}, {goto: anything_else}]',
        "[{say: \"{first_name}, your balance is {balance}, your debt {debt or 'none'}.\"},"
        " {if: balance > 40, then: {call: find_debts, on: {ok: {say: Looked.}, failed: {say: Not looked.}}}},"
        " {goto: anything_else}]",
    )
    call(
        """
        - {asks: reason}
        - {caller: my bill, asks: account}
        - {keys: 12345678, asks: birth_date}
        - {keys: 05021980, says: "debt none. Looked", node: anything_else}
        - {caller: something else, asks: reason}
        - {caller: my bill, says: "debt $9", node: anything_else}
        - {caller: "no, I said one two three four five six seven nine", says: "Bob, your balance is $7, your debt none"}
        """,
        f"find_account: [{ANA}, {BOB}], find_debts: {{ok: {{debt: 9}}}}",
        flow,
    )


def test_flows_may_have_changing_tools_of_one_name() -> None:
    """Each is sent, with the same arguments too; and each only once."""
    note = (
        "  note: {http: POST crm/v1/%s, body: {about: '{reason}'}, auth: {bearer: CRM_TOKEN}, changes_things: yes,\n"
        "         unconfirmed: a note of ours, results: {ok: {status: 201, keep: {number: $.number as number}}}}\n"
    )
    inner = f"""\
schema: callflow/1
flow: inner
inputs: {{reason: text}}
outcomes: {{done: []}}
start: send
tools:
{note % "inner"}
nodes:
  send: [{{call: note, on: {{ok: {{say: "Within, number {{number}}."}}, failed: {{say: Failed.}}}}}}, {{return: done}}]
"""
    flow = f"""
slots: {{reason: {{type: text, ask: What is it about?}}}}
tools:
{note % "outer"}
nodes:
  first:
    - ask: reason
    - {{call: note, on: {{ok: {{say: "Number {{number}}."}}, failed: {{end: Failed.}}}}}}
    - {{run: inner, on: {{done: {{say: And again.}}}}}}
    - {{run: inner, on: {{done: {{end: Bye.}}}}}}
"""
    plays(
        flow,
        """
        - {asks: reason}
        - {caller: a bike, says: "Number 1. Within, number 2. And again", end: completed}
        """,
        given="answers: {note: [{ok: {number: 1}}, {ok: {number: 2}}, {ok: {number: 3}}]}",
        more={"inner.flow.yaml": inner},
    )


ROUND = """\
schema: callflow/1
flow: inner
outcomes: {done: [], broken: []}
start: begin
slots: {count: {type: number, ask: How many?}}
vars: {n: {type: number, value: 0}}
nodes:
  begin: [{ask: count}, {goto: again}]
  again: [{set: {n: {be: n + 1}}}, {if: n > 100000, then: {return: done}}, {goto: again}]
"""


def test_what_goes_wrong_in_a_sub_flow_is_handled_inside_out() -> None:
    flow = """
on_error: [{say: Sorry.}, {goto: bye}]
nodes:
  first: [{run: inner, on: {done: {end: Bye.}, broken: {goto: first}}}]
  bye: [{end: Good bye.}]
"""
    project = PROJECT + "on_error: [{say: The project is sorry.}, {goto: bye}]\nnodes: {bye: [{end: x}]}\n"
    asked = "- {asks: count}\n- "
    more = {"inner.flow.yaml": ROUND}
    plays(flow, asked + '{caller: "3", says: Sorry. Good bye, end: completed}', project=project, more=more)
    shared = flow.replace("on_error: [{say: Sorry.}, {goto: bye}]\n", "")
    plays(shared, asked + '{caller: "3", says: The project is sorry. Good bye}', project=project, more=more)
    own = {"inner.flow.yaml": ROUND.replace("nodes:", "on_error: [{say: Inner.}, {return: broken}]\nnodes:")}
    twice = '{caller: "3", says: Inner, asks: count}\n- {caller: "3", says: Sorry. Good bye, never_says: Inner}'
    plays(flow, asked + twice, project=project, more=own)


MORE = {"verify_caller.flow.yaml": VERIFY}


def one(flow: str, start: str, project: str = SUPPORT, verify: str = VERIFY) -> None:
    found = told(flow, project, more={"verify_caller.flow.yaml": verify})
    assert len(found) == 1 and found[0].startswith(start), "\n".join(found) or "nothing was told"


def test_mistakes() -> None:
    one(LINE.replace(", unavailable: {goto: person}", ""), 'IVR108 <run> "verify_caller" can end as "unavailable"')
    one(LINE.replace("unavailable: {goto", "unavailble: {goto"), 'IVR109 <unavailble> "verify_caller" never ends as')
    one(
        LINE.replace("run: verify_caller", "run: verify_calller"),
        'IVR115 <verify_calller> There is no flow "verify_calller"',
    )
    one(LINE.replace("keep: [first_name, balance", "keep: [first_nam, balance"), "IVR110 <first_nam>")
    one(
        LINE.replace(
            "{goto: who}]\n  who",
            "{if: reason is 'fault', then: {goto: quick}}, {goto: who}]\n  quick: [{call: area_fault, with: {area: x},"
            " on: {fault: {goto: bye}, clear: {goto: bye}, failed: {goto: bye}}}]\n  who",
        ),
        'IVR611 <area_fault> "quick" calls area_fault, which needs known_caller, but the path first > quick does not'
        " grant it. Run verify_caller on that path.",
    )
    one(
        LINE.replace('- {if: reason is "bill"', '- {forget: account}\n    - {if: reason is "bill"'),
        "IVR611 <area_fault>",
    )
    one(LINE, "IVR613 <return>", verify=VERIFY.replace("unavailable: []", "unavailable: [area]"))
    one(LINE, "IVR124 <on_hangup>", verify=VERIFY.replace("nodes:", "on_hangup: [{forget: account}]\nnodes:"))
    one(LINE, "IVR124 <turns>", verify=VERIFY.replace("nodes:", "limits: {turns: 3, tries_per_question: 2}\nnodes:"))
    one(LINE, "IVR109 <verifid>", verify=VERIFY.replace("{return: verified}", "{return: verifid}"))
    one(LINE.replace("needs: known_caller", "needs: known_callr"), "IVR612 <known_callr>")
    one(
        LINE,
        "IVR119 <verify_caller>",
        SUPPORT.replace("{default: line}", '{default: line, "+15550100": verify_caller}'),
    )


def test_of_many_facts_each_is_still_looked_after() -> None:
    facts = 20
    steps = "".join(f", {{if: yes_{n}, then: [{{grant: fact_{n} for yes_{n}}}]}}" for n in range(facts))
    slots = "".join(f"  yes_{n}: {{type: yes_no, ask: Yes?}}\n" for n in range(facts))
    asked = ", ".join(f"yes_{n}" for n in range(facts))
    inner = """\
schema: callflow/1
flow: inner
outcomes: {done: []}
start: use
tools: {use: {python: all.use, needs: fact_19, results: {ok: {}}}}
nodes:
  use: [{call: use, on: {ok: {return: done}, failed: {return: done}}}]
"""
    flow = f"""
slots:
{slots}
nodes:
  first: [{{ask: [{asked}]}}{steps}, {{goto: use}}]
  use: [{{if: fact_19, then: [{{run: inner, on: {{done: {{goto: bye}}}}}}]}}, {{goto: bye}}]
  bye: [{{end: Goodbye.}}]
"""
    more = {"inner.flow.yaml": inner}
    assert not told(flow, more=more)
    found = told(flow.replace("if: fact_19, then", "if: fact_18, then"), more=more)
    assert len(found) == 1 and found[0].startswith('IVR611 <use> "use" calls use, which needs fact_19'), found
    found = told(flow.replace("if: fact_19, then: [", "if: fact_19, then: [{set: {yes_19: no}}, "), more=more)
    assert len(found) == 1 and found[0].startswith("IVR611 <use>"), found


def test_a_call_taken_up_elsewhere_goes_on_inside_the_sub_flow() -> None:
    """At its open question, and at a look-up that has not answered: what is lost is said or asked again, no more."""
    line = Line(bundle_of(LINE, SUPPORT, more=MORE), "line").begins()

    def is_taken_up() -> None:
        line.state = pickle.loads(pickle.dumps(line.state))
        line.loses_stream()
        line.resumes()

    line.keys("1")
    line.plays_out()
    is_taken_up()
    assert line.listening.question == "account" and line.says.endswith("What's your account number?")
    line.keys("12345678")
    line.keys("05021980")
    is_taken_up()
    assert [(c.tool, c.arguments) for c in line.calls] == [("find_account", {"account": "12345678"})]
    line.tool("ok", first_name="Ana", born=date(1980, 5, 2), balance=Decimal(7), area="N")
    assert line.says.startswith("Ana, your balance is seven dollars")
    assert list(line.state.facts) == ["known_caller"] and [s.flow for s in line.state.standings] == ["line"]
