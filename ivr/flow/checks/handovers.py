"""Transfers and messages: their results, and settings that would do nothing."""

from collections.abc import Iterator, Mapping
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


def check_transfer(step: Transfer, targets: Mapping[str, Target]) -> Iterator[Message]:
    """Nobody hears a whisper, or music, where the caller is handed over at once; data need an address that has room
    for them."""
    met = [targets[name] for name in step.targets if name in targets]
    if step.mode == "cold" and (step.whisper != Whisper() or step.caller_left_say is not None):
        text = "In a cold transfer nobody is on the line to hear a whisper."
        yield Message(step.place, "IVR406", text, width=8, fix="Write  mode: warm,  or take the whisper out.")
    if step.mode == "cold" and step.meanwhile != Meanwhile() and not any(t.queue is not None for t in met):
        text = "In a cold transfer to a number the caller does not wait with us, so while_waiting: is never heard."
        yield Message(step.place, "IVR406", text, width=8, fix="Write  mode: warm,  or take it out.")
    if step.priority is not None and not any(t.queue is not None for t in met):
        text = "Only callers in a queue have a priority."
        yield Message(step.place, "IVR406", text, width=8, fix="Take priority: out, or hand over to a queue.")
    if step.data and not any(t.sip is not None for t in met):
        text = "data: travels to SIP addresses only; a telephone number has no room for it."
        fix = "Whisper it (mode: warm), or hand over to a SIP address."
        yield Message(step.place, "IVR407", text, "warning", 8, fix)
    yield from _taken(step, met)


def _taken(step: Transfer, met: list[Target]) -> Iterator[Message]:
    taken = {name for target in met for name in target.takes}
    for name in step.arguments:
        if name not in taken:
            text = f'"{step.target}" takes no value "{name}".'
            fix = f"It takes {', '.join(sorted(taken))}." if taken else "Declare it under  takes:  of the target."
            yield Message(step.place, "IVR404", text, width=8, fix=fix)


def check_record(step: Record) -> Iterator[Message]:
    if step.transcript and step.send_to is None:
        text = "The words of this message are sent to nobody."
        fix = "Add  send_to: CONTACT.  They stand on the page of the call all the same."
        yield Message(step.place, "IVR408", text, "warning", 6, fix)
