"""A flow as a picture: SVG by itself, without a style sheet or script of its own, legible in black and white."""

from collections.abc import Iterator
from html import escape
from itertools import pairwise
from typing import Final

from ivr.flow.views.graph import ANYWHERE, Arrow, Box, Graph, shortened
from ivr.flow.views.layout import Layout, Size, Spot, Way, lay_out

MARGIN: Final = 28
TITLE_HEIGHT: Final = 58
LINE: Final = 17
PAD: Final = 12
LOOP: Final = 34
FONT: Final = "Inter, 'Segoe UI', 'Helvetica Neue', Arial, 'DejaVu Sans', sans-serif"
_NARROW: Final = frozenset("ijl.,:;'|!()[]ft\"I ")
_WIDE: Final = frozenset("mwMW@\u2026")
_COLOURS: Final = {  # border, ground, text
    "start": ("#0B5CAD", "#EAF2FB", "#0B3D73"),
    "node": ("#8A949E", "#FFFFFF", "#20262B"),
    "person": ("#8A3B12", "#FBF0EA", "#6B2D0D"),
    "end": ("#4A5056", "#F0F2F4", "#33383D"),
    "flow": ("#6B3FA0", "#F4EFFA", "#4C2B73"),
    "anywhere": ("#9AA3AB", "#FAFBFB", "#5F6871"),
}


def picture(graph: Graph) -> str:
    """The whole SVG file."""
    sizes = {box.name: _size(box) for box in graph.boxes}
    first = next((box.name for box in graph.boxes if box.kind == "start"), graph.boxes[0].name)
    arrows = [(arrow.source, arrow.target, _label_size(arrow)) for arrow in graph.arrows]
    layout = lay_out(sizes, arrows, first)
    return "\n".join(_Drawing(graph, sizes, layout).lines()) + "\n"


def text_width(text: str, size: float) -> float:
    """Near enough for any sans serif."""
    return sum(0.32 if c in _NARROW else 0.86 if c in _WIDE else 0.7 if c.isupper() else 0.59 for c in text) * size


def _size(box: Box) -> Size:
    width = max([text_width(box.title, 13.5) * 1.06, *(text_width(line, 11.5) for line in box.lines)])
    return Size(max(72, width + 2 * PAD), 2 * PAD - 4 + LINE * (1 + len(box.lines)))


def _label_size(arrow: Arrow) -> Size | None:
    return Size(text_width(arrow.label, 11) + 10, 18) if arrow.label and arrow.source != arrow.target else None


class _Drawing:
    def __init__(self, graph: Graph, sizes: dict[str, Size], layout: Layout) -> None:
        self._graph = graph
        self._sizes = sizes
        self._layout = layout
        looped = any(arrow.source == arrow.target for arrow in graph.arrows)
        widest = max((text_width(a.label, 11) for a in graph.arrows if a.source == a.target), default=0)
        title = text_width(graph.title, 18) + 20
        self._width = max(layout.width + (LOOP + widest if looped else 0), title, 320) + 2 * MARGIN
        self._height = layout.height + TITLE_HEIGHT + 2 * MARGIN

    def lines(self) -> Iterator[str]:
        graph = self._graph
        width, height = round(self._width), round(self._height)
        yield (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
            f'viewBox="0 0 {width} {height}" role="img" font-family="{FONT}">'
        )
        yield f"<title>{escape(f'Flow {graph.title}')}</title>"
        yield f"<desc>{escape(graph.about)}</desc>"
        yield f'<rect width="{width}" height="{height}" fill="#FFFFFF"/>'
        for name, colour in (("full", "#5A646E"), ("dim", "#A7AFB6")):
            yield (
                f'<marker id="{name}" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="8" markerHeight="8" '
                f'markerUnits="userSpaceOnUse" orient="auto"><path d="M0,1 L10,5 L0,9 Z" fill="{colour}"/></marker>'
            )
        yield f'<text x="{MARGIN}" y="{MARGIN + 12}" font-size="18" font-weight="600">{escape(graph.title)}</text>'
        about = shortened(graph.about, max(40, int(self._width / 6.4)))
        yield f'<text x="{MARGIN}" y="{MARGIN + 32}" font-size="12" fill="#5F6871">{escape(about)}</text>'
        yield f'<g transform="translate({MARGIN},{MARGIN + TITLE_HEIGHT})">'
        pairs = list(zip(self._graph.arrows, self._layout.ways, strict=True))
        for arrow, way in sorted(pairs, key=lambda pair: not pair[0].dim):
            yield from self._arrow(arrow, way)
        for box in self._graph.boxes:
            yield from self._box(box)
        for arrow, way in pairs:
            yield from self._label(arrow, way)
        yield "</g>"
        yield "</svg>"

    def _box(self, box: Box) -> Iterator[str]:
        spot, size = self._layout.boxes[box.name], self._sizes[box.name]
        border, ground, ink = _COLOURS[box.kind]
        x, y = spot.x - size.width / 2, spot.y - size.height / 2
        dash = ' stroke-dasharray="5 4"' if box.name == ANYWHERE else ""
        round_ = size.height / 2 if box.kind == "anywhere" else 14 if box.kind in ("start", "end") else 6
        thick = 2 if box.kind == "start" else 1.3
        yield f'<g id="node-{escape(box.name.strip("*>") or "anywhere")}">'
        yield (
            f'<rect x="{x:.1f}" y="{y:.1f}" width="{size.width:.1f}" height="{size.height:.1f}" rx="{round_:.1f}" '
            f'fill="{ground}" stroke="{border}" stroke-width="{thick}"{dash}/>'
        )
        at = y + PAD + 9
        yield (
            f'<text x="{spot.x:.1f}" y="{at:.1f}" font-size="13.5" font-weight="600" text-anchor="middle" '
            f'fill="{ink}">{escape(box.title)}</text>'
        )
        for line in box.lines:
            at += LINE
            style = ' font-style="italic"' if line.startswith('"') else ""
            yield (
                f'<text x="{spot.x:.1f}" y="{at:.1f}" font-size="11.5" text-anchor="middle" '
                f'fill="#4A5056"{style}>{escape(line)}</text>'
            )
        yield "</g>"

    def _arrow(self, arrow: Arrow, way: Way) -> Iterator[str]:
        style = 'stroke="#A7AFB6" stroke-dasharray="4 3" marker-end="url(#dim)"'
        if not arrow.dim:
            style = 'stroke="#5A646E" stroke-width="1.4" marker-end="url(#full)"'
        yield f'<path d="{self._path(arrow, way)}" fill="none" {style}/>'

    def _path(self, arrow: Arrow, way: Way) -> str:
        source, target = self._layout.boxes[arrow.source], self._layout.boxes[arrow.target]
        here, there = self._sizes[arrow.source], self._sizes[arrow.target]
        if arrow.source == arrow.target:
            x, y = source.x + here.width / 2, source.y
            return (
                f"M{x:.1f},{y - 9:.1f} C{x + LOOP:.1f},{y - 16:.1f} {x + LOOP:.1f},{y + 16:.1f} {x + 2:.1f},{y + 8:.1f}"
            )
        down = source.y < target.y
        near = way.through[0] if way.through else target
        last = way.through[-1] if way.through else source
        begin = Spot(_port(source, here, near), source.y + (here.height if down else -here.height) / 2)
        end = Spot(_port(target, there, last), target.y - (there.height if down else -there.height) / 2)
        spots = [begin, *way.through, end]
        parts = [f"M{begin.x:.1f},{begin.y:.1f}"]
        for one, other in pairwise(spots):
            bend = (other.y - one.y) / 2
            parts.append(
                f"C{one.x:.1f},{one.y + bend:.1f} {other.x:.1f},{other.y - bend:.1f} {other.x:.1f},{other.y:.1f}"
            )
        return " ".join(parts)

    def _label(self, arrow: Arrow, way: Way) -> Iterator[str]:
        if not arrow.label:
            return
        colour = "#7B858E" if arrow.dim else "#33383D"
        if arrow.source == arrow.target:
            spot, size = self._layout.boxes[arrow.source], self._sizes[arrow.source]
            x = spot.x + size.width / 2 + LOOP - 4
            yield f'<text x="{x:.1f}" y="{spot.y + 4:.1f}" font-size="11" fill="{colour}">{escape(arrow.label)}</text>'
            return
        if way.label is None:
            return
        width = text_width(arrow.label, 11) + 6
        x, y = way.label.x, way.label.y
        yield f'<rect x="{x - width / 2:.1f}" y="{y - 8:.1f}" width="{width:.1f}" height="16" rx="3" fill="#FFFFFF"/>'
        yield (
            f'<text x="{x:.1f}" y="{y + 4:.1f}" font-size="11" text-anchor="middle" '
            f'fill="{colour}">{escape(arrow.label)}</text>'
        )


def _port(box: Spot, size: Size, towards: Spot) -> float:
    """Where on its edge an arrow touches a box: on the side it comes from."""
    most = max(0.0, size.width / 2 - 16)
    return box.x + max(-most, min(most, (towards.x - box.x) * 0.55))
