"""A caller's words read against what the engine listens for."""

from dataclasses import replace
from datetime import datetime
from typing import Final

from ivr.flow.numerals import Token, digit_of, tokens_of
from ivr.flow.state import Expected, Fill, Listen, Reading
from ivr.flow.types import CHOSEN, Source, Type
from ivr.flow.understand import agreement, choosing, corrections, dates, durations, emails, sounding, times
from ivr.flow.understand.earlier import read_change, read_earlier, said_again, says_a_value
from ivr.flow.understand.extracting import extract
from ivr.flow.understand.found import Found
from ivr.flow.understand.read_back import correcting, read_confirmation, read_summary
from ivr.flow.understand.slot_values import phrases_of
from ivr.flow.understand.unfinished import ends_open, hangs, spells, stall_from
from ivr.flow.understand.wording import PREFACE, core, is_noise


def interpret(words: str, listen: Listen, now: datetime) -> Reading:
    """What the words mean for this Listen. `now` is call time in the project's zone. Never raises, whatever was said.

    A Reading without yes, command and fills is a no match. Digits of the asked slot that are still short come as a
    Fill with what there is and `pieces`; digits of a wrong number come as a Fill too: of the right type, but invalid.
    """
    tokens, tail = tokens_of(words)
    if not tokens:
        return Reading(words)
    reading = _read(words, tokens, ends_open(tokens, tail), listen, now)
    if _is_empty(reading) and not listen.waiting:
        command = sounding.command_by_sound(tokens, {c.name: c.hear for c in listen.commands})
        reading = reading if command is None else Reading(words, command=command)
    stall = stall_from(tokens)
    if stall is None or reading.command is not None or _is_length(tokens, listen, reading):
        return reading
    before = _read(words, tokens[:stall], False, listen, now) if stall else Reading(words)
    return replace(before, satisfied=False, stalling=True)


def _is_empty(reading: Reading) -> bool:
    return not reading.fills and reading.command is None and reading.yes is None and reading.change is None


def _is_length(tokens: tuple[Token, ...], listen: Listen, reading: Reading) -> bool:
    """ "One minute" where it is asked how long."""
    asked = listen.confirming or (listen.expects[0] if listen.expects else None)
    wanted = asked is not None and asked.type is Type.DURATION and bool(reading.fills)
    return wanted and core(tokens)[0].text in ("one", "1")


def _read(words: str, tokens: tuple[Token, ...], open_ending: bool, listen: Listen, now: datetime) -> Reading:
    if listen.confirming is not None:
        return read_confirmation(words, tokens, open_ending, listen, listen.confirming, now)
    if listen.waiting:
        return _waiting(words, tokens, listen)
    if listen.summary:
        return read_summary(words, tokens, open_ending, listen, now)
    asked = listen.expects[0] if listen.expects else None
    skipped = _skipped(tokens, asked)
    if skipped is not None:
        return Reading(words, (skipped,), satisfied=True)
    command = _command(tokens, listen, asked)
    if command is not None:
        return Reading(words, command=command, satisfied=True)
    strong = corrections.is_strong(tokens)
    reading = _filled(words, tokens, open_ending, listen.expects, now)
    answered = asked is not None and any(f.slot == asked.slot for f in reading.fills) and not reading.pieces
    wordy = asked is not None and asked.type in (Type.NAME, Type.TEXT)
    if asked is not None and _is_about_earlier(asked) and not _is_option(tokens, asked):
        corrected = read_earlier(tokens, listen, now)
        if corrected.fills:
            return correcting(words, tokens, corrected)
    if strong or corrections.is_swap(tokens):
        long = wordy and len(tokens) > _SHORT
        corrected = read_earlier(tokens, listen, now, named_only=long, swap_only=not strong)
        if corrected and not (answered and corrected.change is not None and not wordy):
            return correcting(words, tokens, corrected)
    if strong:
        same = said_again(tokens, listen, now, named_only=answered and not wordy)
        if same is not None:
            return Reading(words, (same,), satisfied=True)
    if answered and corrections.is_weak(tokens) and (not wordy or len(tokens) <= _SHORT):
        is_name = asked is not None and asked.type is Type.NAME
        corrected = read_earlier(tokens, listen, now, named_only=not (is_name and says_a_value(tokens)))
        if corrected:  # no, my account is 87654321
            return correcting(words, tokens, corrected)
    if not answered and (strong or corrections.is_weak(tokens)):
        corrected = read_earlier(tokens, listen, now)
        if corrected:
            return correcting(words, tokens, corrected)
    if not reading.fills or wordy:
        change = read_change(tokens, listen)
        if change is not None:
            return Reading(words, change=change, satisfied=True)
    return reading


def _is_about_earlier(asked: Expected) -> bool:
    """The engine's own questions: what to change, and which is meant. No slot has a name of several words."""
    return " " in asked.slot


def _is_option(tokens: tuple[Token, ...], asked: Expected) -> bool:
    """Are the words one of its options, and nothing else?"""
    phrases = phrases_of(asked)
    named = choosing.contained(tokens, phrases)
    if named is not None:
        return named.sure >= choosing.EXACT
    placed = choosing.by_place(tokens, [o.name for o in asked.options if o.offered], {})
    return placed is not None and len(corrections.bare(tokens)) <= 2


_SHORT: Final = 6
"""Words of a name, or of a text, that may be about something else."""


def _waiting(words: str, tokens: tuple[Token, ...], listen: Listen) -> Reading:
    """The caller asked for time and may be speaking to somebody else: only a command is meant for us."""
    said = choosing.command_said(tokens, {c.name: c.hear for c in listen.commands})
    return Reading(words, command=said[0], satisfied=True) if said is not None else Reading(words)


def _skipped(tokens: tuple[Token, ...], asked: Expected | None) -> Fill | None:
    if asked is None or not asked.skip_words:
        return None
    said = choosing.command_said(tokens, {asked.slot: asked.skip_words})
    return None if said is None else Fill(asked.slot, None, Source.SPEECH, said[1])


def _command(tokens: tuple[Token, ...], listen: Listen, asked: Expected | None) -> str | None:
    """A command, unless the same words answer the question."""
    said = choosing.command_said(tokens, {c.name: c.hear for c in listen.commands})
    if said is None:
        return None
    chosen = asked is not None and (asked.type in CHOSEN or asked.of in CHOSEN)
    if asked is not None and chosen and choosing.contained(tokens, phrases_of(asked)) is not None:
        return None
    if asked is not None and asked.type is Type.YES_NO and said[1] < choosing.EXACT:
        read = agreement.read_agreement(tokens)
        return None if read is not None and read.alone else said[0]
    return said[0]


def _filled(
    words: str, tokens: tuple[Token, ...], open_ending: bool, expects: tuple[Expected, ...], now: datetime
) -> Reading:
    asked = expects[0] if expects else None
    found = extract(tokens, expects, now)
    fills = tuple(
        Fill(e.slot, f.value, Source.SPEECH, f.sure, closed=f.closed)
        for e in expects
        if (f := found.get(e.slot)) is not None
    )
    answer = found.get(asked.slot) if asked is not None else None
    hanging = answer is not None and hangs(tokens[answer.stop :])
    satisfied = answer is not None and answer.satisfied and not hanging and not _may_be_longer(answer, tokens, expects)
    pieces = answer is not None and answer.pieces
    agreed = asked is not None and asked.type is Type.YES_NO and answer is not None
    waiting = hanging or (open_ending and not satisfied and not agreed)
    return Reading(
        words,
        fills,
        satisfied=satisfied,
        open_ending=waiting or pieces or _half_said(tokens, asked, fills),
        pieces=pieces,
        growing=answer is not None and answer.growing and not satisfied,
    )


def _may_be_longer(answer: Found, tokens: tuple[Token, ...], expects: tuple[Expected, ...]) -> bool:
    """An option said by its number, where the same words may fill digits instead: "one", or an extension."""
    if expects[0].type is not Type.CHOICE or all(e.type is not Type.DIGITS for e in expects[1:]):
        return False
    return answer.stop == len(tokens) and digit_of(tokens[-1].text) is not None


def _half_said(tokens: tuple[Token, ...], asked: Expected | None, fills: tuple[Fill, ...]) -> bool:
    """Only the words that lead to an answer, a month without its day, or a name spelled so far."""
    if asked is not None and asked.type in (Type.NAME, Type.TEXT) and spells(tokens):
        return True
    if fills:
        return False
    if asked is not None and _is_due(tokens, asked.of or asked.type):
        return True
    return all(t.text in PREFACE or is_noise(t.text) for t in tokens)


def _is_due(tokens: tuple[Token, ...], kind: Type) -> bool:
    """The rest of a value that began: a day, an hour, a unit, the end of an address."""
    match kind:
        case Type.DATE:
            return dates.ends_with_month(tokens)
        case Type.TIME:
            return times.ends_in_the_middle(tokens)
        case Type.DURATION:
            return durations.lacks_unit(tokens)
        case Type.EMAIL:
            return emails.begins(tokens)
        case _:
            return False
