"""The schema for editors, made from the shapes, with the explanations of the page of reference."""

import json
from typing import Any, Final

from pydantic import TypeAdapter

from ivr.flow.schema.meanings import VERBS, meaning_of
from ivr.flow.schema.shapes import STEPS, FlowShape, ProjectShape

SCHEMA_ID: Final = "urn:ivr:schema:callflow:1"
"""Stays as long as the language's first number does."""


def json_schema() -> dict[str, Any]:
    """JSON Schema (draft 7) of `project.yaml` and `*.flow.yaml`."""
    made = TypeAdapter(FlowShape | ProjectShape).json_schema(by_alias=True, ref_template="#/definitions/{model}")
    draft = _as_written(json.loads(json.dumps(made).replace('"$defs"', '"definitions"')))
    for name, definition in draft.get("definitions", {}).items():
        _explain(name, definition)
    heads = {"$schema": "http://json-schema.org/draft-07/schema#", "$id": SCHEMA_ID, "title": "callflow/1"}
    return {**heads, **draft}


def _as_written(part: Any) -> Any:
    """For an editor `0042`, `no` and `12.50` have types of their own, and for us they are text; and what may be left
    out may not stand there without a value."""
    if isinstance(part, list):
        return [_as_written(one) for one in part]
    if not isinstance(part, dict):
        return part
    found = {key: _as_written(value) for key, value in part.items() if not (key == "default" and value is None)}
    if found.get("type") == "string" and "enum" not in found and "const" not in found:
        found["type"] = ["string", "number", "boolean"]
    if "anyOf" in found:
        given = [one for one in found["anyOf"] if one != {"type": "null"}]
        found["anyOf"] = given
        if len(given) == 1 and isinstance(given[0], dict):
            del found["anyOf"]
            found = {**given[0], **found} if "$ref" not in given[0] else {"allOf": given, **found}
    return found


def _explain(shape: str, definition: dict[str, Any]) -> None:
    """An editor shows a description beside a key; titles made of class and field names say nothing to a writer."""
    definition.pop("title", None)
    definition.pop("description", None)
    verb = next((verb for verb, step in STEPS.items() if step.__name__ == shape), None)
    if verb is not None and verb in VERBS:
        definition["description"] = VERBS[verb]
    for key, field in definition.get("properties", {}).items():
        field.pop("title", None)
        meaning = meaning_of(shape, key)
        if meaning is not None:
            field["description"] = meaning.replace("`", "")
