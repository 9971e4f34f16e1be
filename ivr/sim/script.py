"""A scripted call: what the caller does, turn by turn, and what must be heard of the bot."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

KEYS: Final = frozenset("0123456789*#ABCD")


@dataclass(frozen=True, slots=True)
class Say:
    """Spoken when the bot has finished."""

    text: str


@dataclass(frozen=True, slots=True)
class PlayWav:
    """A recording in the caller's place; `path` of a 16-bit WAV."""

    path: str


@dataclass(frozen=True, slots=True)
class Press:
    keys: str


@dataclass(frozen=True, slots=True)
class Silence:
    """Says nothing, at most until the bot has spoken once more; None: until it does."""

    ms: int | None


@dataclass(frozen=True, slots=True)
class CutIn:
    """Begins `after_ms` after the first sound that follows the turn before, whether or not the bot still speaks."""

    after_ms: int
    what: Say | Press | PlayWav


@dataclass(frozen=True, slots=True)
class HangUp:
    pass


Act = Say | PlayWav | Press | Silence | CutIn | HangUp


@dataclass(frozen=True, slots=True)
class Checks:
    """What must hold of all that is heard from the act until the bot waits again. `within_ms`: end of the caller's
    turn to first sound. `unseen` names checks that a telephone cannot make (slots, nodes, tools)."""

    says: tuple[str, ...] = ()
    never_says: tuple[str, ...] = ()
    within_ms: int | None = None
    end: str | None = None
    transfer: bool | None = None
    """True: the server must dial somebody by the end of the turn; False: it must not."""
    unseen: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Turn:
    """`act` is None where the caller only listens."""

    act: Act | None
    checks: Checks = Checks()
    unanswered: bool = False
    """Nothing need be heard after it: the question may not be open to speech."""
    asked_again: tuple[str, ...] = ()
    """Sentences by which the caller knows that the words were not understood, and says them once more."""


@dataclass(frozen=True, slots=True)
class Script:
    """`dial_answers` as in `Dialling`. `never_says` holds for the whole call."""

    turns: tuple[Turn, ...]
    name: str = "call"
    from_number: str | None = None
    to_number: str | None = None
    dial_answers: tuple[str, ...] = ("answered",)
    attendant: tuple[str, ...] = ("takes",)
    """What an attendant says or presses, in turn (see sim.attendant)."""
    never_says: tuple[str, ...] = ()


LISTEN_ONLY: Final = Script(turns=(Turn(None),))


def from_acts(acts: Sequence[Act]) -> Script:
    """A script without checks: hear the greeting, then do these in order."""
    if not acts:
        return LISTEN_ONLY
    first = () if isinstance(acts[0], CutIn) else (Turn(None),)
    return Script(turns=first + tuple(Turn(act) for act in acts))


def read_option(name: str, value: str) -> Act | None:
    """One of the command's acting options; None if `name` is not one. Raises ValueError naming the right form."""
    match name:
        case "--say":
            return Say(value)
        case "--press":
            return Press(read_keys(value))
        case "--wav":
            return PlayWav(value)
        case "--silence":
            return Silence(read_duration_ms(value))
        case "--interrupt":
            after, colon, text = value.partition(":")
            if not colon or not text or not after.strip().isdigit():
                raise ValueError(f"--interrupt {value}: write AFTER_MS:TEXT, as in --interrupt '1500:stop'")
            return CutIn(int(after), Say(text))
    return None


def read_keys(text: str) -> str:
    """Raises ValueError if something in it is not a key."""
    keys = text.replace(" ", "").upper()
    if not keys or set(keys) - KEYS:
        raise ValueError("keys are 0 to 9, *, # and A to D, as in --press 1234#")
    return keys


def read_duration_ms(text: str) -> int:
    """300ms, 8s, 1.5s, 2m or a bare number of seconds. Raises ValueError."""
    number, unit = text.strip(), 1000.0
    for ending, factor in (("ms", 1.0), ("s", 1000.0), ("m", 60_000.0)):
        if number.endswith(ending):
            number, unit = number.removesuffix(ending), factor
            break
    try:
        return round(float(number) * unit)
    except ValueError:
        raise ValueError(f"{text!r} is not a length of time: write 300ms, 8s or 2m") from None
