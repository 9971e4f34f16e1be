"""Options, yes and no, commands, names; several values in one breath."""

from dataclasses import replace
from datetime import date

import pytest

from ivr.flow.state import Expected
from ivr.flow.types import Type, Value
from ivr.flow.understand import by_similarity, interpret, phrases
from tests.flow.understanding import ACCOUNT, AGREES, BORN, MORE, NAME, NOW, PARTY, REASON, STORY, listen, option


def chosen(words: str) -> object:
    fills = interpret(words, listen(REASON), NOW).fills
    return fills[0].value if fills else None


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ("bill", "bill"),
        ("It's about my bill.", "bill"),
        ("A billing question.", "bill"),
        ("How much do I owe?", "bill"),
        ("My internet is down.", "fault"),
        ("something else please", "other"),
        ("Not the bill, a fault.", "fault"),
        ("The bill, no, the fault", "fault"),
        ("the second one", "fault"),
        ("Option two.", "fault"),
        ("press three", "other"),
        ("two", "fault"),
        ("the last one", "other"),
        ("Balin.", "bill"),
        ("Moving out.", "other"),
        ("It's low.", "fault"),
        ("paymint", "bill"),
    ],
)
def test_an_option_by_its_words_its_place_or_nearly(words: str, name: str) -> None:
    assert chosen(words) == name


@pytest.mark.parametrize(
    "words",
    [
        "a rabbit",
        "elephant",
        "the weather is nice today",
        "my bill and a fault",
        "option seven",
        "",
        "...",
        "um",
        "what",
    ],
)
def test_nothing_near_enough_or_two_alike_is_rejected(words: str) -> None:
    assert chosen(words) is None


def test_a_sure_option_ends_the_turn_and_a_near_miss_does_not() -> None:
    assert interpret("My bill.", listen(REASON), NOW).satisfied
    near = interpret("Balin.", listen(REASON), NOW)
    assert not near.satisfied and near.fills[0].sure < 0.9


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ("yeah", "more"),
        ("nope", "done"),
        ("No, that's all.", "done"),
        ("no thanks", "done"),
        ("Yes, something else.", "more"),
        ("no, something else", "more"),
    ],
)
def test_options_heard_by_yes_and_no_have_their_families(words: str, name: str) -> None:
    assert interpret(words, listen(MORE), NOW).fills[0].value == name


@pytest.mark.parametrize(
    ("words", "agreed"),
    [
        *(
            (w, True)
            for w in ("yes", "Yeah.", "yep", "sure", "correct", "That's right.", "Uh-huh", "mm-hmm", "of course")
        ),
        *((w, True) for w in ("okay", "absolutely", "yes please", "um, yes", "I think so", "yes I would like that")),
        *(
            (w, True)
            for w in ("I would like that", "it is, thank you", "that is correct", "it is yes", "I do want that")
        ),
        *(
            (w, False)
            for w in (
                "no",
                "Nope.",
                "wrong",
                "not really",
                "No, that's not correct.",
                "no thank you",
                "I would rather not",
            )
        ),
        *((w, False) for w in ("I don't think so", "uh-uh", "yeah, no", "that's not right", "Know.", "of course not")),
    ],
)
def test_the_families_of_yes_and_no(words: str, agreed: bool) -> None:
    assert interpret(words, listen(AGREES), NOW).fills[0].value is agreed


@pytest.mark.parametrize(
    "words",
    [
        *("I know a man", "my right foot hurts", "what", "the nose", "maybe later", "I have no idea"),
        *("that is a bit much for me", "that is somebody else's", "it is for my mother", "I would prefer another day"),
    ],
)
def test_neither_yes_nor_no(words: str) -> None:
    assert interpret(words, listen(AGREES), NOW).fills == ()


@pytest.mark.parametrize(
    ("words", "command"),
    [
        ("A person please.", "operator"),
        ("Sorry, operator", "operator"),
        ("um, representative", "operator"),
        ("Never mind.", "cancel"),
        ("say that again please", "repeat"),
        ("A person pleads.", "operator"),
        ("operater", "operator"),
        ("Can I speak to a representative please?", "operator"),
        ("I went to talk to a person.", "operator"),
    ],
)
def test_a_command_is_all_that_was_said(words: str, command: str) -> None:
    for slot in (REASON, ACCOUNT, AGREES, NAME, STORY):
        reading = interpret(words, listen(slot), NOW)
        assert reading.command == command and reading.fills == ()


def test_a_command_inside_a_sentence_is_none() -> None:
    assert interpret("there was a person at my door about the bill", listen(REASON), NOW).command is None
    assert interpret("I need help with my bill", listen(REASON), NOW).fills[0].value == "bill"


def test_an_option_s_words_win_over_a_command_s() -> None:
    shared = replace(REASON, options=(*REASON.options, option("aid", "help")))
    reading = interpret("help", listen(shared), NOW)
    assert reading.command is None and reading.fills[0].value == "aid"


def test_skip_words_leave_it_empty() -> None:
    skippable = replace(NAME, skip_words=("no thanks", "skip it"))
    reading = interpret("No thanks.", listen(skippable), NOW)
    assert [f.value for f in reading.fills] == [None] and reading.satisfied


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ("My name is Ana Lopez.", "Ana Lopez"),
        ("it's ana lopez", "Ana Lopez"),
        ("Ana", "Ana"),
        ("This is Mary-Jane O'Neill, thanks", "Mary Jane O'Neill"),
        ("um, John McArthur please", "John McArthur"),
    ],
)
def test_names(words: str, name: str) -> None:
    assert interpret(words, listen(NAME), NOW).fills[0].value == name


def test_a_story_is_kept_as_it_was_told() -> None:
    words = "Well, the box blinks red, and it's 12 years old."
    assert interpret(words, listen(STORY, BORN), NOW).fills[0].value == "the box blinks red, and it's 12 years old"


def values(words: str, *slots: object) -> dict[str, Value | None]:
    return {f.slot: f.value for f in interpret(words, listen(*slots), NOW).fills}  # type: ignore[arg-type]


def test_several_values_in_one_breath() -> None:
    both = {"account": "12345678", "birth_date": date(1980, 5, 2)}
    assert values("12345678, born May 2nd 1980", ACCOUNT, BORN) == both
    assert values("May second nineteen eighty, and it's one two three four five six seven eight", ACCOUNT, BORN) == both
    assert values("12345678. Born May 2nd, 1980.", ACCOUNT, BORN) == both
    assert values("It's about my bill, account 12345678", REASON, ACCOUNT) == {"reason": "bill", "account": "12345678"}
    assert values("on Friday for four", PARTY, replace(BORN, slot="day")) == {"party": 4, "day": date(2026, 3, 6)}
    assert values("Ana Lopez, May second 1980", NAME, BORN) == {"name": "Ana Lopez", "birth_date": date(1980, 5, 2)}


def test_a_value_that_fits_several_goes_to_the_asked_one_unless_led() -> None:
    start, end = replace(BORN, slot="start"), replace(BORN, slot="end", lead=("until",))
    assert values("next Friday", start, end) == {"start": date(2026, 3, 13)}
    assert values("until next Friday", start, end) == {"end": date(2026, 3, 13)}
    assert values("tomorrow until next Friday", start, end) == {"start": date(2026, 3, 3), "end": date(2026, 3, 13)}


def test_meaning_decides_only_where_it_is_clear() -> None:
    asked = listen(REASON)
    names = phrases(asked)
    assert names[:2] == ["bill", "balance"] and names[-1] == "moving house"

    def scores(**of: float) -> list[float]:
        return [of.get(n.replace(" ", "_"), 0.1) for n in names]

    assert by_similarity("money trouble", asked, scores(payment=0.7)).fills[0].value == "bill"
    assert by_similarity("money trouble", asked, scores(payment=0.3)).fills == ()
    assert by_similarity("money trouble", asked, scores(payment=0.7, fault=0.68)).fills == ()
    assert phrases(listen(ACCOUNT)) == []
    assert by_similarity("anything", listen(ACCOUNT), []).fills == ()


def test_an_item_of_a_list_is_its_value_and_nobody_is_guessed_at_who_asked_for_time() -> None:
    garden = replace(option("item 1", "a table in the garden"), value="G1")
    hall = replace(option("item 2", "a table in the hall"), value="H1")
    asked = listen(Expected("table", Type.CHOICE, options=(garden, hall)))
    assert by_similarity("outside please", asked, [0.7, 0.2]).fills[0].value == "G1"
    assert interpret("the garden", asked, NOW).fills[0].value == "G1"
    assert phrases(replace(asked, waiting=True)) == []
    assert interpret("the garden", replace(asked, waiting=True), NOW).fills == ()
