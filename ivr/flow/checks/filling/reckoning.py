"""All ways through one flow, with what is certain on each."""

from collections.abc import Callable, Iterator, Mapping

from ivr.flow.checks.filling.kin import Kin
from ivr.flow.checks.filling.uses import Entry, Uses
from ivr.flow.checks.walk import Question, questions_of
from ivr.flow.checks.walk import commands as commands_of
from ivr.flow.checks.walk import ladder as ladder_of
from ivr.flow.checks.ways import Filled, Ways, decided, facts_of, joined, with_facts, without_facts
from ivr.flow.flow import (
    Agent,
    Ask,
    CallTool,
    End,
    Flow,
    Forget,
    Goto,
    Grant,
    Handoff,
    If,
    Menu,
    Record,
    Repair,
    Return,
    Routed,
    Run,
    Say,
    SetStep,
    Step,
    Transfer,
)
from ivr.flow.grammar.tree import Template
from ivr.flow.grammar.walk import filled_if
from ivr.flow.messages import Message
from ivr.flow.types import Trouble

IN_LINE: Filled = frozenset({("position",)})
OF_QUESTION: Filled = frozenset({("question",), ("hint",), ("keypad_hint",), ("why",)})
Outcomes = Mapping[str, tuple[frozenset[str], ...]]
"""Each outcome of a sub-flow, with the facts that may hold behind it."""


class Reckoning(Uses):
    """Walks one flow with what is certain at each step."""

    def __init__(self, families: "Families", flow: Flow, facts: frozenset[str]) -> None:
        super().__init__(families.kin, flow, facts)
        self._families = families

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
        yield from self.found()

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
        ways = self._families.outcomes(step.flow, facts)
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

    # ---- a model inside rules, and handing over

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

    def _leave_question(self, question: Question, filled: Filled, waiting: list[Entry]) -> None:
        """Commands and rungs may leave a question unanswered."""
        for command in commands_of(self._flow, self._node, question.settings).values():
            if command.goto is not None:
                self._goto(command.goto, filled, waiting)
            self._steps(command.steps, filled | OF_QUESTION, waiting)
        for kind in Trouble:
            for rung in ladder_of(self._flow, self._node, question.settings, kind):
                self._steps(rung.steps, filled | OF_QUESTION, waiting)

    # ---- tools, and ways out of steps

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


class Families:
    """The flows of a project, and how the sub-flows among them come back: reckoned once for each set of facts."""

    def __init__(self, kin: Kin) -> None:
        self.kin = kin
        self._outcomes: dict[tuple[str, frozenset[str]], Outcomes] = {}

    def outcomes(self, name: str, facts: frozenset[str]) -> Outcomes:
        """Each outcome of a sub-flow that is run while these facts hold, with the facts that may hold behind it."""
        key = (name, facts)
        if key not in self._outcomes:
            self._outcomes[key] = {}  # flows that run each other in a circle end here; that is told elsewhere
            flow = self.kin.flows.get(name)
            if flow is not None:
                reckoning = Reckoning(self, flow, facts)
                reckoning.settle()
                self._outcomes[key] = {outcome: tuple(found.values()) for outcome, found in reckoning.returned.items()}
        return self._outcomes[key]


def _needs(step: Agent, result: str) -> Filled:
    way = step.exits.get(result)
    return frozenset((name,) for name in way.needs) if way is not None else frozenset()
