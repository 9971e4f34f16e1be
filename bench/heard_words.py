"""python -m bench.heard_words: how far the account of heard words is from what was being said at that moment.

Each sentence is spoken by the embedded voice as for a call. Where its words end is found from its beginnings and ends
spoken alone; then, for every 20 ms at which it might be cut, what the account says was heard is laid beside that.
"""

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cache
from typing import Final

import numpy as np
import py_nanotts

from ivr.audio import mulaw
from ivr.audio.level import levelled
from ivr.audio.pcm import Pcm
from ivr.call.playback import Playback
from ivr.call.say_account import LEAD_MS, TAIL_MS
from ivr.live.mouth import line_sound
from ivr.models.offline.pico_text import prepared
from ivr.models.sentences import sentences
from ivr.units import BYTES_PER_MS, Millis

TEXTS: Final = (
    "Welcome to Harbour Broadband. This call is recorded.",
    "Is it about your bill, a fault, or something else?",
    "What's your eight digit account number? You can say it or type it.",
    "I have 1 2 3 4 5 6 7 8. Is that right?",
    "Your balance is forty two dollars and fifty cents, due on March the third.",
    "You have two open invoices, one of thirty dollars and one of eighteen dollars and twenty cents.",
    "There is a planned outage in your area until half past five this afternoon.",
    "I can see a fault in your area. An engineer is on the way, and it should be repaired by six o'clock.",
    "If you would like to speak to a person, press zero at any time.",
    "The next appointment is on Thursday, the fourteenth of May, at nine thirty in the morning.",
    "To change your address, press 1; to cancel an order, press 2; for anything else, press 3.",
    "When the railway came, the fish went inland by the evening train, and the town grew up the hill.",
    "The wall on the north side was laid in a single summer by men from four villages, who were paid in flour.",
    "I'm sorry, something went wrong on our side. Please call again later. Goodbye.",
)
STEP_MS: Final = 20
RATE_HZ: Final = 16_000


@dataclass(frozen=True, slots=True)
class Account:
    """Over all places: how far from the place the last word told, or the first one not told, ends."""

    places: int
    within_100_ms: float
    within_200_ms: float
    p95_ms: int
    furthest_ms: int
    same_words: float
    most_words_off: int


@cache
def _voice() -> py_nanotts.NanoTTS:
    return py_nanotts.NanoTTS()


@cache
def sound(text: str) -> bytes:
    """µ-law, as a sentence leaves for the line."""
    spoken = Pcm(_voice().speak(prepared(text), voice="en-US"), RATE_HZ)
    return mulaw.encode(line_sound(levelled(spoken)))


def word_ends_ms(sentence: str) -> list[float]:
    """When each of its words is over in its sound. A word before a pause ends as it does at the end of a text; any
    other one halfway between where it would end alone and where the next would begin."""
    words, whole_ms = sentence.split(), len(sound(sentence)) / BYTES_PER_MS
    ends = []
    for count in range(1, len(words)):
        over_ms = len(sound(" ".join(words[:count]))) / BYTES_PER_MS - TAIL_MS
        next_ms = whole_ms - len(sound(" ".join(words[count:]))) / BYTES_PER_MS + LEAD_MS
        ends.append(over_ms if words[count - 1][-1] in ",;:" else (over_ms + next_ms) / 2)
    return [float(end) for end in np.maximum.accumulate([*ends, whole_ms - TAIL_MS])]


def text_ends_ms(text: str) -> list[float]:
    """The same for a whole prompt, whose sentences follow each other."""
    ends: list[float] = []
    at_ms = 0.0
    for sentence in sentences(text):
        ends += [at_ms + end for end in word_ends_ms(sentence)]
        at_ms += len(sound(sentence)) / BYTES_PER_MS
    return ends


def off(ends_ms: Sequence[float], told: int, played_ms: float) -> tuple[float, int]:
    """By how many ms, and by how many words, an account that tells of `told` words is off; too many is more than 0."""
    truly = sum(end <= played_ms for end in ends_ms)
    if told and played_ms < ends_ms[told - 1]:
        return ends_ms[told - 1] - played_ms, told - truly
    if told < len(ends_ms) and played_ms >= ends_ms[told]:
        return ends_ms[told] - played_ms, told - truly
    return 0.0, told - truly


def account(texts: Sequence[str] = TEXTS) -> Account:
    found = [off(ends, told, at) for text in texts for ends, told, at in _places(text)]
    ms, words = np.abs([one for one, _ in found]), np.abs([one for _, one in found])
    return Account(
        places=len(found),
        within_100_ms=round(float(np.mean(ms <= 100)), 3),
        within_200_ms=round(float(np.mean(ms <= 200)), 3),
        p95_ms=round(float(np.percentile(ms, 95))),
        furthest_ms=round(float(ms.max())),
        same_words=round(float(np.mean(words == 0)), 3),
        most_words_off=int(words.max()),
    )


def _places(text: str) -> list[tuple[list[float], int, float]]:
    """Every place at which a prompt may be cut, with the number of words the account tells of."""
    places = []
    for sentence in sentences(text):
        ends, made = word_ends_ms(sentence), sound(sentence)
        for at_ms in range(0, len(made) // BYTES_PER_MS, STEP_MS):
            playback = Playback()
            playback.begin("say")
            playback.sentence("say", sentence, len(made))
            playback.sent("say", made, Millis(0))
            playback.sentence_whole("say")
            (ended,) = playback.clear(Millis(at_ms))
            places.append((ends, len(ended.heard.split()), float(at_ms)))
    return places


if __name__ == "__main__":
    print(json.dumps(asdict(account()), indent=1))
    sys.exit(0)
