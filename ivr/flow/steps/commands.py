"""Commands: words and keys that work on every question."""

from ivr.flow.flow import Command, OptionsFrom
from ivr.flow.steps import language, offered
from ivr.flow.steps.ask import ask_again
from ivr.flow.steps.copying import replace
from ivr.flow.steps.correction import back
from ivr.flow.steps.listening import RESUME_COMMAND, commands_awake
from ivr.flow.steps.phrases import hint_phrase, keypad_hint_phrase, sentence
from ivr.flow.steps.question import Question, question_interrupt
from ivr.flow.steps.work import Work


def run(work: Work, question: Question, name: str) -> None:
    if name == offered.MORE and question.listed is not None:
        _more(work, question, question.listed)
        return
    if name == RESUME_COMMAND:
        work.note("command", "wait", "is there again", question.step.place)
        ask_again(work, spoken=True)
        return
    if name.startswith(language.NAMED):
        work.speak_in(name.removeprefix(language.NAMED))
        ask_again(work, spoken=True)
        return
    command = commands_awake(work, question).get(name)
    if command is None:
        ask_again(work, spoken=True)
        return
    work.note("command", name, place=question.step.place)
    if command.goto is not None:
        work.forget_said()
        work.goto(command.goto, None)
        work.walking = True
    elif command.wait_ms is not None:
        _wait(work, question, command)
    elif command.steps:
        work.stand(work.at.question_step)
        work.enter(f"command/{question.name}/{name}")
        work.walking = True
    else:
        _built_in(work, question, name)


def _more(work: Work, question: Question, listed: OptionsFrom) -> None:
    """The next page of a list; behind the last one the first again."""
    work.note("command", "more", place=question.step.place)
    if not offered.turn_page(work, question.name, listed):
        work.say(sentence(work, "no_more_choices"), question_interrupt(work, question), again=True)
    work.say(offered.offer_phrase(work, question.name, listed), question_interrupt(work, question), again=True)
    ask_again(work, spoken=False)


def _wait(work: Work, question: Question, command: Command) -> None:
    """The line stays open and nothing is asked; keys, a command or the end of the wait go on."""
    assert command.wait_ms is not None
    work.say(sentence(work, "waiting"), question_interrupt(work, question), again=True)
    if not work.state.written:  # who writes takes all the time there is, and answers by the next message
        work.at = replace(work.at, waits_until=type(work.at_ms)(work.at_ms + command.wait_ms))
    ask_again(work, spoken=False)


def _built_in(work: Work, question: Question, name: str) -> None:
    match name:
        case "repeat":
            work.say(work.state.last_prompt, question_interrupt(work, question), again=True)
            ask_again(work, spoken=False)
        case "help":
            _help(work, question)
        case "language":
            work.speak_in(language.next_language(work))
            ask_again(work, spoken=True)
        case "back":
            back(work, question)
        case _:
            raise AssertionError(f"{name} is not a built-in command")


def _help(work: Work, question: Question) -> None:
    hints = [hint_phrase(work, question), keypad_hint_phrase(work, question)]
    for hint in [hint for hint in hints if hint.text] or [sentence(work, "help")]:
        work.say(hint, question_interrupt(work, question), again=True)
    ask_again(work, spoken=True)
