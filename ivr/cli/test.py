"""`ivr test`: a project's scenarios by text, without a phone and without waiting; or with sound, through a server."""

import fnmatch
import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

if TYPE_CHECKING:
    from rich.console import Console

    from ivr.cli.projects import Wanted
    from ivr.cli.tests_told import ProjectRun
    from ivr.flow.flow import Bundle
    from ivr.flow.scenario import Scenario

HELD, NOT_HELD, WRONG_USAGE, NO_ENVIRONMENT, INTERRUPTED = 0, 1, 2, 3, 130
_UNTAKEN_SHOWN: Final = 8


def test(
    what: Annotated[
        list[str] | None, typer.Argument(metavar="[PROJECT|FILES]...", help="Projects, or test and flow files of one.")
    ] = None,
    name: Annotated[
        str | None,
        typer.Option("--name", "-k", metavar="PATTERN", help="Only tests with this in their name; * is any words."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
    junit: Annotated[Path | None, typer.Option(metavar="FILE", help="Also write a JUnit report.")] = None,
    coverage: Annotated[bool, typer.Option("--coverage", help="List everything that no test has tried.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Only what failed.")] = False,
    voice: Annotated[
        bool, typer.Option("--voice", help="With sound: each test is a call to a server of its own, in real time.")
    ] = False,
    jobs: Annotated[int, typer.Option(min=1, help="With --voice: so many calls at once, a server each.")] = 1,
    from_call: Annotated[
        str | None, typer.Option(metavar="CALL", help="Make a test of a call that was kept, with made-up values.")
    ] = None,
    out: Annotated[Path | None, typer.Option("-o", metavar="FILE", help="With --from-call: where to write it.")] = None,
    data: Annotated[Path | None, typer.Option("--data", help="With --from-call: the data folder.")] = None,
) -> None:
    """Runs the tests of a project by text, on a virtual clock.

    Exit codes: 0 all passed, 1 a test failed or a file has a mistake, 2 wrong usage, 3 the environment lacks something.
    """
    from rich.console import Console

    from ivr.cli import tests_told
    from ivr.cli.projects import NoProject, find_projects
    from ivr.errors import IvrError

    if from_call is not None:
        from ivr.cli.call_as_test import make_test
        from ivr.cli.calls import answered, where

        with answered():
            raise typer.Exit(make_test(from_call, out, *where(data)))
    console = Console(stderr=as_json, highlight=False, soft_wrap=True)
    try:
        how = _How(name, console, quiet, coverage, jobs if voice else None)
        runs = [_run_project(wanted, how) for wanted in find_projects(what or [])]
        if junit is not None:
            junit.write_bytes(tests_told.junit(runs))
    except NoProject as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(WRONG_USAGE) from error
    except (IvrError, OSError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(NO_ENVIRONMENT) from error
    except KeyboardInterrupt as error:
        raise typer.Exit(INTERRUPTED) from error
    if as_json:
        typer.echo(json.dumps(tests_told.as_json(runs), indent=2))
    if not any(run.reports or run.messages or run.unplayed for run in runs):
        typer.echo(f'No test has "{name}" in its name.' if name else "There are no tests.", err=True)
        raise typer.Exit(WRONG_USAGE)
    raise typer.Exit(HELD if all(run.held for run in runs) else NOT_HELD)


@dataclass(frozen=True, slots=True)
class _How:
    """What the command line says. `voices`: with sound, and so many calls at once; None: by text."""

    name: str | None
    console: "Console"
    quiet: bool
    coverage: bool
    voices: int | None


def is_called(name: str, pattern: str | None) -> bool:
    """Upper and lower case are the same; `*` and `?` stand for other characters, and without them a part will do."""
    if pattern is None:
        return True
    whole = pattern.lower() if set(pattern) & set("*?") else f"*{_bare(pattern.lower())}*"
    return fnmatch.fnmatchcase(name.lower(), whole)


def _bare(text: str) -> str:
    """Brackets are brackets."""
    return text.replace("[", "[[]")


def _run_project(wanted: "Wanted", how: _How) -> "ProjectRun":
    from ivr.catalog import check_folder
    from ivr.cli.projects import mistakes_in, read_tests_of
    from ivr.cli.tests_told import ProjectRun
    from ivr.flow.blocks import blocks

    console = how.console
    checked, tests = check_folder(wanted.folder), read_tests_of(wanted)
    bundle = checked.bundle
    chosen = [scenario for scenario in tests.scenarios if is_called(scenario.name, how.name)]
    told = tuple(message for message in checked.messages if message.severity == "error")
    wrong = {} if bundle is None else mistakes_in(chosen, bundle)
    unknown = tuple(message for messages in wrong.values() for message in messages)
    run = ProjectRun(wanted.folder, (*told, *tests.messages, *unknown), bundle=bundle)
    if run.messages:
        text = blocks(run.messages, {**checked.files, **tests.files}, folder=str(wanted.folder))
        console.print(text, markup=False)
    if bundle is None:
        console.print("The project has mistakes, so its tests were not run.", markup=False)
        return run
    fit = [scenario for scenario in chosen if scenario.place not in wrong]
    if how.voices is not None:
        _play_all(run, fit, bundle, how)
        return run
    with LiveTools(bundle, wanted.folder) as live:
        _run_all(run, fit, bundle, live, console, quiet=how.quiet)
    if run.reports:
        _tell_sum(run, console, how.coverage)
    return run


def _play_all(run: "ProjectRun", scenarios: "list[Scenario]", bundle: "Bundle", how: _How) -> None:
    """With sound: what cannot be played is told first, and why."""
    import asyncio

    from ivr.cli.playable import cannot_play
    from ivr.cli.tests_told import sum_line
    from ivr.cli.voiced import Voiced, play

    reasons = {scenario.place: cannot_play(scenario, bundle) for scenario in scenarios}
    for scenario in scenarios:
        why = reasons[scenario.place]
        if why is not None:
            run.unplayed.append((scenario.name, why))
            how.console.print(f"[yellow]not played[/yellow]  {_plain(scenario.name)}: {_plain(why)}")
    playable = [scenario for scenario in scenarios if reasons[scenario.place] is None]

    def tell(voiced: Voiced) -> None:
        run.reports.append(voiced.report)
        run.ms.append(voiced.ms)
        _tell_one(run, how.console, quiet=how.quiet)
        if voiced.said_twice and not how.quiet:
            lines = ", ".join(voiced.said_twice)
            how.console.print(f"      the caller was asked again, and said twice: {_plain(lines)}")

    if playable:
        asyncio.run(play(playable, bundle, run.folder, how.voices or 1, tell))
        how.console.print(sum_line(run), markup=False)


def _run_all(
    run: "ProjectRun",
    scenarios: "list[Scenario]",
    bundle: "Bundle",
    live: "LiveTools",
    console: "Console",
    *,
    quiet: bool,
) -> None:
    from ivr.call.textrun import Survey, run_scenario

    run.survey = Survey.of(bundle, dict.fromkeys(scenario.flow for scenario in scenarios))
    for scenario in scenarios:
        began = time.perf_counter()
        report = run_scenario(bundle, scenario, live.call)
        ms = (time.perf_counter() - began) * 1000
        run.reports.append(report)
        run.ms.append(ms)
        run.taken |= run.survey.taken(report.happened)
        _tell_one(run, console, quiet=quiet)


def _tell_one(run: "ProjectRun", console: "Console", *, quiet: bool) -> None:
    """The last one that was run."""
    from ivr.cli.tests_told import failure_lines

    report, ms = run.reports[-1], run.ms[-1]
    if report.passed:
        if not quiet:
            console.print(f"[green]pass[/green]  {_plain(report.scenario.name)}  [dim]({ms:.1f} ms)[/dim]")
        return
    console.print(f"[red]FAIL[/red]  {_plain(report.scenario.name)}  [dim]({ms:.1f} ms)[/dim]")
    for text in failure_lines(report.failures, run.folder):
        console.print(text, markup=False)


def _plain(text: str) -> str:
    from rich.markup import escape

    return escape(text)


def _tell_sum(run: "ProjectRun", console: "Console", coverage: bool) -> None:
    from ivr.cli.tests_told import coverage_line, sum_line, untaken_lines

    style = "bold green" if all(report.passed for report in run.reports) else "bold red"
    console.print(sum_line(run), style=style, markup=False)
    console.print(coverage_line(run), markup=False)
    for text in untaken_lines(run, None if coverage else _UNTAKEN_SHOWN):
        console.print(text, style="dim", markup=False)


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
        return Tools(bundle.apis, folder, Secrets(os.environ, data_dir), servers=bundle.servers)

    def __exit__(self, *_: object) -> None:
        if self._runner is not None:
            self._runner.run(self._tools.aclose())
            self._runner.close()
