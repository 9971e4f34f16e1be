"""While a caller waits for an attendant: music, a line now and then, and options, which are listened for all the time.

The options stand in the branch `wait` of the transfer as a menu without words. Silence is no answer there, and what
fits no option is passed over: callers who hold talk to others.
"""

from typing import Final

from ivr.flow.flow import Menu, Transfer
from ivr.flow.state import Doing, Listen, StopListening
from ivr.flow.steps import path as paths
from ivr.flow.steps.copying import replace
from ivr.flow.steps.expected import expected_of
from ivr.flow.steps.keypad import key_spec
from ivr.flow.steps.listening import guarded
from ivr.flow.steps.phrases import prompt_phrase
from ivr.flow.steps.question import Question
from ivr.flow.steps.work import Work
from ivr.flow.types import Privacy

LONGEST_MS: Final = 86_400_000
"""A day: nobody waits as long, and no answer is missed before that."""


def begin(work: Work, step: Transfer, held: str) -> None:
    """The caller holds from here on, at the transfer's step."""
    work.enter(paths.WAIT)
    work.play_music(step.meanwhile.music)
    _arm(work, step, held)
    listen(work, step)


def listen(work: Work, step: Transfer) -> None:
    """Listen for the options, if there are any. The walk stands still."""
    work.wait(Doing.HOLDING)
    menu = paths.waiting_menu(step)
    if not menu.options:
        return
    work.at = replace(work.at, question=menu.name, question_step=work.path)
    question = Question(menu.name, menu, menu.question, menu.prompt, None, None)
    effect = _listen(work, question)
    work.emit(effect)
    work.state = replace(work.state, listening=effect)


def _listen(work: Work, question: Question) -> Listen:
    asked = expected_of(work, question)
    return Listen(
        id=work.next_id(),
        question=question.name,
        expects=(asked,),
        corrects=(),
        confirming=None,
        commands=(),
        keys=replace(key_spec(work, question, asked, False, {}), ahead=False),
        answer_within_ms=LONGEST_MS,
        answer=None,
        pause_ms=None,
        privacy=Privacy.OPEN,
        language=work.state.language,
        meanwhile=True,
        guarded=guarded(work),
    )


def is_waiting(question: Question) -> bool:
    """Is it the options of a waiting caller?"""
    return isinstance(question.step, Menu) and question.step.name == paths.WAITING


def listen_again(work: Work) -> None:
    """What was heard is none of the options."""
    work.stand(work.at.question_step)
    step = transfer_here(work)
    assert step is not None
    listen(work, step)


def go_on(work: Work, step: Transfer) -> None:
    """An option has done what it does, and the caller keeps the place. The walk stands at the transfer's step."""
    work.enter(paths.WAIT)
    work.at = replace(work.at, question=None)
    listen(work, step)


def transfer_here(work: Work) -> Transfer | None:
    """The transfer whose attendant is waited for, where the walk stands in its options, or in a flow that one of them
    ran."""
    standings = (*work.state.standings[:-1], replace(work.at, step=work.path))
    for standing in reversed(standings):
        if paths.WAIT in standing.step:
            path = standing.step[: standing.step.index(paths.WAIT)]
            step = paths.step_at(work.bundle.flows[standing.flow], standing.node, path)
            assert isinstance(step, Transfer)
            return step
    return None


def over(work: Work) -> None:
    """Somebody came, or nobody does: the caller holds no more."""
    if work.state.listening is not None:
        work.emit(StopListening())
    work.stop_music()
    work.state = replace(work.state, listening=None, pending=None, calling=None)
    work.at = replace(work.at, question=None)


# ---- lines


def _arm(work: Work, step: Transfer, held: str) -> None:
    if step.meanwhile.every_ms is not None:
        work.wake(f"{held}:every", work.at_ms + step.meanwhile.every_ms)


def say_line(work: Work, held: str) -> None:
    """It is time for a line; while an option is at work it is left out."""
    step = transfer_here(work)
    if step is None or step.meanwhile.say is None:
        return
    if work.state.doing is Doing.HOLDING:
        work.say(prompt_phrase(work, step.meanwhile.say), work.interrupt(own=None), again=True)
    _arm(work, step, held)
