"""The walk from step to step, until something must be waited for.

Each verb has a function of its own; behind a list of steps the walk goes on as the branch that led into it says.
"""

from ivr.flow.flow import (
    Agent,
    Ask,
    Callback,
    CallTool,
    End,
    Forget,
    Goto,
    Grant,
    Handoff,
    If,
    Menu,
    Page,
    Post,
    Record,
    Return,
    Run,
    Say,
    SetStep,
    SpeakIn,
    Split,
    Step,
    TextMessage,
    Transfer,
)
from ivr.flow.steps import (
    agent,
    ask,
    branch,
    call,
    end,
    faults,
    forget,
    goto,
    language,
    menu,
    record,
    say,
    sending,
    split,
    subflows,
    transfer,
    waiting,
)
from ivr.flow.steps import path as paths
from ivr.flow.steps import set as setting
from ivr.flow.steps.copying import replace
from ivr.flow.steps.work import BUDGET, Work


def walk(work: Work) -> None:
    while work.walking:
        if work.steps_walked >= BUDGET:
            faults.fault(work, "the flow goes in circles without asking the caller anything")
            continue
        work.steps_walked += 1
        steps = paths.steps_at(work.flow, work.at.node, work.path)
        index = work.path[-1]
        assert isinstance(index, int)
        if index < len(steps):
            _run(work, steps[index])
        else:
            _after_list(work)


def _run(work: Work, what: Step) -> None:
    match what:
        case Say():
            say.run(work, what)
        case Ask():
            ask.run(work, what)
        case Menu():
            menu.run(work, what)
        case If():
            branch.run(work, what)
        case SetStep():
            setting.run(work, what)
        case Forget():
            forget.run(work, what)
        case CallTool():
            call.run(work, what)
        case Goto():
            _goto(work, what)
        case Grant():
            work.grant(what.fact, what.names)
            work.note("decided", what.fact, "granted", what.place)
            work.next()
        case Run():
            subflows.run(work, what)
        case Return():
            subflows.come_back(work, what)
        case Handoff():
            subflows.hand_over(work, what)
        case Agent():
            agent.run(work, what)
        case Transfer():
            transfer.run(work, what)
        case Record():
            record.run(work, what)
        case Split():
            split.run(work, what)
        case SpeakIn():
            language.run(work, what)
        case Callback():
            sending.callback(work, what)
        case TextMessage():
            sending.text(work, what)
        case Post():
            sending.post(work, what)
        case Page():
            sending.page(work, what)
        case End():
            end.run(work, what)
        case _:
            raise AssertionError(f"the loader makes no {type(what).__name__} yet")


def _goto(work: Work, what: Goto) -> None:
    if work.mute:
        work.next()  # a handler that runs without the caller leads nowhere
    else:
        goto.run(work, what)


def _after_list(work: Work) -> None:
    """A list of steps is over: on behind the step it belongs to, or that step again."""
    path = work.path
    if len(path) <= 2 and (len(path) == 1 or path[0] in paths.HANDLERS):
        _after_root(work, path)
        return
    branch_name = path[-2]
    assert isinstance(branch_name, str)
    kind, _, rest = branch_name.partition("/")
    work.stand(path[:-2])
    match kind:
        case "rung":
            _reopen(work, rest)
            ask.ask_again(work, spoken=False)
        case "command":
            _reopen(work, rest)
            ask.ask_again(work, spoken=True)
        case "offer" | "change" | "which":
            pass  # the step that asked is taken again
        case paths.WAIT:
            step_here = work.step()
            assert isinstance(step_here, Transfer)
            waiting.go_on(work, step_here)
        case "on" if work.mute:
            end.end(work, "caller_left")  # the way of a caller who left leads nowhere else
        case "retry":
            pass  # the same call again
        case "confirm" if rest:
            agent.after_confirmation(work)
        case "confirm":
            step_here = work.step()
            assert isinstance(step_here, CallTool)
            call.after_confirmation(work, step_here)
        case _:
            work.next()


def _reopen(work: Work, aside: str) -> None:
    """Back from a rung or a command: the question it hung on is the open one, whatever was asked meanwhile."""
    work.at = replace(work.at, question=aside.split("/")[0], question_step=work.path)


def _after_root(work: Work, path: paths.Path) -> None:
    if path[0] == paths.HANGUP:
        end.end(work, "caller_left")
    elif path[0] == paths.ERROR:
        faults.say_and_end(work, "error", "error")
    elif path[0] == paths.LIMIT:
        faults.say_and_end(work, "limit", "limit")
    else:
        faults.fault(work, "the node does not lead on")
