"""The server's account of a call against the telephone's: a short one of the long calls in bench/long_call.py."""

import asyncio

import pytest

from bench.long_call import FRAME_MS, HEARD_WITHIN_MS, LENGTH_WITHIN_MS, Account, long_call


@pytest.fixture(scope="module")
def account() -> Account:
    return asyncio.run(long_call(18, engines="instant"))


def test_both_halves_of_the_recording_lie_where_they_were_said_and_heard(account: Account) -> None:
    assert account.caller.places >= 2 and account.bot.places >= 4
    assert abs(account.caller.furthest_ms) <= FRAME_MS
    assert abs(account.bot.furthest_ms) <= FRAME_MS
    assert abs(account.length_off_ms) <= LENGTH_WITHIN_MS


def test_what_the_server_says_was_heard_was_heard(account: Account) -> None:
    assert account.cuts
    assert account.longest_cut_off_ms <= HEARD_WITHIN_MS


def test_no_underrun_is_heard_or_told(account: Account) -> None:
    assert (account.underruns_heard, account.underruns_told) == (0, 0)
