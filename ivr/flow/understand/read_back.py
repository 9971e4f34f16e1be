"""What is said to a value that is read back, or to all of them at once: yes, no, or what is to be otherwise."""

from dataclasses import replace
from datetime import datetime

from ivr.flow.numerals import Token
from ivr.flow.state import Expected, Fill, Listen, Reading
from ivr.flow.types import Source
from ivr.flow.understand import agreement, choosing, corrections
from ivr.flow.understand.earlier import NOTHING, Earlier, read_change, read_earlier
from ivr.flow.understand.extracting import extract
from ivr.flow.understand.unfinished import hangs
from ivr.flow.understand.wording import FILLERS, core, take_backs


def correcting(words: str, tokens: tuple[Token, ...], found: Earlier) -> Reading:
    hanging = hangs(tokens)
    return Reading(
        words, found.fills, satisfied=not hanging, open_ending=hanging, change=found.change, either=found.either
    )


def read_summary(words: str, tokens: tuple[Token, ...], open_ending: bool, listen: Listen, now: datetime) -> Reading:
    """Yes; no; or what is to be otherwise, with or without a no: "no, at eight", "change the day"."""
    read = agreement.read_agreement(tokens)
    if read is None or not read.alone:
        command = choosing.command_said(tokens, {c.name: c.hear for c in listen.commands})
        if command is not None:
            return Reading(words, command=command[0], satisfied=True)
    if read is not None and read.alone:
        hanging = hangs(tokens[read.stop :]) or (open_ending and not read.yes)
        return Reading(words, yes=read.yes, satisfied=read.yes and not hanging, open_ending=hanging)
    rest = tokens[read.stop :] if read is not None else tokens
    agreed = read is not None and read.yes and not read.soft and not take_backs(rest) and not _reserved(tokens)
    if agreed:
        return Reading(words, yes=True, satisfied=not hangs(rest), open_ending=hangs(rest))
    found = read_earlier(tokens, listen, now)
    change = None if found else read_change(rest, listen)
    if found or change:
        hanging = hangs(rest)
        return Reading(
            words,
            found.fills,
            yes=False,
            satisfied=not hanging,
            open_ending=hanging,
            change=found.change if found else change,
            either=found.either,
        )
    if change == "":
        return Reading(words, yes=False, open_ending=open_ending)
    return Reading(words, yes=read.yes if read is not None else None, open_ending=open_ending)


def read_confirmation(
    words: str,
    tokens: tuple[Token, ...],
    open_ending: bool,
    listen: Listen,
    slot: Expected,
    now: datetime,
) -> Reading:
    read = agreement.read_agreement(tokens)
    if read is None or not read.alone:
        command = choosing.command_said(tokens, {c.name: c.hear for c in listen.commands})
        if command is not None:
            return Reading(words, command=command[0], satisfied=True)
    if read is not None and read.alone:
        hanging = hangs(tokens[read.stop :])
        waiting = hanging or (open_ending and not read.yes)
        return Reading(words, yes=read.yes, satisfied=read.yes and not hanging, open_ending=waiting)
    rest = tokens[read.stop :] if read is not None else tokens
    if read is not None and read.yes and not read.soft and not take_backs(rest) and not _reserved(tokens):
        return _agreed(words, rest, listen, slot, now)
    changed = corrections.correct(slot, rest, now) if _says_something(rest) else None
    if changed is not None:
        if changed.value == slot.current:
            return Reading(words, yes=True, satisfied=True)
        fill = Fill(slot.slot, changed.value, Source.SPEECH, changed.sure, corrects=True)
        hanging = hangs(rest)
        return Reading(words, (fill,), yes=False, satisfied=changed.satisfied and not hanging, open_ending=hanging)
    if read is None:
        others = read_earlier(tokens, listen, now) if corrections.is_strong(tokens) else NOTHING
        if others:
            return replace(correcting(words, tokens, others), yes=False)
        return Reading(words, open_ending=open_ending)
    return Reading(words, yes=read.yes, open_ending=open_ending and not read.yes)


def _says_something(tokens: tuple[Token, ...]) -> bool:
    return any(t.text not in FILLERS for t in core(tokens))


def _reserved(tokens: tuple[Token, ...]) -> bool:
    """yes, but the last digit is eight."""
    return any(t.text in ("but", "except", "only") for t in tokens)


def _agreed(words: str, rest: tuple[Token, ...], listen: Listen, slot: Expected, now: datetime) -> Reading:
    """Yes, and perhaps the next answer in the same breath."""
    others = tuple(e for e in listen.expects if e.slot != slot.slot)
    found = extract(rest, others, now) if others and _says_something(rest) else {}
    fills = tuple(
        Fill(e.slot, f.value, Source.SPEECH, f.sure) for e in others if (f := found.get(e.slot)) is not None and f.whole
    )
    return Reading(words, fills, yes=True, satisfied=not hangs(rest), open_ending=hangs(rest))
