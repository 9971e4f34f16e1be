"""Fields in sentences."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivr.flow.grammar import CALL_NAMES, Complaint, Named, NameTable, parse_template
from ivr.flow.text import Place
from ivr.flow.types import Type

HERE = Place("line.flow.yaml", 3, 5)
NAMES = NameTable(
    {
        **CALL_NAMES,
        ("balance",): Named(Type.MONEY, currency="EUR"),
        ("reason",): Named(Type.CHOICE, {"bill": "your bill"}),
        ("account",): Named(Type.DIGITS),
        ("mail",): Named(Type.EMAIL),
        ("since",): Named(Type.DURATION),
        ("extras",): Named(Type.LIST, {"window": "by the window"}, of=Type.CHOICE),
        ("tables",): Named(Type.LIST),
        ("known_caller",): Named(Type.YES_NO, fact=True),
    }
)


def test_words_and_fields_alternate_and_know_where_they_stand() -> None:
    template = parse_template("You owe {balance as money}, on {account as last 4}.", HERE, NAMES)
    words = [part for part in template.parts if isinstance(part, str)]
    assert words == ["You owe ", ", on ", "."]
    assert [(f.path, f.form, f.place.column) for f in template.fields] == [
        (("balance",), "money", 14),
        (("account",), "last 4", 37),
    ]
    assert template.fields[0].currency == "EUR"


def test_a_choice_is_said_with_its_labels() -> None:
    (field,) = parse_template("{reason}", HERE, NAMES).fields
    assert (field.type, field.labels) == (Type.CHOICE, {"bill": "your bill"})


def test_a_text_for_an_empty_value() -> None:
    (field,) = parse_template("{account as digits or 'that one'}", HERE, NAMES).fields
    assert (field.form, field.fallback) == ("digits", "that one")


def test_a_sentence_without_fields_is_fixed() -> None:
    assert parse_template("Good day.", HERE, NAMES).fixed == "Good day."
    assert parse_template("{balance}", HERE, NAMES).fixed is None


@pytest.mark.parametrize(
    ("text", "code", "column", "said"),
    [
        ("Hi {balanse}", "IVR206", 9, 'Did you mean "balance"?'),
        ("Hi {balance as mony}", "IVR209", 20, 'Did you mean "as money"?'),
        ("Hi {reason as date}", "IVR209", 19, 'cannot be said as "date"'),
        ("Hi {balance", "IVR208", 8, "not closed"),
        ("Hi }", "IVR208", 8, "without its {"),
        ("{}", "IVR208", 6, "not a field"),
        ("{balance + 1}", "IVR208", 6, "not a field"),
        ("{hours.office.next as day}", "IVR216", 6, "no hours"),
        ("{account as list}", "IVR209", 17, 'cannot be said as "list"'),
        ("{mail as digits}", "IVR209", 14, "It can be said as spelled."),
        ("{extras as digits}", "IVR209", 16, "It can be said as list."),
        ("{since as time}", "IVR209", 15, "It can be said as duration."),
        ("{tables}", "IVR209", 6, "{each: tables"),
        ("{known_caller}", "IVR209", 6, "cannot be said"),
    ],
)
def test_a_mistake_in_a_field_is_told_at_its_word(text: str, code: str, column: int, said: str) -> None:
    with pytest.raises(Complaint) as raised:
        parse_template(text, HERE, NAMES)
    (message,) = raised.value.messages
    assert (message.code, message.place.column) == (code, column)
    assert said in f"{message.text} {message.fix}"


def test_a_list_knows_how_its_items_are_said() -> None:
    (field,) = parse_template("{extras as list or 'nothing'}", HERE, NAMES).fields
    assert (field.type, field.of, field.form, field.labels) == (
        Type.LIST,
        Type.CHOICE,
        "list",
        {"window": "by the window"},
    )


def test_all_fields_of_a_sentence_are_told_at_once() -> None:
    with pytest.raises(Complaint) as raised:
        parse_template("{one} and {two}", HERE, NAMES)
    assert [message.place.column for message in raised.value.messages] == [6, 16]


@settings(max_examples=150, deadline=None)
@given(st.one_of(st.text(max_size=40), st.text(alphabet="{}'\" abcors.balnce4", max_size=40)))
def test_no_text_does_more_than_complain(text: str) -> None:
    try:
        template = parse_template(text, HERE, NAMES)
    except Complaint as found:
        assert found.messages
    else:
        assert "".join(part for part in template.parts if isinstance(part, str)) in text or template.fields
