"""Keys as they are typed. Times are numbers."""

import pytest

from ivr.flow.state import KeySpec as KeyRules
from ivr.flow.steps.keypad import CLOCK_KEYS
from ivr.flow.understand.phones import full_keys
from ivr.turn.keys import Entered, KeyEntry
from ivr.units import Millis

ACCOUNT = KeyRules(single=frozenset("*"), longest=8)
CLOCK = KeyRules(single=frozenset(), shortest=4, longest=5, full=CLOCK_KEYS)
TEN_DIGITS = KeyRules(single=frozenset(), shortest=3, longest=18, full=full_keys("US"))
MENU = KeyRules(single=frozenset("123"))
RANGED = KeyRules(single=frozenset(), longest=8, pause_ms=3000, total_ms=10_000)


def typed(entry: KeyEntry, keys: str, at_ms: int = 0, every_ms: int = 100) -> Entered | None:
    for n, key in enumerate(keys):
        entered = entry.press(key, Millis(at_ms + n * every_ms))
        if entered is not None:
            return entered
    return None


def opened(rules: KeyRules) -> KeyEntry:
    entry = KeyEntry()
    entry.expect(rules)
    return entry


def test_a_menu_key_answers_at_once() -> None:
    assert typed(opened(MENU), "2") == Entered("2", "single")


def test_a_key_the_menu_does_not_know_is_an_answer_too() -> None:
    assert typed(opened(MENU), "9") == Entered("9", "single")


def test_digits_end_at_their_full_length() -> None:
    assert typed(opened(ACCOUNT), "12345678") == Entered("12345678", "length")


@pytest.mark.parametrize(
    ("rules", "keys", "ended"),
    [
        (CLOCK, "1930", Entered("1930", "length")),
        (CLOCK, "0030", Entered("0030", "length")),
        (CLOCK, "0730", None),
        (CLOCK, "07302", Entered("07302", "length")),
        (CLOCK, "1200", None),
        (TEN_DIGITS, "5550107788", Entered("5550107788", "length")),
        (TEN_DIGITS, "15550107788", Entered("15550107788", "length")),
        (TEN_DIGITS, "1555010778", None),
        (TEN_DIGITS, "011442079460958", None),
    ],
)
def test_keys_that_are_a_whole_answer_end_the_entry_though_more_could_be_typed(
    rules: KeyRules, keys: str, ended: Entered | None
) -> None:
    assert typed(opened(rules), keys) == ended


def test_the_terminator_ends_a_shorter_entry() -> None:
    assert typed(opened(RANGED), "1234#") == Entered("1234", "end")


def test_a_pause_between_keys_ends_the_entry_and_a_new_key_moves_it() -> None:
    entry = opened(RANGED)
    assert typed(entry, "12", every_ms=1000) is None
    assert entry.deadline == 4000
    assert entry.due(Millis(3999)) is None
    assert entry.due(Millis(4000)) == Entered("12", "pause")


def test_the_whole_entry_has_its_own_deadline() -> None:
    entry = opened(RANGED)
    for n in range(4):
        entry.press("1", Millis(n * 2900))
    assert entry.deadline == 10_000
    assert entry.due(Millis(10_000)) == Entered("1111", "total")


def test_keys_typed_ahead_answer_the_next_question() -> None:
    entry = KeyEntry()
    typed(entry, "12345678")
    entry.expect(ACCOUNT)
    assert entry.take_ahead(Millis(0)) == Entered("12345678", "length")


def test_keys_typed_ahead_that_are_left_over_stay_for_the_question_after() -> None:
    entry = KeyEntry()
    typed(entry, "12")
    entry.expect(MENU)
    assert entry.take_ahead(Millis(0)) == Entered("1", "single")
    entry.expect(MENU)
    assert entry.take_ahead(Millis(0)) == Entered("2", "single")


def test_where_keys_may_not_be_typed_ahead_they_are_gone() -> None:
    entry = KeyEntry()
    typed(entry, "1234")
    entry.expect(KeyRules(single=frozenset(), longest=4, ahead=False))
    assert entry.take_ahead(Millis(0)) is None
    assert not entry.typing


def test_a_key_that_may_become_a_longer_answer_waits_for_the_pause() -> None:
    entry = opened(KeyRules(single=frozenset("1"), longest=4, pause_ms=2000))
    assert typed(entry, "1") is None
    assert entry.due(Millis(2000)) == Entered("1", "pause")


def test_the_end_key_behind_an_entry_that_was_complete_without_it_answers_nothing() -> None:
    entry = KeyEntry()
    rules = KeyRules(single=frozenset(), longest=2)
    entry.expect(rules)
    assert entry.press("1", Millis(0)) is None
    assert entry.press("0", Millis(300)) == Entered("10", "length")
    entry.expect(rules)
    assert entry.is_habit("#", Millis(700)) and not entry.is_habit("#", Millis(700))  # once
    assert entry.press("4", Millis(900)) is None
    assert entry.press("2", Millis(1200)) == Entered("42", "length")
    entry.expect(rules)
    assert entry.press("#", Millis(9000)) == Entered("", "end")  # much later it is meant
