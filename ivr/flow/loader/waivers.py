"""`# ivr: ignore IVR310 our survey wants the long menu`: a warning that its operator has accepted, with the reason."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from ivr.flow.messages import Message
from ivr.flow.text import Place

_WAIVER: Final = re.compile(r"#\s*ivr:\s*ignore\s+(IVR\d{3})\b[ \t]*(.*)")


@dataclass(frozen=True, slots=True)
class Waived:
    """A warning that is not told, and why."""

    message: Message
    reason: str


@dataclass(frozen=True, slots=True)
class _Waiver:
    place: Place
    code: str
    reason: str
    width: int

    def covers(self, message: Message) -> bool:
        """It stands on the line of its warning or the one above."""
        here = self.place.file == message.place.file and message.place.line - self.place.line in (0, 1)
        return here and message.code == self.code and message.severity == "warning"


def apply_waivers(
    messages: Iterable[Message], files: Mapping[str, str]
) -> tuple[tuple[Message, ...], tuple[Waived, ...]]:
    """What is left to tell, in order of place, and what is waived. Errors cannot be waived; a waiver without a reason
    waives nothing."""
    by_place: dict[tuple[str, int], list[_Waiver]] = {}
    for waiver in _waivers(files):
        if waiver.reason:
            for line in (waiver.place.line, waiver.place.line + 1):
                by_place.setdefault((waiver.place.file, line), []).append(waiver)
    kept: list[Message] = []
    waived: list[Waived] = []
    for message in messages:
        near = by_place.get((message.place.file, message.place.line), ())
        by = next((waiver for waiver in near if waiver.covers(message)), None)
        if by is None:
            kept.append(message)
        else:
            waived.append(Waived(message, by.reason))
    return in_order(kept), tuple(waived)


def check_reasons(files: Mapping[str, str]) -> Iterator[Message]:
    """Waivers that give no reason."""
    for waiver in _waivers(files):
        if not waiver.reason:
            fix = "Write why after the code."
            yield Message(waiver.place, "IVR007", "This waiver gives no reason.", width=waiver.width, fix=fix)


def check_use(files: Mapping[str, str], waived: Iterable[Waived]) -> Iterator[Message]:
    """Waivers that nothing here needs. To be asked only once everything was looked for, and there is no error."""
    used = list(waived)
    for waiver in _waivers(files):
        if waiver.reason and not any(waiver.covers(one.message) for one in used):
            text = f"Nothing here is told {waiver.code}, so this waiver waives nothing."
            yield Message(waiver.place, "IVR008", text, "warning", waiver.width, "Take it out.")


def in_order(messages: Iterable[Message]) -> tuple[Message, ...]:
    return tuple(sorted(messages, key=lambda m: (m.place, m.code)))


def _waivers(files: Mapping[str, str]) -> Iterator[_Waiver]:
    for file, text in files.items():
        if "ivr:" not in text or not file.endswith(".yaml"):
            continue
        for number, line in enumerate(text.splitlines(), start=1):
            match = _WAIVER.search(line)
            if match is not None:
                place = Place(file, number, match.start() + 1)
                yield _Waiver(place, match[1], match[2].strip(), len(match[0].rstrip()))
