"""The carrier's signature, reckoned by our own hand: HMAC-SHA1 over the URL and the sorted form fields."""

import base64
import hashlib
import hmac
from collections.abc import Mapping


def sign(url: str, fields: Mapping[str, str], auth_token: str) -> str:
    """What stands in X-Twilio-Signature. The websocket upgrade has no fields and is signed for its ws(s) URL."""
    text = url.partition("#")[0] + "".join(name + fields[name] for name in sorted(fields))
    digest = hmac.new(auth_token.encode(), text.encode(), hashlib.sha1).digest()
    return base64.b64encode(digest).decode()
