"""twilio-python's REST client, kept in a module of its own because importing it takes a while; see rest.py."""

from typing import Any

from twilio.base.exceptions import TwilioException, TwilioRestException
from twilio.http.http_client import TwilioHttpClient
from twilio.http.response import Response
from twilio.rest import Client

from ivr.carrier.ports import NewCall
from ivr.errors import CarrierError


class TooManyRequests(CarrierError):
    """429: nothing was done; ask again after `after_s` (None: the carrier did not say)."""

    def __init__(self, after_s: float | None) -> None:
        super().__init__("the carrier asks for fewer requests (429)", status=429, code=20429)
        self.after_s = after_s


class TwilioCalls:
    """The calls of one account. Blocks; every fault is a CarrierError without a word of the carrier's text."""

    def __init__(self, account_sid: str, auth_token: str, *, base_url: str | None, http_timeout_s: float) -> None:
        # The client reads region and edge from the environment by itself; a token belongs to one region only.
        environment = {"TWILIO_REGION": "", "TWILIO_EDGE": ""}
        self._http = _Http(timeout=http_timeout_s)
        self._client = Client(account_sid, auth_token, environment=environment, http_client=self._http)
        if base_url is not None:
            self._client.api.base_url = base_url

    def hang_up(self, call_sid: str) -> None:
        self._ask(lambda: self._client.calls(call_sid).update(status="completed"))

    def update_twiml(self, call_sid: str, twiml: str) -> None:
        self._ask(lambda: self._client.calls(call_sid).update(twiml=twiml))

    def status(self, call_sid: str) -> str:
        status = self._ask(lambda: self._client.calls(call_sid).fetch()).status
        if not isinstance(status, str):
            raise _unusable()
        return status

    def create_call(self, call: NewCall) -> str:
        wanted: dict[str, object] = {
            "to": call.to,
            "from_": call.from_,
            "timeout": call.ring_s,
            "time_limit": call.time_limit_s,
        }
        chosen: dict[str, object] = {"twiml": call.twiml, "url": call.url, "status_callback": call.status_url}
        if call.detect is not None:
            chosen |= {
                "machine_detection": call.detect,
                "async_amd": "true",
                "async_amd_status_callback": call.detect_url,
            }
        wanted |= {name: value for name, value in chosen.items() if value is not None}
        sid = self._ask(lambda: self._client.calls.create(**wanted)).sid
        if not isinstance(sid, str):
            raise _unusable()
        return sid

    def send_text(self, to: str, body: str, from_: str) -> str:
        sid = self._ask(lambda: self._client.messages.create(to=to, from_=from_, body=body)).sid
        if not isinstance(sid, str):
            raise _unusable()
        return sid

    def set_recording(self, call_sid: str, status: str) -> None:
        running = self._client.calls(call_sid).recordings("Twilio.CURRENT")
        self._ask(lambda: running.update(status=status, **_pause(status)))

    def close(self) -> None:
        self._http.session.close()

    def _ask(self, request: Any) -> Any:
        try:
            return request()
        except CarrierError:
            raise
        except TwilioRestException as fault:
            raise CarrierError(
                f"the carrier refused ({fault.status}, code {fault.code})",
                status=fault.status,
                code=fault.code or fault.status,
            ) from None
        except TwilioException:
            raise _unusable() from None
        except OSError:  # what requests raises for lines, names and deadlines
            raise CarrierError("the carrier did not answer", status=0, code=0) from None
        except (ValueError, LookupError, TypeError, AttributeError):  # an answer that is not the JSON it should be
            raise _unusable() from None


def _unusable() -> CarrierError:
    return CarrierError("the carrier's answer cannot be used", status=0, code=0)


class _Http(TwilioHttpClient):  # type: ignore[misc]
    """Keeps Retry-After, which the library drops, and writes no log: a number may stand in what is sent."""

    def request(self, *positional: Any, **named: Any) -> Response:
        response = super().request(*positional, **named)
        if response.status_code == 429:
            raise TooManyRequests(_seconds((response.headers or {}).get("Retry-After")))
        return response

    def log_request(self, kwargs: dict[str, Any]) -> None:
        return None

    def log_response(self, status_code: int, response: Any) -> None:
        return None


def _pause(status: str) -> dict[str, str]:
    return {"pause_behavior": "silence"} if status == "paused" else {}


def _seconds(text: str | None) -> float | None:
    try:
        return max(0.0, float(text)) if text is not None else None
    except ValueError:  # a date: rare, and the default pause does
        return None
