"""Which areas have a fault, and when it is expected to be fixed."""

from datetime import time

from ivr.tools import Result

FIXED_BY = {"N1": time(17, 30), "S4": time(20, 0)}


def by_area(area: str) -> Result:
    """`fault` with the time it should be fixed by, or `clear`."""
    fixed_by = FIXED_BY.get(area.upper())
    return Result("clear") if fixed_by is None else Result("fault", fixed_by=fixed_by)
