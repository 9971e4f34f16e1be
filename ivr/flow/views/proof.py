"""What is proven about a flow for every call, and, where it is not, a road that shows why.

Proven means: on every road (`roads.py`) it holds. A road goes more ways than a call can, so a claim that is not proven
may still be true; a claim that is proven is.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from ivr.flow.checks.advice import top_level
from ivr.flow.checks.walk import Question, all_steps, ladder, leaves, questions_in
from ivr.flow.flow import Bundle, Flow, Goto, Menu, Node, Prompt, ToolSpec
from ivr.flow.text import Place
from ivr.flow.types import CHOSEN, Privacy, Trouble, Type
from ivr.flow.views.roads import Call, Roads, Stand, roads_of
from ivr.flow.views.wording import length, listed, text_of

SHOWN: Final = 5
"""Roads shown for a claim."""
ENGINE_RUNGS: Final = 3


@dataclass(frozen=True, slots=True)
class Claim:
    """`text` says what holds, or what could not be shown; `roads` are those it is about, or one that breaks it."""

    flow: str
    about: str
    proven: bool
    text: str
    roads: tuple[str, ...] = ()
    place: Place | None = None


def prove(bundle: Bundle) -> tuple[Claim, ...]:
    """For each flow that calls begin in, those that we make too."""
    claims: list[Claim] = []
    for name in top_level(bundle):
        flow = bundle.flows[name]
        roads = roads_of(bundle, flow)
        if roads.cut:
            claims.append(Claim(name, "everything", False, "not proven: there are too many roads to look at."))
            continue
        claims += _tools(flow, roads)
        claims += _ends(bundle, flow, roads)
        claims += _cards(bundle, roads)
    return tuple(claims)


def needed(tool: ToolSpec) -> frozenset[str]:
    """The facts without which it is not called."""
    return frozenset(tool.needs)


def shown(way: tuple[Stand, ...]) -> str:
    """welcome > who > answer; a node of another flow with its flow before it."""
    first = way[0].flow
    names = [stand.node if stand.flow == first else f"{stand.flow}:{stand.node}" for stand in way]
    return " > ".join(name for at, name in enumerate(names) if at == 0 or name != names[at - 1])


# ---- tools


def _tools(flow: Flow, roads: Roads) -> Iterator[Claim]:
    by_tool: dict[str, list[Call]] = {}
    for call in roads.calls:
        if call.tool.changes_things or needed(call.tool):
            by_tool.setdefault(call.tool.name, []).append(call)
    for name, calls in by_tool.items():
        tool = calls[0].tool
        bare = [call for call in calls if not needed(tool) <= call.facts]
        if bare:
            way = next(iter(roads.ways_to(bare[0].stand, 1)), (bare[0].stand,))
            missing = listed(sorted(needed(tool) - bare[0].facts))
            text = f"not proven: {name} needs {missing}, and on this road nothing grants it; it would end as failed."
            yield Claim(flow.name, name, False, text, (shown(way),), bare[0].step.place)
            continue
        ways = [way for call in calls for way in roads.ways_to(call.stand, SHOWN + 1) or ((call.stand,),)]
        texts = list(dict.fromkeys(shown(way) for way in ways))
        more = (f"and more than {SHOWN} others",) if len(texts) > SHOWN else ()
        text = f"{name} is only called where {_guard(tool, calls)}."
        yield Claim(flow.name, name, True, text, (*texts[:SHOWN], *more), calls[0].step.place)


def _guard(tool: ToolSpec, calls: list[Call]) -> str:
    parts = []
    if needed(tool):
        parts.append(f"{listed(sorted(needed(tool)))} holds")
    if tool.confirm_with is not None:
        parts.append(f"the caller has just said yes ({tool.confirm_with})")
    elif tool.unconfirmed is not None:
        parts.append(f"nobody needs to say yes: {tool.unconfirmed}")
    if any(call.by_model for call in calls):
        parts.append("a model asks for it, which the engine checks by these same rules")
    return " and ".join(parts) or "the flow says so"


# ---- every call ends well


def _ends(bundle: Bundle, flow: Flow, roads: Roads) -> Iterator[Claim]:
    after: dict[Stand, list[Stand]] = {stand: [] for stand in roads.before}
    for stand, sources in roads.before.items():
        for source in sources:
            if (source, stand) not in roads.once:
                after[source].append(stand)
    good = set(roads.leaving)
    waiting = list(good)
    back: dict[Stand, list[Stand]] = {}
    for stand in roads.returning:  # a sub-flow that comes back goes on where it was run
        for runner in roads.runners.get(stand.flow, ()):
            back.setdefault(runner, []).append(stand)
    while waiting:
        here = waiting.pop()
        for source in (*roads.before[here], *back.get(here, ())):
            if source not in good:
                good.add(source)
                waiting.append(source)
    lost = next((stand for stand in roads.before if stand not in good), None)
    if lost is not None:
        way = next(iter(roads.ways_to(lost, 1)), (lost,))
        text = f"not proven: from {lost.node} no road leads to a person or a farewell."
        yield Claim(
            flow.name,
            "an end",
            False,
            text,
            (shown(way),),
            flow.nodes[lost.node].place if lost.node in flow.nodes else None,
        )
    else:
        yield Claim(flow.name, "an end", True, "From everywhere a road leads to a person or a farewell.")
    yield _silent(bundle, flow, roads)
    yield _turns(flow, after)


_Way = tuple[int, tuple[str, ...], bool]
"""Turns, the nodes passed, and whether they are a circle."""


def _silent(bundle: Bundle, flow: Flow, roads: Roads) -> Claim:
    """A caller of whom nothing is ever understood."""
    worst: tuple[int, tuple[str, ...]] = (0, ())
    for name in dict.fromkeys(stand.node for stand in roads.before if stand.flow == flow.name):
        turns, way, loop = _unheard(flow, name, ())
        if loop:
            text = "not proven: a caller who is never understood is led in a circle."
            return Claim(flow.name, "a silent caller", False, text, (" > ".join(way),))
        worst = max(worst, (turns, way))
    turns, way = worst
    text = f"A caller of whom nothing is understood comes to a person or a farewell within {_count(turns, 'turn')}."
    return Claim(flow.name, "a silent caller", True, text, (" > ".join(way),) if way else ())


def _unheard(flow: Flow, name: str, behind: tuple[str, ...]) -> _Way:
    """Most turns from here on, the nodes on the way, and whether the way is a circle."""
    if name in behind:
        return 0, (*behind[behind.index(name) :], name), True
    node = flow.nodes.get(name)
    if node is None:
        return 0, (name,), False
    worst: _Way = (0, (name,), False)
    asked = list(questions_in(flow, node))
    if not asked:
        targets = {step.node for step in all_steps(node.steps) if isinstance(step, Goto)}
        found = [_unheard(flow, target, (*behind, name)) for target in sorted(targets)]
        return _longest(found, name, 0, worst)
    for question in asked:
        for kind in _troubles(question):
            turns, left = _ladder(flow, node, question, kind)
            found = [_unheard(flow, target, (*behind, name)) for target in left]
            worst = max(worst, _longest(found, name, turns, (turns, (name,), False)), key=lambda one: (one[2], one[0]))
    return worst


def _troubles(question: Question) -> tuple[Trouble, ...]:
    """A menu has no rule that an answer could break, but for the number it takes beside its options."""
    plain = isinstance(question.step, Menu) and question.step.or_slot is None
    return (Trouble.NO_INPUT, Trouble.NO_MATCH) if plain else tuple(Trouble)


def _longest(found: list[_Way], name: str, turns: int, otherwise: _Way) -> _Way:
    circle = next((one for one in found if one[2]), None)
    if circle is not None:
        return circle
    if not found:
        return otherwise
    most, way, _ = max(found, key=lambda one: one[0])
    return turns + most, (name, *way), False


def _ladder(flow: Flow, node: Node, question: Question, kind: Trouble) -> tuple[int, list[str]]:
    """Turns until it leaves, and where it can lead."""
    rungs = ladder(flow, node, question.settings, kind)
    turns = len(rungs) if rungs and leaves(rungs[-1].steps) else max(ENGINE_RUNGS, len(rungs) + 1)
    if flow.limits.tries is not None:
        turns = min(turns, flow.limits.tries)
    targets = [step.node for rung in rungs for step in all_steps(rung.steps) if isinstance(step, Goto)]
    return turns, list(dict.fromkeys(targets))


def _turns(flow: Flow, after: dict[Stand, list[Stand]]) -> Claim:
    most = flow.limits.turns
    circle = _circle(after)
    if most is not None:
        text = f"No call has more than {_count(most, 'turn')} of the caller: limits: {{turns: {most}}} ends it then."
        return Claim(flow.name, "its length", True, text)
    if circle is None:
        return Claim(flow.name, "its length", True, "No call comes to the same node twice, so every call ends.")
    if flow.limits.call_ms is not None:
        text = (
            f"not proven for turns: this circle goes on for as long as the caller likes. The call ends after "
            f"{length(flow.limits.call_ms)}; limits: {{turns: 60}} would end it sooner."
        )
    else:
        text = (
            "not proven: this circle goes on for as long as the caller likes, and limits: {call: none} never ends it."
        )
    return Claim(flow.name, "its length", False, text, (shown(circle),))


def _circle(after: dict[Stand, list[Stand]]) -> tuple[Stand, ...] | None:
    """A way round, the shortest from each stand on."""
    for first in after:
        waiting: list[tuple[Stand, ...]] = [(first,)]
        seen = {first}
        while waiting:
            way = waiting.pop(0)
            for stand in after[way[-1]]:
                if stand == first:
                    return (*way, first)
                if stand not in seen:
                    seen.add(stand)
                    waiting.append((*way, stand))
    return None


def _count(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"


# ---- cards

_CARD: Final = re.compile(
    r"\b(?:credit|debit|payment|bank)[ -]?card\b|\bcard(?:'s)? (?:number|code)\b|\bsecurity code\b|\bcv[vc]2?\b"
    r"|\bexpir(?:y|ation) date\b|\bpin(?: number| code)?\b(?! up)|\bpassword\b",
    re.IGNORECASE,
)
_CARD_DIGITS: Final = range(13, 20)


def _cards(bundle: Bundle, roads: Roads) -> Iterator[Claim]:
    flow_name = roads.first.flow
    for stand in roads.before:
        flow = bundle.flows[stand.flow]
        for question in questions_in(flow, flow.nodes[stand.node]):
            why = _asks_card(question)
            if why:
                way = next(iter(roads.ways_to(stand, 1)), (stand,))
                place = question.slot.place if question.slot is not None else question.step.place
                text = f"not proven: {question.name} {why}, and is not  private: pci  or  private: secret."
                yield Claim(flow_name, "cards", False, text, (shown(way),), place)
                return
    yield Claim(
        flow_name, "cards", True, "Nobody is asked for a card, a code or a PIN but in a slot that keeps it private."
    )


CANNOT_HOLD_ONE = CHOSEN | {Type.YES_NO}
"""What is chosen, or agreed to, is no number of a card."""


def _asks_card(question: Question) -> str:
    slot = question.slot
    if slot is not None and (slot.privacy in (Privacy.PCI, Privacy.SECRET) or slot.type in CANNOT_HOLD_ONE):
        return ""
    prompts: tuple[Prompt | None, ...] = (slot.ask, slot.question.hint) if slot is not None else ()
    if slot is None:
        prompts = (getattr(question.step, "prompt", None), getattr(question.step, "open", None))
    for prompt in prompts:
        for template in prompt.variants if prompt is not None else ():
            found = _CARD.search(text_of(template))
            if found and question.slot is not None:
                return f'asks for "{found.group()}"'
    digits = slot is not None and slot.check is not None and slot.check.kind == "mod10" and slot.length
    if digits and any(count in _CARD_DIGITS for count in digits):
        return "takes what looks like the number of a card"
    return ""
