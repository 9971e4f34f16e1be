"""What a call says into a silence that is ours, and what it writes down of each."""

from collections.abc import Callable, Mapping
from typing import Final

from ivr.call.outbox import Outbox
from ivr.call.watch import Silence
from ivr.flow.state import SayEffect
from ivr.flow.types import Interrupt
from ivr.units import CallId, Millis

AGAIN_MS: Final = 12_000
"""A bridge within so much of the last one is another sentence."""


class Silences:
    """Each has a cause in the journal and in the notes. Bridges are our own sentences: the engine knows nothing of
    them."""

    def __init__(
        self,
        out: Outbox,
        call_id: CallId,
        language: Callable[[], str],
        words: Callable[[str], Mapping[str, str]],
        say: Callable[[SayEffect, bool], None],
    ) -> None:
        """`language`: the one the caller is spoken to in; `words` of it. `say(sentence, ahead)`: `ahead` of what the
        voice is still at work on."""
        self._out = out
        self._call_id = call_id
        self._language = language
        self._words = words
        self._say = say
        self._bridges = 0
        self._bridged_ms: Millis | None = None

    def note(self, cause: Silence, now: Millis, detail: str = "") -> None:
        self._out.keep(now, "Silence", {"cause": cause.value})
        self._out.note(now, "silence", cause.value, detail)

    def bridge(self, cause: Silence, now: Millis) -> None:
        """Says that we are still there."""
        self.note(cause, now, "bridged")
        again = self._bridged_ms is not None and now - self._bridged_ms < AGAIN_MS
        self._bridges, self._bridged_ms = self._bridges + 1, now
        language = self._language()
        words = self._words(language)["still_there" if again else "thinking"]
        name = f"{self._call_id}:bridge:{self._bridges}"
        bridge = SayEffect(name, words, words, Interrupt.ANY, fixed=True, filler=True, language=language)
        self._say(bridge, True)
