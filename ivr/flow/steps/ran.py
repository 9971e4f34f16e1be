"""Sub-flows that came back: what they asked can be put right, and gone back to."""

from collections.abc import Sequence

from ivr.flow.flow import SlotSpec
from ivr.flow.state import Asked, Fill, Ran
from ivr.flow.steps import path as paths
from ivr.flow.steps.asked import asked_step
from ivr.flow.steps.copying import replace
from ivr.flow.steps.work import Work
from ivr.flow.types import OF_THE_CALLER, Value


def answered_inside(work: Work, name: str) -> Ran | None:
    """The sub-flow, come back already, that gave a value kept here under this name and had asked the caller for it,
    itself or by a sub-flow of its own. What this flow asks itself is put right here."""
    if asked_step(work, name) is not None:
        return None
    return next((ran for ran in reversed(work.at.ran) if _told(work, ran, name) is not None), None)


def _told(work: Work, ran: Ran, name: str) -> tuple[SlotSpec, Value] | None:
    """What the caller told a sub-flow, and is kept of it under this name."""
    if all(kept != name for kept, _ in ran.gave):
        return None
    held, spec = ran.inner.slots.get(name), work.bundle.flows[ran.inner.flow].slots.get(name)
    if held is None or spec is None:
        return next((told for deeper in reversed(ran.inner.ran) if (told := _told(work, deeper, name))), None)
    if held.value is None or held.source not in OF_THE_CALLER:
        return None
    return spec, held.value


def enter_again(work: Work, ran: Ran) -> None:
    """Back into a sub-flow as it stood when it came back."""
    work.drop_pending()
    work.leave_agent()
    work.at = replace(
        work.at,
        node=ran.node,
        question=None,
        tries={},
        ran=tuple(other for other in work.at.ran if other is not ran),
        asked=tuple(a for a in work.at.asked if (a.question, a.node, a.step) != (paths.RAN, ran.node, ran.step)),
        correcting=True,
    )
    work.stand(ran.step)
    work.push(replace(ran.inner, question=None))


def put_right(work: Work, fills: Sequence[Fill]) -> Sequence[Fill]:
    """A correction of what a sub-flow asked: it is entered again, and so on down to the one that asked. The fills that
    are meant for it are left."""
    found = next((ran for fill in fills if (ran := answered_inside(work, fill.slot)) is not None), None)
    if found is None:
        return fills
    meant = [fill for fill in fills if _told(work, found, fill.slot) is not None]
    enter_again(work, found)
    return put_right(work, meant)


def correctable(work: Work) -> list[tuple[SlotSpec, Value]]:
    """What the caller told sub-flows that have come back, and is kept here; the latest first."""
    found: dict[str, tuple[SlotSpec, Value]] = {}
    for ran in reversed(work.at.ran):
        for name, _ in ran.gave:
            told = _told(work, ran, name)
            here = name in found or asked_step(work, name) is not None or work.value((name,)) is None
            if told is not None and not here:
                found[name] = told
    return list(found.values())


def enter_at(work: Work, asked: Asked) -> None:
    """`back` comes to a sub-flow that asked something: into it, as it stood at its end."""
    ran = next(ran for ran in work.at.ran if (ran.node, ran.step) == (asked.node, asked.step))
    enter_again(work, ran)


def spec_of(work: Work, name: str) -> SlotSpec:
    """The slot, of the running flow or of a sub-flow that has come back."""
    found = answered_inside(work, name)
    told = None if found is None else _told(work, found, name)
    return work.flow.slots[name] if told is None else told[0]
