"""Words that say that an answer is wrong, and not what it should be: "change the date", "that's wrong"."""

from collections.abc import Iterable, Sequence
from typing import Final

from ivr.flow.numerals import Token, tokens_of
from ivr.flow.state import Expected
from ivr.flow.types import Type
from ivr.flow.understand import choosing, corrections
from ivr.flow.understand.wording import PREFACE, find_phrase

TYPE_WORDS: Final = {
    Type.DATE: ("date", "day"),
    Type.TIME: ("time", "hour"),
    Type.NUMBER: ("number",),
    Type.DIGITS: ("number", "digits"),
    Type.PHONE: ("number", "phone"),
    Type.MONEY: ("amount", "price", "sum"),
    Type.NAME: ("name",),
    Type.EMAIL: ("email", "mail", "address"),
}
"""What an answer of a type is called where nothing else is."""


def names_of(slot: Expected) -> Iterable[Sequence[str]]:
    yield slot.slot.lower().split("_")
    for lead in slot.lead:
        yield [t.text for t in tokens_of(lead)[0]]


_CHANGE: Final = (
    *(("change",), ("wrong",), ("incorrect",), ("mistake",), ("different",), ("another",), ("other",), ("fix",)),
    *(("not", "right"), ("not", "correct"), ("isn't", "right"), ("isn't", "correct"), ("misheard",), ("redo",)),
    *(("correct", "the"), ("correct", "my"), ("again",)),
)
_WRONG: Final = frozenset(
    """that's wrong|that is wrong|it's wrong|that was wrong|this is wrong|you got that wrong|you got it wrong|wrong
    that's not right|that is not right|that isn't right|that's not correct|that isn't correct|that's incorrect
    that's not what i said|that is not what i said|i made a mistake|i've made a mistake|that was a mistake
    something is wrong|something's wrong|change something|i want to change something|i need to change something
    i'd like to change something|i would like to change something|can i change something|could i change something
    i have to change something|you misheard me|you misheard|i want to correct something|that wasn't right
    i'd like to correct something|let me change something|i want to make a change|i'd like to make a change
    i need to make a change|make a change|i want to change my answer|i'd like to change my answer|change my answer
    can i change my answer|i want to change that|change that|can i change that|i need to change that""".replace(
        "\n", "|"
    )
    .replace("    ", "")
    .split("|")
)
_LOOSE: Final = PREFACE | frozenset(
    """can could may please want wanted need have has do did don't no not please sorry wait actually oh hold on
    should be we my our something got you to change wrong incorrect mistake different another other fix right
    correct isn't wasn't again made redo misheard with there's there in what said would i've must one
    time""".split()  # noqa: SIM905
)


def wants_change(tokens: tuple[Token, ...], named: Sequence[Expected]) -> bool:
    """Words of change beside the name, and next to nothing else: "I'd like to change the date"."""
    words = [t.text for t in tokens]
    if not any(find_phrase(words, cue) is not None for cue in _CHANGE):
        return False
    names = {word for slot in named for phrase in names_of(slot) for word in phrase}
    names |= {choosing.stem(noun) for slot in named for noun in slot.nouns}
    names |= {word for slot in named for word in TYPE_WORDS.get(slot.type, ())}
    rest = [w for w in corrections.bare(tokens) if w not in _LOOSE and w not in names and choosing.stem(w) not in names]
    return len(rest) <= 1


def is_wrong(tokens: tuple[Token, ...]) -> bool:
    words = [t.text for t in tokens]
    while words and (words[0] in corrections.WEAK_CUES or words[0] in ("um", "uh", "well", "please")):
        words = words[1:]
    while words and words[-1] in ("please", "sorry", "thanks"):
        words = words[:-1]
    return " ".join(words) in _WRONG
