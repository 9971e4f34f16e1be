"""How files are written: strict YAML in which every scalar is text until it has a type, and its traps."""

import pytest

from ivr.flow.loader import load_project
from tests.flow.language.trial import HEAD, PROJECT, bundle_of, fine, only, plays, told

BYE = "  bye: [{end: Goodbye.}]\n"


def codes(text: str) -> list[tuple[str, int, int]]:
    loaded = load_project({"project.yaml": PROJECT, "line.flow.yaml": text})
    assert loaded.bundle is None
    return [(m.code, m.place.line, m.place.column) for m in loaded.messages if m.place.file == "line.flow.yaml"]


@pytest.mark.parametrize(
    "word", ["yes", "no", "on", "off", "012", "1:30", "12:30", "1_000", "0x1F", "1e3", "~", "null", ".5"]
)
def test_a_scalar_is_text(word: str) -> None:
    """Nothing of YAML 1.1 or 1.2 makes a sentence a number, a time of day or nothing at all."""
    plays(f"nodes:\n  first: [{{say: {word}}}, {{end: Goodbye.}}]\n", f"- {{says: '{word}', end: completed}}")


def test_keys_and_digits_keep_their_zeros() -> None:
    flow = """
        slots: {pin: {type: digits, length: 4, ask: Your pin?}}
        vars: {code: {type: digits, value: 0042}}
        nodes:
          first:
            - ask: pin
            - if: pin is "0042"
              then: {end: Equal.}
              else: {end: Other.}
        """
    plays(flow, "- {asks: pin, slot: {code: 0042}}\n- {keys: 0042, says: Equal, end: completed}")


def test_a_comma_in_flow_style_ends_the_sentence() -> None:
    found = only(f"nodes:\n  first: [{{say: Not a diagnosis, a dose}}, {{goto: bye}}]\n{BYE}", "IVR004 <a dose>")
    assert found == (
        'IVR004 <a dose> The comma ends the sentence here: YAML reads "a dose" as a second key. '
        "Put quotes around the whole sentence, or move it to its own line."
    )


def test_a_comma_in_a_list_of_wordings_cannot_be_seen() -> None:
    fine(f"nodes:\n  first:\n    - say: Hello, this is Harbour, a company.\n    - goto: bye\n{BYE}")


def test_a_key_twice() -> None:
    only(f"nodes:\n  first: [{{goto: bye}}]\n{BYE}  bye: [{{end: Again.}}]\n", "IVR002 <bye>")
    only(f"nodes:\n  first: [{{say: One., say: Two.}}, {{goto: bye}}]\n{BYE}", "IVR002 <say>")


def test_a_key_without_a_value() -> None:
    only(f"about:\nnodes:\n  first: [{{goto: bye}}]\n{BYE}", "IVR003 <about>")
    only(f"nodes:\n  first:\n    - say:\n    - goto: bye\n{BYE}", "IVR003 <say>")


def test_quoted_texts_may_begin_with_anything() -> None:
    for said in ("{", "[", "*", "&", "@", "#", "!", "%", "|", ">", "- "):
        if said == "{":
            continue  # a brace is a field, quoted or not
        fine(f'nodes:\n  first:\n    - say: "{said}one: two # three"\n    - goto: bye\n{BYE}')


@pytest.mark.parametrize("said", ["&a hello", "*a", "!secret hello", "!!python/object:os.system hello"])
def test_anchors_aliases_and_tags(said: str) -> None:
    found = codes(HEAD + f"nodes:\n  first:\n    - say: {said}\n    - goto: bye\n{BYE}")
    assert len(found) == 1 and found[0][0] in ("IVR006", "IVR001") and found[0][1] == 6, found


def test_a_merge_key_is_a_key_nothing_knows() -> None:
    found = codes(HEAD + f"nodes:\n  first: [{{<<: {{say: Hi.}}, goto: bye}}]\n{BYE}")
    assert [code for code, _, _ in found] == ["IVR101"]


def test_tabs() -> None:
    assert [(c, line) for c, line, _ in codes(HEAD + f"nodes:\n\tfirst: [{{goto: bye}}]\n{BYE}")] == [("IVR001", 5)]


def test_a_byte_order_mark_and_carriage_returns() -> None:
    text = HEAD + f"nodes:\n  first:\n    - say: Hello there.\n    - goto: nowhere\n{BYE}"
    assert codes("\ufeff" + text) == codes(text) == codes(text.replace("\n", "\r\n")) == [("IVR103", 7, 13)]


def test_a_second_document() -> None:
    assert [c for c, _, _ in codes(HEAD + f"nodes:\n  first: [{{goto: bye}}]\n{BYE}---\nb: c\n")] == ["IVR001"]


@pytest.mark.parametrize("text", ["", "\n\n", "# nothing but a comment\n", "---\n"])
def test_an_empty_file(text: str) -> None:
    found = codes(text)
    assert [c for c, _, _ in found] == ["IVR001"], found


@pytest.mark.parametrize("text", ["- a\n- b\n", "hello\n", "[]\n", "42"])
def test_a_file_that_is_no_mapping(text: str) -> None:
    assert [c for c, _, _ in codes(text)] == ["IVR102"]


def test_depth() -> None:
    for text in ("[" * 10_000, "[" * 10_000 + "]" * 10_000, "{a: " * 10_000 + "b" + "}" * 10_000):
        found = codes(HEAD + "nodes: " + text)
        assert [c for c, _, _ in found] == ["IVR001"], found[:3]
    block = "".join("  " * n + "a:\n" for n in range(1000)) + "  " * 1000 + "b"
    assert [c for c, _, _ in codes(block)][:1] == ["IVR001"]


def test_billions_of_laughs() -> None:
    laughs = "a: &a [lol, lol, lol]\n" + "".join(
        f"{chr(98 + n)}: &{chr(98 + n)} [{', '.join([f'*{chr(97 + n)}'] * 9)}]\n" for n in range(20)
    )
    found = codes(laughs)
    assert "IVR006" in {c for c, _, _ in found} and len(found) < 300, found[:5]


def test_more_than_a_million_characters() -> None:
    assert codes(HEAD + "# " + "x" * 1_000_001) == [("IVR001", 1, 1)]


def test_characters_that_yaml_forbids() -> None:
    assert [c for c, _, _ in codes(HEAD + "about: a\x00b\n")] == ["IVR001"]


def test_unclosed_things() -> None:
    for wrong in ("first: [{goto: bye}", 'first: [{say: "Hello}]', "first: [{goto: bye}]]", "first: - goto: bye"):
        found = codes(HEAD + f"nodes:\n  {wrong}\n{BYE}")
        assert len(found) == 1 and found[0][0] == "IVR001", (wrong, found)


def test_a_colon_in_a_sentence() -> None:
    loaded = load_project(
        {"project.yaml": PROJECT, "line.flow.yaml": HEAD + f"nodes:\n  first:\n    - say: One thing: hold.\n{BYE}"}
    )
    assert [(m.code, m.text) for m in loaded.messages] == [("IVR001", "There is a second colon in this line.")]


def test_one_step_may_stand_without_the_list() -> None:
    plays("nodes:\n  first: {end: Goodbye.}\n", "- {says: Goodbye, end: completed}")


def test_an_unknown_key_is_an_error_with_the_nearest_one() -> None:
    assert 'Did you mean "interrupt"?' in only(
        f"nodes:\n  first: [{{say: Hi., interupt: no}}, {{goto: bye}}]\n{BYE}", "IVR101 <interupt>"
    )


def test_the_schema_is_named_in_every_file() -> None:
    files = {"project.yaml": PROJECT, "line.flow.yaml": f"flow: line\nstart: bye\nnodes:\n{BYE}"}
    assert [m.code for m in load_project(files).messages] == ["IVR104"]
    files["line.flow.yaml"] = f"schema: callflow/9\nflow: line\nstart: bye\nnodes:\n{BYE}"
    assert [(m.code, m.place.line, m.place.column) for m in load_project(files).messages] == [("IVR105", 1, 9)]


def test_a_flow_is_named_as_its_file() -> None:
    files = {"project.yaml": PROJECT, "line.flow.yaml": f"schema: callflow/1\nflow: lime\nstart: bye\nnodes:\n{BYE}"}
    assert [m.code for m in load_project(files).messages] == ["IVR111"]


@pytest.mark.parametrize("written", ["300ms", "8s", "15m", "2h", "1d"])
def test_lengths_of_time(written: str) -> None:
    fine(f"limits: {{call: {written}}}\nnodes:\n{BYE.replace('bye', 'first')}")


@pytest.mark.parametrize("written", ["8", "8 sec", "-8s", "s", "8S"])
def test_no_lengths_of_time(written: str) -> None:
    only(f"limits: {{call: {written}}}\nnodes:\n{BYE.replace('bye', 'first')}", f"IVR105 <{written}>")


RESERVED = (
    *("question", "hint", "keypad_hint", "why", "item", "position", "caller", "call", "hours", "today", "now"),
    *("empty", "open", "yes", "no"),
)


@pytest.mark.parametrize("name", RESERVED)
def test_names_that_no_slot_may_have(name: str) -> None:
    found = told(f"slots: {{{name}: {{type: text, ask: What?}}}}\nnodes:\n  first: [{{end: Goodbye.}}]\n")
    assert found[0].startswith(f"IVR107 <{name}>") and len(found) == 1, found


def test_slots_vars_and_kept_values_share_one_space_of_names() -> None:
    only(
        "slots: {a: {type: text, ask: What?}}\nvars: {a: {type: number, value: 1}}\nnodes:\n  first: [{end: Bye.}]\n",
        "IVR107 <a>",
    )


def test_a_project_must_have_a_zone_and_entries() -> None:
    found = told("nodes:\n  first: [{end: Goodbye.}]\n", "schema: callflow/1\nproject: line\n")
    assert [line.split()[0] for line in found] == ["IVR104", "IVR104"] and "zone" in found[0] + found[1]
    assert (
        "America/New_York" in told("nodes:\n  first: [{end: Bye.}]\n", PROJECT.replace("America/New_York", "Mars"))[0]
    )


def test_the_flow_of_the_number_that_was_dialled() -> None:
    bundle = bundle_of(
        "nodes:\n  first: [{end: Goodbye.}]\n", PROJECT.replace("{default: line}", '{default: line, "+15550100": line}')
    )
    assert (bundle.entry_default, bundle.entry_numbers) == ("line", {"+15550100": "line"})


def test_project_nodes_are_used_when_a_flow_has_none_of_that_name() -> None:
    project = PROJECT + "nodes:\n  bye: [{end: Project bye.}]\n  other: [{end: Other.}]\n"
    plays("nodes:\n  first: [{goto: bye}]\n", "- {says: Project bye, end: completed}", project=project)
    plays(
        "nodes:\n  first: [{goto: bye}]\n  bye: [{end: Own bye.}]\n",
        "- {says: Own bye, end: completed}",
        project=project,
    )


def test_a_value_that_a_flow_does_not_have_counts_as_empty_in_a_project_node() -> None:
    project = PROJECT + "nodes:\n  bye: [{end: \"Bye {guest or 'now'}.\"}]\n"
    asks = "slots: {guest: {type: name, ask: Who?}}\nnodes:\n  a: [{ask: guest}, {goto: bye}]\n"
    other = {"other.flow.yaml": f"schema: callflow/1\nflow: other\nstart: a\n{asks}"}
    assert told("nodes:\n  first: [{goto: bye}]\n", project, more=other) == []


def test_a_project_command_that_a_flow_cannot_follow_is_a_warning_and_inactive() -> None:
    project = PROJECT + "commands: {operator: {hear: [operator], goto: person}}\n"
    flow = "slots: {a: {type: yes_no, ask: Well?}}\nnodes:\n  first: [{ask: a}, {end: Goodbye.}]\n"
    found = told(flow, project)
    assert len(found) == 1 and found[0].startswith("warning IVR602 <person>"), found
    plays(flow, "- {asks: a}\n- {caller: operator, says: catch that, asks: a}", project=project)


def test_the_engines_own_ladder_ends_with_a_goodbye() -> None:
    flow = "slots: {a: {type: yes_no, ask: Well?}}\nnodes:\n  first: [{ask: a}, {end: Done.}]\n"
    plays(flow, "- {asks: a}\n- {silence: yes}\n- {silence: yes}\n- {silence: yes, says: Goodbye, end: completed}")
