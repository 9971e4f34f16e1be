"""Steps: one verb each."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

from ivr.flow.checks.reach import UNREADABLE
from ivr.flow.flow import (
    Ask,
    CallTool,
    End,
    Forget,
    Goto,
    If,
    Literal_,
    Menu,
    Prompt,
    Repair,
    Route,
    Say,
    SetStep,
    Step,
    Transfer,
)
from ivr.flow.grammar.conditions import parse_condition, parse_operand
from ivr.flow.grammar.names import Complaint, Named
from ivr.flow.grammar.tree import Condition, Operand, Path, Template
from ivr.flow.grammar.typist import Typed
from ivr.flow.loader.names import Scope
from ivr.flow.loader.questions import read_options, read_question
from ivr.flow.loader.reading import Block, text_place
from ivr.flow.loader.slots import EXAMPLES, option_named, read_value
from ivr.flow.messages import nearest
from ivr.flow.schema.shapes import (
    LATER_VERBS,
    STEPS,
    VERB_ORDER,
    BeShape,
    EndShape,
    RepairShape,
)
from ivr.flow.text import Place
from ivr.flow.types import Type
from ivr.flow.yaml_tree import Items, Keys, Scalar, Tree

PROJECT_FILE: Final = "project.yaml"

MAY_LEAVE: Final = frozenset({"goto", "end", "transfer", "call", "if", "menu"})

More = Mapping[Path, Named] | None


class StepReader:
    """Reads the steps of one node (or handler, rung, command). `node` names a menu that has no name of its own."""

    def __init__(self, scope: Scope, node: str = "") -> None:
        self._scope = scope
        self._reader = scope.reader
        self._node = node
        self._more: More = None

    def steps(self, tree: Tree | None, more: More = None) -> tuple[Step, ...]:
        """A list of steps, or one step alone. `more`: names that only these steps may use besides the flow's."""
        if tree is None:
            return ()
        before, self._more = self._more, more if more is not None else self._more
        items = tree.items if isinstance(tree, Items) else (tree,)
        found = tuple(step for item in items if (step := self._step(item)) is not None)
        self._more = before
        return found

    def _step(self, tree: Tree) -> Step | None:
        if not isinstance(tree, Keys):
            said = f'"{tree.text}" is not a step.' if isinstance(tree, Scalar) else "A step is a verb with its value."
            self._reader.say("IVR102", tree, said, "Write a verb and a colon, such as  say: ...  or  goto: ...")
            return None
        written = {key.text: key for key, _ in tree.entries}
        verb = next((verb for verb in VERB_ORDER if verb in written), None)
        if verb in ("say", "text"):  # these may be settings of the verbs that come behind them
            verb = next((own for own in ("record", "transfer", "page") if own in written), verb)
        if verb is None:
            meant = self._no_verb(tree)
            return self._step(meant) if meant else None
        if verb in LATER_VERBS:
            self._reader.later(written[verb])
            return End(None, UNREADABLE, tree.place)
        block = self._reader.block(tree, STEPS[verb], f"A step with {verb}:")
        read = block is not None and block.has(verb)
        step = _VERBS[verb](self, replace(block, place=written[verb].place)) if block and read else None
        return step or self._stand_in(verb, written[verb])

    def _stand_in(self, verb: str, key: Scalar) -> Step | None:
        """In place of a step that could not be read and may leave, so that nobody is told that nothing leaves here. A
        project's goto: that this flow has no node for is left out."""
        inactive = verb == "goto" and key.place.file == PROJECT_FILE and not self._node
        return None if inactive or verb not in MAY_LEAVE else End(None, UNREADABLE, key.place)

    def _no_verb(self, tree: Keys) -> Keys | None:
        """Tells it; the step with the verb that was probably meant."""
        for at, (key, value) in enumerate(tree.entries):
            like = nearest(key.text, VERB_ORDER)
            if like:
                self._reader.say("IVR101", key, f'There is no verb "{key.text}".', f'Did you mean "{like}"?')
                meant = Scalar(like, key.place, key.plain, key.width)
                return Keys((*tree.entries[:at], (meant, value), *tree.entries[at + 1 :]), tree.place)
        if tree.entries:
            fix = f"Verbs are {', '.join(STEPS)}."
            self._reader.say("IVR101", tree.entries[0][0], f'"{tree.entries[0][0].text}" is not a verb.', fix)
        elif not any(m.place.line == tree.place.line for m in self._reader.messages):
            self._reader.say("IVR102", tree, "This step is empty.")
        return None

    def _prompt(self, block: Block, key: str) -> Prompt | None:
        return self._scope.prompt(block.tree(key), f"{key}:", more=self._more)

    # ---- verbs

    def _say(self, block: Block) -> Step | None:
        prompt = self._prompt(block, "say")
        announces = block.value("announces") == "recording"
        return Say(prompt, block.place, block.value("interrupt"), announces) if prompt else None

    def _ask(self, block: Block) -> Step | None:
        slots = self._slots(block, "ask")
        return Ask(slots, block.place, self._slots(block, "may_fill"), self._prompt(block, "open")) if slots else None

    def _slots(self, block: Block, key: str) -> tuple[str, ...]:
        named = self._reader.texts(block.tree(key), f"{key}:")
        return tuple(n.text for n in named if self._reader.known(n, self._scope.slots, "slot"))

    def _menu(self, block: Block) -> Step | None:
        name = self._reader.text(block.tree("name"), "name:")
        options = read_options(block.tree("options"), self._scope, self.steps, "options:")
        prompt = self._prompt(block, "menu")
        if prompt is None:
            return None
        question = read_question(block, self._scope, self.steps, options, Type.CHOICE)
        return Menu(name.text if name else self._node or "menu", prompt, options, question, block.place)

    def _if(self, block: Block) -> Step | None:
        condition = self._scope.condition(self._reader.text(block.tree("if"), "if:"))
        then, otherwise = self.steps(block.tree("then")), self.steps(block.tree("else"))
        return If(condition, then, otherwise, block.place) if condition else None

    def _set(self, block: Block) -> Step | None:
        values = []
        for key, tree in self._reader.entries(block.tree("set"), "set:"):
            settable = {**self._scope.slots, **self._scope.vars}
            if not self._reader.known(key, settable, "slot or variable"):
                continue
            value = self._set_value(key.text, tree)
            if value is not None:
                values.append((key.text, value))
        return SetStep(tuple(values), block.place)

    def _set_value(self, name: str, tree: Tree) -> Template | Operand | Condition | Literal_ | None:
        named = self._scope.names.names[(name,)]
        if isinstance(tree, Keys):
            block = self._reader.block(tree, BeShape, f"set: {name}")
            be = self._reader.text(block.tree("be"), "be:") if block else None
            return self._be(be, named, name) if be else None
        scalar = self._reader.text(tree, f"set: {name}")
        if scalar is None:
            return None
        if "{" in scalar.text:
            template = self._scope.template(scalar)
            if template is not None and len(template.parts) == 1:
                self._require_type(template.fields[0].type, named.type, scalar, name)
            elif template is not None and named.type not in (Type.TEXT, Type.NAME):
                text = f"{name} is of type {named.type.value}; a sentence does not fit it."
                self._reader.say("IVR204", scalar, text, 'Write one field alone: "{name}".')
            return template
        value = self._choice(scalar, named) if named.type is Type.CHOICE else read_value(scalar.text, named.type)
        if value is None:
            text = f'set: "{scalar.text}" is not of type {named.type.value}, which {name} is.'
            self._reader.say("IVR204", scalar, text, f"Write it like {EXAMPLES[named.type]}.")
            return None
        return Literal_(value)

    def _choice(self, scalar: Scalar, named: Named) -> str | None:
        return option_named(scalar.text, named.options or {})

    def _be(self, scalar: Scalar, named: Named, name: str) -> Operand | Condition | None:
        place = text_place(scalar)
        try:
            typed: Typed = parse_operand(scalar.text, place, self._scope.names)
        except Complaint:
            if named.type is Type.YES_NO:
                try:
                    return parse_condition(scalar.text, place, self._scope.names)
                except Complaint as other:
                    complaint = other
            self._reader.add(*complaint.messages)
            return None
        if typed.type is not None:
            self._require_type(typed.type, named.type, scalar, name)
        return typed.operand

    def _require_type(self, found: Type, wanted: Type, scalar: Scalar, name: str) -> None:
        texts = {Type.TEXT, Type.NAME, Type.DIGITS, Type.PHONE}
        counts = {Type.NUMBER, Type.MONEY}
        wide = wanted in (Type.TEXT, Type.NAME) and found in texts
        if found is not wanted and not wide and not (found in counts and wanted in counts):
            text = f"{name} is of type {wanted.value}, and this is {found.value}."
            self._reader.say("IVR204", scalar, text)

    def _forget(self, block: Block) -> Step | None:
        named = self._reader.texts(block.tree("forget"), "forget:")
        known = {**self._scope.slots, **self._scope.vars, **self._scope.kept}
        return Forget(tuple(n.text for n in named if self._reader.known(n, known, "slot")), block.place)

    def _call(self, block: Block) -> Step | None:
        tool = self._reader.text(block.tree("call"), "call:")
        arguments = {}
        for key, tree in self._reader.entries(block.tree("with"), "with:"):
            scalar = self._reader.text(tree, f"with: {key.text}")
            template = self._scope.template(scalar) if scalar else None
            if template is not None:
                arguments[key.text] = template
        on = self._routes(block)
        if tool is None or not self._reader.known(tool, self._scope.tools, "tool"):
            return None
        return CallTool(tool.text, arguments, on, block.place, self._routed(block))

    def _routes(self, block: Block) -> Mapping[str, Route]:
        routes: dict[str, Route] = {}
        for key, tree in self._reader.entries(block.tree("on"), "on:"):
            if isinstance(tree, Keys) and tree.get("retry") is not None:
                routes[key.text] = self._repair(tree) or (End(None, UNREADABLE, key.place),)
            else:
                routes[key.text] = self.steps(tree)
        return routes

    def _routed(self, block: Block) -> Mapping[str, Place]:
        return {key.text: key.place for key, _ in self._reader.entries(block.tree("on"), "on:")}

    def _repair(self, tree: Keys) -> Repair | None:
        block = self._reader.block(tree, RepairShape, "A repair (retry:)")
        if block is None:
            return None
        slots = self._slots(block, "retry")
        leave = self._node_name(self._reader.text(block.tree("leave"), "leave:"))
        if not slots or leave is None or block.value("times") is None:
            return None
        return Repair(self._prompt(block, "say"), slots, block.value("times"), leave, block.place)

    def _goto(self, block: Block) -> Step | None:
        node = self._node_name(self._reader.text(block.tree("goto"), "goto:"))
        return Goto(node, block.place) if node else None

    def _node_name(self, scalar: Scalar | None) -> str | None:
        if scalar is None:
            return None
        inactive = scalar.place.file == PROJECT_FILE and not self._node
        return scalar.text if known_node(scalar, self._scope, inactive=inactive) else None

    def _transfer(self, block: Block) -> Step | None:
        target = self._reader.text(block.tree("transfer"), "transfer:")
        closed = next((key for key, _ in self._reader.entries(block.tree("on"), "on:") if key.text == "closed"), None)
        if closed is not None:
            self._reader.later(closed)
            return None
        routes = self._routes(block)
        prompt = self._prompt(block, "say")
        if target is None:
            return None
        if "{" in target.text:
            self._reader.later(target, "transfer to a target by a field")
            return None
        if not self._reader.known(target, self._scope.targets, "target in project.yaml"):
            return None
        return Transfer(target.text, routes, block.place, prompt, self._routed(block))

    def _end(self, block: Block) -> Step | None:
        tree = block.tree("end")
        if isinstance(tree, Keys) and tree.get("one_of") is None:
            inner = self._reader.block(tree, EndShape, "end:")
            if inner is None:
                return None
            outcome = self._reader.text(inner.tree("outcome"), "outcome:")
            return End(self._prompt(inner, "say"), outcome.text if outcome else "completed", block.place)
        return End(self._prompt(block, "end"), "completed", block.place)


def known_node(scalar: Scalar, scope: Scope, *, inactive: bool = False) -> bool:
    """IVR103 with the nearest node and its line, if there is none of that name. `inactive`: a command or rung of the
    project, which does nothing in a flow without that node."""
    if scalar.text in scope.nodes:
        return True
    if inactive:
        text = f'Flow "{scope.flow}" has no node "{scalar.text}", so this goto: does nothing there.'
        scope.reader.say("IVR602", scalar, text, f'Give the flow a node "{scalar.text}".', warning=True)
        return False
    like = nearest(scalar.text, scope.nodes)
    place = scope.nodes[like] if like else None
    line = f" (line {place.line})" if place and place.file == scalar.place.file else ""
    fix = f'Did you mean "{like}"{line}?' if like else ""
    scope.reader.say("IVR103", scalar, f'There is no node "{scalar.text}" in this flow.', fix)
    return False


_VERBS: Final[Mapping[str, Callable[[StepReader, Block], Step | None]]] = {
    "say": StepReader._say,
    "ask": StepReader._ask,
    "menu": StepReader._menu,
    "if": StepReader._if,
    "set": StepReader._set,
    "forget": StepReader._forget,
    "call": StepReader._call,
    "goto": StepReader._goto,
    "transfer": StepReader._transfer,
    "end": StepReader._end,
}
