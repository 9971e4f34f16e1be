"""Which flow answers which number, in which version: a call takes the newest when it begins and keeps it."""

from ivr.flow.flow import Bundle
from ivr.live.process import Process
from ivr.store import CallRow


class Flows:
    """The project's `entry:` decides by the number that was dialled."""

    def __init__(self, process: Process, bundle: Bundle) -> None:
        self._process = process
        self._bundle = bundle

    @property
    def bundle(self) -> Bundle:
        return self._bundle

    async def of_new_call(self, row: CallRow) -> tuple[Bundle, str]:
        """Raises: StoreError."""
        _, dialled = await self._process.calls.numbers(row.id) or ("", "")
        return self._bundle, self._bundle.entry_numbers.get(dialled, self._bundle.entry_default)
