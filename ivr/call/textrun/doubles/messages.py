"""The caller's message: what is said or typed while it is taken ends up in it, and not with the bot. How it ends may be
given as an answer; the caller then need not say anything."""

from dataclasses import dataclass
from typing import Final, Literal

from ivr.call.textrun.happenings import Sent
from ivr.call.textrun.stage import Stage
from ivr.flow import state as flow
from ivr.units import Millis

TONE_MS: Final = 500
SPOKEN_MS: Final = 5000
"""How long a message takes whose end is given, where that does not say."""
SOMETHING: Final = "something"
"""What is in it then."""
Ended = Literal["silence", "key", "full", "empty", "caller_left"]


def take(stage: Stage, effect: flow.TakeMessage) -> None:
    if not stage.caller_is_gone:
        stage.when_said(lambda: stage.at(stage.now + TONE_MS, lambda: _begin(stage, effect)))


def _begin(stage: Stage, effect: flow.TakeMessage) -> None:
    if stage.caller_is_gone or effect.id not in stage.state.awaiting:
        return
    answer = stage.answers.message(effect.name)
    if answer is not None and answer.result == "failed":
        stage.feed(flow.MessageTaken(stage.now, effect.id, "failed"))
        return
    message = Message(stage, effect, stage.now)
    stage.message = message
    if answer is not None and answer.result is not None:
        message.given = _ended(answer.result)
        stage.at(stage.now + (SPOKEN_MS if answer.after_ms is None else answer.after_ms), message.ends_as_given)
        return
    stage.at(stage.now + effect.most_ms, message.full)


def _ended(result: str) -> Ended:
    """`done` is the way of all ends that have none of their own."""
    match result:
        case "key" | "full" | "empty" | "caller_left":
            return result
        case _:
            return "silence"


@dataclass(slots=True)
class Message:
    """One that is being taken."""

    stage: Stage
    effect: flow.TakeMessage
    began_ms: Millis
    words: str = ""
    end_follows: bool = False
    """What ends it is the next thing the caller does."""
    given: Ended | None = None
    """How it ends, whatever the caller does."""

    @property
    def waits(self) -> bool:
        return self.given is None and (not self.words or self.end_follows)

    def ends_by(self, keys: str) -> bool:
        return self.effect.key is not None and self.effect.key in keys

    @property
    def silence_ms(self) -> int:
        """How long a silence ends it."""
        return self.effect.silence_ms

    def speaks(self, words: str) -> None:
        self.words = f"{self.words} {words}".strip()

    def presses(self, keys: str) -> None:
        if self.ends_by(keys):
            self._over("key")

    def falls_silent(self) -> None:
        self._over("silence")

    def full(self) -> None:
        if self.stage.message is self:
            self._over("full")

    def ends_as_given(self) -> None:
        if self.stage.message is self:
            self._over("silence")

    def cut_off(self) -> None:
        """The caller has hung up: what was said is kept."""
        self.stage.message = None
        self._keep()
        if self.words:
            length = self.stage.now - self.began_ms
            self.stage.feed(flow.MessageTaken(self.stage.now, self.effect.id, "caller_left", length))

    def _over(self, ended_by: Ended) -> None:
        if self.given is not None:
            ended_by = self.given
            self.words = "" if self.given == "empty" else self.words or SOMETHING
        if ended_by == "caller_left":
            self.stage.hang_up()
            return
        self.stage.message = None
        self._keep()
        length = self.stage.now - self.began_ms if self.words else 0
        taken = flow.MessageTaken(self.stage.now, self.effect.id, ended_by if self.words else "empty", length)
        self.stage.feed(taken)

    def _keep(self) -> None:
        if self.words:
            self.stage.happens(Sent(self.stage.now, "record", self.effect.name))
