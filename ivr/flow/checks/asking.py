"""What is asked, and how: choices from a list, summaries, keys that mean two things."""

from collections.abc import Iterator, Mapping

from ivr.flow.checks.walk import all_steps, commands, own_steps, questions_in
from ivr.flow.flow import Ask, Flow, Menu, Node, OptionsFrom, QuestionSettings, ToolSpec
from ivr.flow.flow.tools import SUMMARY, names_in_summary
from ivr.flow.messages import Message
from ivr.flow.types import Confirm


def check_asking(flow: Flow, *, whole: bool) -> Iterator[Message]:
    """`whole` False: a summary may be what could not be read."""
    for tool in flow.tools.values() if whole else ():
        yield from _unsummed(flow, tool)
    yield from _summaries(flow)
    yield from _keys(flow)
    yield from _beside(flow)
    yield from _checking_tools(flow)


def _unsummed(flow: Flow, tool: ToolSpec) -> Iterator[Message]:
    """A change that no summary confirms, or not all of it."""
    if tool.confirm_with != SUMMARY:
        return
    if tool.summary is None:
        text = f'"{tool.name}" waits for a summary, and nothing in this flow is read back in one.'
        fix = 'Add  summary: "..., is that right?"  to the ask before it.'
        yield Message(tool.place, "IVR133", text, width=len(tool.name), fix=fix)
        return
    missing = [name for name in _answers(flow, tool) if name not in names_in_summary(tool.summary)]
    if missing:
        text = f'"{tool.name}" sends {_and(missing)}, which its summary does not read back.'
        fix = f"Name {'it' if len(missing) == 1 else 'them'} in the summary (line {tool.summary.place.line})."
        yield Message(tool.place, "IVR133", text, width=len(tool.name), fix=fix)


def _answers(flow: Flow, tool: ToolSpec) -> list[str]:
    """Arguments that callers are asked for; another name may be given by `with:` where it is called."""
    return [name for name in tool.takes if name in flow.slots and flow.slots[name].ask is not None]


def _and(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _summaries(flow: Flow) -> Iterator[Message]:
    """A slot that a summary stands for, and does not say."""
    for step in own_steps(flow):
        if not isinstance(step, Ask) or step.summary is None:
            continue
        named = {field.path[0] for template in step.summary.variants for field in template.fields}
        missing = [name for name in step.slots if name not in named]
        if missing:
            text = f"The summary does not say {_and(missing)}, so nobody can tell that it is wrong."
            place = step.summary.variants[0].place
            yield Message(place, "IVR136", text, "warning", fix=f"Say {{{missing[0]}}} in it.")
        twice = [name for name in step.slots if name in flow.slots and flow.slots[name].confirm is Confirm.ALWAYS]
        if twice:
            text = f"{twice[0]} is read back alone, and then again in the summary."
            fix = f"Take  confirm: always  out of the slot (line {flow.slots[twice[0]].place.line})."
            yield Message(step.place, "IVR137", text, "warning", width=len("ask"), fix=fix)


def _keys(flow: Flow) -> Iterator[Message]:
    """Keys of a list's choices that a command, or another option, has too."""
    for node in flow.nodes.values():
        for question in questions_in(flow, node):
            menu = question.step if isinstance(question.step, Menu) else None
            listed = question.slot.options_from if question.slot is not None else menu.options_from if menu else None
            if listed is None:
                continue
            taken = {str(number): f"choice {number}" for number in range(1, listed.page + 1)}
            if listed.key is not None:
                taken[listed.key] = "the next choices"
            for option in menu.options if menu is not None else ():
                if option.key is not None and option.key in taken:
                    text = f'Key "{option.key}" is {taken[option.key]} of the list, and "{option.name}" too.'
                    fix = f"Take a key above {listed.page}, * or #."
                    yield Message(option.place, "IVR112", text, width=len(option.name), fix=fix)
            yield from _commands(flow, node, question.settings, listed, taken)


def _commands(
    flow: Flow, node: Node, settings: QuestionSettings, listed: OptionsFrom, taken: Mapping[str, str]
) -> Iterator[Message]:
    for command in commands(flow, node, settings).values():
        if command.key is not None and command.key in taken:
            text = (
                f'Key "{command.key}" means {command.name} everywhere, '
                f"and {taken[command.key]} of the list at {listed.place.file}:{listed.place.line}."
            )
            fix = f"Choose another key there, or switch it off:  commands: {{{command.name}: no}}"
            yield Message(command.place or listed.place, "IVR112", text, width=1, fix=fix)


def _beside(flow: Flow) -> Iterator[Message]:
    """A longer number beside a menu is not read back there."""
    for node in flow.nodes.values():
        for step in all_steps(node.steps):
            if not isinstance(step, Menu) or step.or_slot is None or step.or_slot not in flow.slots:
                continue
            slot = flow.slots[step.or_slot]
            asked = step.or_goto in flow.nodes and any(
                isinstance(inner, Ask) and slot.name in inner.slots
                for inner in all_steps(flow.nodes[step.or_goto].steps)
            )
            if slot.confirm is not Confirm.NEVER and not asked:
                text = f'{slot.name} has to be read back, and "{step.or_goto}", where it leads, does not ask for it.'
                yield Message(
                    step.place, "IVR135", text, width=len("menu"), fix=f"Begin that node with  ask: {slot.name}."
                )


def _checking_tools(flow: Flow) -> Iterator[Message]:
    """A tool that tests an answer must not change anything, and must have the result that lets it stand."""
    for slot in flow.slots.values():
        tool = flow.tools.get(slot.check.tool) if slot.check is not None and slot.check.tool is not None else None
        if tool is None or slot.check is None:
            continue
        if tool.changes_things:
            text = f'"{tool.name}" changes something, so an answer cannot be tested with it.'
            yield Message(slot.place, "IVR138", text, width=len(slot.name), fix="Name a look-up.")
        elif slot.check.ok not in {result.name for result in tool.results}:
            has = _and([f'"{result.name}"' for result in tool.results])
            text = f'"{tool.name}" never answers "{slot.check.ok}", so no answer would ever do. It answers {has}.'
            yield Message(slot.place, "IVR138", text, width=len(slot.name), fix="Name the good one with  ok: RESULT.")
