"""Words as a recogniser really wrote them on a telephone line, told by their sound; and those that stay nonsense."""

from dataclasses import replace
from datetime import date, time
from decimal import Decimal

import pytest

from ivr.flow.state import Expected
from ivr.flow.types import Type
from ivr.flow.understand import interpret
from ivr.flow.understand.sounds import sound_likeness, sounds_of
from tests.flow.understanding import ACCOUNT, AGREES, AMOUNT, BORN, NAME, NOW, PARTY, REASON, STORY, listen, option

GUEST = Expected(
    "wish",
    Type.CHOICE,
    options=(
        option("eat", "room service", "something to eat", key="1"),
        option("wake", "wake me up", "an alarm", key="2"),
        option("leave", "check out", "my bill", key="3"),
        option("reception", "reception", "the front desk", key="4"),
    ),
)
CARDS = Expected(
    "about", Type.CHOICE, options=(option("stolen", "my card was stolen"), option("balance", "my balance"))
)
DAY = Expected("day", Type.DATE, near="future")
AT = Expected("at", Type.TIME, near="evening")
PHONE = Expected("phone", Type.PHONE, region="GB")
TRACKING = Expected("tracking", Type.SPELLED, length=(8, 8))


def first(words: str, slot: Expected) -> object:
    fills = interpret(words, listen(slot), NOW).fills
    return fills[0].value if fills else None


@pytest.mark.parametrize(
    ("words", "slot", "name"),
    [
        ("Resaction.", GUEST, "reception"),
        ("Recaction.", GUEST, "reception"),
        ("With action.", GUEST, "reception"),
        ("The front deck.", GUEST, "reception"),
        ("Tape out.", GUEST, "leave"),
        ("Tip out.", GUEST, "leave"),
        ("Lately up.", GUEST, "wake"),
        ("My card went asyllan.", CARDS, "stolen"),
    ],
)
def test_an_option_that_was_written_as_other_words(words: str, slot: Expected, name: str) -> None:
    reading = interpret(words, listen(slot), NOW)
    assert [fill.value for fill in reading.fills] == [name]
    assert reading.fills[0].sure < 0.9 and not reading.satisfied, "such an answer is never a sure one"


@pytest.mark.parametrize(
    "words",
    [
        *("a robot", "elephant", "the purple elephant", "it's raining", "my name is Ana Lopez", "forty two", "banana"),
        *("Thank you for watching.", "the dog is barking", "I don't know", "What?", "My dear.", "Oh, no."),
        "tell me a joke about a man who walks into a bar with a parrot",
    ],
)
@pytest.mark.parametrize("slot", [GUEST, CARDS, REASON])
def test_nonsense_stays_nonsense(words: str, slot: Expected) -> None:
    reading = interpret(words, listen(slot), NOW)
    assert reading.fills == () and reading.command is None


@pytest.mark.parametrize(("words", "command"), [("Pencil.", "cancel"), ("Kindle.", "cancel"), ("Cansel", "cancel")])
@pytest.mark.parametrize("slot", [REASON, AGREES, AMOUNT])
def test_a_command_that_was_written_as_another_word(words: str, command: str, slot: Expected) -> None:
    assert interpret(words, listen(slot), NOW).command == command


@pytest.mark.parametrize("words", ["Pencil.", "Kindle."])
@pytest.mark.parametrize("slot", [STORY, NAME])
def test_what_answers_a_question_for_any_words_is_no_command(words: str, slot: Expected) -> None:
    assert interpret(words, listen(slot), NOW).command is None


@pytest.mark.parametrize("words", ["A person flees.", "A person fleeth.", "A person pleads."])
def test_please_in_other_words(words: str) -> None:
    assert interpret(words, listen(REASON), NOW).command == "operator"


@pytest.mark.parametrize(
    ("words", "day"),
    [
        ("To morale.", date(2026, 3, 3)),
        ("First aid.", date(2026, 3, 5)),
        ("Serf's Day.", date(2026, 3, 5)),
    ],
)
def test_a_day_that_was_written_as_other_words(words: str, day: date) -> None:
    reading = interpret(words, listen(DAY), NOW)
    assert [fill.value for fill in reading.fills] == [day] and not reading.satisfied


@pytest.mark.parametrize(
    "words", ["To me.", "To my will.", "The weather.", "Portugal.", "what", "never", "I don't know yet"]
)
def test_no_day(words: str) -> None:
    assert first(words, DAY) is None and first(words, BORN) is None


@pytest.mark.parametrize(
    ("words", "hour"),
    [
        ("At either clock.", 20),
        ("No, at a the clock.", 20),
        ("Too, a clock.", 14),
        ("two to clock", 14),
        ("six a clock", 18),
        ("eight o'clock", 20),
    ],
)
def test_an_hour_whose_o_clock_was_written_otherwise(words: str, hour: int) -> None:
    slot = AT if hour > 15 else replace(AT, near=None)
    assert first(words, slot) == time(hour)


def test_a_number_that_was_written_as_another_word() -> None:
    assert first("Poor.", PARTY) == Decimal(4)
    assert first("at", PARTY) is None
    assert first("a rabbit", PARTY) is None
    assert first("Poor.", replace(PARTY, high=Decimal(3))) is None, "only numbers that may be said"


@pytest.mark.parametrize("double_oh", ["double off", "double R", "double all", "double oh"])
def test_a_doubled_zero_that_was_written_otherwise(double_oh: str) -> None:
    assert first(f"oh double seven {double_oh}, nine {double_oh} one four two", PHONE) == "+447700900142"
    assert first("double seven double aid one two three four", ACCOUNT) == "77881234"


def test_the_letter_a_that_was_written_as_of() -> None:
    assert first("Of B, one, two, three, four, five, six.", TRACKING) == "AB123456"
    assert first("The number of B. is on the card", TRACKING) == "B"


def test_sounds_of_words() -> None:
    assert sounds_of("thursday") == ("TH", "ER", "S", "D", "EY")
    assert sounds_of("knight") == sounds_of("night")
    assert sound_likeness("won", "one") == 1.0 and sound_likeness("yes", "no") < 0.4
    assert sound_likeness("", "one") == 0.0
    assert sounds_of("你好") == ()
