"""What a model is asked: the goal, what is known (masked), what was really said, and what it may ask for now.

It is told nothing else: no secrets, no pci, no other flow. Of what the caller has just said numbers as long as a card's
are masked; everything said before is masked as it is in every view.
"""

from collections.abc import Iterator, Mapping
from typing import Final

from ivr.flow.flow import Agent, Bundle, Never, QuestionSettings, SlotSpec, ToolSpec
from ivr.flow.grammar.tree import Field
from ivr.flow.privacy import mask_cards, mask_numbers
from ivr.flow.state import AskModel, Await, DropModel, Leaves, ModelTool
from ivr.flow.steps.agent_exits import open_exits
from ivr.flow.steps.agent_values import schema
from ivr.flow.steps.copying import replace
from ivr.flow.steps.phrases import field_phrase, prompt_phrase, value_phrase
from ivr.flow.steps.remembered import once_each
from ivr.flow.steps.work import Work
from ivr.flow.types import Privacy, Type

DEADLINE_MS: Final = 8000
"""How long a reply is waited for."""
FILLER_MS: Final = 1200
"""After this long without a sound the caller hears that we are still there."""
CARD_DIGITS: Final = 12
"""Numbers longer than this may be a card's."""
FILL: Final = "fill"
CORRECT: Final = "correct"
EXIT: Final = "exit_"
_HARD: Final = frozenset({Privacy.PCI, Privacy.SECRET})
_FREE: Final = frozenset({Type.TEXT, Type.NAME, Type.SPELLED, Type.LIST})
"""Types in which callers say anything, a private number too."""
_LONG_DIGITS: Final = frozenset({Type.DIGITS, Type.PHONE})
_NO_QUESTION: Final = QuestionSettings()


def ask(work: Work, step: Agent) -> None:
    """Ask for a reply to all that is new. The caller may go on speaking meanwhile."""
    agency = work.at.agency
    assert agency is not None
    asks = work.next_id()
    deadline = type(work.at_ms)(work.at_ms + DEADLINE_MS)
    tools = tuple(_tools(work, step))
    heard = mask_numbers(agency.heard, CARD_DIGITS) if agency.heard else ""
    anew = replace(agency, asking=asks, rounds=agency.rounds + 1, unanswered=True, spoken="")
    work.at = replace(work.at, agency=anew)
    waited = Await("model", step.name, deadline)
    work.state = replace(work.state, awaiting={**work.state.awaiting, asks: waited})
    work.emit(
        AskModel(
            id=asks,
            agent=step.name,
            language=work.state.language,
            goal=step.goal,
            known=dict(_known(work, step)),
            told=work.state.told,
            heard=heard,
            news=agency.news,
            tools=tools,
            style=step.style,
            never=step.never,
            exact=tuple(prompt_phrase(work, exact.say).shown for exact in step.always),
            deadline_ms=deadline,
            leaves=_leaves(work, step),
            may_hear=heard == agency.heard,
        )
    )
    work.note("model", step.name, f"asked; it may {', '.join(tool.name for tool in tools) or 'only speak'}", step.place)
    work.wake(f"{asks}:deadline", deadline)
    work.wake(f"{asks}:filler", work.bridge_at(FILLER_MS))


def _leaves(work: Work, step: Agent) -> Leaves:
    """Beside a change nothing is said before it has gone through; where sentences are forbidden each is known whole
    before its sound leaves."""
    offered = (work.flow.tools[name] for name in step.tools)
    if any(tool.changes_things and not unavailable(work, tool) for tool in offered):
        return "whole"
    return "by_sentence" if step.never != Never() else "as_it_comes"


def still_coming(work: Work, asks: str) -> None:
    """A part of the reply came: the rest is waited for anew."""
    deadline = type(work.at_ms)(work.at_ms + DEADLINE_MS)
    waited = replace(work.state.awaiting[asks], deadline_ms=deadline)
    work.state = replace(work.state, awaiting={**work.state.awaiting, asks: waited})
    work.wake(f"{asks}:deadline", deadline)
    work.wake(f"{asks}:filler", None)


def drop(work: Work) -> None:
    """The reply under way is not wanted any more."""
    agency = work.at.agency
    if agency is None or agency.asking is None:
        return
    asks = agency.asking
    unwait(work, asks)
    work.emit(DropModel(asks))
    work.at = replace(work.at, agency=replace(agency, asking=None, spoken=""))


def unwait(work: Work, asks: str) -> None:
    awaiting = {key: held for key, held in work.state.awaiting.items() if key != asks}
    work.state = replace(work.state, awaiting=awaiting)
    work.wake(f"{asks}:deadline", None)
    work.wake(f"{asks}:filler", None)


# ---- what it knows


def _known(work: Work, step: Agent) -> Iterator[tuple[str, str]]:
    for name, held in work.at.slots.items():
        spec = work.flow.slots.get(name)
        if spec is not None and spec.privacy not in _HARD and held.settled and held.value is not None:
            shown = value_phrase(work, spec, held.value).shown
            guarded = spec.type in _FREE and _asks_private_digits(work.bundle)
            yield name, mask_numbers(shown) if guarded else mask_cards(shown)
    for tool in step.tools:
        yield from kept_of(work, work.flow.tools[tool])


def kept_of(work: Work, tool: ToolSpec, result: str | None = None) -> Iterator[tuple[str, str]]:
    """Values kept from a tool, masked; of one result, or all there are."""
    told: set[str] = set()
    for spec in tool.results:
        for keep in spec.keep if result is None or spec.name == result else ():
            value = work.at.kept.get(keep.name)
            if value is not None and keep.privacy not in _HARD and keep.name not in told:
                told.add(keep.name)
                field = Field((keep.name,), keep.type, None, None, tool.place, currency=keep.currency)
                yield keep.name, mask_cards(field_phrase(work, field, keep.privacy).shown)


@once_each
def _asks_private_digits(bundle: Bundle) -> bool:
    slots = [slot for flow in bundle.flows.values() for slot in flow.slots.values()]
    return any(slot.privacy is not Privacy.OPEN and slot.type in _LONG_DIGITS for slot in slots)


# ---- what it may ask for


def _tools(work: Work, step: Agent) -> Iterator[ModelTool]:
    slots = [work.flow.slots[name] for name in step.collect]
    open_slots = [spec for spec in slots if spec.name not in work.at.slots]
    if open_slots:
        yield ModelTool(FILL, "Note what the caller said. Give only what was said.", _object(open_slots, ()))
    filled = [spec for spec in slots if spec.name in work.at.slots]
    if filled:
        yield ModelTool(CORRECT, "Change what the caller corrected.", _object(filled, ()))
    for way in open_exits(work, step):
        yield ModelTool(f"{EXIT}{way.name}", way.about or f"Leave by {way.name}.", _object((), ()))
    for name in step.tools:
        tool = work.flow.tools[name]
        if not unavailable(work, tool):
            yield tool_for_model(tool)


def tool_for_model(tool: ToolSpec) -> ModelTool:
    given = [argument(tool, name) for name in tool.takes]
    about = tool.about or tool.name.replace("_", " ")
    return ModelTool(tool.name, about, _object(given, tuple(spec.name for spec in given if not spec.optional)))


def argument(tool: ToolSpec, name: str) -> SlotSpec:
    """An argument of a tool, as a slot is described."""
    spec = tool.arguments.get(name)
    return spec if spec is not None else SlotSpec(name, tool.takes[name], tool.place, None, _NO_QUESTION)


def unavailable(work: Work, tool: ToolSpec) -> str:
    """Why the tool cannot be used now, in plain words; empty: it can."""
    needs: tuple[str, ...] = getattr(tool, "needs", ())  # tools without the setting need nothing
    if not frozenset(needs) <= frozenset(work.state.facts):
        return "who is calling has not been verified for this"
    made = [made for made in work.state.made if made.of(tool)]
    if tool.once_per_call and any(one.succeeded for one in made):
        return "it was done already in this call"
    return ""


def _object(specs: "list[SlotSpec] | tuple[SlotSpec, ...]", needed: tuple[str, ...]) -> Mapping[str, object]:
    found: dict[str, object] = {
        "type": "object",
        "properties": {spec.name: schema(spec, spec.about) for spec in specs},
        "additionalProperties": False,
    }
    if needed:
        found["required"] = list(needed)
    return found
