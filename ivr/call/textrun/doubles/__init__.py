"""Who answers in place of the world: one module for each family of effects, all of them listed here.

An effect that reaches beyond the line (a tool, a target, a message) has a function `(stage, effect)`. It looks up what
the script answers (`stage.answers`), notes what happened (`stage.happens`) and feeds the event back when it is due
(`stage.at`, `stage.feed`).
"""

from typing import assert_never

from ivr.call.textrun.doubles import attendants, endings, messages, models, sends, tools, transfers
from ivr.call.textrun.happenings import Noted
from ivr.call.textrun.stage import Stage
from ivr.flow import state as flow

Beyond = (
    flow.CallToolEffect
    | flow.AskModel
    | flow.DropModel
    | flow.Dial
    | flow.TakeMessage
    | flow.DropAttendant
    | flow.JoinAttendant
    | flow.BringAttendant
    | flow.PlayMusic
    | flow.Send
    | flow.BookCallback
    | flow.HangUp
    | flow.Note
)
"""Effects that are not of the line itself: neither said nor listened for, and no timers."""


def perform(stage: Stage, effect: Beyond) -> None:
    match effect:
        case flow.CallToolEffect():
            tools.call(stage, effect)
        case flow.AskModel():
            models.ask(stage, effect)
        case flow.DropModel():
            pass  # a reply that is late is passed over by the engine
        case flow.Dial():
            transfers.dial(stage, effect)
        case flow.BringAttendant():
            attendants.bring(stage, effect)
        case flow.JoinAttendant():
            attendants.join(stage, effect)
        case flow.DropAttendant():
            attendants.drop(stage, effect)
        case flow.TakeMessage():
            messages.take(stage, effect)
        case flow.Send():
            sends.send(stage, effect)
        case flow.BookCallback():
            sends.book(stage, effect)
        case flow.HangUp():
            endings.hang_up(stage, effect)
        case flow.PlayMusic():
            pass  # nobody answers for it, and it is not said
        case flow.Note():
            stage.happens(Noted(stage.now, effect))
        case _:
            assert_never(effect)
