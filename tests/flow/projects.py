"""Small projects for tests, written as an operator would."""

from collections.abc import Mapping
from textwrap import dedent, indent

from ivr.flow.flow import Flow
from ivr.flow.loader import Loaded, load_project

PROJECT = """\
schema: callflow/1
project: line
zone: America/New_York
entry: {default: line}
secrets: [CRM_TOKEN]
apis: {crm: {url: https://crm.example.com}}
targets: {care: {number: "+15550107788"}}
"""


def flow_text(nodes: str, *, slots: str = "", tools: str = "", more: str = "", start: str = "first") -> str:
    text = f"schema: callflow/1\nflow: line\nstart: {start}\n"
    for key, part in (("slots", slots), ("tools", tools)):
        if part:
            text += f"{key}:\n{indent(dedent(part).strip(), '  ')}\n"
    text += dedent(more)
    return text + f"nodes:\n{indent(dedent(nodes).strip(), '  ')}\n"


def load(flow: str, project: str = PROJECT, *, more: Mapping[str, str] | None = None) -> Loaded:
    return load_project({"project.yaml": project, "line.flow.yaml": flow, **(more or {})})


def load_flow(flow: str, project: str = PROJECT) -> Flow:
    loaded = load(flow, project)
    assert loaded.bundle is not None, [str(message) for message in loaded.messages]
    assert loaded.messages == ()
    return loaded.bundle.flows["line"]


def codes(loaded: Loaded) -> list[str]:
    return [message.code for message in loaded.messages]


def told(loaded: Loaded, flow: str, code: str) -> tuple[str, str]:
    """The marked word of the only message of this code, and its text with its fix."""
    found = [message for message in loaded.messages if message.code == code]
    assert len(found) == 1, [str(message) for message in loaded.messages]
    message = found[0]
    line = flow.splitlines()[message.place.line - 1]
    begin = message.place.column - 1
    return line[begin : begin + message.width], f"{message.text} {message.fix}".strip()
