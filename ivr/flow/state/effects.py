"""What the engine asks for."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from ivr.flow.flow import Never, Style
from ivr.flow.flow.tools import Auth, Retry
from ivr.flow.state.agency import News
from ivr.flow.state.expected import Listen
from ivr.flow.state.standing import Said
from ivr.flow.types import Interrupt, Value
from ivr.units import Millis


@dataclass(frozen=True, slots=True)
class SayEffect:
    """Speak `text` after what is being said already. `shown` is the same with private values masked, for every view.
    `fixed`: no field was in it, so its sound may be kept for all calls."""

    id: str
    text: str
    shown: str
    interrupt: Interrupt
    fixed: bool
    filler: bool = False
    """Spoken only to bridge a wait; no answer to it is expected and it is not repeated."""
    after_tone: bool = False
    """A machine has answered a call of ours: its tone comes first."""
    language: str = "en-US"
    sound: str | None = None
    """A recorded prompt of this name is played; `text` is what is said in it."""
    from_ms: int = 0
    """Where in the recording, or in the sound of a model, it begins: it goes on after it was stopped."""
    voiced: str | None = None
    """Sound that came with a model's words is played, by its name (see voiced_name); `text` is what is said in it."""


@dataclass(frozen=True, slots=True)
class StopSaying:
    """The engine's own state changed: what is being said is stale. With `spares` nothing is cut while a sentence that
    must not be interrupted is among it: all of it is heard first."""

    spares: bool = False


@dataclass(frozen=True, slots=True)
class StopListening:
    pass


@dataclass(frozen=True, slots=True)
class WakeAt:
    """Wake the engine with Woke(id) at `at_ms`; a later WakeAt of the same id replaces the earlier one; at_ms None
    takes it back."""

    id: str
    at_ms: Millis | None


@dataclass(frozen=True, slots=True)
class CallToolEffect:
    id: str
    tool: str
    flow: str
    arguments: Mapping[str, Value | None]
    changes_world: bool


@dataclass(frozen=True, slots=True)
class ModelTool:
    """One thing a model may ask for. `parameters` is a JSON Schema of its arguments."""

    name: str
    about: str
    parameters: Mapping[str, object]


Leaves = Literal["as_it_comes", "by_sentence", "whole"]


def voiced_name(asked: str, piece: int) -> str:
    """What the sound of a piece of a model's reply is called."""
    return f"{asked}/{piece}"


def asked_of(voiced: str) -> str:
    """Id of the AskModel whose reply it is a piece of."""
    return voiced.rpartition("/")[0]


@dataclass(frozen=True, slots=True)
class AskModel:
    """Ask the model of an agent for its next reply. Nothing in here is secret or pci; pii is masked, but for what the
    caller has just said (`heard`), in which numbers as long as a card's are masked.

    Answered by any number of ModelSaid, and ModelReplied or ModelFailed. Sentences that `never` forbids and the engine
    cannot know by their words are for a judge beside the model: what it finds is ModelFailed(why="blocked")."""

    id: str
    agent: str
    language: str
    goal: str
    known: Mapping[str, str]
    """Slots and kept values, as they are said."""
    told: tuple[Said, ...]
    """What was really said and heard, up to now."""
    heard: str
    """The caller's last words, if they are not answered yet; empty: it is asked because of `news`, or to begin."""
    news: tuple[News, ...]
    """What became of its last requests."""
    tools: tuple[ModelTool, ...]
    style: Style
    never: Never
    exact: tuple[str, ...]
    """Sentences that the engine says itself; the model need not."""
    deadline_ms: Millis
    leaves: Leaves = "whole"
    """When its words may be said: a piece as soon as there is sound, a sentence once all of it is known, or only with
    the requests that come beside them, since words beside a change could promise what does not come true."""
    may_hear: bool = True
    """The sound of what the caller said may go to the model too: nothing had to be masked in the words."""


@dataclass(frozen=True, slots=True)
class DropModel:
    """The reply to an AskModel is not wanted any more."""

    id: str


@dataclass(frozen=True, slots=True)
class Dial:
    """Hand the caller over to a target of the project. Changes the world. `to`: the number or SIP address; empty: the
    target's own."""

    id: str
    target: str
    data: Mapping[str, Value | None] = field(default_factory=dict)
    to: str = ""


@dataclass(frozen=True, slots=True)
class BringAttendant:
    """Get somebody of the target on the line while the caller holds: ring, or wait in its queue. AttendantAnswered,
    AttendantAccepted or TransferEnded come of it. Changes the world.

    `whisper`: what the attendant hears first, `shown` the same masked. With `accept_words` or `accept_key` the
    attendant must take the call; without, who has heard the whisper has taken it. `details`: what the attendant may ask
    for, by name. `priority`: 1 is served last, 10 first."""

    id: str
    target: str
    to: str
    whisper: str
    shown: str
    accept_words: tuple[str, ...] = ()
    accept_key: str | None = None
    details: tuple[tuple[str, str], ...] = ()
    how: str = ""
    """How the call is taken, as a sentence; empty: nothing has to be done for it."""
    again: str = ""
    """Said before that where nobody understood the attendant."""
    within_ms: int = 60_000
    caller_left_say: str = ""
    priority: int = 5
    data: Mapping[str, Value | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class JoinAttendant:
    """The attendant has taken the call: both are joined once what is being said was heard. TransferEnded comes when
    they are apart again. Changes the world."""

    id: str
    target: str


@dataclass(frozen=True, slots=True)
class DropAttendant:
    """Nobody waits for the attendant any more: the ringing ends, the place in the queue is given up, and who is on the
    line already is told that the caller has left. Changes the world."""

    id: str


@dataclass(frozen=True, slots=True)
class PlayMusic:
    """What the caller hears whenever nothing is being said; `sound` None: nothing more."""

    sound: str | None


@dataclass(frozen=True, slots=True)
class TakeMessage:
    """Once what is being said was heard, a tone, and then the caller's words are kept as a message, until a silence of
    `silence_ms`, the key, or `most_ms`. MessageTaken comes of it."""

    id: str
    name: str
    most_ms: int
    silence_ms: int
    key: str | None
    trim: bool = False
    transcript: bool = False


SendKind = Literal["text", "post", "page"]


@dataclass(frozen=True, slots=True)
class Send:
    """A message leaves in the background; nobody waits for it. Changes the world.

    `name`: the receiver, for people. With `number` it is the text message `text`; else `body` goes to `segments` of
    `api`. `shown`: the words with private values masked.
    """

    id: str
    kind: SendKind
    name: str
    number: str = ""
    text: str = ""
    shown: str = ""
    api: str = ""
    segments: tuple[str, ...] = ()
    body: Mapping[str, object] = field(default_factory=dict)
    auth: Auth | None = None
    retry: Retry = field(default_factory=Retry)
    words_of: str = ""
    """The caller's message whose words belong into it (`words` of the body, or behind the text) once they are known."""


@dataclass(frozen=True, slots=True)
class BookCallback:
    """Write down that the target is to call `number` back. CallbackBooked comes of it. Changes the world."""

    id: str
    target: str
    number: str
    within_ms: int


@dataclass(frozen=True, slots=True)
class HangUp:
    """End the call once what was said is heard. Changes the world."""

    outcome: str


NoteKind = Literal[
    "split", "node", "decided", "filled", "trouble", "command", "tool", "outcome", "error", "correction", "model"
]


@dataclass(frozen=True, slots=True)
class Note:
    """For the record: a node was entered, a condition decided, a slot filled, a ladder climbed. No values of slots.
    `place` is file:line."""

    kind: NoteKind
    what: str
    detail: str = ""
    place: str = ""
    flow: str = field(default="", compare=False)
    """The flow that ran."""


Effect = (
    SayEffect
    | StopSaying
    | Listen
    | StopListening
    | WakeAt
    | CallToolEffect
    | AskModel
    | DropModel
    | Dial
    | BringAttendant
    | JoinAttendant
    | DropAttendant
    | PlayMusic
    | TakeMessage
    | Send
    | BookCallback
    | HangUp
    | Note
)
