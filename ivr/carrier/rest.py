"""CallControl over Twilio's REST: twilio-python in threads of our own, each request under its caller's deadline.

Only "too many requests" is asked again, as nothing was done then; a lost answer is not, for it may have been done.
"""

import asyncio
import random
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Final, TypeVar

from ivr.carrier.ports import NewCall
from ivr.errors import CarrierError
from ivr.units import CallSid, Millis

if TYPE_CHECKING:
    from ivr.carrier.twilio_client import TwilioCalls

ENDED_ALREADY: Final = frozenset({20404, 21220})
"""Codes of a hang-up that came too late: no such call any more, or one not in a state to be ended."""
_THREADS: Final = 4
_HTTP_TIMEOUT_S: Final = 10.0
_TRIES: Final = 3
_PAUSE_S: Final = 1.0

Answer = TypeVar("Answer")


class TwilioRest:
    """`base_url` other than None asks there instead of at api.twilio.com. Close it when the server ends."""

    def __init__(self, account_sid: str, auth_token: str, *, base_url: str | None = None) -> None:
        self._account_sid, self._auth_token, self._base_url = account_sid, auth_token, base_url
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="carrier")
        self._calls: TwilioCalls | None = None

    async def hang_up(self, call_sid: CallSid, deadline: Millis) -> None:
        try:
            await self._ask(lambda calls: calls.hang_up(call_sid), deadline)
        except CarrierError as fault:
            if fault.code not in ENDED_ALREADY:
                raise

    async def update_twiml(self, call_sid: CallSid, twiml: str, deadline: Millis) -> None:
        await self._ask(lambda calls: calls.update_twiml(call_sid, twiml), deadline)

    async def call_status(self, call_sid: CallSid, deadline: Millis) -> str:
        try:
            return await self._ask(lambda calls: calls.status(call_sid), deadline)
        except CarrierError as fault:
            if fault.code != 20404:
                raise
            return "completed"

    async def create_call(self, call: NewCall, deadline: Millis) -> CallSid:
        return CallSid(await self._ask(lambda calls: calls.create_call(call), deadline))

    async def send_text(self, to: str, body: str, deadline: Millis, *, from_: str) -> str:
        return await self._ask(lambda calls: calls.send_text(to, body, from_), deadline)

    async def pause_recording(self, call_sid: CallSid, deadline: Millis) -> None:
        await self._ask(lambda calls: calls.set_recording(call_sid, "paused"), deadline)

    async def resume_recording(self, call_sid: CallSid, deadline: Millis) -> None:
        await self._ask(lambda calls: calls.set_recording(call_sid, "in-progress"), deadline)

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)
        if self._calls is not None:
            self._calls.close()

    async def _ask(self, request: "Callable[[TwilioCalls], Answer]", deadline: Millis) -> Answer:
        try:
            async with asyncio.timeout(max(0.0, deadline / 1000 - time.monotonic())):
                return await self._ask_patiently(request, deadline)
        except TimeoutError:
            raise CarrierError("the carrier did not answer in time", status=0, code=0) from None

    async def _ask_patiently(self, request: "Callable[[TwilioCalls], Answer]", deadline: Millis) -> Answer:
        loop = asyncio.get_running_loop()
        for tries_left in reversed(range(_TRIES)):
            try:
                return await loop.run_in_executor(self._threads, self._perform, request)
            except CarrierError as fault:
                after_s = getattr(fault, "after_s", None)
                wait_s = (_PAUSE_S if after_s is None else after_s) + random.uniform(0, _PAUSE_S / 4)
                if fault.status != 429 or not tries_left or time.monotonic() + wait_s > deadline / 1000:
                    raise
            await asyncio.sleep(wait_s)
        raise AssertionError("unreachable")

    def _perform(self, request: "Callable[[TwilioCalls], Answer]") -> Answer:
        if self._calls is None:
            from ivr.carrier.twilio_client import TwilioCalls  # late: it takes a while, and few calls need it

            self._calls = TwilioCalls(
                self._account_sid, self._auth_token, base_url=self._base_url, http_timeout_s=_HTTP_TIMEOUT_S
            )
        return request(self._calls)
