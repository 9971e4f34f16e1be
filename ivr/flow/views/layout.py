"""Boxes and arrows given places: layers from top to bottom, few crossings, straight ways (after Sugiyama).

Loops are broken by turning their last arrow round; boxes take the layer below the lowest that leads to them; a label is
a point of its way on a layer between, with a width of its own, so that no two labels lie on each other.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

GAP_X: Final = 26
GAP_LAYER: Final = 30
SWEEPS: Final = 16
_STRAIGHT: Final = 4
"""How much a long way pulls to be straight."""


@dataclass(frozen=True, slots=True)
class Size:
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Spot:
    """The middle of a box or label."""

    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Way:
    """Of one arrow: the spots it passes between its boxes, in its own direction; which of them has its label."""

    through: tuple[Spot, ...]
    label: Spot | None


@dataclass(frozen=True, slots=True)
class Layout:
    boxes: dict[str, Spot]
    ways: tuple[Way, ...]
    width: float
    height: float


@dataclass(slots=True)
class _Point:
    """A box, or a point of a way on one layer."""

    layer: int
    size: Size
    heavy: bool
    x: float = 0
    ups: list[int] = field(default_factory=list)
    downs: list[int] = field(default_factory=list)


def lay_out(boxes: dict[str, Size], arrows: Sequence[tuple[str, str, Size | None]], first: str) -> Layout:
    """`arrows`: from, to, the size of the label (None: no label). An arrow to its own box passes no spot."""
    return _Layers(boxes, arrows, first).layout()


class _Layers:
    def __init__(self, boxes: dict[str, Size], arrows: Sequence[tuple[str, str, Size | None]], first: str) -> None:
        self._arrows = arrows
        self._turned = _turned([first, *(name for name in boxes if name != first)], [(a, b) for a, b, _ in arrows])
        layers = self._layered(boxes)
        self._points = [_Point(2 * layers[name], size, heavy=False) for name, size in boxes.items()]
        self._index = {name: number for number, name in enumerate(boxes)}
        self._passed: list[list[int]] = []
        self._labels: list[int | None] = []
        for number in range(len(arrows)):
            self._add(number)
        self._rows: list[list[int]] = [[] for _ in range(max((p.layer for p in self._points), default=0) + 1)]
        for number, point in enumerate(self._points):
            self._rows[point.layer].append(number)

    def _layered(self, boxes: dict[str, Size]) -> dict[str, int]:
        """The longest way from above."""
        into: dict[str, list[str]] = {name: [] for name in boxes}
        for number, (source, target, _) in enumerate(self._arrows):
            if source != target:
                above, below = (target, source) if number in self._turned else (source, target)
                into[below].append(above)
        layers: dict[str, int] = {}

        def layer(name: str) -> int:
            if name not in layers:
                layers[name] = max((layer(above) + 1 for above in into[name]), default=0)
            return layers[name]

        for name in boxes:
            layer(name)
        return layers

    def _add(self, number: int) -> None:
        source, target, label = self._arrows[number]
        if source == target:
            self._passed.append([])
            self._labels.append(None)
            return
        above, below = (target, source) if number in self._turned else (source, target)
        last = self._index[above]
        end = self._index[below]
        passed: list[int] = []
        begin, finish = self._points[last].layer + 1, self._points[end].layer
        # the label stands next to the box that the arrow leaves
        at = None if label is None else finish - 1 if number in self._turned else begin
        for layer in range(begin, finish):
            size = label if layer == at and label is not None else Size(10, 0)
            self._points.append(_Point(layer, size, heavy=True))
            here = len(self._points) - 1
            self._join(last, here)
            passed.append(here)
            last = here
        self._join(last, end)
        label_at = None if at is None else passed[at - begin]
        self._passed.append(passed[::-1] if number in self._turned else passed)
        self._labels.append(label_at)

    def _join(self, above: int, below: int) -> None:
        self._points[above].downs.append(below)
        self._points[below].ups.append(above)

    # ---- order within a layer

    def _order(self) -> None:
        best, fewest = [row[:] for row in self._rows], self._crossings()
        for sweep in range(SWEEPS):
            down = sweep % 2 == 0
            rows = self._rows[1:] if down else self._rows[-2::-1]
            place = self._places()
            for row in rows:
                beside: Callable[[int], list[int]] = self._ups if down else self._downs
                current = {number: at for at, number in enumerate(row)}
                row.sort(key=lambda number: self._middle(beside(number), place, current[number]))
                place.update({number: at for at, number in enumerate(row)})
            crossings = self._crossings()
            if crossings < fewest:
                best, fewest = [row[:] for row in self._rows], crossings
        self._rows = best

    def _ups(self, number: int) -> list[int]:
        return self._points[number].ups

    def _downs(self, number: int) -> list[int]:
        return self._points[number].downs

    def _middle(self, beside: list[int], place: dict[int, int], otherwise: int) -> float:
        return sum(place[other] for other in beside) / len(beside) if beside else otherwise

    def _places(self) -> dict[int, int]:
        return {number: at for row in self._rows for at, number in enumerate(row)}

    def _crossings(self) -> int:
        place = self._places()
        found = 0
        for row in self._rows:
            ends = [place[below] for number in row for below in sorted(self._downs(number), key=place.__getitem__)]
            found += sum(ends[i] > ends[j] for i in range(len(ends)) for j in range(i + 1, len(ends)))
        return found

    # ---- across and down

    def _spread(self) -> None:
        for row in self._rows:
            x = 0.0
            for number in row:
                width = self._points[number].size.width
                self._points[number].x = x + width / 2
                x += width + GAP_X
        for sweep in range(SWEEPS):
            down = sweep % 2 == 0
            for row in self._rows[1:] if down else self._rows[-2::-1]:
                self._settle(row, self._ups if down else self._downs)
        for row in self._rows:
            self._settle(row, lambda number: [*self._ups(number), *self._downs(number)])

    def _settle(self, row: list[int], beside: Callable[[int], list[int]]) -> None:
        """As near as can be to the middle of its neighbours, in the order of the row, none on another."""
        offset, wanted, weights = 0.0, [], []
        offsets: list[float] = []
        for at, number in enumerate(row):
            point = self._points[number]
            if at:
                offset += (self._points[row[at - 1]].size.width + point.size.width) / 2 + GAP_X
            others = beside(number)
            heavy = [self._points[other].heavy and point.heavy for other in others]
            pulls = [_STRAIGHT if one else 1 for one in heavy]
            middle = (
                sum(self._points[o].x * p for o, p in zip(others, pulls, strict=True)) / sum(pulls)
                if others
                else point.x
            )
            offsets.append(offset)
            wanted.append(middle - offset)
            weights.append(float(sum(pulls)) if others else 0.1)
        for number, base, along in zip(row, _rising(wanted, weights), offsets, strict=True):
            self._points[number].x = base + along

    def layout(self) -> Layout:
        self._order()
        self._spread()
        tops: list[float] = []
        y = 0.0
        for row in self._rows:
            height = max((self._points[number].size.height for number in row), default=0)
            tops.append(y + height / 2)
            y += height + (GAP_LAYER if height else GAP_LAYER / 2)
        left = min((p.x - p.size.width / 2 for p in self._points), default=0)
        right = max((p.x + p.size.width / 2 for p in self._points), default=0)
        spots = [Spot(point.x - left, tops[point.layer]) for point in self._points]
        ways = tuple(
            Way(tuple(spots[number] for number in passed), None if label is None else spots[label])
            for passed, label in zip(self._passed, self._labels, strict=True)
        )
        return Layout({name: spots[number] for name, number in self._index.items()}, ways, right - left, y - GAP_LAYER)


def _turned(names: list[str], arrows: list[tuple[str, str]]) -> set[int]:
    """Numbers of arrows that close a loop."""
    outward: dict[str, list[tuple[int, str]]] = {name: [] for name in names}
    for number, (source, target) in enumerate(arrows):
        outward[source].append((number, target))
    turned: set[int] = set()
    done: set[str] = set()
    for root in names:
        if root in done:
            continue
        open_, stack = {root}, [(root, iter(outward[root]))]
        done.add(root)
        while stack:
            name, rest = stack[-1]
            for number, target in rest:
                if target in open_:
                    turned.add(number)
                elif target not in done:
                    done.add(target)
                    open_.add(target)
                    stack.append((target, iter(outward[target])))
                    break
            else:
                open_.discard(name)
                stack.pop()
    return turned


def _rising(wanted: list[float], weights: list[float]) -> list[float]:
    """The rising numbers nearest to those wanted (isotonic regression, pool adjacent violators)."""
    pools: list[tuple[float, float, int]] = []
    for value, weight in zip(wanted, weights, strict=True):
        pools.append((value, weight, 1))
        while len(pools) > 1 and pools[-2][0] > pools[-1][0]:
            (a, wa, na), (b, wb, nb) = pools[-2], pools[-1]
            pools[-2:] = [((a * wa + b * wb) / (wa + wb), wa + wb, na + nb)]
    return [value for value, _, count in pools for _ in range(count)]
