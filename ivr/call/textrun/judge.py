"""Whether what happened is what a scenario says, and if not, what happened instead."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import assert_never

from ivr.call.textrun import happenings as seen
from ivr.call.textrun import telling
from ivr.call.textrun.line import TextCall
from ivr.call.textrun.written import same_value
from ivr.flow import scenario as sc
from ivr.flow.spoken import same_words
from ivr.flow.types import Value
from ivr.units import Millis


@dataclass(frozen=True, slots=True)
class Evidence:
    """One turn, or the whole call: what happened, and when the caller was done."""

    call: TextCall
    happened: Sequence[seen.Happening]
    done_ms: Millis

    @property
    def said(self) -> str:
        return " ".join(happening.text for happening in self.happened if isinstance(happening, seen.BotSpoke))

    @property
    def shown(self) -> str:
        return " ".join(happening.shown for happening in self.happened if isinstance(happening, seen.BotSpoke))

    @property
    def tools(self) -> list[seen.ToolCalled]:
        return [happening for happening in self.happened if isinstance(happening, seen.ToolCalled)]

    @property
    def targets(self) -> list[str]:
        return [happening.target for happening in self.happened if isinstance(happening, seen.Dialled)]


def judge(check: sc.Check, evidence: Evidence) -> tuple[str, str] | None:
    """None if it holds, else what was expected and what happened, as two short phrases."""
    call = evidence.call
    match check:
        case sc.Asks(question=question):
            holds = question in _questions(call) and not _confirming(call)
            return None if holds else (f"asks: {question}", _where(call))
        case sc.ReadsBack(value=value):
            listen = call.listening
            confirming = listen.confirming if listen is not None else None
            holds = confirming is not None and same_value(confirming.current, value, call.bundle.zone)
            return None if holds else (f"reads_back: {value}", _where(call))
        case sc.SlotIs(name=name, value=value):
            holds, held = _slot(call, name, value)
            return None if holds else (f"slot {name}: {value or 'empty'}", held)
        case sc.AtNode(node=node):
            return None if _node(call) == node else (f"node: {node}", f"it is in {_node(call)}")
        case sc.Says(text=text):
            return None if same_words(text, evidence.said) else (f"says: {text}", _said(evidence))
        case sc.NeverSays(text=text):
            return (f"never_says: {text}", _said(evidence)) if same_words(text, evidence.said) else None
        case sc.CallsTool():
            return _called(check, evidence)
        case sc.NeverCalls(tool=tool):
            return (f"never_tool: {tool}", "it was called") if tool in {t.tool for t in evidence.tools} else None
        case sc.TransfersTo(target=target):
            dialled = ", ".join(evidence.targets) or "nobody"
            return None if target in evidence.targets else (f"transfer: {target}", f"the call was handed to {dialled}")
        case sc.NeverTransfersTo(target=target):
            handed = evidence.targets if target == "any" else [name for name in evidence.targets if name == target]
            return (f"never_transfer: {target}", f"the call was handed to {handed[0]}") if handed else None
        case sc.Whispers(text=text):
            whispered = " ".join(h.text for h in evidence.happened if isinstance(h, seen.Whispered))
            return None if same_words(text, whispered) else (f"whispers: {text}", _whispered(evidence))
        case sc.Sends(kind=kind, name=name):
            sent = [(h.kind, h.name) for h in evidence.happened if isinstance(h, seen.Sent)]
            return None if (kind, name) in sent else (f"sends: {{{kind}: {name}}}", _sent(sent))
        case sc.HoldsFact(fact=fact):
            held = ", ".join(sorted(call.state.facts))
            return None if fact in call.state.facts else (f"fact: {fact}", f"what holds is {held or 'no fact at all'}")
        case sc.Within(ms=ms):
            return _within(ms, evidence)
        case sc.Ends(outcome=outcome):
            ended = f"it ended as {call.outcome}" if call.outcome else f"it did not end; {_where(call)}"
            return None if call.outcome == outcome else (f"end: {outcome}", ended)
        case sc.KeepsOut(value=value):
            return (f"keeps_out: {value}", "it stands in what is kept") if _kept(value, evidence) else None
    assert_never(check)


def _questions(call: TextCall) -> set[str]:
    """Names the open question goes by: its slot; for a menu also its node."""
    listen = call.listening
    if listen is None:
        return set()
    standing = call.state.standings[-1]
    is_slot = listen.question in call.bundle.flows[standing.flow].slots
    return {listen.question} if is_slot else {listen.question, standing.node}


def _confirming(call: TextCall) -> bool:
    return call.listening is not None and call.listening.confirming is not None


def _where(call: TextCall) -> str:
    """What the bot is waiting for, in words."""
    if call.outcome is not None:
        return f"the call is over ({call.outcome})"
    listen = call.listening
    if listen is None:
        return call.fault or "the bot asks nothing"
    flow = call.state.standings[-1].flow
    if listen.confirming is not None:
        slot = listen.confirming.slot
        return f"the bot reads back {slot}: {telling.shown(slot, listen.confirming.current, call.bundle, flow)}"
    return f"the bot asks {listen.question}"


def _node(call: TextCall) -> str:
    return call.state.standings[-1].node


def _said(evidence: Evidence) -> str:
    return f"it said: {evidence.shown}" if evidence.shown else "it said nothing"


def _whispered(evidence: Evidence) -> str:
    whispered = " ".join(h.shown for h in evidence.happened if isinstance(h, seen.Whispered))
    return f"it whispered: {whispered}" if whispered else "nothing was whispered to anybody"


def _sent(sent: Sequence[tuple[str, str]]) -> str:
    return f"it sent {', '.join(f'{kind}: {name}' for kind, name in sent)}" if sent else "it sent nothing"


def _slot(call: TextCall, name: str, written: str | None) -> tuple[bool, str]:
    """In the flow that runs, else in those that ran it, inside out."""
    flows = call.bundle.flows
    standings = reversed(call.state.standings)
    having = (s for s in standings if name in flows[s.flow].slots or name in flows[s.flow].vars or name in s.kept)
    standing = next(having, call.state.standings[-1])
    flow = call.bundle.flows[standing.flow]
    value: Value | None
    if name in flow.slots:
        slot = standing.slots.get(name)
        value = slot.value if slot is not None and slot.settled else None
    elif name in flow.vars:
        value = standing.vars.get(name)
    elif name in standing.kept or written is None:
        value = standing.kept.get(name)
    else:
        return False, f"there is no value of the name {name}"
    held = f"{name} is {telling.shown(name, value, call.bundle, standing.flow)}"
    return same_value(value, written, call.bundle.zone), held


def _called(check: sc.CallsTool, evidence: Evidence) -> tuple[str, str] | None:
    call = evidence.call
    expected = f"tool: {check.tool}"
    if check.arguments:
        given = ", ".join(f"{name}: {value or 'empty'}" for name, value in check.arguments.items())
        expected += f", with: {{{given}}}"
    calls = [called for called in evidence.tools if called.tool == check.tool]
    if not calls:
        others = ", ".join(called.tool for called in evidence.tools)
        return expected, f"it called {others}" if others else "it called no tool"
    if any(_fits(check, called, call.bundle.zone) for called in calls):
        return None
    flow = call.state.standings[-1].flow
    return expected, f"it called {check.tool}({telling.arguments(calls[-1].arguments, call.bundle, flow)})"


def _fits(check: sc.CallsTool, called: seen.ToolCalled, zone: str) -> bool:
    return all(
        name in called.arguments and same_value(called.arguments[name], value, zone)
        for name, value in check.arguments.items()
    )


def _within(ms: int, evidence: Evidence) -> tuple[str, str] | None:
    first = evidence.call.first_sound(evidence.done_ms)
    if first is None:
        return f"within: {ms}ms", "it said nothing"
    took = first - evidence.done_ms
    return None if took <= ms else (f"within: {ms}ms", f"the first sound came after {took} ms")


def _kept(value: str, evidence: Evidence) -> bool:
    """Whether a value stands where people look: shown prompts, notes, the history of the call."""
    kept = [said.text for said in evidence.call.state.told]
    for happening in evidence.happened:
        match happening:
            case (
                seen.BotSpoke(shown=shown)
                | seen.CallerSpoke(shown=shown)
                | seen.CallerPressed(shown=shown)
                | seen.Whispered(shown=shown)
                | seen.Sent(shown=shown)
            ):
                kept.append(shown)
            case seen.Noted(note=note):
                kept += [note.what, note.detail]
            case _:
                pass
    return any(value in text or same_words(value, text) for text in kept)
