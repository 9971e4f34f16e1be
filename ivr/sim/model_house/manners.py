"""How an answer is given: what departs from the plain one, for one answer or for all of an endpoint.

Each field is one departure; several may be combined (`Manner(newline=CRLF, split_bytes=7)`). What a Manner does not
know of a kind of answer it leaves alone: `usage` changes nothing in a WAV.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

CRLF: Final = "\r\n"

Place = Literal["first", "last", "every", "never"]


@dataclass(frozen=True, slots=True)
class Manner:
    # In place of the answer.
    status: int = 200
    """Other than 200: an error, with `code`, `type` and `text` in the body's usual shape."""
    code: str | None = None
    type: str = "invalid_request_error"
    text: str = "Refused by the test."
    headers: Mapping[str, str] = field(default_factory=dict)
    """Beside, or over, the usual ones."""
    body: bytes | None = None
    """These bytes as the whole body, whatever was asked. `media_type` says what they claim to be."""
    media_type: str = "application/json"

    # When.
    wait_s: float = 0.0
    """Before the first byte."""
    each_s: float = 0.0
    """Between two events of a stream, or two pieces of a sound."""
    stall_after: int | None = None
    """Silent for an hour after so many events or pieces."""

    # What.
    text_only: bool = False
    """Written words although sound was asked for."""
    finish: str | None = None
    """finish_reason instead of the true one. `length` and `content_filter` also cut the sound in the middle."""
    rate_hz: int = 24_000
    """Of the sound. A header tells it; without a header nothing does."""
    wav_instead: bool = False
    """WAV where bare samples were asked for."""
    wav_size: Literal["true", "zero", "unknown"] | None = None
    """What the WAV header says of its length: the truth, 0, or 0xFFFFFFFF. None: as the endpoint has it (the truth in
    a chat, unknown where a voice speaks as it goes)."""

    # The stream's shape.
    audio_id: Place = "first"
    expires: Place = "last"
    done: bool = True
    """`data: [DONE]` at the end of a chat's stream."""
    usage: Literal["last", "before_finish", "in_finish", "never"] = "last"
    """When it was asked for."""
    has_finish: bool = True
    """Else the stream, or the choice, ends without a finish_reason."""
    whole_tool_calls: bool = False
    """Each in one piece, without `index`."""
    audio_piece_bytes: int | None = None
    """Sound in pieces of so many bytes; an odd number cuts samples."""

    # The stream's bytes.
    newline: str = "\n"
    comment_every: int = 0
    """A comment before each so-manieth event."""
    lines_per_event: int = 1
    """An event's JSON over so many `data:` lines."""
    split_bytes: int | None = None
    """Sent in pieces of so many bytes, through the middle of lines and of characters."""

    # Its end before the end.
    error_after: int | None = None
    """An error object as the next event after so many, then the end. `code`, `type` and `text` as above."""
    end_after: int | None = None
    """A clean end after so many events or pieces."""
    cut_after: int | None = None
    """The connection breaks after so many events or pieces, in the middle of the next."""
    garbage_after: int | None = None
    """An event that is not JSON after so many, then the rest."""

    @property
    def replaces(self) -> bool:
        """Whether there is no answer to be thought of at all."""
        return self.status != 200 or self.body is not None


PLAIN: Final = Manner()
