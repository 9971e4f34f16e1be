"""What a program asks for, read from its request; and what is wrong with it, told as a problem."""

import asyncio
import json
import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from starlette.requests import ClientDisconnect, Request

from ivr.flow.dialling import why_not_dialled
from ivr.flow.flow import Bundle, Outbound
from ivr.flow.messages import nearest

BODY_BYTES: Final = 64 * 1024
BODY_S: Final = 10.0
MOST_VALUES: Final = 50
LONGEST_VALUE: Final = 500
E164: Final = re.compile(r"\+[1-9][0-9]{5,14}", re.ASCII)
_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,63}", re.ASCII)
_KEYS: Final = ("outbound", "to", "data")
_EXAMPLE: Final = '{"outbound": NAME, "to": NUMBER, "data": {...}}'
_KEY: Final = re.compile(r"[\x21-\x7e]{1,255}")
_CODES: Final = {"no_number": "IVR401", "costly": "IVR402", "foreign": "IVR403"}


class Problem(Exception):
    """Told to who asked. `code`: of `ivr help`."""

    def __init__(
        self, status: int, title: str, detail: str, code: str = "", headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(title)
        self.status, self.title, self.detail, self.code, self.headers = status, title, detail, code, headers


def key_of(request: Request) -> str | None:
    """By which the same request is known again; None: it has none. Raises: Problem."""
    key = request.headers.get("idempotency-key")
    if key is not None and not _KEY.fullmatch(key):
        raise Problem(400, "Idempotency-Key", "It is 1 to 255 printed characters without a space.")
    return key


async def body_of(request: Request, known: Sequence[str] = _KEYS, example: str = _EXAMPLE) -> Mapping[str, Any]:
    """`known`: the keys it may have. Raises: Problem."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise Problem(415, "Not JSON", "Send Content-Type: application/json.")
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_S):
            async for part in request.stream():
                body += part
                if len(body) > BODY_BYTES:
                    raise Problem(413, "Too long", f"A request has {BODY_BYTES} bytes at most.")
        found = json.loads(body, parse_float=Decimal, parse_int=Decimal)
    except TimeoutError:
        raise Problem(408, "Too slow", "The request did not come in time.") from None
    except ClientDisconnect:
        raise Problem(400, "Cut off", "The request is not whole.") from None
    except (ValueError, RecursionError):
        raise Problem(400, "Not JSON", "The body cannot be read as JSON.") from None
    if not isinstance(found, dict):
        raise Problem(400, "Not an object", f"Send {example}.")
    strange = [key for key in found if key not in known]
    if strange:
        like = nearest(strange[0][:64], known)
        told = f"did you mean {like}?" if like else f"there are {', '.join(known)}."
        raise Problem(422, "Unknown key", f"One of the keys is not known: {told}")
    return found


def outbound_of(body: Mapping[str, Any], bundle: Bundle) -> Outbound:
    name = body.get("outbound")
    if not isinstance(name, str):
        raise Problem(422, "outbound is missing", "Name one of the calls under outbound: of project.yaml.")
    found = bundle.outbound.get(name)
    if found is None:
        like = nearest(name[:64], bundle.outbound)
        fix = f"Did you mean {like}?" if like else f"There are: {', '.join(sorted(bundle.outbound)) or 'none'}."
        raise Problem(422, "No such outbound", f"The project {bundle.project} does not have it. {fix}", "IVR110")
    return found


def number_of(body: Mapping[str, Any], bundle: Bundle) -> str:
    to = body.get("to")
    if not isinstance(to, str) or not E164.fullmatch(to):
        raise Problem(422, "to is no number", "Write it with + and its country, such as +15550100.", "IVR401")
    fault, country = why_not_dialled(to, bundle.countries)
    if fault is None:
        return to
    told = {
        "no_number": "It is a number of no country: it has too few digits, or too many.",
        "costly": "It is a number that costs whoever calls it.",
        "foreign": f"It is a number of {country}, and this project calls {', '.join(sorted(bundle.countries))} only: "
        "see dialling: in project.yaml.",
    }
    raise Problem(422, "This number is not called", told[fault], _CODES[fault])


def data_of(body: Mapping[str, Any]) -> dict[str, str]:
    """As texts, which the flow reads as the types of its inputs."""
    data = body.get("data", {})
    if not isinstance(data, dict) or len(data) > MOST_VALUES:
        raise Problem(422, "data is no object", f"It is names with values, {MOST_VALUES} at most.")
    found = {}
    for name, value in data.items():
        if not _NAME.fullmatch(name):
            raise Problem(422, "data", "A name has small letters, digits and _, and begins with a letter.")
        text = _text(value)
        if text is None or len(text) > LONGEST_VALUE:
            detail = f"{name}: a value is text of {LONGEST_VALUE} letters at most, a number, true or false."
            raise Problem(422, "data", detail)
        if value is not None:
            found[name] = text
    return found


def _text(value: object) -> str | None:
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case Decimal() if value.is_finite() and abs(value.adjusted()) <= 30:
            return f"{value:f}"
        case str():
            return value
        case _:
            return None
