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
    """`on_error` of the running flow, else of a flow that runs it, inside out, each once in a call; where none is left
    the call ends with an apology."""
    work.note("error", work.at.node, why)
    flow = _handling(work)
    work.steps_walked = 0
    if work.state.listening is not None:
        work.emit(StopListening())
    work.state = replace(work.state, pending=None, listening=None, calling=None)
    if work.mute:
        end.end(work, "caller_left")
    elif flow is None:
        say_and_end(work, "error", "error")
    else:
        while work.flow.name != flow:
            work.pop()
        work.leave_agent()
        work.state = replace(work.state, faulted=work.state.faulted | {flow})
        work.stand((paths.ERROR, 0))
        work.at = replace(work.at, question=None)
        work.forget_said()
        work.walking = True


def _handling(work: Work) -> str | None:
    """A flow that hands over and back, or runs another again and again, could go wrong without end: hence once."""
    flows = [work.bundle.flows[standing.flow] for standing in work.state.standings]
    return next((flow.name for flow in flows[::-1] if flow.on_error and flow.name not in work.state.faulted), None)


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
