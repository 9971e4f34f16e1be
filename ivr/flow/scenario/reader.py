"""`callscript/1` text to scenarios; every mistake at once, each with its place."""

import re
from datetime import datetime
from typing import Final, cast

from ivr.flow.messages import Message
from ivr.flow.scenario.answers import read_answers
from ivr.flow.scenario.reading import Mistakes
from ivr.flow.scenario.turns import NEVER, read_never, read_turn
from ivr.flow.scenario.values import ANSWERED_BY, AnsweredBy, Check, Given, Scenario, Turn
from ivr.flow.text import Place
from ivr.flow.yaml_tree import Items, Keys, Scalar, Tree, read_tree

SCHEMA: Final = "callscript/1"
_GIVEN: Final = ("time", "from", "to", "data", "answers", "live", "answered_by")
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
    keys = mistakes.keys(tree, "given", _GIVEN)
    if keys is None:
        return Given()
    time, caller, dialled = keys.get("time"), keys.get("from"), keys.get("to")
    data, answers, live = keys.get("data"), keys.get("answers"), keys.get("live")
    taken = keys.get("answered_by")
    return Given(
        time=_read_time(time, mistakes) if time is not None else None,
        caller=_read_number(caller, mistakes) if caller is not None else None,
        dialled=_read_number(dialled, mistakes) if dialled is not None else None,
        data=mistakes.mapping(data, "data", lambda _, v: mistakes.text(v, "A value of data")) if data else {},
        answers=mistakes.mapping(answers, "answers", lambda k, v: read_answers(k, v, mistakes)) if answers else {},
        live=frozenset(item.text for item in mistakes.texts(live, "A tool's name")) if live else frozenset(),
        answered_by=_read_answered_by(taken, mistakes) if taken is not None else None,
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


def _read_answered_by(tree: Tree, mistakes: Mistakes) -> AnsweredBy | None:
    if isinstance(tree, Scalar) and tree.text in ANSWERED_BY:
        return cast(AnsweredBy, tree.text)
    mistakes.note("IVR105", tree, "Nobody like this answers a telephone.", f"It is one of {', '.join(ANSWERED_BY)}.")
    return None


def _read_number(tree: Tree, mistakes: Mistakes) -> str | None:
    if isinstance(tree, Scalar) and (_NUMBER.fullmatch(tree.text) or tree.text == "anonymous"):
        return tree.text
    mistakes.note("IVR105", tree, "This is not a phone number.", 'Write it like "+15550199".')
    return None
