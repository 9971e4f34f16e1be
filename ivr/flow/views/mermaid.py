"""A flow as a Mermaid flowchart: text that many wikis and editors draw."""

from collections.abc import Iterator
from typing import Final

from ivr.flow.views.graph import ANYWHERE, Arrow, Box, Graph

_SHAPES: Final = {
    "start": ('(["', '"])'),
    "end": ('(["', '"])'),
    "person": ('[["', '"]]'),
    "flow": ('[/"', '"/]'),
    "anywhere": ('{{"', '"}}'),
    "node": ('["', '"]'),
}

_RESERVED: Final = frozenset('#"<>&{}[]()|;`')


def mermaid(graph: Graph) -> str:
    return "\n".join(_lines(graph)) + "\n"


def _lines(graph: Graph) -> Iterator[str]:
    yield "flowchart TD"
    ids = {box.name: f"n{number}" for number, box in enumerate(graph.boxes)}
    for box in graph.boxes:
        yield f"  {ids[box.name]}{_shown(box)}"
    dimmed = []
    for number, arrow in enumerate(graph.arrows):
        yield f"  {ids[arrow.source]} {_line(arrow)} {ids[arrow.target]}"
        if arrow.dim:
            dimmed.append(str(number))
    if dimmed:
        yield f"  linkStyle {','.join(dimmed)} stroke:#9aa3ab,color:#6b7480"
    if ANYWHERE in ids:
        yield f"  style {ids[ANYWHERE]} stroke-dasharray: 4 3"


def _shown(box: Box) -> str:
    begin, end = _SHAPES[box.kind]
    text = "<br/>".join([f"<b>{_escaped(box.title)}</b>", *map(_escaped, box.lines)])
    return f"{begin}{text}{end}"


def _line(arrow: Arrow) -> str:
    line = "-.->" if arrow.dim else "-->"
    return f'{line}|"{_escaped(arrow.label)}"|' if arrow.label else line


def _escaped(text: str) -> str:
    """Entity codes, as Mermaid has them."""
    return "".join(f"#{ord(char)};" if char in _RESERVED else char for char in text)
