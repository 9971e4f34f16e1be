"""How a private value is shown."""

from ivr.flow.types import Type, Value

DOTS = "••••"


def mask(value: Value | None, type: Type) -> str:
    """`••••5678` for digits and phone numbers of more than four, `••••` for everything else; empty stays empty."""
    if value is None:
        return ""
    if type in (Type.DIGITS, Type.PHONE) and isinstance(value, str) and len(value) > 4:
        return DOTS + value[-4:]
    return DOTS
