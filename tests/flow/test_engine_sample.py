"""The sample line, turn by turn."""

from ivr.flow.state import SayEffect
from ivr.flow.types import Interrupt
from tests.flow.phone import SUPPORT, Line, project_on_disk, talk

ANA = {"first_name": "Ana", "born": "1980-05-02", "balance": "42.50", "area": "N1"}


def support() -> Line:
    return Line(project_on_disk(SUPPORT), "support").begins()


def test_spoken_digits_are_read_back_and_corrected() -> None:
    line = support()
    assert "This call is recorded." in line.says
    assert line.asks == "reason"
    line.hears("It's about my bill.")
    assert line.asks == "account"
    line.hears("one two three four five six seven nine")
    assert line.reads_back == "12345679"
    line.hears("no, it ends in seven eight")
    assert line.reads_back == "12345678"
    line.hears("yes")
    assert line.asks == "birth_date"
    line.hears("May second nineteen eighty")
    assert [(c.tool, dict(c.arguments)) for c in line.calls] == [("find_account", {"account": "12345678"})]
    line.tool("ok", **ANA)
    assert line.says.startswith("Ana, your balance is forty two dollars and fifty cents.")
    assert "one two three four" not in line.says
    line.hears("no")
    assert "Goodbye" in line.says
    assert line.ends == "completed"


def test_a_fault_by_keys_alone_with_a_number_that_is_not_known_at_first() -> None:
    line = support()
    notice = next(e for e in line.effects if isinstance(e, SayEffect))
    assert notice.interrupt is Interrupt.NO
    line.keys("2")
    assert line.asks == "account"
    line.keys("11112222")
    assert line.asks == "birth_date"
    line.keys("05021980")
    line.tool("not_found")
    assert line.says.startswith("I can't find that account")
    assert line.asks == "account"
    line.keys("12345678")
    line.tool("ok", **{**ANA, "balance": "0"})
    assert [(c.tool, dict(c.arguments)) for c in line.calls] == [("area_fault", {"area": "N1"})]
    line.tool("fault", fixed_by="17:30")
    assert "fixed by half past five" in line.says
    assert (line.node, line.slot("reason")) == ("anything_else", "fault")
    line.hangs_up()
    assert [c.tool for c in line.calls] == ["note_call"]
    assert line.sent.arguments["told"] is True
    assert line.state.outcome == "caller_left"


def test_silence_leads_to_a_person_and_nobody_is_there() -> None:
    line = support()
    said = []
    for _ in range(3):
        line.silence()
        said.append(line.says)
    assert "I didn't hear you" in said[0]
    assert "Press 1 for your bill" in said[1]
    assert line.dials == "care"
    line.transfer("no_answer")
    assert "nobody can take your call" in line.says
    assert line.ends == "completed"


def test_an_interrupted_call_comes_to_a_person_from_anywhere() -> None:
    for turns in ([], ["bill"], ["bill", "#12345678"], ["bill", "one two three four five six seven eight"]):
        line = support()
        talk(line, turns)
        line.hears("a person")
        assert line.dials == "care"
