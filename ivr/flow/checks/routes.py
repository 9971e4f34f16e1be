"""What becomes of calls and transfers: each result has a way, and each way has a result."""

from collections.abc import Iterator, Mapping

from ivr.flow.checks.agents import results_of_agent
from ivr.flow.checks.handovers import check_record, check_transfer, results_of_record, results_of_transfer
from ivr.flow.checks.sends import check_written_keys
from ivr.flow.checks.walk import all_steps, asked_besides, own_steps
from ivr.flow.flow import (
    Agent,
    Api,
    Ask,
    Callback,
    CallTool,
    End,
    Flow,
    Menu,
    Record,
    Routed,
    Run,
    Split,
    Target,
    ToolResultSpec,
    ToolSpec,
    Transfer,
)
from ivr.flow.messages import Message, nearest
from ivr.flow.types import Confirm, Privacy, Type


def check_routes(flow: Flow, targets: Mapping[str, Target], *, whole: bool) -> Iterator[Message]:
    """`whole` False: a value that a target takes may be what could not be read."""
    unspoken = {id(step) for step in all_steps(flow.on_hangup)}
    for step in own_steps(flow):
        if isinstance(step, CallTool):
            tool = flow.tools.get(step.tool)
            if tool is not None:
                yield from _routes(flow, step, step.tool, results_of(tool), id(step) not in unspoken)
        elif isinstance(step, Callback):
            yield from _routes(flow, step, step.target, {"booked": False, "failed": False}, True)
        elif isinstance(step, Agent):
            yield from _routes(flow, step, step.name, results_of_agent(step), True)
        elif isinstance(step, Run):
            yield from _routes(flow, step, step.flow, dict.fromkeys(step.outcomes, True), True)
        elif isinstance(step, Split):
            yield from _routes(flow, step, step.name, {arm.name: True for arm in step.arms}, True)
        elif isinstance(step, Transfer):
            yield from _routes(flow, step, step.target, results_of_transfer(step, targets), True)
            yield from check_transfer(step, targets, names_of(flow) if whole else None)
        elif isinstance(step, Record):
            yield from _routes(flow, step, step.name, results_of_record(), True)
            yield from check_record(step)


def names_of(flow: Flow) -> frozenset[str]:
    """All that can hold a value."""
    kept = (keep.name for tool in flow.tools.values() for result in tool.results for keep in result.keep)
    return frozenset((*flow.slots, *flow.vars, *flow.carried, *flow.inputs, *kept))


def results_of(tool: ToolSpec) -> dict[str, bool]:
    """Every way a call of this tool can end, and whether it must be routed."""
    results = {result.name: True for result in tool.results}
    results["failed"] = True
    if tool.changes_things:
        results["unknown"] = False
        if tool.confirm_with is not None:
            results["declined"] = True
    return results


def _routes(flow: Flow, step: Routed, name: str, results: dict[str, bool], must: bool) -> Iterator[Message]:
    for routed in step.on:
        if routed not in results:
            like = nearest(routed, results)
            fix = f'Did you mean "{like}"?' if like else f"It ends as {', '.join(results)}."
            place = step.routed.get(routed, step.place)
            yield Message(place, "IVR109", f'"{name}" never ends as "{routed}".', width=len(routed), fix=fix)
            return
    missing = [result for result, needed in results.items() if needed and result not in step.on]
    if missing and must:
        ends = " or ".join(f'"{result}"' for result in missing)
        handles = "nothing handles it" if len(missing) == 1 else "nothing handles them"
        way = _way_out(flow, step)
        fix = "Add under on:  " + ", ".join(f"{result}: {{goto: {way}}}" for result in missing)
        width = len(
            {Transfer: "transfer", Record: "record", CallTool: "call", Split: "split", Agent: "agent", Run: "run"}.get(
                type(step), "x"
            )
        )
        yield Message(step.place, "IVR108", f'"{name}" can end as {ends}, and {handles}.', width=width, fix=fix)


def _way_out(flow: Flow, step: Routed) -> str:
    """Where the caller could be sent: to a person, or to a goodbye; not back to where this happened."""
    operator = flow.commands.get("operator")
    names = [operator.goto] if operator is not None and operator.goto else []
    names += [name for name, node in flow.nodes.items() if len(node.steps) == 1 and isinstance(node.steps[0], End)]
    for name in names:
        node = flow.nodes.get(name)
        if node is not None and all(inner is not step for inner in all_steps(node.steps)):
            return name
    return "NODE"


def check_tools(flow: Flow, privacy: dict[str, Privacy], apis: dict[str, Api]) -> Iterator[Message]:
    for tool in flow.tools.values():
        yield from _never_matching(tool)
        yield from _misheard(flow, tool)
        yield from _secrets_sent(tool, privacy, apis)
        yield from check_written_keys(tool)


MISHEARD = frozenset(Type) - {Type.YES_NO, Type.CHOICE, Type.TARGET, Type.TEXT, Type.LIST}
"""Types of which another value is only a word away; a choice is held against a few words."""


def _misheard(flow: Flow, tool: ToolSpec) -> Iterator[Message]:
    """A change made with what was spoken and never read back."""
    if not tool.changes_things or tool.unconfirmed is None or tool.confirm_with is not None:
        return
    for name in tool.takes:
        slot = flow.slots.get(name)
        spoken = slot is not None and slot.type in MISHEARD and slot.ask is not None and slot.accept != "keys"
        if slot is not None and spoken and slot.confirm is Confirm.NEVER:
            text = f'"{tool.name}" changes something by {name}, which is taken as heard.'
            fix = f"Add  confirm: if spoken  to the slot (line {slot.place.line}), or  confirm_with:  to the tool."
            yield Message(tool.place, "IVR122", text, "warning", len(tool.name), fix)
            return


def _never_matching(tool: ToolSpec) -> Iterator[Message]:
    if tool.kind != "http":
        return
    for at, result in enumerate(tool.results):
        before = next((r for r in tool.results[:at] if r.when is None and _covers(r, result)), None)
        if before is not None:
            text = f'Result "{result.name}" can never match: "{before.name}" before it takes the same answers.'
            yield Message(tool.place, "IVR116", text, "warning", len(tool.name), "Put the narrower one first.")
            return


def _covers(wide: ToolResultSpec, narrow: ToolResultSpec) -> bool:
    def fits(status: int) -> bool:
        return status in wide.statuses if wide.statuses else 200 <= status < 300

    return all(fits(status) for status in narrow.statuses) if narrow.statuses else not wide.statuses


def _secrets_sent(tool: ToolSpec, privacy: dict[str, Privacy], apis: dict[str, Api]) -> Iterator[Message]:
    if tool.kind != "http":
        return
    hard = {name for name, class_ in privacy.items() if class_ in (Privacy.PCI, Privacy.SECRET)}
    for template in (*tool.segments, *tool.query.values()):
        for field in template.fields:
            if field.path[0] in hard:
                text = f'"{{{field.path[0]}}}" must not stand in an address: those are kept in logs on their way.'
                yield Message(
                    field.place, "IVR504", text, width=len(field.path[0]), fix="Send it in body: or headers:."
                )
    api = apis.get(tool.api)
    if api is None or api.url.startswith("https://"):
        return
    body = tool.body.templates() if tool.body is not None else ()
    for field in (f for template in (*body, *tool.headers.values()) for f in template.fields):
        if field.path[0] in hard:
            text = f'"{{{field.path[0]}}}" would be sent unencrypted: {tool.api} is not an https address.'
            yield Message(field.place, "IVR504", text, width=len(field.path[0]))


def check_questions(flow: Flow) -> Iterator[Message]:
    """What is asked can be asked, and two menus are not one question."""
    told: set[str] = set()
    for step in own_steps(flow):
        besides = (name for names, _ in asked_besides(flow, step) for name in names)
        for name in step.slots if isinstance(step, Ask) else besides:
            slot = flow.slots.get(name)
            if slot is not None and slot.ask is None and name not in told:
                told.add(name)
                text = f'"{name}" is asked here, but has no question.'
                fix = f"Give the slot  ask:  with what to say (line {slot.place.line})."
                yield Message(step.place, "IVR117", text, fix=fix)
    for node in flow.nodes.values():
        names: dict[str, Menu] = {}
        for step in all_steps(node.steps):
            if isinstance(step, Menu) and (step.name in names or step.name in flow.slots):
                text = f'Another question of this flow is named "{step.name}" too.'
                yield Message(step.place, "IVR118", text, width=4, fix="Give this menu a  name:  of its own.")
            elif isinstance(step, Menu):
                names[step.name] = step
