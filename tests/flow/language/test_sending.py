"""Messages leave in the background, a callback is booked, and once the call is over a note is written."""

from typing import Any

import pytest

from ivr.call.textrun.doubles import sends
from ivr.flow.state import BookCallback, CallbackBooked, Send
from tests.flow.language.trial import PROJECT, fine, load, only, plays, told
from tests.flow.phone import trial

HARBOUR = (
    PROJECT
    + """\
contacts:
  nurse: {sms: "+15550107799"}
  desk: {post: crm/v1/messages, auth: {bearer: CRM_TOKEN}}
"""
)
REFILL = """
slots:
  day: {type: date, ask: Which day?}
  account: {type: digits, length: 4, private: pii, optional: yes, ask: Your number?}
  note: {type: text, optional: yes, ask: Anything else?}
nodes:
  first:
    - ask: day
    - text: caller
      body: "Refill ordered for {day}, {note}."
    - page: nurse
      text: "A refill for {account}."
    - page: desk
      text: "{day as weekday}"
    - post: desk
      body: {day: "{day}", note: "{note}", who: "Caller: {note}", list: ["{day}"]}
    - end: Goodbye.
"""


@pytest.fixture
def left(monkeypatch: pytest.MonkeyPatch) -> list[Send | BookCallback]:
    """What left the call."""
    found: list[Send | BookCallback] = []
    send, book = sends.send, sends.book

    def sent(stage: Any, effect: Send) -> None:
        found.append(effect)
        send(stage, effect)

    def booked(stage: Any, effect: BookCallback) -> None:
        found.append(effect)
        book(stage, effect)

    monkeypatch.setattr(sends, "send", sent)
    monkeypatch.setattr(sends, "book", booked)
    return found


def test_messages_leave_without_holding_up_the_caller(left: list[Send]) -> None:
    talk = """
    - {asks: day}
    - {caller: March tenth 2026, within: 1s, sends: {text: caller, page: [nurse, desk], post: desk}, says: Goodbye}
    """
    plays(REFILL, talk, given='from: "+15550199"', project=HARBOUR)
    text, nurse, page, post = left
    assert (text.kind, text.number, text.text) == (
        "text",
        "+15550199",
        "Refill ordered for March 10, 2026, not given.",
    )
    assert (nurse.number, nurse.text) == ("+15550107799", "A refill for not given.")
    assert (page.kind, page.api, page.segments, page.body["text"]) == ("page", "crm", ("v1", "messages"), "Tuesday")
    assert post.body == {"day": "2026-03-10", "note": None, "who": "Caller: not given", "list": ["2026-03-10"]}
    assert post.auth is not None and post.auth.secret == "CRM_TOKEN"
    assert len({send.id for send in left}) == 4


def test_private_values_are_sent_and_shown_masked(left: list[Send]) -> None:
    flow = """
    slots: {account: {type: digits, length: 8, private: pii, ask: Your number?}}
    nodes: {first: [{ask: account}, {page: nurse, text: "Account {account}."}, {end: Bye.}]}
    """
    plays(flow, "- {asks: account}\n- {keys: 12345678, end: completed}", project=HARBOUR, whole="keeps_out: 12345678")
    assert (left[0].text, left[0].shown) == ("Account 12345678.", "Account ••••5678.")


def test_a_caller_without_a_number_gets_no_text_and_the_call_goes_on(left: list[Send]) -> None:
    flow = """
    nodes: {first: [{text: caller, body: Hello.}, {end: Bye.}]}
    """
    plays(flow, "- {says: Bye, end: completed}", given="from: anonymous", project=HARBOUR)
    assert left == []


CALLBACK = """
nodes:
  first: [{callback: care, to: caller, within: 2h}, {end: We will call you.}]
on_error: [{end: That failed.}]
"""


def test_a_callback_is_booked(left: list[BookCallback]) -> None:
    talk = "- {sends: {callback: care}, says: We will call you, end: completed}"
    plays(CALLBACK, talk, given='from: "+15550199"')
    assert [(b.target, b.number, b.within_ms) for b in left] == [("care", "+15550199", 7_200_000)]


def test_a_callback_that_cannot_be_booked_is_an_error_or_its_own_way() -> None:
    failed = 'from: "+15550199", answers: {care: {failed: {}}}'
    plays(CALLBACK, "- {says: That failed}", given=failed)
    routed = """
    nodes: {first: [{callback: care, within: 2h, on: {failed: {end: Call us tomorrow.}}}, {end: We will call you.}]}
    """
    plays(routed, "- {says: Call us tomorrow}", given=failed)
    plays(routed, "- {says: Call us tomorrow}", given="from: anonymous")
    plays(routed, "- {says: We will call you}", given='from: "+15550199"')


AFTER = """
slots:
  reason: {type: choice, options: {bill: {hear: [bill]}, fault: {hear: [fault]}}, ask: Bill or fault?}
  account: {type: digits, length: 8, private: pii, optional: yes, ask: Number?}
vars: {seen: {type: yes_no, value: no}}
nodes:
  first:
    - ask: reason
    - if: reason is "bill"
      then: {transfer: care, on: {no_answer: {end: Bye.}, failed: {end: Bye.}}}
    - end: Bye.
after_call:
  - set: {seen: yes}
  - if: reason is not empty
    then:
      post: crm/v1/notes
      body: {account: "{account}", outcome: "{call.outcome}", text: "{call.summary}", seen: "{seen}"}
      retry: {times: 5}
    else: {page: nurse, text: "{call.outcome}"}
"""


@pytest.mark.parametrize(
    ("talk", "outcome", "summary"),
    [
        ("- {asks: reason}\n- {caller: a fault, end: completed}", "completed", "reason: fault; completed after"),
        ("- {asks: reason}\n- {caller: my bill, end: transferred}", "transferred", "reason: bill; transferred after"),
    ],
)
def test_a_note_is_written_however_the_call_ends(left: list[Send], talk: str, outcome: str, summary: str) -> None:
    plays(AFTER, talk, given="answers: {care: {answered: {}}}", project=HARBOUR)
    (note,) = left
    assert note.body["outcome"] == outcome
    assert str(note.body["text"]).startswith(summary)
    assert (note.body["account"], note.body["seen"], note.retry.times) == (None, True, 5)


def test_who_leaves_before_saying_anything_is_noted_too(left: list[Send]) -> None:
    plays(AFTER, "- {asks: reason}\n- {hangup: yes, sends: {page: nurse}, end: caller_left}", project=HARBOUR)
    assert [(send.kind, send.text) for send in left] == [("page", "caller_left")]


def test_on_hangup_pages(left: list[Send]) -> None:
    flow = """
    slots: {symptom: {type: text, ask: What is wrong?}}
    vars: {urgency: {type: choice, options: [normal, high], value: high}}
    nodes: {first: [{ask: symptom}, {end: Bye.}]}
    on_hangup: [{if: urgency is "high", then: {page: nurse, text: "Dropped call, urgent: {symptom}"}}]
    """
    plays(flow, "- {asks: symptom}\n- {hangup: yes, end: caller_left}", project=HARBOUR)
    assert left[0].text == "Dropped call, urgent: not given"


STEP = "nodes: {{first: [{}, {{end: Bye.}}]}}"


@pytest.mark.parametrize(
    ("step", "told_"),
    [
        ("{text: nurs, body: Hello.}", "IVR141 <nurs> There is no contact"),
        ('{text: "+15550107799", body: Hello.}', "IVR144"),
        ("{page: caller, text: Hello.}", "IVR141 <caller>"),
        ("{post: nobody, body: {a: b}}", "IVR141 <nobody>"),
        ("{post: cr/v1/notes, body: {a: b}}", "IVR113 <cr>"),
        ("{callback: cart, within: 2h}", "IVR110 <cart>"),
        ('{callback: care, to: "+15550107799", within: 2h}', "IVR144"),
        ("{callback: care, to: nobody, within: 2h}", "IVR110 <nobody>"),
        ("{callback: care}", 'IVR104 <{> A step with callback: needs "within:"'),
        ("{callback: care, within: 2h, on: {maybe: {end: Bye.}}}", "IVR109 <maybe>"),
    ],
)
def test_a_slip_is_told_with_its_word(step: str, told_: str) -> None:
    only(STEP.format(step), told_, HARBOUR)


@pytest.mark.parametrize("step", ["{say: Hello.}", "{call: x, on: {}}", "{goto: first}", "{end: Bye.}"])
def test_after_the_call_nothing_is_said_or_waited_for(step: str) -> None:
    found = told(f"nodes: {{first: [{{end: Bye.}}]}}\nafter_call: [{step}]", HARBOUR)
    assert any(line.startswith("IVR143") for line in found), found


def test_pci_leaves_in_no_message() -> None:
    flow = """
    slots: {card: {type: digits, length: 16, private: pci, ask: Your card?}}
    nodes: {first: [{ask: card}, {text: caller, body: "Card {card}."}, {end: Bye.}]}
    """
    only(flow, "IVR504 <card>", HARBOUR)


def test_contacts_are_read() -> None:
    loaded = load("nodes: {first: [{end: Bye.}]}", HARBOUR)
    assert loaded.bundle is not None and set(loaded.bundle.contacts) == {"nurse", "desk"}
    for wrong, code in (
        ("{both: {sms: '+15550107799', post: crm/v1/x}}", "IVR104"),
        ("{none: {}}", "IVR104"),
        ("{mail: {email: a@example.com}}", "IVR190"),
        ("{caller: {sms: '+15550107799'}}", "IVR107"),
        ("{desk: {post: https://crm.example.com/x}}", "IVR105"),
        ("{desk: {post: crn/x}}", "IVR113"),
    ):
        assert told("nodes: {first: [{end: Bye.}]}", PROJECT + f"contacts: {wrong}\n")[0].startswith(code), wrong
    fine("nodes: {first: [{post: crm/v1/notes, body: {a: b}}, {end: Bye.}]}", HARBOUR)


def test_a_callback_is_asked_for_again_where_the_stream_was_lost_meanwhile() -> None:
    line = trial("about: x\nstart: first\nnodes: {first: [{callback: care, within: 2h}, {end: We will call you.}]}")
    (asked,) = (effect for effect in line.effects if isinstance(effect, BookCallback))
    line.loses_stream()
    line.resumes()
    assert [effect for effect in line.effects if isinstance(effect, BookCallback)] == [asked]
    line.feed(CallbackBooked(line.now, asked.id, "booked"))
    assert line.says == "We will call you." and line.ends == "completed"
    line.feed(CallbackBooked(line.now, asked.id, "booked"))
    assert line.effects == []


def test_a_callback_that_is_never_answered_has_failed() -> None:
    line = trial(
        "about: x\nstart: first\n"
        "nodes: {first: [{callback: care, within: 2h, on: {failed: {end: Sorry.}}}, {end: Bye.}]}"
    )
    line.wakes("deadline")
    assert line.says == "Sorry."
