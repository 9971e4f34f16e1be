"""`goto:` moves to another node."""

from ivr.flow.flow import Goto
from ivr.flow.steps.work import Work


def run(work: Work, step: Goto) -> None:
    work.goto(step.node, step.place)
