"""The caller's message: what is said or typed while it is taken ends up in it, and not with the bot."""

from dataclasses import dataclass
from typing import Final, Literal

from ivr.call.textrun.happenings import Sent
from ivr.call.textrun.stage import Stage
from ivr.flow import state as flow
from ivr.units import Millis

TONE_MS: Final = 500


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
    stage.at(stage.now + effect.most_ms, message.full)


@dataclass(slots=True)
class Message:
    """One that is being taken."""

    stage: Stage
    effect: flow.TakeMessage
    began_ms: Millis
    words: str = ""
    end_follows: bool = False
    """What ends it is the next thing the caller does."""

    @property
    def waits(self) -> bool:
        return not self.words or self.end_follows

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

    def cut_off(self) -> None:
        """The caller has hung up: what was said is kept."""
        self.stage.message = None
        self._keep()
        if self.words:
            length = self.stage.now - self.began_ms
            self.stage.feed(flow.MessageTaken(self.stage.now, self.effect.id, "caller_left", length))

    def _over(self, ended_by: Literal["silence", "key", "full"]) -> None:
        self.stage.message = None
        self._keep()
        length = self.stage.now - self.began_ms if self.words else 0
        taken = flow.MessageTaken(self.stage.now, self.effect.id, ended_by if self.words else "empty", length)
        self.stage.feed(taken)

    def _keep(self) -> None:
        if self.words:
            self.stage.happens(Sent(self.stage.now, "record", self.effect.name))
