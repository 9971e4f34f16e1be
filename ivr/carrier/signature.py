"""Twilio's signature: HMAC-SHA1, keyed with the account's auth token, over the public URL and the form's fields.

The URL is the one we gave the carrier, so it is built from the configured public address. Twilio signs a URL with or
without its default port, and it is said to add a slash to a websocket's; both spellings are ours, so either is taken.
Several tokens may be good at once, while one is being changed for another.
"""

import hashlib
import hmac
from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import parse_qs, urlsplit

from twilio.request_validator import (
    HMAC_SHA1,
    HMAC_SHA256,
    SIGNATURE_HEADER,
    SIGNATURE_SETTINGS_HEADER,
    RequestValidator,
    add_port,
    get_signature_algorithm,
    remove_port,
)

from ivr.carrier.ports import Fields


class TwilioSignature:
    """A Proof by signature. `public_url` as configured, without a trailing slash; without a token nothing passes."""

    def __init__(self, public_url: str, auth_tokens: Sequence[str]) -> None:
        self._public_url = public_url.rstrip("/")
        self._stream_url = "ws" + self._public_url.removeprefix("http")
        self._keys = tuple(RequestValidator(token) for token in auth_tokens if token)

    def verify_webhook(
        self, target: str, fields: Fields, headers: Mapping[str, str], body: bytes | None = None
    ) -> bool:
        if not target.startswith("/"):
            return False
        text = self._public_url + target.partition("#")[0]
        url = urlsplit(text)
        if body is not None and not _is_body_signed(url.query, body):
            return False
        signed = Form(fields) if body is None else Form(())
        return self._is_signed((text, remove_port(url), add_port(url)), signed, headers)

    def verify_upgrade(self, target: str, headers: Mapping[str, str]) -> bool:
        url = (self._stream_url + target.partition("?")[0]).rstrip("/")
        return self._is_signed((url, url + "/"), Form(()), headers)

    def _is_signed(self, urls: Sequence[str], fields: "Form", headers: Mapping[str, str]) -> bool:
        signature = _header(headers, SIGNATURE_HEADER)
        if signature is None or get_signature_algorithm(_header(headers, SIGNATURE_SETTINGS_HEADER)) != HMAC_SHA1:
            return False
        given = signature.encode(errors="replace")
        try:
            expected = [key.compute_signature(url, fields).encode() for key in self._keys for url in urls]
        except UnicodeEncodeError:  # a field with half a character: Twilio sends UTF-8
            return False
        return sum(hmac.compare_digest(one, given) for one in expected) > 0  # all of them: no early end to time


class LoopbackOnly:
    """Takes everything. For a server without a token, which therefore listens on this machine alone."""

    def verify_webhook(
        self, target: str, fields: Fields, headers: Mapping[str, str], body: bytes | None = None
    ) -> bool:
        return True

    def verify_upgrade(self, target: str, headers: Mapping[str, str]) -> bool:
        return True


class Form:
    """The fields of a form as twilio-python wants to read them; a repeated name keeps all its values."""

    def __init__(self, fields: Fields) -> None:
        self._values: dict[str, list[str]] = {}
        for name, value in fields:
            self._values.setdefault(name, []).append(value)

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def getall(self, name: str) -> list[str]:
        return self._values[name]


def shared_key_signature(url: str, fields: Fields, secret: str) -> str:
    """The newer scheme, HMAC-SHA256 with a SharedKey; no webhook of ours is accepted by it yet."""
    return str(RequestValidator(secret).compute_signature(url, Form(fields), HMAC_SHA256))


def _is_body_signed(query: str, body: bytes) -> bool:
    """A body that is no form is signed by its hash in the URL."""
    hashes = parse_qs(query).get("bodySHA256", [])
    return len(hashes) == 1 and hmac.compare_digest(
        hashes[0].encode(errors="replace"), hashlib.sha256(body).hexdigest().encode()
    )


def _header(headers: Mapping[str, str], name: str) -> str | None:
    wanted = name.lower()
    return next((value for key, value in headers.items() if key.lower() == wanted), None)
