"""Templates that stand for a value, not for words: `with`, `set`, bodies."""

from ivr.flow.grammar.tree import Field, Template
from ivr.flow.steps.phrases import phrase
from ivr.flow.steps.work import Work
from ivr.flow.types import Value


def template_value(work: Work, template: Template) -> Value | None:
    """One field alone keeps its type, and empty stays empty; anything else is text."""
    if len(template.parts) == 1:
        only = template.parts[0]
        if isinstance(only, Field) and only.form is None:
            found = work.value(only.path)
            return only.fallback if found is None else found
    return phrase(work, template).text


def template_names(template: Template) -> frozenset[str]:
    return frozenset(field.path[0] for field in template.fields)
