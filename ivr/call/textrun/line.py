"""A phone call without a phone: the flow engine in a scripted shell with a virtual clock.

The same loop as a live call, with words in the place of sound: prompts last as long as they would take to say, speech
and keys take the floor as their `interrupt` allows, timers run, tools answer from a script. Nothing waits: the clock
jumps to whatever is due next.
"""

from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from ivr.call.settings import CallSettings
from ivr.call.textrun import happenings as seen
from ivr.call.textrun.clockwork import LineByText
from ivr.call.textrun.stage import Message
from ivr.call.turn_end import ending_of
from ivr.flow import privacy, spoken
from ivr.flow import scenario as sc
from ivr.flow import state as flow
from ivr.flow.types import Interrupt, Privacy, Type
from ivr.flow.understand import interpret
from ivr.turn.ending import enough_ms
from ivr.units import Millis

CONFIRM_MS: Final = 200
"""Speech this long over a prompt takes the floor."""
KEY_MS: Final = 200
"""From one key of a turn to the next."""
SETTINGS: Final = CallSettings()
"""The pauses of the live line, on the virtual clock."""


class TextCall(LineByText):
    """One call. Acts (`speak`, `press`, ...) do what a caller does; `until_waiting` lets the bot go on."""

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

    def _key(self, key: str) -> None:
        if self._listen is None or self._leaving is not None or not self._keys_may_cut():
            self._keys.keep_ahead(key)
            return
        self._patience = None
        self._prompts.cut()
        self._entered(self._keys.press(key, self.now))


def _pause_ms(listen: flow.Listen, reading: flow.Reading) -> int:
    """How long the silence is that ends the turn."""
    if listen.pause_ms is not None:
        return listen.pause_ms
    return enough_ms(SETTINGS, ending_of(reading), listen.answer)
