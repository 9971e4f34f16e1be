"""Options chosen by how alike sentences are in meaning, where the words themselves matched nothing."""

from collections.abc import Sequence
from typing import Final

from ivr.flow.state import Fill, Listen, Reading
from ivr.flow.types import CHOSEN, Source

_LEAST: Final = 0.45
_MARGIN: Final = 0.08
_MOST_SURE: Final = 0.85


def phrases(listen: Listen) -> list[str]:
    """What the asked question's options are heard by, in a fixed order; empty when it has none, when a value is read
    back, and when the caller asked for time and may be speaking to somebody else."""
    return [phrase for _, phrase in _owned(listen)]


def _owned(listen: Listen) -> list[tuple[str, str]]:
    if listen.confirming is not None or listen.waiting or not listen.expects or listen.expects[0].type not in CHOSEN:
        return []
    return [(option.name, phrase) for option in listen.expects[0].options for phrase in option.hear]


def by_similarity(words: str, listen: Listen, scores: Sequence[float]) -> Reading:
    """`scores` (cosine, -1 to 1) in the order of phrases(). The best option counts when it is like enough and clearly
    ahead of the next; otherwise a Reading with nothing set."""
    owned = _owned(listen)
    assert len(scores) == len(owned), "one score a phrase"
    best: dict[str, float] = {}
    for (name, _), score in zip(owned, scores, strict=True):
        best[name] = max(score, best.get(name, -1.0))
    ranked = sorted(best.items(), key=lambda item: item[1], reverse=True)
    if not ranked or ranked[0][1] < _LEAST:
        return Reading(words)
    if len(ranked) > 1 and ranked[0][1] - ranked[1][1] < _MARGIN:
        return Reading(words)
    name, score = ranked[0]
    asked = listen.expects[0]
    option = next(option for option in asked.options if option.name == name)
    value = name if option.value is None else option.value
    return Reading(words, (Fill(asked.slot, value, Source.SPEECH, min(score, _MOST_SURE)),))
