"""`language:` and the command of that name: from here on everything is said in another language."""

from ivr.flow.flow import SpeakIn
from ivr.flow.steps.work import Work


def run(work: Work, step: SpeakIn) -> None:
    work.speak_in(step.language)
    work.next()


def next_language(work: Work) -> str:
    """The other one; of several the one behind, and behind the last the first."""
    languages = work.bundle.languages
    return languages[(languages.index(work.state.language) + 1) % len(languages)]
