"""What a Python tool returns."""

from collections.abc import Mapping


class Result:
    """`Result("fault", fixed_by=time(18))`: the name of one of the tool's results, and the values it keeps."""

    __slots__ = ("name", "values")

    def __init__(self, name: str, /, **values: object) -> None:
        self.name = name
        self.values: Mapping[str, object] = values

    def __repr__(self) -> str:
        return f"Result({self.name!r}, {', '.join(sorted(self.values))})"  # names only: values may be private

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Result) and (self.name, self.values) == (other.name, other.values)

    def __hash__(self) -> int:
        return hash((self.name, tuple(sorted(self.values))))
