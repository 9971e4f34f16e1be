"""What another version of a project changes for callers, in words, by flow and node. What has no words here is told as
a change all the same: nothing that differs is passed over."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from ivr.flow.flow import Bundle, Flow, Ladders, Limits
from ivr.flow.text import Place
from ivr.flow.types import Trouble
from ivr.flow.views import node_changes, slot_changes
from ivr.flow.views.bare import same
from ivr.flow.views.slot_changes import command_changes
from ivr.flow.views.wording import length, listed, steps_of


@dataclass(frozen=True, slots=True)
class Change:
    """`flow` empty: the whole project. `where`: a node, a slot, or empty. `place`: in the new version; in the old one
    where it was taken out."""

    flow: str
    where: str
    text: str
    place: Place | None = None


def differences(old: Bundle, new: Bundle) -> tuple[Change, ...]:
    """Empty: calls go as before."""
    changes = [*_project(old, new)]
    for name in dict.fromkeys([*old.flows, *new.flows]):
        before, after = old.flows.get(name), new.flows.get(name)
        if before is None and after is not None:
            changes.append(Change(name, "", f'New flow "{name}": {after.about or "no word about it"}', after.place))
        elif after is None and before is not None:
            changes.append(Change(name, "", f'The flow "{name}" is gone.', before.place))
        elif before is not None and after is not None:
            changes += _flow(before, after, old, new)
    return tuple(dict.fromkeys(changes))


# ---- the project


def _project(old: Bundle, new: Bundle) -> Iterator[Change]:
    def told(text: str) -> Change:
        return Change("", "", text)

    if old.project != new.project:
        yield told(f'The project is now named "{new.project}"; it was "{old.project}".')
    if old.entry_default != new.entry_default:
        yield told(f"Calls to any other number now begin in {new.entry_default} instead of {old.entry_default}.")
    for number in sorted({*old.entry_numbers, *new.entry_numbers}):
        before, after = old.entry_numbers.get(number), new.entry_numbers.get(number)
        if before != after:
            was = before or f"{old.entry_default} (as any other number)"
            yield told(f"Calls to {number} now begin in {after or new.entry_default} instead of {was}.")
    if old.zone != new.zone:
        yield told(f"Today and now are those of {new.zone} instead of {old.zone}.")
    if old.language != new.language:
        yield told(f"Callers are spoken to in {new.language} instead of {old.language}.")
    for name in sorted({*old.words, *new.words}):
        if old.words.get(name) != new.words.get(name):
            yield told(
                f'Our own sentence "{name}" is now "{new.words.get(name, "")}", not "{old.words.get(name, "")}".'
            )
    yield from _named(old.targets, new.targets, "Target", told)
    yield from _named(old.apis, new.apis, "Back end", told)
    yield from _named(old.hours, new.hours, "The hours", told)
    yield from _named(old.contacts, new.contacts, "Contact", told)
    yield from _named(old.servers, new.servers, "Server of tools", told)
    if (old.recording, old.announce_recording) != (new.recording, new.announce_recording):
        said = "are recorded" if new.recording else "are not recorded any more"
        yield told(f"Calls {said}{', and callers are told' if new.recording and new.announce_recording else ''}.")
    if old.secrets != new.secrets:
        yield told(f"The secrets are now {listed(sorted(new.secrets)) or 'none'}.")


def _named(
    old: Mapping[str, object], new: Mapping[str, object], what: str, told: Callable[[str], Change]
) -> Iterator[Change]:
    for name in dict.fromkeys([*old, *new]):
        if name not in new:
            yield told(f'{what} "{name}" is gone.')
        elif name not in old:
            yield told(f'{what} "{name}" is new.')
        elif not same(old[name], new[name]):
            yield told(f'{what} "{name}" is not as it was: {_shown(new[name], old[name])}.')


def _shown(new: object, old: object) -> str:
    """The fields that differ."""
    names = [name for name in getattr(type(new), "__slots__", ()) if not name.startswith("_")]
    differ = [name for name in names if not same(getattr(new, name, None), getattr(old, name, None))]
    simple = [name for name in differ if isinstance(getattr(new, name), str | int | bool | None.__class__)]
    parts = [f"{name} is now {getattr(new, name)}, not {getattr(old, name)}" for name in simple]
    parts += [f"{name} differs" for name in differ if name not in simple]
    return listed(parts) or "it differs"


# ---- a flow


def _flow(old: Flow, new: Flow, before: Bundle, after: Bundle) -> Iterator[Change]:
    def told(text: str, where: str = "", place: Place | None = None) -> Change:
        return Change(new.name, where, text, place or new.place)

    if old.start != new.start:
        yield told(f"Callers now begin at {new.start} instead of {old.start}.")
    if old.interrupt is not new.interrupt:
        yield told(f"What cuts a prompt short is now: {new.interrupt.value}; it was: {old.interrupt.value}.")
    if not same(old.turn, new.turn):
        yield told("How long a pause ends the caller's turn has changed for the whole flow.")
    yield from (told(text) for text in _limits(old.limits, new.limits))
    for text in command_changes(old.commands, new.commands, "at every question"):
        yield told(text)
    for text in _ladders(old.trouble, new.trouble, before, after):
        yield told(text)
    for name in dict.fromkeys([*old.slots, *new.slots]):
        for text in slot_changes.changes(old.slots.get(name), new.slots.get(name)):
            yield told(text, name, (new.slots.get(name) or old.slots[name]).place)
    for name in dict.fromkeys([*old.vars, *new.vars]):
        if not same(old.vars.get(name), new.vars.get(name)):
            yield told(f'The value "{name}" that the flow keeps is {_came(name, old.vars, new.vars)}.', name)
    for name in dict.fromkeys([*old.tools, *new.tools]):
        for text in node_changes.tool_changes(old.tools.get(name), new.tools.get(name)):
            yield told(text, name, (new.tools.get(name) or old.tools[name]).place)
    for name in dict.fromkeys([*old.nodes, *new.nodes]):
        was, now = old.nodes.get(name), new.nodes.get(name)
        if now is None and was is not None:
            yield told(f"{name} is gone; callers who came there {steps_of(was.steps)}.", name, was.place)
        elif was is None and now is not None:
            yield told(f"{name} is new: the caller {steps_of(now.steps)}.", name, now.place)
        elif was is not None and now is not None and not same(was, now):
            yield from (told(text, name, now.place) for text in _node(old, new, name, before, after))
    handlers = (
        ("on_error", "When something fails, the caller"),
        ("on_hangup", "Who hangs up"),
        ("after_call", "After the call, the caller"),
    )
    for key, when in handlers:
        steps, others = getattr(new, key), getattr(old, key)
        if not same(steps, others):
            yield told(f"{when} now {steps_of(steps)}; before, {steps_of(others)}.")


def _node(old: Flow, new: Flow, name: str, before: Bundle, after: Bundle) -> Iterator[str]:
    was, now = old.nodes[name], new.nodes[name]
    texts = [*node_changes.changes(name, was.steps, now.steps)]
    texts += command_changes(was.commands, now.commands, f"at {name}")
    texts += _ladders(was.trouble, now.trouble, before, after, f"at {name} ")
    if was.interrupt is not now.interrupt:
        texts.append(f"What cuts a prompt short at {name} is now: {now.interrupt or 'as in the flow'}.")
    if not same(was.turn, now.turn):
        texts.append(f"How long a pause ends the caller's turn at {name} has changed.")
    yield from texts or [f"{name} is not as it was, in a way that has no words here: compare the files."]


def _limits(old: Limits, new: Limits) -> Iterator[str]:
    lengths = (("call_ms", "A call may last"), ("silence_ms", "Callers may be silent for"))
    for key, what in lengths:
        was, now = getattr(old, key), getattr(new, key)
        if was != now:
            yield f"{what} {_ms(now)} now; before, {_ms(was)}."
    counts = (("turns", "turns of the caller"), ("tries", "tries at one question"))
    for key, what in counts:
        was, now = getattr(old, key), getattr(new, key)
        if was != now:
            yield f"There may be {_count(now)} {what} now; before, {_count(was)}."
    if old.model_cost != new.model_cost:
        yield f"Models may cost {_count(new.model_cost)} in a call now; before, {_count(old.model_cost)}."


def _ms(ms: int | None) -> str:
    return "as long as it takes" if ms is None else length(ms)


def _count(count: object) -> str:
    return "any number of" if count is None else str(count)


_KINDS = {
    Trouble.NO_INPUT: "says nothing",
    Trouble.NO_MATCH: "is not understood",
    Trouble.INVALID: "says what cannot be right",
}


def _ladders(old: Ladders, new: Ladders, before: Bundle, after: Bundle, where: str = "") -> Iterator[str]:
    for kind in Trouble:
        was, now = old.get(kind, ()), new.get(kind, ())
        for at in range(max(len(was), len(now))):
            one, other = was[at : at + 1], now[at : at + 1]
            if same(one, other):
                continue
            then = steps_of(other[0].steps, after.words) if other else "what outer settings say happens"
            first = steps_of(one[0].steps, before.words) if one else "what outer settings say happened"
            yield f"Who {where}{_KINDS[kind]} for the {_nth(at)} time now {then}; before, {first}."


def _nth(at: int) -> str:
    return ("first", "second", "third", "fourth", "fifth")[at] if at < 5 else f"{at + 1}th"


def _came(name: str, old: Mapping[str, object], new: Mapping[str, object]) -> str:
    return "new" if name not in old else "gone" if name not in new else "not as it was"
