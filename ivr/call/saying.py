"""Our side of a call: what was asked to be said, how far it was heard, and what becomes of it when speech stops it.

say ─▶ Prompts, StartPlayout ─▶ PlayoutEnded ─┬─ over: a turn of the record, then the flow's PromptDone
                                              └─ stopped ─┬─ cut_for_good: so is the rest over
                                                          └─ go_on: the rest is said
"""

from collections.abc import Callable
from dataclasses import replace

from ivr.call import effects as fx
from ivr.call import events as ev
from ivr.call.call_end import CallEnd
from ivr.call.outbox import Outbox
from ivr.call.prompts import Prompts
from ivr.flow.state import PromptDone, SayEffect
from ivr.units import Millis


class Saying:
    def __init__(
        self,
        prompts: Prompts,
        out: Outbox,
        end: CallEnd,
        *,
        node: Callable[[], str],
        done: Callable[[PromptDone], None],
        prompts_done: Callable[[Millis], None],
        prompt_over: Callable[[Millis], None],
    ) -> None:
        """`node`: where the flow stands, for the transcript; `done`: the flow is told; `prompts_done`, `prompt_over`:
        so is the caller's side (see Listening)."""
        self._prompts = prompts
        self._out = out
        self._end = end
        self._node = node
        self._done = done
        self._prompts_done = prompts_done
        self._prompt_over = prompt_over
        self._unvoiced: set[str] = set()
        """What the voice could not say, until what was said before it is over."""
        self._go_on_due = False
        """What speech stopped goes on as soon as it is known how far it was heard."""

    def say(self, say: SayEffect, ahead: bool = False) -> None:
        """`ahead` of what the voice is still at work on."""
        if not self._end.finished:
            self._prompts.add(say)
            self._out.record.asked_to_say(say, self._node())
            spoken = fx.StartPlayout(
                say.id, say.text, say.fixed, ahead, say.language, say.sound, say.from_ms, say.voiced, say.filler
            )
            self._out.put(spoken)

    def began(self, say_id: str, now: Millis) -> None:
        """Its first sound is on the line."""
        if self._prompts.get(say_id) is not None:
            self._out.record.first_sound(say_id, now)

    def ended(self, event: ev.PlayoutEnded, now: Millis) -> bool:
        """Whether it is over: nothing more will be said of it. Of what nobody knows (any more) nothing was."""
        say = self._prompts.over(event.say)
        if say is None:
            return False
        if self._prompts.stopped.take_in(say, event, now):
            self._stopped(now)
            return False
        self._out.put(self._out.record.bot_spoke(say, event, now))
        if not self._prompts:
            self._prompts_done(now)
        self._tell_flow(event, now)
        self._prompt_over(now)
        return True

    def failed(self, say_id: str) -> bool:
        """The voice could not say it. Whether anybody waited for it."""
        say = self._prompts.get(say_id)
        if say is not None and not say.filler:
            self._unvoiced.add(say_id)
        return say is not None

    def take_unvoiced(self, say_id: str) -> bool:
        """Whether it is one that could not be said."""
        unvoiced = say_id in self._unvoiced
        self._unvoiced.discard(say_id)
        return unvoiced

    def cut(self) -> None:
        """Nothing more is to be heard of what is being said."""
        self._prompts.held.clear()
        if self._prompts:
            self._out.put(fx.CutPlayout())

    def give_up(self) -> None:
        """It does not come to its end: nobody waits for it any more."""
        self.cut()
        self._prompts.clear()

    def drop(self) -> None:
        """There is nobody to say anything to."""
        for stopped in self._prompts.stopped.take():
            self._out.put(self._out.record.bot_spoke(stopped.say, stopped.ended, stopped.at_ms))
        self._prompts.clear()

    # ---- prompts that speech stopped

    def _stopped(self, now: Millis) -> None:
        """How far one of them was heard is known now."""
        if not self._prompts:
            self._prompts_done(now)
        if self._go_on_due:
            self.go_on(now)

    def cut_for_good(self, now: Millis) -> None:
        """It was meant: what was not heard is not said."""
        for stopped in self._prompts.stopped.take():
            self._out.put(self._out.record.bot_spoke(stopped.say, stopped.ended, stopped.at_ms))
            self._tell_flow(stopped.ended, now)

    def go_on(self, now: Millis) -> None:
        """It meant nothing: the rest is said."""
        self._go_on_due = not self._prompts.stopped.all_known
        if self._go_on_due:
            return
        for stopped in self._prompts.stopped.take():
            rest = self._prompts.stopped.rest(stopped)
            if rest is None:
                whole = replace(stopped.ended, heard=stopped.say.text, cut=False)
                self._out.put(self._out.record.bot_spoke(stopped.say, whole, stopped.at_ms))
                self._tell_flow(whole, now)
                continue
            if stopped.ended.heard_ms:
                self._out.put(self._out.record.bot_spoke(stopped.say, stopped.ended, stopped.at_ms))
            self.say(rest)
        if not self._prompts:
            self._prompts_done(now)
            self._prompt_over(now)

    def _tell_flow(self, event: ev.PlayoutEnded, now: Millis) -> None:
        """The flow knows nothing of the parts in which it was said."""
        whole = self._prompts.stopped.whole(event)
        self._prompts.stopped.over(event.say)
        self._done(PromptDone(now, whole.say, whole.heard_ms, whole.heard, whole.cut))
