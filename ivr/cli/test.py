"""`ivr test`: a project's scenarios by text, without a phone and without waiting."""

import json
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

if TYPE_CHECKING:
    from rich.console import Console

    from ivr.call.textrun import Coverage, Failure, Report
    from ivr.cli.projects import Wanted
    from ivr.flow.flow import Bundle
    from ivr.flow.messages import Message
    from ivr.flow.scenario import Scenario

HELD, NOT_HELD, WRONG_USAGE, NO_ENVIRONMENT, INTERRUPTED = 0, 1, 2, 3, 130
_UNSEEN_SHOWN: Final = 12


def test(
    what: Annotated[
        list[str] | None, typer.Argument(metavar="[PROJECT|FILES]...", help="Projects, or test and flow files of one.")
    ] = None,
    name: Annotated[str | None, typer.Option("-k", metavar="NAME", help="Only tests with this in their name.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
    junit: Annotated[Path | None, typer.Option(metavar="FILE", help="Also write a JUnit report.")] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Only what failed.")] = False,
) -> None:
    """Runs the tests of a project by text, on a virtual clock.

    Exit codes: 0 all passed, 1 a test failed or a file has a mistake, 2 wrong usage, 3 the environment lacks something.
    """
    from rich.console import Console

    from ivr.cli.projects import NoProject, find_projects
    from ivr.errors import IvrError

    console = Console(stderr=as_json, highlight=False, soft_wrap=True)
    try:
        runs = [_run_project(wanted, name, console, quiet=quiet) for wanted in find_projects(what or [])]
        if junit is not None:
            junit.write_bytes(_junit(runs))
    except NoProject as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(WRONG_USAGE) from error
    except (IvrError, OSError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(NO_ENVIRONMENT) from error
    except KeyboardInterrupt as error:
        raise typer.Exit(INTERRUPTED) from error
    if as_json:
        typer.echo(json.dumps(_as_json(runs), indent=2))
    if not any(run.reports or run.messages for run in runs):
        typer.echo(f'No test has "{name}" in its name.' if name else "There are no tests.", err=True)
        raise typer.Exit(WRONG_USAGE)
    raise typer.Exit(HELD if all(run.held for run in runs) else NOT_HELD)


@dataclass(slots=True)
class ProjectRun:
    """One project's tests as they went. `ms` by test, in the order of the reports."""

    folder: Path
    messages: "tuple[Message, ...]" = ()
    reports: "list[Report]" = field(default_factory=list)
    ms: list[float] = field(default_factory=list)
    bundle: "Bundle | None" = None

    @property
    def held(self) -> bool:
        wrong = any(message.severity == "error" for message in self.messages)
        return not wrong and all(report.passed for report in self.reports)


def _run_project(wanted: "Wanted", name: str | None, console: "Console", *, quiet: bool) -> ProjectRun:
    from ivr.catalog import check_folder
    from ivr.cli.projects import read_tests_of
    from ivr.flow.blocks import blocks
    from ivr.flow.scenario import unknown_names

    checked, tests = check_folder(wanted.folder), read_tests_of(wanted)
    bundle = checked.bundle
    chosen = [scenario for scenario in tests.scenarios if name is None or name.lower() in scenario.name.lower()]
    told = tuple(message for message in checked.messages if message.severity == "error")
    unknown = () if bundle is None else tuple(m for scenario in chosen for m in unknown_names(scenario, bundle))
    run = ProjectRun(wanted.folder, (*told, *tests.messages, *unknown), bundle=bundle)
    if run.messages:
        text = blocks(run.messages, {**checked.files, **tests.files}, folder=str(wanted.folder))
        console.print(text, markup=False)
    if bundle is None:
        console.print("The project has mistakes, so its tests were not run.", markup=False)
        return run
    with LiveTools(bundle, wanted.folder) as live:
        for scenario in chosen:
            if not unknown_names(scenario, bundle):
                _run_one(run, scenario, bundle, live, console, quiet=quiet)
    if run.reports:
        _tell_sum(run, console)
    return run


def _run_one(
    run: ProjectRun, scenario: "Scenario", bundle: "Bundle", live: "LiveTools", console: "Console", *, quiet: bool
) -> None:
    from ivr.call.textrun import run_scenario

    began = time.perf_counter()
    report = run_scenario(bundle, scenario, live.call)
    ms = (time.perf_counter() - began) * 1000
    run.reports.append(report)
    run.ms.append(ms)
    if report.passed:
        if not quiet:
            console.print(f"[green]pass[/green]  {_plain(scenario.name)}  [dim]({ms:.1f} ms)[/dim]")
        return
    console.print(f"[red]FAIL[/red]  {_plain(scenario.name)}  [dim]({ms:.1f} ms)[/dim]")
    for text in _failure_lines(report.failures, run.folder):
        console.print(text, markup=False)


def _plain(text: str) -> str:
    from rich.markup import escape

    return escape(text)


def _failure_lines(failures: "Iterable[Failure]", folder: Path) -> list[str]:
    lines: list[str] = []
    shown: int | None = None
    for failure in failures:
        turn = f"turn {failure.turn}" if failure.turn else "the whole call"
        lines.append(f"  {folder / str(failure.place)}  {turn}")
        lines.append(f"    expected  {failure.expected}")
        lines.append(f"    but       {failure.happened}")
        if failure.turn != shown:
            lines += [f"      {line}" for line in failure.transcript]
            shown = failure.turn
    return lines


def _tell_sum(run: ProjectRun, console: "Console") -> None:
    passed = sum(report.passed for report in run.reports)
    failed = len(run.reports) - passed
    each = sum(run.ms) / len(run.ms)
    text = (
        f"{run.folder.resolve().name}: {passed} passed, {failed} failed in {sum(run.ms):.0f} ms ({each:.1f} ms a test)"
    )
    console.print(text, style="bold green" if not failed else "bold red", markup=False)
    seen, whole = covered(run)
    console.print(
        f"nodes visited {len(seen.nodes)} of {len(whole.nodes)}, "
        f"tool results seen {len(seen.results)} of {len(whole.results)}",
        markup=False,
    )
    unseen = [f"{flow}.{node}" for flow, node in sorted(whole.nodes - seen.nodes)]
    unseen += [f"{flow}.{tool}: {result}" for flow, tool, result in sorted(whole.results - seen.results)]
    if unseen:
        more = f" and {len(unseen) - _UNSEEN_SHOWN} more" if len(unseen) > _UNSEEN_SHOWN else ""
        console.print(f"never seen: {', '.join(unseen[:_UNSEEN_SHOWN])}{more}", style="dim", markup=False)


def covered(run: ProjectRun) -> "tuple[Coverage, Coverage]":
    """What the tests have been through, and all there is in the flows they try."""
    from ivr.call.textrun import Coverage

    assert run.bundle is not None
    seen = Coverage()
    for report in run.reports:
        seen |= report.coverage
    flows = {report.scenario.flow for report in run.reports}
    nodes = {(name, node) for name in flows for node in run.bundle.flows[name].nodes}
    results = {
        (name, tool.name, result)
        for name in flows
        for tool in run.bundle.flows[name].tools.values()
        for result in (*(spec.name for spec in tool.results), "failed")
    }
    whole = Coverage(frozenset(nodes), frozenset(results))
    return Coverage(seen.nodes & whole.nodes, seen.results & whole.results), whole


class LiveTools:
    """Really calls what a test's `live:` names; opens nothing before the first such call."""

    def __init__(self, bundle: "Bundle", folder: Path) -> None:
        self._bundle, self._folder = bundle, folder
        self._runner: Any = None
        self._tools: Any = None

    def __enter__(self) -> "LiveTools":
        return self

    def call(self, effect: Any) -> Any:
        """One call, waited for."""
        import asyncio

        from ivr.live.toolbox import BundleTools

        if self._runner is None:
            self._runner = asyncio.Runner()
            self._tools = self._runner.run(self._open())
        tools = BundleTools(self._bundle, self._tools)
        return self._runner.run(tools.run(effect.id, effect.flow, effect.tool, effect.arguments))

    async def _open(self) -> Any:
        import os

        from ivr.catalog import Catalog
        from ivr.tools.registry import Tools
        from ivr.tools.secret import Secrets

        folder = self._folder.resolve()
        bundle = Catalog(folder, os.environ).load(folder.name)  # with the addresses that the environment gives
        data_dir = Path(os.environ.get("IVR_DATA_DIR") or "data")
        return Tools(bundle.apis, folder, Secrets(os.environ, data_dir))

    def __exit__(self, *_: object) -> None:
        if self._runner is not None:
            self._runner.run(self._tools.aclose())
            self._runner.close()


def _as_json(runs: list[ProjectRun]) -> dict[str, object]:
    return {"passed": all(run.held for run in runs), "projects": [_project_json(run) for run in runs]}


def _project_json(run: ProjectRun) -> dict[str, object]:
    found: dict[str, object] = {
        "project": run.folder.resolve().name,
        "problems": [_message_json(message) for message in run.messages],
        "tests": [_report_json(report, ms) for report, ms in zip(run.reports, run.ms, strict=True)],
    }
    if run.reports:
        seen, whole = covered(run)
        found["coverage"] = {
            "nodes": {"seen": len(seen.nodes), "all": len(whole.nodes)},
            "results": {"seen": len(seen.results), "all": len(whole.results)},
            "unseen_nodes": sorted(".".join(node) for node in whole.nodes - seen.nodes),
            "unseen_results": sorted(".".join(result) for result in whole.results - seen.results),
        }
    return found


def _message_json(message: "Message") -> dict[str, object]:
    place = message.place
    at = {"file": place.file, "line": place.line, "column": place.column}
    return {**at, "code": message.code, "text": message.text}


def _report_json(report: "Report", ms: float) -> dict[str, object]:
    scenario = report.scenario
    return {
        "name": scenario.name,
        "flow": scenario.flow,
        "file": scenario.place.file,
        "line": scenario.place.line,
        "passed": report.passed,
        "ms": round(ms, 2),
        "call_ms": report.call_ms,
        "failures": [
            {
                "turn": failure.turn,
                "file": failure.place.file,
                "line": failure.place.line,
                "column": failure.place.column,
                "expected": failure.expected,
                "happened": failure.happened,
                "transcript": list(failure.transcript),
            }
            for failure in report.failures
        ],
    }


def _junit(runs: list[ProjectRun]) -> bytes:
    from xml.etree.ElementTree import Element, SubElement, tostring

    suites = Element("testsuites")
    for run in runs:
        failed = sum(not report.passed for report in run.reports)
        errors = sum(message.severity == "error" for message in run.messages)
        suite = SubElement(
            suites,
            "testsuite",
            name=run.folder.resolve().name,
            tests=str(len(run.reports) + errors),
            failures=str(failed),
            errors=str(errors),
            time=f"{sum(run.ms) / 1000:.3f}",
        )
        for message in run.messages:
            case = SubElement(suite, "testcase", name=str(message.place), classname=message.place.file)
            SubElement(case, "error", message=f"{message.code} {message.text}")
        for report, ms in zip(run.reports, run.ms, strict=True):
            scenario = report.scenario
            case = SubElement(suite, "testcase", name=scenario.name, classname=scenario.flow, time=f"{ms / 1000:.3f}")
            if not report.passed:
                told = "\n".join(_failure_lines(report.failures, run.folder))
                SubElement(case, "failure", message=report.failures[0].expected).text = told
    return b'<?xml version="1.0" encoding="utf-8"?>\n' + tostring(suites)
