"""A conversation by text that can be written down: what the caller did, what followed, and the test it makes."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from ivr.call.textrun import happenings as seen
from ivr.call.textrun.line import TextCall
from ivr.call.textrun.written import as_written
from ivr.flow import state as flow
from ivr.flow.scenario import SCHEMA, Answer, Reply

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*|\d+|\d{4}-\d{2}-\d{2}( \d{2}:\d{2})?|\d+\.\d+|\d{2}:\d{2}")


@dataclass(slots=True)
class Conversation:
    """`turns`: what the caller did, as a scenario writes it, and the checks that held when the bot waited again."""

    call: TextCall
    turns: list[dict[str, object]] = field(default_factory=list)
    _since: int = 0
    _next: int = 0

    def begin(self) -> None:
        self.call.answer()
        self._follow({})

    def speak(self, words: str) -> None:
        self.call.speak(words)
        self._follow({"caller": words})

    def press(self, keys: str) -> None:
        self.call.press(keys)
        self._follow({"keys": keys})

    def stay_silent(self, ms: int | None) -> None:
        self.call.stay_silent(ms)
        self._follow({"silence": "yes" if ms is None else f"{ms}ms" if ms % 1000 else f"{ms // 1000}s"})

    def hang_up(self) -> None:
        self.call.hang_up()
        self._follow({"hangup": "yes"})

    def attendant_speaks(self, words: str) -> None:
        self.call.attendant_speaks(words)
        self._follow({"attendant": words})

    def attendant_presses(self, keys: str) -> None:
        self.call.attendant_presses(keys)
        self._follow({"attendant_keys": keys})

    def latest(self) -> list[seen.Happening]:
        """All since the caller last did something."""
        return self.call.happened[self._since :]

    def _follow(self, act: dict[str, object]) -> None:
        self._since = self._next
        self.call.until_waiting()
        self._next = len(self.call.happened)
        self.turns.append({**act, **_checks(self.call, self.latest())})


def _checks(call: TextCall, happened: Sequence[seen.Happening]) -> dict[str, object]:
    """What a test can hold on to: the question that waits, the tools that were called, the end."""
    found: dict[str, object] = {}
    listen = call.listening
    if listen is not None and listen.confirming is not None:
        found["reads_back"] = as_written(listen.confirming.current, call.bundle.zone)
    elif listen is not None:
        found["asks"] = listen.question
    tools = list(dict.fromkeys(h.tool for h in happened if isinstance(h, seen.ToolCalled)))
    if tools:
        found["tool"] = tools[0] if len(tools) == 1 else tools
    targets = list(dict.fromkeys(h.target for h in happened if isinstance(h, seen.Dialled)))
    if targets:
        found["transfer"] = targets[0]
    sent = [h for h in happened if isinstance(h, seen.Sent)]
    if sent:
        found["sends"] = {h.kind: [other.name for other in sent if other.kind == h.kind] for h in sent}
    if call.outcome is not None:
        found["end"] = call.outcome
    return found


def as_scenario(
    conversation: Conversation, flow_name: str, name: str, answers: Mapping[str, list[Answer | flow.RawReply]]
) -> str:
    """The text of a test file that passes when it is run. Values stand in it as they were said and typed."""
    call = conversation.call
    state = call.state
    local: datetime = state.started.astimezone(ZoneInfo(call.bundle.zone))
    given: dict[str, object] = {"time": f"{local:%Y-%m-%d %H:%M}", "from": state.caller, "to": state.dialled}
    given = {key: value for key, value in given.items() if value}
    if state.data:
        given["data"] = dict(state.data)
    if answers:
        given["answers"] = {key: _answers(several) for key, several in answers.items()}
    lines = [f"schema: {SCHEMA}", f"flow: {flow_name}", "tests:", f"  - name: {_written(name)}"]
    lines += [f"    given: {_written(given)}", "    talk:"]
    lines += [f"      - {_written(turn)}" for turn in conversation.turns if turn]
    return "\n".join(lines) + "\n"


def _answers(several: list[Answer | flow.RawReply]) -> object:
    written = [_answer(answer) for answer in several]
    return written[0] if len(written) == 1 else written


def _answer(answer: Answer | flow.RawReply) -> object:
    if isinstance(answer, flow.RawReply):
        if answer.error is not None:
            return {"pending": {}} if answer.error == "timeout" else {"failed": {}}
        if answer.result is not None:
            return {answer.result: _kept(answer.body)}
        return {"status": answer.status, **({} if answer.body is None else {"body": _Json(answer.body)})}
    after = {} if answer.after_ms is None else {"after": f"{answer.after_ms}ms"}
    if answer.pending:
        return {"pending": {}, **after}
    if answer.reply is not None and answer.result is None:
        return {**_reply(answer.reply), **after}
    if answer.result is not None:
        return {answer.result: dict(answer.kept), **after}
    body = {} if answer.body is None else {"body": _Json(answer.body)}
    return {"status": answer.status, **body, **after}


def _reply(reply: Reply) -> dict[str, object]:
    """A model's, as a scenario writes it."""
    if reply.fault is not None:
        return {reply.fault: {}}
    found: dict[str, object] = {"say": reply.say, "fill": dict(reply.fill), "exit": reply.exit}
    found["call"] = [{name: dict(arguments)} for name, arguments in reply.calls]
    return {key: value for key, value in found.items() if value}


def _kept(body: object) -> dict[str, object]:
    """Values of a Python tool's result as a scenario writes them."""
    if not isinstance(body, Mapping):
        return {}
    return {str(name): as_written(value, "UTC") for name, value in body.items() if value is not None}


@dataclass(frozen=True, slots=True)
class _Json:
    """A body: its numbers stay numbers and its texts stay texts."""

    value: object


def _written(value: object) -> str:
    match value:
        case _Json(value=body):
            return json.dumps(body, ensure_ascii=False, default=_number)
        case Mapping():
            return "{" + ", ".join(f"{_written(str(key))}: {_written(item)}" for key, item in value.items()) + "}"
        case list():
            return "[" + ", ".join(_written(item) for item in value) + "]"
        case str() if _PLAIN.fullmatch(value):
            return value
        case str():
            return json.dumps(value, ensure_ascii=False)
        case _:
            return str(value)


def _number(value: object) -> object:
    if isinstance(value, Decimal):
        return float(value)
    return str(value)
