"""What is different for callers about the steps of a node, and about a tool."""

from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher

from ivr.flow.flow import Ask, CallTool, End, Goto, If, Menu, Prompt, Repair, Route, Routed, Say, Step, ToolSpec
from ivr.flow.views.bare import bare, same
from ivr.flow.views.slot_changes import option_changes, question_changes
from ivr.flow.views.wording import condition_of, length, listed, prompt_of, step_of, steps_of


def changes(node: str, old: Sequence[Step], new: Sequence[Step], when: str = "") -> Iterator[str]:
    """`when`: on which way inside the node, such as " if reason is "bill""."""
    matcher = SequenceMatcher(None, [bare(step) for step in old], [bare(step) for step in new], autojunk=False)
    for kind, a, b, c, d in matcher.get_opcodes():
        if kind == "equal":
            continue
        gone, come = list(old[a:b]), list(new[c:d])
        paired = [(one, other) for one, other in zip(gone, come, strict=False) if _alike(one, other)]
        for one, other in paired:
            yield from _step(node, one, other, when)
        for one in (step for step in gone if all(step is not p for p, _ in paired)):
            yield f"At {node}{when}: not any more that the caller {step_of(one)}."
        for one in (step for step in come if all(step is not p for _, p in paired)):
            yield f"At {node}{when}: the caller now {step_of(one)}."


def _alike(one: Step, other: Step) -> bool:
    return type(one) is type(other)


def _step(node: str, old: Step, new: Step, when: str) -> Iterator[str]:
    found = [*_details(node, old, new, when)]
    if not found and not same(old, new):
        found = [f"At {node}{when}: {step_of(new)}, but with other settings (line {new.place.line})."]
    yield from found


def _details(node: str, old: Step, new: Step, when: str) -> Iterator[str]:
    at = f"At {node}{when}"
    if isinstance(old, Say) and isinstance(new, Say):
        yield from _said(at, old.prompt, new.prompt)
        if old.interrupt is not new.interrupt:
            yield f"{at}: what cuts {prompt_of(new.prompt)} short is now: {new.interrupt or 'as around it'}."
    elif isinstance(old, Goto) and isinstance(new, Goto):
        yield f"{_who(node, when)} now go to {new.node} instead of {old.node}."
    elif isinstance(old, End) and isinstance(new, End):
        yield from _said(at, old.say, new.say)
        if old.outcome != new.outcome:
            yield f"{at}: the call ends as {new.outcome} instead of {old.outcome}."
    elif isinstance(old, Ask) and isinstance(new, Ask):
        yield from _asked(at, old, new)
    elif isinstance(old, If) and isinstance(new, If):
        yield from _if(node, old, new, when)
    elif isinstance(old, Menu) and isinstance(new, Menu):
        yield from _said(at, old.prompt, new.prompt)
        yield from option_changes(old.options, new.options, f"at {node}{when}")
        yield from question_changes(old.question, new.question, f"the menu at {node}")
        if (old.or_slot, old.or_goto) != (new.or_slot, new.or_goto):
            beside = f"also takes a {new.or_slot}" if new.or_slot else "takes nothing beside its options"
            yield f"{at}: the menu now {beside}."
    elif isinstance(old, Routed) and isinstance(new, Routed):
        yield from _routed(node, old, new, when)


def _who(node: str, when: str) -> str:
    return f"Callers at {node}{when}"


def _said(at: str, old: Prompt | None, new: Prompt | None) -> Iterator[str]:
    if same(old, new):
        return
    said, before = prompt_of(new), prompt_of(old)
    if said == before:
        yield f"{at}: the other wordings of {said} have changed."
    else:
        yield f"{at}: the caller now hears {said or 'nothing'} instead of {before or 'nothing'}."


def _asked(at: str, old: Ask, new: Ask) -> Iterator[str]:
    more = [name for name in new.slots if name not in old.slots]
    fewer = [name for name in old.slots if name not in new.slots]
    if more:
        yield f"{at}: the caller is now asked {listed(more)} too."
    if fewer:
        yield f"{at}: the caller is no longer asked {listed(fewer)}."
    if not more and not fewer and old.slots != new.slots:
        yield f"{at}: the order of the questions is now {listed(new.slots)}."
    if set(old.may_fill) != set(new.may_fill):
        yield f"{at}: the same answer may now also fill {listed(new.may_fill) or 'nothing else'}."
    yield from _said(f"{at}, at first", old.open, new.open)
    yield from _said(f"{at}, to sum up", old.summary, new.summary)
    if old.on_no != new.on_no:
        yield f"{at}: a no to the summary now {f'leads to {new.on_no}' if new.on_no else 'asks what to change'}."


def _if(node: str, old: If, new: If, when: str) -> Iterator[str]:
    was, now = condition_of(old.condition), condition_of(new.condition)
    if was != now:
        yield f"At {node}{when}: which way callers go now depends on whether {now}; before, on whether {was}."
    yield from changes(node, old.then, new.then, f"{when} if {now}")
    yield from changes(node, old.otherwise, new.otherwise, f"{when} if not {now}")


def _routed(node: str, old: Routed, new: Routed, when: str) -> Iterator[str]:
    was, now = step_of(old), step_of(new)
    if was != now:
        yield f"At {node}{when}: {now}; before, {was}."
    if isinstance(old, CallTool) and isinstance(new, CallTool) and not same(old.arguments, new.arguments):
        yield f"At {node}{when}: {new.tool} is called with other values."
    yield from _said(f"At {node}{when}", getattr(old, "say", None), getattr(new, "say", None))
    what = (
        getattr(new, "tool", None)
        or getattr(new, "target", None)
        or getattr(new, "name", "")
        or getattr(new, "flow", "")
    )
    for result in dict.fromkeys([*old.on, *new.on]):
        one, other = old.on.get(result), new.on.get(result)
        if same(one, other):
            continue
        if other is None or one is None:
            does = f"now {_route(other)}" if other is not None else "nothing of its own happens any more"
            yield f"At {node}{when}, when {what} ends as {result}: {does}."
        elif isinstance(one, Repair) or isinstance(other, Repair):
            yield f"At {node}{when}, when {what} ends as {result}: now {_route(other)}; before, {_route(one)}."
        else:
            yield from changes(node, one, other, f"{when} when {what} ends as {result}")


def _route(route: Route | None) -> str:
    if isinstance(route, Repair):
        said = f"hears {prompt_of(route.say)}, " if route.say is not None else ""
        return f"{said}is asked {listed(route.retry)} again up to {route.times} times, then goes to {route.leave}"
    return steps_of(route or ())


# ---- tools


def tool_changes(old: ToolSpec | None, new: ToolSpec | None) -> Iterator[str]:
    if old is None and new is not None:
        yield f"The tool {new.name} is new{' and changes something' if new.changes_things else ''}."
    elif new is None and old is not None:
        yield f"The tool {old.name} is gone."
    elif old is not None and new is not None and not same(old, new):
        yield from [*_tool(old, new)] or [f"The tool {new.name} is not as it was (line {new.place.line})."]


def _tool(old: ToolSpec, new: ToolSpec) -> Iterator[str]:
    name = f"The tool {new.name}"
    if old.changes_things != new.changes_things:
        yield f"{name} {'now changes something' if new.changes_things else 'is a mere look-up now'}."
    if old.confirm_with != new.confirm_with:
        asked = f"asked by {new.confirm_with}" if new.confirm_with else "not asked any more"
        yield f"Before {new.name} is sent, the caller is {asked}."
    needs, needed = new.needs, old.needs
    if needs != needed:
        yield f"{name} now needs {listed(sorted(needs)) if needs else 'no verification'}."
    if old.timeout_ms != new.timeout_ms:
        yield f"{name} is now given {length(new.timeout_ms)} to answer, instead of {length(old.timeout_ms)}."
    results = [result.name for result in new.results]
    before = [result.name for result in old.results]
    if results != before:
        yield f"{name} can now end as {listed(results, 'or')}; before, as {listed(before, 'or')}."
    told = {"changes_things", "confirm_with", "needs", "timeout_ms", "name", "place"}
    told |= {"results"} if results != before else set()
    rest = [key for key in type(new).__slots__ if key not in told]
    differ = [key for key in rest if not same(getattr(old, key), getattr(new, key))]
    if differ:
        yield f"{name} works otherwise: {', '.join(key.replace('_ms', '').replace('_', ' ') for key in differ)}."
