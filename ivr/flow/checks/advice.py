"""What a whole project lacks for its callers, though every file is right. Warnings: nothing here keeps calls away."""

from collections.abc import Iterator

from ivr.flow.checks.walk import all_steps, own_steps
from ivr.flow.flow import Bundle, Callback, Flow, Handoff, Record, Run, Transfer
from ivr.flow.messages import Message


def advise(bundle: Bundle) -> Iterator[Message]:
    yield from _no_person(bundle)


def top_level(bundle: Bundle) -> tuple[str, ...]:
    """Flows that calls begin in, those that we make too, or that take over from another."""
    entered = [bundle.entry_default, *bundle.entry_numbers.values()]
    entered += [outbound.flow for outbound in bundle.outbound.values()]
    entered += [step.flow for flow in bundle.flows.values() for step in own_steps(flow) if isinstance(step, Handoff)]
    return tuple(name for name in dict.fromkeys(entered) if name in bundle.flows)


def _no_person(bundle: Bundle) -> Iterator[Message]:
    for name in top_level(bundle):
        flow = bundle.flows[name]
        if not _leads_to_person(bundle, flow, frozenset()):
            text = f'In "{name}" no way leads to a person: a caller who needs one can only hang up.'
            fix = "Add a node with  transfer: TARGET  and lead  commands: {operator: {goto: NODE}}  to it."
            yield Message(flow.place, "IVR607", text, "warning", fix=fix)


def _leads_to_person(bundle: Bundle, flow: Flow, seen: frozenset[str]) -> bool:
    """By a transfer, a call back, a message left, here or in a flow that this one runs or hands over to."""
    if flow.name in seen:
        return False
    for node in flow.nodes.values():
        for step in all_steps(node.steps):
            if isinstance(step, Transfer | Callback | Record):
                return True
            if isinstance(step, Run | Handoff) and step.flow in bundle.flows:
                inner = bundle.flows[step.flow]
                if _leads_to_person(bundle, inner, seen | {flow.name}):
                    return True
    return False
