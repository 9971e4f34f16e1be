"""Calls that we make, and what is known of a call before its first word."""

from ivr.flow.checks.advice import advise
from tests.flow.language.trial import PROJECT, bundle_of, fine, load, only, plays, told

REMINDS = (
    PROJECT.replace("entry: {default: line}\n", "")
    + """hours: {office: {mon-fri: 08:00-18:00}}
outbound: {remind: {flow: line, from: "+15550100", hours: office, tries: 3}}
"""
)
HEAD = "schema: callflow/1\nflow: line\nstart: first\n"
FLOW = """
inputs: {name: name, due: money, last_day: date}
answered_by: {person: hello, machine: leave_word, menu: give_up, fax: give_up}
slots:
  pay: {type: yes_no, ask: "{name}, {due as money} is due by {last_day as day}. Will you pay a part of it today?"}
  amount: {type: money, from: 5, to: 1000, ask: How much?}
nodes:
  first: [{goto: hello}]
  hello: [{ask: pay}, {if: pay, then: {goto: plan}, else: {end: {say: Thank you. Goodbye., outcome: no_promise}}}]
  plan: [{ask: amount}, {end: {say: "We will charge {amount}. Goodbye.", outcome: promised}}]
  leave_word: [{say: Please call Harbour about your account., after: tone}, {end: {outcome: message_left}}]
  give_up: [{end: {outcome: not_reached}}]
"""
DATA = "data: {name: Ana, due: 42.50, last_day: 2026-03-06}"


def test_a_person_answers() -> None:
    plays(
        FLOW,
        """
        - {says: "Ana, forty two dollars and fifty cents is due by Friday", asks: pay}
        - {caller: "yes", asks: amount}
        - {caller: twenty dollars, says: We will charge twenty dollars, end: promised}
        """,
        given=f"time: 2026-03-02 10:00, answered_by: person, {DATA}",
        project=REMINDS,
    )


def test_a_machine_answers() -> None:
    talk = "- {says: Please call Harbour, never_says: Will you pay, end: message_left}"
    plays(FLOW, talk, given=f"answered_by: machine, {DATA}", project=REMINDS)


def test_a_menu_answers() -> None:
    plays(FLOW, "- {end: not_reached}", given=f"answered_by: menu, {DATA}", project=REMINDS)


def test_it_is_fine_without_a_start_and_without_an_entry() -> None:
    files = {"project.yaml": REMINDS, "line.flow.yaml": "schema: callflow/1\nflow: line\n" + FLOW}
    from ivr.flow.loader import load_project

    loaded = load_project(files)
    assert [m for m in loaded.messages if m.severity == "error"] == []


def test_mistakes_in_calls_we_make() -> None:
    only(FLOW.replace("person: hello", "persn: hello"), "IVR162 <persn>", REMINDS)
    only(FLOW.replace("machine: leave_word", "machine: leave_wrd"), "IVR103 <leave_wrd>", REMINDS)
    only(FLOW, "IVR216 <ofice> There are no hours", REMINDS.replace("hours: office", "hours: ofice"))
    only(FLOW, "IVR110 <noanswer>", REMINDS.replace("hours: office", "hours: office, outcomes: {noanswer: lost}"))
    found = told(FLOW, REMINDS.replace("flow: line", "flow: lne"))
    assert found and found[0].startswith("IVR115 <lne>"), found
    only("nodes:\n  first: [{say: Hello., after: tone}, {end: Bye.}]\n", "IVR162 <after>")


TABLE = "number,flow,shop\n+15550100,line,Main Street\n+15550101,other,\n"
SHOPS = PROJECT.replace("{default: line}", "{default: line, table: numbers.csv}")
SHOP = "nodes:\n  first: [{end: \"Welcome to {call.data.shop or 'our shop'}.\"}]\n"
OTHER = "schema: callflow/1\nflow: other\nstart: first\nnodes:\n  first: [{end: Another line.}]\n"


def test_a_table_of_numbers() -> None:
    more = {"numbers.csv": TABLE, "other.flow.yaml": OTHER}
    given = 'to: "+15550100"'
    plays(SHOP, "- {says: Welcome to Main Street, end: completed}", given=given, project=SHOPS, more=more)
    plays(SHOP, "- {says: Welcome to our shop}", given='to: "+15550109"', project=SHOPS, more=more)
    loaded = load(SHOP, SHOPS, more=more)
    assert loaded.bundle is not None
    assert loaded.bundle.entry_numbers == {"+15550100": "line", "+15550101": "other"}


def test_mistakes_in_a_table() -> None:
    def one(table: str, start: str) -> None:
        found = told(SHOP, SHOPS, more={"numbers.csv": table, "other.flow.yaml": OTHER})
        assert len(found) == 1 and found[0].startswith(start), found

    one("number,flo\n", "IVR163 <n> Its first line lacks flow.")
    one("number,flow\n15550100,line\n", 'IVR163 <15550100> "15550100" is not a phone number')
    one("number,flow\n+15550100,lin\n", 'IVR115 <lin> There is no flow "lin". Did you mean "line"')
    one("number,flow\n+15550100,line\n+15550100,other\n", "IVR163 <+15550100> +15550100 has a flow already.")
    one("number,flow,shop\n+15550100,line\n", "IVR163 <+> This line has 2 values, and there are 3 columns.")
    found = told(SHOP, SHOPS)
    assert found[0].startswith('IVR163 <numbers.csv> There is no table "numbers.csv"'), found


def test_a_flow_that_nobody_calls_may_have_no_entry_but_others_must() -> None:
    fine(FLOW, REMINDS)
    found = told("nodes:\n  first: [{end: Bye.}]\n", PROJECT.replace("entry: {default: line}\n", ""))
    assert len(found) == 1 and found[0].startswith('IVR104 <s> project.yaml needs "entry:".'), found


def test_whoever_we_call_needs_a_way_to_a_person_too() -> None:
    told_of = [(message.code, message.place.file) for message in advise(bundle_of(FLOW, REMINDS))]
    assert told_of == [("IVR607", "line.flow.yaml")]
    way = "[{transfer: care, on: {no_answer: {end: Bye.}, failed: {end: Bye.}}}]"
    helped = FLOW.replace("[{end: {outcome: not_reached}}]", way)
    assert list(advise(bundle_of(helped, REMINDS))) == []
