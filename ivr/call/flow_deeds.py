"""What the flow asks for, done: said, listened for, sent, recorded, and the call left.

Each deed goes to the room that knows how; what changes something outside is in the journal before it is put out.
"""

from collections.abc import Callable, Iterable
from typing import Final, assert_never

from ivr.call import codec
from ivr.call import effects as fx
from ivr.call.call_end import CallEnd
from ivr.call.far_end import FarEnd
from ivr.call.listening import Listening
from ivr.call.messages import MessageTaking
from ivr.call.outbox import Outbox
from ivr.call.prompts import Prompts
from ivr.call.replies import Replies
from ivr.call.saying import Saying
from ivr.call.tools_at_work import ToolsAtWork
from ivr.flow import state as flow
from ivr.flow.types import Privacy
from ivr.units import Millis

SEND_DECIDED: Final = "SendDecided"
"""The entry of a message or a callback, which holds all of it: whoever finds it without its row makes the row."""


class FlowDeeds:
    def __init__(
        self,
        project: str,
        out: Outbox,
        prompts: Prompts,
        *,
        listening: Listening,
        saying: Saying,
        end: CallEnd,
        tools: ToolsAtWork,
        replies: Replies,
        message: MessageTaking,
        far_end: FarEnd,
        engine: Callable[[flow.Event], None],
    ) -> None:
        """`engine`: the flow is told, and what it then asks for is done at once."""
        self._project = project
        self._out = out
        self._prompts = prompts
        self._listening = listening
        self._saying = saying
        self._end = end
        self._tools = tools
        self._replies = replies
        self._message = message
        self._far_end = far_end
        self._engine = engine
        self._recording_paused = False

    def do(self, effects: Iterable[flow.Effect], now: Millis) -> None:
        """In their order."""
        before = len(self._prompts)
        for effect in effects:
            self._perform(effect, now)
        if len(self._prompts) > before:
            self._listening.prompt_started(now)
            self._saying.cut_for_good(now)
        self._listening.settle(now)
        self._pause_recording(self._listening.private)
        self._end.maybe_leave()

    def _perform(self, effect: flow.Effect, now: Millis) -> None:
        match effect:
            case flow.SayEffect():
                if self._replies.unfit(effect):
                    self._engine(flow.PromptDone(now, effect.id, Millis(0), "", True))
                elif not self._far_end.holds(effect, now):
                    self._saying.say(effect)
            case flow.StopSaying():
                if not (effect.spares and self._prompts.protected):
                    self._saying.cut()
            case flow.Listen():
                if not self._end.finished:
                    self._listening.open(effect)
            case flow.StopListening():
                self._listening.close()
            case flow.Send() | flow.BookCallback():
                entry = self._out.keep(
                    now, SEND_DECIDED, {**codec.encode_deed(effect), "project": self._project}, Privacy.PII
                )
                self._out.put(fx.SendOut(effect, entry))
            case flow.PlayMusic():
                self._out.put(fx.PlayMusic(effect.sound))
            case flow.WakeAt():
                self._out.wake(effect.id, effect.at_ms)
            case flow.CallToolEffect():
                self._tools.run(effect, now)
            case flow.AskModel():
                self._out.put(
                    fx.AskModel(effect, self._listening.last_said if effect.may_hear and effect.heard else b"")
                )
            case flow.DropModel():
                self._out.put(fx.DropModel(effect.id))
            case flow.Dial():
                entry = self._out.keep(now, "TransferDecided", {"target": effect.target})
                leave = fx.Leave("transfer", effect.target, effect.id, entry, effect.to, effect.data)
                self._depart(leave, now)
            case flow.BringAttendant():
                entry = self._out.keep(now, "AttendantAsked", {"target": effect.target})
                self._out.put(fx.BringAttendant(effect, entry))
            case flow.JoinAttendant():
                entry = self._out.keep(now, "JoinDecided", {"target": effect.target})
                self._depart(fx.Leave("join", effect.target, effect.id, entry), now)
            case flow.DropAttendant():
                self._out.put(fx.DropAttendant(effect.id))
            case flow.TakeMessage():
                self._message.take(effect)
            case flow.HangUp():
                entry = self._out.keep(now, "HangUpDecided", {"outcome": effect.outcome})
                self._depart(fx.Leave("hang_up", None, None, entry), now)
            case flow.Note():
                self._out.note(now, effect.kind, effect.what, effect.detail, effect.place)
            case _:
                assert_never(effect)

    def _pause_recording(self, on: bool) -> None:
        if on is not self._recording_paused:
            self._recording_paused = on
            self._out.put(fx.PauseRecording(on))

    def _depart(self, leave: fx.Leave, now: Millis) -> None:
        if not self._end.finished:
            self._listening.close()
            self._end.depart(leave, now)
