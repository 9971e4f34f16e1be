"""Which names may be empty where they are used, reckoned along all ways through a flow.

A name is certainly filled at a step when every way to it fills it. A command or a rung may leave a question before it
is answered, a tool's values are there only on the way of their result, and what a look-up kept is gone when a value it
was asked with is forgotten.
"""

from collections.abc import Callable, Iterator

from ivr.flow.checks.walk import Question, questions_of
from ivr.flow.checks.walk import commands as commands_of
from ivr.flow.checks.walk import ladder as ladder_of
from ivr.flow.flow import (
    Agent,
    Ask,
    CallTool,
    Each,
    End,
    Flow,
    Forget,
    Goto,
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
    Say,
    SetStep,
    Step,
    ToolSpec,
    Transfer,
)
from ivr.flow.grammar.tree import Condition, Field, Path, Template
from ivr.flow.grammar.walk import filled_if, unsure_refs
from ivr.flow.messages import Message
from ivr.flow.text import Place
from ivr.flow.types import Trouble

Filled = frozenset[Path]
ALWAYS: Filled = frozenset({("call", "id"), ("call", "to"), ("call", "started"), ("call", "language")})
IN_LINE: Filled = frozenset({("position",)})
OF_QUESTION: Filled = frozenset({("question",), ("hint",), ("keypad_hint",), ("why",)})


def check_filling(flow: Flow) -> Iterator[Message]:
    reckoning = _Reckoning(flow)
    reckoning.settle()
    yield from reckoning.told()


class _Reckoning:
    def __init__(self, flow: Flow) -> None:
        self._flow = flow
        self._certain = ALWAYS | {(name,) for name in flow.vars}
        self._at: dict[str, Filled] = {flow.start: self._certain}
        self._messages: dict[tuple[Place, str], Message] = {}
        self._telling = False
        self._node: Node = flow.nodes[flow.start]

    def settle(self) -> None:
        """Walks all nodes until what is certain at each entry changes no more."""
        waiting = [self._flow.start]
        self._error_ways(waiting)
        while waiting:
            name = waiting.pop()
            if name in self._flow.nodes:
                self._walk_node(name, waiting)

    def told(self) -> Iterator[Message]:
        self._telling = True
        self._error_ways([])
        for name in self._flow.nodes:
            if name in self._at:
                self._walk_node(name, [])
        yield from self._messages.values()

    def _error_ways(self, waiting: list[str]) -> None:
        """Anything can go wrong anywhere: nothing is certain in `on_error`."""
        if self._flow.on_error:
            self._steps(self._flow.on_error, self._certain, waiting)

    def _walk_node(self, name: str, waiting: list[str]) -> None:
        self._node = self._flow.nodes[name]
        self._steps(self._node.steps, self._at[name], waiting)

    def _goto(self, node: str, filled: Filled, waiting: list[str]) -> None:
        before = self._at.get(node)
        after = filled if before is None else before & filled
        if after != before:
            self._at[node] = after
            waiting.append(node)

    def _steps(self, steps: tuple[Step, ...], filled: Filled, waiting: list[str]) -> Filled | None:
        """What is certain behind the steps; None if no way leads there."""
        now: Filled | None = filled
        for step in steps:
            if now is None:
                return None
            now = self._step(step, now, waiting)
        return now

    def _step(self, step: Step, filled: Filled, waiting: list[str]) -> Filled | None:
        match step:
            case Say():
                self._words(step.prompt, filled)
                self._listed(step.each, filled)
                return filled
            case End():
                self._words(step.say, filled)
                return None
            case Goto():
                self._goto(step.node, filled, waiting)
                return None
            case Ask():
                return self._ask(step, filled, waiting)
            case Menu():
                return self._menu(step, filled, waiting)
            case If():
                self._condition(step.condition, filled, step.place)
                then = self._steps(step.then, filled | filled_if(step.condition, True), waiting)
                otherwise = self._steps(step.otherwise, filled | filled_if(step.condition, False), waiting)
                return _joined(then, otherwise)
            case SetStep():
                return self._set(step, filled)
            case Forget():
                return self._without(filled, step.names)
            case CallTool():
                return self._call(step, filled, waiting)
            case Transfer():
                self._handover(step, filled, waiting)
                return self._routes(step, filled, waiting, lambda _: filled)
            case Record():
                self._words(step.say, filled)
                return self._routes(step, filled, waiting, lambda _: filled)
            case Handoff() | Return():
                return None
            case Agent():
                return self._agent(step, filled, waiting)
            case _ if isinstance(step, Routed):
                return self._routes(step, filled, waiting, lambda _: filled) if step.on else filled
            case _:
                return filled

    # ---- a model inside rules

    def _agent(self, step: Agent, filled: Filled, waiting: list[str]) -> Filled | None:
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

    def _handover(self, step: Transfer, filled: Filled, waiting: list[str]) -> None:
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

    def _ask(self, step: Ask, filled: Filled, waiting: list[str]) -> Filled:
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
            inside = filled | {(slot.name,)}
            for rule in slot.must:
                self._condition(rule.be, inside, slot.place)
                self._template(rule.otherwise, inside)
            if not slot.optional and slot.only_if is None:
                filled = inside
        self._words(step.summary, filled)
        if step.on_no is not None:
            self._goto(step.on_no, filled, waiting)
        return filled

    def _menu(self, step: Menu, filled: Filled, waiting: list[str]) -> Filled | None:
        for prompt in (step.prompt, step.question.hint, step.question.keypad_hint):
            self._words(prompt, filled)
        for question in questions_of(self._flow, step):
            self._leave_question(question, filled, waiting)
        behind: Filled | None = None
        for option in step.options:
            behind = _joined(behind, self._steps(option.steps, filled, waiting))
        if step.options_from is not None:
            self._listed(step.options_from, filled)
            into = frozenset({(step.into,)}) if step.into is not None else frozenset()
            behind = _joined(behind, self._steps(step.chosen, filled | into, waiting))
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

    def _leave_question(self, question: Question, filled: Filled, waiting: list[str]) -> None:
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
            changed = (name,)
            filled = self._without(filled, (name,)) | {changed}
        return filled

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
        return frozenset(path for path in filled if path[0] not in gone or path[0] in variables)

    # ---- tools

    def _call(self, step: CallTool, filled: Filled, waiting: list[str]) -> Filled | None:
        tool = self._flow.tools.get(step.tool)
        if tool is None:
            return filled
        for template in step.arguments.values():
            self._template(template, filled, code="IVR213")
        self._given(step, tool, filled)
        for said in tool.filler.says if tool.filler else ():
            self._words(said, filled)
        if tool.confirm_with is not None:
            filled = self._ask(Ask((tool.confirm_with,), step.place), filled, waiting)
        kept = {result.name: {(k.name,) for k in result.keep if not k.optional} for result in tool.results}
        if not step.on:
            return filled
        return self._routes(step, filled, waiting, lambda result: filled | kept.get(result, set()))

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

    def _routes(self, step: Routed, filled: Filled, waiting: list[str], kept: Callable[[str], Filled]) -> Filled | None:
        behind: Filled | None = None
        for result, route in step.on.items():
            if isinstance(route, Repair):
                self._words(route.say, filled)
                self._goto(route.leave, self._without(filled, route.retry), waiting)
                self._ask(Ask(route.retry, route.place), self._without(filled, route.retry), waiting)
            else:
                behind = _joined(behind, self._steps(route, kept(result), waiting))
        return behind

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
            self._messages.setdefault((message.place, message.code), message)


def _needs(step: Agent, result: str) -> Filled:
    way = step.exits.get(result)
    return frozenset((name,) for name in way.needs) if way is not None else frozenset()


def _joined(one: Filled | None, other: Filled | None) -> Filled | None:
    if one is None:
        return other
    return one if other is None else one & other


def _arguments(tool: ToolSpec) -> Iterator[str]:
    yield from tool.takes
