"""`language:` and the command of that name: from here on everything is said in another language."""

from typing import Final

from ivr.flow.flow import Command, SpeakIn
from ivr.flow.languages import names_of
from ivr.flow.state import CommandWords
from ivr.flow.steps.work import Work


def run(work: Work, step: SpeakIn) -> None:
    work.speak_in(step.language)
    work.next()


def named(work: Work, command: Command) -> tuple[CommandWords, ...]:
    """Of several languages the one is taken that a caller names; words that name none lead on to the next."""
    if len(work.bundle.languages) < 3:
        return ()
    words = command.hears.get(work.state.language, command.hear)
    found = ((tongue, tuple(w for w in words if w.lower() in names_of(tongue))) for tongue in work.bundle.languages)
    return tuple(CommandWords(f"{NAMED}{tongue}", heard, None) for tongue, heard in found if heard)


NAMED: Final = "language "
"""Before the language, in the name of a command that goes over to it."""


def next_language(work: Work) -> str:
    """The other one; of several the one behind, and behind the last the first."""
    languages = work.bundle.languages
    return languages[(languages.index(work.state.language) + 1) % len(languages)]
