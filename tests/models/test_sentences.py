import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.models.sentences import LONGEST, sentences


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("  \n ", []),
        ("...", []),
        ("Hello.", ["Hello."]),
        ("Hello there. How are you? Fine!", ["Hello there.", "How are you?", "Fine!"]),
        ("Wait... what?", ["Wait...", "what?"]),
        ("It costs $4.50 today. Yes.", ["It costs $4.50 today.", "Yes."]),
        ("Ask Dr. Smith or Mrs. J. Jones.", ["Ask Dr. Smith or Mrs. J. Jones."]),
        ("We open at 9 a.m. on weekdays.", ["We open at 9 a.m. on weekdays."]),
        ("We open at 9 a.m. Call then.", ["We open at 9 a.m.", "Call then."]),
        ("Call room No. 5 today. Yes.", ["Call room No. 5 today.", "Yes."]),
        ("Press 1 for yes or 2 for no. Anything else?", ["Press 1 for yes or 2 for no.", "Anything else?"]),
        ('He said "no." Then he left.', ['He said "no."', "Then he left."]),
        ("One line\nanother line", ["One line", "another line"]),
        ("Good. ! Bye.", ["Good.", "Bye."]),
    ],
)
def test_where_a_text_is_cut(text: str, expected: list[str]) -> None:
    assert sentences(text) == expected


def test_a_long_sentence_is_cut_at_a_comma() -> None:
    text = "a b c, " * 60
    cut = sentences(text)
    assert len(cut) > 1
    assert all(piece.endswith(",") and len(piece) <= LONGEST for piece in cut)


@given(st.text(alphabet="ab .!?,\n9é<#", max_size=900))
def test_no_letter_is_lost_and_none_is_too_long(text: str) -> None:
    cut = sentences(text)
    kept = [letter for letter in "".join(cut) if letter.isalnum()]
    assert kept == [letter for letter in text if letter.isalnum()]
    assert all(0 < len(piece) <= LONGEST for piece in cut)
