"""Words said while listening: they tell that somebody is there, and ask for nothing."""

from typing import Final

from ivr.flow.numerals import Token, tokens_of
from ivr.flow.state import Listen, Reading
from ivr.flow.types import Type

_LISTENING: Final = """uh huh
a huh
aha
uhuh
huh
mm hmm
mm hm
mm mm
hm hm
hmm hmm
mhm
m hm
mmhmm
mm
hm
hmm
mmm
yeah
yea
yeah yeah
yep
yup
yes
okay
ok
k
right
all right
alright
sure
fine
good
great
cool
nice
perfect
i see
got it
oh
ah
wow
really
of course
exactly
i know
thanks
thank you
hello
hi
hey
you""".splitlines()
"""`you` and `thank you` are also what a recogniser makes of a breath or a cough."""

_SOUNDS: Final = frozenset(
    """ha hah haha hahaha he heh hehe ho hoho hee ahem cough coughs coughing sneeze sneezes laughs laughter laughing
    chuckles chuckle giggles sniff sniffs sigh sighs breathing gasp gasps achoo atchoo choo bless music noise silence
    applause blank audio inaudible clears throat ugh phew whew oops shh psst tsk""".split()  # noqa: SIM905
)
"""How a recogniser writes what is no word."""

_HESITATION: Final = frozenset({"um", "uh", "uhm", "umm", "er", "erm", "eh", "well", "so"})
"""Whoever begins with one of these may be about to say something."""

_INTERRUPTING: Final = frozenset(
    """stop wait hold no nope not what who why how where when help person agent operator human someone somebody sorry
    pardon excuse repeat again please hang listen wrong never quit enough question""".split()  # noqa: SIM905
)
SHORT_MS: Final = 650
FEW: Final = 3
LETTERS: Final = 2

_PHRASES: Final = sorted((tuple(p.split()) for p in _LISTENING), key=len, reverse=True)
_PLAIN: Final = frozenset({"yes", "yep", "yup", "sure", "of course", "exactly"})
"""An answer even to a question that was not heard to its end."""
_FREE: Final = frozenset({Type.TEXT, Type.NAME})
"""Types that any words fit."""


def only_hesitates(words: str) -> bool:
    """Such words with a hesitation among them: more may come."""
    said = _said(words)
    return said is not None and any(word in _HESITATION for word in said)


def means_nothing(reading: Reading, listen: Listen, *, asked: bool) -> bool:
    """Whether words over a prompt leave the question as it is. A yes counts where the question expects one, but of the
    words that may as well be said while listening only if the question had been begun (`asked`)."""
    said = _said(reading.words)
    if said is None or reading.command is not None:
        return False
    if not said:
        return True
    if listen.confirming is not None or (listen.expects and listen.expects[0].type is Type.YES_NO):
        answers = reading.yes is not None or bool(reading.fills)
        return not answers or not (asked or _PLAIN.intersection(said))
    kind = listen.expects[0].type if listen.expects else Type.TEXT
    return kind in _FREE or not reading.fills or not reading.satisfied


def says_little(words: str, speech_ms: int) -> bool:
    """Of words that no question has a use for: whether they are hardly any. Short sounds are heard as any words, but
    for those with which people interrupt."""
    texts = [token.text for token in tokens_of(words)[0]]
    if _INTERRUPTING.intersection(texts):
        return False
    return sum(map(len, texts)) <= LETTERS or (speech_ms <= SHORT_MS and len(texts) <= FEW)


def _said(words: str) -> tuple[str, ...] | None:
    """The phrases it is made of; None: there is something else in it. "Uh uh" is a no."""
    tokens = tokens_of(words)[0]
    texts = tuple(token.text for token in tokens)
    if texts == ("uh", "uh"):
        return None
    said: list[str] = []
    at = 0
    while at < len(texts):
        length = _length_at(tokens, at)
        if not length:
            return None
        said.append(" ".join(texts[at : at + length]))
        at += length
    return tuple(said)


def _length_at(tokens: tuple[Token, ...], at: int) -> int:
    for phrase in _PHRASES:
        if tuple(token.text for token in tokens[at : at + len(phrase)]) == phrase:
            return len(phrase)
    return int(tokens[at].text in _SOUNDS or tokens[at].text in _HESITATION)
