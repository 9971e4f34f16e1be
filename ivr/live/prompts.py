"""The sentences of a bundle that never change: their sound is made before the first caller needs it."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import Final

from ivr.flow.flow import Bundle, Check, Prompt, Rule
from ivr.flow.grammar.tree import Template
from ivr.models.sentences import sentences

BRIDGES: Final = ("thinking", "still_there")
"""The engine's words for a silence of ours."""
_FIELD: Final = "\ue000"
"""Stands for what is filled in; no voice speaks it and no text has it."""
_PLACEHOLDER: Final = re.compile(r"\{\w+\}")


def fixed_sentences(bundle: Bundle) -> list[str]:
    """Each once: what a call begins with first, then what bridges a silence (a voice that is slow right after the start
    needs it most), the rest of that flow, the other flows, and the engine's other words.

    A sentence is the unit, not a prompt: "Sorry. {question}" is two of them, and both are known. One with a value of
    the call in it is left out.
    """
    flows = sorted(bundle.flows.values(), key=lambda flow: flow.name != bundle.entry_default)
    first = bundle.flows.get(bundle.entry_default)
    begins = () if first is None else _texts(first.nodes.get(first.start))
    bridges = (bundle.words[name] for name in BRIDGES)
    rest = (text for flow in flows for text in _texts(flow))
    own = (_PLACEHOLDER.sub(_FIELD, words) for words in (*bundle.words.values(), *_confirm_keys(bundle)))
    texts = (*begins, *bridges, *rest, *own)
    found = (sentence for text in texts for sentence in sentences(" ".join(text.split())))
    return list(dict.fromkeys(sentence for sentence in found if _FIELD not in sentence))


def _texts(part: object) -> Iterator[str]:
    for template in _templates(part):
        yield "".join(part if isinstance(part, str) else _FIELD for part in template.parts)


def _confirm_keys(bundle: Bundle) -> list[str]:
    """The sentence that names the keys for yes and no, for each pair of keys the project has."""
    specs = (slot.question.keys for flow in bundle.flows.values() for slot in flow.slots.values())
    words = bundle.words.get("confirm_keys", "")
    return [words.replace("{yes}", keys.yes).replace("{no}", keys.no) for keys in specs]


def _templates(part: object) -> Iterator[Template]:
    """All that can be said anywhere below: prompts, and the reasons of checks and rules. What is sent to tools is made
    of templates too, and is not said."""
    if isinstance(part, Prompt):
        yield from part.variants
        return
    if isinstance(part, Check | Rule) and part.otherwise is not None:
        yield part.otherwise
    if isinstance(part, Mapping):
        yield from _all(part.values())
    elif isinstance(part, tuple):
        yield from _all(part)
    elif is_dataclass(part):
        yield from _all(getattr(part, field.name) for field in fields(part))


def _all(parts: Iterable[object]) -> Iterator[Template]:
    for part in parts:
        yield from _templates(part)
