"""Where a call stands inside a node, as data: a path through the node's steps.

A path alternates an index and the name of a branch: (2, "then", 0) is the first step of the `then:` of the third step.
Branches are named `then`, `else`, `option/NAME`, `on/RESULT`, `retry/RESULT` (a repair asks its slots), `confirm` (a
changing tool asks its `confirm_with`), `wait` (a caller holds for an attendant), `rung/QUESTION/KIND/LEVEL/N`,
`command/QUESTION/NAME` and `offer/QUESTION`. A path that begins with `!error` or `!hangup` walks the flow's handler
instead of a node.
"""

from collections.abc import Mapping
from typing import Final

from ivr.flow.flow import (
    Agent,
    Ask,
    CallTool,
    Command,
    Flow,
    Goto,
    If,
    Ladders,
    Menu,
    Node,
    Option,
    Prompt,
    QuestionSettings,
    Repair,
    Routed,
    Rung,
    Say,
    Step,
    Transfer,
)
from ivr.flow.flow import End as EndStep
from ivr.flow.grammar.tree import Field, Template
from ivr.flow.steps.remembered import once_each
from ivr.flow.text import Place
from ivr.flow.types import Trouble, Type

Path = tuple[int | str, ...]

ERROR: Final = "!error"
HANGUP: Final = "!hangup"
LIMIT: Final = "!limit"
HANDLERS: Final = (ERROR, HANGUP, LIMIT)
RAN: Final = "a sub-flow"
"""Among the questions asked: a sub-flow that came back, whose own questions can be gone back to."""
WAIT: Final = "wait"
WAITING: Final = "while_waiting"
"""The question name of the options of a caller who waits for an attendant."""
PLAIN: Final = QuestionSettings()
"""Of the engine's own questions."""


def root_steps(flow: Flow, node: str, path: Path) -> tuple[tuple[Step, ...], Path]:
    """The list a path begins in, and the rest of the path."""
    if path[0] == ERROR:
        return flow.on_error, path[1:]
    if path[0] == HANGUP:
        return flow.on_hangup, path[1:]
    if path[0] == LIMIT:
        return flow.on_limit, path[1:]
    return flow.nodes[node].steps, path


def steps_at(flow: Flow, node: str, path: Path) -> tuple[Step, ...]:
    """The list of steps that the path's last index points into."""
    if len(path) == 1:  # the most of them, and asked for again and again
        return flow.nodes[node].steps
    steps, rest = root_steps(flow, node, path)
    while len(rest) > 1:
        index, branch = rest[0], rest[1]
        assert isinstance(index, int) and isinstance(branch, str)
        steps = branch_steps(flow, flow.nodes[node], steps[index], branch)
        rest = rest[2:]
    return steps


def step_at(flow: Flow, node: str, path: Path) -> Step:
    index = path[-1]
    assert isinstance(index, int)
    return steps_at(flow, node, path)[index]


def is_aside(path: Path) -> bool:
    """Inside a rung, a command's steps or an offer: about the open question, not beyond it."""
    return any(isinstance(part, str) and part.startswith(ASIDES) for part in path)


ASIDES: Final = ("rung/", "command/", "offer/", "change/", "which/")
CHANGE: Final = "what to change"
WHICH: Final = "which is meant"
"""The question names of the engine's own questions about earlier answers."""


def branch_steps(flow: Flow, node: Node, step: Step, branch: str) -> tuple[Step, ...]:
    kind, _, rest = branch.partition("/")
    if kind == "rung":
        question, trouble, level, number = rest.split("/")
        if level == BY_KEYS:
            return CANNOT_HEAR.steps
        return rungs(flow, node, question, step, Trouble(trouble))[level][int(number)].steps
    if kind == "command":
        question, name = rest.split("/")
        return commands(flow, node, question_settings(flow, step, question))[name].steps
    if kind == "offer":
        return (offer(flow, step.place),)
    if kind in ("change", "which"):
        name = CHANGE if kind == "change" else WHICH
        return (Menu(name, Prompt(()), (), PLAIN, step.place),)
    if kind == WAIT:
        assert isinstance(step, Transfer)
        return (waiting_menu(step),)
    match step:
        case If():
            return step.then if kind == "then" else step.otherwise
        case Menu() if kind == "chosen":
            return step.chosen
        case Menu():
            return next(option.steps for option in step.options if option.name == rest)
        case Agent() if kind == "confirm":
            slot = flow.tools[rest].confirm_with
            assert slot is not None
            return (Ask((slot,), step.place),)
        case CallTool() if kind == "confirm":
            tool = flow.tools[step.tool]
            if tool.summary is not None:
                return (tool.summary,)
            assert tool.confirm_with is not None
            return (Ask((tool.confirm_with,), step.place),)
        case _ if isinstance(step, Routed):
            route = step.on[rest]
            if isinstance(route, Repair):
                return (Ask(route.retry, route.place),)
            return route
        case _:
            raise AssertionError(f"{type(step).__name__} has no branch {branch}")


def question_settings(flow: Flow, step: Step, question: str) -> QuestionSettings:
    if isinstance(step, Menu | Agent) and step.name == question:
        return step.question
    return flow.slots[question].question if question in flow.slots else PLAIN


def rungs(flow: Flow, node: Node, question: str, step: Step, kind: Trouble) -> dict[str, tuple[Rung, ...]]:
    """The ladders for one kind of trouble by level, innermost first; levels without one are left out."""
    levels: tuple[tuple[str, Ladders], ...] = (
        ("question", question_settings(flow, step, question).trouble),
        ("node", node.trouble),
        ("flow", flow.trouble),
        ("engine", ENGINE_LADDERS),
    )
    return {level: ladders[kind] for level, ladders in levels if ladders.get(kind)}


@once_each
def commands(flow: Flow, node: Node, settings: QuestionSettings) -> Mapping[str, Command]:
    """The commands awake on a question: innermost wins, switched off ones and those that lead nowhere left out."""
    merged = {**flow.commands, **node.commands, **settings.commands}
    return {
        name: command
        for name, command in merged.items()
        if command is not None
        and (
            command.goto in flow.nodes
            or command.goto in flow.beyond
            or (command.goto is None and _does_something(name, command))
        )
    }


def _does_something(name: str, command: Command) -> bool:
    return bool(command.steps) or command.wait_ms is not None or name in BUILT_IN


BUILT_IN: Final = frozenset({"repeat", "help", "back", "language"})
OFFER: Final = "done_already"
"""The question name of the offer of a person after a change that cannot be taken back."""

_NOWHERE = Place("", 0, 0)


def word(name: str) -> Prompt:
    """One of the engine's own sentences as a prompt: a field of that name, filled from the words files."""
    return Prompt((Template((Field(("words", name), Type.TEXT, None, None, _NOWHERE),), _NOWHERE),))


def _said(name: str) -> Rung:
    return Rung((Say(word(name), _NOWHERE),))


_LAST = Rung((EndStep(word("goodbye"), "completed", _NOWHERE),))
ENGINE_LADDERS: Ladders = {kind: (_said(kind), _said(f"{kind}_again"), _LAST) for kind in Trouble}

BY_KEYS: Final = "by_keys"
"""The level of the rung that says how to answer without being heard."""
CANNOT_HEAR: Final = _said("cannot_hear")


def offer(flow: Flow, place: Place) -> Menu:
    """Would you like a person? Asked where a correction comes too late."""
    operator = flow.commands.get("operator")
    assert operator is not None and operator.goto is not None
    return Menu(
        OFFER,
        word("done_already"),
        (
            Option("yes", ("yes", "yes please", "please do"), "1", "yes", place, (Goto(operator.goto, place),)),
            Option("no", ("no", "no thanks", "no thank you"), "2", "no", place),
        ),
        PLAIN,
        place,
    )


def waiting_menu(step: Transfer) -> Menu:
    """The options of a caller who holds: a menu without words, on which no command works."""
    return Menu(WAITING, Prompt(()), step.meanwhile.options, PLAIN, step.place)
