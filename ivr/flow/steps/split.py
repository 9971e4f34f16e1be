"""`split:` parts callers over several ways, to learn which one serves them better."""

import hashlib

from ivr.flow.flow import Split
from ivr.flow.steps.call import route
from ivr.flow.steps.work import Work


def run(work: Work, step: Split) -> None:
    arm = choose(work, step)
    work.note("split", step.name, arm, step.place)
    route(work, step, arm)


def choose(work: Work, step: Split) -> str:
    """Who has the same `by` always takes the same arm, on this call and the next; a caller of whom it is not known is
    parted by the call. A replay takes the same arm, since nothing but the call decides."""
    if step.then is not None and is_over(work, step):
        return step.then
    value = work.value(step.by)
    by = f"value:{value}" if value is not None else f"call:{work.state.seed}"
    digest = hashlib.sha256(f"{work.bundle.project}\n{step.name}\n{by}".encode()).digest()
    place = int.from_bytes(digest[:8], "big") % sum(arm.share for arm in step.arms)
    for arm in step.arms:
        if place < arm.share:
            return arm.name
        place -= arm.share
    raise AssertionError("the place is within the sum of all shares")


def is_over(work: Work, step: Split) -> bool:
    """From the day of `until:` on, and once so many calls were parted."""
    if step.until is not None and work.now.date() >= step.until:
        return True
    return step.calls is not None and work.state.split_calls.get(step.name, 0) >= step.calls
