"""What follows from a part of a bundle alone is worked out once for all calls: a bundle never changes."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Final, TypeVar

Found = TypeVar("Found")
MOST: Final = 8192
"""Of each function; then all are worked out anew. Versions of flows that are gone do not stay for good."""


def once_each(work_out: Callable[..., Found]) -> Callable[..., Found]:
    """For arguments that are parts of bundles: the same objects give what they gave before. They are kept along with
    it, so that no other object can come to stand in their place."""
    kept: dict[tuple[int, ...], tuple[tuple[Any, ...], Found]] = {}

    @wraps(work_out)
    def once(*parts: Any) -> Found:
        key = tuple(map(id, parts))
        found = kept.get(key)
        if found is None:
            if len(kept) >= MOST:
                kept.clear()
            found = kept[key] = (parts, work_out(*parts))
        return found[1]

    return once
