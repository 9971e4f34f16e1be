"""Figures as an SVG: panels below one another, each with axes, lines and a legend. No library, no style sheet."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from math import ceil, floor, inf, log10
from typing import Final

WIDTH: Final = 760
PANEL: Final = 250
LEFT, RIGHT, TOP, BOTTOM = 70, 20, 40, 44
TITLE: Final = 46
DASHES: Final = ' stroke-dasharray="6 4"'
COLOURS: Final = ("#1f5fa8", "#c2410c", "#3f7d20", "#7a3e9d", "#6b7280")


@dataclass(frozen=True, slots=True)
class Series:
    """Points left to right. `doubtful`: those drawn hollow; `dots`: whether points are marked at all."""

    name: str
    points: Sequence[tuple[float, float]]
    doubtful: frozenset[int] = frozenset()
    dots: bool = True
    dashed: bool = False


@dataclass(frozen=True, slots=True)
class Panel:
    title: str
    x: str
    y: str
    series: Sequence[Series]
    from_zero: bool = True
    """Otherwise the axis begins near the least value."""
    most: float | None = None
    """Values above stand at the upper edge, their number beside them, so that one does not press down the others."""


def svg(title: str, subtitle: str, panels: Sequence[Panel]) -> str:
    height = TITLE + PANEL * len(panels)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" viewBox="0 0 {WIDTH} {height}"'
        ' font-family="sans-serif" font-size="12">',
        f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>',
        _text(LEFT, 20, title, size=15, bold=True),
        _text(LEFT, 38, subtitle, colour="#555555"),
    ]
    for number, panel in enumerate(panels):
        parts += [f'<g transform="translate(0 {TITLE + PANEL * number})">', *_panel(panel), "</g>"]
    return "\n".join([*parts, "</svg>"]) + "\n"


def ticks(least: float, most: float, about: int = 5) -> list[float]:
    """Round values from at or below `least` to at or above `most`, with steps of 1, 2 or 5 times a power of ten."""
    if most <= least:
        most = least + 1
    rough = (most - least) / about
    power = 10.0 ** floor(log10(rough))
    step = next(size * power for size in (1, 2, 5, 10) if size * power >= rough * 0.999)
    first, last = floor(least / step + 1e-9), ceil(most / step - 1e-9)
    return [round(number * step, 10) for number in range(first, last + 1)]


def _panel(panel: Panel) -> Iterable[str]:
    xs = [x for series in panel.series for x, _ in series.points] or [0.0]
    most = inf if panel.most is None else panel.most
    ys = [min(y, most) for series in panel.series for _, y in series.points] or [0.0]
    x_ticks = ticks(0.0, max(xs), about=8)
    y_ticks = ticks(min(0.0, *ys) if panel.from_zero else min(ys), max(ys))
    x_at = _scale(x_ticks, LEFT, WIDTH - RIGHT)
    y_at = _scale(y_ticks, PANEL - BOTTOM, TOP)
    yield _text(LEFT, TOP - 14, panel.title, bold=True)
    for y in y_ticks:
        yield _line(LEFT, y_at(y), WIDTH - RIGHT, y_at(y), "#dddddd")
        yield _text(LEFT - 8, y_at(y) + 4, f"{y:g}", anchor="end")
    floor_y = PANEL - BOTTOM
    for x in x_ticks:
        yield _line(x_at(x), floor_y, x_at(x), floor_y + 4, "#555555")
        yield _text(x_at(x), floor_y + 18, f"{x:g}", anchor="middle")
    yield _line(LEFT, floor_y, WIDTH - RIGHT, floor_y, "#555555")
    yield _text((LEFT + WIDTH - RIGHT) / 2, floor_y + 34, panel.x, anchor="middle")
    middle = (TOP + floor_y) / 2
    yield f'<g transform="rotate(-90 16 {middle:.0f})">{_text(16, middle, panel.y, anchor="middle")}</g>'
    for number, series in enumerate(panel.series):
        yield from _series(number, series, x_at, y_at, most)
    yield from _legend(panel.series)


def _series(place: int, series: Series, x_at: "_Scale", y_at: "_Scale", most: float) -> Iterable[str]:
    colour = COLOURS[place % len(COLOURS)]
    places = [(x_at(x), y_at(min(y, most))) for x, y in series.points]
    dashes = DASHES if series.dashed else ""
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    yield f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="2"{dashes}/>'
    for number, (x, y) in enumerate(places if series.dots else ()):
        fill = "#ffffff" if number in series.doubtful else colour
        if (value := series.points[number][1]) > most:
            left = x > WIDTH / 2
            yield _text(
                x - 9 if left else x + 9,
                y + 4 + 14 * place,
                f"{value:.0f}",
                anchor="end" if left else "start",
                colour=colour,
            )
        yield f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{fill}" stroke="{colour}" stroke-width="2"/>'


def _legend(many: Sequence[Series]) -> Iterable[str]:
    if len(many) < 2:
        return
    x = float(WIDTH - RIGHT)
    for number, series in reversed(list(enumerate(many))):
        x -= 7.0 * len(series.name) + 34
        yield _line(x, TOP - 18, x + 20, TOP - 18, COLOURS[number % len(COLOURS)], width=2, dashed=series.dashed)
        yield _text(x + 25, TOP - 14, series.name)


class _Scale:
    def __init__(self, least: float, most: float, begin: float, end: float) -> None:
        self._least, self._begin = least, begin
        self._per = (end - begin) / (most - least)

    def __call__(self, value: float) -> float:
        return self._begin + (value - self._least) * self._per


def _scale(marks: Sequence[float], begin: float, end: float) -> _Scale:
    return _Scale(marks[0], marks[-1], begin, end)


def _line(x1: float, y1: float, x2: float, y2: float, colour: str, *, width: int = 1, dashed: bool = False) -> str:
    return (
        f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}" stroke-width="{width}"'
        f"{DASHES if dashed else ''}/>"
    )


def _text(
    x: float, y: float, text: str, *, anchor: str = "start", size: int = 12, bold: bool = False, colour: str = "#222222"
) -> str:
    weight = ' font-weight="bold"' if bold else ""
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}"{weight} fill="{colour}">'
        f"{escape(text)}</text>"
    )
