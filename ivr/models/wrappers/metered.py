"""What the voices of a process cost: they serve all calls alike, so that it counts by the hour and not by the call."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from decimal import Decimal

from ivr.errors import ModelRefused
from ivr.models.ports import SpokenPart, Synthesizer, Voice
from ivr.models.wrappers.caps import Purse
from ivr.units import Millis


class Meter:
    """Between voices and the purse of their process, which is made after them."""

    def __init__(self) -> None:
        self._purse: Purse | None = None

    def connect(self, purse: Purse) -> None:
        self._purse = purse

    def paid(self, cost: Decimal) -> None:
        if self._purse is not None:
            self._purse.pay("speak", cost)

    def ask(self) -> None:
        """Raises: ModelRefused of kind `cap`."""
        if self._purse is not None and self._purse.empty:
            self._purse.tell()
            raise ModelRefused("what models may cost in an hour is spent", "cap")


class MeteredSynthesizer:
    """A Synthesizer that is not asked once the hour's money is spent."""

    def __init__(self, synthesizer: Synthesizer, meter: Meter) -> None:
        self._synthesizer, self._meter = synthesizer, meter

    @property
    def rate_hz(self) -> int:
        return self._synthesizer.rate_hz

    @property
    def streams(self) -> bool:
        return self._synthesizer.streams

    async def speak(self, text: str, voice: Voice, deadline: Millis) -> AsyncGenerator[SpokenPart, None]:
        self._meter.ask()
        async with aclosing(self._synthesizer.speak(text, voice, deadline)) as parts:
            async for part in parts:
                yield part
