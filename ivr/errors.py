"""Every error raised on purpose. Expected things (silence, hang-up, barge-in, no match) are events, not errors.

IvrError
├── WireError       the far end of a websocket sent what it must not; carries the close code
├── FlowError       the YAML is wrong; carries every message with its place
├── ModelError      what hears, thinks or speaks failed
│   ├── ModelRefused      asking again will not help
│   └── ModelUnavailable  asking again may help
├── ToolError       a tool could not be used at all
├── CarrierError    the carrier's REST answered with a fault; carries its status and code
├── StoreError      what is kept could not be written or read
│   └── StoreUnavailable  asking again may help
└── SettingsError   the configuration is wrong, or the environment lacks something (exit code 3)
"""

from typing import Literal


class IvrError(Exception):
    """The root; its text is for people and never holds what a caller said, typed or owns."""


class WireError(IvrError):
    """The far end broke the protocol. `close_code` is the websocket code to close with (1003, 1007, 1008, 1009)."""

    def __init__(self, text: str, *, close_code: int = 1008) -> None:
        super().__init__(text)
        self.close_code = close_code


class FlowError(IvrError):
    """The operators' files are wrong; the loader's messages say where."""


class ModelError(IvrError):
    """Something that hears, thinks or speaks for us failed."""


RefusedKind = Literal["words", "key", "credit", "model", "address", "request", "too_large", "cap"]
UnavailableKind = Literal["fault", "overload", "late", "unreachable", "cut", "garbage"]


class ModelRefused(ModelError):
    """Asking again will not help. `kind`: the words must not or cannot be spoken (a judge or the provider says so);
    else the key is wrong or has no right to this, its credit is used up, there is no such model, the address is not
    that of a model, it does not take such a request, or it is too large; or it was not asked, since what may be spent
    is spent."""

    def __init__(self, text: str, kind: RefusedKind = "words") -> None:
        super().__init__(text)
        self.kind = kind


class ModelUnavailable(ModelError):
    """Asking again may help. `kind`: it failed; has too much to do; took too long; could not be reached; broke off in
    the middle; answered with what is no answer.

    `retry_after_ms`: how long the far end wants to be left alone; None: it does not say. `again` False: it says that
    asking for the same would fail the same way, so that only another can help."""

    def __init__(
        self, text: str, kind: UnavailableKind = "fault", *, retry_after_ms: int | None = None, again: bool = True
    ) -> None:
        super().__init__(text)
        self.kind = kind
        self.retry_after_ms = retry_after_ms
        self.again = again


class ToolError(IvrError):
    """A tool could not be used at all (a missing secret, a refused address)."""


class CarrierError(IvrError):
    """The carrier's REST interface answered with a fault."""

    def __init__(self, text: str, *, status: int, code: int) -> None:
        super().__init__(text)
        self.status = status
        self.code = code


class StoreError(IvrError):
    """What is kept could not be written or read."""


class StoreUnavailable(StoreError):
    """The database is locked, away or slow: asking again may help."""


class SettingsError(IvrError):
    """The configuration is wrong or the environment lacks something; the command ends with exit code 3."""
