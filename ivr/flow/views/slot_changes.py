"""What is different for callers about a question, an option, a command."""

from collections.abc import Iterator, Mapping, Sequence

from ivr.flow.flow import Command, Ladders, Option, QuestionSettings, SlotSpec
from ivr.flow.types import Confirm, Privacy, Trouble
from ivr.flow.views.bare import same
from ivr.flow.views.wording import condition_of, length, prompt_of, quoted, steps_of

_CONFIRM = {
    Confirm.NEVER: "is not read back any more",
    Confirm.ALWAYS: "is now always read back",
    Confirm.IF_SPOKEN: "is now read back when spoken",
    Confirm.IF_UNSURE: "is now read back when it was not heard clearly",
}


def changes(old: SlotSpec | None, new: SlotSpec | None) -> Iterator[str]:
    if old is None and new is not None:
        yield f"The question {new.name} is new: {prompt_of(new.ask) or 'it is not asked, only filled'}."
    elif new is None and old is not None:
        yield f"The question {old.name} is gone."
    elif old is not None and new is not None and not same(old, new):
        found = [*_changes(old, new), *question_changes(old.question, new.question, f"the question {new.name}")]
        yield from found or [f"The question {new.name} is not as it was, in a way that has no words here."]


def _changes(old: SlotSpec, new: SlotSpec) -> Iterator[str]:
    name = f"The question {new.name}"
    if not same(old.ask, new.ask):
        yield f"{name} is now {prompt_of(new.ask) or 'not asked'}; before, {prompt_of(old.ask) or 'it was not asked'}."
    if old.type is not new.type:
        yield f"{name} now wants a {new.type.value} instead of a {old.type.value}."
    if old.confirm is not new.confirm:
        yield f"{name} {_CONFIRM[new.confirm]}."
    if old.length != new.length:
        yield f"{name} now takes {_digits(new.length)}; before, {_digits(old.length)}."
    if (old.low, old.high) != (new.low, new.high):
        yield f"{name} now takes {_range(new)}; before, {_range(old)}."
    yield from option_changes(old.options, new.options, f"at the question {new.name}")
    if old.privacy is not new.privacy:
        shown = "is open now: anybody with the call may read it" if new.privacy is Privacy.OPEN else "is private now"
        yield f"{name} {shown} ({new.privacy.value}; it was {old.privacy.value})."
    if old.accept != new.accept:
        hows = {"keys": "by keys only", "speech": "by speech only", "both": "by speech and by keys"}
        yield f"{name} can now be answered {hows[new.accept]}; before, {hows[old.accept]}."
    rules = [condition_of(rule.be) for rule in new.must]
    before = [condition_of(rule.be) for rule in old.must]
    yield from (f"{name} now has to fit: {rule}." for rule in rules if rule not in before)
    yield from (f"{name} no longer has to fit: {rule}." for rule in before if rule not in rules)
    if rules == before and not same(old.must, new.must):
        yield f"What a caller hears whose answer to {new.name} breaks a rule has changed."
    if not same(old.check, new.check):
        how = "checked otherwise" if new.check and old.check else "now checked" if new.check else "no longer checked"
        yield f"{name} is {how}."
    if not same(old.only_if, new.only_if):
        when = f"only if {condition_of(new.only_if)}" if new.only_if is not None else "whatever was said before"
        yield f"{name} is now asked {when}."
    if (old.optional, old.skip) != (new.optional, new.skip):
        how = "has other words to leave it empty" if old.optional else "may be left empty now"
        yield f"{name} {how if new.optional else 'may not be left empty any more'}."
    if old.confirm_change is not new.confirm_change:
        was = old.confirm_change.value
        yield f"A change of {new.name} is now asked about: {new.confirm_change.value}; before: {was}."
    if old.lead != new.lead:
        yield f"Callers can now lead {new.name} with {quoted(new.lead) or 'nothing'}."
    rest = [key for key in SlotSpec.__slots__ if key not in _TOLD]
    differ = [key for key in rest if not same(getattr(old, key), getattr(new, key))]
    if differ:
        yield f"{name} has other settings: {', '.join(differ)}."


_TOLD = frozenset(
    {"name", "place", "question", "nouns", "about", "ask", "type", "confirm", "length", "low", "high", "options"}
    | {"privacy", "accept", "must", "check", "only_if", "optional", "skip", "confirm_change", "lead"}
)


def _digits(length_: tuple[int, int] | None) -> str:
    if length_ is None:
        return "any number of digits"
    return f"{length_[0]} digits" if length_[0] == length_[1] else f"{length_[0]} to {length_[1]} digits"


def _range(slot: SlotSpec) -> str:
    least = f"from {slot.low}" if slot.low is not None else ""
    most = f"up to {slot.high}" if slot.high is not None else ""
    return " ".join(filter(None, (least, most))) or "any number"


def question_changes(old: QuestionSettings, new: QuestionSettings, what: str) -> Iterator[str]:
    """What a slot's question and a menu have in common. `what`: as in a sentence."""
    if not same(old.hint, new.hint):
        yield f"The hint of {what} is now {prompt_of(new.hint) or 'none'}; before, {prompt_of(old.hint) or 'none'}."
    if not same(old.keypad_hint, new.keypad_hint):
        said = prompt_of(old.keypad_hint) or "none"
        yield f"What {what} says about keys is now {prompt_of(new.keypad_hint) or 'none'}; before, {said}."
    if old.answer_within_ms != new.answer_within_ms:
        was = length(old.answer_within_ms)
        yield f"Callers now have {length(new.answer_within_ms)} to answer {what}, instead of {was}."
    if old.interrupt is not new.interrupt:
        yield f"What cuts {what} short is now: {new.interrupt or 'as around it'}."
    if not same(old.keys, new.keys):
        yield f"How keys are taken at {what} has changed{_keys(old, new)}."
    if not same(old.turn, new.turn):
        yield f"How long a pause ends an answer to {what} has changed."
    yield from command_changes(old.commands, new.commands, f"at {what}")
    yield from _ladder_changes(old.trouble, new.trouble, what)


def _keys(old: QuestionSettings, new: QuestionSettings) -> str:
    if (old.keys.yes, old.keys.no) != (new.keys.yes, new.keys.no):
        return f": {new.keys.yes} is yes and {new.keys.no} is no now"
    if old.keys.end != new.keys.end:
        return f": {new.keys.end} ends them now"
    if old.keys.pause_ms != new.keys.pause_ms:
        return f": {length(new.keys.pause_ms)} without a key ends them now"
    return f": keys pressed before the question {'count' if new.keys.ahead else 'do not count'} now"


def _ladder_changes(old: Ladders, new: Ladders, what: str) -> Iterator[str]:
    kinds = {
        Trouble.NO_INPUT: "silence",
        Trouble.NO_MATCH: "an answer not understood",
        Trouble.INVALID: "a wrong answer",
    }
    for kind in Trouble:
        was, now = old.get(kind, ()), new.get(kind, ())
        if not same(was, now):
            rungs = "; then ".join(steps_of(rung.steps) for rung in now) or "what is set around it"
            yield f"After {kinds[kind]} at {what}, the caller now {rungs}."


def option_changes(old: Sequence[Option], new: Sequence[Option], where: str) -> Iterator[str]:
    """Options of a choice or a menu: what may be said and pressed, and where it leads."""
    before, after = {option.name: option for option in old}, {option.name: option for option in new}
    for name, option in after.items():
        if name not in before:
            key = f" or press {option.key}" if option.key else ""
            leads = f"; then the caller {steps_of(option.steps)}" if option.steps else ""
            yield f"New {where}: callers can say {quoted(option.hear)}{key} for {name}{leads}."
    for name, option in before.items():
        if name not in after:
            yield f"Gone {where}: {quoted(option.hear)}{f' and key {option.key}' if option.key else ''} for {name}."
    for name in (name for name in after if name in before):
        yield from _option(before[name], after[name], where)
    keys, others = _by_key(old), _by_key(new)
    for key in (key for key in keys if key in others and keys[key].name != others[key].name):
        yield f"Key {key} {where} now means {others[key].name} instead of {keys[key].name}."
    if [o.name for o in old if o.name in after] != [o.name for o in new if o.name in before]:
        yield f"The order of the options {where} has changed."


def _by_key(options: Sequence[Option]) -> dict[str, Option]:
    return {option.key: option for option in options if option.key is not None}


def _option(old: Option, new: Option, where: str) -> Iterator[str]:
    more = [words for words in new.hear if words not in old.hear]
    fewer = [words for words in old.hear if words not in new.hear]
    if more:
        yield f"New {where}: callers can say {quoted(more)} for {new.name}."
    if fewer:
        yield f"Callers can no longer say {quoted(fewer)} for {new.name} {where}."
    if old.key != new.key and new.key is not None and old.key is not None:
        yield f"Key {new.key} {where} now means {new.name}; it was key {old.key}."
    elif old.key != new.key:
        yield f"Key {new.key or old.key} {where} {'now means' if new.key else 'no longer means'} {new.name}."
    if old.say != new.say:
        yield f'{new.name} {where} is now called "{new.say}" instead of "{old.say}".'
    if not same(old.steps, new.steps):
        who = f"press {new.key}" if new.key else f"say {quoted(new.hear[:1])}"
        yield f"Callers who {who} {where} now {_plural(steps_of(new.steps))} instead of {_ing(steps_of(old.steps))}."
    if old.about != new.about:
        yield f"What a model is told of {new.name} {where} has changed."


def _plural(said: str) -> str:
    """goes to billing: Callers ... go to billing."""
    for one, many in (
        ("goes ", "go "),
        ("hears ", "hear "),
        ("is ", "are "),
        ("talks ", "talk "),
        ("counts ", "count "),
    ):
        if said.startswith(one):
            return many + said.removeprefix(one)
    return f"find that {said}"


def _ing(said: str) -> str:
    """What came before: goes to fault; fault alone where it is a place to go."""
    return (
        said.removeprefix("goes to ") if said.startswith("goes to ") and " and then " not in said else f"this: {said}"
    )


def command_changes(old: Mapping[str, Command | None], new: Mapping[str, Command | None], where: str) -> Iterator[str]:
    for name in dict.fromkeys([*old, *new]):
        was, now = old.get(name), new.get(name)
        if same(was, now) and (name in old) == (name in new):
            continue
        if now is None:
            off = "is switched off" if name in new else "is as everywhere again" if "question" in where else "is gone"
            yield f"The command {name} {off} {where}."
        elif was is None:
            key = f" or press {now.key}" if now.key else ""
            yield f"New {where}: callers can say {quoted(now.hear)}{key} for {name}{_leads(now)}."
        else:
            yield from _command(was, now, where)


def _leads(command: Command) -> str:
    if command.goto is not None:
        return f" and go to {command.goto}"
    return f"; then the caller {steps_of(command.steps)}" if command.steps else ""


def _command(old: Command, new: Command, where: str) -> Iterator[str]:
    more = [words for words in new.hear if words not in old.hear]
    fewer = [words for words in old.hear if words not in new.hear]
    if more:
        yield f"New {where}: callers can say {quoted(more)} for {new.name}."
    if fewer:
        yield f"Callers can no longer say {quoted(fewer)} for {new.name} {where}."
    if old.key != new.key:
        yield f"The key for {new.name} {where} is now {new.key or 'none'}; it was {old.key or 'none'}."
    if old.goto != new.goto:
        was = old.goto or "nowhere"
        yield f"Callers who ask for {new.name} {where} now go to {new.goto or 'nowhere'} instead of {was}."
    if not same(old.steps, new.steps):
        yield f"Who asks for {new.name} {where} now {steps_of(new.steps)}; before, {steps_of(old.steps)}."
    if old.wait_ms != new.wait_ms:
        yield f"Who asks for time {where} now has {length(new.wait_ms or 0)}; before, {length(old.wait_ms or 0)}."
