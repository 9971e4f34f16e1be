"""What a model may answer with when it is asked what a caller meant: one tool, whose schema has only what is open.

Never anything pci or secret; private values only where the model may have them. No value the caller gave before is in
it: what is put right is told by its name.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from ivr.flow.state import Expected, Listen, ModelTool
from ivr.flow.types import Privacy, Type
from ivr.flow.understand.given_values import shape

HEARD: Final = "heard"
ANSWER: Final = "answer"
YES: Final = "yes"
CORRECTION: Final = "correction"
COMMAND: Final = "command"
UNCLEAR: Final = "unclear"
_HARD: Final = frozenset({Privacy.PCI, Privacy.SECRET})
_ABOUT: Final = (
    "What the caller meant with what was said last. Give only what was said; guess nothing and complete nothing. "
    "If it is none of these, or could be several, it is unclear."
)
_CORRECTION: Final = (
    "Something answered before that the caller puts right now: its new value; null if only that it is wrong was said."
)


def may_be_told(privacy: Privacy, *, private: bool) -> bool:
    """Whether a model may hear a value of this class. `private`: also pii."""
    return privacy is Privacy.OPEN or (private and privacy not in _HARD)


def heard_tool(listen: Listen, *, private: bool) -> ModelTool | None:
    """None: this is nothing to ask a model about: the values live in memory only, any words are the answer, or the
    caller may be speaking to somebody else. `private`: the model may have values of class pii."""
    if listen.waiting or listen.meanwhile or not listen.accept_speech:
        return None
    asked = listen.confirming or (listen.expects[0] if listen.expects else None)
    told = max(listen.privacy, listen.privacy if asked is None else asked.privacy, key=tuple(Privacy).index)
    if asked is None or asked.type is Type.TEXT or not may_be_told(told, private=private):
        return None
    properties = dict(_properties(listen, private))
    properties[UNCLEAR] = {"type": "boolean", "description": "true: what was meant cannot be told."}
    parameters = {"type": "object", "properties": properties, "additionalProperties": False}
    return ModelTool(HEARD, _ABOUT, parameters)


def open_slots(listen: Listen, *, private: bool) -> tuple[Expected, ...]:
    """What the words may fill and the model may be told of."""
    if listen.confirming is not None:
        return (listen.confirming,)
    if listen.summary:
        return ()
    return tuple(slot for slot in listen.expects if may_be_told(slot.privacy, private=private))


def put_right(listen: Listen, *, private: bool) -> tuple[Expected, ...]:
    return tuple(slot for slot in listen.corrects if may_be_told(slot.privacy, private=private))


def _properties(listen: Listen, private: bool) -> Iterator[tuple[str, object]]:
    if listen.confirming is not None:
        yield YES, {"type": "boolean", "description": "Whether what was read back is right."}
        yield ANSWER, _object("What it should be instead.", open_slots(listen, private=private))
    elif listen.summary:
        yield YES, {"type": "boolean", "description": "Whether all that was read back is right."}
    else:
        yield ANSWER, _object("What was asked for, or else asked for next.", open_slots(listen, private=private))
    earlier = put_right(listen, private=private)
    if earlier:
        yield CORRECTION, _object(_CORRECTION, earlier, nulls=True)
    if listen.commands:
        said = (f"{command.name}: {', '.join(command.hear)}" for command in listen.commands)
        names = list(dict.fromkeys(command.name for command in listen.commands))
        yield COMMAND, {"type": "string", "enum": names, "description": "; ".join(said)}


def _object(about: str, slots: Iterable[Expected], *, nulls: bool = False) -> Mapping[str, object]:
    properties = {slot.slot: _shape(slot, null=nulls or bool(slot.skip_words)) for slot in slots}
    return {"type": "object", "description": about, "properties": properties, "additionalProperties": False}


def _shape(slot: Expected, *, null: bool) -> Mapping[str, object]:
    found = dict(shape(slot, _about(slot), heard=True))
    if not null:
        return found
    found["type"] = [found["type"], "null"]
    if isinstance(names := found.get("enum"), list):
        found["enum"] = [*names, None]
    return found


def _about(slot: Expected) -> str:
    """A slot has no words of its own for a model: those by which a caller names it, and how it is left empty."""
    says = [", ".join((*slot.lead, *slot.nouns))] if slot.lead or slot.nouns else []
    if slot.skip_words:
        says.append(f"null if the caller leaves it empty: {', '.join(slot.skip_words)}")
    if slot.type in (Type.DATE, Type.TIME) and slot.near is not None:
        says.append(f"the {slot.near} one where two could be meant")
    return "; ".join(says)
