"""`forget:` empties."""

from ivr.flow.flow import Forget
from ivr.flow.steps.copying import replace
from ivr.flow.steps.work import Work


def run(work: Work, step: Forget) -> None:
    """Slots and kept values are empty afterwards; a variable has its first value again."""
    gone = frozenset(step.names)
    _remember(work, gone)
    work.empty(gone)
    first = {name: work.flow.vars[name].value for name in gone if name in work.flow.vars}
    kept = {name: value for name, value in work.at.kept.items() if name not in gone}
    kept_by = {name: by for name, by in work.at.kept_by.items() if name not in gone}
    work.at = replace(work.at, vars={**work.at.vars, **first}, kept=kept, kept_by=kept_by)
    work.next()


def _remember(work: Work, gone: frozenset[str]) -> None:
    """A correction of what was asked before this knows again what is forgotten here."""
    held = {name: slot for name, slot in work.at.slots.items() if name in gone and slot.settled}
    if held:
        asked = tuple(replace(entry, slots={**held, **entry.slots}) for entry in work.at.asked)
        work.at = replace(work.at, asked=asked)
