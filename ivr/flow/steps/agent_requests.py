"""What a model asks for, applied in a fixed order whatever order it came in: fills; look-ups, together; changes, one
after the other; then at most one exit. The engine checks each; what it refuses goes back in plain words.

A change is sent only after its own rules: `needs`, `once`, never twice with the same arguments, and the caller's yes
to `confirm_with`. Its arguments that are slots of the flow are the flow's values, never the model's; so are those of a
look-up which the flow has a value for.
"""

from collections.abc import Mapping
from typing import Final

from ivr.flow.answers import DECLINED, FAILED, UNKNOWN
from ivr.flow.flow import Agent, SlotSpec, ToolSpec
from ivr.flow.state import Agency, Fill, ModelRequest, NamedReply, News, RawReply, Slot, Wanted
from ivr.flow.steps import call
from ivr.flow.steps.agent_asking import CORRECT, EXIT, FILL, FILLER_MS, argument, kept_of, unavailable
from ivr.flow.steps.ask import is_wanted
from ivr.flow.steps.copying import replace
from ivr.flow.steps.correction import already_acted_on
from ivr.flow.steps.expected import expected_here, expected_slot
from ivr.flow.steps.fitness import broken_rules, fault_of
from ivr.flow.steps.phrases import value_phrase
from ivr.flow.steps.question import wants_yes
from ivr.flow.steps.work import Work
from ivr.flow.types import Privacy, Source, Type, Value
from ivr.flow.understand.given_values import read_given

MOST: Final = 12
"""Requests of one reply; more of them are refused."""
Arguments = tuple[tuple[str, Value | None], ...]


def agency_of(work: Work) -> Agency:
    agency = work.at.agency
    assert agency is not None
    return agency


def change(work: Work, **fields: object) -> None:
    work.at = replace(work.at, agency=replace(agency_of(work), **fields))  # type: ignore[arg-type]


def tell_model(work: Work, request: str, name: str, text: str, *, refused: bool = False) -> None:
    change(work, news=(*agency_of(work).news, News(request, name, text, refused)))


def refuse(work: Work, step: Agent, request: str, name: str, why: str, *, shown: str = "") -> None:
    """`shown`: the same for the record, where `why` could hold a value."""
    work.note("model", step.name, f"refused {name}: {shown or why}", step.place)
    tell_model(work, request, name, why, refused=True)


def apply(work: Work, step: Agent, requests: tuple[ModelRequest, ...]) -> None:
    for request in requests[MOST:]:
        refuse(work, step, request.id, request.name, "too much was asked for at once")
    known = requests[:MOST]
    for request in known:
        if request.name in (FILL, CORRECT):
            _fill(work, step, request)
    exits = [request for request in known if request.name.startswith(EXIT)]
    change(work, exits=tuple((request.id, request.name.removeprefix(EXIT)) for request in exits))
    for request in known:
        if request.name not in (FILL, CORRECT) and request not in exits:
            _want(work, step, request)


# ---- fills


def _fill(work: Work, step: Agent, request: ModelRequest) -> None:
    if not request.arguments:
        refuse(work, step, request.id, request.name, "nothing was given")
    for name, given in request.arguments.items():
        why, shown = _put(work, step, name, given)
        if why:
            refuse(work, step, request.id, f"{FILL} {name}" if name in step.collect else FILL, why, shown=shown)
        else:
            tell_model(work, request.id, request.name, f"{name}: noted")


def _put(work: Work, step: Agent, name: str, given: object) -> tuple[str, str]:
    """Put one value in; else why not, and the same for the record."""
    if name not in step.collect:
        return "there is nothing of that name to note here", ""
    spec = work.flow.slots[name]
    if not is_wanted(work, name):
        return f"{name} is not wanted here", ""
    if given is None:
        return _left_empty(work, spec), ""
    value = read_given(expected_here(work, spec), given, work.now)
    if value is None:
        return f"{name} is of type {spec.type.value}, and this is not", ""
    held = work.at.slots.get(name)
    if held is not None and held.value == value:
        return "", ""
    if held is not None and already_acted_on(work, name):
        return f"{name} has been acted on already and cannot be changed", ""
    why = fault_of(work, spec, value)
    if why is not None:
        return f"{name} will not do: {why.shown}", f"{name} breaks its rules"
    _hold(work, spec, value, corrects=held is not None and held.value is not None)
    if isinstance(given, str) and spec.privacy is not Privacy.OPEN:
        _mask_told(work, given, value_phrase(work, spec, value).shown)
    return "", ""


def _left_empty(work: Work, spec: SlotSpec) -> str:
    if not spec.optional:
        return f"{spec.name} cannot be left empty"
    work.fill(spec.name, Slot(None, Source.MODEL))
    work.note("filled", spec.name, "left empty", spec.place)
    return ""


def _hold(work: Work, spec: SlotSpec, value: Value, *, corrects: bool) -> None:
    policy = spec.confirm_change if corrects else spec.confirm
    settled = not (wants_yes(spec.confirm, Source.MODEL, None, 1.0) or wants_yes(policy, Source.MODEL, None, 1.0))
    work.drop_kept(frozenset({spec.name}))
    work.fill(spec.name, Slot(value, Source.MODEL, settled=settled))
    work.note("correction" if corrects else "filled", spec.name, Source.MODEL, spec.place)
    if not corrects:
        return
    for other, why in broken_rules(work, spec.name).items():
        work.empty([other])
        tell_model(work, "", FILL, f"{other} does not fit any more: {why.shown}", refused=True)


def _mask_told(work: Work, given: str, shown: str) -> None:
    """A private value that the caller said in these words is masked in what the model is told later."""
    plain = " ".join(given.split()).lower()
    if len(plain) < 2:
        return
    told = []
    for said in work.state.told:
        at = said.text.lower().find(plain) if said.who == "caller" else -1
        told.append(said if at < 0 else replace(said, text=said.text[:at] + shown + said.text[at + len(plain) :]))
    work.state = replace(work.state, told=tuple(told))


def put_said(work: Work, step: Agent, fill: Fill) -> None:
    """Another value for a slot that was read back, out of the caller's own words."""
    spec = work.flow.slots[fill.slot]
    why = None if fill.value is None else fault_of(work, spec, fill.value)
    if fill.value is None or why is not None:
        said = f"{spec.name} will not do: {why.shown if why is not None else 'it is empty'}"
        refuse(work, step, "", spec.name, said, shown="it breaks its rules")
        return
    settled = not wants_yes(spec.confirm, fill.source, None, fill.sure)
    work.drop_kept(frozenset({spec.name}))
    work.fill(spec.name, Slot(fill.value, fill.source, sure=fill.sure, settled=settled))
    work.note("correction", spec.name, fill.source, spec.place)
    tell_model(work, "", spec.name, f"the caller has put {spec.name} right")


# ---- tools


def _want(work: Work, step: Agent, request: ModelRequest) -> None:
    if request.name not in step.tools:
        refuse(work, step, request.id, _plain(request.name), "there is no tool of that name here")
        return
    tool = work.flow.tools[request.name]
    given, why = _given(work, tool, request.arguments)
    why = unavailable(work, tool) or why
    if not why and not tool.changes_things:
        wanted = Wanted(request.id, tool.name, given)
        why = _missing(tool, arguments_of(work, tool, wanted))
        if not why:
            send(work, step, wanted)
    elif not why:
        change(work, wanted=(*agency_of(work).wanted, Wanted(request.id, tool.name, given)))
    if why:
        refuse(work, step, request.id, tool.name, why)
        if tool.changes_things:
            change(work, changed=False)


def _plain(name: str) -> str:
    """A name that a model made up, for the record."""
    return name if name.isidentifier() and len(name) <= 40 else "a tool"


def _given(work: Work, tool: ToolSpec, arguments: Mapping[str, object]) -> tuple[Arguments, str]:
    """The model's arguments, typed; else why they will not do."""
    found: list[tuple[str, Value | None]] = []
    for name, given in arguments.items():
        if name not in tool.takes:
            return (), "it does not take one of the arguments given"
        if given is None:
            continue
        spec = argument(tool, name)
        value = read_given(expected_slot(spec), given, work.now)
        if value is None or fault_of(work, replace(spec, must=()), value) is not None:
            return (), f"{name} is not as it has to be"
        if value != work.value((name,)) and _is_the_flows(work, tool, name):
            return (), f"{name} is not what the caller gave; note it by {FILL} first"
        found.append((name, value))
    return tuple(found), ""


def _is_the_flows(work: Work, tool: ToolSpec, name: str) -> bool:
    """Whether the model may give no other value than the flow has: for a change, and for what the caller gave, or what
    who is calling was found out by. Else a caller could have the model look up somebody else."""
    if tool.changes_things and _is_own(work, name):
        return True
    verified = {known for fact in tool.needs for known in work.state.facts.get(fact, frozenset())}
    return name in verified or (_is_own(work, name) and work.value((name,)) is not None)


def _is_own(work: Work, name: str) -> bool:
    """Has the flow a value of this name?"""
    return name in work.flow.slots or name in work.flow.vars or name in work.at.kept


def arguments_of(work: Work, tool: ToolSpec, wanted: Wanted) -> Arguments:
    given = dict(wanted.given)
    return tuple((name, given.get(name, work.value(tuple(name.split("."))))) for name in tool.takes)


def _missing(tool: ToolSpec, arguments: Arguments) -> str:
    missing = [name for name, value in arguments if value is None and not argument(tool, name).optional]
    return f"it needs {', '.join(missing)}" if missing else ""


def send(work: Work, step: Agent, wanted: Wanted) -> None:
    """Sent, unless that would be one more than the limit: then the limit is what comes next."""
    tool = work.flow.tools[wanted.tool]
    agency = agency_of(work)
    if step.limits.tool_calls is not None and agency.tool_calls >= step.limits.tool_calls:
        change(work, tool_calls=agency.tool_calls + 1)
        return
    names = frozenset(name for name in tool.takes if _is_own(work, name))
    sent = call.dispatch(work, tool, arguments_of(work, tool, wanted), names)
    if tool.filler is not None or not agency.words:
        after_ms = FILLER_MS if tool.filler is None else tool.filler.after_ms
        work.wake(call.filler_id(sent), work.bridge_at(after_ms))
    change(work, sent={**agency.sent, sent: wanted.request}, tool_calls=agency.tool_calls + 1, agreed=None)


def next_change(work: Work, step: Agent) -> bool:
    """The next change that was asked for. True: it was refused, or has been sent, or its question is asked."""
    agency = agency_of(work)
    if not agency.wanted:
        return False
    wanted = agency.wanted[0]
    tool = work.flow.tools[wanted.tool]
    arguments = arguments_of(work, tool, wanted)
    before = call.last(work, tool, arguments)
    why = unavailable(work, tool) or _missing(tool, arguments)
    if before is not None:
        drop_change(work, result := before.result or UNKNOWN)
        work.note("tool", tool.name, "not sent again", step.place)
        tell_model(work, wanted.request, tool.name, f"it was sent before with the same values; result: {result}")
    elif why:
        drop_change(work, FAILED)
        refuse(work, step, wanted.request, tool.name, why)
    elif _agreed(work, tool, arguments):
        change(work, wanted=agency.wanted[1:])
        send(work, step, wanted)
    elif not _confirmable(work, tool):
        drop_change(work, DECLINED)
        refuse(work, step, wanted.request, tool.name, "the caller cannot be asked to agree to it here")
    else:
        change(work, words="")
        work.empty([tool.confirm_with] if tool.confirm_with is not None else [])
        work.enter(f"confirm/{tool.name}")
    return True


def _confirmable(work: Work, tool: ToolSpec) -> bool:
    """By a question of its own, answered yes or no."""
    slot = work.flow.slots.get(tool.confirm_with or "")
    return slot is not None and slot.type is Type.YES_NO and slot.ask is not None


def _agreed(work: Work, tool: ToolSpec, arguments: Arguments) -> bool:
    if tool.confirm_with is None or agency_of(work).agreed == arguments:
        return True
    names = frozenset(name for name, _ in arguments)
    return names <= frozenset(work.flow.slots) and call.confirmed(work, tool.confirm_with, names)


def after_confirmation(work: Work, step: Agent) -> None:
    """The question right before a change was answered. The walk stands at the agent."""
    if work.at.agency is None or not work.at.agency.wanted:
        return  # an answer of an earlier change was put right; what was made is not made again
    wanted = agency_of(work).wanted[0]
    tool = work.flow.tools[wanted.tool]
    assert tool.confirm_with is not None
    held = work.at.slots.get(tool.confirm_with)
    if held is not None and held.settled and held.value is True:
        change(work, agreed=arguments_of(work, tool, wanted))
        return
    work.empty([tool.confirm_with])
    drop_change(work, DECLINED)
    work.note("tool", tool.name, DECLINED, step.place)
    tell_model(work, wanted.request, tool.name, "result: declined; the caller said no")


def drop_change(work: Work, result: str) -> None:
    agency = agency_of(work)
    changed = agency.changed and result not in (FAILED, UNKNOWN, DECLINED)
    change(work, wanted=agency.wanted[1:], changed=changed)


def answered(work: Work, sent: str, reply: RawReply | NamedReply) -> None:
    """A tool that the model asked for has answered: it is told the result's name and what was kept, masked."""
    agency = agency_of(work)
    tool = work.flow.tools[work.state.awaiting[sent].what]
    result = call.take(work, sent, reply)
    request = agency.sent[sent]
    changed = agency.changed and not (tool.changes_things and result in (FAILED, UNKNOWN))
    change(work, sent={key: of for key, of in agency.sent.items() if key != sent}, changed=changed)
    kept = ", ".join(f"{name}: {shown}" for name, shown in kept_of(work, tool, result))
    tell_model(work, request, tool.name, f"result: {result}" + (f"; {kept}" if kept else ""))
