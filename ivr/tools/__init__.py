"""What a flow may do in the world. Projects' own Python tools import Result from here."""

from ivr.tools.result import Result

__all__ = ["Result"]
