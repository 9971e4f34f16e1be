"""`check: {tool: NAME}`: a tool decides whether a value will do, before it is read back and before it counts."""

from ivr.flow.answers import FAILED
from ivr.flow.flow import SlotSpec, ToolSpec
from ivr.flow.state import Fill, Phrase, Slot
from ivr.flow.steps import call
from ivr.flow.steps.copying import replace
from ivr.flow.steps.fitness import check_words
from ivr.flow.steps.question import wants_yes
from ivr.flow.steps.work import Work
from ivr.flow.types import Value


def fresh(spec: SlotSpec, fill: Fill, score: float | None, *, confirmed: bool = False) -> Slot:
    """A slot as it is filled: it may wait for a tool's word, and for the caller's yes."""
    checked = not is_checked_by_tool(spec)
    settled = checked and (confirmed or not wants_yes(spec.confirm, fill.source, score, fill.sure))
    return Slot(fill.value, fill.source, confirmed, fill.sure, score, checked, settled)


def is_checked_by_tool(spec: SlotSpec) -> bool:
    return spec.check is not None and spec.check.kind == "tool"


def send(work: Work, name: str) -> None:
    """Ask the tool about the value; the walk goes on at the same step when it has answered."""
    spec = work.flow.slots[name]
    assert spec.check is not None and spec.check.tool is not None
    tool = work.flow.tools[spec.check.tool]
    arguments = _arguments(work, tool, name)
    known = call.last(work, tool, arguments)
    if known is not None and known.result is not None:
        settle(work, name, known.result)
    else:
        call.send(work, tool, arguments, frozenset(tool.takes) | {name})


def _arguments(work: Work, tool: ToolSpec, name: str) -> tuple[tuple[str, Value | None], ...]:
    """The value under the slot's name; a tool that takes one thing takes it under any."""
    own = name if name in tool.takes else next(iter(tool.takes), name)
    return tuple(
        (taken, work.at.slots[name].value if taken == own else work.value(tuple(taken.split("."))))
        for taken in tool.takes
    )


def unchecked(work: Work, names: tuple[str, ...]) -> str | None:
    return next((n for n in names if (held := work.at.slots.get(n)) is not None and not held.checked), None)


def settle(work: Work, name: str, result: str) -> Phrase | None:
    """It will do; or it is emptied, and why. A tool that cannot answer finds no fault."""
    spec = work.flow.slots[name]
    check, held = spec.check, work.at.slots[name]
    assert check is not None
    if result not in (check.ok, FAILED):
        why = check_words(work, spec, held.value)
        work.empty([name])
        work.at = replace(work.at, doubts={**work.at.doubts, name: why})
        return why
    if result == FAILED:
        work.note("error", name, "its check could not be made", spec.place)
    settled = held.confirmed or not wants_yes(spec.confirm, held.source, held.score, held.sure)
    work.fill(name, replace(held, checked=True, settled=settled))
    return None
