"""Values as words, and words made comparable."""

from ivr.flow.grammar.templates import FORMS
from ivr.flow.spoken.comparing import plain_words, same_words, word_errors
from ivr.flow.spoken.duration import estimate_ms
from ivr.flow.spoken.forms import say_value
from ivr.flow.spoken.masks import mask
from ivr.flow.spoken.rendering import render, render_field
from ivr.flow.spoken.week import say_week

__all__ = [
    "FORMS",
    "estimate_ms",
    "mask",
    "plain_words",
    "render",
    "render_field",
    "same_words",
    "say_value",
    "say_week",
    "word_errors",
]
