"""Which flow answers which number, in which version: a call takes the newest when it begins and keeps it."""

from ivr.flow.flow import Bundle
from ivr.live.process import Process
from ivr.store import CallRow


class Flows:
    """`flow`: the one that answers every number; None: the project's `entry:` decides."""

    def __init__(self, process: Process, bundle: Bundle, flow: str | None = None) -> None:
        self._process = process
        self._bundle = bundle
        self._flow = flow

    @property
    def bundle(self) -> Bundle:
        return self._bundle

    async def of_new_call(self, row: CallRow) -> tuple[Bundle, str]:
        """Raises: StoreError."""
        if self._flow is not None:
            return self._bundle, self._flow
        _, dialled = await self._process.calls.numbers(row.id) or ("", "")
        return self._bundle, self._bundle.entry_numbers.get(dialled, self._bundle.entry_default)
