"""What is proven for every call, and the road that is shown where it is not."""

from dataclasses import replace
from textwrap import dedent

from ivr.flow.grammar.tree import And, Not, Or, Ref, Truth
from ivr.flow.types import Type
from ivr.flow.views.proof import Claim, prove
from ivr.flow.views.roads import Stand, holds, roads_of
from tests.flow.projects import PROJECT, flow_text, load
from tests.flow.test_views import bundle_of

CHANGE = """
order:
  http: POST crm/v1/orders
  changes_things: yes
  confirm_with: sure
  results: {ok: {status: 201}}
"""
SURE = "sure: {type: yes_no, ask: Sure?}"


def claims(nodes: str, *, slots: str = "", tools: str = "", more: str = "", project: str = PROJECT) -> dict[str, Claim]:
    more = ("tools:\n" + "".join(f"  {line}\n" for line in tools.strip().splitlines()) if tools else "") + more
    return {claim.about: claim for claim in prove(bundle_of(nodes, slots=slots, more=more, project=project))}


def test_each_road_to_a_change_is_shown_with_what_guards_it() -> None:
    nodes = """
    first: [{menu: What?, options: {a: {hear: [order], goto: one}, b: {hear: [more], goto: two}}}]
    one: [{goto: send}]
    two: [{goto: send}]
    send: [{call: order, on: {ok: {end: Done.}, declined: {end: No.}, failed: {end: Sorry.}}}]
    """
    claim = claims(nodes, slots=SURE, tools=CHANGE)["order"]
    assert claim.proven and "the caller has just said yes (sure)" in claim.text
    assert claim.roads == ("first > one > send", "first > two > send")


def test_a_change_in_a_handler_is_not_forgotten() -> None:
    tools = CHANGE.replace("confirm_with: sure", "unconfirmed: a note for our own staff")
    claim = claims("first: [{end: Bye.}]", tools=tools, more="on_hangup: [{call: order}]\n")["order"]
    assert claim.roads == ("on_hangup",) and "a note for our own staff" in claim.text


def test_a_silent_caller_is_followed_through_every_ladder() -> None:
    nodes = """
    first: [{ask: a}, {end: Bye.}]
    second: [{ask: b}, {end: Bye.}]
    last: [{transfer: care, on: {no_answer: {end: Nobody.}, failed: {end: Nobody.}}}]
    """
    slots = """
    a: {type: name, ask: A?, trouble: {no_input: [{say: Sorry}, {goto: second}]}}
    b: {type: name, ask: B?, trouble: {no_input: [{say: Sorry}, {say: Sorry}, {say: Again}, {goto: last}]}}
    """
    claim = claims(nodes, slots=slots)["a silent caller"]
    assert claim.proven and "within 6 turns" in claim.text
    assert claim.roads == ("first > second > last",)


def test_a_call_that_we_make_is_proven_from_each_of_its_beginnings() -> None:
    project = PROJECT + 'outbound: {due: {flow: due, from: "+15550107788"}}\n'
    due = """\
    schema: callflow/1
    flow: due
    answered_by: {person: hello, machine: word}
    tools: {note: {http: POST crm/notes, changes_things: yes, unconfirmed: ours, results: {ok: {status: 201}}}}
    nodes:
      hello: [{end: Bye.}]
      word: [{call: note, on: {ok: {end: Done.}, failed: {goto: lost}}}]
      lost: [{goto: word}]
    """
    line = flow_text("first: [{end: Bye.}]")
    loaded = load(line, project, more={"due.flow.yaml": dedent(due)})
    assert loaded.bundle is not None, [str(message) for message in loaded.messages]
    found = {claim.about: claim for claim in prove(loaded.bundle) if claim.flow == "due"}
    assert found["note"].roads == ("word",)
    assert not found["its length"].proven and found["its length"].roads == ("word > lost > word",)


def test_a_silent_caller_who_is_led_in_a_circle_is_shown_it() -> None:
    slots = """
    a: {type: name, ask: A?, trouble: {no_input: [{goto: second}]}}
    b: {type: name, ask: B?, trouble: {no_input: [{goto: first}]}}
    """
    found = claims("first: [{ask: a}, {end: Bye.}]\nsecond: [{ask: b}, {end: Bye.}]", slots=slots)
    assert not found["a silent caller"].proven
    assert found["a silent caller"].roads == ("first > second > first",)


def test_a_menu_breaks_no_rule_so_its_third_ladder_leads_nowhere() -> None:
    more = "trouble: {no_input: [{goto: bye}], no_match: [{goto: bye}], invalid: [{goto: second}]}\n"
    menu = "[{menu: What?, options: {a: {hear: [again], goto: bye}, b: {hear: [no], goto: bye}}}]"
    nodes = f"first: {menu}\nsecond: [{{goto: first}}]\nbye: [{{end: Bye.}}]"
    assert claims(nodes, more=more)["a silent caller"].proven
    asked = nodes.replace(menu, "[{ask: n}, {goto: bye}]")
    found = claims(asked, more=more, slots="n: {type: number, to: 3, ask: N?}")["a silent caller"]
    assert not found.proven and found.roads == ("first > second > first",)


def test_turns_are_bounded_by_limits_or_by_having_no_circle() -> None:
    circle = "first: [{menu: What?, options: {a: {hear: [again], goto: first2}, b: {hear: [no], goto: bye}}}]\n"
    circle += "first2: [{menu: More?, options: {a: {hear: [yes], goto: first}, b: {hear: [no], goto: bye}}}]\n"
    circle += "bye: [{end: Bye.}]"
    found = claims(circle)["its length"]
    assert not found.proven and found.roads == ("first > first2 > first",)
    assert claims(circle, more="limits: {turns: 30}\n")["its length"].proven
    assert claims("first: [{end: Bye.}]")["its length"].proven


def test_a_card_is_asked_only_in_a_slot_that_keeps_it() -> None:
    nodes = "first: [{ask: card}, {end: Bye.}]"
    card = "card: {type: digits, length: 13-19, ask: Please type your credit card number.%s}"
    found = claims(nodes, slots=card % "")["cards"]
    assert not found.proven and 'asks for "credit card"' in found.text and found.roads == ("first",)
    assert claims(nodes, slots=card.replace(".%s", "., private: pci"))["cards"].proven
    hidden = "card: {type: digits, length: 13-19, check: mod10, ask: The long number in front?}"
    assert "looks like the number of a card" in claims(nodes, slots=hidden)["cards"].text


def test_a_condition_on_facts_alone_is_decided() -> None:
    known, other = Truth(Ref(("known",), Type.YES_NO, fact=True)), Truth(Ref(("reason",), Type.YES_NO))
    assert holds(known, frozenset({"known"})) is True and holds(Not(known), frozenset()) is True
    assert holds(And(known, other), frozenset()) is False and holds(And(known, other), frozenset({"known"})) is None
    assert holds(Or(known, other), frozenset({"known"})) is True and holds(Or(other, known), frozenset()) is None


def test_roads_pass_commands_rungs_and_repairs() -> None:
    nodes = """
    first:
      - ask: account
      - call: find
        on: {ok: {end: Bye.}, not_found: {say: No., retry: account, times: 2, leave: by_repair}, failed: {end: Bye.}}
    by_repair: [{end: Bye.}]
    by_rung: [{end: Bye.}]
    by_command: [{end: Bye.}]
    """
    slots = "account: {type: digits, length: 8, ask: Number?, trouble: {no_input: [{goto: by_rung}]}}"
    more = """\
tools: {find: {http: "GET crm/v1/{account}", results: {ok: {status: 200}, not_found: {status: 404}}}}
commands: {operator: {hear: [a person], goto: by_command}}
"""
    bundle = bundle_of(nodes, slots=slots, more=more)
    reached = {stand.node for stand in roads_of(bundle, bundle.flows["line"]).before}
    assert reached == {"first", "by_repair", "by_rung", "by_command"}
    assert roads_of(bundle, bundle.flows["line"]).first == Stand("line", "first", frozenset())


VERIFIED = """
schema: callflow/1
flow: verify
outcomes: {verified: [], unknown: []}
start: identify
slots: {account: {type: digits, length: 8, ask: Your number?}}
nodes:
  identify:
    - ask: account
    - if: account is "12345678"
      then: [{grant: known for account}, {return: verified}]
    - return: unknown
"""


def test_a_fact_granted_in_a_sub_flow_is_followed_by_its_outcome() -> None:
    flow = """\
schema: callflow/1
flow: line
start: first
tools: {area: {http: GET crm/v1/area, needs: known, results: {ok: {status: 200}}}}
nodes:
  first: [{run: verify, on: {verified: {goto: answer}, unknown: {goto: %s}}}]
  answer: [{call: area, on: {ok: {end: Yes.}, failed: {end: No.}}}]
  bye: [{end: Bye.}]
"""
    proven = load(flow % "bye", more={"verify.flow.yaml": VERIFIED})
    assert proven.bundle is not None, [str(message) for message in proven.messages]
    (claim,) = (claim for claim in prove(proven.bundle) if claim.about == "area")
    assert claim.proven and "known holds" in claim.text and claim.roads == ("first > answer",)
    assert "IVR611" in [message.code for message in load(flow % "answer", more={"verify.flow.yaml": VERIFIED}).messages]


def test_a_road_without_the_fact_is_shown() -> None:
    """The checker refuses such a flow; taken apart here, to see that the proof would too."""
    flow = """\
schema: callflow/1
flow: line
start: first
slots: {account: {type: digits, length: 8, ask: Your number?}}
tools: {area: {http: GET crm/v1/area, needs: known, results: {ok: {status: 200}}}}
nodes:
  first: [{ask: account}, {grant: known for account}, {goto: answer}]
  answer: [{call: area, on: {ok: {goto: more}, failed: {end: No.}}}]
  more: [{menu: More?, options: {a: {hear: [yes], goto: answer}, b: {hear: [no], goto: bye}}}]
  bye: [{end: Bye.}]
"""
    bundle = load(flow).bundle
    assert bundle is not None
    line = bundle.flows["line"]
    first = line.nodes["first"]
    without = replace(first, steps=(first.steps[0], first.steps[2]))
    broken = replace(bundle, flows={"line": replace(line, nodes={**line.nodes, "first": without})})
    assert {claim.about: claim.proven for claim in prove(bundle)}["area"]
    (claim,) = (claim for claim in prove(broken) if claim.about == "area")
    assert not claim.proven and claim.roads == ("first > answer",) and "nothing grants it" in claim.text
