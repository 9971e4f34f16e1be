"""`# ivr: ignore IVR310 our survey wants the long menu`: a warning that its operator has accepted, with the reason."""

import re
from collections.abc import Iterable, Mapping
from typing import Final

from ivr.flow.messages import Message
from ivr.flow.text import Place

_WAIVER: Final = re.compile(r"#\s*ivr:\s*ignore\s+(IVR\d{3})\b[ \t]*(.*)")


def apply_waivers(messages: Iterable[Message], files: Mapping[str, str]) -> tuple[Message, ...]:
    """Without the waived warnings, in order of place. A waiver stands on the line of its warning or the one above;
    errors cannot be waived; a waiver without a reason is an error and waives nothing."""
    waived: set[tuple[str, int, str]] = set()
    kept: list[Message] = []
    for file, text in files.items():
        if "ivr:" not in text:
            continue
        for number, line in enumerate(text.splitlines(), start=1):
            match = _WAIVER.search(line)
            if match is None:
                continue
            if not match[2].strip():
                place = Place(file, number, match.start() + 1)
                fix = "Write why after the code."
                kept.append(Message(place, "IVR007", "This waiver gives no reason.", width=len(match[0]), fix=fix))
                continue
            waived.add((file, number, match[1]))
            waived.add((file, number + 1, match[1]))
    for message in messages:
        if message.severity == "warning" and (message.place.file, message.place.line, message.code) in waived:
            continue
        kept.append(message)
    return tuple(sorted(kept, key=lambda m: (m.place, m.code)))
