"""Transfers and messages: their results, and settings that would do nothing."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from typing import Final

from ivr.flow.flow import Meanwhile, Record, Target, Transfer, Whisper
from ivr.flow.messages import Message

OF_RECORD: Final = ("done", "failed", "empty", "silence", "key", "full", "caller_left")


def results_of_transfer(step: Transfer, targets: Mapping[str, Target]) -> dict[str, bool]:
    """Every way it can end, and whether it must be routed."""
    results = {"no_answer": True, "failed": True, "answered": False, "busy": False, "caller_left": False}
    if any(targets[name].hours is not None for name in step.targets if name in targets):
        results["closed"] = True
    return results


def results_of_record() -> dict[str, bool]:
    return {name: name in ("done", "failed") for name in OF_RECORD}


def check_transfer(step: Transfer, targets: Mapping[str, Target], names: Collection[str] | None) -> Iterator[Message]:
    """Nobody hears a whisper, or music, where the caller is handed over at once; data need an address that has room
    for them. `names`: those that can hold a value; None: not all are known."""
    met = [targets[name] for name in step.targets if name in targets]
    if step.mode == "cold" and (step.whisper != Whisper() or step.caller_left_say is not None):
        text = "In a cold transfer nobody is on the line to hear a whisper."
        key = "whisper" if step.whisper != Whisper() else "caller_left_say"
        yield _at(step, key, "IVR406", text, "Write  mode: warm,  or take it out.")
    if step.mode == "cold" and step.meanwhile != Meanwhile() and not any(t.queue is not None for t in met):
        text = "In a cold transfer to a number the caller does not wait with us, so while_waiting: is never heard."
        yield _at(step, "while_waiting", "IVR406", text, "Write  mode: warm,  or take it out.")
    if step.priority is not None and not any(t.queue is not None for t in met):
        text = "Only callers in a queue have a priority."
        yield _at(step, "priority", "IVR406", text, "Take priority: out, or hand over to a queue.")
    if step.data and not any(t.sip is not None for t in met):
        text = "data: travels to SIP addresses only; a telephone number has no room for it."
        fix = "Whisper it (mode: warm), or hand over to a SIP address."
        yield replace(_at(step, "data", "IVR407", text, fix), severity="warning")
    yield from _taken(step, met, names)


def _at(step: Transfer, key: str, code: str, text: str, fix: str) -> Message:
    """At one of its keys."""
    place = step.keys.get(key)
    return Message(place or step.place, code, text, width=len(key if place else "transfer"), fix=fix)


def _taken(
    step: Transfer,
    met: list[Target],
    names: Collection[str] | None,
) -> Iterator[Message]:
    taken = {name for target in met for name in target.takes}
    missing = sorted(taken - set(step.arguments) - set(names)) if names is not None else []
    if missing and taken.issuperset(step.arguments):
        text = f'"{step.target}" takes {missing[0]}, and nothing of that name exists here.'
        yield Message(step.place, "IVR404", text, width=8, fix=f'Add  with: {{{missing[0]}: "{{SLOT}}"}}.')
    for name in step.arguments:
        if name not in taken and not any("{" in (t.sip or "") and not t.takes for t in met):
            text = f'"{step.target}" takes no value "{name}".'
            fix = f"It takes {', '.join(sorted(taken))}." if taken else "Declare it under  takes:  of the target."
            yield _at(step, "with", "IVR404", text, fix)


def check_record(step: Record) -> Iterator[Message]:
    if step.transcript and step.send_to is None:
        text = "The words of this message are sent to nobody."
        fix = "Add  send_to: CONTACT.  They stand on the page of the call all the same."
        yield Message(step.place, "IVR408", text, "warning", 6, fix)
