"""What the floor is told to wait for: the open question's slots, what may be corrected, the commands and the keys."""

from collections.abc import Mapping
from typing import Final, Literal

from ivr.flow.commands import RESUME
from ivr.flow.flow import Bundle, Command, Flow, TurnSettings
from ivr.flow.languages import is_heard
from ivr.flow.state import CommandWords, Doing, Expected, Listen
from ivr.flow.steps import language, offered, summary
from ivr.flow.steps import path as paths
from ivr.flow.steps.copying import replace
from ivr.flow.steps.expected import being_confirmed, expected_of, may_correct, open_besides
from ivr.flow.steps.keypad import key_spec
from ivr.flow.steps.question import Question
from ivr.flow.steps.remembered import once_each
from ivr.flow.steps.work import Work
from ivr.flow.types import Privacy, Type

LONG_DIGITS: Final = frozenset({Type.DIGITS, Type.PHONE})


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
    confirming = being_confirmed(work, question)
    asked = confirming or expected_of(work, question)
    awake = commands_awake(work, question)
    keys = key_spec(work, question, asked, confirming is not None, awake)
    if not ahead:
        keys = replace(keys, ahead=False)
    turn = _turn(question.settings.turn, work.node.turn, work.flow.turn)
    spec = question.slot
    waits = _waits_ms(work)
    return Listen(
        id=work.next_id(),
        question=question.name,
        expects=() if confirming is not None else (asked, *open_besides(work, question)),
        corrects=may_correct(work, question),
        confirming=confirming,
        commands=(
            *_named(work, awake),
            *_words(awake, keys.single, work.state.language),
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
        binding=_binding(work.flow),
    )


def guarded(work: Work) -> bool:
    """A flow of the project asks for private digits somewhere: a caller may still type them in the next flow."""
    return _asks_private_digits(work.bundle)


@once_each
def _asks_private_digits(bundle: Bundle) -> bool:
    slots = [slot for flow in bundle.flows.values() for slot in flow.slots.values()]
    return any(slot.privacy is not Privacy.OPEN and slot.type in LONG_DIGITS for slot in slots)


@once_each
def _binding(flow: Flow) -> frozenset[str]:
    """Slots whose yes lets a change be made, and those a change is made with that nobody confirms."""
    changes = [tool for tool in flow.tools.values() if tool.changes_things]
    agreed = {tool.confirm_with for tool in changes if tool.confirm_with is not None}
    taken = {name for tool in changes if tool.confirm_with is None for name in tool.takes}
    return frozenset((agreed | taken) & set(flow.slots))


def _privacy(work: Work, confirming: Expected) -> Privacy:
    return work.privacy(confirming.slot)


@once_each
def _turn(*levels: TurnSettings) -> TurnSettings:
    """Each setting as the innermost level that has it says."""
    answer: Literal["short", "sentence", "story"] | None = None
    pause_ms: int | None = None
    for turn in levels:
        answer = answer if answer is not None else turn.answer
        pause_ms = pause_ms if pause_ms is not None else turn.pause_ms
    return TurnSettings(answer, pause_ms)


# ---- commands


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


def commands_awake(work: Work, question: Question) -> Mapping[str, Command]:
    return paths.commands(work.flow, work.node, question.settings)


def _named(work: Work, awake: Mapping[str, Command]) -> tuple[CommandWords, ...]:
    command = awake.get("language")
    return () if command is None else language.named(work, command)


def _words(awake: Mapping[str, Command], single: frozenset[str], spoken: str) -> tuple[CommandWords, ...]:
    """A command whose key is taken, or asleep while digits are entered, keeps its words."""
    words = _all_words(awake)
    return tuple([keyed if keyed.key in single else bare for keyed, bare in words.get(spoken, words[""])])


@once_each
def _all_words(awake: Mapping[str, Command]) -> Mapping[str, tuple[tuple[CommandWords, CommandWords], ...]]:
    """By language, each with its key and without; under no name those of a language that has none of its own."""
    languages = {"", *(language for command in awake.values() for language in command.hears)}
    return {language: tuple(_both(command, language) for command in awake.values()) for language in languages}


def _both(command: Command, language: str) -> tuple[CommandWords, CommandWords]:
    hear = command.hears.get(language, command.hear)
    return CommandWords(command.name, hear, command.key), CommandWords(command.name, hear, None)
