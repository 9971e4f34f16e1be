"""`call:` uses a tool: arguments, sending, filler, answer, routes and repairs."""

from typing import Final

from ivr.flow.answers import DECLINED, FAILED, UNKNOWN, Named, name_reply
from ivr.flow.flow import CallTool, Repair, Routed, ToolSpec
from ivr.flow.flow.tools import SUMMARY
from ivr.flow.state import Await, CallToolEffect, Doing, Made, NamedReply, Phrase, RawReply
from ivr.flow.steps import offered, summary
from ivr.flow.steps import path as paths
from ivr.flow.steps.copying import replace
from ivr.flow.steps.phrases import prompt_phrase, sentence, value_phrase
from ivr.flow.steps.values import template_names, template_value
from ivr.flow.steps.work import Work
from ivr.flow.text import Place
from ivr.flow.types import Type, Value

Arguments = tuple[tuple[str, Value | None], ...]

GRACE_MS: Final = 2_000
"""How much longer than a tool's own time its answer is waited for before it counts as lost."""


def run(work: Work, step: CallTool) -> None:
    tool = work.flow.tools[step.tool]
    missing = [fact for fact in (*tool.needs, *step.needs) if fact not in work.state.facts]
    if missing:
        work.note("tool", tool.name, f"not called: {', '.join(missing)} does not hold", step.place)
        route(work, step, FAILED)
        return
    arguments, names = _arguments(work, step, tool)
    if tool.changes_things:
        _change(work, step, tool, arguments, names)
        return
    known = last(work, tool, arguments) if work.at.correcting else None
    if known is not None and known.result is not None:
        route(work, step, known.result)
    else:
        work.at = replace(work.at, correcting=False)
        send(work, tool, arguments, names)


def _change(work: Work, step: CallTool, tool: ToolSpec, arguments: Arguments, names: frozenset[str]) -> None:
    """Never sent twice with the same arguments; `once: call` succeeds once; `confirm_with` is asked right before."""
    before = last(work, tool, arguments) or (_success(work, tool) if tool.once_per_call else None)
    if before is not None:
        work.note("tool", tool.name, "not sent again", step.place)
        route(work, step, before.result or UNKNOWN)
    elif tool.confirm_with is not None and not confirmed(work, tool.confirm_with, names):
        if work.mute:
            work.next()
            return
        if summary.is_confirmed_by(tool):
            _summarise(work, step, names)
            return
        work.empty([tool.confirm_with])
        work.enter("confirm")
    else:
        send(work, tool, arguments, names)


def _summarise(work: Work, step: CallTool, names: frozenset[str]) -> None:
    """What is sent was not in the last summary that was agreed to: it is read back now; a no was said before."""
    if summary.refused(work, names):
        summary.forget(work)
        _decline(work, step)
    else:
        work.enter("confirm")


def confirmed(work: Work, slot: str, names: frozenset[str]) -> bool:
    """A yes given after every argument had its value, or a slot that was read back and agreed to; or all of them in
    the last summary."""
    if slot == SUMMARY:
        return summary.confirms(work, names)
    held = work.at.slots.get(slot)
    if held is None or not held.settled:
        return False
    if work.flow.slots[slot].type is not Type.YES_NO:
        return held.confirmed
    order = list(work.at.slots)
    latest = max((order.index(name) for name in names if name in order and name != slot), default=-1)
    return held.value is True and order.index(slot) > latest


def after_confirmation(work: Work, step: CallTool) -> None:
    """The question right before a change was answered."""
    slot = work.flow.tools[step.tool].confirm_with
    assert slot is not None
    if slot == SUMMARY:
        return  # the call is made again, and finds the answer
    held = work.at.slots.get(slot)
    yes_no = work.flow.slots[slot].type is Type.YES_NO
    if held is not None and (held.value is True if yes_no else held.confirmed):
        return
    work.empty([slot])
    _decline(work, step)


def _decline(work: Work, step: CallTool) -> None:
    """The caller said no: nothing was sent, and that is noted like any result."""
    work.note("tool", step.tool, DECLINED, step.place)
    route(work, step, DECLINED)


# ---- arguments


def _arguments(work: Work, step: CallTool, tool: ToolSpec) -> tuple[Arguments, frozenset[str]]:
    """Values in the order of the tool's arguments, and the names they came from."""
    values: list[tuple[str, Value | None]] = []
    names: set[str] = set()
    for name in tool.takes:
        template = step.arguments.get(name)
        if template is not None:
            values.append((name, template_value(work, template)))
            names |= template_names(template)
        else:
            values.append((name, work.value(tuple(name.split(".")))))
            names.add(name)
    return tuple(values), frozenset(names)


def last(work: Work, tool: ToolSpec, arguments: Arguments) -> Made | None:
    for made in reversed(work.state.made):
        if made.of(tool) and made.arguments == arguments:
            return made
    return None


def _success(work: Work, tool: ToolSpec) -> Made | None:
    return next((made for made in work.state.made if made.of(tool) and made.succeeded), None)


# ---- sending


def send(work: Work, tool: ToolSpec, arguments: Arguments, names: frozenset[str]) -> None:
    call = dispatch(work, tool, arguments, names)
    work.state = replace(work.state, calling=call)
    if tool.filler is not None and not work.mute:
        work.wake(filler_id(call), work.bridge_at(tool.filler.after_ms))
    work.wait(Doing.ENDING if work.mute else Doing.CALLING)


def dispatch(work: Work, tool: ToolSpec, arguments: Arguments, names: frozenset[str]) -> str:
    """Ask the tool, and keep in mind that it was asked. Gives back the id under which it will answer."""
    call = work.next_id()
    deadline = work.at_ms + _patience_ms(tool)
    made = Made(tool.name, arguments, tool.changes_things, names, home=tool.place.file)
    earlier = tuple(m for m in work.state.made if tool.changes_things or not m.of(tool))
    waited = Await("tool", tool.name, type(work.at_ms)(deadline), arguments, tool.changes_things, flow=work.at.flow)
    work.state = replace(
        work.state,
        awaiting={**work.state.awaiting, call: waited},
        made=(*earlier, made),
    )
    work.note("tool", tool.name, "sent", tool.place)
    work.emit(CallToolEffect(call, tool.name, work.at.flow, dict(arguments), tool.changes_things))
    work.wake(deadline_id(call), deadline)
    return call


def _patience_ms(tool: ToolSpec) -> int:
    attempts = tool.retry.times + 1
    return attempts * tool.timeout_ms + tool.retry.times * tool.retry.wait_ms + GRACE_MS


def deadline_id(call: str) -> str:
    return f"{call}:deadline"


def filler_id(call: str) -> str:
    return f"{call}:filler"


def say_filler(work: Work, call: str) -> None:
    """The sentences in turn, each once and whole, and only while the answer is still waited for; music between them
    and behind the last."""
    if call != work.state.calling or work.mute:
        return
    waited = work.state.awaiting[call]
    filler = work.flow.tools[waited.what].filler
    if filler is None or waited.fillers >= len(filler.says):
        return
    work.say(prompt_phrase(work, filler.says[waited.fillers]), work.interrupt(own=None), filler=True)
    said = waited.fillers + 1
    work.state = replace(work.state, awaiting={**work.state.awaiting, call: replace(waited, fillers=said)})
    if said < len(filler.says):
        work.wake(filler_id(call), work.at_ms + filler.every_ms)
    if filler.music is not None:
        work.play_music(filler.music)


def send_again(work: Work) -> None:
    """The stream is back: a look-up still awaited is made again; a change is only waited for."""
    call = work.state.calling
    if call is None or call not in work.state.awaiting:
        return
    waited = work.state.awaiting[call]
    if waited.changes_world:
        work.wake(deadline_id(call), waited.deadline_ms)
        return
    tool = work.flow.tools[waited.what]
    names = next((m.names for m in work.state.made if m.of(tool)), frozenset())
    unwait(work, call)
    send(work, tool, waited.arguments, names)


# ---- answers


def answered(work: Work, call: str, reply: RawReply | NamedReply) -> None:
    here = call == work.state.calling
    result = take(work, call, reply, work.step().place if here else None)
    if here:
        step = work.step()
        work.walking = True
        if isinstance(step, CallTool):
            route(work, step, result)  # else a value was checked: the question goes on, and finds the answer


def take(work: Work, call: str, reply: RawReply | NamedReply, place: Place | None = None) -> str:
    """Keep what a tool answered; gives back the name of its result. `place`: of the step that called it."""
    waited = work.state.awaiting[call]
    tool = work.bundle.flows[waited.flow].tools[waited.what]
    named = name_reply(tool, reply, work)
    unwait(work, call)
    detail = f"{named.result}: {named.why}" if named.why else named.result
    work.note("tool", tool.name, detail, tool.place if place is None else place)
    _keep(work, tool, waited.arguments, named, here=waited.flow == work.at.flow)
    return named.result


def unwait(work: Work, call: str) -> None:
    awaiting = {key: held for key, held in work.state.awaiting.items() if key != call}
    calling = None if work.state.calling == call else work.state.calling
    work.state = replace(work.state, awaiting=awaiting, calling=calling)
    work.wake(deadline_id(call), None)
    work.wake(filler_id(call), None)
    work.stop_music()


def _keep(work: Work, tool: ToolSpec, arguments: Arguments, named: Named, *, here: bool) -> None:
    """`here` False: the flow that asked has been left, and nobody is there to keep the values."""
    made = list(work.state.made)
    for index in range(len(made) - 1, -1, -1):
        if made[index].of(tool) and made[index].arguments == arguments:
            made[index] = replace(made[index], result=named.result, succeeded=named.succeeded)
            break
    work.state = replace(work.state, made=tuple(made))
    if not here:
        return
    work.drop_kept_of({tool.name})
    if named.kept:
        kept = {**work.at.kept, **named.kept}
        kept_by = {**work.at.kept_by, **dict.fromkeys(named.kept, (tool.name, arguments))}
        work.at = replace(work.at, kept=kept, kept_by=kept_by)
    _drop_unoffered(work, named)


def _drop_unoffered(work: Work, named: Named) -> None:
    """A list came anew: an answer that is not in it any more is asked again, and why."""
    for name, held in work.at.slots.items():
        spec = work.flow.slots[name]
        listed = spec.options_from
        if listed is None or listed.list not in named.kept or held.value is None:
            continue
        if not offered.holds(work, listed, held.value):
            why = sentence(work, "not_offered_now", {"value": value_phrase(work, spec, held.value)})
            work.note("correction", name, "not among the choices any more", spec.place)
            work.empty([name])
            work.at = replace(work.at, doubts={**work.at.doubts, name: why})


# ---- routes


def route(work: Work, step: Routed, result: str) -> None:
    """Take the way written for a result."""
    taken = result if result in step.on else FAILED
    way = step.on.get(taken)
    if way is None or (work.mute and isinstance(way, Repair)):
        if way is None and not work.mute:
            work.note("error", "call", f"nothing handles {result}", step.place)
        work.next()
    elif isinstance(way, Repair):
        _repair(work, step, taken, way)
    else:
        work.enter(f"on/{taken}")


def _repair(work: Work, step: Routed, result: str, way: Repair) -> None:
    """Say why, empty the slots, ask them again and make the same call again; after `times`, leave."""
    key: paths.Path = (*work.path, result)
    count = work.at.repairs.get(key, 0)
    if count >= way.times:
        work.goto(way.leave, way.place)
        return
    work.at = replace(work.at, repairs={**work.at.repairs, key: count + 1})
    work.state = replace(work.state, last_prompt=Phrase("", ""))
    if way.say is not None:
        work.say(prompt_phrase(work, way.say), work.interrupt(own=None))
    emptied = list(way.retry)
    if isinstance(step, CallTool):
        emptied += _allow_again(work, step, result)
    work.empty(emptied)
    work.enter(f"retry/{result}")


def _allow_again(work: Work, step: CallTool, result: str) -> list[str]:
    """A retry after a definite result is a new send, with a new confirmation; after `unknown` it never is."""
    tool = work.flow.tools[step.tool]
    if not tool.changes_things or result == UNKNOWN:
        return []
    arguments, _ = _arguments(work, step, tool)
    kept = tuple(
        made
        for made in work.state.made
        if not made.of(tool) or made.arguments != arguments or made.result == UNKNOWN or made.succeeded
    )
    work.state = replace(work.state, made=kept)
    if summary.is_confirmed_by(tool):
        summary.forget(work)
        return []
    return [tool.confirm_with] if tool.confirm_with is not None else []
