"""`ivr chat`: a flow by text. You are the caller; prompts are heard in full, and the clock is not a real one."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

if TYPE_CHECKING:
    from ivr.call.textrun import Happening
    from ivr.flow.flow import Bundle
    from ivr.flow.scenario import Answer, Given
    from ivr.flow.state import CallState, CallToolEffect, RawReply

WENT_ON, STUCK, WRONG_USAGE, NO_ENVIRONMENT, INTERRUPTED = 0, 1, 2, 3, 130
KEYS: Final = frozenset("0123456789*#")
HELP: Final = """\
Type what the caller says. A line of nothing but 0-9, * and # is keys.
  /keys 123#      press keys                 /silence [8s]   say nothing, until the question times out or that long
  /hangup         the caller hangs up        /why            what the flow decided since you last did something
  /vars           slots and values, masked   /save FILE      write this conversation as a test
  /help, /quit"""


def chat(
    flow: Annotated[str | None, typer.Argument(help="A project, or project/flow.")] = None,
    answers: Annotated[
        Path | None, typer.Option(metavar="FILE", help="A test file: tools answer as in its first test.")
    ] = None,
    live: Annotated[bool, typer.Option("--live", help="Really call the back end.")] = False,
    from_number: Annotated[str | None, typer.Option("--from", help="The caller's number.")] = None,
    to_number: Annotated[str | None, typer.Option("--to", help="The number that is called.")] = None,
    at: Annotated[
        str | None, typer.Option("--time", metavar="TIME", help="When the call is, as in '2026-03-02 10:00'.")
    ] = None,
) -> None:
    """Talks to a flow by text. Lines may also be piped in.

    When the flow calls a tool that nobody answers for, you pick its result. Exit codes: 0 the conversation went as far
    as you took it, 1 it could not go on or the flow has mistakes, 2 wrong usage, 3 the environment lacks something.
    """
    from ivr.cli.projects import NoProject
    from ivr.errors import IvrError

    try:
        code = _chat(flow, answers, live, from_number, to_number, at)
    except NoProject as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(WRONG_USAGE) from error
    except (IvrError, OSError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(NO_ENVIRONMENT) from error
    except KeyboardInterrupt as error:
        typer.echo(err=True)
        raise typer.Exit(INTERRUPTED) from error
    raise typer.Exit(code)


def _chat(
    name: str | None, answers: Path | None, live: bool, from_number: str | None, to_number: str | None, at: str | None
) -> int:
    from ivr.catalog import check_folder
    from ivr.cli.projects import find_flow
    from ivr.flow.blocks import blocks

    folder, flow_name = find_flow(name)
    checked = check_folder(folder)
    bundle = checked.bundle
    if bundle is None:
        errors = [message for message in checked.messages if message.severity == "error"]
        typer.echo(blocks(errors, checked.files, folder=str(folder)), err=True)
        return STUCK
    flow_name = flow_name or bundle.entry_default
    if flow_name not in bundle.flows:
        raise typer.BadParameter(f"no flow {flow_name}; there are: {', '.join(sorted(bundle.flows))}")
    given = _given(answers, from_number, to_number, at, bundle)
    with _live_tools(bundle, folder, live) as tools:
        return Chat(bundle, flow_name, given, tools).run()


def _given(file: Path | None, caller: str | None, dialled: str | None, at: str | None, bundle: "Bundle") -> "Given":
    from ivr.flow.scenario import Given, load_scenarios

    given = Given()
    if file is not None:
        scenarios, mistakes = load_scenarios(file.read_text(encoding="utf-8"), str(file))
        if mistakes or not scenarios:
            raise typer.BadParameter("\n".join(str(mistake) for mistake in mistakes) or f"there is no test in {file}")
        given = scenarios[0].given
    if at is not None:
        try:
            given = replace(given, time=datetime.fromisoformat(at).replace(tzinfo=None))
        except ValueError as error:
            raise typer.BadParameter("--time is a date and a time, as in '2026-03-02 10:00'") from error
    if given.time is None:
        given = replace(given, time=_this_minute(bundle.zone))
    return replace(given, caller=caller or given.caller, dialled=dialled or given.dialled)


def _this_minute(zone: str) -> datetime:
    from zoneinfo import ZoneInfo

    from ivr.live.clock import SystemClock

    return SystemClock().wall().astimezone(ZoneInfo(zone)).replace(second=0, microsecond=0, tzinfo=None)


def _live_tools(bundle: "Bundle", folder: Path, live: bool) -> Any:
    from contextlib import nullcontext

    from ivr.cli.test import LiveTools

    return LiveTools(bundle, folder) if live else nullcontext()


@dataclass(slots=True)
class Operator:
    """Answers for the back end: from the answers given, really (`--live`), or as the person at the terminal picks."""

    chat: "Chat"
    scripted: Any
    live: Any
    used: "dict[str, list[Answer | RawReply]]" = field(default_factory=dict)

    def tool(self, effect: "CallToolEffect") -> "Answer | RawReply | None":
        answer = self.scripted.tool(effect)
        if answer is None and self.live is not None:
            answer = self.live.call(effect)
        if answer is None:
            spec = self.chat.bundle.flows[effect.flow].tools[effect.tool]
            keeps = {result.name: tuple(keep.name for keep in result.keep) for result in spec.results}
            answer = self.chat.pick(effect.tool, {**keeps, "failed": ()})
        return self._note(effect.tool, answer)

    def of(self, name: str, results: "Sequence[str]") -> "Answer | None":
        answer = self.scripted.of(name)
        if answer is None:
            answer = self.chat.pick(name, dict.fromkeys(results, ()))
        self._note(name, answer)
        return answer  # type: ignore[no-any-return]

    def reply(self, agent: str) -> "Answer | None":
        answer = self.scripted.reply(agent)
        self._note(agent, answer)
        return answer  # type: ignore[no-any-return]

    def _note(self, name: str, answer: "Answer | RawReply | None") -> "Answer | RawReply | None":
        if answer is not None:
            self.used.setdefault(name, []).append(answer)
        return answer


class Chat:
    """The terminal's side of a conversation: lines in, what was said out."""

    def __init__(self, bundle: "Bundle", flow_name: str, given: "Given", live: Any) -> None:
        from ivr.call.textrun import Conversation, Scripted, TextCall, start_state

        self.bundle = bundle
        self.flow_name = flow_name
        self._lines = _lines()
        self._shown = 0
        self._operator = Operator(self, Scripted(given), live)
        call = TextCall(bundle, start_state(bundle, flow_name, given), self._operator)
        self._conversation: Conversation = Conversation(call)

    def run(self) -> int:
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
            case "/help":
                typer.echo(HELP)
            case "/keys" | "/silence" | "/hangup":
                self._act(command, rest)
            case _ if command.startswith("/"):
                typer.echo(f"There is no {command}. /help lists what there is.", err=True)
            case _ if not set(line) - KEYS:
                self._act("/keys", line)
            case _:
                self._act("/say", line)

    def _act(self, command: str, rest: str) -> None:
        from ivr.flow.scenario.reading import read_length_ms

        talk, call = self._conversation, self._conversation.call
        if call.over:
            typer.echo("The call is over. /save, /why and /vars still work.", err=True)
            return
        if command == "/say":
            talk.speak(rest)
        elif command == "/hangup":
            talk.hang_up()
        elif command == "/silence":
            length = read_length_ms(rest) if rest else None
            if rest and length is None:
                typer.echo("Write a length of time like 8s.", err=True)
                return
            talk.stay_silent(length)
        elif rest and not set(rest.replace(" ", "")) - KEYS:
            talk.press(rest.replace(" ", ""))
        else:
            typer.echo("Keys are 0 to 9, * and #.", err=True)
            return
        self._show()

    def pick(self, name: str, results: "dict[str, tuple[str, ...]]") -> "Answer | None":
        """Asks the person which result it is, and the values that are kept of it."""
        from ivr.flow.scenario import Answer
        from ivr.flow.text import Place

        self._show()
        typer.echo(f"The flow calls {name}. What is the answer?", err=True)
        names = list(results)
        for number, result in enumerate(names, start=1):
            keeps = f" ({', '.join(results[result])})" if results[result] else ""
            typer.echo(f"  {number}  {result}{keeps}", err=True)
        while (line := self._read("answer> ")) is not None:
            chosen = line.split()[0] if line else ""
            result = names[int(chosen) - 1] if chosen.isdigit() and 0 < int(chosen) <= len(names) else chosen
            if result in results:
                kept = self._kept(results[result], _pairs(line))
                return None if kept is None else Answer(Place("chat", 1, 1), result=result, kept=kept)
            typer.echo(f"Type a number from 1 to {len(names)}, or a name.", err=True)
        return None

    def _kept(self, names: tuple[str, ...], written: dict[str, str]) -> dict[str, object] | None:
        kept: dict[str, object] = {}
        for name in names:
            value = written[name] if name in written else self._read(f"  {name}> ")
            if value is None:
                return None
            if value:
                kept[name] = value
        return kept

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

    def _save(self, file: str) -> None:
        from ivr.call.textrun import as_scenario

        if not file:
            typer.echo("Say where to:  /save tests/NAME.test.yaml", err=True)
            return
        path = Path(file)
        name = f"from a conversation: {path.name.split('.')[0]}"
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            text = as_scenario(self._conversation, self.flow_name, name, self._operator.used)
            path.write_text(text, encoding="utf-8")
        except OSError as error:
            typer.echo(f"It cannot be written: {error.strerror}.", err=True)
            return
        typer.echo(f"written to {path}", err=True)


def shown_line(happening: "Happening", bundle: "Bundle", flow_name: str) -> str:
    """As in a test's transcript, but the person at the terminal hears what is really spoken."""
    from ivr.call.textrun import BotSpoke, CallerPressed, CallerSpoke, line

    if isinstance(happening, BotSpoke):
        return line(replace(happening, shown=happening.text), bundle, flow_name)
    if isinstance(happening, CallerSpoke | CallerPressed) and sys.stdin.isatty():
        return ""
    return line(happening, bundle, flow_name)


def values(state: "CallState", bundle: "Bundle") -> list[str]:
    """Where the call stands and what it knows, private values masked."""
    from ivr.call.textrun import shown

    standing = state.standings[-1]
    flow = bundle.flows[standing.flow]
    lines = [f"node      {standing.node}"]
    if state.listening is not None:
        lines.append(f"question  {state.listening.question}")
    for name in flow.slots:
        slot = standing.slots.get(name)
        waiting = "" if slot is None or slot.settled else "  (waits for a yes)"
        value = None if slot is None else slot.value
        source = "" if slot is None else f"  by {slot.source}"
        lines.append(f"slot      {name}: {shown(name, value, bundle, standing.flow)}{source}{waiting}")
    for kind, held in (("var", standing.vars), ("kept", standing.kept)):
        lines += [f"{kind:<8}  {name}: {shown(name, value, bundle, standing.flow)}" for name, value in held.items()]
    return lines


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


def _pairs(line: str) -> dict[str, str]:
    """`ok first_name=Ana area="N 1"`: the values behind the name."""
    import shlex

    try:
        words = shlex.split(line)[1:]
    except ValueError:
        words = line.split()[1:]
    return dict(word.split("=", 1) for word in words if "=" in word)
