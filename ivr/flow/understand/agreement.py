"""Yes, no, and their families."""

from dataclasses import dataclass
from typing import Final

from ivr.flow.numerals import Token, tokens_of
from ivr.flow.understand.wording import FILLERS, POLITE

_NO: Final = """no
nope
nah
naw
negative
never
no way
not really
not at all
not quite
not yet
not now
not today
not correct
not right
not true
not that
absolutely not
definitely not
certainly not
of course not
i don't think so
i do not think so
rather not
i'd rather not
i would rather not
i would prefer not
i'd prefer not
i don't
i do not
i didn't
i did not
i'm not
i am not
i haven't
i won't
i can't
it isn't
it is not
it's not
it's wrong
that isn't
that is not
that's not
that isn't right
that isn't it
that's not right
that's not correct
that's not it
that's wrong
that is wrong
this is wrong
it is wrong
you're wrong
incorrect
wrong
false
don't
do not
uh uh
nuh uh
disagree
i disagree
no thanks
no thank you""".splitlines()

_YES: Final = """yes
yeah
yea
yep
yup
ya
yah
yes yes
yes indeed
yes it is
yes i do
yes that's right
aye
sure
sure thing
surely
of course
correct
that's correct
that is correct
it's correct
this is correct
right
that's right
that is right
it's right
that's it
that is it
that's the one
it is
that is
they are
i do
i am
i did
i have
i would
i will
i think so
i guess so
i believe so
i agree
agreed
exactly
precisely
absolutely
definitely
certainly
indeed
true
positive
affirmative
affirm
uh huh
mm hmm
mhm
m hm
you bet
you got it
sounds good
sounds right
sounds correct
looks good
good
fine
that's fine
that is fine
great
perfect
go ahead
do it
please do
okay
ok
alright
all right
why not
roger""".splitlines()

_ALIKE_YES: Final = frozenset({"yet", "guess", "yeas", "yis", "yess", "yesh", "ja", "jes", "yesss", "yeh", "chess"})
_ALIKE_NO: Final = frozenset({"know", "knows", "nose", "noh", "now", "neau", "noo", "nooo", "noe", "na", "nough"})
"""Short words a telephone line makes of yes and no; they count only when they are all that was said."""

_PHRASES: Final = {
    **{tuple(p.split()): True for p in _YES},
    **{tuple(p.split()): False for p in _NO},
}
_LONGEST: Final = max(len(p) for p in _PHRASES)
_BY_FIRST: Final[dict[str, list[tuple[str, ...]]]] = {}
for _phrase in sorted(_PHRASES, key=len, reverse=True):
    _BY_FIRST.setdefault(_phrase[0], []).append(_phrase)
_SOFT: Final = frozenset({"okay", "ok", "right", "good", "fine", "great", "so"})
"""Openers too: "okay, it's five" agrees with nothing."""
_POINTING: Final = frozenset(tuple(p.split()) for p in ("it is", "that is", "they are"))
"""Half a sentence about anything, unless it ends there: "that is a bit much for me"."""
_OF_OURSELVES: Final = frozenset(tuple(p.split()) for p in ("i do", "i am", "i did", "i have", "i would", "i will"))
"""A yes as long as nothing behind it takes it back: "I have no idea", "I would prefer another"."""
_TAKES_BACK: Final = frozenset(
    """not no none never nothing nobody rather prefer else else's wrong incorrect another different other without but
    don't doesn't didn't isn't aren't wasn't can't cannot won't hardly barely""".split()  # noqa: SIM905
)
_SKIP: Final = FILLERS | (POLITE - {"ok", "okay"}) | {"oh", "i", "said", "but", "just", "that", "then"}


@dataclass(frozen=True, slots=True)
class Agreement:
    """`stop`: where the words of agreement end. `alone`: nothing else was said."""

    yes: bool
    stop: int
    alone: bool
    soft: bool
    """Only an opener such as "okay"."""


def read_agreement(tokens: tuple[Token, ...]) -> Agreement | None:
    """Yes or no at the beginning of the words; of several in a row the last ("yeah, no") counts."""
    at = 0
    verdict: bool | None = None
    soft = True
    stop = 0
    while at < len(tokens):
        phrase = _phrase_at(tokens, at)
        if phrase is None:
            if tokens[at].text not in _SKIP:
                break
            at += 1
            continue
        if _goes_on(phrase, tokens, at + len(phrase)):
            break
        said = _PHRASES[phrase]
        is_soft = len(phrase) == 1 and phrase[0] in _SOFT
        if verdict is None or not is_soft:
            verdict = said
            soft = soft and is_soft
        at += len(phrase)
        stop = at
    if verdict is None:
        return _by_sound(tokens)
    return Agreement(verdict, stop, alone=at >= len(tokens), soft=soft)


def _goes_on(phrase: tuple[str, ...], tokens: tuple[Token, ...], start: int) -> bool:
    """Whether these words are no yes, but the beginning of a sentence."""
    stop = next((at for at in range(start, len(tokens)) if tokens[at].pause), len(tokens))
    if phrase in _POINTING:
        return start < stop and tokens[start].text not in _SKIP and _phrase_at(tokens, start) is None
    return phrase in _OF_OURSELVES and any(token.text in _TAKES_BACK for token in tokens[start:stop])


def only_agrees(words: str) -> bool:
    """Whether a yes, in whatever words, is all that was said."""
    read = read_agreement(tokens_of(words)[0])
    return read is not None and read.yes and read.alone


def _phrase_at(tokens: tuple[Token, ...], at: int) -> tuple[str, ...] | None:
    for phrase in _BY_FIRST.get(tokens[at].text, ()):
        if tuple(t.text for t in tokens[at : at + len(phrase)]) == phrase:
            return phrase
    return None


def _by_sound(tokens: tuple[Token, ...]) -> Agreement | None:
    words = [t.text for t in tokens if t.text not in _SKIP]
    if not words or len(set(words)) != 1 or len(words) > 2:
        return None
    if words[0] in _ALIKE_YES:
        return Agreement(True, len(tokens), True, False)
    return Agreement(False, len(tokens), True, False) if words[0] in _ALIKE_NO else None
