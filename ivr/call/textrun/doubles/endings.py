"""The bot hangs up once its goodbye was heard."""

from ivr.call.textrun.stage import Stage
from ivr.flow import state as flow


def hang_up(stage: Stage, effect: flow.HangUp) -> None:
    stage.when_said(lambda: stage.end(effect.outcome))
