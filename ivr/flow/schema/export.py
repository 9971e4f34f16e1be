"""The schema for editors, made from the shapes."""

import json
from typing import Any

from pydantic import TypeAdapter

from ivr.flow.schema.shapes import FlowShape, ProjectShape


def json_schema() -> dict[str, Any]:
    """JSON Schema (draft 7) of `project.yaml` and `*.flow.yaml`."""
    made = TypeAdapter(FlowShape | ProjectShape).json_schema(by_alias=True, ref_template="#/definitions/{model}")
    draft = json.loads(json.dumps(made).replace('"$defs"', '"definitions"'))
    return {"$schema": "http://json-schema.org/draft-07/schema#", "title": "callflow/1", **draft}
