"""What can be proved of a model inside rules before anybody calls: its exits, what it notes, the tools it may use."""

from collections.abc import Iterator

from ivr.flow.checks.walk import own_steps
from ivr.flow.flow import Agent, Flow, ToolSpec
from ivr.flow.messages import Message
from ivr.flow.types import Privacy, Type

RESULTS = ("limit", "model_down", "blocked")
_HARD = frozenset({Privacy.PCI, Privacy.SECRET})


def results_of_agent(step: Agent) -> dict[str, bool]:
    """Every way a talk can end, and whether it must be routed."""
    return {**dict.fromkeys(step.exits, True), **dict.fromkeys(RESULTS, True)}


def check_agents(flow: Flow, *, whole: bool) -> Iterator[Message]:
    """`whole` False: what an agent collects may be what could not be read."""
    for step in own_steps(flow):
        if isinstance(step, Agent):
            if whole:
                yield from _exits(flow, step)
            yield from _collected(flow, step)
            for name in step.tools:
                if name in flow.tools:
                    yield from _tool(flow, step, flow.tools[name])


def _exits(flow: Flow, step: Agent) -> Iterator[Message]:
    told: set[str] = set()
    for way in step.exits.values():
        for name in way.needs:
            slot = flow.slots.get(name)
            if slot is not None and slot.ask is None and name not in step.collect and name not in told:
                told.add(name)
                text = f'Exit "{way.name}" needs {name}, which this agent does not collect and nobody asks for.'
                fix = f"Add {name} to  collect:  or take it out of  needs:."
                yield Message(way.place, "IVR152", text, width=len(way.name), fix=fix)


def _collected(flow: Flow, step: Agent) -> Iterator[Message]:
    for name in step.collect:
        slot = flow.slots.get(name)
        if slot is not None and slot.privacy in _HARD:
            text = f'"{step.name}" collects {name}, which is {slot.privacy.value}: a model must never hear it.'
            fix = f"Take it out of  collect:  and ask for it by  ask: {name}  in a node of its own."
            yield Message(step.place, "IVR154", text, width=len("agent"), fix=fix)


def _tool(flow: Flow, step: Agent, tool: ToolSpec) -> Iterator[Message]:
    if tool.takes and not tool.declared:
        text = f'"{step.name}" may call {tool.name}, which does not say what it takes.'
        fix = f"Add  takes: {{{', '.join(f'{name}: {kind}' for name, kind in tool.takes.items())}}}  to the tool."
        yield Message(step.place, "IVR153", text, width=len("agent"), fix=fix)
    if not tool.changes_things:
        return
    if tool.confirm_with is None:
        text = f'"{step.name}" may call {tool.name}, which changes something, and the caller is not asked before.'
        yield Message(step.place, "IVR155", text, "warning", len("agent"), "Add  confirm_with:  to the tool.")
        return
    slot = flow.slots.get(tool.confirm_with)
    if slot is None or slot.type is not Type.YES_NO:
        text = f"In a talk with a model {tool.name} can only be confirmed by a yes_no slot."
        yield Message(step.place, "IVR155", text, width=len("agent"), fix="Write  confirm_with:  with such a slot.")
    unsaid = [name for name in tool.takes if name not in flow.slots and name not in flow.vars]
    if unsaid:
        text = f"{tool.name} takes {unsaid[0]}, which only the model knows: the caller would agree to something unsaid."
        fix = f"Make {unsaid[0]} a slot that  {step.name}  collects, and say it in the question of {tool.confirm_with}."
        yield Message(step.place, "IVR156", text, width=len("agent"), fix=fix)
