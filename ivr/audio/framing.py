"""µ-law bytes of any length to the line's 20 ms frames."""

from ivr.audio.mulaw import SILENCE
from ivr.units import FRAME_BYTES


class Framing:
    """Cuts a stream of µ-law into frames of 160 bytes; what does not fill a frame waits for more."""

    __slots__ = ("_rest",)

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, mulaw: bytes) -> list[bytes]:
        """The frames that are now full, in order."""
        whole = self._rest + mulaw
        end = len(whole) - len(whole) % FRAME_BYTES
        self._rest = whole[end:]
        return [whole[at : at + FRAME_BYTES] for at in range(0, end, FRAME_BYTES)]

    def flush(self) -> bytes | None:
        """The last, part-filled frame, padded with silence; None when nothing waits."""
        rest, self._rest = self._rest, b""
        return rest.ljust(FRAME_BYTES, SILENCE) if rest else None
