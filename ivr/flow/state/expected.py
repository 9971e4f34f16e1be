"""What is expected of the caller, and what the caller's words mean for it."""

from dataclasses import dataclass
from typing import Literal

from ivr.flow.flow import Option
from ivr.flow.types import Near, Privacy, Source, Type, Value


@dataclass(frozen=True, slots=True)
class Expected:
    """A slot (or a menu, as a choice named after its question) that the caller's words may fill."""

    slot: str
    type: Type
    options: tuple[Option, ...] = ()
    length: tuple[int, int] | None = None
    low: "Value | None" = None
    high: "Value | None" = None
    currency: str = "USD"
    near: Near = None
    key_order: Literal["mmddyyyy", "ddmmyyyy", "yyyymmdd"] = "mmddyyyy"
    current: Value | None = None
    """The value it has now, where a correction may change it."""
    lead: tuple[str, ...] = ()
    keys_yes: str = "1"
    keys_no: str = "2"
    keys_end: str = "#"
    skip_words: tuple[str, ...] = ()
    skip_key: str | None = None
    privacy: Privacy = Privacy.OPEN
    of: Type | None = None
    """list: the type of its items; everything else here is an item's."""
    up_to: int | None = None
    region: str = "US"
    """phone: the country of a number said without one."""
    spelling: bool = False
    """name: its letters are asked for; `current` is how it was understood."""
    nouns: tuple[str, ...] = ()
    """Words of its question that tell it from others, where a correction does not name it: people, table."""


@dataclass(frozen=True, slots=True)
class CommandWords:
    name: str
    hear: tuple[str, ...]
    key: str | None


@dataclass(frozen=True, slots=True)
class KeySpec:
    """Which keys the question takes. `single`: keys that answer at once (options, yes and no, awake one-key commands).
    `longest` 0: no digits are entered. A digit entry ends at `longest`, at `end`, or after `pause_ms`."""

    single: frozenset[str]
    shortest: int = 0
    longest: int = 0
    end: str = "#"
    pause_ms: int = 3000
    first_ms: int = 6000
    total_ms: int = 30_000
    ahead: bool = True
    decimal: bool = False
    """number and money: `*` is the decimal point."""
    most: int | None = None
    """A number that no further digit would keep within this is complete."""
    places: int | None = None
    """money: so many digits behind the point complete it."""
    full: str | None = None
    """A pattern (a regular expression, whole match) of keys that are a whole answer: time and phone."""


@dataclass(frozen=True, slots=True)
class Listen:
    """What the engine waits for. The floor answers with one Heard, KeysEntered or NothingHeard; a later Listen replaces
    it, and so does a StopListening."""

    id: str
    question: str
    """The slot's name, or the menu's."""
    expects: tuple[Expected, ...]
    """The one being asked first; then others the same words may fill."""
    corrects: tuple[Expected, ...]
    """Slots answered before that "no, I said four" may change, latest first, each with its `current`."""
    confirming: Expected | None
    """Set while a value is read back: yes, no, or a correction of it. `current` is the value read back."""
    commands: tuple[CommandWords, ...]
    keys: KeySpec
    answer_within_ms: int
    answer: Literal["short", "sentence", "story"] | None
    pause_ms: int | None
    """A fixed pause that ends the turn; None: by what was heard (satisfied, free, open ending)."""
    privacy: Privacy
    accept_speech: bool = True
    longest_ms: int | None = None
    """So long may the caller speak; None: as long as in any turn."""
    language: str = "en-US"
    summary: bool = False
    """Yes lets all of `corrects` stand; no, or another value for one of them, changes something."""
    waiting: bool = False
    """The caller asked for time: what is said counts only as a command, keys count as ever."""
    meanwhile: bool = False
    """Something else is waited for, and the caller may say something meanwhile: silence is no answer."""
    guarded: bool = False
    """The project asks for private digits somewhere: long digits that nobody understood are not shown."""
    binding: frozenset[str] = frozenset()
    """Slots by which something is changed: a yes to one of them that no word of the caller's bears out is none, and
    another value is read back first."""


@dataclass(frozen=True, slots=True)
class Fill:
    slot: str
    value: Value | None
    """None: the caller left it empty (skip words)."""
    source: Source
    sure: float = 1.0
    """0 to 1: how well the words fitted (fuzzy match), not how well they were heard."""
    corrects: bool = False
    closed: bool = False
    """list: the caller says that there are no more items."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What the caller's words mean for one Listen. Nothing set at all: they are of no use (no match)."""

    words: str
    fills: tuple[Fill, ...] = ()
    command: str | None = None
    yes: bool | None = None
    """While confirming: agreed or not."""
    satisfied: bool = False
    """The question has all it asked for: the turn can end at once."""
    open_ending: bool = False
    """The words sound unfinished: digits still short, a trailing filler or function word or comma."""
    score: float | None = None
    """The recogniser's mean log-probability, where it gives one."""
    pieces: bool = False
    """Digits of the asked slot still short of its length; a further utterance may complete them."""
    growing: bool = False
    """What was said will do, and more of it is likely: digits below their longest, a day without its year."""
    stalling: bool = False
    """The caller asks for time: "hold on", "let me see"."""
    change: str | None = None
    """An earlier answer is wrong, and not what it should be instead: the slot's name; empty when that was not said."""
    unheard: int = 0
    """The recogniser failed, and nobody knows what was said: so many turns in a row, with this one."""
    either: bool = False
    """The corrections among `fills` are one and the same words, which fit several slots: only one of them is meant."""
