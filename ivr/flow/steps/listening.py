"""What the floor is told to wait for: the open question's slots, what may be corrected, the commands and the keys."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Final, Literal

from ivr.flow.commands import RESUME
from ivr.flow.flow import Agent, Ask, Command, Flow, Menu, Option, SlotSpec, TurnSettings
from ivr.flow.flow.tools import names_in_summary
from ivr.flow.grammar import evaluate
from ivr.flow.languages import is_heard
from ivr.flow.state import CommandWords, Doing, Expected, KeySpec, Listen
from ivr.flow.steps import asides, language, offered, parts, ran, summary
from ivr.flow.steps import path as paths
from ivr.flow.steps.asked import asked_names
from ivr.flow.steps.copying import replace
from ivr.flow.steps.question import Question
from ivr.flow.steps.remembered import once_each
from ivr.flow.steps.work import Work
from ivr.flow.types import Privacy, Source, Type, Value
from ivr.flow.understand import phones

CORRECTABLE: Final = 8
"""How many earlier answers a listen offers for correction, latest first."""
_DIGITS_AT_MOST: Final = 30
_NUMBER_AT_MOST: Final = 12
LONG_DIGITS: Final = frozenset({Type.DIGITS, Type.PHONE})
CLOCK_KEYS: Final = r"(?:00|1[3-9]|2[0-4])[0-9]{2}"
"""A time by the 24 hour clock, which needs no key for a.m. or p.m."""
MINOR_PLACES: Final = 2
"""Digits of cents."""


def listen(work: Work, question: Question, *, ahead: bool = True) -> None:
    """Wait for the caller's answer. `ahead` False: keys typed before were meant for what did not come."""
    if work.mute:
        work.walking = False
        return
    effect = _listen(work, question, ahead=ahead)
    work.emit(effect)
    if work.at.correcting or work.at.replay:
        work.at = replace(work.at, correcting=False, replay={})
    doing = Doing.CONFIRMING if question.pending is not None else Doing.ASKING
    work.state = replace(work.state, listening=effect, doing=doing)
    work.walking = False


def _listen(work: Work, question: Question, *, ahead: bool) -> Listen:
    confirming = _confirming(work, question)
    asked = confirming or expected_of(work, question)
    awake = commands_awake(work, question)
    keys = key_spec(work, question, asked, confirming is not None, awake)
    if not ahead:
        keys = replace(keys, ahead=False)
    turn = _turn(work, question)
    spec = question.slot
    waits = _waits_ms(work)
    return Listen(
        id=work.next_id(),
        question=question.name,
        expects=() if confirming is not None else (asked, *_others(work, question)),
        corrects=_corrects(work, question),
        confirming=confirming,
        commands=(
            *_named(work, awake),
            *_words(awake, keys, work.state.language),
            *_more(work, question),
            *_back_again(work),
        ),
        keys=keys,
        answer_within_ms=question.settings.answer_within_ms if waits is None else waits,
        answer=turn.answer,
        pause_ms=turn.pause_ms,
        privacy=question.privacy if confirming is None else _privacy(work, confirming),
        accept_speech=is_heard(work.state.language)
        and (spec is None or confirming is not None or spec.accept != "keys"),
        longest_ms=spec.longest_ms if spec is not None and confirming is None else None,
        language=work.state.language,
        summary=summary.is_open(question),
        waiting=waits is not None,
        guarded=guarded(work),
    )


def guarded(work: Work) -> bool:
    """A flow of this call asks for private digits somewhere."""
    return any(_asks_private_digits(work.bundle.flows[standing.flow]) for standing in work.state.standings)


@once_each
def _asks_private_digits(flow: Flow) -> bool:
    return any(s.privacy is not Privacy.OPEN and s.type in LONG_DIGITS for s in flow.slots.values())


def _privacy(work: Work, confirming: Expected) -> Privacy:
    return work.privacy(confirming.slot)


def _turn(work: Work, question: Question) -> TurnSettings:
    levels = (question.settings.turn, work.node.turn, work.flow.turn)
    answer: Literal["short", "sentence", "story"] | None = None
    pause_ms: int | None = None
    for turn in levels:
        answer = answer if answer is not None else turn.answer
        pause_ms = pause_ms if pause_ms is not None else turn.pause_ms
    return TurnSettings(answer, pause_ms)


# ---- what may be filled


def expected_slot(spec: SlotSpec, current: Value | None = None) -> Expected:
    expected = _expected_slot(spec)
    return expected if current is None else replace(expected, current=current)


@once_each
def _expected_slot(spec: SlotSpec) -> Expected:
    skip_words, skip_key = spec.skip or ((), None)
    return Expected(
        slot=spec.name,
        type=spec.type,
        options=spec.options,
        length=spec.length,
        low=spec.low,
        high=spec.high,
        currency=spec.currency,
        near=spec.near,
        key_order=spec.key_order,
        lead=spec.lead,
        keys_yes=spec.question.keys.yes,
        keys_no=spec.question.keys.no,
        keys_end=spec.question.keys.end,
        skip_words=skip_words,
        skip_key=skip_key,
        privacy=spec.privacy,
        nouns=spec.nouns,
        of=spec.of,
        up_to=spec.up_to,
        region=spec.region,
    )


def expected_here(work: Work, spec: SlotSpec, current: Value | None = None) -> Expected:
    """The same with the choices that a list has now."""
    expected = expected_slot(spec, current)
    if spec.options_from is None:
        return replace(expected, options=_in_language(work, spec.options)) if _is_other(work) else expected
    return replace(expected, type=Type.CHOICE, options=offered.options(work, spec.name, spec.options_from))


def expected_of(work: Work, question: Question) -> Expected:
    if question.slot is not None:
        return parts.expected(work, question, expected_here(work, question.slot))
    if summary.is_open(question):
        return Expected(slot=question.name, type=Type.YES_NO)
    if asides.is_aside(question):
        return asides.expected(work, question, _aside_slots(work, question))
    if isinstance(question.step, Agent):
        return Expected(slot=question.name, type=Type.TEXT, privacy=question.privacy)
    assert isinstance(question.step, Menu)
    own = _in_language(work, question.step.options) if _is_other(work) else question.step.options
    options = (*_listed(work, question.step), *own)
    return Expected(slot=question.name, type=Type.CHOICE, options=options)


def _is_other(work: Work) -> bool:
    """Is the caller spoken to in a further language?"""
    return work.state.language != work.bundle.language


def _in_language(work: Work, options: tuple[Option, ...]) -> tuple[Option, ...]:
    """With the words that callers say for them in their language."""
    spoken = work.state.language
    return tuple(
        replace(o, hear=o.hears.get(spoken, o.hear), say=o.says.get(spoken, o.say)) if o.hears else o for o in options
    )


def _listed(work: Work, menu: Menu) -> tuple[Option, ...]:
    """What a menu offers from a list."""
    return () if menu.options_from is None else offered.options(work, menu.name, menu.options_from)


def _aside_slots(work: Work, question: Question) -> tuple[SlotSpec, ...]:
    names = [fill.slot for fill in work.at.either] if question.name == paths.WHICH else correctable(work)
    return tuple(work.flow.slots[name] for name in dict.fromkeys(names))


def _confirming(work: Work, question: Question) -> Expected | None:
    if question.pending is None:
        return None
    fill = question.pending.fill
    return expected_here(work, work.flow.slots[fill.slot], fill.value)


def _others(work: Work, question: Question) -> Iterable[Expected]:
    """Further open slots that the same words may fill."""
    step = question.step
    if isinstance(step, Menu) and step.or_slot is not None:
        return (expected_here(work, work.flow.slots[step.or_slot]),)
    if not isinstance(step, Ask) or summary.is_open(question):
        return ()
    names = [name for name in (*step.slots, *step.may_fill) if name != question.name]
    return tuple(expected_here(work, work.flow.slots[name]) for name in names if is_open(work, name))


def is_open(work: Work, name: str) -> bool:
    """Not filled, not left empty, and wanted at all."""
    if name in work.at.slots:
        return False
    only_if = work.flow.slots[name].only_if
    return only_if is None or evaluate(only_if, work)


def _corrects(work: Work, question: Question) -> tuple[Expected, ...]:
    if isinstance(question.step, Agent):
        return ()  # what is put right in a talk is the model's to hear
    if summary.is_open(question):
        assert isinstance(question.step, Ask)
        names = _in_summary(work, question.step)
    elif question.name == paths.WHICH:
        names = [fill.slot for fill in work.at.either]
    else:
        names = correctable(work)
        if question.pending is not None:
            names = [name for name in names if name != question.pending.fill.slot]
        if not asides.is_aside(question):
            names = names[:CORRECTABLE]
    inside = () if question.name == paths.WHICH else ran.correctable(work)
    return (
        *(expected_here(work, work.flow.slots[name], work.value((name,))) for name in names),
        *(expected_slot(spec, value) for spec, value in inside[:CORRECTABLE]),
    )


def correctable(work: Work) -> list[str]:
    """Slots whose answers can be put right here, the latest first."""
    asked = asked_names(work)
    return [
        name
        for name, slot in reversed(list(work.at.slots.items()))
        if slot.source in (Source.KEYS, Source.SPEECH) and slot.settled and slot.value is not None and name in asked
    ]


def _in_summary(work: Work, step: Ask) -> list[str]:
    """What it reads back, empty answers too, and then all else that was asked."""
    read_back = [
        name for name in names_in_summary(step) if name in work.at.slots and work.flow.slots[name].ask is not None
    ]
    return [*read_back, *(name for name in correctable(work) if name not in read_back)]


# ---- commands and keys


def _more(work: Work, question: Question) -> tuple[CommandWords, ...]:
    spec = question.listed
    if spec is None or not offered.has_more(work, question.name, spec):
        return ()
    return (CommandWords(offered.MORE, spec.hear, spec.key),)


def _waits_ms(work: Work) -> int | None:
    """How long the caller who asked for time still has."""
    until = work.at.waits_until
    return None if until is None else max(1, until - work.at_ms)


def _back_again(work: Work) -> tuple[CommandWords, ...]:
    return () if work.at.waits_until is None else (CommandWords(RESUME_COMMAND, RESUME, None),)


RESUME_COMMAND: Final = "back again"
"""A caller who asked for time is there again. No command of an operator can have this name."""


def commands_awake(work: Work, question: Question) -> dict[str, Command]:
    return paths.commands(work.flow, work.node, question.settings)


def _named(work: Work, awake: dict[str, Command]) -> tuple[CommandWords, ...]:
    command = awake.get("language")
    return () if command is None else language.named(work, command)


def _words(awake: dict[str, Command], keys: KeySpec, spoken: str) -> tuple[CommandWords, ...]:
    """A command whose key is taken, or asleep while digits are entered, keeps its words."""
    return tuple(
        CommandWords(
            command.name,
            command.hears.get(spoken, command.hear),
            command.key if command.key in keys.single else None,
        )
        for command in awake.values()
    )


def key_spec(work: Work, question: Question, asked: Expected, confirming: bool, awake: dict[str, Command]) -> KeySpec:
    settings = question.settings.keys
    spec = question.slot
    by_keys = spec is None or spec.accept != "speech" or confirming
    single, shortest, longest, decimal = _answer_keys(asked, confirming) if by_keys else (frozenset(), 0, 0, False)
    if asked.skip_key is not None and not confirming and (longest == 0 or not asked.skip_key.isdigit()):
        single |= {asked.skip_key}
    listed = question.listed
    if listed is not None and listed.key is not None and offered.has_more(work, question.name, listed):
        single |= {listed.key}
    beside = question.step.or_slot if isinstance(question.step, Menu) else None
    if beside is not None:  # the keys of both: a pause tells "1" from "1105"
        extra, shortest, longest, decimal = _answer_keys(expected_slot(work.flow.slots[beside]), False)
        single |= extra | {key for command in awake.values() if (key := command.key) is not None}
    single |= {key for command in awake.values() if (key := command.key) is not None and (longest <= 1 or len(key) > 1)}
    return KeySpec(
        single=single,
        shortest=shortest,
        longest=longest,
        end=settings.end,
        pause_ms=settings.pause_ms,
        first_ms=question.settings.answer_within_ms,
        ahead=settings.ahead and not confirming,
        decimal=decimal,
        most=int(asked.high) if decimal and asked.type is Type.NUMBER and isinstance(asked.high, Decimal) else None,
        places=MINOR_PLACES if decimal and asked.type is Type.MONEY else None,
        full=_full_keys(asked) if longest and not confirming else None,
    )


def _full_keys(asked: Expected) -> str | None:
    """Keys that are a whole answer though more could be typed."""
    match asked.of or asked.type:
        case Type.TIME:
            return CLOCK_KEYS
        case Type.PHONE:
            return phones.full_keys(asked.region)
        case _:
            return None


def _answer_keys(asked: Expected, confirming: bool) -> tuple[frozenset[str], int, int, bool]:
    """(keys that answer at once, fewest and most digits, whether * is the point)."""
    if confirming or asked.type is Type.YES_NO:
        return frozenset({asked.keys_yes, asked.keys_no}), 0, 0, False
    match asked.type:
        case Type.LIST if asked.of is not None:
            single, shortest, longest, decimal = _answer_keys(replace(asked, type=asked.of, of=None), False)
            return (single | {asked.keys_end} if longest == 0 and asked.current else single), shortest, longest, decimal
        case Type.CHOICE | Type.TARGET:
            keys = [option.key for option in asked.options if option.key is not None]
            if all(len(key) == 1 for key in keys):
                return frozenset(keys), 0, 0, False
            return frozenset(), min(map(len, keys)), max(map(len, keys)), False
        case Type.DIGITS:
            shortest, longest = asked.length or (1, _DIGITS_AT_MOST)
            if longest == 1:
                return frozenset("0123456789"), 0, 0, False
            return frozenset(), shortest, longest, False
        case Type.NUMBER | Type.MONEY:
            return frozenset(), 1, _longest_number(asked), True
        case Type.DATE:
            return frozenset(), 8, 8, False
        case Type.TIME:
            return frozenset(), 4, 4 if asked.near else 5, False
        case Type.PHONE:
            return frozenset(), phones.SHORTEST, phones.LONGEST + 3, False
        case _:
            return frozenset(), 0, 0, False


def _longest_number(asked: Expected) -> int:
    if not isinstance(asked.high, Decimal):
        return _NUMBER_AT_MOST
    whole = len(str(abs(int(asked.high))))
    return whole + 3 if asked.type is Type.MONEY else whole
