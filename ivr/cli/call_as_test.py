"""`ivr test --from-call`: a call that was kept becomes a test, with made-up values in the place of private ones."""

import asyncio
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Final

import typer

if TYPE_CHECKING:
    from ivr.call.textrun import Failure
    from ivr.flow.flow import Bundle
    from ivr.flow.types import Value

MADE, NOT_MADE, WRONG_USAGE = 0, 1, 2
_LEAST_LETTERS: Final = 4
"""Shorter values stand everywhere by chance."""


def make_test(name: str, out: Path | None, folder: Path, url: str | None) -> int:
    """Writes the test to `out`, or to stdout, and tries it. Raises: NoSuchCall, StoreError."""
    from ivr.call.textrun import as_scenario, played, script_of
    from ivr.cli.replay import read_journalled, same_version

    call = asyncio.run(read_journalled(folder, name, url))
    bundle = same_version(call)
    if bundle is None:
        typer.echo(
            "None of the projects here is the version this call ran on: its journal cannot be followed.", err=True
        )
        return WRONG_USAGE
    if call.row.medium == "text":
        typer.echo(
            "It was in writing, and a test is a telephone call: where the flow hands over, records, or asks "
            "for a card, it goes another way.",
            err=True,
        )
    script = script_of(bundle, call.fresh(bundle), call.entries)
    flow_name = call.row.flow or bundle.entry_default
    talk = played(bundle, flow_name, script, call.row.answered_at or call.row.started_at)
    text = as_scenario(talk, flow_name, f"from call {call.row.id}", {k: list(v) for k, v in script.answers.items()})
    if still_private(text, script.made_up.originals):
        typer.echo("A private value of this call stands in its test all the same: it is not written.", err=True)
        return NOT_MADE
    if not script.complete:
        typer.echo(f"The test ends before the call did: {script.why}.", err=True)
    elif talk.call.outcome != call.row.outcome and talk.call.outcome is not None:
        typer.echo(f"The call ended as {call.row.outcome}; by text it ends as {talk.call.outcome}.", err=True)
    failures = tried(text, bundle)
    _write(text, out)
    for line in failures:
        typer.echo(line, err=True)
    return NOT_MADE if failures else MADE


def still_private(text: str, originals: "Iterable[Value]") -> bool:
    from ivr.call.textrun import as_written

    written = (as_written(value, "UTC") for value in originals)
    return any(len(value) >= _LEAST_LETTERS and value.lower() in text.lower() for value in written)


def tried(text: str, bundle: "Bundle") -> list[str]:
    """What is wrong with the test; nothing if it passes."""
    from ivr.call.textrun import run_scenario
    from ivr.cli.tests_told import failure_lines
    from ivr.flow.scenario import load_scenarios

    scenarios, mistakes = load_scenarios(text, "made.test.yaml")
    failures: list[Failure] = [f for scenario in scenarios for f in run_scenario(bundle, scenario).failures]
    return [*(str(mistake) for mistake in mistakes), *failure_lines(failures, Path())]


def _write(text: str, out: Path | None) -> None:
    from ivr.errors import SettingsError

    if out is None:
        typer.echo(text, nl=False)
        return
    if out.exists():
        raise SettingsError(f"{out} is there already: name another file with -o")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(text, encoding="utf-8")
    except OSError as fault:
        raise SettingsError(f"{out}: {fault.strerror}") from fault
    typer.echo(f"written to {out}", err=True)
