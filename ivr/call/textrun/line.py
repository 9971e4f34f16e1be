"""A phone call without a phone: the flow engine in a scripted shell with a virtual clock.

The same loop as a live call, with words in the place of sound: prompts last as long as they would take to say, speech
and keys take the floor as their `interrupt` allows, timers run, tools answer from a script. Nothing waits: the clock
jumps to whatever is due next.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from ivr.call.settings import CallSettings
from ivr.call.textrun import happenings as seen
from ivr.call.textrun.agenda import Agenda
from ivr.call.textrun.answers import Answers
from ivr.call.textrun.doubles import perform
from ivr.call.textrun.prompts import Prompts
from ivr.call.textrun.stage import Attendant, Message
from ivr.call.turn_end import ending_of
from ivr.flow import engine, privacy, spoken
from ivr.flow import scenario as sc
from ivr.flow import state as flow
from ivr.flow.flow import Bundle
from ivr.flow.types import Interrupt, Privacy, Type
from ivr.flow.understand import interpret
from ivr.turn.ending import enough_ms
from ivr.turn.keys import Entered, KeyEntry
from ivr.units import Millis

CONFIRM_MS: Final = 200
"""Speech this long over a prompt takes the floor."""
KEY_MS: Final = 200
"""From one key of a turn to the next."""
SETTINGS: Final = CallSettings()
"""The pauses of the live line, on the virtual clock."""
BUDGET: Final = 20_000
"""Things that happen in one call before it is taken for a loop."""


class TextCall:
    """One call. Acts (`speak`, `press`, ...) do what a caller does; `until_waiting` lets the bot go on."""

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
        if self.attendant is not None or (self.message is not None and self.message.waits):
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

    # ---- what the caller does

    def speak(self, words: str) -> Millis:
        """Says it now. The moment the words end is given back; the bot has not heard them to the end before that."""
        began = self.now
        until = Millis(began + max(1, spoken.estimate_ms(words)))
        if self.message is not None:
            return self._leave_message(self.message, words, until)
        if not self._may_speak():
            ends = self._prompts.ends_ms
            if ends is None or ends >= until:
                self._caller_spoke(began, until, words, used=False)
                self.until(until)
                return until
            self.until(ends)
            if not self._may_speak():
                self._caller_spoke(began, until, words, used=False)
                self.until(until)
                return until
        self._take_floor(until)
        if self._prompts:
            self.until(Millis(min(until, self.now + CONFIRM_MS)))
            self._prompts.cut()
            self._drain()
        self.until(until)
        self._hear(began, until, words)
        return until

    def _leave_message(self, message: Message, words: str, until: Millis) -> Millis:
        """The words are the message; who then does nothing else has left it."""
        self._caller_spoke(self.now, until, words, used=True)
        coming = self.next_act
        message.end_follows = isinstance(coming, sc.HangUpNow) or (
            isinstance(coming, sc.Press) and message.ends_by(coming.keys)
        )
        message.speaks(words)
        self.until(until)
        self._agenda.at(Millis(until + message.silence_ms), lambda: self._fell_silent(message, until))
        self._spoke_until = until
        return until

    def _fell_silent(self, message: Message, since: Millis) -> None:
        if self.message is message and self._spoke_until == since:
            message.falls_silent()

    def press(self, keys: str) -> Millis:
        """Presses them one after the other; gives back when the last one that counts was pressed."""
        if self.message is not None:
            self.happened.append(seen.CallerPressed(self.now, keys, keys))
            self.message.presses(keys)
            return self.now
        place = len(self.happened)
        self.happened.append(seen.CallerPressed(self.now, keys, keys))
        open_keys, done = 0, self.now
        for at, key in enumerate(keys):
            if at:
                self.until(Millis(self.now + KEY_MS))
            if self._keys.is_habit(key, self.now):
                open_keys += open_keys == at  # it tells nothing
                continue
            done = self.now
            if open_keys == at and self._listen is not None and not self._private:
                open_keys += 1  # typed ahead it may be for a private question
            self._key(key)
            self._drain()
        if open_keys < len(keys):
            self.happened[place] = seen.CallerPressed(
                self.happened[place].at_ms, keys, keys[:open_keys] + spoken.mask(keys, Type.TEXT)
            )
        return done

    def stay_silent(self, ms: int | None) -> Millis:
        """Until the question times out once, or for `ms` if that is sooner; gives back when the waiting ended."""
        until = None if ms is None else Millis(self.now + ms)
        if self.message is not None:
            message = self.message
            whole = ms is None or ms >= message.silence_ms
            self.until(Millis(self.now + (message.silence_ms if whole or ms is None else ms)))
            if whole and self.message is message:
                message.falls_silent()
            return self.now
        before, meanwhile = self._silences(), self._holds
        while (
            self._silences() == before
            and not (meanwhile and until is None and not self._holds)
            and self._agenda
            and not self.over
            and not self.stuck
        ):
            if until is not None and self._agenda.next_ms > until:
                break
            self._next()
        if until is not None and self._silences() == before:
            self._agenda.pass_to(until)
        return self.now

    @property
    def _holds(self) -> bool:
        """The caller waits for an attendant, and may do something meanwhile."""
        return self._listen is not None and self._listen.meanwhile

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

    def attendant_speaks(self, words: str) -> Millis:
        """Says it now; somebody must be there. Gives back when the words end."""
        assert self.attendant is not None
        until = Millis(self.now + max(1, spoken.estimate_ms(words)))
        self.happened.append(seen.AttendantSpoke(self.now, words))
        self.until(until)
        if self.attendant is not None:
            self.attendant.speaks(words)
        return until

    def attendant_presses(self, keys: str) -> Millis:
        assert self.attendant is not None
        self.happened.append(seen.AttendantPressed(self.now, keys))
        self.attendant.presses(keys)
        return self.now

    def _silences(self) -> int:
        return sum(isinstance(happening, seen.CallerWasSilent) for happening in self.happened)

    # ---- the floor

    def _may_speak(self) -> bool:
        if self._listen is None or not self._listen.accept_speech or self._leaving is not None or self._keys.typing:
            return False
        return self._prompts.interrupt in (Interrupt.ANY, Interrupt.SPEECH)

    def _keys_may_cut(self) -> bool:
        return self._prompts.interrupt in (Interrupt.ANY, Interrupt.KEYS)

    def _take_floor(self, until: Millis) -> None:
        self._speaking_until = until
        self._patience = None

    def _hear(self, began: Millis, until: Millis, words: str) -> None:
        listen = self._listen
        self._speaking_until = None
        if listen is None or not listen.accept_speech:
            self._caller_spoke(began, until, words, used=False)
            return
        reading = interpret(words, listen, self._call_time())
        self.happened.append(seen.CallerSpoke(began, until, words, privacy.shown(listen, reading), used=True))
        self.until(Millis(self.now + _pause_ms(listen, reading)))
        if self._listen is not listen:
            return
        self._close_question()
        self.feed(flow.Heard(self.now, listen.id, reading))

    def _caller_spoke(self, began: Millis, until: Millis, words: str, *, used: bool) -> None:
        shown = spoken.mask(words, Type.TEXT) if self._private else words
        self.happened.append(seen.CallerSpoke(began, until, words, shown, used))

    @property
    def _private(self) -> bool:
        return self._listen is not None and self._listen.privacy is not Privacy.OPEN

    def _call_time(self) -> datetime:
        return (self.state.started + timedelta(milliseconds=self.now)).astimezone(ZoneInfo(self.bundle.zone))

    # ---- keys

    def _key(self, key: str) -> None:
        if self._listen is None or self._leaving is not None or not self._keys_may_cut():
            self._keys.keep_ahead(key)
            return
        self._patience = None
        self._prompts.cut()
        self._entered(self._keys.press(key, self.now))

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


def _pause_ms(listen: flow.Listen, reading: flow.Reading) -> int:
    """How long the silence is that ends the turn."""
    if listen.pause_ms is not None:
        return listen.pause_ms
    return enough_ms(SETTINGS, ending_of(reading), listen.answer)
