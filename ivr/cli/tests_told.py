"""What `ivr test` tells of a run: for people, as JSON, as JUnit XML, and what no test has tried."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from ivr.call.textrun import Failure, Report, Survey, Way
    from ivr.call.textrun.coverage import Kind
    from ivr.flow.flow import Bundle
    from ivr.flow.messages import Message

NOT_XML: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML 1.0 has no way to write (its section 2.2)."""
_BEFORE: Final = 20
_KINDS: "Final[dict[Kind, str]]" = {
    "node": "nodes entered",
    "result": "results tried",
    "rung": "rungs of ladders climbed",
    "option": "options chosen",
    "outcome": "ends reached",
}


@dataclass(slots=True)
class ProjectRun:
    """One project's tests as they went. `ms` by test, in the order of the reports."""

    folder: Path
    messages: "tuple[Message, ...]" = ()
    reports: "list[Report]" = field(default_factory=list)
    ms: list[float] = field(default_factory=list)
    bundle: "Bundle | None" = None
    survey: "Survey | None" = None
    taken: "set[Way]" = field(default_factory=set)
    unplayed: list[tuple[str, str]] = field(default_factory=list)
    """With sound: tests that no telephone can play, and why."""

    @property
    def name(self) -> str:
        return self.folder.resolve().name

    @property
    def held(self) -> bool:
        wrong = any(message.severity == "error" for message in self.messages)
        return not wrong and all(report.passed for report in self.reports)

    @property
    def untaken(self) -> "list[Way]":
        """In the order of the files."""
        ways = self.survey.ways if self.survey is not None else {}
        return sorted((way for way in ways if way not in self.taken), key=lambda way: (way.place, way.kind, way.detail))


# ---- for people


def failure_lines(failures: "Iterable[Failure]", folder: Path) -> list[str]:
    """What was expected, what happened, and the talk up to there: once for all that failed in one turn."""
    lines: list[str] = []
    shown: int | None = None
    for failure in failures:
        turn = f"turn {failure.turn}" if failure.turn else "the whole call"
        lines.append(f"  {folder / str(failure.place)}  {turn}")
        lines.append(f"    expected  {failure.expected}")
        lines.append(f"    but       {failure.happened}")
        if failure.turn != shown:
            lines += [f"      {line}" for line in (*_latest(failure.before), *failure.transcript)]
            shown = failure.turn
    return lines


def _latest(told: tuple[str, ...]) -> tuple[str, ...]:
    """The end of the talk before the turn that failed."""
    left_out = len(told) - _BEFORE
    return told if left_out <= 0 else (f"... {left_out} lines before", *told[-_BEFORE:])


def sum_line(run: ProjectRun) -> str:
    passed = sum(report.passed for report in run.reports)
    each = sum(run.ms) / len(run.ms)
    failed = len(run.reports) - passed
    return f"{run.name}: {passed} passed, {failed} failed in {sum(run.ms):.0f} ms ({each:.1f} ms a test)"


def coverage_line(run: ProjectRun) -> str:
    """`nodes entered 8 of 9, results tried 6 of 8, ...`: only kinds there are any of."""
    return ", ".join(f"{_KINDS[kind]} {taken} of {whole}" for kind, (taken, whole) in covered(run).items())


def covered(run: ProjectRun) -> "dict[Kind, tuple[int, int]]":
    """By kind: how many ways the tests have taken, of how many."""
    assert run.survey is not None
    whole = Counter(way.kind for way in run.survey.ways)
    taken = Counter(way.kind for way in run.taken)
    return {kind: (taken[kind], whole[kind]) for kind in _KINDS if kind in whole}


def untaken_lines(run: ProjectRun, most: int | None) -> Iterator[str]:
    untaken = run.untaken
    for way in untaken[:most]:
        yield f"  {way}"
    if most is not None and len(untaken) > most:
        yield f"  and {len(untaken) - most} more: ivr test --coverage"


# ---- as JSON


def as_json(runs: list[ProjectRun]) -> dict[str, object]:
    return {"passed": all(run.held for run in runs), "projects": [_project_json(run) for run in runs]}


def _project_json(run: ProjectRun) -> dict[str, object]:
    found: dict[str, object] = {
        "project": run.name,
        "problems": [_message_json(message) for message in run.messages],
        "tests": [_report_json(report, ms) for report, ms in zip(run.reports, run.ms, strict=True)],
    }
    if run.unplayed:
        found["not_played"] = [{"name": name, "why": why} for name, why in run.unplayed]
    if run.reports and run.survey is not None:
        told: dict[str, object] = {
            kind: {"taken": taken, "all": whole} for kind, (taken, whole) in covered(run).items()
        }
        found["coverage"] = told | {"never": [_way_json(way) for way in run.untaken]}
    return found


def _way_json(way: "Way") -> dict[str, object]:
    at = {"file": way.place.file, "line": way.place.line, "column": way.place.column}
    return {"kind": way.kind, "flow": way.flow, "what": way.what, "detail": way.detail, **at, "text": str(way)}


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
                "before": list(failure.before),
                "transcript": list(failure.transcript),
            }
            for failure in report.failures
        ],
    }


# ---- as JUnit XML: one suite a project, a mistake in a file is an error, a failed test a failure


def junit(runs: list[ProjectRun]) -> bytes:
    from xml.etree.ElementTree import Element, SubElement, tostring

    suites = Element("testsuites")
    totals = Counter[str]()
    for run in runs:
        wrong = [message for message in run.messages if message.severity == "error"]
        counts = {
            "tests": len(run.reports) + len(wrong) + len(run.unplayed),
            "failures": sum(not report.passed for report in run.reports),
            "errors": len(wrong),
            "skipped": len(run.unplayed),
        }
        totals.update(counts)
        about = {"name": run.name, "time": f"{sum(run.ms) / 1000:.3f}"}
        suite = SubElement(suites, "testsuite", {**about, **_texts(counts)})
        for message in wrong:
            case = SubElement(suite, "testcase", name=_xml(str(message.place)), classname=_xml(message.place.file))
            SubElement(case, "error", type=message.code, message=_xml(f"{message.code} {message.text}"))
        for report, ms in zip(run.reports, run.ms, strict=True):
            place = report.scenario.place
            case = SubElement(
                suite,
                "testcase",
                name=_xml(report.scenario.name),
                classname=_xml(f"{run.name}.{report.scenario.flow}"),
                file=_xml((run.folder / place.file).as_posix()),
                line=str(place.line),
                time=f"{ms / 1000:.3f}",
            )
            if not report.passed:
                told = "\n".join(failure_lines(report.failures, run.folder))
                SubElement(case, "failure", type="check", message=_xml(report.failures[0].expected)).text = _xml(told)
        for name, why in run.unplayed:
            case = SubElement(suite, "testcase", name=_xml(name), classname=_xml(run.name))
            SubElement(case, "skipped", message=_xml(why))
    suites.attrib |= {**_texts(totals), "time": f"{sum(sum(run.ms) for run in runs) / 1000:.3f}"}
    written: bytes = tostring(suites, encoding="utf-8", xml_declaration=False)
    return b'<?xml version="1.0" encoding="utf-8"?>\n' + written


def _texts(counts: dict[str, int]) -> dict[str, str]:
    return {name: str(count) for name, count in counts.items()}


def _xml(text: str) -> str:
    return NOT_XML.sub("\ufffd", text)
