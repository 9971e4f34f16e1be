"""What a script answers in place of the world: named results, raw replies, a model's words, or nothing for ever."""

import re
from collections.abc import Mapping
from typing import Final, Literal, cast

from ivr.flow.scenario.reading import YES, Mistakes, json_value, plain_value
from ivr.flow.scenario.values import Answer, Reply, Written
from ivr.flow.yaml_tree import Items, Keys, Scalar, Tree

SHAPE: Final = "Write it like  {ok: {balance: 42.50}}, {pending: {}} or {status: 200, body: {...}}."
_REPLY: Final = frozenset({"say", "fill", "call", "exit"})
_FAULTS: Final = ("down", "blocked")
_EMPTY: Final = frozenset({"empty", "null"})


def read_answers(name: Scalar, tree: Tree, mistakes: Mistakes) -> tuple[Answer, ...] | None:
    """One answer, or several that are given in turn."""
    items = tree.items if isinstance(tree, Items) else (tree,)
    found = [_read_answer(name, item, mistakes) for item in items]
    return tuple(answer for answer in found if answer is not None) or None


def _read_answer(name: Scalar, tree: Tree, mistakes: Mistakes) -> Answer | None:
    if isinstance(tree, Scalar) and tree.text:
        return Answer(tree.place, result=tree.text, pending=tree.text == "pending", reply=_fault(tree.text))
    if not isinstance(tree, Keys) or not tree.entries:
        mistakes.note("IVR102", tree, f'This is not an answer of "{name.text}".', SHAPE)
        return None
    after = tree.get("after")
    after_ms = mistakes.length_ms(after, "after") if after is not None else None
    rest = [(key, value) for key, value in tree.entries if key.text != "after"]
    names = {key.text for key, _ in rest}
    if names & {"status", "body"} and names <= {"status", "body"}:
        return _raw_answer(tree, after_ms, mistakes)
    if names & _REPLY and names <= _REPLY and not _only_a_result(rest):
        return _model_answer(tree, rest, after_ms, mistakes)
    if len(rest) != 1:
        mistakes.note("IVR102", tree, f'An answer of "{name.text}" is one result with what it keeps.', SHAPE)
        return None
    result, kept = rest[0]
    if result.text == "pending":
        return Answer(result.place, pending=True, after_ms=after_ms)
    found = _read_kept(result, kept, mistakes)
    fill = {key: None if value in _EMPTY else value for key, value in found.items() if isinstance(value, Written)}
    reply = Reply(fill=fill) if result.text == "fill" else _fault(result.text)
    return Answer(result.place, result=result.text, kept=found, after_ms=after_ms, reply=reply)


def _fault(text: str) -> Reply | None:
    return Reply(fault=cast(Literal["down", "blocked"], text)) if text in _FAULTS else None


def _only_a_result(entries: list[tuple[Scalar, Tree]]) -> bool:
    """`{fill: {...}}` alone may be a tool's result of that name too."""
    return len(entries) == 1 and isinstance(entries[0][1], Keys)


def _model_answer(
    tree: Keys, entries: list[tuple[Scalar, Tree]], after_ms: int | None, mistakes: Mistakes
) -> Answer | None:
    before = len(mistakes.messages)
    say: str | None = None
    exit_name: str | None = None
    fill: Mapping[str, Written | None] = {}
    calls: tuple[tuple[str, Mapping[str, object]], ...] = ()
    for key, value in entries:
        match key.text:
            case "say":
                say = mistakes.text(value, "What the model says")
            case "exit":
                exit_name = mistakes.text(value, "The exit that the model takes")
            case "fill":
                texts = mistakes.mapping(value, "fill", lambda name, v: mistakes.text(v, f"The value of {name.text}"))
                fill = {name: None if text in _EMPTY else text for name, text in texts.items()}
            case _:
                calls = _read_calls(value, mistakes)
    if len(mistakes.messages) > before:
        return None
    return Answer(tree.place, after_ms=after_ms, reply=Reply(say, fill, calls, exit_name))


def _read_calls(tree: Tree, mistakes: Mistakes) -> tuple[tuple[str, Mapping[str, object]], ...]:
    """`[{nearest_clinic: {zip: 10001}}, other_tool]`: tools the model asks for, with their arguments."""
    found: list[tuple[str, Mapping[str, object]]] = []
    for item in tree.items if isinstance(tree, Items) else (tree,):
        if isinstance(item, Scalar):
            found.append((item.text, {}))
        elif isinstance(item, Keys):
            for key, value in item.entries:
                arguments = plain_value(value)
                found.append((key.text, cast(Mapping[str, object], arguments) if isinstance(value, Keys) else {}))
        else:
            fix = "Write it like  call: [{nearest_clinic: {zip: 10001}}]."
            mistakes.note("IVR102", item, "A tool that the model asks for is a name with its arguments.", fix)
    return tuple(found)


def _read_kept(result: Scalar, tree: Tree, mistakes: Mistakes) -> Mapping[str, object]:
    if isinstance(tree, Scalar) and tree.text in YES:
        return {}
    if not isinstance(tree, Keys):
        mistakes.note(
            "IVR102", tree, f'What "{result.text}" keeps is written as names with values.', "Write {} for none."
        )
        return {}
    return {key.text: plain_value(value) for key, value in tree.entries}


def _raw_answer(tree: Keys, after_ms: int | None, mistakes: Mistakes) -> Answer | None:
    status, body = tree.get("status"), tree.get("body")
    code = 200
    if status is not None:
        if not (isinstance(status, Scalar) and re.fullmatch(r"[1-5]\d\d", status.text)):
            mistakes.note("IVR105", status, "status is a number such as 200 or 404.")
            return None
        code = int(status.text)
    return Answer(tree.place, status=code, body=None if body is None else json_value(body), after_ms=after_ms)
