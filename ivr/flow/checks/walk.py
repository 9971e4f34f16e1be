"""Looking through a flow: steps inside steps, questions, and where each leads."""

from collections.abc import Iterator
from dataclasses import dataclass

from ivr.flow.flow import (
    Agent,
    Ask,
    Callback,
    CallTool,
    Command,
    End,
    Flow,
    Goto,
    Handoff,
    If,
    Ladders,
    Menu,
    Node,
    Prompt,
    QuestionSettings,
    Record,
    Repair,
    Return,
    Routed,
    Rung,
    Say,
    SlotSpec,
    Step,
    Transfer,
)
from ivr.flow.types import Trouble


@dataclass(frozen=True, slots=True)
class Question:
    """A place where the caller is asked: a menu, one slot of an ask, or a talk with a model."""

    name: str
    step: Ask | Menu | Agent
    settings: QuestionSettings
    slot: SlotSpec | None


def branches(step: Step) -> Iterator[tuple[Step, ...]]:
    """Lists of steps right inside a step."""
    match step:
        case If():
            yield step.then
            yield step.otherwise
        case Ask() if step.on_no is not None:
            yield (Goto(step.on_no, step.place),)
        case Menu():
            for option in step.options:
                yield option.steps
            if step.options_from is not None:
                yield step.chosen
            if step.or_slot is not None:
                yield (Goto(step.or_goto, step.place),)
        case _ if isinstance(step, Routed):
            for route in step.on.values():
                if not isinstance(route, Repair):
                    yield route
            if isinstance(step, Transfer):
                for option in step.meanwhile.options:
                    yield option.steps


def all_steps(steps: tuple[Step, ...]) -> Iterator[Step]:
    """Every step, inner ones too."""
    for step in steps:
        yield step
        for inner in branches(step):
            yield from all_steps(inner)


def questions_of(flow: Flow, step: Step) -> Iterator[Question]:
    if isinstance(step, Menu | Agent):
        yield Question(step.name, step, step.question, None)
    elif isinstance(step, Ask):
        for name in step.slots:
            if name in flow.slots:
                yield Question(name, step, flow.slots[name].question, flow.slots[name])


def questions_in(flow: Flow, node: Node) -> Iterator[Question]:
    for step in all_steps(node.steps):
        yield from questions_of(flow, step)
        for slots, place in asked_besides(flow, step):
            yield from questions_of(flow, Ask(slots, place.place))


def asked_besides(flow: Flow, step: Step) -> Iterator[tuple[tuple[str, ...], Step]]:
    """Slots that a call asks: those of its repairs, and its tool's `confirm_with`."""
    if isinstance(step, Routed):
        for route in step.on.values():
            if isinstance(route, Repair):
                yield route.retry, step
    used = (step.tool,) if isinstance(step, CallTool) else step.tools if isinstance(step, Agent) else ()
    for name in used:
        tool = flow.tools.get(name)
        if tool is not None and tool.confirm_with is not None:
            yield (tool.confirm_with,), step


def ladder(flow: Flow, node: Node, settings: QuestionSettings, kind: Trouble) -> tuple[Rung, ...]:
    """The rungs in force before the engine's: question, node, flow; a list whose last rung leaves is complete."""
    joined: tuple[Rung, ...] = ()
    levels: tuple[Ladders, ...] = (settings.trouble, node.trouble, flow.trouble)
    for level in levels:
        rungs = level.get(kind, ())
        joined = joined + rungs[len(joined) :]
        if rungs and len(joined) == len(rungs) and leaves(rungs[-1].steps):
            break
    return joined


def commands(flow: Flow, node: Node, settings: QuestionSettings) -> dict[str, Command]:
    merged = {**flow.commands, **node.commands, **settings.commands}
    return {name: command for name, command in merged.items() if command is not None}


def targets(steps: tuple[Step, ...]) -> Iterator[str]:
    """Nodes that these steps can go to."""
    for step in all_steps(steps):
        if isinstance(step, Goto):
            yield step.node
        elif isinstance(step, Routed):
            yield from (route.leave for route in step.on.values() if isinstance(route, Repair))


def question_targets(flow: Flow, node: Node, question: Question) -> Iterator[str]:
    """Nodes that a command or a rung leads to from a question."""
    for command in commands(flow, node, question.settings).values():
        if command.goto is not None:
            yield command.goto
        yield from targets(command.steps)
    for kind in Trouble:
        for rung in ladder(flow, node, question.settings, kind):
            yield from targets(rung.steps)


def falls(steps: tuple[Step, ...]) -> bool:
    """May the walk come out at the end of these steps?"""
    return all(_falls(step) for step in steps)


def _falls(step: Step) -> bool:
    match step:
        case Goto() | End() | Handoff() | Return():
            return False
        case If():
            return falls(step.then) or falls(step.otherwise)
        case Menu():
            leads = [option.steps for option in step.options]
            leads += [step.chosen] if step.options_from is not None else []
            return any(falls(lead) for lead in leads) or not leads
        case Transfer() | Record():  # the way of a caller who has left leads nowhere
            ways = [route for result, route in step.on.items() if result != "caller_left"]
            return any(falls(way) for way in ways if not isinstance(way, Repair))
        case Callback() if "booked" not in step.on:
            return True
        case _ if isinstance(step, Routed):
            return not step.on or any(falls(route) for route in step.on.values() if not isinstance(route, Repair))
        case _:
            return True


def leaves(steps: tuple[Step, ...]) -> bool:
    """Does a rung lead away from its question, whatever happens?"""
    return not falls(steps)


def prompts_in(flow: Flow, step: Step) -> Iterator[Prompt | None]:
    """Everything a step itself says (not what steps inside it say)."""
    match step:
        case Say():
            yield step.prompt
        case Ask():
            yield step.open
            yield step.summary
        case Menu():
            yield step.prompt
            yield step.question.hint
            yield step.question.keypad_hint
        case End():
            yield step.say
        case _ if isinstance(step, Routed):
            if isinstance(step, Transfer | Record):
                yield step.say
            if isinstance(step, Agent):
                yield from (step.open, step.reopen, step.question.hint)
                yield from (exact.say for exact in step.always)
            if isinstance(step, Transfer):
                yield step.meanwhile.say
                yield step.caller_left_say
                yield from (line.prompt for line in step.whisper.lines)
            for route in step.on.values():
                if isinstance(route, Repair):
                    yield route.say


def slot_prompts(slot: SlotSpec) -> Iterator[Prompt | None]:
    yield slot.ask
    yield slot.question.hint
    yield slot.question.keypad_hint


def own_steps(flow: Flow) -> Iterator[Step]:
    """Every step of a flow wherever it stands: nodes, ladders, commands, handlers."""
    for node in flow.nodes.values():
        yield from all_steps(node.steps)
        yield from _hanging(node.trouble, node.commands)
        for question in questions_in(flow, node):
            if question.slot is None:
                yield from _hanging(question.settings.trouble, question.settings.commands)
    for slot in flow.slots.values():
        yield from _hanging(slot.question.trouble, slot.question.commands)
    yield from _hanging(flow.trouble, flow.commands)
    yield from all_steps(flow.on_error)
    yield from all_steps(flow.on_hangup)
    yield from all_steps(flow.after_call)


def _hanging(trouble: Ladders, heard: object) -> Iterator[Step]:
    for rungs in trouble.values():
        for rung in rungs:
            yield from all_steps(rung.steps)
    for command in heard.values() if isinstance(heard, dict) else ():
        if isinstance(command, Command):
            yield from all_steps(command.steps)
