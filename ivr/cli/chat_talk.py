"""The terminal's side of a conversation: lines in, what was said out."""

import os
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import typer

from ivr.cli.chat_operator import Operator

if TYPE_CHECKING:
    from ivr.call.textrun import Happening
    from ivr.flow.flow import Bundle
    from ivr.flow.scenario import Given
    from ivr.flow.state import CallState

WENT_ON, STUCK = 0, 1
KEYS: Final = frozenset("0123456789*#")
HELP: Final = """\
Type what the caller says. A line of nothing but 0-9, * and # is keys.
  /keys 123#        press keys                /silence [8s]   say nothing, until the question times out or that long
  /hangup           the caller hangs up       /why            why the bot said that: what the flow decided, and where
  /vars             what is known, masked     /time           what time it is in the call
  /answer NAME RESULT {kept: value}           what a tool, a target or a model will answer when it is asked
  /attendant WORDS, /attendant_keys 1         the person at the other end of a warm transfer
  /save NAME        write this conversation as tests/NAME.test.yaml
  /help, /quit"""
_ACTS: Final = ("/keys", "/silence", "/hangup", "/attendant", "/attendant_keys")


class Chat:
    """One conversation. `folder` is the project's."""

    def __init__(self, bundle: "Bundle", flow_name: str, given: "Given", live: Any, folder: Path) -> None:
        from ivr.call.textrun import Conversation, Scripted, TextCall, start_state

        self.bundle = bundle
        self.flow_name = flow_name
        self._folder = folder
        self._lines = _lines()
        self._shown = 0
        self._operator = Operator(bundle, Scripted(given), live, ask=self._read, show=self._show)
        call = TextCall(bundle, start_state(bundle, flow_name, given), self._operator)
        self._conversation: Conversation = Conversation(call)

    def run(self) -> int:
        typer.echo(f"You call {self.flow_name}. {self._time()} /help tells what can be typed.", err=True)
        self._conversation.begin()
        self._show()
        call = self._conversation.call
        while not call.stuck:
            line = self._read("you> ")
            if line is None or line == "/quit":
                break
            if line:
                self._take(line)
        if call.fault is not None:
            typer.echo(call.fault, err=True)
            return STUCK
        return WENT_ON

    # ---- lines in

    def _read(self, prompt: str) -> str | None:
        if sys.stdin.isatty():
            return _typed(prompt)
        line = next(self._lines, None)
        return None if line is None else line.strip()

    def _take(self, line: str) -> None:
        command, _, rest = line.partition(" ")
        rest = rest.strip()
        match command:
            case "/vars":
                typer.echo("\n".join(values(self._conversation.call.state, self.bundle)))
            case "/why":
                self._why()
            case "/save":
                self._save(rest)
            case "/time":
                typer.echo(self._time())
            case "/answer":
                typer.echo(self._operator.answer_ahead(rest), err=True)
            case "/help":
                typer.echo(HELP)
            case _ if command in _ACTS:
                self._act(command, rest)
            case _ if command.startswith("/"):
                typer.echo(f"There is no {command}. /help lists what there is.", err=True)
            case _ if not set(line) - KEYS:
                self._act("/keys", line)
            case _:
                self._act("/say", line)

    def _act(self, command: str, rest: str) -> None:
        call = self._conversation.call
        if call.over:
            typer.echo("The call is over. /save, /why and /vars still work.", err=True)
            return
        wrong = self._do(command, rest)
        if wrong is not None:
            typer.echo(wrong, err=True)
            return
        self._show()

    def _do(self, command: str, rest: str) -> str | None:
        """What the caller, or the attendant, does; or why it cannot be done."""
        from ivr.flow.scenario.reading import read_length_ms

        talk, call = self._conversation, self._conversation.call
        keys = rest.replace(" ", "")
        if command in ("/attendant", "/attendant_keys") and call.attendant is None:
            return "There is no attendant on the line."
        if command in ("/keys", "/attendant_keys") and (not keys or set(keys) - KEYS):
            return "Keys are 0 to 9, * and #."
        match command:
            case "/say":
                talk.speak(rest)
            case "/hangup":
                talk.hang_up()
            case "/attendant":
                talk.attendant_speaks(rest)
            case "/attendant_keys":
                talk.attendant_presses(keys)
            case "/keys":
                talk.press(keys)
            case _:
                length = read_length_ms(rest) if rest else None
                if rest and length is None:
                    return "Write a length of time like 8s."
                talk.stay_silent(length)
        return None

    # ---- what was said, out

    def _show(self) -> None:
        happened = self._conversation.call.happened
        for happening in happened[self._shown :]:
            line = shown_line(happening, self.bundle, self.flow_name)
            if line:
                typer.echo(line)
        self._shown = len(happened)

    def _why(self) -> None:
        from ivr.call.textrun import reasons

        told = reasons(self._conversation.latest())
        typer.echo("\n".join(told) if told else "Nothing was decided since then.")

    def _time(self) -> str:
        from datetime import timedelta
        from zoneinfo import ZoneInfo

        from ivr.call.textrun import clock

        call = self._conversation.call
        now = (call.state.started + timedelta(milliseconds=call.now)).astimezone(ZoneInfo(self.bundle.zone))
        since = f", {clock(call.now)} since the call began" if call.now else ""
        return f"It is {now:%A} {now.day} {now:%B %Y, %H:%M} there ({self.bundle.zone}){since}."

    def _save(self, name: str) -> None:
        from ivr.call.textrun import as_scenario

        if not name:
            typer.echo("Say under which name:  /save NAME", err=True)
            return
        path = Path(name)
        if path.name == name and not name.endswith(".yaml"):
            path = self._folder / "tests" / f"{name}.test.yaml"
        if path.exists():
            typer.echo(f"{path} is there already: save under another name.", err=True)
            return
        called = f"from a conversation: {path.name.split('.')[0]}"
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            text = as_scenario(self._conversation, self.flow_name, called, self._operator.used)
            path.write_text(text, encoding="utf-8")
        except OSError as error:
            typer.echo(f"It cannot be written: {error.strerror}.", err=True)
            return
        typer.echo(f"written to {path}", err=True)


def shown_line(happening: "Happening", bundle: "Bundle", flow_name: str) -> str:
    """As in a test's transcript, but the person at the terminal hears what is really spoken."""
    from ivr.call.textrun import BotSpoke, CallerPressed, CallerSpoke, line

    if isinstance(happening, BotSpoke):
        told = line(replace(happening, shown=happening.text), bundle, flow_name)
        return typer.style(told, bold=True) if _may_colour() else told
    if isinstance(happening, CallerSpoke | CallerPressed) and sys.stdin.isatty():
        return ""
    told = line(happening, bundle, flow_name)
    return typer.style(told, dim=True) if told and _may_colour() else told


def _may_colour() -> bool:
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR")


def values(state: "CallState", bundle: "Bundle") -> list[str]:
    """Where the call stands and what it knows, private values masked: the flow that runs first, then those that ran
    it."""
    lines = []
    if state.listening is not None:
        lines.append(f"question  {state.listening.question}")
    for standing in reversed(state.standings):
        lines += _standing_lines(standing, bundle)
    lines += [f"fact      {fact}" for fact in sorted(state.facts)]
    return lines


def _standing_lines(standing: Any, bundle: "Bundle") -> Iterator[str]:
    from ivr.call.textrun import shown

    flow = bundle.flows[standing.flow]
    yield f"node      {standing.node}  (of {standing.flow})"
    for name in flow.slots:
        slot = standing.slots.get(name)
        waiting = "" if slot is None or slot.settled else "  (waits for a yes)"
        value = None if slot is None else slot.value
        source = "" if slot is None else f"  by {slot.source}"
        yield f"slot      {name}: {shown(name, value, bundle, standing.flow)}{source}{waiting}"
    for kind, held in (("var", standing.vars), ("kept", standing.kept)):
        for name, value in held.items():
            yield f"{kind:<8}  {name}: {shown(name, value, bundle, standing.flow)}"


def _typed(prompt: str) -> str | None:
    """A line from the terminal, with editing and history; None at Ctrl-D."""
    with suppress(ImportError):
        import readline  # noqa: F401 (input() edits lines once this is there)

    try:
        return input(prompt).strip()
    except EOFError:
        typer.echo(err=True)
        return None


def _lines() -> Iterator[str]:
    while line := sys.stdin.readline():
        yield line
