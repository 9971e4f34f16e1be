"""What a model in a talk may give for a slot, or for an argument of a tool."""

from collections.abc import Mapping

from ivr.flow.flow import SlotSpec
from ivr.flow.steps.expected import expected_slot
from ivr.flow.understand.given_values import shape


def schema(spec: SlotSpec, about: str) -> Mapping[str, object]:
    """As JSON Schema. `about`: what it is for, if that is known."""
    return shape(expected_slot(spec), about)
