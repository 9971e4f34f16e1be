"""One flow file, with what its project gives to all flows, as a Flow."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from ivr.flow import commands as built_in
from ivr.flow.checks.walk import all_steps, leaves
from ivr.flow.flow import Ask, Command, Flow, Ladders, Limits, Node, Rung, Step, ToolSpec, TurnSettings
from ivr.flow.flow.tools import SUMMARY, names_in_summary
from ivr.flow.grammar.names import Named, NameTable
from ivr.flow.grammar.tree import Path
from ivr.flow.loader.family import Family
from ivr.flow.loader.names import Declared, read_names
from ivr.flow.loader.questions import read_commands, read_trouble, read_turn
from ivr.flow.loader.reading import Block, Reader
from ivr.flow.loader.scope import Scope
from ivr.flow.loader.signatures import read_inputs, runs_under
from ivr.flow.loader.slots import read_slot, read_var
from ivr.flow.loader.steps import PROJECT_FILE, StepReader, known_node
from ivr.flow.loader.tools import read_tool
from ivr.flow.loader.translations import Translations
from ivr.flow.messages import nearest
from ivr.flow.schema.shapes import FlowShape, LimitShape, NodeShape
from ivr.flow.text import Place
from ivr.flow.types import Interrupt, Privacy, Trouble, Type
from ivr.flow.yaml_tree import Keys, Scalar, Tree

SUFFIX: Final = ".flow.yaml"
OF_THE_CALL: Final = ("on_hangup", "on_limit", "after_call")
LIMITS_OF_THE_CALL: Final = ("call", "silence", "turns")
ANSWERERS: Final = ("person", "machine", "menu", "fax")


@dataclass(frozen=True, slots=True)
class Shared:
    """What a project gives to all its flows."""

    block: Block
    apis: Mapping[str, Place]
    targets: Mapping[str, Place]
    servers: Mapping[str, Place]
    contacts: Mapping[str, Place]
    secrets: Mapping[str, Place]
    elsewhere: Mapping[Path, Named]
    """Names of all flows: in project nodes, one that a flow has not is empty there, not unknown."""
    hours: frozenset[str] = frozenset()
    family: Family = field(default_factory=Family)
    translations: Translations = field(default_factory=Translations)
    language: str = "en-US"
    sounds: Mapping[str, frozenset[str]] = field(default_factory=dict)


def read_flow(reader: Reader, tree: Tree, file: str, shared: Shared) -> Flow | None:
    block = reader.block(tree, FlowShape, "A flow")
    if block is None:
        return None
    require_schema(block, reader)
    name = reader.text(block.tree("flow"), "flow:")
    expected = file.rpartition("/")[2].removesuffix(SUFFIX)
    if name is not None and name.text != expected:
        text = f'The file is named "{expected}" and says it is flow "{name.text}".'
        reader.say("IVR111", name, text, "Give both the same name.")
    return _FlowReader(reader, block, shared, expected).flow()


def require_schema(block: Block, reader: Reader) -> None:
    version = reader.text(block.tree("schema"), "schema:")
    if version is not None and version.text != "callflow/1":
        text = f'schema: "{version.text}" cannot be read by this version.'
        reader.say("IVR105", version, text, "Write  schema: callflow/1.")


class _FlowReader:
    def __init__(self, reader: Reader, block: Block, shared: Shared, name: str) -> None:
        self._reader = reader
        self._block = block
        self._shared = shared
        self._name = name
        self._slots = _joined(block.tree("slots"), shared.block.tree("slots"))
        self._tools = _joined(block.tree("tools"), shared.block.tree("tools"))
        self._family = shared.family
        own = self._family.flows.get(name)
        self._is_sub = own is not None and own.is_sub
        project_nodes = None if self._is_sub else shared.block.tree("nodes")  # they run in the flow the call began with
        self._nodes = _joined(block.tree("nodes"), project_nodes)
        self._beyond = self._family.beyond(name) if self._is_sub else {}
        self._declared = read_names(reader, self._slots, block.tree("vars"), self._tools)
        self._inputs = read_inputs(reader, block.tree("inputs"), self._declared.names)
        self._carried = self._carry(shared.block)
        self._grant_names()
        self._scope = self._scope_of(self._declared, self._declared.names)
        self._wide = self._scope_of(self._declared, {**shared.elsewhere, **self._declared.names})

    def flow(self) -> Flow | None:
        reader, block = self._reader, self._block
        if self._is_sub:
            self._tell_unused()
        answered_by = self._answered_by()
        start = self._start(answered_by)
        about = reader.text(block.tree("about"), "about:")
        entries = reader.entries
        slots = [
            read_slot(key, tree, self._scope_at(key), self._reading(key))
            for key, tree in entries(self._slots, "slots:")
        ]
        variables = [read_var(key, tree, self._scope) for key, tree in entries(block.tree("vars"), "vars:")]
        tools = [read_tool(key, tree, self._scope_at(key)) for key, tree in entries(self._tools, "tools:")]
        nodes = [self._node(key, tree) for key, tree in entries(self._nodes, "nodes:")]
        if start is None:
            return None
        return Flow(
            name=self._name,
            about=about.text if about else "",
            start=start,
            answered_by=answered_by,
            slots={slot.name: slot for slot in slots if slot},
            vars={var.name: var for var in variables if var},
            tools=with_summaries((tool for tool in tools if tool), nodes),
            nodes={node.name: node for node in nodes},
            trouble=self._trouble(),
            commands=self._commands(),
            limits=self._limits(),
            on_error=self._handler("on_error"),
            on_hangup=self._handler("on_hangup"),
            after_call=self._handler("after_call"),
            on_limit=self._handler("on_limit"),
            turn=read_turn(block.tree("turn"), self._scope) if block.has("turn") else TurnSettings(),
            interrupt=block.value("interrupt", Interrupt.ANY),
            place=block.place,
            inputs=self._inputs,
            outcomes=self._outcomes(),
            carried=self._carried,
            beyond=frozenset(self._beyond),
        )

    def _start(self, answered_by: Mapping[str, str]) -> str | None:
        """A flow of calls that we make may leave it out: it begins with what a person hears."""
        reader, block = self._reader, self._block
        start = reader.text(block.tree("start"), "start:")
        if start is not None:
            return start.text if known_node(start, self._scope) else None
        if not block.has("start") and not block.has("answered_by"):
            reader.missing(block.place, "A flow", FlowShape, "start")
        return answered_by.get("person")

    def _answered_by(self) -> Mapping[str, str]:
        reader, tree = self._reader, self._block.tree("answered_by")
        found: dict[str, str] = {}
        meant = set()
        for key, value in reader.entries(tree, "answered_by:"):
            node = reader.text(value, f"answered_by: {key.text}")
            known = reader.known(key, ANSWERERS, "answerer", "IVR162")
            meant.add(key.text if known else nearest(key.text, ANSWERERS))
            if known and node is not None and known_node(node, self._scope):
                found[key.text] = node.text
        if tree is not None and "person" not in meant:
            reader.say("IVR162", tree, "answered_by: does not say what a person hears.", "Add  person: NODE.")
        return found

    def _carry(self, project: Block) -> Mapping[str, Privacy]:
        """Declares what is no slot, variable or tool's value: inputs of their own, and what is kept of sub-flows."""
        carried: dict[str, Privacy] = {}
        for entry in self._inputs.values():
            if not entry.fills:
                self._declared.declare(
                    self._reader, Scalar(entry.name, entry.place, True), entry.named, self._declared.kept
                )
                carried[entry.name] = entry.named.privacy
        for block in (self._block, project):
            for tree in (block.tree("nodes"), block.tree("commands"), block.tree("trouble")):
                for run in runs_under(tree):
                    self._carry_of(run, carried)
        return carried

    def _carry_of(self, run: Keys, carried: dict[str, Privacy]) -> None:
        """A name that is misspelt there is told there; here it stands for what was probably meant."""
        named = run.get("run")
        inner = self._family.flows.get(_meant(named.text, self._family.flows)) if isinstance(named, Scalar) else None
        for kept in Reader().texts(run.get("keep"), "keep:"):
            outputs = inner.outputs if inner is not None else {}
            name = _meant(kept.text, outputs)
            if name in self._declared.slots or name in self._declared.vars:
                continue
            output = outputs.get(name, Named(Type.TEXT))
            self._declared.declare(self._reader, replace(kept, text=name), output, self._declared.kept)
            carried[name] = output.privacy

    def _not_kept(self) -> Mapping[str, str]:
        """What flows that are run here give; to have it here it must be kept."""
        own = self._family.flows.get(self._name)
        inner = [self._family.flows[name] for name in sorted(own.runs if own else ()) if name in self._family.flows]
        return {
            output: f"{flow.name} gives it: add {output} to its  keep:." for flow in inner for output in flow.outputs
        }

    def _grant_names(self) -> None:
        """Facts hold for the whole call: every flow may test each of them."""
        for fact, place in self._family.facts.items():
            before = self._declared.names.get((fact,))
            if before is None:
                self._declared.names[(fact,)] = Named(Type.YES_NO, fact=True)
            elif not before.fact:
                text = f'"{fact}" is a slot, variable or kept value in "{self._name}"; a fact needs a name of its own.'
                self._reader.say("IVR107", place, text, "Choose another.")
        # One that nothing grants is told where it is needed, and not at every test too.
        for fact in self._family.needed:
            self._declared.names.setdefault((fact,), Named(Type.YES_NO, fact=True))

    def _outcomes(self) -> Mapping[str, tuple[str, ...]]:
        """Each with its outputs, which must be names of this flow."""
        reader, block = self._reader, self._block
        known = {**self._declared.slots, **self._declared.vars, **self._declared.kept}
        for output in reader.texts(block.tree("outputs"), "outputs:"):
            reader.known(output, known, "slot or value")
        outcomes: dict[str, tuple[str, ...]] = {}
        tree = block.tree("outcomes")
        if tree is None:
            return outcomes
        if not isinstance(tree, Keys):
            fix = "Such as  outcomes: {verified: [account], not_verified: []}."
            reader.say("IVR102", tree, "outcomes: is written as names, each with the outputs it fills.", fix)
            return outcomes
        for key, value in reader.entries(tree, "outcomes:"):
            filled = reader.texts(value, f"outcomes: {key.text}")
            outcomes[key.text] = tuple(f.text for f in filled if reader.known(f, known, "slot or value"))
        return outcomes

    def _scope_of(self, declared: Declared, names: Mapping[Path, Named]) -> Scope:
        return Scope(
            self._reader,
            self._name,
            NameTable(names, hours=self._shared.hours, missing=self._not_kept()),
            declared.slots,
            declared.vars,
            declared.kept,
            {**self._beyond, **_places(self._nodes)},
            _places(self._tools),
            self._shared.targets,
            self._shared.apis,
            self._shared.servers,
            self._shared.contacts,
            self._shared.secrets,
            declared.confirmed,
            self._family,
            self._shared.translations,
            self._shared.language,
            self._shared.sounds,
        )

    def _scope_at(self, tree: Tree) -> Scope:
        """What stands in project.yaml may name what only other flows have."""
        return self._wide if tree.place.file == self._shared.block.place.file else self._scope

    def _reading(self, tree: Tree, node: str = "") -> Callable[..., tuple[Step, ...]]:
        return StepReader(self._scope_at(tree), node).steps

    def _node(self, key: Scalar, tree: Tree) -> Node:
        steps = self._reading(key, key.text)
        if not (isinstance(tree, Keys) and tree.get("do") is not None):
            return Node(key.text, steps(tree), key.place)
        scope = self._scope_at(key)
        block = self._reader.block(tree, NodeShape, f'Node "{key.text}"')
        assert block is not None
        return Node(
            key.text,
            steps(block.tree("do")),
            key.place,
            trouble=read_trouble(block.tree("trouble"), scope, steps),
            commands=read_commands(block.tree("commands"), scope, steps),
            interrupt=block.value("interrupt"),
            turn=read_turn(block.tree("turn"), scope),
        )

    def _trouble(self) -> Ladders:
        """The flow's own rungs, completed by the project's behind them."""
        own = read_trouble(self._block.tree("trouble"), self._scope, StepReader(self._scope).steps)
        outer = read_trouble(self._shared.block.tree("trouble"), self._wide, StepReader(self._wide).steps)
        joined: dict[Trouble, tuple[Rung, ...]] = {}
        for kind in Trouble:
            rungs = join_ladders(own.get(kind, ()), outer.get(kind, ()))
            if rungs:
                joined[kind] = rungs
        return joined

    def _commands(self) -> Mapping[str, Command | None]:
        found: dict[str, Command | None] = {
            name: Command(name, hear, None, wait_ms=built_in.WAIT_MS if name == "wait" else None)
            for name, hear in built_in.ENGLISH.items()
            if name in ("repeat", "help", "back", "wait")
        }
        for block, scope in ((self._shared.block, self._wide), (self._block, self._scope)):
            written = read_commands(block.tree("commands"), scope, StepReader(scope).steps)
            trees = block.tree("commands")
            for name, command in written.items():
                found[name] = command
                if command is not None and command.goto is not None and isinstance(trees, Keys):
                    self._require_goto(name, trees, scope, found)
        return {
            name: command
            for name, command in found.items()
            if command is None or name not in ("operator", "cancel") or command.goto is not None or command.steps
        }

    def _require_goto(self, name: str, trees: Keys, scope: Scope, found: dict[str, Command | None]) -> None:
        tree = trees.get(name)
        goto = tree.get("goto") if isinstance(tree, Keys) else None
        if isinstance(goto, Scalar) and not known_node(goto, scope, inactive=goto.place.file == PROJECT_FILE):
            del found[name]

    def _limits(self) -> Limits:
        limits = Limits()
        call, silence, turns, tries = limits.call_ms, limits.silence_ms, limits.turns, limits.tries
        cost = limits.model_cost
        for outer in (self._shared.block, self._block):
            block = self._reader.block(outer.tree("limits"), LimitShape, "limits:")
            if block is None:
                continue
            call = block.values.get("call", call)
            silence = block.values.get("silence", silence)
            turns = block.values.get("turns", turns)
            tries = block.values.get("tries_per_question", tries)
            cost = block.values.get("model_cost", cost)
        return Limits(call, silence, turns, tries, cost)

    def _tell_unused(self) -> None:
        """A sub-flow has no part in how the whole call ends, nor in how long it may be."""
        reader, limits = self._reader, self._block.tree("limits")
        unused = [self._block.keys[name] for name in OF_THE_CALL if self._block.has(name)]
        if isinstance(limits, Keys):
            unused += [key for key, _ in limits.entries if key.text in LIMITS_OF_THE_CALL]
        for key in unused:
            text = f'"{self._name}" is a sub-flow, and {key.text}: is that of the flow the call began with.'
            reader.say("IVR124", key, text, "Write it in the flows that run this one, or in project.yaml.")

    def _handler(self, name: str) -> tuple[Step, ...]:
        """A flow's own wins. Those of the project run in the flow the call began with, never in a sub-flow."""
        outer = () if self._is_sub else ((self._shared.block, self._wide),)
        for block, scope in ((self._block, self._scope), *outer):
            if block.has(name):
                return StepReader(scope).steps(block.tree(name))
        return ()


def with_summaries(tools: Iterable[ToolSpec], nodes: Iterable[Node]) -> Mapping[str, ToolSpec]:
    """A change confirmed by a summary knows the one that reads most of its arguments back."""
    asks = [step for node in nodes for step in all_steps(node.steps) if isinstance(step, Ask) and step.summary]
    found = {}
    for tool in tools:
        if tool.confirm_with == SUMMARY and asks:
            best = max(asks, key=lambda ask: len(set(names_in_summary(ask)) & set(tool.takes)))
            tool = replace(tool, summary=best)
        found[tool.name] = tool
    return found


def join_ladders(inner: tuple[Rung, ...], outer: tuple[Rung, ...]) -> tuple[Rung, ...]:
    """Rung n is the innermost; a list whose last rung leaves is complete."""
    inner = tuple(rung for rung in inner if rung.steps)
    if inner and leaves(inner[-1].steps):
        return inner
    return inner + tuple(rung for rung in outer[len(inner) :] if rung.steps)


def _meant(written: str, known: Mapping[str, object]) -> str:
    return written if written in known else nearest(written, known) or written


def _joined(own: Tree | None, outer: Tree | None) -> Tree | None:
    """The flow's entries, and the project's of other names."""
    if not isinstance(outer, Keys):
        return own
    if own is None:
        return outer
    if not isinstance(own, Keys):
        return own
    names = {key.text for key, _ in own.entries}
    return Keys((*own.entries, *(entry for entry in outer.entries if entry[0].text not in names)), own.place)


def _places(tree: Tree | None) -> Mapping[str, Place]:
    return {key.text: key.place for key, _ in tree.entries} if isinstance(tree, Keys) else {}
