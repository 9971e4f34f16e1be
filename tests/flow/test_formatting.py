"""`ivr fmt`: the same project in block form, comments kept, and the same again when it is done twice."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivr.flow.formatting import CannotFormat, format_text, needs_quotes
from ivr.flow.loader import load_project
from ivr.flow.views.bare import bare
from ivr.flow.yaml_tree import Keys, Scalar, read_tree

ROOT = Path(__file__).parents[2]
FILES = [*ROOT.glob("flows/*/*.yaml"), *ROOT.glob("flows/*/tests/*.yaml"), *ROOT.glob("tests/flow/mistakes/sound/*")]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_what_ships_can_be_formatted_and_stays_so(file: Path) -> None:
    made = format_text(file.read_text(encoding="utf-8"), file.name)
    assert format_text(made, file.name) == made
    assert not any(line.strip()[:1] == "{" for line in made.splitlines())


def test_the_sample_is_the_same_project_afterwards() -> None:
    folder = ROOT / "flows" / "support"
    files = {path.name: path.read_text(encoding="utf-8") for path in folder.glob("*.yaml")}
    files |= {f"tools/{path.name}": path.read_text(encoding="utf-8") for path in (folder / "tools").glob("*.py")}
    made = {name: format_text(text, name) if name.endswith(".yaml") else text for name, text in files.items()}
    before, after = load_project(files), load_project(made)
    assert before.bundle is not None and after.bundle is not None
    assert bare(before.bundle.flows) == bare(after.bundle.flows)
    assert [m.code for m in before.messages] == [m.code for m in after.messages]


def test_comments_stay_where_they_belong() -> None:
    text = """\
# about the file
schema: callflow/1   # the first
apis: {crm: {url: https://a}}   # for a trial

# about the nodes
nodes:
  # about first
  first: [{say: "One, two."}, {end: 'It''s "so".'}]   # a line of its own


  second:   # behind it
    - goto: first
# the last
"""
    assert (
        format_text(text, "x")
        == """\
# about the file
schema: callflow/1  # the first
apis:  # for a trial
  crm:
    url: https://a

# about the nodes
nodes:
  # about first
  first:  # a line of its own
    - say: One, two.
    - end: It's "so".

  second:  # behind it
    - goto: first
# the last
"""
    )


def test_quotes_are_kept_where_a_text_would_be_misread() -> None:
    text = """\
a: "plain words"
b: "{first_name}, hello"
c: "Note: this"
d: '* star'
e: "0"
f: 'no'
g: "it's"
h: "- dash"
i: "tail #1"
j: ""
k: no
"""
    assert (
        format_text(text, "x")
        == """\
a: plain words
b: "{first_name}, hello"
c: "Note: this"
d: "* star"
e: "0"
f: "no"
g: it's
h: "- dash"
i: "tail #1"
j: ""
k: no
"""
    )


def test_a_file_with_mistakes_is_left_alone() -> None:
    with pytest.raises(CannotFormat):
        format_text("a: [1, 2", "x")


@settings(max_examples=300, deadline=None)
@given(st.lists(st.text(alphabet="ab :#-{}[]'\"*&!%|>@,\\n\t\n?`.0~é", max_size=12), min_size=1, max_size=4))
def test_any_text_is_the_same_text_afterwards(texts: list[str]) -> None:
    quoted = "\n".join(f"k{n}: {json.dumps(text, ensure_ascii=False)}" for n, text in enumerate(texts))
    made = format_text(quoted, "x")
    tree, _ = read_tree(made, "x")
    assert isinstance(tree, Keys)
    assert [value.text for _, value in tree.entries if isinstance(value, Scalar)] == texts
    assert format_text(made, "x") == made


def test_words_need_no_quotes() -> None:
    assert not needs_quotes("What's your eight digit account number? You can say it or type it.")
    assert needs_quotes("Press 1: bill") and needs_quotes("{name}") and needs_quotes("> more")
