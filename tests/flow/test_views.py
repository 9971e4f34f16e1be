"""What people are shown of a flow: a question explained, a picture, Mermaid text."""

import itertools
import re
from pathlib import Path
from xml.etree import ElementTree

from ivr.catalog import check_folder
from ivr.flow.flow import Bundle
from ivr.flow.views.explanation import Explanation, explain
from ivr.flow.views.graph import graph_of
from ivr.flow.views.layout import Layout, Size, lay_out
from ivr.flow.views.mermaid import mermaid
from ivr.flow.views.picture import picture
from ivr.flow.views.wording import length
from tests.flow.projects import PROJECT, flow_text, load


def bundle_of(nodes: str, *, slots: str = "", more: str = "", project: str = PROJECT) -> Bundle:
    loaded = load(flow_text(nodes, slots=slots, more=more), project)
    assert loaded.bundle is not None, [str(message) for message in loaded.messages]
    return loaded.bundle


def explained(bundle: Bundle, name: str) -> Explanation:
    (found,) = explain(bundle, bundle.flows["line"], name)
    return found


def section(found: Explanation, title: str) -> list[str]:
    (one,) = (section for section in found.sections if section.title == title)
    return [f"{text} [{origin}]" if origin else text for text, origin in one.lines]


# ---- a question explained


def test_each_rung_is_told_with_the_level_and_line_it_comes_from() -> None:
    project = PROJECT + "trouble:\n  no_input: [{say: P1}, {say: P2}, {say: P3}, {goto: bye}]\n"
    nodes = """
    first:
      trouble: {no_input: [{say: N1}, {say: N2}]}
      do: [{ask: account}, {goto: bye}]
    bye: [{end: Bye.}]
    """
    slots = "account: {type: digits, length: 8, ask: Your number?, trouble: {no_input: [{say: Q1}]}}"
    more = "trouble: {no_input: [{say: F1}, {say: F2}, {say: F3}]}\n"
    found = explained(bundle_of(nodes, slots=slots, more=more, project=project), "account")
    assert section(found, "When nothing is said") == [
        '1. hears "Q1" [question, line.flow.yaml:5]',
        '2. hears "N2" [node, line.flow.yaml:9]',
        '3. hears "F3" [flow, line.flow.yaml:6]',
        "4. goes to bye [project, project.yaml:9]",
    ]
    assert section(found, "When it cannot be right")[2] == '3. hears "Goodbye." and the call ends [built in]'


def test_commands_are_told_as_they_are_at_this_question() -> None:
    project = PROJECT + 'commands: {operator: {hear: [a person], key: "0", goto: bye}}\n'
    nodes = "first: [{ask: account}, {goto: bye}]\nbye: [{end: Bye.}]"
    slots = "account: {type: digits, length: 8, ask: Your number?, commands: {help: no}}"
    found = section(explained(bundle_of(nodes, slots=slots, project=project), "account"), "Commands")
    assert "help: switched off (question)" in found
    sleeps = 'operator: "a person" (key 0 sleeps while digits are entered), goes to bye [project, project.yaml:8]'
    assert sleeps in found


def test_choices_out_of_a_list_are_told_as_they_are_offered() -> None:
    project = PROJECT + 'commands: {operator: {hear: [a person], key: "0", goto: bye}}\n'
    nodes = """
    first: [{call: look, on: {ok: {goto: choose}, failed: {goto: bye}}}]
    choose: [{ask: at}, {goto: bye}]
    bye: [{end: Bye.}]
    """
    slots = """
    at:
      type: choice
      ask: Which of these?
      options_from: {list: free, say: "{item.time as time}", keep: item.time, page: 3, more: {hear: [later], key: "9"}}
    """
    tools = "look: {http: GET crm/free, results: {ok: {keep: {free: {from: $.free, list_of: {time: time}}}}}}"
    loaded = load(flow_text(nodes, slots=slots, tools=tools), project)
    assert loaded.bundle is not None, [str(message) for message in loaded.messages]
    found = explained(loaded.bundle, "at")
    item = 'an item of free by "{item.time as time}", by its value, a word only it has, or its place: 3 at a time'
    assert [text.partition(" [")[0] for text in section(found, "The caller may say")] == [item, '"later" for more']
    assert [text.partition(" [")[0] for text in section(found, "The caller may press")] == [
        "1 to 3 for the items, as they are offered",
        "9 for more",
    ]
    assert 'operator: "a person", or 0, goes to bye [project, project.yaml:8]' in section(found, "Commands")


def test_where_nothing_is_listened_to_commands_have_keys_alone() -> None:
    project = PROJECT + 'commands: {operator: {hear: [a person], key: "*0", goto: bye}}\n'
    nodes = "first: [{ask: card}, {goto: bye}]\nbye: [{end: Bye.}]"
    slots = "card: {type: digits, length: 13-19, private: pci, ask: Your card?}"
    assert section(explained(bundle_of(nodes, slots=slots, project=project), "card"), "Commands") == [
        "by their keys alone: nothing is listened to here",
        "operator: *0, goes to bye [project, project.yaml:8]",
    ]


def test_waits_and_confirmation_are_told_in_words() -> None:
    nodes = "first: [{ask: account}, {end: Bye.}]"
    slots = (
        "account: {type: digits, length: 6-8, ask: Your number?, answer_within: 10s, confirm: if spoken, "
        'private: pii, turn: {pause: 900ms}, keys: {end: "*", pause: 4s}}'
    )
    found = explained(bundle_of(nodes, slots=slots), "account")
    assert section(found, "The caller may say")[0] == "digits, one by one or in pieces, 6 to 8 of them"
    assert section(found, "The caller may press") == ["digits, ended by * or by 4 seconds without a key"]
    assert section(found, "Waiting")[:2] == [
        "10 seconds without a word or a key count as silence",
        "a pause of 0.9 seconds ends the turn [question]",
    ]
    assert section(found, "After an answer")[0].startswith("typed, it is taken as it is; spoken, it is read back")


def test_a_node_explains_all_its_questions_and_an_unknown_name_none() -> None:
    bundle = bundle_of(
        "first: [{ask: [a, b]}, {end: Bye.}]", slots="a: {type: name, ask: A?}\nb: {type: name, ask: B?}"
    )
    assert [one.question for one in explain(bundle, bundle.flows["line"], "first")] == ["a", "b"]
    assert explain(bundle, bundle.flows["line"], "nothing") == ()


def test_lengths_of_time_are_said_as_people_say_them() -> None:
    assert [length(ms) for ms in (300, 1000, 1500, 8000, 90_000, 7_200_000)] == [
        "0.3 seconds",
        "1 second",
        "1.5 seconds",
        "8 seconds",
        "1 minute 30 seconds",
        "2 hours",
    ]


# ---- the graph

SAMPLE = check_folder(Path(__file__).parents[2] / "flows" / "support")


def test_the_graph_has_each_node_and_every_way_with_its_answers() -> None:
    assert SAMPLE.bundle is not None
    graph = graph_of(SAMPLE.bundle.flows["support"])
    ways = {(arrow.source, arrow.target, arrow.dim): arrow.label for arrow in graph.arrows}
    assert ways["welcome", "person", False] == 'if reason is "other"'
    assert ways["who", "person", False] == "not_found twice, failed"
    assert ways["person", "nobody", False] == "no_answer, failed"
    assert ways["*", "person", True].startswith("operator (0)")
    kinds = {box.name: box.kind for box in graph.boxes}
    assert (kinds["welcome"], kinds["person"], kinds["goodbye"]) == ("start", "person", "end")


def test_the_picture_is_well_formed_and_names_every_node() -> None:
    assert SAMPLE.bundle is not None
    graph = graph_of(SAMPLE.bundle.flows["support"])
    root = ElementTree.fromstring(picture(graph))
    names = {one.get("id", "").removeprefix("node-") for one in root.iter("{http://www.w3.org/2000/svg}g")}
    assert {box.name for box in graph.boxes} - {"*"} <= names
    texts = [one.text for one in root.iter("{http://www.w3.org/2000/svg}text")]
    assert "not_found twice, failed" in texts


def test_boxes_and_labels_lie_on_nothing_else() -> None:
    names = [f"n{number}" for number in range(14)]
    boxes = {name: Size(60 + 7 * (number % 5), 30) for number, name in enumerate(names)}
    label = Size(40, 18)
    arrows = [(a, b, label) for a, b in itertools.pairwise(names)]
    arrows += [(names[k], names[(k * 5 + 3) % 14], label if k % 2 else None) for k in range(14)]
    layout: Layout = lay_out(boxes, [(a, b, size) for a, b, size in arrows], "n0")
    placed = [(layout.boxes[name], boxes[name]) for name in names]
    placed += [(way.label, label) for way in layout.ways if way.label is not None]
    for (one, its), (other, others) in itertools.combinations(placed, 2):
        across = abs(one.x - other.x) >= (its.width + others.width) / 2 - 0.1
        down = abs(one.y - other.y) >= (its.height + others.height) / 2 - 0.1
        assert across or down


def test_mermaid_text_has_only_what_its_grammar_allows() -> None:
    nodes = """
    first:
      - menu: 'Say "one" (or #2) {now}; [x] | <y>?'
        options: {a: {hear: [one], key: "1", goto: first}, b: {hear: [two], goto: bye}}
    bye: [{end: Bye.}]
    """
    bundle = bundle_of(nodes.replace("{now}", "now"))
    text = mermaid(graph_of(bundle.flows["line"]))
    lines = text.splitlines()
    assert lines[0] == "flowchart TD"
    box = re.compile(r'  n\d+(\(\["|\[\["|\{\{"|\["|\[/")(<b>[^"<>]*</b>(<br/>[^"<>|]*)*)("\]\)|"\]\]|"\}\}|"\]|"/\])')
    way = re.compile(r'  n\d+ (-->|-\.->)(\|"[^"<>|{}\[\]()]*"\|)? n\d+')
    for line in lines[1:]:
        assert box.fullmatch(line) or way.fullmatch(line) or line.startswith(("  linkStyle ", "  style ")), line
    assert "#34;one#34;" in text
