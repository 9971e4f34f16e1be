"""What else a question can have: a tool that tests its answer, a checksum, a number beside a menu, time for the caller,
commands of one's own."""

import pytest

from tests.flow.language.trial import PROJECT, plays

CODE = """
    slots:
      code: {type: digits, length: 4, CONFIRM
             check: {tool: find_code, ok: known, else: "I don't know {code as digits}."},
             ask: Your code?}
      ready: {type: yes_no, ask: Ready?}
    tools:
      find_code: {http: "GET crm/codes/{code}", results: {known: {status: 200}, unknown_code: {status: 404}}}
    nodes: {first: [{ask: code}, {ask: ready}, {end: Good.}]}
    """
ANSWERS = "answers: {find_code: [{unknown_code: {}}, {known: {}}, {unknown_code: {}}]}"


def test_a_tool_decides_whether_an_answer_will_do_before_it_is_read_back() -> None:
    plays(
        CODE.replace("CONFIRM", "confirm: if spoken,"),
        """
        - {asks: code}
        - {caller: one two three four, tool: find_code, with: {code: 1234}, asks: code, slot: {code: empty},
           says: "don't know one two three four Your code"}
        - {caller: one two three five, tool: find_code, with: {code: 1235}, reads_back: 1235}
        - {caller: yes, asks: ready, slot: {code: 1235}, never_tool: find_code}
        - {caller: "no, my code is one two three four", asks: code, says: "don't know", tool: find_code}
        """,
        given=ANSWERS,
    )


def test_a_tool_that_cannot_answer_finds_no_fault() -> None:
    plays(
        CODE.replace("CONFIRM", ""),
        "- {asks: code}\n- {keys: 1234, tool: find_code, asks: ready, slot: {code: 1234}}",
        given="answers: {find_code: {failed: {}}}",
    )


@pytest.mark.parametrize(
    ("check", "good", "bad"),
    [
        ("aba", "111000025", "111000026"),
        ("ean", "4006381333931", "4006381333932"),
        ("nhs", "9434765919", "9434765918"),
        ("{checksum: {weights: [3, 7, 1], modulo: 10}}", "111000025", "110100025"),
        ("{checksum: {weights: [1, 3], modulo: 10, start: right}, else: Odd.}", "4006381333931", "4006381333913"),
        ("mod10", "79927398713", "79927398710"),
    ],
)
def test_a_checksum_catches_a_wrong_digit(check: str, good: str, bad: str) -> None:
    flow = f"""
    slots: {{it: {{type: digits, length: {len(good)}, check: {check}, ask: Which?}}}}
    nodes: {{first: [{{ask: it}}, {{end: Good.}}]}}
    """
    plays(flow, f"- {{asks: it}}\n- {{keys: {bad}, asks: it}}\n- {{keys: {good}, end: completed}}")


def test_an_account_number_with_letters() -> None:
    flow = """
    slots: {it: {type: text, check: iban, ask: Which?}}
    nodes: {first: [{ask: it}, {end: Good.}]}
    """
    talk = (
        "- {asks: it}\n- {caller: GB82WEST12345698765431, asks: it}\n- {caller: GB82WEST12345698765432, end: completed}"
    )
    plays(flow, talk)


DESK = """
    slots:
      extension:
        {type: digits, length: 4, ask: Which extension?, must: {be: extension starts with "1", else: Not ours.}}
    nodes:
      first:
        - menu: For sales press 1. Or dial an extension.
          or: extension
          or_goto: dialled
          options:
            sales: {hear: [sales], key: "1", goto: sales}
            help: {hear: [support], key: "2", do: [{say: Help.}, {goto: sales}]}
      sales: [{end: Sales.}]
      dialled: [{ask: extension}, {end: "Extension {extension}."}]
      person: [{end: A person.}]
    commands: {operator: {hear: [operator], key: "0", goto: person}}
    """


@pytest.mark.parametrize(
    ("act", "says"),
    [
        ("keys: 1105", "Extension one one zero five"),
        ("keys: 1", "Sales"),
        ("keys: 2", "Help Sales"),
        ("caller: sales", "Sales"),
        ("caller: extension one one zero five", "Extension one one zero five"),
        ("keys: 0", "A person"),
        ("keys: 2105", "Not ours"),
    ],
)
def test_a_menu_takes_a_longer_number_too(act: str, says: str) -> None:
    plays(DESK, f"- {{asks: first}}\n- {{{act}, says: {says}}}")


PATIENCE = """
    slots:
      card: {type: digits, length: 4, ask: Your number?}
    commands:
      wait: {hear: [hold on, one moment], for: 60s}
      operator: {hear: [operator], key: "0", goto: person}
      prices: {hear: [what does it cost], say: It costs nothing.}
    limits: {silence: 20s}
    nodes: {first: [{ask: card}, {end: Good.}], person: [{end: A person.}]}
    """


@pytest.mark.parametrize(
    ("turns", "then"),
    [
        ("- {caller: I'm back, says: Your number, asks: card}", "- {keys: 1234, end: completed}"),
        ("- {silence: 50s, asks: card, never_says: hear}", "- {keys: 1234, says: Good, end: completed}"),
        ("- {silence: yes, says: Your number, never_says: hear, asks: card}", "- {keys: 1234, end: completed}"),
        ("- {caller: no dear the other drawer, asks: card, never_says: catch}", "- {caller: ready, says: Your number}"),
        ("- {caller: what does it cost, says: It costs nothing Your number}", "- {keys: 1234, end: completed}"),
    ],
)
def test_a_caller_may_ask_for_time(turns: str, then: str) -> None:
    before = "- {asks: card}\n- {caller: hold on please, says: Take your time, asks: card}"
    plays(PATIENCE, f"{before}\n{turns}\n{then}")


def test_commands_of_ones_own_come_back_with_the_counters_as_they_were() -> None:
    plays(
        PATIENCE,
        """
        - {asks: card}
        - {caller: bananas, says: "didn't catch that"}
        - {caller: what does it cost, says: It costs nothing Your number, asks: card}
        - {caller: bananas, says: digits one by one}
        """,
    )


SEVERAL = """
    slots:
      task:
        {type: choice, options: {send: {hear: [send money]}, ask: {hear: [ask for money]}}, ask: What would you like?}
      until: {type: date, near: future, lead: [until], ask: Until when?}
      since: {type: date, near: past, lead: [since, from], ask: Since when?}
      amount: {type: money, from: 1, to: 500, ask: How much?, answer_within: 3s}
      note: {type: text, ask: A note?, optional: yes, skip: {hear: [no note], key: "#"}}
      reason: {type: text, ask: Why so much?, only_if: amount > 100}
    nodes:
      first:
        - {ask: task, may_fill: [amount]}
        - {ask: [since, until], open: "Since when, and until when?"}
        - ask: [amount, note, reason]
        - end: "{amount}."
    """


def test_several_values_at_once_lead_words_and_what_is_not_asked() -> None:
    plays(
        SEVERAL,
        """
        - {asks: task}
        - {caller: send money forty dollars, slot: {amount: 40}, says: "Since when and until when", asks: since}
        - {caller: until March tenth, says: Since when, asks: since, slot: {until: 2026-03-10}}
        - {caller: from February first, asks: note, slot: {since: 2026-02-01}}
        - {keys: "#", says: forty dollars, end: completed}
        """,
        given="time: 2026-03-02 10:00",
    )
    plays(
        SEVERAL,
        """
        - {asks: task}
        - {caller: ask for money, asks: since}
        - {caller: from February first until March tenth, asks: amount}
        - {caller: two hundred dollars, asks: note}
        - {caller: no note, asks: reason}
        - {caller: "sorry, the amount is fifty dollars", says: fifty dollars, end: completed}
        """,
        given="time: 2026-03-02 10:00",
    )


def test_tries_are_counted_for_a_question_whatever_goes_wrong() -> None:
    project = PROJECT + "limits: {tries_per_question: 2}\n"
    plays(
        PATIENCE,
        "- {asks: card}\n- {caller: bananas, asks: card}\n- {silence: yes, says: Goodbye, end: completed}",
        project=project,
    )
