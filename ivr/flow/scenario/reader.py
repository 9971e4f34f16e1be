"""`callscript/1` text to scenarios; every mistake at once, each with its place."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Final

from ivr.flow.messages import Message
from ivr.flow.scenario.reading import YES, Mistakes, json_value, plain_value
from ivr.flow.scenario.turns import NEVER, read_never, read_turn
from ivr.flow.scenario.values import Answer, Check, Given, Scenario, Turn
from ivr.flow.text import Place
from ivr.flow.yaml_tree import Items, Keys, Scalar, Tree, read_tree

SCHEMA: Final = "callscript/1"
_GIVEN: Final = ("time", "from", "to", "data", "answers", "live")
_NUMBER: Final = re.compile(r"\+?[0-9]{3,15}")
_TIME: Final = re.compile(r"(\d{4}-\d{2}-\d{2})[ T](\d{1,2}:\d{2}(?::\d{2})?)")


def load_scenarios(text: str, file: str) -> tuple[tuple[Scenario, ...], tuple[Message, ...]]:
    """The scenarios of a test file that can be run, and all that is wrong with it.

    `file` is its name as the operator knows it. A scenario with a mistake in it is left out."""
    tree, found = read_tree(text, file)
    mistakes = Mistakes(found)
    scenarios = _read_file(tree, mistakes) if tree is not None else ()
    return scenarios, tuple(sorted(mistakes.messages, key=lambda message: message.place))


def read_tests(tree: Tree, flow: str) -> tuple[tuple[Scenario, ...], tuple[Message, ...]]:
    """The list under `tests:` of a flow file."""
    mistakes = Mistakes()
    return _read_list(tree, flow, mistakes, inline=True), tuple(mistakes.messages)


def _read_file(tree: Tree, mistakes: Mistakes) -> tuple[Scenario, ...]:
    keys = mistakes.keys(tree, "A test file", ("schema", "flow", "tests"))
    if keys is None:
        return ()
    schema, flow, tests = keys.get("schema"), keys.get("flow"), keys.get("tests")
    if schema is None:
        mistakes.missing(keys.place, "This file does not say what it is.", f"Begin it with  schema: {SCHEMA}")
    elif not (isinstance(schema, Scalar) and schema.text == SCHEMA):
        mistakes.note("IVR105", schema, "This version reads only one kind of test file.", f"Write  schema: {SCHEMA}")
    name = mistakes.text(flow, "The flow") if flow is not None else ""
    if flow is None:
        mistakes.missing(keys.place, "This file does not say which flow it tries.", "Add  flow: NAME")
    if tests is None:
        mistakes.missing(keys.place, "There are no tests in this file.", "Add them under  tests:")
        return ()
    return _read_list(tests, name or "", mistakes, inline=False)


def _read_list(tree: Tree, flow: str, mistakes: Mistakes, *, inline: bool) -> tuple[Scenario, ...]:
    if not isinstance(tree, Items):
        mistakes.note("IVR102", tree, "Tests are written as a list.")
        return ()
    scenarios: list[Scenario] = []
    names: dict[str, Place] = {}
    for item in tree.items:
        before = len(mistakes.messages)
        scenario = _read_scenario(item, flow, mistakes, inline=inline)
        if scenario is None:
            continue
        if scenario.name in names:
            text = f'Two tests are called "{scenario.name}"; the first is on line {names[scenario.name].line}.'
            mistakes.note("IVR107", item, text)
        names.setdefault(scenario.name, scenario.place)
        if len(mistakes.messages) == before:
            scenarios.append(scenario)
    return tuple(scenarios)


def _read_scenario(tree: Tree, flow: str, mistakes: Mistakes, *, inline: bool) -> Scenario | None:
    keys = mistakes.keys(tree, "A test", ("name", "given", "talk", *NEVER))
    if keys is None:
        return None
    name, talk, given = keys.get("name"), keys.get("talk"), keys.get("given")
    called = mistakes.text(name, "The name of a test") if name is not None else None
    if name is None:
        mistakes.missing(keys.place, "A test needs a name.", "Add  name: WHAT IT SHOWS")
    throughout: list[Check] = []
    for key, value in keys.entries:
        if key.text in NEVER:
            throughout += read_never(key.text, value, mistakes)
    return Scenario(
        name=called or "",
        flow=flow,
        given=_read_given(given, mistakes) if given is not None else Given(),
        talk=_read_talk(talk, keys, mistakes),
        throughout=tuple(throughout),
        place=name.place if name is not None else keys.place,
        kind="inline" if inline else "file",
    )


def _read_talk(tree: Tree | None, scenario: Keys, mistakes: Mistakes) -> tuple[Turn, ...]:
    if tree is None:
        mistakes.missing(scenario.place, "A test needs a talk.", "Add  talk:  with a list of turns.")
        return ()
    if not isinstance(tree, Items) or not tree.items:
        mistakes.note("IVR102", tree, "A talk is a list of turns.")
        return ()
    turns = []
    for number, item in enumerate(tree.items):
        before = len(mistakes.messages)
        turn = read_turn(item, mistakes)
        if turn is None:
            continue
        if turn.act is None and number > 0 and len(mistakes.messages) == before:
            mistakes.note("IVR104", item, "Only the first turn may have checks alone.", "Add what the caller does.")
        turns.append(turn)
    return tuple(turns)


def _read_given(tree: Tree, mistakes: Mistakes) -> Given:
    keys = mistakes.keys(tree, "given", _GIVEN, later=("answered_by",))
    if keys is None:
        return Given()
    time, caller, dialled = keys.get("time"), keys.get("from"), keys.get("to")
    data, answers, live = keys.get("data"), keys.get("answers"), keys.get("live")
    return Given(
        time=_read_time(time, mistakes) if time is not None else None,
        caller=_read_number(caller, mistakes) if caller is not None else None,
        dialled=_read_number(dialled, mistakes) if dialled is not None else None,
        data=mistakes.mapping(data, "data", lambda _, v: mistakes.text(v, "A value of data")) if data else {},
        answers=mistakes.mapping(answers, "answers", lambda k, v: _read_answers(k, v, mistakes)) if answers else {},
        live=frozenset(item.text for item in mistakes.texts(live, "A tool's name")) if live else frozenset(),
    )


def _read_time(tree: Tree, mistakes: Mistakes) -> datetime | None:
    match = _TIME.fullmatch(tree.text.strip()) if isinstance(tree, Scalar) else None
    try:
        if match:
            return datetime.fromisoformat(f"{match[1]} {match[2] if match[2][1:2] != ':' else '0' + match[2]}")
    except ValueError:
        pass
    mistakes.note("IVR105", tree, "The time of the call is a date and a time.", "Write it like 2026-03-02 10:00.")
    return None


def _read_number(tree: Tree, mistakes: Mistakes) -> str | None:
    if isinstance(tree, Scalar) and (_NUMBER.fullmatch(tree.text) or tree.text == "anonymous"):
        return tree.text
    mistakes.note("IVR105", tree, "This is not a phone number.", 'Write it like "+15550199".')
    return None


def _read_answers(name: Scalar, tree: Tree, mistakes: Mistakes) -> tuple[Answer, ...] | None:
    """One answer, or several that are given in turn."""
    items = tree.items if isinstance(tree, Items) else (tree,)
    found = [_read_answer(name, item, mistakes) for item in items]
    return tuple(answer for answer in found if answer is not None) or None


def _read_answer(name: Scalar, tree: Tree, mistakes: Mistakes) -> Answer | None:
    shape = "Write it like  {ok: {balance: 42.50}}, {pending: {}} or {status: 200, body: {...}}."
    if isinstance(tree, Scalar) and tree.text:
        return Answer(tree.place, result=tree.text, pending=tree.text == "pending")
    if not isinstance(tree, Keys) or not tree.entries:
        mistakes.note("IVR102", tree, f'This is not an answer of "{name.text}".', shape)
        return None
    after = tree.get("after")
    after_ms = mistakes.length_ms(after, "after") if after is not None else None
    rest = [(key, value) for key, value in tree.entries if key.text != "after"]
    names = {key.text for key, _ in rest}
    if names & {"status", "body"} and names <= {"status", "body"}:
        return _raw_answer(tree, after_ms, mistakes)
    if len(rest) != 1:
        mistakes.note("IVR102", tree, f'An answer of "{name.text}" is one result with what it keeps.', shape)
        return None
    result, kept = rest[0]
    if result.text == "pending":
        return Answer(result.place, pending=True)
    return Answer(result.place, result=result.text, kept=_read_kept(result, kept, mistakes), after_ms=after_ms)


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
