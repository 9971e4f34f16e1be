"""`ivr init` writes a project that is right; the schema it brings takes what the checker takes."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML
from typer.testing import CliRunner

from ivr.cli import app
from ivr.flow.schema import json_schema

ROOT = Path(__file__).parents[2]


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    assert run("init")[0] == 0
    return tmp_path


def run(*args: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, list(args))
    return result.exit_code, result.output


def test_what_is_written_passes_check_test_prove_and_fmt(made: Path) -> None:
    code, out = run("check", "--strict")
    assert code == 0, out
    assert "0 errors, 0 warnings" in out
    code, out = run("test")
    assert code == 0, out
    assert run("prove")[0] == 0
    assert run("fmt")[0] == 0 and run("check", "--strict")[0] == 0


def test_editors_are_led_to_the_schema(made: Path) -> None:
    first = (made / "flows/shop/shop.flow.yaml").read_text(encoding="utf-8").splitlines()[0]
    match = re.fullmatch(r"# yaml-language-server: \$schema=(\S+)", first)
    assert match is not None
    assert (
        json.loads((made / "flows/shop" / match[1]).read_text(encoding="utf-8"))["$id"] == "urn:ivr:schema:callflow:1"
    )
    settings = json.loads((made / ".vscode/settings.json").read_text(encoding="utf-8"))
    assert all((made / file).is_file() for file in settings["yaml.schemas"])


def test_nothing_that_is_there_is_overwritten(made: Path) -> None:
    assert run("init")[0] == 2
    assert run("init", "--name", "two words")[0] == 2
    assert run("init", "--name", "second")[0] == 0
    assert (made / "flows/second/second.flow.yaml").is_file()


# ---- the schema

SCHEMA = json_schema()


def faults(schema: dict[str, Any], value: object, at: str = "") -> list[str]:
    """Of the parts of draft 7 that ours uses."""
    if "$ref" in schema:
        return faults(SCHEMA["definitions"][schema["$ref"].rpartition("/")[2]], value, at)
    if "anyOf" in schema:
        tried = [faults(one, value, at) for one in schema["anyOf"]]
        return [] if any(not one for one in tried) else min(tried, key=len)
    found = [fault for one in schema.get("allOf", ()) for fault in faults(one, value, at)]
    if "enum" in schema and value not in schema["enum"]:
        found.append(f"{at}: {value} is none of {schema['enum']}")
    if "const" in schema and value != schema["const"]:
        found.append(f"{at}: {value} is not {schema['const']}")
    kinds = schema.get("type", [])
    kinds = [kinds] if isinstance(kinds, str) else kinds
    types = {
        "string": str,
        "integer": int,
        "number": (int, float),
        "object": dict,
        "array": list,
        "boolean": bool,
        "null": type(None),
    }
    if kinds and not any(isinstance(value, types[kind]) for kind in kinds):
        return [*found, f"{at}: {value!r} is no {kinds}"]
    if isinstance(value, str) and "pattern" in schema and not re.search(schema["pattern"], value):
        found.append(f"{at}: {value} is not like {schema['pattern']}")
    if isinstance(value, list) and "items" in schema:
        found += [fault for n, one in enumerate(value) for fault in faults(schema["items"], one, f"{at}[{n}]")]
    if isinstance(value, dict):
        known = schema.get("properties", {})
        found += [f"{at}: {key} is missing" for key in schema.get("required", ()) if key not in value]
        for key, one in value.items():
            more = schema.get("additionalProperties", True)
            inner = known.get(str(key), more)
            if inner is False:
                found.append(f"{at}: {key} is not known")
            elif isinstance(inner, dict):
                found += faults(inner, one, f"{at}.{key}")
    return found


@pytest.mark.parametrize("file", ["support/project.yaml", "support/support.flow.yaml", "bench/bench.flow.yaml"])
def test_the_schema_takes_the_flows_that_ship(file: str) -> None:
    value = YAML(typ="safe", pure=True).load((ROOT / "flows" / file).read_text(encoding="utf-8"))
    assert faults(SCHEMA, value) == []


def test_the_schema_refuses_a_key_that_nobody_knows_and_explains_the_others() -> None:
    schema = SCHEMA
    flow = YAML(typ="safe", pure=True).load((ROOT / "flows/support/support.flow.yaml").read_text(encoding="utf-8"))
    flow["slots"]["account"]["confrim"] = "always"
    assert faults(schema, flow)
    slot = schema["definitions"]["SlotShape"]["properties"]
    assert slot["confirm"]["description"] == "When the value is read back."
