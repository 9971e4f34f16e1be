"""Files to a bundle: what is read, what is refused and how it is told."""

import json
import re
from decimal import Decimal
from pathlib import Path

import pytest

from ivr.flow.codes import CODES
from ivr.flow.flow import Auth, Goto, Menu, Repair, Say
from ivr.flow.loader import load_project
from ivr.flow.schema import json_schema
from ivr.flow.types import Confirm, Privacy, Trouble, Type
from tests.flow.projects import PROJECT, codes, flow_text, load, load_flow, told

FLOWS = Path(__file__).parents[2] / "flows"


def files_of(project: str) -> dict[str, str]:
    folder = FLOWS / project
    return {path.name: path.read_text(encoding="utf-8") for path in folder.glob("*.yaml")}


@pytest.mark.parametrize("project", ["support", "bench"])
def test_the_published_projects_have_neither_errors_nor_warnings(project: str) -> None:
    loaded = load_project(files_of(project))
    assert [str(message) for message in loaded.messages] == []
    assert loaded.bundle is not None


def test_the_sample_is_read_as_it_is_written() -> None:
    bundle = load_project(files_of("support")).bundle
    assert bundle is not None
    flow = bundle.flows["support"]
    assert (bundle.zone, bundle.entry_default, bundle.secrets) == ("America/New_York", "support", {"CRM_TOKEN"})
    assert bundle.words["goodbye"] == "Thanks for calling Harbour. Goodbye."
    account, reason = flow.slots["account"], flow.slots["reason"]
    assert (account.type, account.length, account.privacy, account.confirm) == (
        Type.DIGITS,
        (8, 8),
        Privacy.PII,
        Confirm.IF_SPOKEN,
    )
    assert [(option.name, option.key, option.say) for option in reason.options] == [
        ("bill", "1", "bill"),
        ("fault", "2", "fault"),
        ("other", "3", "something else"),
    ]
    find, note = flow.tools["find_account"], flow.tools["note_call"]
    assert (find.method, find.api, find.auth, find.timeout_ms, find.retry.times) == (
        "GET",
        "crm",
        Auth("bearer", "CRM_TOKEN"),
        4000,
        2,
    )
    assert [segment.fixed for segment in find.segments] == ["v1", "accounts", None]
    assert find.takes == {"account": Type.DIGITS}
    ok = find.results[0]
    assert [(k.name, k.path, k.type, k.privacy) for k in ok.keep] == [
        ("first_name", ("first",), Type.NAME, Privacy.OPEN),
        ("born", ("dob",), Type.DATE, Privacy.PII),
        ("balance", ("balance",), Type.MONEY, Privacy.OPEN),
        ("area", ("area",), Type.TEXT, Privacy.OPEN),
    ]
    assert note.changes_things and note.takes == {"account": Type.DIGITS, "reason": Type.CHOICE, "told": Type.YES_NO}
    welcome = flow.nodes["welcome"].steps[0]
    assert isinstance(welcome, Say) and welcome.announces_recording and len(welcome.prompt.variants) == 2
    repair = flow.nodes["who"].steps[1].on["not_found"]
    assert isinstance(repair, Repair) and (repair.retry, repair.times, repair.leave) == (("account",), 2, "person")
    assert (flow.limits.call_ms, flow.limits.silence_ms, flow.limits.turns, flow.limits.tries) == (
        900_000,
        30_000,
        60,
        4,
    )
    assert {name for name, command in flow.commands.items() if command} == {
        "operator",
        "repeat",
        "help",
        "back",
        "cancel",
        "wait",
    }
    assert all(len(flow.trouble[kind]) == 3 for kind in Trouble)


TEN = """\
schema: callflow/1
flow: line
start: first
slots:
  account:
    type: digits
    length: seven
    private: pii
    ask: Your account number?
  severity: {type: number, from: 0, to: 10, ask: How bad is it?}
  reason:
    type: choice
    options: {bill: {hear: [bill], key: "0"}, fault: {hear: [fault], key: "2"}}
    ask: A bill or a fault?
    hnit: Say bill or fault.
tools:
  order: {http: POST crm/v1/orders, body: {account: "{account}"}, changes_things: yes, results: {ok: {status: 201}}}
nodes:
  first:
    - {say: Take it twice a day, a dose each}
    - ask: [account, severity, reason]
    - {if: severity is "high", then: {goto: fault_chek}}
    - say: "Your account is {account}."
    - call: order
      on: {ok: {goto: person}, failed: {goto: person}}
  fault_check:
    - say: "{acount as last 4}"
    - call: ordr
      on: {ok: {goto: person}}
  third: [{menu: Which?}]
  person: [{transfer: care, on: {no_answer: {end: Bye.}}}]
"""
TEN_PROJECT = PROJECT + 'commands: {operator: {hear: [a person], key: "0", goto: person}}\n'


def test_all_mistakes_of_all_files_are_told_in_one_pass_by_position() -> None:
    loaded = load(TEN, TEN_PROJECT)
    assert loaded.bundle is None
    found = [(m.place.file, m.place.line, m.place.column, m.code) for m in loaded.messages]
    assert found == [
        ("line.flow.yaml", 7, 13, "IVR105"),
        ("line.flow.yaml", 15, 5, "IVR101"),
        ("line.flow.yaml", 17, 3, "IVR120"),
        ("line.flow.yaml", 20, 34, "IVR004"),
        ("line.flow.yaml", 22, 24, "IVR204"),
        ("line.flow.yaml", 22, 45, "IVR103"),
        ("line.flow.yaml", 23, 30, "IVR503"),
        ("line.flow.yaml", 27, 14, "IVR206"),
        ("line.flow.yaml", 28, 13, "IVR110"),
        ("line.flow.yaml", 30, 12, "IVR104"),
        ("line.flow.yaml", 31, 13, "IVR108"),
        ("project.yaml", 8, 46, "IVR112"),
    ]


@pytest.mark.parametrize(
    ("code", "word", "said"),
    [
        ("IVR105", "seven", 'length: "seven" is not a number of digits. Write  length: 7  or a range such as  6-8.'),
        ("IVR101", "hnit", 'Slot "reason" has no key "hnit". Did you mean "hint"?'),
        (
            "IVR120",
            "order",
            '"order" changes something in the crm system but no answer confirms it. '
            "Add  confirm_with: SLOT  or write  unconfirmed:  with a reason.",
        ),
        (
            "IVR004",
            "a dose each",
            'The comma ends the sentence here: YAML reads "a dose each" as a second key. '
            "Put quotes around the whole sentence, or move it to its own line.",
        ),
        (
            "IVR204",
            '"high"',
            'This compares severity (a number) with "high" (text); it would never be true. '
            "severity goes from 0 to 10: did you mean  severity >= 7 ?",
        ),
        ("IVR103", "fault_chek", 'There is no node "fault_chek" in this flow. Did you mean "fault_check" (line 26)?'),
        ("IVR206", "acount", 'Nothing here has the name "acount". Did you mean "account"?'),
        ("IVR110", "ordr", 'There is no tool "ordr". Did you mean "order" (line 17)?'),
        (
            "IVR108",
            "transfer",
            '"care" can end as "failed", and nothing handles it. Add under on:  failed: {goto: fault_check}',
        ),
    ],
)
def test_each_message_marks_its_word_and_says_how_to_put_it_right(code: str, word: str, said: str) -> None:
    assert told(load(TEN, TEN_PROJECT), TEN, code) == (word, said)


def test_a_private_number_said_aloud_names_its_length_and_the_form() -> None:
    flow = flow_text(
        """
        first:
          - ask: account
          - say: "Your account is {account}."
          - end: Bye.
        """,
        slots="account: {type: digits, length: 8, private: pii, ask: Your number?}",
    )
    assert told(load(flow), flow, "IVR503") == (
        "account",
        '"{account}" is private, and this sentence would speak all eight digits to whoever is listening. '
        "Use  {account as last 4}.",
    )


def test_a_key_that_means_two_things_names_both_places() -> None:
    message = next(m for m in load(TEN, TEN_PROJECT).messages if m.code == "IVR112")
    assert message.text == ('Key "0" means operator everywhere, but the question at line.flow.yaml:13 also uses "0".')
    assert message.fix.endswith("switch it off:  commands: {operator: no}")


@pytest.mark.parametrize(
    "step",
    [
        "{wait: 5s}",
    ],
)
def test_what_the_language_knows_and_this_version_has_not_is_told_as_that(step: str) -> None:
    loaded = load(flow_text(f"first: [{step}, {{end: Bye.}}]"))
    assert loaded.bundle is None
    assert set(codes(loaded)) - {"IVR606"} == {"IVR190"}
    assert all(m.text.endswith("is known, but not in this version.") for m in loaded.messages if m.code == "IVR190")


def test_one_mistake_is_one_message_however_many_flows_meet_it() -> None:
    project = PROJECT + "on_error: [{sya: Sorry.}]\n"
    other = flow_text("first: [{end: Bye.}]").replace("flow: line", "flow: other")
    loaded = load(flow_text("first: [{end: Bye.}]"), project, more={"other.flow.yaml": other})
    assert codes(loaded) == ["IVR101"]


def test_a_duplicate_key_and_an_empty_key_are_errors() -> None:
    flow = "schema: callflow/1\nflow: line\nabout:\nstart: first\nstart: first\nnodes: {first: [{end: Bye.}]}\n"
    loaded = load(flow)
    assert [(m.code, m.place.line) for m in loaded.messages] == [("IVR003", 3), ("IVR002", 5)]


@pytest.mark.parametrize(
    "text", ["", "\t- x", "a: [", "a: b: c", "&x a", "- !!python/object:os.system x", "\x00", "{" * 60, "a: " * 3000]
)
def test_whatever_the_file_holds_it_is_told_and_never_raised(text: str) -> None:
    loaded = load(text)
    assert loaded.bundle is None
    assert loaded.messages and all(m.place.line >= 1 and m.place.column >= 1 for m in loaded.messages)


def test_a_project_without_its_file_is_told() -> None:
    assert codes(load_project({})) == ["IVR104"]  # type: ignore[arg-type]


def test_names_that_have_a_meaning_and_names_given_twice_are_refused() -> None:
    flow = flow_text(
        "first: [{end: Bye.}]",
        slots="""
        today: {type: text, ask: Hm?}
        count: {type: text, ask: Hm?}
        """,
        more="vars: {count: {type: number, value: 0}}\n",
    )
    assert codes(load(flow)) == ["IVR107", "IVR107"]


def test_scalars_are_text_until_the_schema_types_them() -> None:
    flow = load_flow(
        flow_text(
            "first: [{say: yes}, {say: 012}, {say: 12:30}, {end: no}]   # ivr: ignore IVR311 a trial",
            more="vars: {limit: {type: money, value: 42.50}, ref: {type: digits, value: 0042}}\n",
        )
    )
    said = [step.prompt.variants[0].fixed for step in flow.nodes["first"].steps if isinstance(step, Say)]
    assert said == ["yes", "012", "12:30"]
    assert (flow.vars["limit"].value, flow.vars["ref"].value) == (Decimal("42.50"), "0042")


def test_project_nodes_are_used_where_a_flow_has_none_of_that_name() -> None:
    project = PROJECT + "nodes:\n  person: [{transfer: care, on: {no_answer: {goto: bye}, failed: {goto: bye}}}]\n"
    project += "  bye: [{end: From the project.}]\n"
    flow = load_flow(flow_text("first: [{goto: person}]\nbye: [{end: From the flow.}]"), project)
    assert set(flow.nodes) == {"first", "person", "bye"}
    assert flow.nodes["bye"].place.file == "line.flow.yaml"


def test_a_project_command_without_its_node_is_a_warning_and_inactive() -> None:
    project = PROJECT + "commands: {operator: {hear: [a person], goto: person}}\n"
    loaded = load(flow_text("first: [{end: Bye.}]"), project)
    assert [(m.severity, m.code) for m in loaded.messages] == [("warning", "IVR602")]
    assert loaded.bundle is not None
    assert "operator" not in loaded.bundle.flows["line"].commands


def test_operator_and_cancel_do_nothing_until_they_have_a_goto_and_a_command_can_be_switched_off() -> None:
    project = PROJECT + "commands: {operator: {hear: [a person]}, help: no}\n"
    commands = load_flow(flow_text("first: [{end: Bye.}]"), project).commands
    assert "operator" not in commands and "cancel" not in commands
    assert commands["help"] is None
    repeat = commands["repeat"]
    assert repeat is not None and "say that again" in repeat.hear


def test_rungs_of_the_flow_come_before_those_of_the_project_and_a_list_that_leaves_is_complete() -> None:
    project = PROJECT + (
        "trouble:\n  no_input: [{say: P1}, {say: P2}, {goto: bye}]\n  no_match: [{say: P1}, {say: P2}, {goto: bye}]\n"
    )
    more = "trouble:\n  no_input: [{say: F1}]\n  no_match: [{say: F1}, {goto: bye}]\n"
    flow = load_flow(flow_text("first: [{goto: bye}]\nbye: [{end: Bye.}]", more=more), project)
    said = [
        [s.prompt.variants[0].fixed if isinstance(s, Say) else "goto" for r in flow.trouble[kind] for s in r.steps]
        for kind in (Trouble.NO_INPUT, Trouble.NO_MATCH)
    ]
    assert said == [["F1", "P2", "goto"], ["F1", "goto"]]


def test_a_keypad_hint_is_made_from_the_keys() -> None:
    flow = load_flow(
        flow_text(
            """
            first:
              - menu: What next?
                options:
                  more: {hear: [something else], key: "1", goto: first}
                  done: {hear: [no], key: "*", goto: bye}
            bye: [{end: Bye.}]
            """
        )
    )
    menu = flow.nodes["first"].steps[0]
    assert isinstance(menu, Menu) and menu.question.keypad_hint is not None
    assert menu.question.keypad_hint.variants[0].fixed == "Press 1 for something else or star for no."
    assert menu.name == "first" and isinstance(menu.options[0].steps[0], Goto)


def test_limits_can_be_lifted() -> None:
    project = PROJECT + "limits: {turns: 60, call: 15m}\n"
    limits = load_flow(flow_text("first: [{end: Bye.}]", more="limits: {turns: none}\n"), project).limits
    assert (limits.turns, limits.call_ms) == (None, 900_000)


def test_a_warning_is_waived_on_its_line_or_the_one_above_with_a_reason() -> None:
    nodes = "first: [{end: Bye.}]\n%s\nlost: [{end: Bye.}]%s\n"
    assert codes(load(flow_text(nodes % ("# a remark", "")))) == ["IVR601"]
    assert codes(load(flow_text(nodes % ("# ivr: ignore IVR601 for the next release", "")))) == []
    assert codes(load(flow_text(nodes % ("# a remark", "   # ivr: ignore IVR601 for the next release")))) == []
    assert codes(load(flow_text(nodes % ("# ivr: ignore IVR310 another code", "")))) == ["IVR601"]
    without = load(flow_text(nodes % ("# ivr: ignore IVR601", "")))
    assert codes(without) == ["IVR007", "IVR601"] and without.bundle is None


def test_errors_cannot_be_waived() -> None:
    loaded = load(flow_text("# ivr: ignore IVR103 I know better\nfirst: [{goto: nowhere}]"))
    assert "IVR103" in codes(loaded) and loaded.bundle is None


def test_the_hash_is_over_the_content() -> None:
    one, two = load(flow_text("first: [{end: Bye.}]")), load(flow_text("first: [{end: Good bye.}]"))
    assert one.bundle and two.bundle
    assert one.bundle.hash != two.bundle.hash
    again = load(flow_text("first: [{end: Bye.}]"))
    assert again.bundle and again.bundle.hash == one.bundle.hash


def test_every_code_that_can_be_told_has_a_page() -> None:
    room = Path(__file__).parents[2] / "ivr" / "flow"
    source = "".join(p.read_text(encoding="utf-8") for p in room.rglob("*.py") if p.name != "codes.py")
    used = set(re.findall(r'"(IVR\d{3})"', source))
    assert len(used) > 30
    assert used <= set(CODES)


def test_the_schema_for_editors_comes_from_the_same_shapes() -> None:
    schema = json_schema()
    assert schema["$schema"].startswith("http://json-schema.org/draft-07")
    text = json.dumps(schema)
    assert "$defs" not in text
    assert set(schema["definitions"]["SlotShape"]["properties"]) >= {"type", "ask", "from", "to", "private", "must"}
    assert schema["definitions"]["SlotShape"]["additionalProperties"] is False


def test_a_slip_of_the_pen_anywhere_in_the_sample_is_at_most_one_message() -> None:
    files = files_of("support")
    for file, text in files.items():
        for word in list(re.finditer(r"[a-z_]{4,}", text))[::14]:
            written = word.group()
            slip = f"{text[: word.start()]}{written[:2]}{written[3]}{written[2]}{written[4:]}{text[word.end() :]}"
            told_of = [str(message) for message in load_project({**files, file: slip}).messages]
            assert len(told_of) <= 1, (written, told_of)
