"""The prompts that were asked for and are not yet over, in order; the first is the one being heard."""

from ivr.call.stopped import StoppedPrompts
from ivr.flow.state import SayEffect
from ivr.flow.types import Interrupt


class Prompts:
    def __init__(self) -> None:
        self._says: dict[str, SayEffect] = {}
        self.held: list[SayEffect] = []
        """Those that wait for the tone of a machine, with all that comes behind them; see FarEnd."""
        self.stopped = StoppedPrompts()
        """Those that are not being said just now, because of speech that may have meant nothing."""

    def __bool__(self) -> bool:
        return bool(self._says)

    def __len__(self) -> int:
        return len(self._says)

    def add(self, say: SayEffect) -> None:
        self._says[say.id] = say

    def get(self, say_id: str) -> SayEffect | None:
        return self._says.get(say_id)

    def over(self, say_id: str) -> SayEffect | None:
        """It was heard, or cut; None: nobody knows it (any more)."""
        return self._says.pop(say_id, None)

    def clear(self) -> None:
        self._says.clear()
        self.held.clear()

    def stop(self) -> None:
        """Speech takes the floor; how far each was heard will be told by `over`."""
        self.stopped.stop(self._says.values())

    @property
    def interrupt(self) -> Interrupt:
        """What may take the floor from what is being said now; silence may be taken by anything."""
        first = next(iter(self._says.values()), None)
        return Interrupt.ANY if first is None else first.interrupt

    @property
    def protected(self) -> bool:
        """There is one among them that must be heard."""
        return any(say.interrupt is Interrupt.NO for say in (*self._says.values(), *self.held))

    @property
    def speech_may_cut(self) -> bool:
        return self.interrupt in (Interrupt.ANY, Interrupt.SPEECH)

    @property
    def keys_may_cut(self) -> bool:
        return self.interrupt in (Interrupt.ANY, Interrupt.KEYS)
