"""One turn of a scenario: the one thing the caller does, and its checks."""

from collections.abc import Callable, Mapping
from typing import Final, cast

from ivr.flow.scenario.reading import YES, Mistakes
from ivr.flow.scenario.values import (
    SEND_KINDS,
    Act,
    Asks,
    AtNode,
    AttendantPresses,
    AttendantSpeaks,
    CallsTool,
    Check,
    CutIn,
    Ends,
    HangUpNow,
    HoldsFact,
    KeepsOut,
    NeverCalls,
    NeverSays,
    NeverTransfersTo,
    Press,
    ReadsBack,
    Says,
    SendKind,
    Sends,
    SlotIs,
    Speak,
    StaySilent,
    TransfersTo,
    Turn,
    Whispers,
    Within,
    Written,
)
from ivr.flow.yaml_tree import Items, Keys, Scalar, Tree

ACTS: Final = ("caller", "keys", "silence", "cut_in", "hangup", "attendant", "attendant_keys")
NEVER: Final = ("never_says", "never_tool", "never_transfer", "keeps_out")
CHECKS: Final = (
    *("asks", "reads_back", "slot", "node", "says", "tool", "with", "transfer", "whispers", "sends", "fact"),
    *("within", "end", *NEVER),
)
EMPTY: Final = frozenset({"empty", "null"})


def read_turn(tree: Tree, mistakes: Mistakes) -> Turn | None:
    keys = mistakes.keys(tree, "A turn", (*ACTS, *CHECKS))
    if keys is None:
        return None
    act: Act | None = None
    checks: list[Check] = []
    for key, value in keys.entries:
        if key.text not in ACTS:
            checks += _read_check(key, value, keys, mistakes)
        elif act is not None:
            mistakes.note("IVR106", key, "One thing is done a turn.", "Give this a turn of its own.")
        else:
            act = _read_act(key, value, mistakes)
    return Turn(act, tuple(checks), keys.place)


def _read_act(key: Scalar, value: Tree, mistakes: Mistakes) -> Act | None:
    match key.text:
        case "caller":
            words = mistakes.text(value, "What the caller says")
            return None if words is None else Speak(words, value.place)
        case "keys":
            keys = mistakes.pressed(value, "keys")
            return None if keys is None else Press(keys, value.place)
        case "silence":
            return _read_silence(value, mistakes)
        case "hangup":
            return HangUpNow(key.place) if mistakes.yes(value, "hangup") else None
        case "attendant":
            words = mistakes.text(value, "What the attendant says")
            return None if words is None else AttendantSpeaks(words, value.place)
        case "attendant_keys":
            keys = mistakes.pressed(value, "attendant_keys")
            return None if keys is None else AttendantPresses(keys, value.place)
        case _:
            return _read_cut_in(value, mistakes)


def _read_silence(value: Tree, mistakes: Mistakes) -> StaySilent | None:
    if isinstance(value, Scalar) and value.text in YES:
        return StaySilent(None, value.place)
    ms = mistakes.length_ms(value, "silence")
    return None if ms is None else StaySilent(ms, value.place)


def _read_cut_in(tree: Tree, mistakes: Mistakes) -> CutIn | None:
    keys = mistakes.keys(tree, "cut_in", ("after", "say", "keys"))
    if keys is None:
        return None
    after, say, pressed = keys.get("after"), keys.get("say"), keys.get("keys")
    after_ms = mistakes.length_ms(after, "after") if after is not None else 0
    if (say is None) == (pressed is None):
        mistakes.note("IVR102", tree, "cut_in has either  say:  or  keys:.")
        return None
    words = mistakes.text(say, "say") if say is not None else None
    typed = mistakes.pressed(pressed, "keys") if pressed is not None else None
    if after_ms is None or (words is None and typed is None):
        return None
    return CutIn(after_ms, words, typed, tree.place)


def read_never(name: str, tree: Tree, mistakes: Mistakes) -> list[Check]:
    """`never_says`, `never_tool`, `never_transfer` and `keeps_out`: of a turn, or of a whole call."""
    if name == "never_transfer" and isinstance(tree, Scalar) and tree.text in YES:
        return [NeverTransfersTo("any", tree.place)]
    make: dict[str, Callable[[Scalar], Check]] = {
        "never_says": lambda item: NeverSays(item.text, item.place),
        "never_tool": lambda item: NeverCalls(item.text, item.place),
        "never_transfer": lambda item: NeverTransfersTo(item.text, item.place),
        "keeps_out": lambda item: KeepsOut(item.text, item.place),
    }
    return [make[name](item) for item in mistakes.texts(tree, name)]


def _read_check(key: Scalar, value: Tree, turn: Keys, mistakes: Mistakes) -> list[Check]:
    match key.text:
        case "tool":
            return _read_tools(value, turn, mistakes)
        case "with":
            if turn.get("tool") is None:
                mistakes.note("IVR106", key, "with: says what a tool was called with.", "Add  tool: NAME  beside it.")
            return []
        case "slot":
            found = mistakes.mapping(value, "slot", lambda name, v: _read_slot(name, v, mistakes))
            return list(found.values())
        case "within":
            ms = mistakes.length_ms(value, "within")
            return [] if ms is None else [Within(ms, value.place)]
        case "says":
            return [Says(item.text, item.place) for item in mistakes.texts(value, "says")]
        case "whispers":
            return [Whispers(item.text, item.place) for item in mistakes.texts(value, "whispers")]
        case "fact":
            return [HoldsFact(item.text, item.place) for item in mistakes.texts(value, "fact")]
        case "sends":
            return _read_sends(value, mistakes)
        case name if name in NEVER:
            return read_never(name, value, mistakes)
    text = mistakes.text(value, key.text)
    if text is None:
        return []
    match key.text:
        case "asks":
            return [Asks(text, value.place)]
        case "reads_back":
            return [ReadsBack(text, value.place)]
        case "node":
            return [AtNode(text, value.place)]
        case "transfer":
            return [TransfersTo(text, value.place)]
        case _:
            return [Ends(text, value.place)]


def _read_sends(tree: Tree, mistakes: Mistakes) -> list[Check]:
    """`{text: caller}`: what is sent, and to whom or under which name; a list of names for several of a kind."""
    keys = mistakes.keys(tree, "sends", SEND_KINDS)
    if keys is None:
        return []
    return [
        Sends(cast(SendKind, key.text), item.text, item.place)
        for key, value in keys.entries
        for item in mistakes.texts(value, key.text)
    ]


def _read_slot(name: Scalar, value: Tree, mistakes: Mistakes) -> SlotIs | None:
    text = mistakes.text(value, f"The value of {name.text}")
    return None if text is None else SlotIs(name.text, _written(text), name.place)


def _read_tools(tree: Tree, turn: Keys, mistakes: Mistakes) -> list[Check]:
    beside = turn.get("with")
    if not isinstance(tree, Items):
        name = mistakes.text(tree, "tool")
        return [] if name is None else [CallsTool(name, _read_with(beside, mistakes), tree.place)]
    if beside is not None:
        mistakes.note("IVR106", beside, "with a list of tools, each has its own  with:.")
    found: list[Check] = []
    for item in tree.items:
        if isinstance(item, Scalar):
            found.append(CallsTool(item.text, {}, item.place))
            continue
        keys = mistakes.keys(item, "A tool that is called", ("name", "with"))
        name_tree = keys.get("name") if keys is not None else None
        if keys is not None and name_tree is None:
            mistakes.missing(keys.place, "Which tool?", "Add  name: TOOL")
        if keys is None or name_tree is None:
            continue
        name = mistakes.text(name_tree, "name")
        if name is not None:
            found.append(CallsTool(name, _read_with(keys.get("with"), mistakes), name_tree.place))
    return found


def _read_with(tree: Tree | None, mistakes: Mistakes) -> Mapping[str, Written | None]:
    if tree is None:
        return {}
    texts = mistakes.mapping(tree, "with", lambda name, v: mistakes.text(v, f"The value of {name.text}"))
    return {name: _written(text) for name, text in texts.items()}


def _written(text: str) -> Written | None:
    return None if text in EMPTY else text
