"""The person who is to take a call while the caller holds: rings, hears the whisper, takes the call or does not.

Where the scenario has turns of an attendant, the person does what these say; else what is answered for the target.
"""

from dataclasses import dataclass
from typing import Final

from ivr.call.textrun.doubles.transfers import RESULTS, over, ring_ms
from ivr.call.textrun.happenings import Dialled, Whispered
from ivr.call.textrun.stage import Stage
from ivr.flow import state as flow
from ivr.flow.flow import Target
from ivr.flow.scenario import Answer
from ivr.flow.spoken import estimate_ms
from ivr.flow.understand.attendants import Verdict, by_keys, by_words

TALK_MS: Final = 30_000
"""How long caller and attendant speak to each other."""


def bring(stage: Stage, effect: flow.BringAttendant) -> None:
    if stage.caller_is_gone:
        return
    target = stage.bundle.targets[effect.target]
    answer = stage.answers.of(effect.target, RESULTS)
    if answer is None or answer.result is None:
        stage.happens(Dialled(stage.now, effect.target, None))
        if answer is None:
            stage.stick(f'The flow hands the call to "{effect.target}" and the test has no answer for it.')
        return
    stage.happens(Dialled(stage.now, effect.target, answer.result))
    if target.queue is not None:
        stage.at(stage.now, lambda: stage.feed(flow.PlaceMoved(stage.now, effect.id, _position(answer))))
    at = stage.now + _rings_ms(answer, target)
    if answer.result == "answered":
        stage.at(at, lambda: _answered(stage, effect))
    else:
        result = answer.result
        stage.at(at, lambda: _ended(stage, effect, result))


def _position(answer: Answer) -> int:
    written = answer.kept.get("position")
    return int(str(written)) if str(written).isdecimal() else 1


def _rings_ms(answer: Answer, target: Target) -> int:
    """In a queue nobody comes until the wait is over; that it is full is known at once."""
    if target.queue is None or answer.after_ms is not None:
        return ring_ms(answer, target)
    return target.wait_ms if answer.result == "no_answer" else ring_ms(answer, target)


def _held(stage: Stage, effect: flow.BringAttendant) -> bool:
    """Does the caller still wait for this attendant?"""
    waited = stage.state.awaiting.get(effect.id)
    return waited is not None and waited.kind == "attendant"


def _ended(stage: Stage, effect: flow.BringAttendant, result: str) -> None:
    if _held(stage, effect):
        stage.feed(flow.TransferEnded(stage.now, effect.id, result))  # type: ignore[arg-type]


def _answered(stage: Stage, effect: flow.BringAttendant) -> None:
    if not _held(stage, effect):
        return
    stage.feed(flow.AttendantAnswered(stage.now, effect.id))
    stage.happens(Whispered(stage.now, effect.target, effect.whisper, effect.shown))
    listened = stage.now + estimate_ms(effect.whisper)
    asked = bool(effect.accept_words or effect.accept_key)
    if asked and stage.attendants_play:
        person = _Person(stage, effect)
        stage.attendant = person
        stage.at(stage.now + effect.within_ms, person.waited_enough)
    else:
        stage.at(listened, lambda: _takes(stage, effect))


def _takes(stage: Stage, effect: flow.BringAttendant) -> None:
    stage.attendant = None
    if _held(stage, effect):
        stage.feed(flow.AttendantAccepted(stage.now, effect.id))


@dataclass(slots=True)
class _Person:
    """An attendant whose turns the scenario has."""

    stage: Stage
    effect: flow.BringAttendant

    def speaks(self, words: str) -> None:
        self._does(by_words(words, self.effect.accept_words, (name for name, _ in self.effect.details)))

    def presses(self, keys: str) -> None:
        self._does(by_keys(keys, self.effect.accept_key))

    def waited_enough(self) -> None:
        if self.stage.attendant is self:
            self._refuses()

    def _does(self, verdict: Verdict) -> None:
        effect, stage = self.effect, self.stage
        match verdict.what:
            case "takes":
                _takes(stage, effect)
            case "refuses":
                self._refuses()
            case "detail":
                told = dict(effect.details)[verdict.detail]
                stage.happens(Whispered(stage.now, effect.target, told, told))
            case _:
                stage.happens(Whispered(stage.now, effect.target, effect.whisper, effect.shown))

    def _refuses(self) -> None:
        """In a queue the caller keeps the place, and waits for somebody else."""
        self.stage.attendant = None
        if self.stage.bundle.targets[self.effect.target].queue is None:
            _ended(self.stage, self.effect, "no_answer")


def join(stage: Stage, effect: flow.JoinAttendant) -> None:
    """They speak to each other, and the attendant leaves."""
    if stage.caller_is_gone:
        return
    stage.when_said(lambda: stage.at(stage.now + TALK_MS, lambda: over(stage, effect.id, "answered")))


def drop(stage: Stage, effect: flow.DropAttendant) -> None:
    stage.attendant = None
