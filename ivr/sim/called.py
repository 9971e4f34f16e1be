"""A telephone that the server calls by REST: it rings, is taken or not, and then does what it is told, with sound."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field

from ivr.sim.dialling import CallEnd, Dialling, final_status
from ivr.sim.fake_twilio import Phone
from ivr.sim.signing import Signer
from ivr.sim.webhooks import Webhooks

UNANSWERED = ("busy", "no-answer", "failed")


@dataclass(frozen=True, slots=True)
class Called:
    """How whoever is called behaves. `answers`: answered, busy, no-answer, failed. `sound`: µ-law, spoken at once when
    the call is taken. `fetches`: whether the carrier asks what to do with an answered call, or its question is lost."""

    answers: str = "answered"
    after_s: float = 0.05
    sound: bytes = field(default=b"", repr=False)
    fetches: bool = True


class CalledPhone(Phone):
    """`url` is asked what to do once it is answered, `status_url` told how it ended; `from_number` is who calls."""

    def __init__(self, dialling: Dialling, called: Called, url: str, status_url: str | None, sign: Signer) -> None:
        super().__init__(dialling)
        self._sign = sign
        self.called = called
        self._url, self._status_url = url, status_url
        self._over_as: str | None = None

    @property
    def status(self) -> str:
        return self._over_as or ("in-progress" if self._answered else "ringing")

    def _standing(self) -> Mapping[str, str]:
        return {**super()._standing(), "Direction": "outbound-api"}

    async def _run(self, web: Webhooks) -> CallEnd:
        with suppress(TimeoutError):
            async with asyncio.timeout(self.called.after_s):
                await self._out.wait()
        if self._left.is_set():
            return self._unanswered("canceled")
        if self.called.answers in UNANSWERED:
            return self._unanswered(self.called.answers)
        self._answered = True
        if self.called.sound:
            self.speak(self.called.sound)
        document = await web.ask(self._url, {"CallStatus": "in-progress"}) if self.called.fetches else None
        end = await self._carry_out(self._url, document, web)
        self._over_as = final_status(end)
        return end

    def _unanswered(self, status: str) -> CallEnd:
        self._over_as = status
        return self._ended("rejected", status)

    def _tell_status(self, web: Webhooks, status: str, **more: str) -> None:
        """By REST only the end of a call is told, unless more is asked for."""
        if self._over_as is not None and self._status_url is not None:
            web.tell_status(self._status_url, self._over_as, **more)
