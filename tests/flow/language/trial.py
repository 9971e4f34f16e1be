"""What an operator does with a project: writes it, checks it, tries it with scenarios."""

from collections.abc import Mapping
from textwrap import dedent, indent

from ivr.call.textrun import Report, run_scenario
from ivr.flow.flow import Bundle
from ivr.flow.loader import Loaded, load_project
from ivr.flow.messages import Message
from ivr.flow.scenario import load_scenarios, unknown_names

PROJECT = """\
schema: callflow/1
project: line
zone: America/New_York
entry: {default: line}
secrets: [CRM_TOKEN]
apis: {crm: {url: https://crm.example.com}}
targets: {care: {number: "+15550107788", ring: 25s}}
"""
HEAD = "schema: callflow/1\nflow: line\nstart: first\n"


def load(flow: str, project: str = PROJECT, *, more: Mapping[str, str] | None = None) -> Loaded:
    """`flow` without its first three lines, which are always the same."""
    return load_project({"project.yaml": project, "line.flow.yaml": HEAD + dedent(flow), **(more or {})})


def bundle_of(flow: str, project: str = PROJECT, *, more: Mapping[str, str] | None = None) -> Bundle:
    loaded = load(flow, project, more=more)
    assert loaded.bundle is not None, "\n".join(map(str, loaded.messages))
    return loaded.bundle


def plays(
    flow: str,
    talk: str,
    *,
    given: str = "",
    project: str = PROJECT,
    whole: str = "",
    more: Mapping[str, str] | None = None,
) -> Report:
    """One call: `talk` is the list of turns, `given` the inside of `given: {...}`. Fails with the transcript."""
    bundle = bundle_of(flow, project, more=more)
    text = f"schema: callscript/1\nflow: line\ntests:\n  - name: a call\n    given: {{{given}}}\n"
    if whole:
        text += indent(dedent(whole).strip(), "    ") + "\n"
    text += f"    talk:\n{indent(dedent(talk).strip(), '      ')}\n"
    scenarios, wrong = load_scenarios(text, "line.test.yaml")
    found = [*wrong, *(m for scenario in scenarios for m in unknown_names(scenario, bundle))]
    assert not found, "\n".join(map(str, found))
    report = run_scenario(bundle, scenarios[0])
    assert report.passed, "\n".join(
        line
        for failure in report.failures
        for line in (f"turn {failure.turn}: {failure.expected}; {failure.happened}", *failure.transcript)
    )
    return report


def told(flow: str, project: str = PROJECT, *, more: Mapping[str, str] | None = None) -> list[str]:
    """Every message as one line: CODE marked-word text fix. The marked word shows that the place is right."""
    files = {"project.yaml": project, "line.flow.yaml": HEAD + dedent(flow), **(more or {})}
    return [_line(message, files) for message in load_project(files).messages]


def _line(message: Message, files: Mapping[str, str]) -> str:
    lines = files.get(message.place.file, "").splitlines()
    line = lines[message.place.line - 1] if message.place.line <= len(lines) else ""
    marked = line[message.place.column - 1 : message.place.column - 1 + message.width]
    warning = "warning " if message.severity == "warning" else ""
    return " ".join(f"{warning}{message.code} <{marked}> {message.text} {message.fix}".split())


def only(flow: str, start: str, project: str = PROJECT) -> str:
    """One mistake gives one message, which begins like this (code and marked word)."""
    found = told(flow, project)
    assert len(found) == 1 and found[0].startswith(start), "\n".join(found) or "nothing was told"
    return found[0]


def fine(flow: str, project: str = PROJECT) -> None:
    found = told(flow, project)
    assert not found, "\n".join(found)
