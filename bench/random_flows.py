"""python -m bench.random_flows: made-up flows, made-up callers, and what must hold whatever happens.

Each round writes a project of its own (every verb, type and setting that is built, thrown together), loads it as an
operator's, and lets anything happen to its calls in any order. Never an exception; never a call that waits for nothing;
the same events make the same effects and the same state, to the byte, also through a snapshot; no id twice; nothing
said to a caller who has left; nothing of a card number in what people may read. What breaks is printed with its seed:
`--seed N --count 1` makes it again.
"""

import argparse
import pickle
import random
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from bench import machine
from bench.made_flows import FURTHER, Maker, translated
from ivr.call.made import written
from ivr.flow import engine
from ivr.flow import state as st
from ivr.flow.flow import Bundle
from ivr.flow.loader import load_project
from ivr.flow.messages import Message
from ivr.flow.types import Privacy, Type
from ivr.flow.understand import interpret
from ivr.units import CallId, Millis

NOON: Final = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
CALL: Final = CallId("01JRANDOMCALL0000000000000")
CARD: Final = "4111111111111111"
"""What a caller types as a card; passes mod10."""
EVENTS: Final = 40
_ENDED_BY: Final = ("single", "length", "end", "pause")

WORDS: Final = (
    *("yes", "no", "red", "the blue one", "one two three four", "4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1", "tomorrow"),
    *("five", "Ana Lopez", "nothing", "operator", "help", "repeat that", "go back", "cancel", "no, I meant green"),
    *("elephants", "", "yes please", "again", "call me back", "that's all", "forty two fifty", "hold on"),
    *("the second one", "cocoa", "later", "no, the first one", "change it"),
    *(
        "half past five",
        "A N A",
        "ana at example dot com",
        "five five five oh one two three four five six",
        "two weeks",
    ),
    *("one moment", "fees", "no, five o'clock", "palabra 1", "español", "it's more than that", "sorry, the other one"),
    *("no, it ends in nine", "12345678", "two thousand and one", "red and green", "no, that is wrong"),
)
KEYS: Final = ("1", "2", "3", "7", "8", "0", "*", "#", "1234", "12345678", "03052026", "9", CARD, "5#", "")
RESULTS: Final = ("answered", "no_answer", "busy", "failed", "caller_left")


class Broken(AssertionError):
    """Something that must hold does not."""


@dataclass(slots=True)
class Wanderer:
    """One call to which anything happens."""

    bundle: Bundle
    chance: random.Random
    state: st.CallState = field(init=False)
    first: st.CallState = field(init=False)
    events: list[st.Event] = field(default_factory=list)
    made: list[tuple[st.Effect, ...]] = field(default_factory=list)
    now: int = 0
    wakes: dict[str, int] = field(default_factory=dict)
    ids: set[str] = field(default_factory=set)
    left: bool = False

    def __post_init__(self) -> None:
        name = self.bundle.entry_default
        self.first = self.state = engine.start(self.bundle, CALL, name, NOON, "+15550199", "+15550100", seed=3)

    def wander(self, most: int) -> None:
        self.feed(st.CallStarted(Millis(0)))
        for _ in range(most):
            self.now += self.chance.choice((1, 200, 4000))
            self._anything()
        self._replay()

    def feed(self, event: st.Event) -> None:
        over = self.state.doing is st.Doing.ENDED
        self.events.append(event)
        self.state, effects = engine.step(self.bundle, self.state, event)
        self.made.append(effects)
        again = isinstance(event, st.Resumed)  # what was under way is asked for again, under its own id
        for effect in effects:
            self._look_at(effect, over and not again, again=again)
        self._is_alive()

    # ---- what happens

    def _anything(self) -> None:
        moves: list[Callable[[], None]] = [self._stale, self._lost, self._played]
        if self.state.listening is not None:
            moves += [self._say, self._say, self._say, self._press, self._press, self._silence]
        if self.wakes:
            moves.append(self._wake)
        for key, waited in self.state.awaiting.items():
            moves += [lambda key=key, waited=waited: self._answer(key, waited.kind)] * 3  # type: ignore[misc]
        if self.chance.random() < 0.02:
            moves = [self._hang_up]
        self.chance.choice(moves)()

    def _say(self) -> None:
        listen = self.state.listening
        assert listen is not None
        reading = interpret(self.chance.choice(WORDS), listen, NOON)
        self.feed(st.Heard(Millis(self.now), listen.id, reading))

    def _press(self) -> None:
        assert self.state.listening is not None
        ended_by: Any = self.chance.choice(_ENDED_BY)
        self.feed(st.KeysEntered(Millis(self.now), self.state.listening.id, self.chance.choice(KEYS), ended_by))

    def _silence(self) -> None:
        assert self.state.listening is not None
        self.feed(st.NothingHeard(Millis(self.now), self.state.listening.id))

    def _wake(self) -> None:
        wake = self.chance.choice(sorted(self.wakes))
        self.now = max(self.now, self.wakes.pop(wake))
        self.feed(st.Woke(Millis(self.now), wake))

    def _answer(self, key: str, kind: str) -> None:
        now, event = Millis(self.now), None
        result: Any = self.chance.choice(RESULTS)
        match kind:
            case "tool":
                event = st.ToolAnswered(now, key, self._reply())
            case "attendant":
                event = self.chance.choice(
                    (
                        st.AttendantAnswered(now, key),
                        st.AttendantAccepted(now, key),
                        st.PlaceMoved(now, key, self.chance.randint(1, 5)),
                        st.TransferEnded(now, key, result),
                    )
                )
            case "transfer" | "joined":
                event = st.TransferEnded(now, key, result)
            case "message":
                ended: Any = self.chance.choice(("silence", "key", "full", "empty", "failed"))
                event = st.MessageTaken(now, key, ended, 3000)
            case "model":
                event = self._model(now, key)
            case "callback":
                booked: Any = self.chance.choice(("booked", "failed"))
                event = st.CallbackBooked(now, key, booked)
            case _:
                return
        self.feed(event)

    def _model(self, now: Millis, key: str) -> st.Event:
        if self.chance.random() < 0.2:
            why: Any = self.chance.choice(("unavailable", "timeout", "blocked"))
            return st.ModelFailed(now, key, why)
        names = [name for name, slot in self.bundle.flows[self.bundle.entry_default].slots.items()]
        requests = self.chance.choice(
            (
                (),
                (),
                (st.ModelRequest("r1", "exit_done", {}),),
                (st.ModelRequest("r1", "exit_nowhere", {}),),
                (st.ModelRequest("r1", "fill", {self.chance.choice(names): self.chance.choice(WORDS)}),),
                (st.ModelRequest("r1", "fill", {"slot_0": "4"}), st.ModelRequest("r2", "exit_done", {})),
                (st.ModelRequest("r1", "look_up", {}), st.ModelRequest("r2", "exit_danger", {})),
                (st.ModelRequest("r1", "fits", {"word": "tea"}), st.ModelRequest("r2", "exit_done", {})),
                (st.ModelRequest("r1", "fits", {"word": "tea"}), st.ModelRequest("r2", "fits", {"cup": "tea"})),
            )
        )
        return st.ModelReplied(now, key, self.chance.choice(("", "I see. And then?", "A diagnosis.")), requests)

    def _reply(self) -> st.RawReply | st.NamedReply:
        rows = [{"label": label} for label in ("tea", "coffee", "milk", "cocoa", "water")[: self.chance.randrange(6)]]
        body: Mapping[str, object] = {"first": "Ana", "amount": 12, "rows": rows}
        return self.chance.choice(
            (
                st.NamedReply("ok", {"first": "Ana", "amount": "12"}),
                st.NamedReply("failed", {}),
                st.NamedReply("bad", {}),
                st.RawReply(status=200, body=body),
                st.RawReply(status=201, body=None),
                st.RawReply(status=404, body=None),
                st.RawReply(status=500, body=[1]),
                st.RawReply(error="timeout"),
                st.RawReply(error="refused", sent=False),
            )
        )

    def _played(self) -> None:
        for prompt in self.state.prompts:
            cut = self.chance.random() < 0.3
            self.feed(st.PromptDone(Millis(self.now), prompt.id, Millis(900), prompt.phrase.text[:20], cut))

    def _lost(self) -> None:
        if self.chance.random() < 0.3:
            self.feed(st.StreamLost(Millis(self.now)))
            self.now += 2000
            self.feed(st.Resumed(Millis(self.now)))

    def _stale(self) -> None:
        now = Millis(self.now)
        old = f"{CALL}:1:1"
        events: tuple[st.Event, ...] = (
            st.NothingHeard(now, old),
            st.ToolAnswered(now, f"{CALL}:0:9", st.NamedReply("ok", {})),
            st.Woke(now, f"{old}:deadline"),
            st.TransferEnded(now, f"{CALL}:0:8", "failed"),
        )
        self.feed(self.chance.choice(events))

    def _hang_up(self) -> None:
        self.left = self.left or self.state.doing is not st.Doing.ENDED
        self.feed(st.CallerLeft(Millis(self.now)))

    # ---- what must hold

    def _look_at(self, effect: st.Effect, over: bool, *, again: bool) -> None:
        match effect:
            case st.WakeAt(id=wake, at_ms=at_ms):
                self.wakes.pop(wake, None)
                if at_ms is not None:
                    self.wakes[wake] = at_ms
                return
            case st.SayEffect():
                self._hold(not self.left, "something is said to a caller who has left")
                self._hold(not over, "something is said after the end")
                self._hold(CARD not in effect.shown, "a card number may be read in a prompt")
            case st.Listen():
                self._hold(not self.left and not over, "somebody is listened to who is not there")
            case st.Note():
                self._hold(CARD not in effect.detail + effect.what, "a card number may be read in a note")
        made_id = getattr(effect, "id", None)
        if isinstance(made_id, str) and not isinstance(effect, st.JoinAttendant | st.DropAttendant | st.DropModel):
            self._hold(again or made_id not in self.ids, f"the id of a {type(effect).__name__} was given before")
            self.ids.add(made_id)

    def _is_alive(self) -> None:
        """Who is waited for will come: the floor answers a question, a tool's deadline is set, a carrier reports."""
        state = self.state
        if state.doing is st.Doing.ENDED:
            self._hold(state.outcome is not None, "it ended, and nobody knows how")
            return
        for key, waited in state.awaiting.items():
            if waited.kind in ("tool", "model") and key == state.calling:
                self._hold(
                    f"{key}:deadline" in self.wakes or not self._armed(key), f"a {waited.kind} without a deadline"
                )
        self._hold(state.listening is not None or bool(state.awaiting), f"it waits for nothing ({state.doing})")

    def _armed(self, key: str) -> bool:
        """A deadline that has come already makes its answer, and is not set again."""
        return not any(isinstance(event, st.Woke) and event.id == f"{key}:deadline" for event in self.events)

    def _replay(self) -> None:
        state = self.first
        for number, (event, before) in enumerate(zip(self.events, self.made, strict=True)):
            if number == len(self.events) // 2:
                state = pickle.loads(pickle.dumps(state))
            state, effects = engine.step(self.bundle, state, event)
            self._hold(written(effects) == written(before), f"event {number} makes other effects in replay")
        self._hold(written(state) == written(self.state), "replay ends elsewhere")
        if self._guarded():
            told = "".join(said.text for said in self.state.told)
            self._hold(CARD not in told, "a card number is in what was told")

    def _guarded(self) -> bool:
        """The flow asks for private digits somewhere; without any, long digits are nothing to hide."""
        slots = self.bundle.flows[self.bundle.entry_default].slots.values()
        return any(slot.privacy is not Privacy.OPEN and slot.type is Type.DIGITS for slot in slots)

    def _hold(self, holds: bool, what: str) -> None:
        if not holds:
            raise Broken(what)


def load(files: Mapping[str, str]) -> tuple[Bundle | None, list[Message]]:
    loaded = load_project(dict(files), "/made")
    if FURTHER in loaded.languages:
        files = {**files, f"prompts/{FURTHER}.yaml": translated(loaded.missing)}
        loaded = load_project(files, "/made")
    return loaded.bundle, [message for message in loaded.messages if message.severity == "error"]


def make(chance: random.Random) -> tuple[Mapping[str, str], Bundle | None, list[Message]]:
    files = Maker(chance).project()
    return files, *load(files)


@dataclass(slots=True)
class Found:
    """What became of one flow."""

    seed: int
    refused: Counter[str] = field(default_factory=Counter)
    broken: Counter[str] = field(default_factory=Counter)
    calls: int = 0
    events: int = 0


def try_one(asked: tuple[int, int, bool]) -> Found:
    """Seed, calls, and whether to print what broke."""
    seed, calls, show = asked
    found, chance = Found(seed), random.Random(seed)
    files, bundle, mistakes = make(chance)
    if bundle is None:
        found.refused[f"{mistakes[0].code} {mistakes[0].text[:60]}" if mistakes else "no bundle"] += 1
        return found
    for _ in range(calls):
        walk = Wanderer(bundle, chance)
        found.calls += 1
        try:
            walk.wander(EVENTS)
        except Exception as fault:
            where = traceback.extract_tb(fault.__traceback__)[-1]
            told = f"{type(fault).__name__} at {Path(where.filename).name}:{where.lineno} {str(fault)[:80]}"
            if show:
                print(files["made.flow.yaml"], *walk.events[-6:], sep="\n", file=sys.stderr)
                traceback.print_exception(fault)
            found.broken[str(fault) if isinstance(fault, Broken) else told] += 1
        found.events += len(walk.events)
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    """0; 1 if something broke."""
    parser = argparse.ArgumentParser(prog="python -m bench.random_flows", description=__doc__)
    parser.add_argument("--count", type=int, default=10_000, help="flows")
    parser.add_argument("--calls", type=int, default=3, help="calls of each flow")
    parser.add_argument("--seed", type=int, default=1, help="of the first")
    parser.add_argument("--show", action="store_true", help="print the flow, and what happened, where something broke")
    parser.add_argument("--jobs", type=int, default=1, help="processes")
    options = parser.parse_args(arguments)
    began = time.perf_counter()
    refused, broken, calls, events = Counter[str](), Counter[str](), 0, 0
    tries = [(seed, options.calls, options.show) for seed in range(options.seed, options.seed + options.count)]
    with ProcessPoolExecutor(options.jobs) as processes:
        for found in processes.map(try_one, tries, chunksize=20):
            refused += found.refused
            for told in found.broken:
                if not broken[told]:
                    print(f"seed {found.seed}: {told}", file=sys.stderr)
            broken += found.broken
            calls, events = calls + found.calls, events + found.events
    seconds = time.perf_counter() - began
    print(machine.Machine.this())
    whole = options.count - refused.total()
    print(f"{options.count} flows in {seconds:.0f} s: {whole} loaded, {calls} calls, {events} events")
    for what, often in refused.most_common(5):
        print(f"  refused {often}: {what}")
    for what, often in broken.most_common():
        print(f"  BROKE {often}: {what}")
    return 1 if broken else 0


if __name__ == "__main__":
    raise SystemExit(main())
