"""What leaves the call: messages, which nobody answers, and callbacks, which are booked unless the script says not."""

from ivr.call.textrun.happenings import Sent
from ivr.call.textrun.stage import Stage
from ivr.flow import state as flow


def send(stage: Stage, effect: flow.Send) -> None:
    stage.happens(Sent(stage.now, effect.kind, effect.name, effect.shown))


def book(stage: Stage, effect: flow.BookCallback) -> None:
    answer = stage.answers.callback(effect.target)
    failed = answer is not None and answer.result == "failed"
    if not failed:
        stage.happens(Sent(stage.now, "callback", effect.target))
    stage.at(
        stage.now,
        lambda: stage.feed(flow.CallbackBooked(stage.now, effect.id, "failed" if failed else "booked")),
    )
