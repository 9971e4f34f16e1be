"""YAML text to a Bundle, with every mistake in it told by line, column and likely word."""

from ivr.flow.loader.project import Loaded, content_hash, load_project
from ivr.flow.loader.slots import read_value

__all__ = ["Loaded", "content_hash", "load_project", "read_value"]
