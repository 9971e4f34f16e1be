"""Which names may be empty where they are used, reckoned along all ways through a flow.

A name is certainly filled at a step when every way to it fills it. A command or a rung may leave a question before it
is answered, a tool's values are there only on the way of their result, and what a look-up kept is gone when a value it
was asked with is forgotten.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Final

from ivr.flow.checks.walk import Question, own_steps, question_targets, questions_in, questions_of, targets
from ivr.flow.checks.walk import commands as commands_of
from ivr.flow.checks.walk import ladder as ladder_of
from ivr.flow.checks.ways import MOST_FACTS, Filled, Ways, decided, facts_of, joined, with_facts, without_facts
from ivr.flow.flow import (
    Agent,
    Ask,
    CallTool,
    Each,
    End,
    Flow,
    Forget,
    Goto,
    Grant,
    Handoff,
    If,
    Menu,
    Node,
    OptionsFrom,
    Prompt,
    Record,
    Repair,
    Return,
    Routed,
    Run,
    Say,
    SetStep,
    Step,
    ToolSpec,
    Transfer,
)
from ivr.flow.grammar.tree import Condition, Field, Template
from ivr.flow.grammar.walk import filled_if, unsure_refs
from ivr.flow.messages import Message
from ivr.flow.text import Place
from ivr.flow.types import Trouble

ALWAYS: Filled = frozenset({("call", "id"), ("call", "to"), ("call", "started"), ("call", "language")})
IN_LINE: Filled = frozenset({("position",)})
Entry = tuple[str, frozenset[str]]
"""A node, and the facts that hold where it is entered."""
LONGEST_WAY: Final = 20
FOLLOWING: Final = frozenset({"IVR210", "IVR211", "IVR213"})
OF_QUESTION: Filled = frozenset({("question",), ("hint",), ("keypad_hint",), ("why",)})


def check_filling(flows: Mapping[str, Flow], whole: Collection[str]) -> Iterator[Message]:
    """All flows of a project: a sub-flow is checked with the facts that hold where it is run. `whole`: those that could
    be read; of others what may only follow from a mistake is not told."""
    kin = Kin(flows)
    whole = {name for name in whole if kin.run_by(name) <= set(whole)}
    messages: dict[tuple[Place, str], Message] = {}
    checked: set[tuple[str, frozenset[str]]] = set()
    never_run = [name for name in flows if not kin.runners(name)]
    for first in (*never_run, *flows):  # those of a circle are told elsewhere, and checked by themselves
        entries = [(first, frozenset[str]())] if first not in {name for name, _ in checked} else []
        while entries:
            entry = entries.pop()
            if entry in checked:
                continue
            checked.add(entry)
            if entry[0] in whole:
                reckoning = Reckoning(kin, flows[entry[0]], entry[1])
                reckoning.settle()
                for message in reckoning.told():
                    messages.setdefault((message.place, message.code), message)
                entries += reckoning.entered
    yield from messages.values()


class Kin:
    """The flows of a project, and what is found out about the sub-flows among them."""

    def __init__(self, flows: Mapping[str, Flow]) -> None:
        self.flows = flows
        self._runs = {name: frozenset(s.flow for s in own_steps(f) if isinstance(s, Run)) for name, f in flows.items()}
        self._outcomes: dict[tuple[str, frozenset[str]], Mapping[str, tuple[frozenset[str], ...]]] = {}
        self.hangs: dict[str, frozenset[str]] = {}
        self.granted_by: dict[str, str] = {}
        for flow in flows.values():
            for step in own_steps(flow):
                if isinstance(step, Grant):
                    self.hangs[step.fact] = self.hangs.get(step.fact, frozenset()) | frozenset(step.names)
                    self.granted_by[step.fact] = flow.name
        self.exact = frozenset(list(self.hangs)[:MOST_FACTS])

    def runners(self, name: str) -> list[str]:
        return [other for other, runs in self._runs.items() if name in runs]

    def held(self, filled: Filled) -> frozenset[str]:
        """The facts that hold."""
        return frozenset(fact for fact in self.hangs if (fact,) in filled)

    def run_by(self, name: str, seen: frozenset[str] = frozenset()) -> frozenset[str]:
        """All flows that it runs, and that these run."""
        found = self._runs.get(name, frozenset()) - seen
        for inner in found:
            found |= self.run_by(inner, seen | found | {name})
        return found

    def falls_with(self, names: Collection[str]) -> list[str]:
        """Facts that hang on one of these names."""
        return [fact for fact, on in self.hangs.items() if not on.isdisjoint(names)]

    def exits(self, name: str, seen: frozenset[str] = frozenset()) -> frozenset[str]:
        """Nodes that a sub-flow may go to and has not itself."""
        flow = self.flows.get(name)
        if flow is None or name in seen:
            return frozenset()
        found = {node for step in own_steps(flow) for node in targets((step,))}
        for node in flow.nodes.values():
            for question in questions_in(flow, node):
                found.update(question_targets(flow, node, question))
        for inner in self._runs[name]:
            found |= self.exits(inner, seen | {name})
        return frozenset(found - set(flow.nodes))

    def outcomes(self, name: str, facts: frozenset[str]) -> Mapping[str, tuple[frozenset[str], ...]]:
        """Each outcome of a sub-flow that is run while these facts hold, with the facts that may hold behind it."""
        key = (name, facts)
        if key not in self._outcomes:
            self._outcomes[key] = {}  # flows that run each other in a circle end here; that is told elsewhere
            flow = self.flows.get(name)
            if flow is not None:
                reckoning = Reckoning(self, flow, facts)
                reckoning.settle()
                self._outcomes[key] = {outcome: tuple(found.values()) for outcome, found in reckoning.returned.items()}
        return self._outcomes[key]


class Reckoning:
    """One flow, begun while some facts hold."""

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

    def settle(self) -> None:
        """Walks all nodes until what is certain at each entry changes no more."""
        waiting = [*self._at]
        self._error_ways(waiting)
        while waiting:
            entry = waiting.pop()
            if entry[0] in self._flow.nodes:
                self._walk_node(entry, waiting)

    def told(self) -> Iterator[Message]:
        self._telling = True
        self._error_ways([])
        for name in self._flow.nodes:
            for entry in [entry for entry in self._at if entry[0] == name]:
                self._walk_node(entry, [])
        for node, message in self._messages.values():
            if message.code not in FOLLOWING or node not in self._unproven:
                yield message

    def _error_ways(self, waiting: list[Entry]) -> None:
        """Anything can go wrong anywhere: nothing is certain in `on_error`."""
        if self._flow.on_error:
            self._steps(self._flow.on_error, self._certain, waiting)

    def _walk_node(self, entry: Entry, waiting: list[Entry]) -> None:
        self._here = entry
        self._node = self._flow.nodes[entry[0]]
        self._steps(self._node.steps, self._at[entry], waiting)

    def _goto(self, node: str, filled: Filled, waiting: list[Entry]) -> None:
        entry = (node, facts_of(filled))
        before = self._at.get(entry)
        after = filled if before is None else before & filled
        if after != before:
            if before is None:
                self._from[entry] = self._here
            self._at[entry] = after
            waiting.append(entry)

    def _steps(self, steps: tuple[Step, ...], filled: Filled, waiting: list[Entry]) -> Ways:
        """What is certain behind the steps."""
        now: Ways = (filled,)
        for step in steps:
            now = joined(*(self._step(step, one, waiting) for one in now))
        return now

    def _step(self, step: Step, filled: Filled, waiting: list[Entry]) -> Ways:
        match step:
            case Say():
                self._words(step.prompt, filled)
                self._listed(step.each, filled)
                return (filled,)
            case End():
                self._words(step.say, filled)
                return ()
            case Goto():
                self._goto(step.node, filled, waiting)
                return ()
            case Ask():
                return (self._ask(step, filled, waiting),)
            case Menu():
                return self._menu(step, filled, waiting)
            case If():
                self._condition(step.condition, filled, step.place)
                return self._if(step, filled, waiting)
            case SetStep():
                return (self._set(step, filled),)
            case Forget():
                return (self._without(filled, step.names),)
            case Grant():
                return (with_facts(filled, (step.fact,), self._kin.exact),)
            case Run():
                return self._run(step, filled, waiting)
            case CallTool():
                return self._call(step, filled, waiting)
            case Transfer():
                self._handover(step, filled, waiting)
                return self._routes(step, filled, waiting, lambda _: filled)
            case Record():
                self._words(step.say, filled)
                return self._routes(step, filled, waiting, lambda _: filled)
            case Handoff():
                self._inputs(step, filled)
                return ()
            case Return():
                self._return(step, filled)
                return ()
            case Agent():
                return self._agent(step, filled, waiting)
            case _ if isinstance(step, Routed):
                return self._routes(step, filled, waiting, lambda _: filled) if step.on else (filled,)
            case _:
                return (filled,)

    def _if(self, step: If, filled: Filled, waiting: list[Entry]) -> Ways:
        """What the facts decide goes one way only."""
        known = decided(step.condition, filled, self._kin.exact)
        then: Ways = ()
        otherwise: Ways = ()
        if known is not False:
            then = self._steps(step.then, filled | filled_if(step.condition, True), waiting)
        if known is not True:
            otherwise = self._steps(step.otherwise, filled | filled_if(step.condition, False), waiting)
        return joined(then, otherwise)

    # ---- other flows

    def _run(self, step: Run, filled: Filled, waiting: list[Entry]) -> Ways:
        """It comes back with what its outcome fills and grants, or goes to a node outside it."""
        inner = self._kin.flows.get(step.flow)
        if inner is None:
            return (filled,)
        exact, facts = self._kin.exact, self._kin.held(filled)
        self.entered.add((step.flow, facts))
        self._inputs(step, filled)
        for node in sorted(self._kin.exits(step.flow)):
            self._goto(node, filled, waiting)
        ways = self._kin.outcomes(step.flow, facts)
        behind: Ways = ()
        if not step.outcomes:
            reached = {held for found in ways.values() for held in found}
            return joined(tuple(with_facts(without_facts(filled, facts), held, exact) for held in reached))
        for outcome, route in step.on.items():
            kept = {(name,) for name in step.keep if name in inner.outcomes.get(outcome, ())}
            for after in sorted(ways.get(outcome, ()), key=sorted):
                others = self._without(filled, tuple(name for (name,) in kept)) if kept else filled
                now = with_facts(without_facts(others, facts - after), after, exact) | kept
                if isinstance(route, Repair):
                    self._repair(route, now, waiting)
                else:
                    behind = joined(behind, self._steps(route, now, waiting))
        return behind

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

    # ---- a model inside rules

    def _agent(self, step: Agent, filled: Filled, waiting: list[Entry]) -> Ways:
        """An exit is taken only when its needs are filled. What a model may change takes with it what look-ups kept."""
        for prompt in (step.open, step.reopen, *(exact.say for exact in step.always if exact.before is None)):
            self._words(prompt, filled)
        held = filled & {(name,) for name in step.collect}
        kept = {
            (keep.name,)
            for name in step.tools
            if name in self._flow.tools
            for result in self._flow.tools[name].results
            for keep in result.keep
        }
        filled = (self._without(filled, step.collect) | held) - kept
        for question in questions_of(self._flow, step):
            self._leave_question(question, filled, waiting)
        for name in step.tools:
            asked = self._flow.tools[name].confirm_with if name in self._flow.tools else None
            if asked is not None and asked in self._flow.slots:
                self._ask(Ask((asked,), step.place), filled, waiting)
        for way in step.exits.values():
            if way.when is not None:
                self._condition(way.when, filled | {(name,) for name in way.needs}, way.place)
        for exact in step.always:
            needs = step.exits[exact.before].needs if exact.before is not None else ()
            self._words(exact.say, filled | {(name,) for name in needs})
        return self._routes(step, filled, waiting, lambda result: filled | _needs(step, result))

    # ---- handing over

    def _handover(self, step: Transfer, filled: Filled, waiting: list[Entry]) -> None:
        """What an attendant hears may be empty (it is said to be not given), and so may be what travels along."""
        self._words(step.say, filled)
        self._words(step.meanwhile.say, filled | IN_LINE)
        for template in step.arguments.values():
            self._template(template, filled, code="IVR213")
        if step.by is not None:
            self._template(Template((step.by,), step.place), filled)
        for line in step.whisper.lines:
            if line.only_if is not None:
                self._condition(line.only_if, filled, step.place)
        for option in step.meanwhile.options:
            self._steps(option.steps, filled, waiting)

    # ---- questions

    def _ask(self, step: Ask, filled: Filled, waiting: list[Entry]) -> Filled:
        if any((name,) not in filled for name in step.slots):
            self._words(step.open, filled)
        for question in questions_of(self._flow, step):
            if (question.name,) in filled:
                continue
            slot = question.slot
            assert slot is not None
            if slot.only_if is not None:
                self._condition(slot.only_if, filled, slot.place)
            for prompt in (slot.ask, slot.question.hint, slot.question.keypad_hint):
                self._words(prompt, filled)
            self._listed(slot.options_from, filled)
            self._leave_question(question, filled, waiting)
            inside = self._anew(filled, slot.name)
            for rule in slot.must:
                self._condition(rule.be, inside, slot.place)
                self._template(rule.otherwise, inside)
            if not slot.optional and slot.only_if is None:
                filled = inside
        self._words(step.summary, filled)
        if step.on_no is not None:
            self._goto(step.on_no, filled, waiting)
        return filled

    def _menu(self, step: Menu, filled: Filled, waiting: list[Entry]) -> Ways:
        for prompt in (step.prompt, step.question.hint, step.question.keypad_hint):
            self._words(prompt, filled)
        for question in questions_of(self._flow, step):
            self._leave_question(question, filled, waiting)
        behind: Ways = ()
        for option in step.options:
            behind = joined(behind, self._steps(option.steps, filled, waiting))
        if step.options_from is not None:
            self._listed(step.options_from, filled)
            into = frozenset({(step.into,)}) if step.into is not None else frozenset()
            behind = joined(behind, self._steps(step.chosen, filled | into, waiting))
        if step.or_slot is not None:
            self._goto(step.or_goto, filled | {(step.or_slot,)}, waiting)
        return behind

    def _listed(self, spec: OptionsFrom | Each | None, filled: Filled) -> None:
        """A list that may not be there has nothing to choose from, and nothing to read out."""
        if spec is None or not self._telling:
            return
        self._template(spec.say, filled | {field.path for field in spec.say.fields if field.path[0] == "item"})
        if (spec.list,) not in filled and not (isinstance(spec, Each) and spec.empty is not None):
            text = f"{spec.list} may be empty here: some way to this step does not fill it."
            self._tell(Message(spec.place, "IVR210", text, width=1, fix="Call its tool on every way to this step."))

    def _leave_question(self, question: Question, filled: Filled, waiting: list[Entry]) -> None:
        """Commands and rungs may leave a question unanswered."""
        for command in commands_of(self._flow, self._node, question.settings).values():
            if command.goto is not None:
                self._goto(command.goto, filled, waiting)
            self._steps(command.steps, filled | OF_QUESTION, waiting)
        for kind in Trouble:
            for rung in ladder_of(self._flow, self._node, question.settings, kind):
                self._steps(rung.steps, filled | OF_QUESTION, waiting)

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

    # ---- tools

    def _call(self, step: CallTool, filled: Filled, waiting: list[Entry]) -> Ways:
        tool = self._flow.tools.get(step.tool)
        if tool is None:
            return (filled,)
        self._needed(step, tool, filled)
        for template in step.arguments.values():
            self._template(template, filled, code="IVR213")
        self._given(step, tool, filled)
        for said in tool.filler.says if tool.filler else ():
            self._words(said, filled)
        if tool.confirm_with is not None:
            filled = self._ask(Ask((tool.confirm_with,), step.place), filled, waiting)
        kept = {result.name: {(k.name,) for k in result.keep if not k.optional} for result in tool.results}
        if not step.on:
            return (filled,)
        return self._routes(step, filled, waiting, lambda result: filled | kept.get(result, set()))

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

    def _routes(self, step: Routed, filled: Filled, waiting: list[Entry], kept: Callable[[str], Filled]) -> Ways:
        behind: Ways = ()
        for result, route in step.on.items():
            if isinstance(route, Repair):
                self._repair(route, kept(result), waiting)
            else:
                behind = joined(behind, self._steps(route, kept(result), waiting))
        return behind

    def _repair(self, route: Repair, filled: Filled, waiting: list[Entry]) -> None:
        self._words(route.say, filled)
        emptied = self._without(filled, route.retry)
        self._goto(route.leave, emptied, waiting)
        self._ask(Ask(route.retry, route.place), emptied, waiting)

    # ---- uses

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

    def _is_optional(self, name: str) -> bool:
        slot = self._flow.slots.get(name)
        return slot is not None and (slot.optional or slot.only_if is not None)

    def _condition(self, condition: Condition, filled: Filled, place: Place) -> None:
        for ref in unsure_refs(condition, filled) if self._telling else ():
            name = ".".join(ref.path)
            text = f"{name} may be empty here, so it has to be tested first."
            fix = f"Write  {name} is not empty and ..."
            self._tell(Message(ref.place or place, "IVR211", text, width=len(name) if ref.place else 1, fix=fix))

    def _tell(self, message: Message) -> None:
        if self._telling and message.code:
            self._messages.setdefault((message.place, message.code), (self._node.name, message))


def _needs(step: Agent, result: str) -> Filled:
    way = step.exits.get(result)
    return frozenset((name,) for name in way.needs) if way is not None else frozenset()


def _arguments(tool: ToolSpec) -> Iterator[str]:
    yield from tool.takes
