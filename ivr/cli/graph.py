"""`ivr graph`: a flow as a picture, or as text for Mermaid."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class PictureFormat(StrEnum):
    SVG = "svg"
    MERMAID = "mermaid"


def graph(
    what: Annotated[
        str | None, typer.Argument(metavar="[[PROJECT/]FLOW]", help="The flow; none named: where calls begin.")
    ] = None,
    form: Annotated[PictureFormat, typer.Option("--format", "-f", help="What is written.")] = PictureFormat.SVG,
    out: Annotated[Path | None, typer.Option("--out", "-o", metavar="FILE", help="A file; else stdout.")] = None,
) -> None:
    """Draws a flow: its nodes with their first words, and where each answer leads; commands are drawn faintly.

    Exit codes: 0 drawn, 1 the project has mistakes, 2 wrong usage, 3 the file cannot be written.
    """
    from ivr.cli.loading import load_flow
    from ivr.cli.written import put_out
    from ivr.flow.views.graph import graph_of
    from ivr.flow.views.mermaid import mermaid
    from ivr.flow.views.picture import picture

    _, flow = load_flow(what, "ivr graph")
    drawn = graph_of(flow)
    text = picture(drawn) if form is PictureFormat.SVG else mermaid(drawn)
    put_out(text, out, "ivr graph")
    if out is not None:
        typer.echo(f"{out}: {len(drawn.boxes)} boxes, {len(drawn.arrows)} ways", err=True)
