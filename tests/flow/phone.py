"""A telephone for the engine: events in, effects out, no sound and no clock."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from ivr.flow import engine
from ivr.flow.flow import Bundle
from ivr.flow.loader import load_project
from ivr.flow.state import (
    CallerLeft,
    CallStarted,
    CallState,
    CallToolEffect,
    Dial,
    Effect,
    Event,
    Fill,
    HangUp,
    Heard,
    KeysEntered,
    Listen,
    NamedReply,
    Note,
    NothingHeard,
    PromptDone,
    RawReply,
    Reading,
    Resumed,
    SayEffect,
    StreamLost,
    ToolAnswered,
    TransferEnded,
    WakeAt,
    Woke,
)
from ivr.flow.types import Source, Value
from ivr.flow.understand import interpret
from ivr.units import CallId, Millis

NOON = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
"""Ten in the morning in New York."""


@dataclass
class Line:
    """One call. Each move answers with nothing; what it led to is read from the properties."""

    bundle: Bundle
    flow: str
    seed: int = 0
    caller: str = "+15550199"
    state: CallState = field(init=False)
    at: int = 0
    effects: list[Effect] = field(default_factory=list)
    everything: list[Effect] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)

    def __post_init__(self) -> None:
        call = CallId("01JTESTCALL000000000000000")
        self.state = engine.start(self.bundle, call, self.flow, NOON, self.caller, "+15550100", self.seed)

    # ---- what happens

    def feed(self, event: Event, *, new: bool = True) -> None:
        self.events.append(event)
        self.state, effects = engine.step(self.bundle, self.state, event)
        self.effects = list(effects) if new else [*self.effects, *effects]
        self.everything += effects

    def begins(self) -> "Line":
        self.feed(CallStarted(self.now))
        return self

    @property
    def now(self) -> Millis:
        self.at += 1000
        return Millis(self.at)

    def hears(self, words: str, score: float | None = None) -> None:
        listen = self.listening
        when = engine.Work(self.bundle, self.state, Millis(self.at)).now
        reading = interpret(words, listen, when)
        if score is not None:
            reading = Reading(reading.words, reading.fills, reading.command, reading.yes, score=score)
        self.feed(Heard(self.now, listen.id, reading))

    def is_unheard(self, times: int) -> None:
        """The caller spoke, and the recogniser failed: so many times in a row by now."""
        self.feed(Heard(self.now, self.listening.id, Reading("", unheard=times)))

    def corrects(self, slot: str, value: Value) -> None:
        """Another value for a slot answered before, whatever the words were."""
        fill = Fill(slot, value, Source.SPEECH, corrects=True)
        self.feed(Heard(self.now, self.listening.id, Reading("no, that", (fill,))))

    def keys(self, keys: str) -> None:
        self.feed(KeysEntered(self.now, self.listening.id, keys, "length"))

    def silence(self) -> None:
        self.feed(NothingHeard(self.now, self.listening.id))

    def tool(self, result: str, **kept: object) -> None:
        self.feed(ToolAnswered(self.now, self.sent.id, NamedReply(result, kept)))

    def tool_raw(self, reply: RawReply) -> None:
        self.feed(ToolAnswered(self.now, self.sent.id, reply))

    def wakes(self, why: str) -> None:
        wake = next(w for w in reversed(self.everything) if isinstance(w, WakeAt) and w.id.endswith(why))
        assert wake.at_ms is not None, f"{why} was taken back"
        self.at = max(self.at, wake.at_ms)
        self.feed(Woke(Millis(self.at), wake.id))

    def transfer(self, result: str) -> None:
        dialled = next(d for d in reversed(self.everything) if isinstance(d, Dial))
        self.feed(TransferEnded(self.now, dialled.id, result))  # type: ignore[arg-type]

    def hangs_up(self) -> None:
        self.feed(CallerLeft(self.now))

    def loses_stream(self) -> None:
        self.feed(StreamLost(self.now))

    def resumes(self) -> None:
        self.feed(Resumed(self.now))

    def plays_out(self) -> None:
        """All prompts are heard to their end."""
        for prompt in self.state.prompts:
            self.feed(PromptDone(self.now, prompt.id, Millis(1000), prompt.phrase.text, False), new=False)

    # ---- what it led to

    @property
    def says(self) -> str:
        return " ".join(e.text for e in self.effects if isinstance(e, SayEffect))

    @property
    def shows(self) -> str:
        return " ".join(e.shown for e in self.effects if isinstance(e, SayEffect))

    @property
    def listening(self) -> Listen:
        assert self.state.listening is not None, f"nobody listens: {self.state.doing}"
        return self.state.listening

    @property
    def asks(self) -> str | None:
        listen = self.state.listening
        return listen.question if listen is not None and listen.confirming is None else None

    @property
    def reads_back(self) -> object:
        confirming = self.listening.confirming
        return confirming.current if confirming is not None else None

    @property
    def calls(self) -> list[CallToolEffect]:
        return [e for e in self.effects if isinstance(e, CallToolEffect)]

    @property
    def sent(self) -> CallToolEffect:
        return next(e for e in reversed(self.everything) if isinstance(e, CallToolEffect))

    @property
    def dials(self) -> str | None:
        return next((e.target for e in self.effects if isinstance(e, Dial)), None)

    @property
    def ends(self) -> str | None:
        return next((e.outcome for e in self.effects if isinstance(e, HangUp)), None)

    @property
    def notes(self) -> list[tuple[str, str, str]]:
        return [(e.kind, e.what, e.detail) for e in self.effects if isinstance(e, Note)]

    @property
    def node(self) -> str:
        return self.state.standings[-1].node

    def slot(self, name: str) -> object:
        held = self.state.standings[-1].slots.get(name)
        return None if held is None or not held.settled else held.value

    def var(self, name: str) -> object:
        return self.state.standings[-1].vars[name]

    def kept(self, name: str) -> object:
        return self.state.standings[-1].kept.get(name)


def talk(line: Line, turns: Iterable[str]) -> None:
    """Turns in short: "#123" are keys, "." is silence, all else is said."""
    for turn in turns:
        if turn == ".":
            line.silence()
        elif turn.startswith("#"):
            line.keys(turn[1:])
        else:
            line.hears(turn)


PROJECT = """
schema: callflow/1
project: trial
zone: America/New_York
languages: {default: en-US}
entry: {default: trial}
secrets: [TOKEN]
apis: {back: {url: https://back.example.com, allow_private: no}}
targets: {care: {number: "+15550107788", ring: 25s}}
commands:
  operator: {hear: [a person, operator], key: "0", goto: person}
  cancel: {hear: [cancel], goto: bye}
  repeat: {hear: [repeat that], key: "*"}
nodes:
  person: [{transfer: care, mode: cold, on: {no_answer: {goto: bye}, failed: {goto: bye}}}]
  bye: [{end: Goodbye then.}]
"""


def loaded(files: Mapping[str, str]) -> Bundle:
    """A project that has no error in it."""
    found = load_project(files, "trial")
    assert found.bundle is not None, "\n".join(str(message) for message in found.messages)
    return found.bundle


def project_on_disk(folder: Path) -> Bundle:
    return loaded({file.name: file.read_text() for file in folder.glob("*.yaml")})


SUPPORT = Path(__file__).parents[2] / "flows" / "support"


def trial(flow: str, project: str = "", *, seed: int = 0, begun: bool = True) -> Line:
    """A call in a flow named trial. `project` is added to the project file."""
    files = {"project.yaml": PROJECT + project, "trial.flow.yaml": "schema: callflow/1\nflow: trial\n" + flow}
    line = Line(loaded(files), "trial", seed=seed)
    return line.begins() if begun else line
