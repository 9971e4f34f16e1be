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


def fixed_sentences(bundle: Bundle, language: str | None = None) -> list[str]:
    """Of one language of the project (None: its default), each once: what a call begins with first, then what bridges a
    silence (a voice that is slow right after the start needs it most), the rest of that flow, the other flows, and the
    engine's other words.

    A sentence is the unit, not a prompt: "Sorry. {question}" is two of them, and both are known. One with a value of
    the call in it is left out, and so is what is recorded.
    """
    language = language or bundle.language
    own_words = bundle.words_in(language)
    flows = sorted(bundle.flows.values(), key=lambda flow: flow.name != bundle.entry_default)
    first = bundle.flows.get(bundle.entry_default)
    begins = () if first is None else _texts(first.nodes.get(first.start), language)
    bridges = (own_words[name] for name in BRIDGES)
    rest = (text for flow in flows for text in _texts(flow, language))
    own = (_PLACEHOLDER.sub(_FIELD, words) for words in (*own_words.values(), *_confirm_keys(bundle, own_words)))
    texts = (*begins, *bridges, *rest, *own)
    found = (sentence for text in texts for sentence in sentences(" ".join(text.split())))
    return list(dict.fromkeys(sentence for sentence in found if _FIELD not in sentence))


def sounds_in(bundle: Bundle) -> frozenset[str]:
    """Names of the recorded prompts that a call may play."""
    found = (template.sound for flow in bundle.flows.values() for template in _templates(flow))
    return frozenset(name for name in found if name is not None)


def _texts(part: object, language: str) -> Iterator[str]:
    for original in _templates(part):
        if original.sound is not None:
            continue
        template = original.others.get(language, original)
        yield "".join(part if isinstance(part, str) else _FIELD for part in template.parts)


def _confirm_keys(bundle: Bundle, own_words: Mapping[str, str]) -> list[str]:
    """The sentence that names the keys for yes and no, for each pair of keys the project has."""
    specs = (slot.question.keys for flow in bundle.flows.values() for slot in flow.slots.values())
    words = own_words.get("confirm_keys", "")
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
