"""Made-up projects: every verb, type and setting that is built, thrown together, as an operator's files."""

import json
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from ivr.flow.loader.translations import Missing

FURTHER: Final = "es-US"
"""The language that some projects speak beside English."""


@dataclass(slots=True)
class Maker:
    """Draws a project that should load. `names` of what was made so far can be used by what comes after."""

    chance: random.Random
    slots: dict[str, dict[str, Any]] = field(default_factory=dict)
    nodes: tuple[str, ...] = ()
    confirmed: bool = False
    """The changing tool asks before it is sent."""
    further: bool = False
    """It speaks another language too."""
    closes: bool = False
    """Nobody takes calls outside the hours."""

    def project(self) -> dict[str, str]:
        """Its files. JSON is YAML too."""
        for number in range(self.chance.randint(2, 6)):
            self.slots[f"slot_{number}"] = self._slot(f"slot_{number}")
        self.confirmed = self.chance.random() < 0.5
        self.further = self.chance.random() < 0.3
        self.closes = self.chance.random() < 0.3
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
            flow["limits"] |= self._pick({}, {"silence": "10s"}, {"call": "2m"})
        if self.chance.random() < 0.3:
            note = {"post": "back/notes", "body": {"told": "{told}", "how": "{call.outcome}", "text": "{call.summary}"}}
            flow["after_call"] = [note, {"if": "told", "then": {"text": "caller", "body": "We talked."}}]
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
        commands: dict[str, Any] = {
            "operator": {"hear": ["operator"], "key": "0", "goto": "over"},
            "cancel": {"hear": ["cancel"], "goto": "over"},
        }
        if self.chance.random() < 0.5:
            commands["wait"] = {"hear": ["one moment"], "for": "20s"}
            commands["fees"] = {
                "hear": ["fees"],
                **self._pick(
                    {"say": "It is free."}, {"do": [{"say": "It is free."}, {"text": "caller", "body": "Free."}]}
                ),
            }
        if self.further:
            commands["language"] = {"hear": ["English", "español"], "key": "8"}
        limited = {"on_limit": [{"say": "This takes long."}, {"goto": "over"}]}
        return {
            "schema": "callflow/1",
            "project": "made",
            "zone": "America/New_York",
            "languages": {"default": "en-US", **({"also": [FURTHER]} if self.further else {})},
            "hours": {"office": {"mon-fri": self._pick("09:00-17:00", "06:00-08:00")}},
            "entry": {"default": "made"},
            "apis": {"back": {"url": "https://back.example.com", "allow_private": "no"}},
            "targets": {
                "care": {"number": "+15550107788", "ring": "20s", **({"hours": "office"} if self.closes else {})},
                "desk": {"queue": "desk", "wait": "3m"},
            },
            "contacts": {"mail": {"post": "back/messages"}, "phone": {"sms": "+15550107799"}},
            "commands": commands,
            **self._pick({}, limited),
        }

    def _pick(self, *several: Any) -> Any:
        return self.chance.choice(several)

    def _some(self, names: Sequence[str], most: int) -> list[str]:
        return self.chance.sample(list(names), k=min(len(names), self.chance.randint(1, most)))

    def _slot(self, name: str) -> dict[str, Any]:
        kinds = ("digits", "number", "money", "date", "yes_no", "choice", "name", "text", "card", "list", "offered")
        kinds += ("time", "phone", "email", "duration", "spelled", "fitting")
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
            case "name":
                made |= {"type": "name"} | self._pick({}, {"spell": "always"}, {"spell": "if unsure"})
            case "time":
                made |= {"type": "time"} | self._pick({}, {"near": "evening"})
            case "fitting":
                made |= {"type": "text", "check": {"tool": "fits", "ok": "ok", "else": "That will not do."}}
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
        if self.chance.random() < 0.1:
            made["only_if"] = "not told"
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
                "filler": self._pick(
                    "Let me see.", {"after": "700ms", "say": ["Let me see.", "Still there."], "every": "6s"}
                ),
                "results": {"ok": {"status": "200", "keep": kept}, "none": {"status": "404"}},
            },
            "change": {
                "http": "POST back/a",
                "body": {"count": "{count}"},
                "changes_things": "yes",
                **({"confirm_with": "sure"} if self.confirmed else {"unconfirmed": "nobody minds"}),
                "results": {"ok": {"status": "201"}},
            },
            "fits": {"python": "made.fits", "takes": {"word": "text"}, "results": {"ok": {}, "bad": {}}},
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
        others = [name for name, slot in self.slots.items() if name not in names and "options_from" not in slot]
        if others and self.chance.random() < 0.2:
            made["may_fill"] = self._some(others, 2)
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
        if self.further:
            options["spanish"] = {
                "hear": ["in Spanish"],
                "key": "7",
                "language": FURTHER,
                "goto": self._pick(*self.nodes),
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
        ways = ("no_answer", "failed", *(("closed",) if self.closes else ()))
        routes = {way: self._steps(depth) for way in ways}
        if self.chance.random() < 0.5:
            routes["answered"] = self._steps(depth)
        if self.chance.random() < 0.5:
            return {"transfer": "care", "mode": "cold", "on": routes}
        made: dict[str, Any] = {
            "transfer": "care" if self.closes else self._pick("care", "desk"),
            "mode": "warm",
            "whisper": self._pick("A caller.", self._asked_of_attendant()),
            "on": routes,
        }
        if self.chance.random() < 0.5:
            made["while_waiting"] = {
                "every": {"time": "20s", "say": "Please wait."},
                "options": {"later": {"hear": ["call me back"], "key": "1", "goto": "over"}},
            }
        return made

    def _asked_of_attendant(self) -> dict[str, Any]:
        return {"say": "A caller.", "accept": {"hear": ["I take it"], "key": "1"}, "within": "20s"}

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
        made |= self._pick({}, {"tools": ["fits"]})
        return made | self._pick({}, {"limits": {"turns": "4"}}, {"never": [{"say": "a diagnosis"}]})

    def _aside(self, depth: int) -> dict[str, Any]:
        if self.further and self.chance.random() < 0.3:
            return {"language": self._pick(FURTHER, "en-US")}
        return self._pick(
            {"text": "caller", "body": "We talked."},
            {"page": "phone", "text": "A caller."},
            {"post": "back/x", "body": {"told": "{told}"}},
            {"callback": "care", "to": "caller", "within": "2h", "on": {"booked": self._leave()}},
        )


def translated(missing: Sequence[Missing]) -> str:
    """The file of a further language: what it lacks, said as it is but for a word."""
    pairs: dict[str, list[dict[str, Any]]] = {}
    for at, entry in enumerate(missing):
        is_words = {"hear": entry.text, "is": [f"palabra {at}"]}
        pairs.setdefault(entry.flow, []).append(
            is_words if entry.hear else {"text": entry.text, "is": f"Pues. {entry.text}"}
        )
    return json.dumps({"schema": "callprompts/1", "language": FURTHER, **pairs})
