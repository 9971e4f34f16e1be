"""`menu:` asks for one of several ways on."""

from ivr.flow.flow import Menu
from ivr.flow.steps.ask import open_question
from ivr.flow.steps.copying import replace
from ivr.flow.steps.work import Work


def run(work: Work, step: Menu) -> None:
    if work.mute:
        work.next()
        return
    open_question(work, step.name)


def choose(work: Work, step: Menu, option: str) -> None:
    work.at = replace(work.at, question=None)
    work.note("filled", step.name, option, step.place)
    work.enter(f"option/{option}")
