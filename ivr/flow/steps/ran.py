"""Sub-flows that came back: what they asked can be put right, and gone back to."""

from collections.abc import Sequence

from ivr.flow.flow import SlotSpec
from ivr.flow.state import Asked, Fill, Ran
from ivr.flow.steps import path as paths
from ivr.flow.steps.copying import replace
from ivr.flow.steps.work import Work
from ivr.flow.types import Source, Value


def answered_inside(work: Work, name: str) -> Ran | None:
    """The sub-flow, come back already, that asked the caller for a value kept here under this name."""
    if name in work.flow.slots:
        return None
    for ran in reversed(work.at.ran):
        held = ran.inner.slots.get(name)
        if held is not None and any(kept == name for kept, _ in ran.gave):
            return ran
    return None


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
    """A correction of what a sub-flow asked: it is entered again, and the fills that are meant for it are left."""
    found = next((ran for fill in fills if (ran := answered_inside(work, fill.slot)) is not None), None)
    if found is None:
        return fills
    enter_again(work, found)
    return [fill for fill in fills if fill.slot in found.inner.slots]


def correctable(work: Work) -> list[tuple[SlotSpec, Value]]:
    """What the caller told sub-flows that have come back, and is kept here; the latest first."""
    found: dict[str, tuple[SlotSpec, Value]] = {}
    for ran in reversed(work.at.ran):
        flow = work.bundle.flows[ran.inner.flow]
        for name, _ in ran.gave:
            held = ran.inner.slots.get(name)
            if name in work.flow.slots or name in found or held is None or held.value is None:
                continue
            if held.source in (Source.KEYS, Source.SPEECH) and work.value((name,)) is not None:
                found[name] = (flow.slots[name], held.value)
    return list(found.values())


def enter_at(work: Work, asked: Asked) -> None:
    """`back` comes to a sub-flow that asked something: into it, as it stood at its end."""
    ran = next(ran for ran in work.at.ran if (ran.node, ran.step) == (asked.node, asked.step))
    enter_again(work, ran)


def spec_of(work: Work, name: str) -> SlotSpec:
    """The slot, of the running flow or of a sub-flow that has come back."""
    if name in work.flow.slots:
        return work.flow.slots[name]
    found = answered_inside(work, name)
    assert found is not None, f"{name} is no slot here"
    return work.bundle.flows[found.inner.flow].slots[name]
