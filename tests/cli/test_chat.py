"""`ivr chat`: a conversation by lines that are piped in."""

from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from ivr.cli.chat import chat
from ivr.cli.test import test as run_tests

app = typer.Typer()
app.command("chat")(chat)
app.command("test")(run_tests)

TOOL = ["1", "Ana", "1980-05-02", "42.50", "N1"]
"""The look-up's first result, and the values kept of it."""
TO_THE_BALANCE = ["my bill", "12345678", "may second nineteen eighty", *TOOL]


@pytest.fixture(autouse=True)
def _at_home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(Path(__file__).parents[2])


def talk(*lines: str, options: tuple[str, ...] = ()) -> tuple[int, str, str]:
    arguments = ["chat", "support", "--time", "2026-03-02 10:00", *options]
    result = CliRunner().invoke(app, arguments, input="".join(f"{line}\n" for line in lines))
    return result.exit_code, result.stdout, result.stderr


def test_words_and_keys_lead_to_the_balance() -> None:
    code, out, err = talk(*TO_THE_BALANCE, "no")
    assert code == 0
    assert "Ana, your balance is forty two dollars and fifty cents." in out
    assert out.splitlines()[-1].endswith("end     completed")
    assert "1  ok (first_name, born, balance, area)" in err


def test_a_result_may_be_picked_by_name_with_its_values_behind_it() -> None:
    picked = "ok first_name=Ana born=1980-05-02 balance=1 area='N 1'"
    code, out, _ = talk("my bill", "/keys 12345678", "05021980", picked)
    assert code == 0
    assert "your balance is one dollar." in out


def test_answers_come_from_a_test_file() -> None:
    _, out, err = talk(
        "my bill", "12345678", "05021980", options=("--answers", "flows/support/tests/support.test.yaml")
    )
    assert "Ana, your balance is" in out
    assert "What is the answer?" not in err


def test_silence_is_as_long_as_said_or_until_the_question_times_out() -> None:
    assert "I didn't hear you" not in talk("/silence 3s")[1]
    assert "I didn't hear you" in talk("/silence 3s", "/silence 4s")[1]
    assert "I didn't hear you" in talk("/silence")[1]


def test_vars_are_masked() -> None:
    _, out, _ = talk("my bill", "one two three four five six seven eight", "/vars")
    assert "slot      reason: bill" in out
    assert "account: ••••5678" in out
    assert "waits for a yes" in out
    assert "12345678" not in out


def test_why_tells_nodes_conditions_and_rungs_since_the_last_turn() -> None:
    _, out, _ = talk("my bill", "/why", "/silence", "/why")
    first, second = out.split("didn't hear you")[0], out.split("didn't hear you")[1]
    assert "node       who" in first
    assert "decided    if: no" in first
    assert "support.flow.yaml:" in first
    assert "no_input 1" in second
    assert "node       who" not in second


def test_hanging_up_ends_it_and_more_is_refused() -> None:
    code, out, err = talk("/hangup", "ok", "hello")
    assert code == 0
    assert "note_call" in out
    assert "caller_left" in out
    assert "The call is over." in err


def test_a_tool_that_nobody_answers_for_ends_the_conversation() -> None:
    code, _, err = talk("my bill", "12345678", "05021980")
    assert code == 1
    assert 'The flow calls "find_account"' in err


def test_an_answer_may_be_given_before_it_is_asked_for() -> None:
    ahead = "/answer find_account ok {first_name: Bea, born: 1980-05-02, balance: 3, area: N1}"
    code, out, err = talk(ahead, "my bill", "12345678", "05021980")
    assert code == 0
    assert "Bea, your balance is three dollars." in out
    assert "What is the answer?" not in err


def test_an_answer_that_is_none_is_told() -> None:
    _, _, err = talk("/answer find_acount ok", "/answer find_account {status: 99}")
    assert "There are: area_fault, care, find_account, note_call." in err
    assert "status is a number such as 200 or 404." in err


def test_the_time_in_the_call_passes_with_what_is_said() -> None:
    _, out, err = talk("/time", "/silence 3m", "/time")
    assert "It is Monday 2 March 2026, 10:00 there (America/New_York)." in err
    first, second = (line for line in out.splitlines() if line.startswith("It is Monday"))
    assert first != second


def test_what_is_not_understood_is_told() -> None:
    _, _, err = talk("/dance", "/keys x", "/silence long", "/save")
    assert "There is no /dance." in err
    assert "Keys are 0 to 9, * and #." in err
    assert "Write a length of time like 8s." in err
    assert "Say under which name:  /save NAME" in err


def test_a_conversation_is_saved_as_a_test_that_passes(tmp_path: Path) -> None:
    project = tmp_path / "line"
    (project / "tests").mkdir(parents=True)
    for file in Path("flows/support").glob("*.yaml"):
        (project / file.name).write_text(file.read_text())
    saved = project / "tests" / "saved.test.yaml"
    lines = ["/silence 8s", *TO_THE_BALANCE, "repeat that", "no", f"/save {saved}"]
    assert talk(*lines)[0] == 0
    result = CliRunner().invoke(app, ["test", str(saved)])
    assert result.exit_code == 0, result.stdout + saved.read_text()
    assert "1 passed" in result.stdout


def test_a_name_is_a_file_among_the_tests_and_no_test_is_overwritten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = tmp_path / "flows" / "support"
    project.mkdir(parents=True)
    for file in Path("flows/support").glob("*.yaml"):
        (project / file.name).write_text(file.read_text())
    monkeypatch.chdir(tmp_path)
    _, _, err = talk("my bill", "/save billing", "/save billing")
    assert f"written to {Path('flows/support/tests/billing.test.yaml')}" in err
    assert "is there already" in err


@pytest.mark.parametrize(
    "arguments",
    [["nowhere"], ["support/nowhere"], ["support", "--time", "noon"], ["support", "--answers", "README.md"]],
)
def test_wrong_usage(arguments: list[str]) -> None:
    assert CliRunner().invoke(app, ["chat", *arguments]).exit_code == 2
