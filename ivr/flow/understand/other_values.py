"""Values that are read by their own words: times of day, lengths of time, phone numbers, mail addresses, letters."""

from ivr.flow.numerals import Token
from ivr.flow.state import Expected
from ivr.flow.types import Type
from ivr.flow.understand import durations, emails, misheard, phones, spellings, times
from ivr.flow.understand.found import Found

LEAST_LETTERS = 3
"""So many letters in a row, where something else is asked, are spelled for a slot that wants letters."""


def read_other(expected: Expected, tokens: tuple[Token, ...], free: list[bool], *, asked: bool) -> Found | None:
    """What the free tokens hold for this slot. Not `asked`: only what cannot be meant for another one."""
    match expected.type:
        case Type.TIME:
            return _time(expected, tokens, free, asked)
        case Type.DURATION:
            return _duration(tokens, free)
        case Type.PHONE:
            return _phone(expected, tokens, free, asked)
        case Type.EMAIL:
            return _email(tokens, free)
        case Type.SPELLED:
            return _spelled(expected, tokens, free, asked)
        case _:
            return None


def _time(expected: Expected, tokens: tuple[Token, ...], free: list[bool], asked: bool) -> Found | None:
    read = times.read_time(misheard.clock_words(tokens), free, expected.near)
    if read is None or not (asked or read.named):
        return None
    return Found(read.value, read.start, read.stop, sure=read.sure, satisfied=not read.growing, growing=read.growing)


def _duration(tokens: tuple[Token, ...], free: list[bool]) -> Found | None:
    read = durations.read_duration(tokens, free)
    if read is None:
        return None
    return Found(read.value, read.start, read.stop, sure=read.sure, satisfied=not read.growing, growing=read.growing)


def _phone(expected: Expected, tokens: tuple[Token, ...], free: list[bool], asked: bool) -> Found | None:
    read = phones.read_phone(misheard.doubled(tokens), free, expected.region)
    if read is None or not (asked or read.whole):
        return None
    return Found(
        read.value,
        read.start,
        read.stop,
        satisfied=read.whole and read.full,
        whole=read.whole,
        pieces=read.short,
        growing=read.whole and not read.full,
    )


def _email(tokens: tuple[Token, ...], free: list[bool]) -> Found | None:
    read = emails.read_email(tokens, free)
    if read is None:
        return None
    return Found(read.value, read.start, read.stop, sure=read.sure, satisfied=read.closed, growing=not read.closed)


def _spelled(expected: Expected, tokens: tuple[Token, ...], free: list[bool], asked: bool) -> Found | None:
    read = spellings.read_letters(tokens, free, asked=asked, digits=True)
    if read is None or (not asked and read.units < LEAST_LETTERS):
        return None
    least, most = expected.length or (1, 10**6)
    whole = least <= len(read.text) <= most
    full = expected.length is not None and len(read.text) >= most
    return Found(
        read.text,
        read.start,
        read.stop,
        sure=read.sure,
        satisfied=whole and full,
        whole=whole,
        pieces=len(read.text) < least,
        growing=whole and not full,
    )
