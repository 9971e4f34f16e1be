"""`end:` says goodbye and ends the call."""

from ivr.flow.flow import End
from ivr.flow.state import Doing, DropAttendant, HangUp
from ivr.flow.steps.copying import replace
from ivr.flow.steps.phrases import prompt_phrase
from ivr.flow.steps.work import Work
from ivr.flow.text import Place
from ivr.flow.types import Interrupt


def run(work: Work, step: End) -> None:
    if step.say is not None:
        work.say(prompt_phrase(work, step.say), Interrupt.NO)  # a goodbye is played out before the line drops
    end(work, step.outcome, step.place)


def end(work: Work, outcome: str, place: Place | None = None) -> None:
    """Hang up once what was said is heard. A call that the caller has left keeps that as its outcome."""
    work.walking = False
    work.at = replace(work.at, question=None)
    if not work.mute:
        work.state = replace(work.state, outcome=outcome)
        work.note("outcome", outcome, place=place)
        work.emit(HangUp(outcome))
    drop_attendants(work)
    work.state = replace(work.state, doing=Doing.ENDED, listening=None, pending=None, awaiting={}, calling=None)


def drop_attendants(work: Work) -> None:
    """Nobody is left for them to talk to."""
    for key, waited in work.state.awaiting.items():
        if waited.kind in ("attendant", "joined"):
            work.emit(DropAttendant(key))
