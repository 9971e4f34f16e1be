"""When no new call is taken. Calls in progress always come first."""

import pytest

from ivr.server.admission import Admission, Refusal
from ivr.units import CallSid

ONE, TWO = CallSid("CA1"), CallSid("CA2")


@pytest.fixture
def admission() -> Admission:
    return Admission(2)


def test_a_late_loop_takes_no_new_call_until_it_has_recovered(admission: Admission) -> None:
    admission.late = True
    assert admission.ask(ONE, 0, journal_trouble=False) is Refusal.LATE
    assert admission.trouble is not None and "late" in admission.trouble
    admission.late = False
    assert admission.ask(ONE, 0, journal_trouble=False) is None
    assert admission.trouble is None


def test_a_late_loop_turns_away_no_call_that_was_let_in(admission: Admission) -> None:
    assert admission.ask(ONE, 0, journal_trouble=False) is None
    admission.late = True
    assert admission.ask(ONE, 100, journal_trouble=False) is None  # the same webhook again
    admission.began(ONE)
    admission.ended(ONE, 200)
    admission.expect(ONE, 300)  # its carrier asks how it goes on: never refused
    assert admission.awaited(400) == [ONE]


def test_what_is_worse_is_told_first(admission: Admission) -> None:
    admission.late = admission.draining = True
    assert admission.ask(ONE, 0, journal_trouble=False) is Refusal.DRAINING
    assert admission.trouble == "draining"
    admission.draining = False
    assert admission.ask(TWO, 0, journal_trouble=True) is Refusal.NO_ROOM
