"""What goes on at our end of a call by text: prompts last, keys are gathered, timers run, the engine is fed."""

from collections.abc import Callable
from typing import Final

from ivr.call.textrun import happenings as seen
from ivr.call.textrun.agenda import Agenda
from ivr.call.textrun.answers import Answers
from ivr.call.textrun.doubles import perform
from ivr.call.textrun.prompts import Prompts
from ivr.call.textrun.stage import Attendant, Message
from ivr.flow import engine
from ivr.flow import scenario as sc
from ivr.flow import state as flow
from ivr.flow.flow import Bundle
from ivr.flow.types import Interrupt
from ivr.turn.keys import Entered, KeyEntry
from ivr.units import Millis

BUDGET: Final = 20_000
"""Things that happen in one call before it is taken for a loop."""


_OF_THE_CALLER: Final = (sc.Speak, sc.Press, sc.StaySilent, sc.HangUpNow)


class LineByText:
    """The bot's side of one call: its prompts, its ears for keys, its timers, and the engine behind them."""

    def __init__(self, bundle: Bundle, state: flow.CallState, answers: Answers) -> None:
        self.bundle = bundle
        self.state = state
        self.happened: list[seen.Happening] = []
        self.fed: list[flow.Event] = []
        """All the engine was fed, in order."""
        self.fault: str | None = None
        """Why the call cannot go on, though it is not over: nobody answers for a tool or a target."""
        self.outcome: str | None = None
        self.answers = answers
        self.caller_is_gone = False
        self.attendant: Attendant | None = None
        self.attendants_play = False
        self.message: Message | None = None
        self.next_act: sc.Act | None = None
        """What the script has next, where there is one."""
        self._listen: flow.Listen | None = None
        self._keys = KeyEntry()
        self._agenda = Agenda()
        self._prompts = Prompts(self._agenda, self.happened, done=self.feed, after=self._prompt_heard)
        self._patience: Millis | None = None
        self._leaving: Callable[[], None] | None = None
        self._speaking_until: Millis | None = None
        self._spoke_until: Millis | None = None
        """When the last words of a message were over."""
        self._wakes: dict[str, int] = {}
        self._work = 0

    # ---- what can be seen

    @property
    def now(self) -> Millis:
        """Since the call began."""
        return self._agenda.now

    @property
    def waits(self) -> bool:
        """The bot has said all it had to say and waits for the caller, or for the attendant."""
        if self.attendant is not None:
            return True
        if self.message is not None and (
            self.message.waits or (not self.message.words and isinstance(self.next_act, _OF_THE_CALLER))
        ):
            return True
        if self._holds and isinstance(self.next_act, sc.AttendantSpeaks | sc.AttendantPresses):
            return False
        if self.state.doing is flow.Doing.THINKING:
            return False
        return self._listen is not None and not self._prompts and not self._keys.typing

    @property
    def over(self) -> bool:
        return self.outcome is not None

    @property
    def stuck(self) -> bool:
        """Nothing will happen any more, and the call is not over."""
        return self.fault is not None or not (self.over or self.waits or self._agenda)

    @property
    def listening(self) -> flow.Listen | None:
        return self._listen

    @property
    def speaking(self) -> bool:
        """A prompt is being heard."""
        return self._prompts.sounding

    # ---- letting time pass

    def answer(self) -> None:
        """The call is answered: the flow begins."""
        self.feed(flow.CallStarted(self.now))

    def until_waiting(self) -> None:
        """Until the bot waits, the call is over, or it cannot go on."""
        while not (self.waits or self.stuck) and self._agenda:
            if self.over and not self.state.awaiting:
                return
            self._next()

    def until_first_sound(self, after_ms: Millis) -> None:
        """Until a prompt begins at or after `after_ms`."""
        while not self._sounded_since(after_ms) and not (self.waits or self.stuck) and self._agenda:
            self._next()

    def until(self, moment_ms: Millis) -> None:
        """Until that moment of the call."""
        while self._agenda and self._agenda.next_ms <= moment_ms and not self.stuck:
            self._next()
        self._agenda.pass_to(moment_ms)

    def first_sound(self, after_ms: Millis) -> Millis | None:
        return next((h.at_ms for h in self.happened if isinstance(h, seen.BotSpoke) and h.at_ms >= after_ms), None)

    def _sounded_since(self, after_ms: Millis) -> bool:
        return self.first_sound(after_ms) is not None

    def _next(self) -> None:
        self._work += 1
        if self._work > BUDGET:
            self.fault = "The call goes round in a circle."
            return
        self._agenda.next()

    @property
    def _holds(self) -> bool:
        """The caller waits for an attendant, and may do something meanwhile."""
        return self._listen is not None and self._listen.meanwhile

    # ---- keys

    def _keys_may_cut(self) -> bool:
        return self._prompts.interrupt in (Interrupt.ANY, Interrupt.KEYS)

    def _take_ahead(self) -> None:
        entered = self._keys.take_ahead(self.now)
        if entered is None and not self._keys.typing:
            return
        self._patience = None
        self._prompts.cut()
        self._entered(entered)

    def _entered(self, entered: Entered | None) -> None:
        listen, deadline = self._listen, self._keys.deadline
        if entered is None:
            if deadline is not None:
                self._agenda.at(deadline, self._keys_due)
            return
        if listen is None:
            return
        self._listen = None
        self._agenda.at(
            self.now, lambda: self.feed(flow.KeysEntered(self.now, listen.id, entered.keys, entered.ended_by))
        )

    def _keys_due(self) -> None:
        entered = self._keys.due(self.now)
        if entered is not None:
            self._entered(entered)

    # ---- prompts

    def _prompt_heard(self) -> None:
        self._prompts.begin()
        if self._listen is not None and self._keys_may_cut():
            self._take_ahead()
        self._arm_patience()
        self._maybe_leave()

    def _drain(self) -> None:
        """What is due at this very moment."""
        self.until(self.now)

    # ---- timers

    def _arm_patience(self) -> None:
        """The no-input timer runs from when the prompt was heard, while nobody speaks or types."""
        if self._listen is None or self._prompts or self._keys.typing or self._speaking_until is not None:
            return
        if self._patience is None:
            self._patience = deadline = Millis(self.now + self._listen.answer_within_ms)
            self._agenda.at(deadline, lambda: self._nothing_heard(deadline))

    def _nothing_heard(self, deadline: Millis) -> None:
        listen = self._listen
        if self._patience != deadline or listen is None:
            return
        self._close_question()
        self.happened.append(seen.CallerWasSilent(self.now, listen.question))
        self.feed(flow.NothingHeard(self.now, listen.id))

    def _close_question(self) -> None:
        self._listen = None
        self._patience = None
        self._keys.close()

    def _wake(self, effect: flow.WakeAt) -> None:
        if effect.at_ms is None:
            self._wakes.pop(effect.id, None)
            return
        order = self._agenda.at(effect.at_ms, lambda: self._woke(effect.id, order))
        self._wakes[effect.id] = order

    def _woke(self, wake_id: str, order: int) -> None:
        if self._wakes.get(wake_id) == order:
            del self._wakes[wake_id]
            if not self.over or self.state.awaiting:
                self.feed(flow.Woke(self.now, wake_id))

    # ---- the engine

    def feed(self, event: flow.Event) -> None:
        """One event to the engine, and all it asks for performed."""
        self.fed.append(event)
        self.state, effects = engine.step(self.bundle, self.state, event)
        for effect in effects:
            self._perform(effect)
            if isinstance(effect, flow.Note) and effect.kind == "filled":
                self._note_choice(effect.what)
        self._prompts.begin()
        self._arm_patience()
        if self._listen is not None and self._keys_may_cut():
            self._take_ahead()
        self._maybe_leave()

    def _perform(self, effect: flow.Effect) -> None:
        match effect:
            case flow.SayEffect():
                if not self.caller_is_gone:
                    self._prompts.say(effect)
            case flow.StopSaying():
                if not (effect.spares and self._prompts.protected):
                    self._prompts.cut()
            case flow.Listen():
                self._open(effect)
            case flow.StopListening():
                self._close_question()
            case flow.WakeAt():
                self._wake(effect)
            case _:
                perform(self, effect)

    def _note_choice(self, slot: str) -> None:
        """Which option it was, or which ones: notes hold no values."""
        for standing in reversed(self.state.standings):
            spec, held = self.bundle.flows[standing.flow].slots.get(slot), standing.slots.get(slot)
            if spec is not None and held is not None and spec.options:
                chosen = held.value if isinstance(held.value, tuple) else (held.value,)
                self.happened += [seen.Chose(self.now, standing.flow, slot, o) for o in chosen if isinstance(o, str)]
                return

    def _open(self, listen: flow.Listen) -> None:
        if self.caller_is_gone:
            return
        self._listen = listen
        self._patience = None
        self._keys.expect(listen.keys)

    # ---- what doubles may do (see Stage)

    def happens(self, happening: seen.Happening) -> None:
        self.happened.append(happening)

    def at(self, at_ms: int, what: Callable[[], None]) -> None:
        self._agenda.at(at_ms, what)

    def stick(self, fault: str) -> None:
        """The call cannot go on, and why."""
        self.fault = fault

    def when_said(self, what: Callable[[], None]) -> None:
        """Once all that is being said has been heard; a later one takes its place."""
        self._leaving = None if self.caller_is_gone else what

    def hang_up(self) -> None:
        if self.over:
            return
        self.happened.append(seen.CallerHungUp(self.now))
        if self.message is not None:
            self.message.cut_off()
        self.caller_is_gone = True
        self._prompts.drop()
        self._close_question()
        self._leaving = None
        self.feed(flow.CallerLeft(self.now))
        self.end(self.state.outcome or "caller_left")

    def end(self, outcome: str) -> None:
        if self.outcome is None:
            self.outcome = outcome
            self._close_question()
            self.happened.append(seen.CallEnded(self.now, outcome))

    def _maybe_leave(self) -> None:
        leaving = self._leaving
        if leaving is None or self._prompts:
            return
        self._leaving = None
        self._close_question()
        leaving()
