"""Which of the offered phrases was said: as it stands, inside a sentence, by its place, nearly, or by its sound."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from jellyfish import metaphone
from rapidfuzz.distance import Indel

from ivr.flow.numerals import ORDINALS, Token, digit_of, tokens_of
from ivr.flow.understand.wording import ARTICLES, FILLERS, core, find_phrase, is_noise, take_backs

Phrases = Mapping[str, tuple[str, ...]]
"""Option or command name to the phrases that mean it."""

EXACT: Final = 1.0
CONTAINED: Final = 0.95
BY_PLACE: Final = 0.9
_NEAR: Final = 0.72
"""A near miss counts from here when the phrase is all that was said, from `_NEAR_INSIDE` within a longer sentence."""
_NEAR_INSIDE: Final = 0.82
_NEAR_COMMAND: Final = 0.88
_MARGIN: Final = 0.06
"""The best option must beat the next one by this much; else it is a tie and nothing was understood."""
_NEGATIONS: Final = frozenset({"not", "isn't", "without", "never"})


@dataclass(frozen=True, slots=True)
class Choice:
    name: str
    sure: float
    start: int
    stop: int


@dataclass(frozen=True, slots=True)
class _Phrase:
    words: tuple[str, ...]
    text: str
    sound: str


@lru_cache(maxsize=4096)
def _prepared(phrase: str) -> _Phrase:
    tokens, _ = tokens_of(phrase)
    words = tuple(t.text for t in tokens)
    bare = tuple(w for w in words if w not in ARTICLES) or words
    return _Phrase(bare, " ".join(bare), _sound(" ".join(bare)))


@lru_cache(maxsize=8192)
def _sound(text: str) -> str:
    return str(metaphone(text)).replace(" ", "")


def choose(tokens: tuple[Token, ...], phrases: Phrases, keys: Mapping[str, str] | None = None) -> Choice | None:
    """The one option meant, or None: nothing fits well enough, or two fit alike. `keys`: key to option."""
    return contained(tokens, phrases) or by_place(tokens, list(phrases), keys or {}) or near(tokens, phrases)


def contained(tokens: tuple[Token, ...], phrases: Phrases) -> Choice | None:
    """An option whose phrase stands in the words, whole."""
    bare = [(i, t.text) for i, t in enumerate(tokens) if t.text not in ARTICLES] or [
        (i, t.text) for i, t in enumerate(tokens)
    ]
    words = [w for _, w in bare]
    stems = [stem(w) for w in words]
    hits: list[tuple[int, int, str]] = []
    for name, options in phrases.items():
        for option in options:
            phrase = _prepared(option)
            hits += _places(words, stems, phrase, name)
    opening = next((i for i, w in enumerate(words) if not is_noise(w)), 0)
    hits = [h for h in hits if words[h[0] : h[1]] not in (["yes"], ["no"]) or h[0] <= opening]
    hits = [h for h in hits if not _denied(words, h[0])]
    hits = [h for h in hits if not any(_inside(h, other) for other in hits)]
    if not hits:
        return None
    names = {h[2] for h in hits}
    chosen = hits[0] if len(names) == 1 else _last_meant(hits, tokens, bare)
    if chosen is None:
        return None
    start, stop = bare[chosen[0]][0], bare[chosen[1] - 1][0] + 1
    said = core(tokens)
    whole = len([t for t in said if t.text not in ARTICLES]) == chosen[1] - chosen[0]
    return Choice(chosen[2], EXACT if whole else CONTAINED, start, stop)


def _places(words: list[str], stems: list[str], phrase: _Phrase, name: str) -> list[tuple[int, int, str]]:
    size = len(phrase.words)
    found = []
    at = find_phrase(words, phrase.words)
    if at is None and size == 1 and len(phrase.words[0]) >= 4:
        at = find_phrase(stems, [stem(phrase.words[0])])
    while at is not None:
        found.append((at, at + size, name))
        at = find_phrase(words, phrase.words, at + 1)
    return found


def stem(word: str) -> str:
    """bills, billing and billed are bill."""
    for ending in ("ing", "ed", "es", "s", "'s"):
        if word.endswith(ending) and len(word) - len(ending) >= 4:
            return word[: -len(ending)]
    return word


def _inside(one: tuple[int, int, str], other: tuple[int, int, str]) -> bool:
    longer = other[1] - other[0] > one[1] - one[0]
    return longer and other[0] <= one[0] and one[1] <= other[1]


def _denied(words: list[str], at: int) -> bool:
    """not the bill; it's not about the bill."""
    before = words[max(0, at - 3) : at]
    return bool(before) and (before[-1] in _NEGATIONS or (before[-1] in ("about", "for") and "not" in before))


def _last_meant(
    hits: list[tuple[int, int, str]], tokens: tuple[Token, ...], bare: list[tuple[int, str]]
) -> tuple[int, int, str] | None:
    """Two options were named: the later one if the earlier was taken back, otherwise none."""
    edges = take_backs(tokens)
    if not edges:
        return None
    after = [h for h in hits if bare[h[0]][0] >= edges[-1][1]]
    return after[-1] if len({h[2] for h in after}) == 1 else None


_PLACE_NOUNS: Final = frozenset({"one", "option", "choice", "thing", "item", "number"})


def may_grow(tokens: tuple[Token, ...], phrases: Phrases, chosen: Choice) -> bool:
    """Whether the words end with the beginning of another option's phrase: one (hundred), my account (balance)."""
    stems = [stem(t.text) for t in core(tokens) if t.text not in ARTICLES]
    for name, options in phrases.items():
        if name == chosen.name:
            continue
        for option in options:
            begins = [stem(word) for word in _prepared(option).words]
            if any(stems[-size:] == begins[:size] for size in range(1, len(begins))):
                return True
    return False


def by_place(tokens: tuple[Token, ...], names: Sequence[str], keys: Mapping[str, str]) -> Choice | None:
    """the second one; option two; press 2; the last one; two."""
    words = [t.text for t in tokens]
    for at, word in enumerate(words):
        after = words[at + 1] if at + 1 < len(words) else ""
        if word in ORDINALS and (after in _PLACE_NOUNS or _is_all(tokens, at)):
            return _nth(names, ORDINALS[word] - 1, at)
        if word == "last" and (after in _PLACE_NOUNS or _is_all(tokens, at)):
            return _nth(names, len(names) - 1, at)
        if word in ("option", "number", "press", "choice") and after:
            digit = digit_of(_PLACE_ALIKE.get(after, after))
            if digit is not None:
                return _by_key(names, keys, digit, at)
    said = [w for w in (t.text for t in core(tokens)) if w not in ARTICLES]
    digit = digit_of(said[0]) if len(said) == 1 else None
    return _by_key(names, keys, digit, 0) if digit is not None else None


_PLACE_ALIKE: Final = {"to": "two", "too": "two", "for": "four", "won": "one", "tree": "three", "ate": "eight"}


def _is_all(tokens: tuple[Token, ...], at: int) -> bool:
    return all(t.text in ARTICLES or t.text in ("it's", "is") for i, t in enumerate(core(tokens)) if t != tokens[at])


def _nth(names: Sequence[str], index: int, at: int) -> Choice | None:
    return Choice(names[index], BY_PLACE, at, at + 1) if 0 <= index < len(names) else None


def _by_key(names: Sequence[str], keys: Mapping[str, str], digit: str, at: int) -> Choice | None:
    if keys:
        return Choice(keys[digit], BY_PLACE, at, at + 1) if digit in keys else None
    return _nth(names, int(digit) - 1, at)


def near(tokens: tuple[Token, ...], phrases: Phrases) -> Choice | None:
    """The option that the words nearly are, by spelling or by sound."""
    said = core(tokens)
    words = [t.text for t in said if t.text not in ARTICLES] or [t.text for t in said]
    if not words or len(words) > 40:
        return None
    whole = " ".join(words)
    scores = sorted(((_likeness(words, whole, options), name) for name, options in phrases.items()), reverse=True)
    if not scores or scores[0][0] <= 0:
        return None
    best = scores[0]
    if len(scores) > 1 and best[0] - scores[1][0] < _MARGIN:
        return None
    return Choice(best[1], round(min(best[0], 0.89), 3), 0, len(tokens))


def _likeness(words: list[str], whole: str, options: tuple[str, ...]) -> float:
    best = 0.0
    for option in options:
        phrase = _prepared(option)
        score = _alike(whole, phrase)
        if score >= _NEAR:
            best = max(best, score)
        size = len(phrase.words)
        if len(words) > size and len(phrase.text) >= 4:
            for at in range(len(words) - size + 1):
                inside = _alike(" ".join(words[at : at + size]), phrase)
                if inside >= _NEAR_INSIDE:
                    best = max(best, inside - 0.05)
    return best


def _alike(text: str, phrase: _Phrase) -> float:
    """0 to 1: by letters, and by sound where the sounds are long enough to tell words apart."""
    letters: float = Indel.normalized_similarity(text, phrase.text)
    if letters < 0.4:
        return letters
    sound = _sound(text)
    if not phrase.sound or not sound:
        return letters
    heard: float = Indel.normalized_similarity(sound, phrase.sound)
    weight = 0.5 if len(phrase.sound) >= 3 else 0.35
    return max(letters, (1 - weight) * letters + weight * heard)


def command_said(tokens: tuple[Token, ...], phrases: Phrases) -> tuple[str, float] | None:
    """A command whose words are all that was said; please and sorry do not count, nor does "can I speak to"."""
    wholes = {bare(core(tokens)), bare(core(unframed(tokens))), bare([t for t in tokens if t.text not in FILLERS])}
    best: tuple[str, float] | None = None
    for name, options in phrases.items():
        for option in options:
            score = max(_command_score(whole, _prepared(option)) for whole in wholes)
            if score >= _NEAR_COMMAND and (best is None or score > best[1]):
                best = (name, score)
    return best


_ASKING: Final = (
    *(("can", "i"), ("could", "i"), ("may", "i"), ("i", "want", "to"), ("i", "went", "to"), ("i", "wanna")),
    *(("i'd", "like", "to"), ("i", "would", "like", "to"), ("i", "need", "to"), ("let", "me"), ("can", "you")),
    *(("could", "you"), ("i'd", "like"), ("i", "want"), ("i", "need"), ("give", "me"), ("get", "me")),
)
_REACHING: Final = (
    *(("speak", "to"), ("speak", "with"), ("talk", "to"), ("talk", "with"), ("connect", "me", "to"), ("get",)),
    *(("put", "me", "through", "to"), ("transfer", "me", "to"), ("have",), ("connect", "me", "with")),
)


def unframed(tokens: tuple[Token, ...]) -> tuple[Token, ...]:
    """Without the words that only ask for it: "can I please speak to", "I want"."""
    rest = core(tokens)
    for frames in (_ASKING, _REACHING):
        words = tuple(t.text for t in rest)
        frame = next((f for f in frames if words[: len(f)] == f), ())
        rest = core(rest[len(frame) :])
    return rest


def _command_score(whole: str, phrase: _Phrase) -> float:
    if phrase.text == whole:
        return EXACT
    fair = len(phrase.text) >= 4 and 0 < len(whole) <= 2 * len(phrase.text)
    return _alike(whole, phrase) if fair else 0.0


def bare(tokens: Sequence[Token]) -> str:
    words = [t.text for t in tokens]
    return " ".join([w for w in words if w not in ARTICLES] or words)
