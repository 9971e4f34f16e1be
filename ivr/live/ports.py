"""What a call in flight needs of the rooms around it, as ports."""

from collections.abc import Callable, Mapping
from typing import Protocol

from ivr.call import effects as fx
from ivr.call.codec import Deed
from ivr.flow.state import RawReply
from ivr.flow.types import Value
from ivr.store import Quality
from ivr.units import CallId


class Line(Protocol):
    """The socket to the carrier. Neither method waits; what cannot be sent in time closes the line."""

    def send(self, text: str) -> None: ...
    def close(self, code: int) -> None: ...


class Keeper(Protocol):
    """Where a call is written down. `entry` and the others never wait; `durable` does."""

    def entry(self, call_id: CallId, entry: fx.KeepEntry) -> None: ...
    def turn(self, call_id: CallId, turn: fx.KeepTurn) -> None: ...
    def tool_sent(self, call_id: CallId, sent: fx.KeepToolSent) -> None: ...
    def tool(self, call_id: CallId, tool: fx.KeepTool) -> None: ...
    def note(self, call_id: CallId, note: fx.KeepNote) -> None: ...

    async def durable(self, call_id: CallId, seq: int) -> None:
        """Until the entry is on disk. Raises: StoreError."""
        ...

    def send(self, call_id: CallId, deed: Deed) -> None:
        """A message for whoever sends it. Its journal entry is durable."""
        ...

    async def book(self, call_id: CallId, deed: Deed) -> None:
        """Keeps a callback. Raises: StoreError."""
        ...

    def sending(self, call_id: CallId) -> Callable[[Deed], None]:
        """As `send`, also when the call is over by then."""
        ...

    async def leave(self, call_id: CallId, leave: fx.Leave) -> None:
        """Keeps what the carrier is to do when it asks next. Raises: StoreError."""
        ...

    def finished(self, call_id: CallId, finish: fx.Finish) -> None: ...
    def end(self, call_id: CallId, quality: Quality | None) -> None: ...


class Recording(Protocol):
    """Both sides of one call on the carrier's clock; positions in samples. Never waits."""

    def caller(self, at_sample: int, mulaw: bytes) -> None: ...
    def bot(self, at_sample: int, mulaw: bytes) -> None: ...
    def advance(self, now_sample: int) -> None: ...
    def pause(self, at_sample: int) -> None: ...
    def resume(self, at_sample: int) -> None: ...
    def close(self, total_samples: int) -> None: ...


class Toolbox(Protocol):
    """The tools of one bundle."""

    async def run(self, effect_id: str, flow: str, tool: str, arguments: Mapping[str, Value | None]) -> RawReply:
        """Always answers, within the tool's own deadline; a fault is a reply with `error`."""
        ...
