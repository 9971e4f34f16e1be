"""What is asked for: prompts, timers, notes."""

from typing import Final

from ivr.flow.privacy import mask_cards
from ivr.flow.state import Effect, Note, NoteKind, Phrase, PlayMusic, Prompted, Said, SayEffect, Speaker, WakeAt
from ivr.flow.steps.copying import replace
from ivr.flow.steps.work.here import Here
from ivr.flow.text import Place
from ivr.flow.types import Interrupt
from ivr.units import Millis

TOLD: Final = 40

NOTHING: Final = Phrase("", "")


class Asking(Here):
    """Collects what the call is to do, in the order it is asked for."""

    def next_id(self) -> str:
        self._ids += 1
        return f"{self.state.call}:{self.seq}:{self._ids}"

    def emit(self, effect: Effect) -> None:
        self.effects.append(effect)

    def note(self, kind: NoteKind, what: str, detail: str = "", place: Place | None = None) -> None:
        where = f"{place.file}:{place.line}" if place is not None and place.line else ""
        self.effects.append(Note(kind, what, detail, where, self.at.flow))

    def say(
        self,
        phrase: Phrase,
        interrupt: Interrupt,
        *,
        again: bool = False,
        filler: bool = False,
        after_tone: bool = False,
        reply: str | None = None,
    ) -> None:
        """Speak. `again`: said before in this turn, or about the answer; `repeat` does not say it once more. `reply`:
        id of the AskModel whose words these are."""
        if self.mute or not phrase.text:
            return
        language, said = self.state.language, []
        for piece in phrase.pieces:
            says = self.next_id()
            tone, after_tone = after_tone, False
            text, sound, voiced = piece.text, piece.sound, piece.voiced
            self.emit(
                SayEffect(says, text, piece.shown, interrupt, piece.fixed, filler, tone, language, sound, voiced=voiced)
            )
            said.append(Prompted(says, piece, filler, reply))
        last = self.state.last_prompt if again or filler else joined(self.state.last_prompt, phrase)
        prompts = (*self.state.prompts, *said)[-TOLD:]
        self.state = replace(self.state, prompts=prompts, last_prompt=last, spoke_until_ms=None)

    def forget_said(self) -> None:
        """The caller's answer did: what was said before it is not repeated any more."""
        if self.state.last_prompt != NOTHING:
            self.state = replace(self.state, last_prompt=NOTHING)

    def play_music(self, sound: str) -> None:
        """Over and over, until it is stopped; what is said stands before it."""
        if self.state.music is None and not self.mute:
            self.state = replace(self.state, music=sound)
            self.emit(PlayMusic(sound))

    def stop_music(self) -> None:
        if self.state.music is not None:
            self.state = replace(self.state, music=None)
            self.emit(PlayMusic(None))

    def wake(self, wake_id: str, at_ms: int | None) -> None:
        self.emit(WakeAt(wake_id, None if at_ms is None else Millis(at_ms)))

    @property
    def limit_id(self) -> str:
        return f"{self.state.call}:limit"

    def arm_limit(self) -> None:
        """The longest call, counted from its start; the time a caller held for an attendant is not counted. Who writes
        may take days."""
        limit_ms = self.first_flow.limits.call_ms
        if limit_ms is not None and not self.state.written:
            self.wake(self.limit_id, limit_ms + self.state.held_ms)

    def tell(self, who: Speaker, text: str, reply: str | None = None) -> None:
        """Keep a turn as it was really said or heard; `text` is masked already. It is what a model is told later: what
        may be a card's number is masked in whatever it was said."""
        if text:
            told = (*self.state.told, Said(who, mask_cards(text), self.at_ms, reply))[-TOLD:]
            self.state = replace(self.state, told=told)

    def speak_in(self, language: str) -> None:
        """Everything from here on; what was said before is not said again in it."""
        if language != self.state.language:
            self.note("command", "language", language)
            self.state = replace(self.state, language=language)
            self.forget_said()


def joined(first: Phrase, second: Phrase) -> Phrase:
    if not first.text or not second.text:
        return first if first.text else second
    parts = (*first.pieces, *second.pieces) if first.recorded or second.recorded else ()
    text, shown = f"{first.text} {second.text}", f"{first.shown} {second.shown}"
    return Phrase(text, shown, first.fixed and second.fixed, parts=parts)
