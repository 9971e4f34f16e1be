"""`if:` decides."""

from ivr.flow.flow import If
from ivr.flow.grammar import evaluate
from ivr.flow.steps.work import Work


def run(work: Work, step: If) -> None:
    held = evaluate(step.condition, work)
    work.note("decided", "if", "yes" if held else "no", step.place)
    work.enter("then" if held else "else")
