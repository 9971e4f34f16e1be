"""Whether words sound as if more were to come. What a question still lacks is for those who read its answer."""

from collections.abc import Sequence
from typing import Final

from ivr.flow.numerals import Token
from ivr.flow.understand.wording import FILLERS, core, is_noise

_HANGING: Final = frozenset(
    """a an the my your our their and or but nor to of for from with than as i i'm i'd i've i'll if because cause
    except only just well so plus double triple""".split()  # noqa: SIM905
)
"""Right behind an answer these announce a condition, a choice, or more of it: "yes but", "two or"."""
_UNFINISHED: Final = (_HANGING - {"only", "just"}) | frozenset(
    """in on at by into is are was were am be its it's that's there's we're they're he she we they about like when
    then where while until unless whether although though every each very""".split()  # noqa: SIM905
)
"""No answer ends with one of these: the caller is not done."""

_CLOSING: Final = (("as", "well"), ("think", "so"), ("guess", "so"), ("believe", "so"), ("hope", "so"), ("or", "so"))
"""These end in such a word and are an end all the same."""

_TAKING_BACK: Final = (
    ("no",),
    ("nope",),
    ("wait",),
    ("sorry",),
    ("actually",),
    ("rather",),
    ("correction",),
    ("i", "mean"),
    ("i", "meant"),
    ("make", "that"),
    ("scratch", "that"),
)
"""Behind an answer: what was said is about to be put right."""

_WHILES: Final = ("second", "sec", "minute", "moment")
_STALLS: Final = (
    ("hold", "on"),
    ("hang", "on"),
    ("let", "me", "see"),
    ("let's", "see"),
    ("let", "me", "think"),
    ("let", "me", "check"),
    ("let", "me", "look"),
    ("let", "me", "look", "it", "up"),
    ("let", "me", "look", "that", "up"),
    ("let", "me", "find", "it"),
    ("let", "me", "get", "it"),
    ("let", "me", "grab", "it"),
    ("bear", "with", "me"),
    ("i'm", "looking"),
    ("i'll", "look"),
    ("i", "have", "to", "look"),
    *(
        (*before, a)
        for before in (("wait", "a"), ("wait", "one"), ("give", "me", "a"), ("give", "me", "one"))
        for a in _WHILES
    ),
    *((verb, "on", one, a) for verb in ("hold", "hang") for one in ("a", "one") for a in _WHILES),
)
_STALLS_ALONE: Final = frozenset(
    {
        ("wait",),
        ("just", "wait"),
        *((*before, a) for before in (("one",), ("just", "a"), ("just", "one")) for a in _WHILES),
    }
)
"""Only when nothing else was said: an answer may end with "one minute"."""


def ends_open(tokens: Sequence[Token], tail: str) -> bool:
    """A trailing comma, dash, filler or function word. `tail`: the punctuation behind the last word."""
    if tail.endswith((",", "-", "…", ":")) or tail.startswith(".."):
        return True
    return _leads_on(tuple(t.text for t in tokens), _UNFINISHED)


def hangs(rest: Sequence[Token]) -> bool:
    """Whether what stands behind an answer says that there is more of it, or that it is being taken back."""
    if not rest:
        return False
    words = tuple(t.text for t in rest)
    return _leads_on(words, _HANGING) or any(words[-len(phrase) :] == phrase for phrase in _TAKING_BACK)


def _leads_on(words: tuple[str, ...], leading: frozenset[str]) -> bool:
    return bool(words) and (words[-1] in leading or words[-1] in FILLERS) and words[-2:] not in _CLOSING


def stall_from(tokens: Sequence[Token]) -> int | None:
    """Where the words begin with which the caller asks for time ("um, hold on"; "one two, let me see"): the last
    thing said; None: they do not."""
    said = core(tokens)
    words = tuple(t.text for t in said)
    if words in _STALLS_ALONE:
        return 0
    longest = max((len(phrase) for phrase in _STALLS if words[-len(phrase) :] == phrase), default=0)
    if not longest:
        return None
    first = next(i for i, token in enumerate(tokens) if not is_noise(token.text))
    return first + len(words) - longest


def spells(tokens: Sequence[Token]) -> bool:
    """Letters one by one so far: "S, M, I"."""
    last = tokens[-2:]
    return bool(last) and all(len(t.text) == 1 and t.text.isalpha() for t in last)
