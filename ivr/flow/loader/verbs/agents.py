"""`agent`."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from ivr.flow.checks.reach import UNREADABLE
from ivr.flow.flow import Agent, AgentLimits, End, Exact, Exit, Never, Route, Step, Style
from ivr.flow.loader.questions import read_question
from ivr.flow.loader.reading import Block
from ivr.flow.messages import nearest
from ivr.flow.schema.shapes import AgentLimitShape, ExactShape, ExitShape, NeverShape, StyleShape
from ivr.flow.types import Type
from ivr.flow.yaml_tree import Items, Keys, Scalar, Tree

if TYPE_CHECKING:  # a step's verb is read for the reader of steps
    from ivr.flow.loader.steps import StepReader

RESULTS: Final = ("limit", "model_down", "blocked")


def agent(reader: "StepReader", block: Block) -> Step | None:
    name = reader.told.text(block.tree("agent"), "agent:")
    goal = reader.told.text(block.tree("goal"), "goal:")
    exits, ways = _exits(reader, block)
    tools = tuple(
        tool.text
        for tool in reader.told.texts(block.tree("tools"), "tools:")
        if reader.told.known(tool, reader.scope.tools, "tool")
    )
    on = reader.routes(block)
    for key in ("keys", "keypad_hint"):
        if block.has(key):
            text = "In a talk with a model keys do nothing but the commands."
            reader.told.say("IVR106", block.keys[key], text, f"Take  {key}:  out.")
    if name is None:
        return None
    if name.text in reader.scope.slots or name.text in reader.scope.vars:
        text = f'"{name.text}" is the name of a value already.'
        reader.told.say("IVR107", name, text, "Give the agent another label.")
    return Agent(
        name=name.text,
        on={**ways, **on},
        place=block.place,
        question=read_question(block, reader.scope, reader.steps, (), Type.TEXT),
        goal=" ".join(goal.text.split()) if goal else "",
        open=reader.prompt(block, "open"),
        reopen=reader.prompt(block, "reopen"),
        collect=reader.slots(block, "collect"),
        tools=tools,
        exits=exits,
        style=_style(reader, block),
        never=_never(reader, block),
        always=_always(reader, block, exits),
        limits=_limits(reader, block),
        routed=reader.routed(block),
    )


# ---- exits


def _exits(reader: "StepReader", block: Block) -> tuple[Mapping[str, Exit], Mapping[str, Route]]:
    exits: dict[str, Exit] = {}
    ways: dict[str, Route] = {}
    for key, tree in reader.told.entries(block.tree("exits"), "exits:"):
        if key.text in RESULTS:
            text = f'"{key.text}" is what an agent can come to by itself, so no exit can be called that.'
            reader.told.say("IVR107", key, text, f"Handle it under on:  {key.text}: ...")
            continue
        inner = reader.told.block(tree, ExitShape, f'Exit "{key.text}"')
        if inner is None:
            continue
        exits[key.text] = _exit(reader, key, inner)
        ways[key.text] = _way(reader, key, inner)
    return exits, ways


def _exit(reader: "StepReader", key: Scalar, block: Block) -> Exit:
    about = reader.told.text(block.tree("about"), "about:")
    return Exit(
        name=key.text,
        place=key.place,
        needs=reader.slots(block, "needs"),
        when=reader.scope.condition(reader.told.text(block.tree("when"), "when:")),
        about=about.text if about else "",
        watch=reader.told.words(block.tree("watch"), "watch:"),
    )


def _way(reader: "StepReader", key: Scalar, block: Block) -> Route:
    goto = block.tree("goto")
    steps = reader.steps(block.tree("do"))
    if isinstance(goto, Scalar):
        node = block.keys["goto"]
        steps = (*steps, *reader.steps(Keys(((node, goto),), goto.place)))
    if not steps and not (block.has("goto") or block.has("do")):
        text = f'Exit "{key.text}" leads nowhere.'
        reader.told.say("IVR150", key, text, "Give it  goto: NODE  or  do:  with steps.")
    return steps or (End(None, UNREADABLE, key.place),)


# ---- what it is kept to


def _style(reader: "StepReader", block: Block) -> Style:
    inner = reader.told.block(block.tree("style"), StyleShape, "style:")
    if inner is None:
        return Style()
    about = reader.told.text(inner.tree("about"), "about:")
    return Style(inner.value("sentences"), inner.value("questions_per_turn"), about.text if about else "")


def _items(tree: Tree | None) -> tuple[Tree, ...]:
    return tree.items if isinstance(tree, Items) else () if tree is None else (tree,)


def _never(reader: "StepReader", block: Block) -> Never:
    found: dict[str, tuple[str, ...]] = {"say": (), "do": (), "phrases": ()}
    for item in _items(block.tree("never")):
        if isinstance(item, Scalar):
            text = "never: is a list of  {say: WHAT},  {do: WHAT}  or  {phrases: [WORDS]}."
            reader.told.say("IVR102", item, text, f'Write  {{say: "{item.text}"}}.')
            continue
        inner = reader.told.block(item, NeverShape, "never:")
        for key in found if inner is not None else ():
            assert inner is not None
            found[key] += reader.told.words(inner.tree(key), f"{key}:")
    return Never(**found)


def _always(reader: "StepReader", block: Block, exits: Mapping[str, Exit]) -> tuple[Exact, ...]:
    found: list[Exact] = []
    for item in _items(block.tree("always")):
        inner = reader.told.block(item, ExactShape, "always:")
        said = reader.prompt(inner, "say_exactly") if inner is not None else None
        if inner is None or said is None:
            continue
        before = reader.told.text(inner.tree("before"), "before:")
        if before is not None and before.text not in exits:
            like = nearest(before.text, exits)
            fix = f'Did you mean "{like}"?' if like else f"There is {', '.join(exits) or 'no exit'}."
            reader.told.say("IVR151", before, f'This agent has no exit "{before.text}".', fix)
            continue
        found.append(Exact(said, before.text if before else None, inner.value("once", True), inner.place))
    return tuple(found)


def _limits(reader: "StepReader", block: Block) -> AgentLimits:
    inner = reader.told.block(block.tree("limits"), AgentLimitShape, "limits:")
    if inner is None:
        return AgentLimits()
    plain = AgentLimits()

    def written(key: str, otherwise: Any) -> Any:
        return inner.values.get(key, otherwise) if inner is not None and inner.has(key) else otherwise

    return AgentLimits(
        turns=written("turns", plain.turns),
        time_ms=written("time", plain.time_ms),
        tool_calls=written("tool_calls", plain.tool_calls),
        cost=written("cost", plain.cost),
    )
