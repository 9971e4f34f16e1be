"""What happened, told to people: one line a happening, private values masked."""

from collections.abc import Iterable, Mapping
from typing import assert_never

from ivr.call.textrun import happenings as seen
from ivr.call.textrun.written import as_written
from ivr.flow.flow import Bundle, Flow
from ivr.flow.spoken import mask
from ivr.flow.types import Privacy, Type, Value


def transcript(happened: Iterable[seen.Happening], bundle: Bundle, flow: str) -> tuple[str, ...]:
    told = (line(happening, bundle, flow) for happening in happened)
    return tuple(text for text in told if text)


def line(happening: seen.Happening, bundle: Bundle, flow: str) -> str:
    """One line, with the time since the call began; empty for what people need not see."""
    at = clock(happening.at_ms)
    match happening:
        case seen.BotSpoke(shown=shown, cut=cut):
            return f"{at}  bot     {shown}{'  (cut off)' if cut else ''}"
        case seen.CallerSpoke(shown=shown, used=used):
            return f"{at}  caller  {shown}{'' if used else '  (not listened to)'}"
        case seen.CallerPressed(shown=shown):
            return f"{at}  keys    {shown}"
        case seen.CallerWasSilent():
            return f"{at}  caller  (silent)"
        case seen.CallerHungUp():
            return f"{at}  caller  (hangs up)"
        case seen.ToolCalled():
            given = arguments(happening.arguments, bundle, flow)
            return f"{at}  tool    {happening.tool}({given}) -> {happening.answered or 'no answer in the test'}"
        case seen.Dialled(target=target, result=result):
            return f"{at}  dial    {target} -> {result or 'no answer in the test'}"
        case seen.Whispered(target=target, shown=shown):
            return f"{at}  whisper {shown}  (to {target})"
        case seen.AttendantSpoke(words=words):
            return f"{at}  attend  {words}"
        case seen.AttendantPressed(keys=keys):
            return f"{at}  attend  presses {keys}"
        case seen.Sent(kind=kind, name=name, shown=shown):
            return f"{at}  {kind:<7} to {name}{f': {shown}' if shown else ''}"
        case seen.Noted(note=note):
            telling = note.kind == "error" or (note.kind == "tool" and ": " in note.detail)
            telling = telling or (note.kind == "model" and not note.detail.startswith("asked;"))
            return f"{at}  {note.kind:<6}  {note.what}: {note.detail}" if telling else ""
        case seen.Chose():
            return ""
        case seen.CallEnded(outcome=outcome):
            return f"{at}  end     {outcome}"
    assert_never(happening)


def reasons(happened: Iterable[seen.Happening]) -> tuple[str, ...]:
    """Why the bot did what it did: nodes entered, conditions decided, slots filled, rungs climbed."""
    notes = [happening for happening in happened if isinstance(happening, seen.Noted)]
    return tuple(
        f"{clock(noted.at_ms)}  {noted.note.kind:<10} {noted.note.what}"
        + (f": {noted.note.detail}" if noted.note.detail else "")
        + (f"  ({noted.note.place})" if noted.note.place else "")
        for noted in notes
    )


def clock(at_ms: int) -> str:
    minutes, ms = divmod(at_ms, 60_000)
    return f"{minutes}:{ms / 1000:04.1f}"


def arguments(values: Mapping[str, Value | None], bundle: Bundle, flow: str) -> str:
    return ", ".join(f"{name}: {shown(name, value, bundle, flow)}" for name, value in values.items())


def shown(name: str, value: Value | None, bundle: Bundle, flow: str) -> str:
    """A value for people: masked where its slot, or what it was kept as, is private. A name that the flow has not is
    of a flow that it runs, and is taken for as private as it is in any."""
    kind, privacy = class_of(name, bundle.flows[flow])
    if privacy is Privacy.OPEN and not _has(name, bundle.flows[flow]):
        classes = [class_of(name, other) for other in bundle.flows.values()]
        kind, privacy = max(classes, key=lambda found: tuple(Privacy).index(found[1]))
    if privacy is Privacy.OPEN or value is None:
        return as_written(value, bundle.zone)
    return mask(value, kind)


def _has(name: str, flow: Flow) -> bool:
    return name in flow.slots or name in flow.vars


def class_of(name: str, flow: Flow) -> tuple[Type, Privacy]:
    """Type and privacy of a name of the flow; text and open where it has none."""
    spec = flow.slots.get(name)
    if spec is not None:
        return spec.type, spec.privacy
    keeps = [k for tool in flow.tools.values() for result in tool.results for k in result.keep if k.name == name]
    private = [keep for keep in keeps if keep.privacy is not Privacy.OPEN]
    if keeps:
        return (private or keeps)[0].type, (private or keeps)[0].privacy
    variable = flow.vars.get(name)
    return (variable.type, Privacy.OPEN) if variable is not None else (Type.TEXT, Privacy.OPEN)
