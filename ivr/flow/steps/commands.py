"""Commands: words and keys that work on every question."""

from ivr.flow.steps.ask import ask_again
from ivr.flow.steps.correction import back
from ivr.flow.steps.listening import commands_awake
from ivr.flow.steps.phrases import hint_phrase, keypad_hint_phrase, sentence
from ivr.flow.steps.question import Question, question_interrupt
from ivr.flow.steps.work import Work


def run(work: Work, question: Question, name: str) -> None:
    command = commands_awake(work, question).get(name)
    if command is None:
        ask_again(work, spoken=True)
        return
    work.note("command", name, place=question.step.place)
    if command.goto is not None:
        work.forget_said()
        work.goto(command.goto, None)
        work.walking = True
    elif command.steps:
        work.stand(work.at.question_step)
        work.enter(f"command/{question.name}/{name}")
        work.walking = True
    else:
        _built_in(work, question, name)


def _built_in(work: Work, question: Question, name: str) -> None:
    match name:
        case "repeat":
            work.say(work.state.last_prompt, question_interrupt(work, question), again=True)
            ask_again(work, spoken=False)
        case "help":
            _help(work, question)
        case "back":
            back(work, question)
        case _:
            raise AssertionError(f"{name} is not a built-in command")


def _help(work: Work, question: Question) -> None:
    hints = [hint_phrase(work, question), keypad_hint_phrase(work, question)]
    for hint in [hint for hint in hints if hint.text] or [sentence(work, "help")]:
        work.say(hint, question_interrupt(work, question), again=True)
    ask_again(work, spoken=True)
