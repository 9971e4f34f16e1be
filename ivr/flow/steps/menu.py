"""`menu:` asks for one of several ways on."""

from ivr.flow.flow import Menu
from ivr.flow.state import Slot
from ivr.flow.steps.ask import open_question
from ivr.flow.steps.copying import replace
from ivr.flow.steps.work import Work
from ivr.flow.types import Source, Value


def run(work: Work, step: Menu) -> None:
    if work.mute:
        work.next()
        return
    before = work.at.replay.get((work.at.node, work.path))
    if before is not None:
        choose(work, step, before, Source.SPEECH)
    else:
        open_question(work, step.name)


def choose(work: Work, step: Menu, option: Value, source: Source) -> None:
    """On the way of an option; behind one that stood in a list, the slot it goes `into` has the item's value."""
    _remember(work, step, option)
    work.at = replace(work.at, question=None)
    listed = step.options_from
    if listed is None or step.into is None or any(own.name == option for own in step.options):
        work.note("filled", step.name, str(option), step.place)
        work.enter(f"option/{option}")
        return
    work.drop_kept(frozenset({step.into}))
    work.fill(step.into, Slot(option, source))
    work.note("filled", step.into, source, step.place)
    work.enter("chosen")


def _remember(work: Work, step: Menu, option: Value) -> None:
    """A correction of what was asked before this goes through here again, and need not ask again."""
    asked = work.at.asked
    if asked and (asked[-1].question, asked[-1].step) == (step.name, work.at.question_step):
        work.at = replace(work.at, asked=(*asked[:-1], replace(asked[-1], chose=option)))
