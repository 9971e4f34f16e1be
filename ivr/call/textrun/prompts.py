"""Prompts on their way to a caller who reads along: how long each is, how much of it was heard, what cuts it."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from ivr.call.textrun.agenda import Agenda
from ivr.call.textrun.happenings import BotSpoke, Happening
from ivr.flow.spoken import estimate_ms
from ivr.flow.state import PromptDone, SayEffect
from ivr.flow.types import Interrupt
from ivr.units import Millis


@dataclass(slots=True)
class TextPrompt:
    """`place`: where it stands among the happenings once begun."""

    effect: SayEffect
    length_ms: Millis
    began_ms: Millis | None = None
    place: int = -1

    @property
    def ends_ms(self) -> Millis | None:
        """When it will have been heard; None before it is begun."""
        return None if self.began_ms is None else Millis(self.began_ms + self.length_ms)

    def heard(self, heard_ms: int) -> str:
        """The words up to there, in proportion of letters, cut at a word."""
        text = self.effect.text
        letters = len(text) * heard_ms // self.length_ms
        if letters >= len(text):
            return text
        return text[:letters] if text[letters].isspace() else text[:letters].rpartition(" ")[0]


class Prompts:
    """What is being said and what waits behind it. `done` gets the end of each; `after` comes once one was heard."""

    def __init__(
        self,
        agenda: Agenda,
        happened: list[Happening],
        *,
        done: Callable[[PromptDone], None],
        after: Callable[[], None],
    ) -> None:
        self._agenda = agenda
        self._happened = happened
        self._done = done
        self._after = after
        self._queue: list[TextPrompt] = []

    def __bool__(self) -> bool:
        return bool(self._queue)

    @property
    def sounding(self) -> bool:
        """The first one is being heard."""
        return bool(self._queue) and self._queue[0].began_ms is not None

    @property
    def ends_ms(self) -> Millis | None:
        """When the one that is being heard is over."""
        return self._queue[0].ends_ms if self._queue else None

    @property
    def protected(self) -> bool:
        """There is one among them that must be heard."""
        return any(one.effect.interrupt is Interrupt.NO for one in self._queue)

    @property
    def interrupt(self) -> Interrupt:
        return self._queue[0].effect.interrupt if self._queue else Interrupt.ANY

    def say(self, effect: SayEffect) -> None:
        self._queue.append(TextPrompt(effect, Millis(max(1, estimate_ms(effect.text)))))

    def begin(self) -> None:
        """The first one sounds, if none does yet."""
        if not self._queue or self._queue[0].began_ms is not None:
            return
        prompt, now = self._queue[0], self._agenda.now
        prompt.began_ms = now
        effect, until = prompt.effect, Millis(now + prompt.length_ms)
        prompt.place = len(self._happened)
        self._happened.append(BotSpoke(now, effect.id, effect.text, effect.shown, until))
        self._agenda.at(until, lambda: self._over(prompt))

    def _over(self, prompt: TextPrompt) -> None:
        if not self._queue or self._queue[0] is not prompt:
            return
        self._queue.pop(0)
        self._done(PromptDone(self._agenda.now, prompt.effect.id, prompt.length_ms, prompt.effect.text, cut=False))
        self._after()

    def cut(self) -> None:
        """What is being said stops, and what waits behind it is never said."""
        cut, self._queue = self._queue, []
        now = self._agenda.now
        for prompt in cut:
            heard_ms = Millis(0 if prompt.began_ms is None else now - prompt.began_ms)
            heard = prompt.heard(heard_ms)
            if prompt.began_ms is not None:
                spoke = self._happened[prompt.place]
                assert isinstance(spoke, BotSpoke)
                self._happened[prompt.place] = replace(spoke, text=heard, until_ms=now, cut=True)
            done = PromptDone(now, prompt.effect.id, heard_ms, heard, cut=True)
            self._agenda.at(now, lambda done=done: self._done(done))  # type: ignore[misc]

    def drop(self) -> None:
        """Nobody is there any more to hear them."""
        self._queue.clear()
