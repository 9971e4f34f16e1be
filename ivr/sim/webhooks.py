"""The carrier's HTTP side: asks the server for TwiML and tells it how the call goes, signed as the carrier signs."""

import asyncio
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import format_datetime
from types import TracebackType
from typing import Final, Self

import httpx

from ivr.sim import faults, twiml
from ivr.sim.signing import Signer
from ivr.sim.stream import Ledger

READ_TIMEOUT_S: Final = 15.0
CONNECT_TIMEOUT_S: Final = 5.0
XML_TYPES: Final = ("text/xml", "application/xml", "application/twiml+xml")


class Webhooks:
    """Requests in the name of one call. `standing` are the fields every request carries; `sign` signs a URL and its
    fields, None where nothing is signed."""

    def __init__(self, ledger: Ledger, standing: Mapping[str, str], sign: Signer) -> None:
        self._ledger, self._standing, self._sign = ledger, dict(standing), sign
        timeout = httpx.Timeout(READ_TIMEOUT_S, connect=CONNECT_TIMEOUT_S)
        self._client = httpx.AsyncClient(timeout=timeout, headers={"User-Agent": "ivr-telephone"}, trust_env=False)
        self._sequence = 0
        self._waiting: asyncio.Queue[tuple[str, dict[str, str]]] = asyncio.Queue(1000)
        self.unheard: list[str] = []
        """Callbacks the server did not take; the call goes on all the same."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, _e: BaseException | None, _t: TracebackType | None
    ) -> None:
        await self._client.aclose()

    async def ask(self, url: str, fields: Mapping[str, str], method: str = "POST") -> twiml.Document | None:
        """The TwiML at an address; None if there is none, which the ledger then explains."""
        try:
            response = await self._request(url, {**self._standing, **fields}, method)
        except httpx.TimeoutException:
            self._failed(faults.WEBHOOK_FAILED, f"no answer in {READ_TIMEOUT_S:g} s", url)
            return None
        except httpx.HTTPError as error:
            self._failed(faults.WEBHOOK_UNREACHABLE, type(error).__name__, url)
            return None
        if response.status_code >= 300:
            self._failed(faults.WEBHOOK_FAILED, f"status {response.status_code}", url)
            return None
        content_type = response.headers.get("content-type", "").partition(";")[0].strip()
        if content_type not in XML_TYPES:
            self._ledger.fault(faults.CONTENT_TYPE, f"{_path(url)}: content type {content_type or 'missing'}")
        document = twiml.read(response.text)
        for code, text in document.faults:
            self._ledger.fault(code, f"{_path(url)}: {text}")
        return document

    def tell_status(self, url: str, status: str, **more: str) -> None:
        """A call-progress callback; they leave in order, and none holds up the call."""
        fields = {
            "CallStatus": status,
            "Timestamp": format_datetime(datetime.fromtimestamp(time.time(), UTC)),
            "CallbackSource": "call-progress-events",
            "SequenceNumber": str(self._sequence),
            **more,
        }
        self._sequence += 1
        self._waiting.put_nowait((url, {**self._standing, **fields}))

    def tell_stream(self, url: str, event: str, stream_sid: str, name: str, error: str | None = None) -> None:
        """A stream callback: stream-started, stream-stopped or stream-error."""
        fields = {
            "AccountSid": self._standing["AccountSid"],
            "CallSid": self._standing["CallSid"],
            "StreamSid": stream_sid,
            "StreamName": name,
            "StreamEvent": event,
            "Timestamp": datetime.fromtimestamp(time.time(), UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        }
        if error is not None:
            fields["StreamError"] = error
        self._waiting.put_nowait((url, fields))

    async def deliver(self) -> None:
        """Sends the callbacks as they come, for ever."""
        while True:
            url, fields = await self._waiting.get()
            try:
                response = await self._request(url, fields, "POST")
                if response.status_code >= 300:
                    self.unheard.append(f"{_path(url)}: status {response.status_code}")
            except httpx.HTTPError as error:
                self.unheard.append(f"{_path(url)}: {type(error).__name__}")
            finally:
                self._waiting.task_done()

    async def delivered(self, timeout_s: float = 5.0) -> None:
        """When all callbacks are away, or the time is over."""
        try:
            async with asyncio.timeout(timeout_s):
                await self._waiting.join()
        except TimeoutError:
            self.unheard.append("some callbacks were not taken in time")

    async def _request(self, url: str, fields: Mapping[str, str], method: str) -> httpx.Response:
        if method.upper() == "GET":
            target = str(httpx.URL(url).copy_merge_params(fields))
            return await self._client.get(target, headers=self._signature(target, {}))
        return await self._client.post(url, data=dict(fields), headers=self._signature(url, fields))

    def _signature(self, url: str, fields: Mapping[str, str]) -> dict[str, str]:
        signature = self._sign(url, fields)
        return {"X-Twilio-Signature": signature} if signature is not None else {}

    def _failed(self, code: int, reason: str, url: str) -> None:
        self._ledger.fault(code, f"{_path(url)}: {reason}")


def _path(url: str) -> str:
    return httpx.URL(url).path
