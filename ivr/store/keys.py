"""A key for each call: what is private in a call is kept under it. Erase the key and the values are gone."""

import hmac
import json
import os
from collections.abc import Mapping

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ivr.errors import StoreError
from ivr.units import CallId

_NONCE_BYTES = 12


def new_key() -> bytes:
    return AESGCM.generate_key(bit_length=256)


class CallKey:
    """Seals and opens the private values of one call (AES-256-GCM, bound to the call's id)."""

    def __init__(self, call_id: CallId, key: bytes) -> None:
        self._aead = AESGCM(key)
        self._bound_to = call_id.encode()
        self.salt = hmac.digest(key, b"effects of " + self._bound_to, "sha256")
        """For numbers of what must not be guessed: gone with the key, and tells nothing of it."""

    def seal(self, plain: bytes) -> bytes:
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + self._aead.encrypt(nonce, plain, self._bound_to)

    def open(self, sealed: bytes) -> bytes:
        """Raises: StoreError if these bytes were not sealed by this key for this call, or were altered."""
        try:
            return self._aead.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], self._bound_to)
        except (InvalidTag, ValueError) as fault:
            raise StoreError("a private value does not open with the key of its call") from fault

    def seal_texts(self, texts: Mapping[str, str]) -> bytes | None:
        return self.seal(json.dumps(dict(texts), ensure_ascii=False).encode()) if texts else None

    def open_texts(self, sealed: bytes | None) -> dict[str, str]:
        if sealed is None:
            return {}
        texts: dict[str, str] = json.loads(self.open(sealed))
        return texts

    def __repr__(self) -> str:
        return "CallKey(…)"


def mask_number(number: str, shown: int = 2) -> str:
    """A telephone number (or SIP address) as views show it: four dots and its last characters."""
    return "••••" + number[-shown:] if len(number) > 2 * shown else "••••"
