"""A flow that runs another: what goes in, what comes back, what holds, and how it is put right."""

from tests.flow.language.trial import PROJECT, fine, load, only, plays, told

SUPPORT = (
    PROJECT.replace("entry: {default: line}", "entry: {default: line}")
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
  compare: [{if: birth_date is born, then: [{grant: known_caller for account}, {return: verified}], else: {goto: no_match}}]
  no_match: [{say: Those details don't match our records.}, {return: not_verified}]
"""
LINE = """
slots:
  reason:
    type: choice
    ask: Is it about your bill, or a fault?
    options: {bill: {hear: [bill, balance], key: "1"}, fault: {hear: [fault, slow], key: "2"}}
tools:
  area_fault: {python: faults.by_area, takes: {area: text}, needs: known_caller, results: {fault: {keep: {fixed_by: time}}, clear: {}}}
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
        - {caller: May second nineteen eighty, says: "Ana, your balance is $42.50", fact: known_caller, node: anything_else}
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
        "other: {hear: [another account], key: '3', do: [{forget: account}, {goto: who}]}\n        done: {hear: [no, that's all]",
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
    one(LINE, "IVR109 <verifid>", verify=VERIFY.replace("{return: verified}", "{return: verifid}"))
    one(LINE.replace("needs: known_caller", "needs: known_callr"), "IVR612 <known_callr>")
    one(
        LINE,
        "IVR119 <verify_caller>",
        SUPPORT.replace("{default: line}", '{default: line, "+15550100": verify_caller}'),
    )
