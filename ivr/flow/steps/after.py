"""`after_call:` runs once the call is decided to be over, whatever ended it: messages leave, and nothing is waited
for."""

from ivr.flow.flow import Flow, If, Page, Post, SetStep, Step, TextMessage
from ivr.flow.grammar import evaluate
from ivr.flow.state import Doing
from ivr.flow.steps import sending
from ivr.flow.steps import set as setting
from ivr.flow.steps.copying import replace
from ivr.flow.steps.work import Work


def after_call(work: Work) -> None:
    """Once. It runs in the flow the call began with; where the call ended stays as it was."""
    state = work.state
    if state.doing is not Doing.ENDED or state.after_done:
        return
    work.state = replace(state, after_done=True, standings=(*state.standings[:-1], work.at))
    flow = work.bundle.flows[state.standings[0].flow]
    if not flow.after_call:
        return
    ended_in = (work.at, work.flow)
    first = work.at if len(state.standings) == 1 else state.standings[0]
    work.at, work.flow = first, flow
    _steps(work, flow, flow.after_call)
    work.at, work.flow = ended_in if len(state.standings) > 1 else (work.at, flow)


def _steps(work: Work, flow: Flow, steps: tuple[Step, ...]) -> None:
    before = work.path
    for step in steps:
        match step:
            case If():
                _steps(work, flow, step.then if evaluate(step.condition, work) else step.otherwise)
            case SetStep():
                setting.run(work, step)
            case TextMessage():
                sending.text(work, step)
            case Post():
                sending.post(work, step)
            case Page():
                sending.page(work, step)
            case _:
                raise AssertionError(f"the loader lets no {type(step).__name__} stand here")
        work.path = before
