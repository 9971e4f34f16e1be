"""A template as it is spoken, or as it is shown."""

from collections.abc import Callable

from ivr.flow.grammar.tree import Field, Path, Scope, Template
from ivr.flow.spoken.forms import say_value
from ivr.flow.spoken.masks import DOTS, mask
from ivr.flow.types import Privacy


def render(
    template: Template,
    scope: Scope,
    *,
    language: str = "en-US",
    masked: bool = False,
    privacy: Callable[[Path], Privacy] | None = None,
) -> str:
    """The words with each field's value in its spoken form. A value that is empty is its `or 'text'`, or nothing.

    `masked` with `privacy`: values that are not open come masked, secrets without their last four."""
    return "".join(
        part
        if isinstance(part, str)
        else render_field(part, scope, language, privacy(part.path) if masked and privacy is not None else Privacy.OPEN)
        for part in template.parts
    )


def render_field(field: Field, scope: Scope, language: str, kept: Privacy = Privacy.OPEN) -> str:
    """One value. `kept`: masked, if that is not open."""
    value = scope.value(field.path)
    if value is None or value == ():
        return field.fallback or ""
    if kept is Privacy.SECRET:
        return DOTS
    if kept is not Privacy.OPEN:
        return mask(value, field.type)
    return say_value(
        value,
        field.type,
        field.form,
        now=scope.now,
        language=language,
        currency=field.currency,
        labels=field.labels,
        of=field.of,
    )
