"""When the call cannot go on as written: a fault of the flow or of ours, and limits."""

from typing import Final

from ivr.flow.state import StopListening, StopSaying
from ivr.flow.steps import end
from ivr.flow.steps import path as paths
from ivr.flow.steps.copying import replace
from ivr.flow.steps.phrases import sentence
from ivr.flow.steps.work import Work
from ivr.flow.types import Interrupt

AFTER_LIMIT_MS: Final = 120_000
AFTER_LIMIT_TURNS: Final = 10
"""What `on_limit` has left to bring the call to its end."""


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
    """`on_limit` of the flow the call began with, once; after that, or where there is none, and for a silent line, the
    engine says goodbye."""
    work.emit(StopSaying())
    if work.state.listening is not None:
        work.emit(StopListening())
    if word != "limit" or work.state.over_limit or not work.first_flow.on_limit:
        say_and_end(work, word, "limit")
        return
    work.note("error", work.at.node, "a limit of the call")
    work.drop_pending()
    work.leave_agent()
    work.pop_to_first()
    work.state = replace(work.state, listening=None, calling=None, over_limit=True, turns=0)
    work.wake(work.limit_id, work.at_ms + AFTER_LIMIT_MS)
    work.stand((paths.LIMIT, 0))
    work.at = replace(work.at, question=None)
    work.forget_said()
    work.steps_walked = 0
    work.walking = True
