"""`ivr explain FLOW.QUESTION`: one question as a caller meets it, and where each part of it is written."""

import json
from typing import Annotated

import typer


def explain(
    what: Annotated[
        str,
        typer.Argument(
            metavar="[PROJECT/]FLOW[.QUESTION]", help="A question or a node of a flow; a flow alone: all of it."
        ),
    ],
    as_json: Annotated[bool, typer.Option("--json", help="One JSON list on stdout.")] = False,
) -> None:
    """What a caller may say and press at a question, what is awake there, and what happens when an answer fails.

    Exit codes: 0 explained, 1 the project has mistakes, 2 wrong usage.
    """
    from ivr.cli.loading import load_flow
    from ivr.flow.messages import nearest
    from ivr.flow.views.explanation import explain as explained
    from ivr.flow.views.explanation import names

    folder, slash, last = what.rpartition("/")
    last, _, question = last.partition(".")
    flow_name = folder + slash + last
    bundle, flow = load_flow(flow_name, "ivr explain")
    wanted = [question] if question else list(flow.nodes)
    found = [one for name in wanted for one in explained(bundle, flow, name)]
    if not found:
        like = nearest(question, names(flow))
        hint = f'Did you mean "{flow_name}.{like}"?' if like else f"There is {', '.join(names(flow)[:12])}."
        typer.echo(f'ivr explain: nothing is asked at "{question}" in {flow.name}. {hint}', err=True)
        raise typer.Exit(2)
    if as_json:
        typer.echo(json.dumps([_plain(one) for one in found], indent=2, ensure_ascii=False))
        return
    for at, one in enumerate(found):
        if at:
            typer.echo("")
        typer.echo(f"{one.flow} > {one.node} > {one.question}   ({one.place.file}:{one.place.line})")
        for section in one.sections:
            if section.lines:
                typer.echo(f"  {section.title}")
            for text, origin in section.lines:
                typer.echo(f"    {text}" + (f"   [{origin}]" if origin else ""))


def _plain(one: object) -> dict[str, object]:
    from ivr.flow.views.explanation import Explanation

    assert isinstance(one, Explanation)
    return {
        "flow": one.flow,
        "node": one.node,
        "question": one.question,
        "place": f"{one.place.file}:{one.place.line}",
        "sections": {
            section.title: [{"text": text, "from": origin} for text, origin in section.lines]
            for section in one.sections
        },
    }
