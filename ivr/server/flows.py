"""Which flow answers which number, in which version: a call takes the newest when it begins and keeps it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from ivr.catalog import Catalog
from ivr.flow.flow import Bundle

SAMPLE: Final = "support"
"""The project that answers where none is named."""


def load_bundle(folder: Path | None, flow: str | None, environment: Mapping[str, str]) -> Bundle:
    """What answers: of the projects in `folder` the one named, or project/flow. Raises: SettingsError, FlowError."""
    return Catalog(folder or Path("flows"), environment).load(flow or SAMPLE)


class Flows:
    """The project's `entry:` decides by the number that was dialled."""

    def __init__(self, bundle: Bundle) -> None:
        self._bundle = bundle
        self.refused: str | None = None
        """Why what stands on disk now is not what new calls get; None: it is."""

    @property
    def bundle(self) -> Bundle:
        """What new calls get."""
        return self._bundle

    def take(self, bundle: Bundle) -> None:
        """From here on new calls get this version; it is adopted already."""
        self._bundle = bundle

    def of_new_call(self, dialled: str) -> tuple[Bundle, str]:
        return self._bundle, self._bundle.entry_numbers.get(dialled, self._bundle.entry_default)
