"""Questions: which slots, in which order, what fits, what is read back."""

from datetime import date
from decimal import Decimal

import pytest

from ivr.flow.state import SayEffect
from ivr.flow.types import Interrupt, Privacy
from tests.flow.phone import Line, talk, trial

TWO = """
about: Two slots.
start: who
slots:
  account: {type: digits, length: 8, private: pii, confirm: if spoken, ask: Your number?, hint: It is on your bill.}
  birth: {type: date, private: pii, ask: Your birthday?, must: {be: birth before today, else: That is in the future.}}
nodes:
  who: [{ask: [account, birth]}, {goto: bye}]
"""


def test_keys_are_trusted_and_speech_is_read_back() -> None:
    line = trial(TWO)
    line.keys("12345678")
    assert (line.asks, line.slot("account")) == ("birth", "12345678")
    line = trial(TWO)
    line.hears("one two three four five six seven eight")
    assert line.reads_back == "12345678"
    assert line.slot("account") is None, "not there for conditions and tools until the caller agrees"
    assert "••••5678" in line.shows and "five six" not in line.shows
    line.hears("yes")
    assert (line.asks, line.slot("account")) == ("birth", "12345678")
    assert line.state.standings[-1].slots["account"].confirmed


def test_yes_by_key_while_a_value_is_read_back() -> None:
    line = trial(TWO)
    line.hears("one two three four five six seven eight")
    assert line.listening.keys.single >= {"1", "2", "0"}
    line.keys("1")
    assert line.asks == "birth"


def test_one_answer_may_fill_both() -> None:
    line = trial(TWO)
    assert [e.slot for e in line.listening.expects] == ["account", "birth"]
    line.hears("one two three four five six seven eight, born May second nineteen eighty")
    assert line.reads_back == "12345678"
    line.hears("yes")
    assert line.ends == "completed"
    assert line.slot("birth") == date(1980, 5, 2)


def test_no_asks_again_on_the_ladder_and_the_third_no_leaves() -> None:
    line = trial(TWO)
    for _ in range(2):
        talk(line, ["one two three four five six seven nine", "no"])
        assert line.asks == "account"
        assert line.says.endswith("Your number?")
    talk(line, ["one two three four five six seven nine", "no"])
    assert line.ends == "completed"


def test_a_correction_while_a_value_is_read_back_is_read_back_too() -> None:
    line = trial(TWO)
    talk(line, ["one two three four five six seven nine", "no, it ends in seven eight"])
    assert line.reads_back == "12345678"


def test_a_broken_rule_says_why_and_keeps_the_rest() -> None:
    line = trial(TWO)
    talk(line, ["#12345678", "#05022090"])
    assert line.asks == "birth"
    assert line.says == "That is in the future. Your birthday?"
    assert line.slot("birth") is None
    assert line.slot("account") == "12345678"


def test_the_wrong_number_of_digits_is_invalid() -> None:
    line = trial(TWO)
    line.keys("1234")
    assert line.says == "That doesn't have the right number of digits. Your number?"
    line.keys("1234")
    assert line.says == "That doesn't have the right number of digits. It is on your bill. Your number?"


def test_private_words_are_masked_in_what_is_told() -> None:
    line = trial(TWO)
    talk(line, ["one two three four five six seven eight", "yes", "#05021980"])
    assert [s.text for s in line.state.told if s.who == "caller"] == ["••••5678", "yes", "••••"]
    assert line.listening.privacy is Privacy.OPEN if line.state.listening else True


def test_the_question_of_a_private_slot_is_private() -> None:
    assert trial(TWO).listening.privacy is Privacy.PII


ORDER = """
about: An order.
start: order
slots:
  size: {type: choice, options: {small: {hear: [small], key: "1"}, large: {hear: [large], key: "2"}}, ask: Which size?}
  gift: {type: yes_no, ask: Is it a gift?}
  card: {type: text, only_if: gift, ask: What should the card say?}
  amount: {type: money, from: 5, to: 500, ask: How much?}
  note: {type: text, optional: yes, skip: {hear: [nothing], key: "#"}, ask: Anything to add?}
nodes:
  order:
    - {ask: [size, gift, card, amount, note], open: What would you like?}
    - goto: bye
"""


def test_open_is_said_while_nothing_is_filled() -> None:
    line = trial(ORDER)
    assert line.says == "What would you like?"
    line.keys("1")
    assert line.says == "Is it a gift?"


def test_only_if_skips_a_slot_and_asks_it_when_it_holds() -> None:
    line = trial(ORDER)
    talk(line, ["small", "no"])
    assert line.asks == "amount"
    line = trial(ORDER)
    talk(line, ["small", "yes"])
    assert line.asks == "card"


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ("two dollars", "That is less than five dollars."),
        ("six hundred dollars", "That is more than five hundred dollars."),
    ],
)
def test_bounds_say_what_they_are(said: str, why: str) -> None:
    line = trial(ORDER)
    talk(line, ["small", "no", said])
    assert line.says.startswith(why)
    line.hears("forty two fifty")
    assert line.slot("amount") == Decimal("42.50")


def test_skip_words_leave_a_slot_empty_and_it_is_not_asked_again() -> None:
    line = trial(ORDER)
    talk(line, ["small", "no", "ten dollars", "nothing"])
    assert line.ends == "completed"
    assert line.slot("note") is None


@pytest.mark.parametrize(
    ("answers", "single", "longest", "decimal"),
    [
        ([], {"1", "2", "0", "*"}, 0, False),
        (["small"], {"1", "2", "0", "*"}, 0, False),
        (["small", "no"], set(), 6, True),
        (["small", "no", "ten dollars"], {"#", "0", "*"}, 0, False),
    ],
)
def test_keys_of_each_question(answers: list[str], single: set[str], longest: int, decimal: bool) -> None:
    """Commands of one key sleep while digits are entered."""
    line = trial(ORDER)
    talk(line, answers)
    keys = line.listening.keys
    assert (set(keys.single), keys.longest, keys.decimal) == (single, longest, decimal)


def test_a_command_of_two_keys_is_awake_while_digits_are_entered() -> None:
    line = trial(TWO + 'commands: {stop: {hear: [stop it], key: "*0", goto: bye}}\n')
    assert line.listening.keys.single == {"*0"}
    line.keys("*0")
    assert line.ends == "completed"


def test_commands_keep_their_words_while_their_keys_sleep() -> None:
    line = trial(TWO)
    assert {c.name: c.key for c in line.listening.commands}["operator"] is None
    line.hears("operator")
    assert line.dials == "care"


SURE = """
about: Unsure.
start: only
slots: {code: {type: digits, length: 4, confirm: CONFIRM, ask: The code?}}
nodes: {only: [{ask: code}, {goto: bye}]}
"""


@pytest.mark.parametrize(
    ("policy", "score", "read_back"),
    [
        ("never", None, False),
        ("always", -0.01, True),
        ("if spoken", -0.01, True),
        ("if unsure", None, True),
        ("if unsure", -0.05, False),
        ("if unsure", -0.9, True),
    ],
)
def test_when_a_spoken_value_is_read_back(policy: str, score: float | None, read_back: bool) -> None:
    line: Line = trial(SURE.replace("CONFIRM", policy))
    line.hears("four three two one", score)
    assert (line.state.listening is not None) is read_back


CHECKS = """
about: Checks.
start: only
slots:
  card: {type: digits, length: 16, check: mod10, ask: The card?}
  plate: {type: digits, length: 4, check: {pattern: "9.*", else: It begins with nine.}, ask: The plate?}
nodes: {only: [{ask: [card, plate]}, {goto: bye}]}
"""


def test_checks_of_digits() -> None:
    line = trial(CHECKS)
    line.keys("4111111111111112")
    assert line.says == "That number doesn't look right. The card?"
    line.keys("4111111111111111")
    assert line.asks == "plate"
    line.keys("1234")
    assert line.says == "It begins with nine. The plate?"
    line.keys("9123")
    assert line.ends == "completed"


MAY_FILL = """
about: A task.
start: task
slots:
  task: {type: choice, options: {send: {hear: [send money]}, check: {hear: [check my balance]}},
      ask: What would you like to do?}
  amount: {type: money, confirm: if spoken, ask: How much?}
nodes:
  task: [{ask: task, may_fill: [amount]}, {if: task is "send", then: {goto: send}, else: {goto: bye}}]
  send: [{ask: amount}, {goto: bye}]
"""


def test_what_may_be_filled_is_taken_but_not_asked() -> None:
    line = trial(MAY_FILL)
    line.hears("send money")
    assert line.asks == "amount"
    line = trial(MAY_FILL)
    line.hears("send money, fifty dollars")
    assert line.reads_back == Decimal(50)
    line.hears("yes")
    assert line.ends == "completed"


RANGE = """
about: A stay.
start: stay
slots:
  from_day: {type: number, ask: From which day?, must: {be: to_day is empty or from_day < to_day,
      else: It ends before it begins.}}
  to_day: {type: number, ask: To which day?}
nodes: {stay: [{ask: [from_day, to_day]}, {goto: bye}]}
"""


def test_a_rule_about_a_slot_not_filled_yet_waits_for_it() -> None:
    line = trial(RANGE)
    line.keys("5")
    assert line.asks == "to_day"
    line.keys("3")
    assert line.says == "It ends before it begins. To which day?"
    line.keys("9")
    assert line.ends == "completed"


LEVELS = """
about: Settings.
start: one
interrupt: keys
turn: {pause: 250ms}
slots:
  first: {type: text, ask: First?}
  second: {type: text, ask: Second?, interrupt: no, turn: {answer: story}, answer_within: 9s}
nodes:
  one: {do: [{ask: first}, {say: Well., interrupt: any}, {ask: second}, {goto: bye}], interrupt: speech}
"""


def test_settings_of_the_innermost_level_hold() -> None:
    line = trial(LEVELS)
    assert [e.interrupt for e in line.effects if isinstance(e, SayEffect)] == [Interrupt.SPEECH]
    assert (line.listening.pause_ms, line.listening.answer) == (250, None)
    line.hears("something")
    assert [e.interrupt for e in line.effects if isinstance(e, SayEffect)] == [Interrupt.ANY, Interrupt.NO]
    assert (line.listening.pause_ms, line.listening.answer, line.listening.answer_within_ms) == (250, "story", 9000)
