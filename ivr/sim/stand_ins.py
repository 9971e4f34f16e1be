"""A copy of a project in which each Python tool asks the test's back end for its answer, and in which nobody holds in a
queue for minutes; all else is as it was."""

import re
import shutil
from pathlib import Path
from typing import Final

from ivr.flow.flow import Bundle

PYTHON: Final = "python"
"""Behind a dot, so that no api is called so: where a Python tool's answer is asked, by its file and function."""
HOLDS: Final = re.compile(r"(\bwait:\s*)\d+m\b")
"""How long a caller holds, where it is minutes."""
HOLD: Final = "20s"
MODULE: Final = '''\
"""Stands in for the project's own: what it gives back is written in the test."""

import json
import urllib.request

from ivr.tools import Result

_open = urllib.request.build_opener(urllib.request.ProxyHandler({{}})).open


def _ask(function):
    with _open("{url}/{module}/" + function) as told:
        answer = json.load(told)
    return Result(answer["result"], **answer["values"])
'''
FUNCTION: Final = """

def {function}(**_taken):
    return _ask("{function}")
"""


def copy_with_stand_ins(bundle: Bundle, folder: Path, to: Path, url: str) -> Path:
    """The project's new folder, below `to`. `url`: where the back end of the test is asked. Raises: OSError."""
    copied = to / folder.name
    shutil.copytree(folder, copied)
    project = copied / "project.yaml"
    if any(target.queue is not None for target in bundle.targets.values()):
        project.write_text(HOLDS.sub(rf"\g<1>{HOLD}", project.read_text(encoding="utf-8")), encoding="utf-8")
    modules: dict[str, dict[str, None]] = {}
    for flow in bundle.flows.values():
        for tool in flow.tools.values():
            if tool.kind == "python":
                modules.setdefault(tool.module, {})[tool.function] = None
    for module, functions in modules.items():
        text = MODULE.format(url=f"{url}/.{PYTHON}", module=module)
        text += "".join(FUNCTION.format(function=function) for function in functions)
        (copied / "tools" / f"{module}.py").write_text(text, encoding="utf-8")
    return copied
