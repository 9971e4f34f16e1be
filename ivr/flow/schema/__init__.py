"""The shape of an operator's files."""

from ivr.flow.schema.export import json_schema

__all__ = ["json_schema"]
