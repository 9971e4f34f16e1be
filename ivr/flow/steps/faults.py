"""When the call cannot go on as written: a fault of the flow or of ours, and limits."""

from ivr.flow.state import StopListening, StopSaying
from ivr.flow.steps import end
from ivr.flow.steps import path as paths
from ivr.flow.steps.copying import replace
from ivr.flow.steps.phrases import sentence
from ivr.flow.steps.work import Work
from ivr.flow.types import Interrupt


def fault(work: Work, why: str) -> None:
    """`on_error`, once; a fault in there, or where there is none, ends the call with an apology."""
    work.note("error", work.at.node, why)
    again = paths.ERROR in work.at.visits
    work.steps_walked = 0
    if work.state.listening is not None:
        work.emit(StopListening())
    work.state = replace(work.state, pending=None, listening=None, calling=None)
    if work.mute:
        end.end(work, "caller_left")
    elif again or not work.flow.on_error:
        say_and_end(work, "error", "error")
    else:
        visits = {**work.at.visits, paths.ERROR: 1}
        work.stand((paths.ERROR, 0))
        work.at = replace(work.at, question=None, visits=visits)
        work.forget_said()
        work.walking = True


def say_and_end(work: Work, word: str, outcome: str) -> None:
    work.say(sentence(work, word), Interrupt.NO)
    end.end(work, outcome)


def limit(work: Work, word: str) -> None:
    work.emit(StopSaying())
    if work.state.listening is not None:
        work.emit(StopListening())
    say_and_end(work, word, "limit")
