"""One question as a caller meets it: what is asked, what may be said and pressed, how long each wait is, what happens
when an answer fails, and where in the files each of these stands."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ivr.flow.checks.walk import Question, leaves, questions_in
from ivr.flow.flow import Agent, Ask, Bundle, Command, Flow, Menu, Node, Option, OptionsFrom, Rung, SlotSpec
from ivr.flow.steps import path as paths
from ivr.flow.text import Place
from ivr.flow.types import Confirm, Interrupt, Privacy, Trouble, Type
from ivr.flow.views.wording import condition_of, length, listed, prompt_of, quoted, steps_of, text_of

Line = tuple[str, str]
"""What is told, and where it comes from; the latter may be empty."""
FROM_ENGINE = "built in"


@dataclass(frozen=True, slots=True)
class Section:
    title: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Explanation:
    flow: str
    node: str
    question: str
    place: Place
    sections: tuple[Section, ...]


def explain(bundle: Bundle, flow: Flow, name: str) -> tuple[Explanation, ...]:
    """A question by its name, in every node that asks it; or every question of the node of that name. Empty: there is
    none."""
    nodes = [flow.nodes[name]] if name in flow.nodes else list(flow.nodes.values())
    found: dict[tuple[str, str], Explanation] = {}
    for node in nodes:
        for question in questions_in(flow, node):
            if name in (node.name, question.name):
                key = (node.name, question.name)
                found.setdefault(key, _Explainer(bundle, flow, node, question).explanation())
    return tuple(found.values())


def names(flow: Flow) -> tuple[str, ...]:
    """All that can be explained."""
    asked = [question.name for node in flow.nodes.values() for question in questions_in(flow, node)]
    return tuple(dict.fromkeys([*flow.nodes, *asked]))


class _Explainer:
    def __init__(self, bundle: Bundle, flow: Flow, node: Node, question: Question) -> None:
        self._bundle = bundle
        self._flow = flow
        self._node = node
        self._question = question
        self._settings = question.settings
        self._slot = question.slot

    def explanation(self) -> Explanation:
        place = self._slot.place if self._slot is not None else self._question.step.place
        sections = [
            Section("The caller hears", tuple(self._asked())),
            Section("The caller may say", tuple(self._said())),
            Section("The caller may press", tuple(self._pressed())),
            Section("Commands", tuple(self._commands())),
            Section("Waiting", tuple(self._waits())),
            Section("After an answer", tuple(self._answered())),
            *(Section(title, tuple(self._rungs(kind))) for kind, title in _TROUBLES.items()),
            Section("A model", tuple(self._model())),
        ]
        return Explanation(self._flow.name, self._node.name, self._question.name, place, tuple(sections))

    # ---- what is asked, said and pressed

    def _asked(self) -> Iterator[Line]:
        step, slot = self._question.step, self._slot
        if isinstance(step, Ask) and step.open is not None and len(step.slots) > 1:
            yield f"{prompt_of(step.open)}, while none of {listed(step.slots)} is known", _at(step.place)
        if slot is not None:
            yield prompt_of(slot.ask) or "nothing: the slot has no ask:", _at(slot.place)
        elif isinstance(step, Menu):
            yield prompt_of(step.prompt), _at(step.place)
        elif isinstance(step, Agent):
            yield prompt_of(step.open) or "what the model says", _at(step.place)
        if self._settings.hint is not None:
            yield f"as {{hint}}: {prompt_of(self._settings.hint)}", _at(self._settings.hint.variants[0].place)
        if self._settings.keypad_hint is not None:
            yield f"as {{keypad_hint}}: {prompt_of(self._settings.keypad_hint)}", ""
        yield _INTERRUPTS[self._interrupt()], ""

    def _interrupt(self) -> Interrupt:
        own = self._settings.interrupt or self._node.interrupt
        return own if own is not None else self._flow.interrupt

    def _said(self) -> Iterator[Line]:
        slot, step = self._slot, self._question.step
        if slot is not None and slot.accept == "keys":
            yield "nothing that fills it: keys only" + (f" ({slot.privacy.value})" if _hard(slot) else ""), ""
        elif slot is not None:
            if slot.options_from is not None:
                yield from self._items(slot.options_from)
            else:
                yield _SPEAKS.get(slot.type, f"a {slot.type.value}") + self._bounds(slot), ""
            for option in slot.options:
                yield self._option(option)
            if slot.lead:
                yield f"with {quoted(slot.lead)} before it", ""
            if slot.skip is not None and slot.skip[0]:
                yield f"{quoted(slot.skip[0])} to leave it empty", ""
        elif isinstance(step, Menu):
            if step.options_from is not None:
                yield from self._items(step.options_from)
            for option in step.options:
                yield self._option(option)
            if step.or_slot is not None:
                yield f"or a {step.or_slot}", ""
        else:
            yield "anything: a model listens", ""
        if isinstance(step, Ask):
            others = [name for name in (*step.slots, *step.may_fill) if name != self._question.name]
            if others:
                yield f"in the same breath: {listed(others)}", _at(step.place)

    def _items(self, listed_from: OptionsFrom) -> Iterator[Line]:
        said = text_of(listed_from.say)
        text = f'an item of {listed_from.list} by "{said}", by its value, a word only it has, or its place'
        yield f"{text}: {listed_from.page} at a time", _at(listed_from.place)
        if listed_from.hear:
            yield f"{quoted(listed_from.hear)} for more", _at(listed_from.place)

    @property
    def _listed(self) -> OptionsFrom | None:
        if self._slot is not None:
            return self._slot.options_from
        return self._question.step.options_from if isinstance(self._question.step, Menu) else None

    def _bounds(self, slot: SlotSpec) -> str:
        if slot.length is not None:
            least, most = slot.length
            return f", {least} of them" if least == most else f", {least} to {most} of them"
        low, high = slot.low, slot.high
        if low is not None and high is not None:
            return f" from {low} to {high}"
        return f" from {low}" if low is not None else f" up to {high}" if high is not None else ""

    def _option(self, option: Option) -> Line:
        leads = f", then {steps_of(option.steps)}" if option.steps else ""
        return f"{quoted(option.hear)} for {option.name}{leads}", _at(option.place)

    def _pressed(self) -> Iterator[Line]:
        slot, step, keys = self._slot, self._question.step, self._settings.keys
        options = slot.options if slot is not None else step.options if isinstance(step, Menu) else ()
        for option in options:
            if option.key is not None:
                yield f"{option.key} for {option.name}", _at(option.place)
        listed_from = self._listed
        if listed_from is not None:
            yield f"1 to {listed_from.page} for the items, as they are offered", _at(listed_from.place)
            if listed_from.key is not None:
                yield f"{listed_from.key} for more", _at(listed_from.place)
        if slot is not None and slot.accept == "speech":
            yield "no keys: speech only", ""
            return
        if slot is not None and slot.type is Type.YES_NO:
            yield f"{keys.yes} for yes, {keys.no} for no", ""
        elif slot is not None and slot.type in _TYPED and listed_from is None:
            yield self._typed(slot), ""
        if slot is not None and slot.skip is not None and slot.skip[1]:
            yield f"{slot.skip[1]} to leave it empty", ""
        if keys.ahead is False:
            yield "keys pressed before the question do not count", ""

    def _typed(self, slot: SlotSpec) -> str:
        keys = self._settings.keys
        fixed = slot.length is not None and slot.length[0] == slot.length[1]
        if slot.type is Type.DIGITS and fixed and slot.length is not None:
            return f"{slot.length[0]} digits: the last one ends them"
        if slot.type is Type.DATE:
            return f"eight digits, {slot.key_order}"
        return f"digits, ended by {keys.end} or by {length(keys.pause_ms)} without a key"

    # ---- commands, waits, what follows

    def _commands(self) -> Iterator[Line]:
        levels: tuple[tuple[str, Mapping[str, Command | None]], ...] = (
            ("question", self._settings.commands),
            ("node", self._node.commands),
            ("flow", self._flow.commands),
        )
        awake = paths.commands(self._flow, self._node, self._settings)
        typed = self._slot is not None and self._slot.type in _TYPED and self._listed is None
        several = typed and self._slot is not None and self._slot.length != (1, 1)
        taken = {option.key for option in _options(self._question)}
        unheard = self._slot is not None and self._slot.accept == "keys"
        if unheard:
            yield "by their keys alone: nothing is listened to here", ""
        for name in dict.fromkeys(name for _, commands in levels for name in commands):
            level = next(level for level, commands in levels if name in commands)
            command = awake.get(name)
            if command is None:
                written = next(commands[name] for _, commands in levels if name in commands)
                why = "switched off" if written is None else "leads nowhere in this flow"
                yield f"{name}: {why} ({level})", ""
                continue
            if unheard and command.key is None:
                continue
            does = f", then {steps_of(command.steps)}" if command.steps else ""
            goes = f", goes to {command.goto}" if command.goto else ""
            ways = [] if unheard else [quoted(command.hear)]
            if command.key and several and len(command.key) == 1:
                ways.append(f"(key {command.key} sleeps while digits are entered)")
            elif command.key in taken:
                ways.append(f"(key {command.key} is the option's here)")
            elif command.key:
                ways = [", or ".join([*ways, command.key])]
            place = f"{level}, {_at(command.place)}" if command.place is not None else FROM_ENGINE
            if level == "flow" and command.place is not None and command.place.file == "project.yaml":
                place = f"project, {_at(command.place)}"
            yield f"{name}: {' '.join(ways)}{goes}{does}", place

    def _waits(self) -> Iterator[Line]:
        yield f"{length(self._settings.answer_within_ms)} without a word or a key count as silence", ""
        levels = (("question", self._settings.turn), ("node", self._node.turn), ("flow", self._flow.turn))
        answer = next(((turn.answer, level) for level, turn in levels if turn.answer is not None), None)
        pause = next(((turn.pause_ms, level) for level, turn in levels if turn.pause_ms is not None), None)
        if pause is not None and pause[0] is not None:
            yield f"a pause of {length(pause[0])} ends the turn", pause[1]
        elif answer is not None:
            yield f"{_ANSWERS[answer[0] or 'short']}", answer[1]
        else:
            yield "the turn ends when all that was asked for is said; sooner or later by how it sounds", FROM_ENGINE
        limits = self._flow.limits
        if limits.silence_ms is not None:
            yield f"after {length(limits.silence_ms)} of silence in a row the call ends", "limits:"
        if limits.tries is not None:
            yield f"after {limits.tries} failed answers of any kind the last rung is taken", "limits:"

    def _answered(self) -> Iterator[Line]:
        slot = self._slot
        if slot is None:
            yield "what was chosen follows; nothing is read back", ""
            return
        yield _CONFIRMS[slot.confirm], _at(slot.place)
        if slot.confirm_change is not Confirm.NEVER:
            yield f"a change of it is asked about: {slot.confirm_change.value}", _at(slot.place)
        if slot.check is not None:
            yield f"it is checked: {slot.check.pattern or slot.check.tool or slot.check.kind}", _at(slot.place)
        for rule in slot.must:
            why = f', else "{text_of(rule.otherwise)}"' if rule.otherwise is not None else ""
            yield f"it must be so: {condition_of(rule.be)}{why}", _at(slot.place)
        if slot.only_if is not None:
            yield f"asked only if {condition_of(slot.only_if)}", _at(slot.place)
        if slot.privacy is not Privacy.OPEN:
            yield _PRIVACY[slot.privacy], _at(slot.place)

    def _rungs(self, kind: Trouble) -> Iterator[Line]:
        ladders = paths.rungs(self._flow, self._node, self._question.name, self._question.step, kind)
        count = 0
        for level, rungs in ladders.items():
            for rung in rungs[count:]:
                count += 1
                yield f"{count}. {steps_of(rung.steps, self._bundle.words)}", self._origin(level, rung)
            if rungs and not _comes_back(rungs[-1]):
                return

    def _origin(self, level: str, rung: Rung) -> str:
        if level == "engine" or not rung.steps:
            return FROM_ENGINE
        place = rung.steps[0].place
        if level == "flow" and place.file != self._flow.place.file:
            level = "project"
        return f"{level}, {_at(place)}"

    def _model(self) -> Iterator[Line]:
        step = self._question.step
        if not isinstance(step, Agent):
            yield "may only tell what the caller said: a value, an option, a command, a correction, or unclear", ""
            yield "the engine checks it; a model says and decides nothing here", ""
            return
        yield f"has the goal: {step.goal}", _at(step.place)
        if step.collect:
            yield f"may fill {listed(step.collect)}", ""
        yield f"may call {listed(step.tools)}" if step.tools else "may call no tool", ""
        for exit_ in step.exits.values():
            when = f" when {condition_of(exit_.when)}" if exit_.when is not None else ""
            needs = f", once {listed(exit_.needs)} is known" if exit_.needs else ""
            who = "may leave by" if exit_.offered else "is left at once by"
            heard = f" on {quoted(exit_.watch)}" if exit_.watch else ""
            yield f"{who} {exit_.name}{heard}{when}{needs}", _at(exit_.place)
        for never in (*step.never.say, *step.never.do):
            yield f"never: {never}", ""
        limits = step.limits
        most = [f"{limits.turns} turns"] if limits.turns is not None else []
        most += [length(limits.time_ms)] if limits.time_ms is not None else []
        most += [f"{limits.tool_calls} calls of tools"] if limits.tool_calls is not None else []
        yield f"at most {listed(most)}" if most else "without limits", ""


def _comes_back(rung: Rung) -> bool:
    """Does the rung come back to the question?"""
    return not leaves(rung.steps)


def _options(question: Question) -> tuple[Option, ...]:
    if question.slot is not None:
        return question.slot.options
    return question.step.options if isinstance(question.step, Menu) else ()


def _hard(slot: SlotSpec) -> bool:
    return slot.privacy in (Privacy.PCI, Privacy.SECRET)


def _at(place: Place) -> str:
    return f"{place.file}:{place.line}"


_TYPED = frozenset({Type.DIGITS, Type.NUMBER, Type.MONEY, Type.DATE, Type.TIME, Type.PHONE})
_TROUBLES = {
    Trouble.NO_INPUT: "When nothing is said",
    Trouble.NO_MATCH: "When it is not understood",
    Trouble.INVALID: "When it cannot be right",
}
_SPEAKS = {
    Type.DIGITS: "digits, one by one or in pieces",
    Type.NUMBER: "a number",
    Type.MONEY: "an amount of money",
    Type.DATE: "a date, such as May second or next Friday",
    Type.TIME: "a time of day",
    Type.YES_NO: "yes or no, and their like",
    Type.CHOICE: "one of these, or nearly:",
    Type.NAME: "a name",
    Type.TEXT: "anything",
    Type.PHONE: "a phone number",
    Type.DURATION: "how long, such as two days",
    Type.EMAIL: "a mail address, also spelled",
    Type.SPELLED: "letters one by one, also as in Alpha",
    Type.TARGET: "one of these, or nearly:",
    Type.LIST: "several at once, or one by one until that's all",
}
_INTERRUPTS = {
    Interrupt.ANY: "the caller may cut in by voice or by key",
    Interrupt.KEYS: "the caller may cut in by key only",
    Interrupt.SPEECH: "the caller may cut in by voice only",
    Interrupt.NO: "it is played to the end",
}
_ANSWERS = {
    "short": "a short answer is expected: a short pause ends the turn",
    "sentence": "a sentence is expected: an ordinary pause ends the turn",
    "story": "a story is expected: only a long pause ends the turn",
}
_CONFIRMS = {
    Confirm.NEVER: "it is taken as it is, without a question",
    Confirm.ALWAYS: "it is read back, and the caller says yes or no",
    Confirm.IF_SPOKEN: "typed, it is taken as it is; spoken, it is read back, and the caller says yes or no",
    Confirm.IF_UNSURE: "it is read back where it was not heard clearly, and the caller says yes or no",
}
_PRIVACY = {
    Privacy.PII: "it is private: masked wherever people look",
    Privacy.PCI: "it is a payment card's: kept in memory only, and the recording pauses",
    Privacy.SECRET: "it is secret: kept in memory only, and the recording pauses",
}
