"""Steps: one verb each."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from ivr.flow.checks.reach import UNREADABLE
from ivr.flow.flow import (
    End,
    Prompt,
    Repair,
    Route,
    Step,
)
from ivr.flow.grammar.names import Named
from ivr.flow.grammar.tree import Path
from ivr.flow.loader.reading import Block
from ivr.flow.loader.scope import Scope
from ivr.flow.loader.verbs import VERBS
from ivr.flow.messages import nearest
from ivr.flow.schema.shapes import (
    LATER_VERBS,
    STEPS,
    VERB_ORDER,
    RepairShape,
)
from ivr.flow.text import Place
from ivr.flow.yaml_tree import Items, Keys, Scalar, Tree

PROJECT_FILE: Final = "project.yaml"

MAY_LEAVE: Final = frozenset({"goto", "end", "transfer", "call", "if", "menu", "agent", "run", "handoff", "return"})

More = Mapping[Path, Named] | None

KEYS_OF: Final = {
    "summary": "ask",
    "may_fill": "ask",
    "on": "the step above",
    "keep": "run",
    "with": "the step above",
    "options": "menu",
    "whisper": "transfer",
    "while_waiting": "transfer",
    "then": "if",
    "else": "if",
    "send_to": "record",
    "within": "callback",
    "exits": "agent",
    "arms": "split",
}
"""Keys that get a dash by mistake, and the verb that they belong to."""


class StepReader:
    """Reads the steps of one node (or handler, rung, command). `node` names a menu that has no name of its own."""

    def __init__(self, scope: Scope, node: str = "") -> None:
        self.scope = scope
        self.told = scope.reader
        self.node = node
        self.more: More = None

    def steps(self, tree: Tree | None, more: More = None) -> tuple[Step, ...]:
        """A list of steps, or one step alone. `more`: names that only these steps may use besides the flow's."""
        if tree is None:
            return ()
        before, self.more = self.more, more if more is not None else self.more
        items = tree.items if isinstance(tree, Items) else (tree,)
        found = tuple(step for item in items if (step := self._step(item)) is not None)
        self.more = before
        return found

    def _step(self, tree: Tree) -> Step | None:
        if not isinstance(tree, Keys):
            said = f'"{tree.text}" is not a step.' if isinstance(tree, Scalar) else "A step is a verb with its value."
            self.told.say("IVR102", tree, said, "Write a verb and a colon, such as  say: ...  or  goto: ...")
            return None
        written = {key.text: key for key, _ in tree.entries}
        verb = next((verb for verb in VERB_ORDER if verb in written), None)
        if verb in ("say", "text"):  # these may be settings of the verbs that come behind them
            verb = next((own for own in ("record", "transfer", "page") if own in written), verb)
        if verb is None:
            meant = self._no_verb(tree)
            return self._step(meant) if meant else None
        if verb in LATER_VERBS:
            self.told.later(written[verb])
            return End(None, UNREADABLE, tree.place)
        block = self.told.block(tree, STEPS[verb], f"A step with {verb}:")
        read = block is not None and block.has(verb)
        step = VERBS[verb](self, replace(block, place=written[verb].place)) if block and read else None
        return step or self._stand_in(verb, written[verb])

    def _stand_in(self, verb: str, key: Scalar) -> Step | None:
        """In place of a step that could not be read and may leave, so that nobody is told that nothing leaves here. A
        project's goto: that this flow has no node for is left out."""
        inactive = verb == "goto" and key.place.file == PROJECT_FILE and not self.node
        return None if inactive or verb not in MAY_LEAVE else End(None, UNREADABLE, key.place)

    def _no_verb(self, tree: Keys) -> Keys | None:
        """Tells it; the step with the verb that was probably meant."""
        for at, (key, value) in enumerate(tree.entries):
            like = nearest(key.text, VERB_ORDER)
            if like:
                self.told.say("IVR101", key, f'There is no verb "{key.text}".', f'Did you mean "{like}"?')
                meant = Scalar(like, key.place, key.plain, key.width)
                return Keys((*tree.entries[:at], (meant, value), *tree.entries[at + 1 :]), tree.place)
        if tree.entries:
            fix = f"Verbs are {', '.join(STEPS)}."
            above = KEYS_OF.get(tree.entries[0][0].text)
            if above:
                fix = f"It belongs to {above}: write it without the dash, in the column of that step's verb."
            self.told.say("IVR101", tree.entries[0][0], f'"{tree.entries[0][0].text}" is not a verb.', fix)
        elif not any(m.place.line == tree.place.line for m in self.told.messages):
            self.told.say("IVR102", tree, "This step is empty.")
        return None

    def prompt(self, block: Block, key: str) -> Prompt | None:
        return self.scope.prompt(block.tree(key), f"{key}:", more=self.more)

    # ---- what several verbs have

    def slots(self, block: Block, key: str) -> tuple[str, ...]:
        named = self.told.texts(block.tree(key), f"{key}:")
        return tuple(n.text for n in named if self.told.known(n, self.scope.slots, "slot"))

    def routes(self, block: Block) -> Mapping[str, Route]:
        routes: dict[str, Route] = {}
        for key, tree in self.told.entries(block.tree("on"), "on:"):
            if isinstance(tree, Keys) and tree.get("retry") is not None:
                routes[key.text] = self._repair(tree) or (End(None, UNREADABLE, key.place),)
            else:
                routes[key.text] = self.steps(tree)
        return routes

    def routed(self, block: Block) -> Mapping[str, Place]:
        return {key.text: key.place for key, _ in self.told.entries(block.tree("on"), "on:")}

    def _repair(self, tree: Keys) -> Repair | None:
        block = self.told.block(tree, RepairShape, "A repair (retry:)")
        if block is None:
            return None
        slots = self.slots(block, "retry")
        leave = self.node_name(self.told.text(block.tree("leave"), "leave:"))
        if not slots or leave is None or block.value("times") is None:
            return None
        return Repair(self.prompt(block, "say"), slots, block.value("times"), leave, block.place)

    def node_name(self, scalar: Scalar | None) -> str | None:
        if scalar is None:
            return None
        inactive = scalar.place.file == PROJECT_FILE and not self.node
        return scalar.text if known_node(scalar, self.scope, inactive=inactive) else None


def known_node(scalar: Scalar, scope: Scope, *, inactive: bool = False) -> bool:
    """IVR103 with the nearest node and its line, if there is none of that name. `inactive`: a command or rung of the
    project, which does nothing in a flow without that node."""
    if scalar.text in scope.nodes:
        return True
    like = nearest(scalar.text, scope.nodes)
    if inactive:
        text = f'Flow "{scope.flow}" has no node "{scalar.text}", so this goto: does nothing there.'
        fix = f'Did you mean "{like}"?' if like else f'Give the flow a node "{scalar.text}".'
        scope.reader.say("IVR602", scalar, text, fix, warning=True)
        return False
    place = scope.nodes[like] if like else None
    line = f" (line {place.line})" if place and place.file == scalar.place.file else ""
    there = f"Its nodes are {', '.join(scope.nodes)}." if 0 < len(scope.nodes) < 13 else ""
    fix = f'Did you mean "{like}"{line}?' if like else there
    scope.reader.say("IVR103", scalar, f'There is no node "{scalar.text}" in this flow.', fix)
    return False
