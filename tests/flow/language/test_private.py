"""Who may see and hear a value."""

import pytest

from tests.flow.language.trial import PROJECT, bundle_of, fine, only, plays
from tests.flow.phone import Line

ACCOUNT = """
slots:
  account: {type: digits, length: 8, private: CLASS, CONFIRM, ask: Your account?}
  ok: {type: yes_no, ask: All right?}
nodes:
  first:
    - ask: account
    - ask: ok
    - end: SAY
"""


def account(class_: str = "pii", say: str = "Goodbye.", confirm: str = "confirm: never") -> str:
    return ACCOUNT.replace("CLASS", class_).replace("SAY", say).replace("CONFIRM", confirm)


@pytest.mark.parametrize(
    "turn",
    [
        "{keys: 12345678}",
        "{caller: one two three four five six seven eight}",
        "{caller: it is 12345678}",
        "{caller: double one two three four five six seven eight nine}",
        "{caller: my number is 1234 hm 5678 I think}",
        "{caller: one two three}",
    ],
)
def test_pii_stands_nowhere_unmasked(turn: str) -> None:
    flow = account(confirm="confirm: if spoken", say='"That was {account as digits}."')
    for value in ("12345678", "one two three", "1234", "123"):
        plays(flow, f"- {{asks: account}}\n- {turn}\n", whole=f'keeps_out: "{value}"')


def test_a_yes_with_the_value_in_it_is_masked_too() -> None:
    said = "one two three four five six seven eight"
    for yes in (f"yes {said}", "yes it is 12345678", f"no {said}"):
        plays(
            account(confirm="confirm: if spoken"),
            f"- {{asks: account}}\n- {{caller: {said}, reads_back: 12345678}}\n- {{caller: {yes}}}",
            whole="keeps_out: [12345678, three four five]",
        )


def test_a_correction_at_an_open_question_is_masked_too() -> None:
    plays(
        account(),
        "- {asks: account}\n- {keys: 12345678, asks: ok}\n"
        "- {caller: 'no, my account is 87654321', asks: ok, slot: {account: 87654321}}",
        whole="keeps_out: [87654321, '12345678']",
    )


def test_a_private_answer_to_another_question_is_masked_too() -> None:
    flow = """
        slots:
          reason: {type: choice, options: {bill: {hear: [bill]}, move: {hear: [move]}}, ask: What is it about?}
          account: {type: digits, length: 8, private: pii, ask: Your account?}
        nodes: {first: [{ask: [reason, account]}, {end: Goodbye.}]}
        """
    plays(
        flow,
        "- {asks: reason}\n- {caller: 'my bill, and my account is 12345678', end: completed}",
        whole="keeps_out: 12345678",
    )


def test_private_digits_said_at_an_open_question_and_not_understood() -> None:
    flow = """
        slots:
          ok: {type: yes_no, ask: Shall we begin?}
          account: {type: digits, length: 8, private: pii, ask: Your account?}
        nodes: {first: [{ask: ok}, {ask: account}, {end: Goodbye.}]}
        """
    for said in ("well my account number is 12345678", "it is one two three four five six seven eight"):
        plays(flow, f"- {{asks: ok}}\n- {{caller: {said}}}", whole="keeps_out: [12345678, '5678']")
    open_ = flow.replace(", private: pii", "")
    plays(open_, "- {asks: ok}\n- {caller: well my account number is 12345678}")


def test_a_plain_private_value_in_a_sentence_is_an_error_and_a_form_shows_it_is_meant() -> None:
    found = only(account(say='"That was {account}."'), "IVR503 <account>")
    assert (
        '"{account}" is private, and this sentence would speak all eight digits to whoever is listening. '
        "Use {account as last 4}." in found
    )
    fine(account(say='"That was {account as last 4}."'))
    plays(
        account(say='"It ends in {account as last 4}."'),
        "- {asks: account}\n- {keys: 12345678}\n- {keys: 1, says: ends in five six seven eight}",
    )


def test_pci_and_secret_are_never_said_but_for_last_4_of_pci() -> None:
    only(account("pci", '"That was {account as digits}."'), "IVR503 <account>")
    fine(account("pci", '"It ends in {account as last 4}."'))
    only(account("secret", '"It ends in {account as last 4}."'), "IVR503 <account>")


def test_pci_and_secret_are_by_keys_only_unless_said_otherwise() -> None:
    for class_ in ("pci", "secret"):
        plays(
            account(class_),
            "- {asks: account}\n"
            "- {caller: one two three four five six seven eight, asks: account}\n"
            "- {keys: 12345678, asks: ok}",
            whole="keeps_out: 12345678",
        )
        plays(
            account(class_, confirm="accept: both"),
            "- {asks: account}\n- {caller: one two three four five six seven eight, asks: ok}",
            whole="keeps_out: [12345678, one two three, '5678']",
        )


SENT = """
slots: {card: {type: digits, length: 16, private: pci, ask: Your card?}}
tools:
  pay: {http: PAY, changes_things: yes, unconfirmed: a trial, results: {ok: {}}}
nodes:
  first:
    - ask: card
    - call: pay
      on: {ok: {end: Paid.}, failed: {end: Failed.}}
"""


def test_pci_never_goes_into_an_address_or_query_or_over_plain_http() -> None:
    only(SENT.replace("PAY", '"POST crm/pay/{card}"'), "IVR504 <card>")
    only(SENT.replace("PAY", '"POST crm/pay", query: {card: "{card}"}'), "IVR504 <card>")
    fine(SENT.replace("PAY", '"POST crm/pay", body: {card: "{card}"}'))
    fine(SENT.replace("PAY", '"POST crm/pay", headers: {X-Card: "{card}"}'))
    plain = PROJECT.replace("https://crm", "http://crm")
    only(SENT.replace("PAY", '"POST crm/pay", body: {card: "{card}"}'), "IVR504 <card>", plain)


def test_the_class_travels_with_kept_values() -> None:
    flow = """
        tools: {look: {http: GET crm/x, results: {ok: {keep: {born: {from: $.dob, type: date, private: pii}}}}}}
        nodes:
          first:
            - call: look
              on: {ok: {end: "Born SAY."}, failed: {end: Failed.}}
        """
    only(flow.replace("SAY", "{born}"), "IVR503 <born>")
    plays(
        flow.replace("SAY", "{born as date}"),
        "- {says: Born May second, end: completed}",
        given="answers: {look: {ok: {born: 1980-05-02}}}",
        whole="keeps_out: [May second, 1980-05-02]",
    )


def test_a_private_value_is_not_copied_into_an_open_one() -> None:
    flow = """
        slots: {account: {type: digits, length: 8, private: pii, ask: Account?}}
        vars: {copy: {type: text, value: none}}
        nodes: {first: [{ask: account}, {set: {copy: "{account}"}}, {end: "{copy}"}]}
        """
    only(flow, "IVR505 <account>")


def test_conditions_on_private_values_are_allowed_and_tell_only_whether_they_held() -> None:
    flow = account(say="Goodbye.").replace(
        "    - ask: ok\n", '    - if: account is "12345678"\n      then: {ask: ok}\n'
    )
    plays(flow, "- {asks: account}\n- {keys: 12345678, asks: ok}", whole="keeps_out: 12345678")


def test_a_card_number_at_the_question_for_a_phone_number_is_shown_to_nobody() -> None:
    flow = """
        slots:
          phone: {type: phone, ask: On which number do we call you?}
          card: {type: digits, length: 13-19, private: pci, check: mod10, ask: And your card?}
        nodes: {first: [{ask: [phone, card]}, {end: Done.}]}
        """
    line = Line(bundle_of(flow), "line").begins()
    line.keys("4111111111111111")
    assert [said.text for said in line.state.told if said.who == "caller"] == ["••••"]
    line.keys("5550104477")
    assert line.state.told[-1].text == "5550104477"
