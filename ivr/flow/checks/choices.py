"""Words and keys of one question that mean two things: the caller who uses them cannot know what happens."""

from collections.abc import Iterator, Mapping

from ivr.flow.checks.walk import Question, commands, questions_in
from ivr.flow.flow import Command, Flow, Goto, Menu, Option
from ivr.flow.messages import Message
from ivr.flow.text import Place


def check_choices(flow: Flow) -> Iterator[Message]:
    """Two options of a question, two commands, or an option and a command that hear the same."""
    told: set[tuple[Place, str]] = set()
    for node in flow.nodes.values():
        for question in questions_in(flow, node):
            heard = commands(flow, node, question.settings)
            for message in (*_options(question), *_covered(question, heard), *_commands(heard)):
                if (message.place, message.text) not in told:
                    told.add((message.place, message.text))
                    yield message


def options_of(question: Question) -> tuple[Option, ...]:
    if question.slot is not None:
        return question.slot.options
    return question.step.options if isinstance(question.step, Menu) else ()


def _options(question: Question) -> Iterator[Message]:
    first: dict[str, Option] = {}
    for option in options_of(question):
        for words in option.hear:
            other = first.setdefault(words.casefold(), option)
            if other is not option:
                text = f'"{words}" chooses "{other.name}" and "{option.name}": a caller who says it gets the first.'
                fix = "Give one of them other words."
                yield Message(option.place, "IVR312", text, width=len(option.name), fix=fix)
                return


def _covered(question: Question, heard: Mapping[str, Command]) -> Iterator[Message]:
    """An option's words win over a command's, which then cannot be said here."""
    by_words = {words.casefold(): command for command in heard.values() for words in command.hear}
    for option in options_of(question):
        for words in option.hear:
            command = by_words.get(words.casefold())
            if command is not None and not _alike(option, command):
                text = f'"{words}" means {command.name} everywhere, but here it chooses "{option.name}".'
                fix = f"Give the option other words, or switch it off here:  commands: {{{command.name}: no}}"
                yield Message(option.place, "IVR313", text, "warning", len(option.name), fix)
                return


def _alike(option: Option, command: Command) -> bool:
    """The caller comes to the same node either way."""
    return len(option.steps) == 1 and isinstance(option.steps[0], Goto) and option.steps[0].node == command.goto


def _commands(heard: Mapping[str, Command]) -> Iterator[Message]:
    by_key: dict[str, Command] = {}
    by_words: dict[str, Command] = {}
    for command in heard.values():
        place = command.place
        if place is None:
            continue  # built in: its own words give way
        if command.key is not None:
            other = by_key.setdefault(command.key, command)
            if other is not command:
                text = f'Key "{command.key}" means {other.name} and {command.name}.'
                yield Message(place, "IVR112", text, width=3, fix="Give one of them another key.")
        for words in command.hear:
            other = by_words.setdefault(words.casefold(), command)
            if other is not command:
                text = f'"{words}" means {other.name} and {command.name}: a caller who says it gets the first.'
                yield Message(place, "IVR312", text, fix="Give one of them other words.")
                break
