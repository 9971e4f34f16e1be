"""Requests that are refused: status, words and codes as the endpoints have them."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

INVALID = "invalid_request_error"


@dataclass
class Refused(Exception):
    """Answered in the place of the answer. `param` names the field of the request."""

    status: int
    text: str
    code: str | None = None
    param: str | None = None

    def body(self) -> bytes:
        return json.dumps(error(self.text, INVALID, self.code, self.param), indent=2).encode()


def error(text: str, kind: str, code: str | None = None, param: str | None = None) -> dict[str, Any]:
    return {"error": {"message": text, "type": kind, "param": param, "code": code}}


def missing(param: str) -> Refused:
    return Refused(400, f"Missing required parameter: '{param}'.", "missing_required_parameter", param)


def empty(param: str) -> Refused:
    text = f"Invalid '{param}': empty array. Expected an array with minimum length 1, but got an empty array instead."
    return Refused(400, text, "empty_array", param)


def unknown(param: str) -> Refused:
    return Refused(400, f"Unknown parameter: '{param}'.", "unknown_parameter", param)


def invalid_value(param: str, value: object, supported: Sequence[str]) -> Refused:
    return Refused(
        400, f"Invalid value: '{value}'. Supported values are: {_listed(supported)}.", "invalid_value", param
    )


def invalid_type(param: str, wanted: str, value: object) -> Refused:
    text = f"Invalid type for '{param}': expected {wanted}, but got {_kind(value)} instead."
    return Refused(400, text, "invalid_type", param)


def _listed(values: Sequence[str]) -> str:
    quoted = [f"'{value}'" for value in values]
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])}, and {quoted[-1]}"


def _kind(value: object) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "a boolean"
        case int():
            return "an integer"
        case float():
            return "a decimal"
        case str():
            return "a string"
        case list():
            return "an array"
    return "an object"
