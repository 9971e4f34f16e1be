"""Data with which a call is started, made the inputs of its flow."""

from collections.abc import Mapping

from ivr.flow.flow import Flow
from ivr.flow.loader.slots import read_value
from ivr.flow.types import Value


def read_inputs(flow: Flow, data: Mapping[str, Value]) -> dict[str, Value]:
    """By the name of the input. Text is read as the input's type; what is not of it is left out, and asked or empty."""
    found: dict[str, Value] = {}
    for entry in flow.inputs.values():
        given = data.get(entry.name)
        value = read_value(given, entry.named.type) if isinstance(given, str) else given
        if value is not None:
            found[entry.name] = value
    return found


def wrong_inputs(flow: Flow, data: Mapping[str, Value]) -> list[str]:
    """Inputs that the flow needs and that are missing or of another type: a call is not started without them."""
    read = read_inputs(flow, data)
    return [entry.name for entry in flow.inputs.values() if not entry.optional and entry.name not in read]
