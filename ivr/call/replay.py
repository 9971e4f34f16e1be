"""A call that is over, fed again from its journal: to the same version of its flow, whose effects must be the same to
the byte, or to another one, to tell what it would have done differently."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from ivr.call import codec
from ivr.call.flow_side import FAULTED
from ivr.call.made import KEY, made, stands
from ivr.flow import engine
from ivr.flow import state as flow
from ivr.flow.flow import Bundle
from ivr.flow.privacy import mask_numbers
from ivr.flow.understand import interpret
from ivr.units import Millis

CALLER_TURNS: Final = (flow.Heard, flow.KeysEntered, flow.NothingHeard)


@dataclass(frozen=True, slots=True)
class Kept:
    """A journal entry. `body` None: it cannot be read any more."""

    at_ms: Millis
    kind: str
    body: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class Difference:
    """`turn`: the caller's how manyth it is, or follows. `then` and `now` are told in words."""

    turn: int
    at_ms: Millis
    then: str
    now: str


@dataclass(frozen=True, slots=True)
class Repeated:
    """What became of feeding a journal to the version it was made with."""

    events: int
    same: int
    """Events whose effects are known to be the same to the byte."""
    unknown: int
    """Events nothing is kept of: the last of a stream, or of a call kept by an older server."""
    differs: Difference | None
    unwritten: Millis | None
    """When the caller gave a value that is never written down; effects after it are not compared."""
    outcome: str | None


@dataclass(frozen=True, slots=True)
class Compared:
    """What another version would have done. `parted`: where the talk became another one, and comparing ended."""

    events: int
    differences: tuple[Difference, ...]
    parted: Difference | None


def event_of(entry: Kept) -> flow.Event | None:
    """None: not the engine's, or its value was never written down, or cannot be read."""
    if not entry.kind.startswith("flow.") or entry.body is None:
        return None
    try:
        return codec.decode_event(entry.kind.removeprefix("flow."), entry.body)
    except (KeyError, TypeError):
        return None


def repeat(bundle: Bundle, fresh: flow.CallState, entries: Sequence[Kept], salt: bytes) -> Repeated:
    """Ends at the first difference, and where a value was never written down."""
    state, turn, events, same = fresh, 0, 0, 0
    waiting: dict[str, str] | None = None
    unwritten: Millis | None = None
    for entry in entries:
        kept = (entry.body or {}).get(KEY)
        if waiting is not None and kept is not None:
            if kept != waiting:
                return Repeated(events, same, events - same, _differs(turn, entry.at_ms, kept, waiting), None, None)
            same, waiting = same + 1, None
        event = event_of(entry)
        if event is None and entry.kind != FAULTED:
            if entry.kind.startswith("flow."):
                unwritten = entry.at_ms
                break
            continue
        turn += isinstance(event, CALLER_TURNS)
        events += 1
        moved = _moved(bundle, state, event, entry.at_ms)
        if moved is None:
            events -= 1  # it failed then too, and what follows is the apology
            continue
        state, effects = moved
        waiting = made(state, effects, salt)
    return Repeated(events, same, events - same, None, unwritten, state.outcome)


def _moved(
    bundle: Bundle, state: flow.CallState, event: flow.Event | None, at_ms: Millis
) -> tuple[flow.CallState, tuple[flow.Effect, ...]] | None:
    if event is None:
        return engine.apologise(bundle, state, at_ms)
    try:
        return engine.step(bundle, state, event)
    except Exception:
        return None


def _differs(turn: int, at_ms: Millis, kept: Mapping[str, str], now: Mapping[str, str]) -> Difference:
    if kept["stands"] == now["stands"]:
        return Difference(turn, at_ms, in_words(kept["stands"]), "the same, but not to the byte")
    return Difference(turn, at_ms, in_words(kept["stands"]), in_words(now["stands"]))


# ---- another version


def compare(bundle: Bundle, fresh: flow.CallState, entries: Sequence[Kept], shown: Sequence[str] = ()) -> Compared:
    """What the version `bundle` would have done at the same events, up to where the talk parts. `shown`: what was said
    then, prompt by prompt, as views show it."""
    walk = _Walk(bundle, fresh, shown)
    for entry in entries:
        kept = (entry.body or {}).get(KEY)
        if kept is not None:
            walk.stood(kept["stands"])
        event = event_of(entry)
        if event is not None and walk.parted is None:
            walk.take(event)
        elif event is None and entry.kind.startswith("flow."):
            walk.part(entry.at_ms, "gave a value that is never written down", "it cannot be given again")
        if walk.parted is not None:
            break
    walk.tell_said()
    return Compared(walk.events, tuple(walk.differences), walk.parted)


class _Walk:
    """One journal through another version."""

    def __init__(self, bundle: Bundle, state: flow.CallState, shown: Sequence[str]) -> None:
        self.differences: list[Difference] = []
        self.parted: Difference | None = None
        self.events = 0
        self._bundle = bundle
        self._state = state
        self._turn = 0
        self._at_ms = Millis(0)
        self._stood: str | None = None
        self._said: list[flow.SayEffect] = []
        """What the other version said since the caller's last turn."""
        self._heard: list[tuple[str, str]] = []
        """What was said then: as spoken, and as views show it."""
        self._shown = iter(shown)
        self._cut = False

    def stood(self, then: str) -> None:
        """Where the call stood after the last event, by the journal."""
        self._stood = then
        now = stands(self._state)
        if self.events and then != now:
            self.part(self._at_ms, in_words(then), in_words(now))

    def part(self, at_ms: Millis, then: str, now: str) -> None:
        if self.parted is None:
            self.parted = Difference(self._turn, at_ms, then, now)

    def take(self, event: flow.Event) -> None:
        self._at_ms = event.at_ms
        match event:
            case flow.PromptDone():
                self._prompt_done(event)
            case flow.Heard() | flow.KeysEntered() | flow.NothingHeard():
                self._caller_turn(event)
            case flow.Woke():
                self._woke(event)
            case _:
                self._answered(event)

    def _feed(self, event: flow.Event) -> None:
        self.events += 1
        self._state, effects = engine.step(self._bundle, self._state, event)
        self._said += [effect for effect in effects if isinstance(effect, flow.SayEffect)]

    def _prompt_done(self, event: flow.PromptDone) -> None:
        self._heard.append((event.heard, next(self._shown, "") or mask_numbers(event.heard)))
        self._cut = self._cut or event.cut
        if self._state.prompts:
            prompt = self._state.prompts[0]
            heard = event.heard if event.cut else prompt.phrase.text
            self._feed(replace(event, id=prompt.id, heard=heard))

    def _caller_turn(self, event: flow.Heard | flow.KeysEntered | flow.NothingHeard) -> None:
        self.tell_said()
        self._turn += 1
        listen = self._state.listening
        if listen is None:
            self.part(event.at_ms, "was listened to", f"would not be: {in_words(stands(self._state))}")
        elif isinstance(event, flow.Heard):
            reading = interpret(event.reading.words, listen, self._clock(event.at_ms))
            self._feed(flow.Heard(event.at_ms, listen.id, replace(reading, score=event.reading.score)))
        else:
            self._feed(replace(event, listen=listen.id))

    def _woke(self, event: flow.Woke) -> None:
        """A timer of an answer that is waited for, or of the call; one the other version has not set is left out."""
        _, _, why = event.id.rpartition(":")
        ids = [f"{waited}:{why}" for waited in self._state.awaiting]
        self._feed(replace(event, id=ids[-1]) if ids and why in ("filler", "deadline") else event)

    def _answered(self, event: flow.Event) -> None:
        """An answer goes to who waits for it: by what was waited for then, where the journal tells."""
        if not hasattr(event, "id"):
            self._feed(event)
            return
        kind = {flow.ToolAnswered: "tool", flow.TransferEnded: "transfer"}.get(type(event))
        waiting = [key for key, waited in self._state.awaiting.items() if kind is None or waited.kind == kind]
        if not waiting:
            then = in_words(self._stood) if self._stood else f"waited for the answer of a {kind or 'model'}"
            self.part(event.at_ms, then, in_words(stands(self._state)))
            return
        answered: Any = event
        self._feed(replace(answered, id=waiting[-1]))

    def tell_said(self) -> None:
        """Other words in the same place are a difference, and the talk goes on."""
        heard = " ".join(text for text, _ in self._heard)
        if not self._cut and heard and " ".join(say.text for say in self._said) != heard:
            then = f"heard: {' '.join(shown for _, shown in self._heard)}"
            now = " ".join(say.shown for say in self._said)
            self.differences.append(Difference(self._turn, self._at_ms, then, now or "nothing is said"))
        self._said, self._heard, self._cut = [], [], False

    def _clock(self, at_ms: Millis) -> datetime:
        return (self._state.started + timedelta(milliseconds=at_ms)).astimezone(ZoneInfo(self._bundle.zone))


_WORDS: Final = {
    "asks": "was asked for {}",
    "reads back": "had {} read back",
    "calling": "waited for {}",
    "transferring": "was handed to {}",
    "ended": "had the call end as {}",
    "telling": "was spoken to",
}


def in_words(stood: str) -> str:
    """`asks account`: "was asked for account"."""
    for words, told in _WORDS.items():
        if stood == words or stood.startswith(f"{words} "):
            return told.format(stood[len(words) + 1 :])
    return f"was at: {stood}"


def sentence(difference: Difference, edited: str = "the edited flow") -> str:
    """`At turn 4 the caller was asked for account; with the edited flow: was handed to care.`"""
    begin = f"At turn {difference.turn}" if difference.turn else "At the beginning"
    return f"{begin} the caller {difference.then}; with {edited}: {difference.now}"
