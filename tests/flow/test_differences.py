"""What a change does to calls, in words; and that nothing that differs is passed over."""

import re

import pytest

from ivr.catalog import check_folder
from ivr.flow.loader import load_project
from ivr.flow.views.differences import differences
from tests.flow.test_mistakes import SOUND

FILES = {path.name: path.read_text(encoding="utf-8") for path in SOUND.iterdir()}


def changes(old: str, new: str, file: str = "line.flow.yaml") -> list[str]:
    assert FILES[file].count(old) == 1
    before = load_project(FILES).bundle
    loaded = load_project({**FILES, file: FILES[file].replace(old, new)})
    assert before is not None and loaded.bundle is not None, [str(message) for message in loaded.messages]
    return [change.text for change in differences(before, loaded.bundle)]


def test_the_same_project_changes_nothing_nor_do_lines_comments_and_notation() -> None:
    before = load_project(FILES).bundle
    moved = (
        FILES["line.flow.yaml"]
        .replace("nodes:", "# a remark\n\nnodes:")
        .replace(
            "on: {no_answer: {goto: bye}, failed: {goto: bye}}",
            "on:\n        no_answer: {goto: bye}\n        failed: {goto: bye}",
        )
    )
    after = load_project({**FILES, "line.flow.yaml": moved}).bundle
    assert before is not None and after is not None
    assert differences(before, after) == ()


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("confirm: if spoken", "confirm: always", "The question account is now always read back."),
        ("    confirm: if spoken\n", "", "The question account is not read back any more."),
        ("length: 8", "length: 6-8", "The question account now takes 6 to 8 digits; before, 8 digits."),
        (
            "hear: [bill, balance]",
            "hear: [bill, balance, invoice]",
            'New at the question reason: callers can say "invoice" for bill.',
        ),
        (
            "ask: What is your account number?",
            "ask: Your account number, please?",
            'The question account is now "Your account number, please?"; before, "What is your account number?".',
        ),
        (
            "ok: {goto: answer}",
            "ok: {goto: bye}",
            "Callers at account when find_account ends as ok now go to bye instead of answer.",
        ),
        (
            'if: reason is "fault"',
            'if: reason is "bill"',
            'At welcome: which way callers go now depends on whether reason is "bill"; '
            'before, on whether reason is "fault".',
        ),
        (
            "    - say: Welcome to the shop.\n",
            "",
            'At welcome: not any more that the caller hears "Welcome to the shop.".',
        ),
        (
            "- say: Welcome to the shop.",
            "- say: Welcome.",
            'At welcome: the caller now hears "Welcome." instead of "Welcome to the shop.".',
        ),
    ],
)
def test_a_change_is_told_in_words(old: str, new: str, said: str) -> None:
    assert said in changes(old, new)


def test_a_menus_option_that_leads_elsewhere_is_told_by_its_key() -> None:
    menu = '- ask: reason\n    - if: reason is "fault"\n      then: {goto: person}\n    - goto: account'
    options = '{a: {hear: [bill], key: "1", goto: account}, b: {hear: [fault], key: "2", goto: %s}}'
    files = {
        target: {
            **FILES,
            "line.flow.yaml": FILES["line.flow.yaml"].replace(menu, f"- {{menu: What?, options: {options % target}}}"),
        }
        for target in ("person", "bye")
    }
    one, other = (load_project(files[target]).bundle for target in ("person", "bye"))
    assert one is not None and other is not None
    texts = [change.text for change in differences(one, other)]
    assert texts == ["Callers who press 2 at welcome now go to bye instead of person."]


def test_a_command_and_the_project_are_told_too() -> None:
    said = changes("hear: [a person, operator]", "hear: [a person, operator, agent]", "project.yaml")
    assert said == ['New at every question: callers can say "agent" for operator.']
    assert changes("America/New_York", "Europe/Berlin", "project.yaml") == [
        "Today and now are those of Europe/Berlin instead of America/New_York."
    ]


def test_whatever_word_of_the_sample_changes_something_is_told() -> None:
    """A letter is put into each value of the sample in turn; what still loads as another bundle has to be told."""
    folder = SOUND.parents[3] / "flows" / "support"
    checked = check_folder(folder)
    files, before = dict(checked.files), checked.bundle
    assert before is not None
    tried = 0
    for file in ("support.flow.yaml", "project.yaml"):
        text = re.sub(r"#[^\n]*|about:[^\n]*", lambda found: " " * len(found.group()), files[file])
        for word in [*re.finditer(r"(?<=[\s\[{,:(\"])[a-z]{4,}(?=[\s\]},.\"?])", text)][::3]:
            other = files[file][: word.end()] + "x" + files[file][word.end() :]
            loaded = load_project({**files, file: other})
            if loaded.bundle is not None:
                tried += 1
                assert differences(before, loaded.bundle), (file, word.group(), word.start())
    assert tried > 20
