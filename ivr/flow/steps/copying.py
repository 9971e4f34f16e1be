"""Copies of frozen values with some fields changed, a tenth of the time `dataclasses.replace` takes.

An engine step makes about ten such copies of values with some thirty fields, and nothing else costs it as much: a
frozen value is filled through `object.__setattr__`, field by field. Here a twin of the class that is not frozen is
filled, which is a plain store, and becomes one of the class. What fills it is written out for each class, as
`dataclasses` writes its `__init__`: a store a field, and no call. To a type checker this is `dataclasses.replace`
itself.
"""

from collections.abc import Callable
from dataclasses import fields, make_dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from dataclasses import replace
else:

    def replace(value: Any, /, **changes: Any) -> Any:
        kind = value.__class__
        copied = (_COPIES.get(kind) or _copy_of(kind))(value)
        for name, changed in changes.items():
            setattr(copied, name, changed)
        copied.__class__ = kind
        return copied


_COPIES: Final[dict[Any, Callable[[Any], Any]]] = {}
"""By class: gives a twin with the fields of a value."""


def _copy_of(kind: Any) -> Callable[[Any], Any]:
    names = [field.name for field in fields(kind)]
    twin = make_dataclass(kind.__name__, names, slots=True, eq=False)  # the same slots in the same order
    stores = "".join(f"    copied.{name} = value.{name}\n" for name in names)
    made: dict[str, Any] = {"new": object.__new__, "twin": twin}
    exec(f"def copy(value):\n    copied = new(twin)\n{stores}    return copied\n", made)  # noqa: S102 (names of our own fields)
    _COPIES[kind] = made["copy"]
    return _COPIES[kind]


__all__ = ["replace"]
