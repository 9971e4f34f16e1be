"""The people a call is handed to: whether they answer, and how long it rings."""

from typing import Final

from ivr.call.textrun.happenings import Dialled
from ivr.call.textrun.stage import Stage
from ivr.flow import state as flow
from ivr.flow.flow import Target
from ivr.flow.scenario import Answer

RESULTS: Final = ("answered", "no_answer", "busy", "closed", "failed", "caller_left")
ATTENDANT_MS: Final = 1000
"""How long a target takes to answer where the script does not say."""


def dial(stage: Stage, effect: flow.Dial) -> None:
    if not stage.caller_is_gone:
        stage.when_said(lambda: _ring(stage, effect))


def _ring(stage: Stage, effect: flow.Dial) -> None:
    answer = stage.answers.of(effect.target, RESULTS)
    if answer is None or answer.result is None:
        stage.happens(Dialled(stage.now, effect.target, None))
        if answer is None:
            stage.stick(f'The flow hands the call to "{effect.target}" and the test has no answer for it.')
        return
    result = answer.result
    assert result in RESULTS
    stage.happens(Dialled(stage.now, effect.target, result))
    at = stage.now + ring_ms(answer, stage.bundle.targets[effect.target])
    stage.at(at, lambda: over(stage, effect.id, result))


def over(stage: Stage, transfer: str, result: str) -> None:
    """The caller is back, or the call is over with it."""
    stage.feed(flow.TransferEnded(stage.now, transfer, result))  # type: ignore[arg-type]
    if stage.state.doing is flow.Doing.ENDED:
        stage.end(stage.state.outcome or "transferred")


def ring_ms(answer: Answer, target: Target) -> int:
    """How long it rings."""
    if answer.after_ms is not None:
        return answer.after_ms
    return target.ring_ms if answer.result == "no_answer" else ATTENDANT_MS
