import pytest

from ivr.units import Millis
from ivr.wire import Acknowledged, Cleared, Expired, Marks, Stale


@pytest.fixture
def marks() -> Marks:
    marks = Marks()
    marks.sent("a", Millis(500))
    marks.sent("b", Millis(900), deadline_ms=3000)
    return marks


def test_a_returned_mark_is_acknowledged_once(marks: Marks) -> None:
    assert marks.returned("a") == Acknowledged("a", Millis(500), 0)
    assert marks.returned("a") == Stale("a")
    assert marks.pending == ("b",)


def test_a_mark_never_sent_is_stale(marks: Marks) -> None:
    assert marks.returned("z") == Stale("z")


def test_after_a_clear_the_echoes_prove_nothing(marks: Marks) -> None:
    assert marks.cleared() == (Cleared("a", Millis(500), 0), Cleared("b", Millis(900), 0))
    assert (marks.pending, marks.generation) == ((), 1)
    assert marks.returned("a") == Stale("a")
    assert marks.returned("b") == Stale("b")
    assert marks.expired(10_000) == ()


def test_a_name_used_again_after_a_clear_is_not_taken_for_its_echo(marks: Marks) -> None:
    marks.cleared()
    marks.sent("a", Millis(2000))
    assert marks.returned("a") == Stale("a")  # the echo of the cleared one
    assert marks.returned("a") == Acknowledged("a", Millis(2000), 1)


def test_a_mark_that_does_not_come_back_expires_once(marks: Marks) -> None:
    assert marks.expired(2999) == ()
    assert marks.expired(3000) == (Expired("b", Millis(900), 0),)
    assert marks.expired(4000) == ()
    assert marks.returned("b") == Stale("b")
    assert marks.pending == ("a",)
    assert marks.cleared() == (Cleared("a", Millis(500), 0),)


def test_marks_may_come_back_in_any_order(marks: Marks) -> None:
    assert marks.returned("b") == Acknowledged("b", Millis(900), 0)
    assert marks.returned("a") == Acknowledged("a", Millis(500), 0)


def test_a_mark_that_was_passed_over_proves_nothing_when_it_comes(marks: Marks) -> None:
    marks.passed("a")
    assert marks.pending == ("b",)
    assert marks.returned("a") == Stale("a")
    assert marks.returned("a") == Stale("a")
