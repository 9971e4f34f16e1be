"""Names where they are used: what is told of those that may be empty there."""

from collections.abc import Iterator
from typing import Final

from ivr.flow.checks.filling.kin import Kin
from ivr.flow.checks.ways import Filled, facts_of, with_facts, without_facts
from ivr.flow.flow import CallTool, Each, Flow, Handoff, Node, OptionsFrom, Prompt, Return, Run, SetStep, ToolSpec
from ivr.flow.grammar.tree import Condition, Field, Template
from ivr.flow.grammar.walk import unsure_refs
from ivr.flow.messages import Message
from ivr.flow.text import Place

ALWAYS: Filled = frozenset({("call", "id"), ("call", "to"), ("call", "started"), ("call", "language")})
Entry = tuple[str, frozenset[str]]
"""A node, and the facts that hold where it is entered."""
LONGEST_WAY: Final = 20
FOLLOWING: Final = frozenset({"IVR210", "IVR211", "IVR213"})


class Uses:
    """One flow, begun while some facts hold: where it stands, and what is told of its names."""

    def __init__(self, kin: Kin, flow: Flow, facts: frozenset[str]) -> None:
        self._kin = kin
        self._flow = flow
        given = {(entry.name,) for entry in flow.inputs.values() if not entry.optional}
        self._certain = ALWAYS | {(name,) for name in flow.vars} | given
        first = with_facts(self._certain, facts, kin.exact)
        self._at: dict[Entry, Filled] = {(start, facts_of(first)): first for start in flow.starts}
        self._from: dict[Entry, Entry] = {}
        self._here: Entry = (flow.start, facts)
        self.entered: set[tuple[str, frozenset[str]]] = set()
        """Sub-flows that are run, with the facts that hold there."""
        self.returned: dict[str, dict[frozenset[str], frozenset[str]]] = {}
        """Each outcome with the facts that hold behind it, on every way with the same of those that tell ways apart."""
        self._messages: dict[tuple[Place, str], tuple[str, Message]] = {}
        self._unproven: set[str] = set()
        """Nodes where a fact is missing: what was filled together with it is missing too, and is not told as well."""
        self._telling = False
        self._node: Node = flow.nodes[flow.start]

    def found(self) -> Iterator[Message]:
        """What was told, without what only follows from a fact that is missing."""
        for node, message in self._messages.values():
            if message.code not in FOLLOWING or node not in self._unproven:
                yield message

    def _words(self, prompt: Prompt | None, filled: Filled) -> None:
        for template in prompt.variants if prompt else ():
            self._template(template, filled)

    def _template(self, template: Template | None, filled: Filled, code: str = "IVR210") -> None:
        for field in template.fields if template and self._telling else ():
            if field.path not in filled and field.fallback is None and field.path[0] not in ("words", "hours"):
                self._tell(self._empty(field, code))

    def _empty(self, field: Field, code: str) -> Message:
        name = ".".join(field.path)
        if code == "IVR213" and (name == "call.from" or self._is_optional(name)):
            code = ""
        text = f"{name} may be empty here: some way to this step does not fill it."
        form = f" as {field.form}" if field.form else ""
        fix = f"Write  {{{name}{form} or 'TEXT'}},  or ask for it on every way."
        return Message(field.place, code, text, width=len(name), fix=fix)

    def _condition(self, condition: Condition, filled: Filled, place: Place) -> None:
        for ref in unsure_refs(condition, filled) if self._telling else ():
            name = ".".join(ref.path)
            text = f"{name} may be empty here, so it has to be tested first."
            fix = f"Write  {name} is not empty and ..."
            self._tell(Message(ref.place or place, "IVR211", text, width=len(name) if ref.place else 1, fix=fix))

    def _listed(self, spec: OptionsFrom | Each | None, filled: Filled) -> None:
        """A list that may not be there has nothing to choose from, and nothing to read out."""
        if spec is None or not self._telling:
            return
        self._template(spec.say, filled | {field.path for field in spec.say.fields if field.path[0] == "item"})
        if (spec.list,) not in filled and not (isinstance(spec, Each) and spec.empty is not None):
            text = f"{spec.list} may be empty here: some way to this step does not fill it."
            self._tell(Message(spec.place, "IVR210", text, width=1, fix="Call its tool on every way to this step."))

    def _is_optional(self, name: str) -> bool:
        slot = self._flow.slots.get(name)
        return slot is not None and (slot.optional or slot.only_if is not None)

    def _tell(self, message: Message) -> None:
        if self._telling and message.code:
            self._messages.setdefault((message.place, message.code), (self._node.name, message))

    # ---- values

    def _set(self, step: SetStep, filled: Filled) -> Filled:
        for name, value in step.values:
            if isinstance(value, Template):
                self._template(value, filled)
            filled = self._without(filled, (name,)) | {(name,)}
        return filled

    def _anew(self, filled: Filled, name: str) -> Filled:
        """A slot is answered: facts that hung on an earlier answer fall."""
        return without_facts(filled, self._kin.falls_with((name,))) | {(name,)}

    def _without(self, filled: Filled, names: tuple[str, ...]) -> Filled:
        """Names emptied, with what look-ups had kept by them."""
        gone = set(names)
        grew = True
        while grew:
            grew = False
            for tool in self._flow.tools.values():
                if gone & set(_arguments(tool)):
                    kept = {keep.name for result in tool.results for keep in result.keep}
                    grew = grew or not kept <= gone
                    gone |= kept
        variables = set(self._flow.vars)
        filled = without_facts(filled, self._kin.falls_with(gone))
        return frozenset(path for path in filled if path[0] not in gone or path[0] in variables)

    # ---- what tools and flows are given

    def _needed(self, step: CallTool, tool: ToolSpec, filled: Filled) -> None:
        """Facts that the tool needs hold on every way to its call."""
        for fact in (*tool.needs, *step.needs):
            if (fact,) in filled or fact not in self._kin.hangs:
                continue
            way = " > ".join(self._way())
            text = f'"{self._node.name}" calls {step.tool}, which needs {fact}, but the path {way} does not grant it.'
            self._unproven.add(self._node.name)
            by = self._kin.granted_by[fact]
            runs = by != self._flow.name and bool(self._kin.flows[by].outcomes)
            fix = f"Run {by} on that path." if runs else f"Test it first:  if: {fact}."
            at = step.named or step.place
            self._tell(Message(at, "IVR611", text, width=len(step.tool) if step.named else len("call"), fix=fix))

    def _way(self) -> list[str]:
        """The nodes from the start of the flow to here."""
        way, entry = [self._here[0]], self._here
        while entry in self._from and len(way) < LONGEST_WAY:
            entry = self._from[entry]
            way.append(entry[0])
        return way[::-1]

    def _given(self, step: CallTool, tool: ToolSpec, filled: Filled) -> None:
        for name in _arguments(tool):
            path = tuple(name.split("."))
            if name in step.arguments or path in filled or path[0] == "call":
                continue
            slot = self._flow.slots.get(path[0])
            if slot is not None and (slot.optional or slot.only_if is not None):
                continue
            known = path[0] in self._flow.slots or any(
                keep.name == path[0] for t in self._flow.tools.values() for r in t.results for keep in r.keep
            )
            if known:
                text = f'"{step.tool}" needs {name}, which may be empty here.'
                fix = f"Ask for it first, or test it:  {name} is not empty."
                self._tell(Message(step.place, "IVR213", text, width=4, fix=fix))
            else:
                text = f'"{step.tool}" needs {name}, and nothing of that name exists here.'
                self._tell(Message(step.place, "IVR213", text, width=4, fix=f"Add  with: {{{name}: ...}}."))

    def _inputs(self, step: Run | Handoff, filled: Filled) -> None:
        for template in step.arguments.values():
            self._template(template, filled, code="IVR213")
        inner = self._kin.flows.get(step.flow)
        for entry in inner.inputs.values() if inner is not None else ():
            if entry.optional or entry.name in step.arguments or (entry.name,) in filled:
                continue
            text = f'"{step.flow}" needs {entry.name}, which may be empty here.'
            fix = f"Ask for it first, or test it:  {entry.name} is not empty."
            width = len("handoff" if isinstance(step, Handoff) else "run")
            self._tell(Message(step.place, "IVR213", text, width=width, fix=fix))

    def _return(self, step: Return, filled: Filled) -> None:
        found, held = self.returned.setdefault(step.outcome, {}), self._kin.held(filled)
        found[facts_of(filled)] = held & found.get(facts_of(filled), held)
        for name in self._flow.outcomes.get(step.outcome, ()):
            if (name,) not in filled and not self._is_optional(name):
                text = f'"{step.outcome}" gives {name}, which may be empty here.'
                fix = f"Fill it on every way to this return, or take it out of  outcomes: {step.outcome}."
                self._tell(Message(step.place, "IVR613", text, width=len("return"), fix=fix))


def _arguments(tool: ToolSpec) -> Iterator[str]:
    yield from tool.takes
