"""What `ivr doctor` tells of one thing it looked at."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

State = Literal["ok", "warn", "fail"]


@dataclass(frozen=True, slots=True)
class Finding:
    item: str
    state: State
    found: str
    fix: str = ""
    measured: Mapping[str, object] | None = None
    """Figures of a model that was tried."""

    def shape(self) -> dict[str, Any]:
        """As JSON."""
        told = asdict(self)
        if self.measured is None:
            del told["measured"]
        return told
