"""The carrier's signature, reckoned by our own hand: HMAC-SHA1 over the URL and the sorted form fields."""

import base64
import hashlib
import hmac
from collections.abc import Callable, Mapping
from urllib.parse import urlsplit, urlunsplit

Signer = Callable[[str, Mapping[str, str]], str | None]
"""A URL as it is dialled and the form's fields to the signature; None: nothing is signed."""


def sign(url: str, fields: Mapping[str, str], auth_token: str) -> str:
    """What stands in X-Twilio-Signature. The websocket upgrade has no fields and is signed for its ws(s) URL."""
    text = url.partition("#")[0] + "".join(name + fields[name] for name in sorted(fields))
    digest = hmac.new(auth_token.encode(), text.encode(), hashlib.sha1).digest()
    return base64.b64encode(digest).decode()


def signer(auth_token: str | None, base_url: str, public_url: str | None) -> Signer:
    """Signs what is dialled at `base_url` as if it were dialled at `public_url`, as behind a proxy that ends TLS."""

    def signature(url: str, fields: Mapping[str, str]) -> str | None:
        if auth_token is None:
            return None
        return sign(moved(url, base_url, public_url) if public_url else url, fields, auth_token)

    return signature


def moved(url: str, from_base: str, to_base: str) -> str:
    """A URL of one base at another: host, port and security change, path and query stay. Other hosts stay as they
    are."""
    parts, old, new = urlsplit(url), urlsplit(from_base), urlsplit(to_base)
    if parts.netloc != old.netloc:
        return url
    kind = "ws" if parts.scheme in ("ws", "wss") else "http"
    return urlunsplit(parts._replace(scheme=kind + ("s" if new.scheme in ("https", "wss") else ""), netloc=new.netloc))
