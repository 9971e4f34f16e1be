"""Commands on a question: built in, the project's, a question's own."""

from tests.flow.phone import talk, trial

FLOW = """
about: Commands.
start: first
commands:
  hours: {hear: [opening hours], key: "9", say: We are open from nine to five.}
slots:
  one: {type: choice, options: {a: {hear: [apple], key: "1"}, b: {hear: [banana], key: "2"}}, ask: Which fruit?,
      hint: Apple or banana.}
  two: {type: yes_no, ask: With cream?, commands: {help: no}}
  three: {type: digits, length: 4, confirm: always, ask: Your code?}
nodes:
  first: [{say: Hello.}, {ask: one}, {ask: two}, {goto: then}]
  then: [{ask: three}, {menu: Anything else?, commands: {operator: no}, options: {yes: {hear: [more of it],
      key: "1", goto: first}, no: {hear: [that is all], key: "0", goto: bye}}}]
"""


def test_repeat_says_all_since_the_callers_last_turn_and_counts_nothing() -> None:
    line = trial(FLOW)
    line.silence()
    line.keys("*")
    assert line.says == "Hello. Which fruit?"
    line.silence()
    assert line.says.startswith("Press"), "the second rung, not the first again"


def test_help_says_the_hint_and_the_question() -> None:
    line = trial(FLOW)
    line.hears("help")
    assert line.says.startswith("Apple or banana.")
    assert line.says.endswith("Which fruit?")
    line.hears("apple")
    assert "help" not in {c.name for c in line.listening.commands}


def test_a_command_with_words_comes_back_to_the_open_question() -> None:
    line = trial(FLOW)
    line.silence()
    line.keys("9")
    assert line.says == "We are open from nine to five. Which fruit?"
    line.hears("banana please")
    assert line.asks == "two"


def test_back_empties_the_answer_before_and_keeps_the_others() -> None:
    line = trial(FLOW)
    talk(line, ["apple", "yes", "go back"])
    assert (line.asks, line.node) == ("two", "first")
    assert line.slot("one") == "a"
    line.hears("go back")
    assert line.asks == "one"
    line.hears("banana")
    assert line.asks == "two"
    line.hears("no")
    assert (line.asks, line.slot("one"), line.slot("two")) == ("three", "b", False)


def test_back_at_the_first_question_asks_it_again() -> None:
    line = trial(FLOW)
    line.hears("go back")
    assert (line.asks, line.says) == ("one", "Which fruit?")


def test_back_while_a_value_is_read_back_asks_for_it_again() -> None:
    line = trial(FLOW)
    talk(line, ["apple", "yes", "#1234", "go back"])
    assert line.asks == "three"
    assert line.slot("three") is None


def test_leaving_by_command_drops_a_value_that_was_not_agreed_to() -> None:
    line = trial(FLOW)
    talk(line, ["apple", "yes", "#1234", "operator"])
    assert line.dials == "care"
    assert "three" not in line.state.standings[-1].slots


def test_the_key_of_a_command_that_is_switched_off_is_free_for_an_option() -> None:
    line = trial(FLOW)
    talk(line, ["apple", "yes", "#1234", "yes"])
    assert line.asks == "then"
    line.keys("0")
    assert (line.ends, line.dials) == ("completed", None)


def test_a_menus_option_leads_on() -> None:
    line = trial(FLOW)
    talk(line, ["apple", "yes", "#1234", "yes", "more of it"])
    assert line.node == "then", "all is filled: straight to the menu again"
    assert line.says == "Hello. Anything else?"
