"""What is left of a call: what became of it, and a summary that takes nothing from anywhere but the call."""

import pytest

from ivr.call.account import Field, Line, disposition, extract


@pytest.mark.parametrize(
    ("outcome", "more", "expected"),
    [
        ("completed", {}, "completed"),
        ("booked", {}, "completed"),
        ("transferred", {"callback": True}, "transferred"),
        ("completed", {"callback": True}, "callback"),
        ("caller_left", {"message": True}, "message"),
        ("caller_left", {}, "left"),
        ("caller_left", {"said": False}, "abandoned"),
        ("no_stream", {"said": False}, "abandoned"),
        ("error", {}, "failed"),
        ("lost", {"said": False}, "failed"),
        ("limit", {}, "failed"),
        ("message_left", {"answered_by": "machine"}, "unreached"),
        ("promised", {"answered_by": "person"}, "completed"),
    ],
)
def test_what_became_of_it(outcome: str, more: dict[str, object], expected: str) -> None:
    assert disposition(outcome, **{"said": True, **more}) == expected  # type: ignore[arg-type]


LINES = (
    Line("bot", "Welcome to the harbour. How can we help you today, whatever it may be?"),
    Line("caller", "hello"),
    Line("caller", "my wifi is dead since Monday, my card is 4111 1111 1111 1111"),
    Line("caller", "11111111", by_words=False),
)


def test_the_extract_is_made_of_what_was_said_filled_and_answered() -> None:
    fields = [Field("desk", "reason", "fault"), Field("desk", "account", "••••5678", private=True)]
    text = extract(LINES, fields, [("find_account", "ok")], "transferred")
    assert text.startswith("“my wifi is dead since Monday, my card is ••••")
    assert text.endswith("”; reason: fault; account: ••••5678; find_account: ok; transferred")
    assert "4111" not in text and "Welcome" not in text


def test_a_call_in_which_nothing_was_said_has_a_summary_too() -> None:
    assert extract(LINES[:2], [], [], "abandoned") == "abandoned"


def test_a_long_story_is_cut_at_a_word() -> None:
    text = extract([Line("caller", "and then " * 100)], [], [], "left")
    assert len(text) < 250 and text.endswith("and then …”; left")
