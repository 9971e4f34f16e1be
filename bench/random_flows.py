"""python -m bench.random_flows: made-up flows, made-up callers, and what must hold whatever happens.

Each round writes a project of its own (every verb, type and setting that is built, thrown together), loads it as an
operator's, and lets anything happen to its calls in any order. Never an exception; never a call that waits for nothing;
the same events make the same effects and the same state, to the byte, also through a snapshot; no id twice; nothing
said to a caller who has left; nothing of a card number in what people may read. What breaks is printed with its seed:
`--seed N --count 1` makes it again.
"""

import argparse
import json
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

# ---- making a project


@dataclass(slots=True)
class Maker:
    """Draws a project that should load. `names` of what was made so far can be used by what comes after."""

    chance: random.Random
    slots: dict[str, dict[str, Any]] = field(default_factory=dict)
    nodes: tuple[str, ...] = ()
    confirmed: bool = False
    """The changing tool asks before it is sent."""

    def project(self) -> dict[str, str]:
        """Its files. JSON is YAML too."""
        for number in range(self.chance.randint(2, 6)):
            self.slots[f"slot_{number}"] = self._slot(f"slot_{number}")
        self.confirmed = self.chance.random() < 0.5
        self.slots["sure"] = {"type": "yes_no", "ask": "Are you sure?"}
        self.nodes = tuple(f"node_{number}" for number in range(self.chance.randint(2, 6)))
        flow: dict[str, Any] = {
            "schema": "callflow/1",
            "flow": "made",
            "about": "Made up.",
            "start": self.nodes[0],
            "slots": self.slots,
            "vars": {"told": {"type": "yes_no", "value": "no"}, "count": {"type": "number", "value": "0"}},
            "tools": self._tools(),
            "nodes": {**{name: self._node() for name in self.nodes}, "over": [{"end": "Goodbye."}]},
        }
        if self.chance.random() < 0.4:
            flow["on_hangup"] = [{"call": "note"}]
        if self.chance.random() < 0.3:
            flow["on_error"] = [{"say": "Something broke."}, {"goto": "over"}]
        if self.chance.random() < 0.3:
            flow["limits"] = {"turns": str(self.chance.randint(3, 20)), "tries_per_question": "4"}
        if self.chance.random() < 0.5:
            flow["trouble"] = {self._pick("no_input", "no_match", "invalid"): self._ladder()}
        files: dict[str, Any] = {"project.yaml": self._settings(), "made.flow.yaml": flow}
        written = json.dumps(flow)
        if '"run"' in written:
            files["part.flow.yaml"] = self._part()
        if '"handoff"' in written:
            files["other.flow.yaml"] = self._other()
        return {name: json.dumps(file) for name, file in files.items()}

    def _settings(self) -> dict[str, Any]:
        return {
            "schema": "callflow/1",
            "project": "made",
            "zone": "America/New_York",
            "languages": {"default": "en-US"},
            "entry": {"default": "made"},
            "apis": {"back": {"url": "https://back.example.com", "allow_private": "no"}},
            "targets": {
                "care": {"number": "+15550107788", "ring": "20s"},
                "desk": {"queue": "desk", "wait": "3m"},
            },
            "contacts": {"mail": {"post": "back/messages"}, "phone": {"sms": "+15550107799"}},
            "commands": {
                "operator": {"hear": ["operator"], "key": "0", "goto": "over"},
                "cancel": {"hear": ["cancel"], "goto": "over"},
            },
        }

    def _pick(self, *several: Any) -> Any:
        return self.chance.choice(several)

    def _some(self, names: Sequence[str], most: int) -> list[str]:
        return self.chance.sample(list(names), k=min(len(names), self.chance.randint(1, most)))

    def _slot(self, name: str) -> dict[str, Any]:
        kinds = ("digits", "number", "money", "date", "yes_no", "choice", "name", "text", "card", "list", "offered")
        kind = self._pick(*kinds)
        made: dict[str, Any] = {"ask": f"What about {name.replace('_', ' ')}?"}
        match kind:
            case "digits":
                made |= {"type": "digits", "length": self._pick("4", "8", "3-6")}
                made |= self._pick({}, {"private": "pii"}, {"confirm": "always"})
            case "card":
                return made | {"type": "digits", "length": "13-19", "private": "pci", "check": "mod10"}
            case "number" | "money":
                made |= {"type": kind, "from": "1", "to": self._pick("9", "120")}
            case "date":
                rule = {"be": f"{name} is on or after today", "else": "That is past."}
                made |= {"type": "date"} | self._pick({}, {"must": rule})
            case "choice":
                made |= {"type": "choice", "options": self._options()}
            case "offered":
                more = {"hear": ["later"], "key": "9"}
                listed = {"list": "rows", "say": "{item.label}", "keep": "item.label", "page": "3", "more": more}
                return made | {"type": "choice", "options_from": listed}
            case "list":
                made |= {"type": "list of choice", "up_to": "2", "options": self._options()}
            case _:
                made |= {"type": kind}
        if self.chance.random() < 0.3:
            made["confirm"] = self._pick("always", "if spoken", "if unsure", "never")
        if self.chance.random() < 0.2:
            made |= {"optional": "yes", "skip": {"hear": ["nothing"]}}
        if self.chance.random() < 0.2:
            made["trouble"] = {self._pick("no_input", "no_match", "invalid"): self._ladder()}
        if self.chance.random() < 0.2:
            made["confirm_change"] = self._pick("always", "if spoken")
        return made

    def _options(self) -> dict[str, Any]:
        return {
            "red": {"hear": ["red", "the red one"], "key": "1"},
            "blue": {"hear": ["blue"], "key": "2"},
            "green": {"hear": ["green"], "key": "3"},
        }

    def _ladder(self) -> list[Any]:
        rungs: list[Any] = [{"say": "Sorry. {question}"}] * self.chance.randint(0, 2)
        return [*rungs, {"goto": "over"}] if self.chance.random() < 0.6 or not rungs else rungs

    def _tools(self) -> dict[str, Any]:
        rows = {"from": "$.rows", "list_of": {"label": "text"}, "optional": "yes"}
        kept = {"first": "$.first as text", "amount": "$.amount as money", "rows": rows}
        return {
            "look_up": {
                "http": "GET back/a",
                "query": {"told": "{told}"},
                "filler": "Let me see.",
                "results": {"ok": {"status": "200", "keep": kept}, "none": {"status": "404"}},
            },
            "change": {
                "http": "POST back/a",
                "body": {"count": "{count}"},
                "changes_things": "yes",
                **({"confirm_with": "sure"} if self.confirmed else {"unconfirmed": "nobody minds"}),
                "results": {"ok": {"status": "201"}},
            },
            "guarded": {"http": "GET back/g", "needs": "known", "results": {"ok": {"status": "200"}}},
            "note": {
                "http": "POST back/n",
                "body": {"told": "{told}"},
                "changes_things": "yes",
                "unconfirmed": "a note",
                "results": {"ok": {"status": "201"}},
            },
        }

    # ---- steps

    def _node(self) -> Any:
        steps = [self._step(depth=0) for _ in range(self.chance.randint(1, 4))]
        steps.insert(0, {"if": "told", "then": [self._grant(0)]})
        steps.append(self._leave())
        if self.chance.random() < 0.2:
            return {"do": steps, "trouble": {"no_match": self._ladder()}, "interrupt": self._pick("any", "keys", "no")}
        return steps

    def _leave(self) -> dict[str, Any]:
        return self._pick(
            {"goto": self._pick(*self.nodes)},
            {"goto": self._pick(*self.nodes)},
            {"goto": "over"},
            {"end": {"say": "That was it.", "outcome": "done"}},
        )

    def _steps(self, depth: int) -> list[dict[str, Any]]:
        steps = [self._step(depth + 1) for _ in range(self.chance.randint(0, 2))]
        return [*steps, self._leave()] if self.chance.random() < 0.6 or not steps else steps

    def _step(self, depth: int) -> dict[str, Any]:
        verbs: list[Callable[[int], dict[str, Any]]] = [self._say, self._ask, self._ask, self._set, self._forget]
        if depth < 2:
            verbs += [self._menu, self._if, self._call, self._call, self._transfer, self._record, self._aside]
            verbs += [self._split, self._agent, self._run, self._run, self._guarded, self._each, self._handoff]
        verbs.append(self._grant)
        return self.chance.choice(verbs)(depth)

    def _say(self, depth: int) -> dict[str, Any]:
        texts = ("Hello there.", {"one_of": ["One.", "Another."]}, "It is {first or 'nobody'}, {amount or 'nothing'}.")
        return {"say": self._pick(*texts), **self._pick({}, {"interrupt": self._pick("no", "keys", "speech")})}

    def _ask(self, depth: int) -> dict[str, Any]:
        names = self._some(list(self.slots), 3)
        told = ", ".join(f"{name.replace('_', ' ')} {{{name} or 'none'}}" for name in names if not self._hidden(name))
        made: dict[str, Any] = {"ask": names} | self._pick({}, {"open": "A few questions."})
        made |= self._pick({}, {}, {"summary": f"So it is {told}. Is that right?"} if told else {})
        if any("options_from" in self.slots[name] for name in names):
            return {"if": "rows is not empty", "then": [made], "else": [{"say": "There is nothing to choose from."}]}
        return made

    def _hidden(self, name: str) -> bool:
        return self.slots[name].get("private") is not None

    def _grant(self, depth: int) -> dict[str, Any]:
        return {"grant": f"known for {self._pick(*self.slots)}"}

    def _guarded(self, depth: int) -> dict[str, Any]:
        call = {"call": "guarded", "on": {way: self._steps(depth + 1) for way in ("ok", "failed")}}
        return {"if": "known", "then": [call], "else": self._steps(depth)}

    def _each(self, depth: int) -> dict[str, Any]:
        said = {"each": "rows", "say": "{item.label}", "up_to": "2", "empty": "There is nothing."}
        return {"if": "rows is not empty", "then": [{"say": said}]}

    def _handoff(self, depth: int) -> dict[str, Any]:
        return {"if": "visits > 2", "then": [{"handoff": "other"}]}

    def _other(self) -> dict[str, Any]:
        """A flow that takes over for good."""
        steps = [{"ask": "mood"}, {"end": "So long."}]
        slots = {"mood": {"type": "choice", "ask": "Red or blue?", "options": self._options()}}
        nodes = {"first": steps, "over": [{"end": "Goodbye."}]}
        return {"schema": "callflow/1", "flow": "other", "about": "x", "start": "first", "slots": slots, "nodes": nodes}

    def _set(self, depth: int) -> dict[str, Any]:
        return {"set": self._pick({"told": "yes"}, {"count": {"be": "count + 1"}})}

    def _forget(self, depth: int) -> dict[str, Any]:
        return {"forget": self._some(list(self.slots), 2)}

    def _if(self, depth: int) -> dict[str, Any]:
        name = self._pick(*self.slots)
        condition = self._pick(
            f"{name} is empty", "told", "count > 2", f"not told and {name} is not empty", "visits > 1"
        )
        return {"if": condition, "then": self._steps(depth)} | self._pick({}, {"else": self._steps(depth)})

    def _menu(self, depth: int) -> dict[str, Any]:
        options = {
            "yes": {"hear": ["yes please"], "key": "1", "do": [*self._steps(depth), {"goto": "over"}][:3]},
            "again": {"hear": ["again"], "key": "2", "goto": self._pick(*self.nodes)},
        }
        return {"menu": "Yes please, or again?", "name": f"menu_{self.chance.randrange(10**6)}", "options": options}

    def _call(self, depth: int) -> dict[str, Any]:
        tool = self._pick("look_up", "change")
        own = ["none"] if tool == "look_up" else ["unknown", *(["declined"] if self.confirmed else [])]
        ways = ["ok", "failed", *own]
        routes: dict[str, Any] = {way: self._steps(depth) for way in ways}
        plain = [name for name, slot in self.slots.items() if name != "sure" and "options_from" not in slot]
        if tool == "look_up" and plain and self.chance.random() < 0.4:
            routes["none"] = {"say": "Again, please.", "retry": self._pick(*plain), "times": "2", "leave": "over"}
        return {"call": tool, "on": routes}

    def _transfer(self, depth: int) -> dict[str, Any]:
        routes = {way: self._steps(depth) for way in ("no_answer", "failed")}
        if self.chance.random() < 0.5:
            routes["answered"] = self._steps(depth)
        if self.chance.random() < 0.5:
            return {"transfer": "care", "mode": "cold", "on": routes}
        made: dict[str, Any] = {
            "transfer": self._pick("care", "desk"),
            "mode": "warm",
            "whisper": "A caller.",
            "on": routes,
        }
        if self.chance.random() < 0.5:
            made["while_waiting"] = {
                "every": {"time": "20s", "say": "Please wait."},
                "options": {"later": {"hear": ["call me back"], "key": "1", "goto": "over"}},
            }
        return made

    def _record(self, depth: int) -> dict[str, Any]:
        routes = {way: self._steps(depth) for way in ("done", "failed")}
        return {"record": "mail_box", "say": "After the tone.", "max": "1m", "send_to": "mail", "on": routes}

    def _split(self, depth: int) -> dict[str, Any]:
        arms = {"short": "50", "long": "50"}
        on = {"short": self._steps(depth), "long": self._steps(depth)}
        return {"split": f"greeting_{self.chance.randrange(10**6)}", "arms": arms, "by": "call.from", "on": on}

    def _run(self, depth: int) -> dict[str, Any]:
        on = {outcome: self._steps(depth) for outcome in ("found", "lost")}
        return {"run": "part", "on": on} | self._pick({}, {"keep": ["code"]})

    def _part(self) -> dict[str, Any]:
        """A flow that another runs; it goes home by its outcomes, or by a node of who ran it."""
        code: dict[str, Any] = {"type": "digits", "length": "4", "ask": "Which code?"}
        code |= self._pick({}, {"confirm": "always"}, {"private": "pii"})
        ask: dict[str, Any] = {"ask": "code"} | self._pick({}, {"open": "One more thing."})
        leave = self._pick({"return": "lost"}, {"goto": "over"})
        steps = [ask, {"if": 'code is "1234"', "then": {"return": "found"}, "else": leave}]
        return {
            "schema": "callflow/1",
            "flow": "part",
            "about": "Asks for a code.",
            "outputs": ["code"],
            "outcomes": {"found": ["code"], "lost": []},
            "start": "first",
            "slots": {"code": code},
            "nodes": {"first": steps},
        }

    def _agent(self, depth: int) -> dict[str, Any]:
        apart = ("private", "options_from")
        plain = [
            name for name, slot in self.slots.items() if not any(slot.get(key) for key in apart) and name != "sure"
        ]
        exits: dict[str, Any] = {
            "done": {"about": "all is said", **self._leave()},
            "danger": {"watch": ["elephants"], "goto": "over"},
        }
        if "end" in exits["done"]:
            exits["done"] = {"about": "all is said", "goto": "over"}
        made: dict[str, Any] = {
            "agent": f"intake_{self.chance.randrange(10**6)}",
            "open": "How can I help?",
            "goal": "Learn what it is about.",
            "exits": exits,
            "on": {way: self._steps(depth) for way in ("limit", "model_down", "blocked")},
        }
        if plain and self.chance.random() < 0.7:
            made["collect"] = self._some(plain, 2)
        return made | self._pick({}, {"limits": {"turns": "4"}}, {"never": [{"say": "a diagnosis"}]})

    def _aside(self, depth: int) -> dict[str, Any]:
        return self._pick(
            {"text": "caller", "body": "We talked."},
            {"page": "phone", "text": "A caller."},
            {"post": "back/x", "body": {"told": "{told}"}},
            {"callback": "care", "to": "caller", "within": "2h", "on": {"booked": self._leave()}},
        )


# ---- letting things happen

WORDS: Final = (
    *("yes", "no", "red", "the blue one", "one two three four", "4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1", "tomorrow"),
    *("five", "Ana Lopez", "nothing", "operator", "help", "repeat that", "go back", "cancel", "no, I meant green"),
    *("elephants", "", "yes please", "again", "call me back", "that's all", "forty two fifty", "hold on"),
    *("the second one", "cocoa", "later", "no, the first one", "change it"),
    *("no, it ends in nine", "12345678", "two thousand and one", "red and green", "no, that is wrong"),
)
KEYS: Final = ("1", "2", "3", "0", "*", "#", "1234", "12345678", "03052026", "9", CARD, "5#", "")
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
