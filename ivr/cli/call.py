"""`ivr call`: a telephone for the terminal, with sound. Calls a server that runs or one of its own."""

import asyncio
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer
from typer.core import TyperCommand

if TYPE_CHECKING:
    from ivr.sim import Dialling, LineSettings, Report, Script
    from ivr.sim.attendant import Attendant
    from ivr.sim.exchange import Exchange

HELD, NOT_HELD, WRONG_USAGE, NO_ENVIRONMENT = 0, 1, 2, 3
ACTS: Final = ("--say", "--press", "--wav", "--silence", "--interrupt")
DIAL_ANSWERS: Final = ("answered", "busy", "no-answer", "failed")
_ORDER: Final = "ivr.call.arguments"


class CallCommand(TyperCommand):
    """Keeps the arguments as they were written: what the caller does, it does in that order."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        ctx.meta[_ORDER] = list(args)
        return super().parse_args(ctx, args)


def call(
    ctx: typer.Context,
    flow: Annotated[str | None, typer.Argument(help="A project, or project/flow; not with --url.")] = None,
    say: Annotated[list[str] | None, typer.Option(help="Say this when the bot has finished.")] = None,
    press: Annotated[list[str] | None, typer.Option(help="Press keys: 0 to 9, *, #.")] = None,
    wav: Annotated[list[str] | None, typer.Option(help="Play a 16-bit WAV in the caller's place.")] = None,
    silence: Annotated[list[str] | None, typer.Option(help="Say nothing for this long, as in 8s.")] = None,
    interrupt: Annotated[list[str] | None, typer.Option(help="AFTER_MS:TEXT, spoken over the bot.")] = None,
    script: Annotated[Path | None, typer.Option(help="A callscript/1 file; every test in it is one call.")] = None,
    only: Annotated[str | None, typer.Option(help="Of the file, only tests with this in their name.")] = None,
    noise: Annotated[float | None, typer.Option(help="Pink noise this many dB below speech.")] = None,
    loss: Annotated[float, typer.Option(min=0, max=100, help="Percent of frames lost.")] = 0,
    dial: Annotated[
        list[str] | None, typer.Option(help="How transfers end, in turn: answered, busy, no-answer, failed.")
    ] = None,
    url: Annotated[str | None, typer.Option(help="A server that is running, as in http://127.0.0.1:8080.")] = None,
    from_number: Annotated[str | None, typer.Option("--from", help="The caller's number.")] = None,
    to_number: Annotated[str | None, typer.Option("--to", help="The number that is called.")] = None,
    record: Annotated[Path | None, typer.Option(help="Write what was said (left) and heard (right) as a WAV.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
) -> None:
    """Telephones a flow with sound, in real time, as the carrier would.

    Options that act are played in the order they are written. Exit codes: 0 every check held and the server made no
    fault, 1 otherwise, 2 wrong usage, 3 the environment lacks something.
    """
    from ivr.errors import IvrError

    if url and flow:
        raise typer.BadParameter("a server that is running has its own flow: leave out FLOW or --url")
    if any(answer not in DIAL_ANSWERS for answer in dial or ()):
        raise typer.BadParameter(f"--dial is one of {', '.join(DIAL_ANSWERS)}")
    options = CallOptions(flow, url, noise, loss, tuple(dial or ()), from_number, to_number, record, as_json)
    try:
        scripts = _scripts(ctx.meta.get(_ORDER, []), script, only)
    except (OSError, ValueError) as error:
        told = f"{error.filename}: {error.strerror}" if isinstance(error, OSError) else str(error)
        typer.echo(told, err=True)  # as it is: a place in a file must not be wrapped
        raise typer.Exit(WRONG_USAGE) from error
    try:
        code = asyncio.run(_call(scripts, options))
    except (IvrError, OSError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(NO_ENVIRONMENT) from error
    raise typer.Exit(code)


@dataclass(frozen=True, slots=True)
class CallOptions:
    """What the command line says, but for what the caller does."""

    flow: str | None = None
    url: str | None = None
    noise: float | None = None
    loss: float = 0
    dial: tuple[str, ...] = ()
    from_number: str | None = None
    to_number: str | None = None
    record: Path | None = None
    as_json: bool = False

    def line(self) -> "LineSettings":
        from ivr.sim import LineSettings

        return LineSettings(noise_snr_db=self.noise, lost=self.loss / 100)

    def dialling(self, base_url: str, script: "Script") -> "Dialling":
        from ivr.sim import Dialling

        dialling = Dialling(
            base_url,
            auth_token=os.environ.get("TWILIO_AUTH_TOKEN") or None,
            dial_answers=self.dial or script.dial_answers,
            public_url=os.environ.get("IVR_PUBLIC_URL") if self.url else None,
        )
        from_number, to_number = self.from_number or script.from_number, self.to_number or script.to_number
        if from_number:
            dialling = replace(dialling, from_number=from_number)
        return replace(dialling, to_number=to_number) if to_number else dialling


def acts_as_written(arguments: Sequence[str]) -> list[tuple[str, str]]:
    """The acting options with their values, in the order of the command line (`--say hi`, `--say=hi`)."""
    found, waiting = [], None
    for argument in arguments:
        if waiting is not None:
            found.append((waiting, argument))
            waiting = None
            continue
        name, equals, value = argument.partition("=")
        if name in ACTS and equals:
            found.append((name, value))
        elif argument in ACTS:
            waiting = argument
    return found


def _scripts(arguments: Sequence[str], file: Path | None, only: str | None) -> list["Script"]:
    from ivr.sim import from_acts, read_option
    from ivr.sim.truth import read_wav

    written = [read_option(name, value) for name, value in acts_as_written(arguments)]
    acts = [act for act in written if act is not None]
    for name, value in acts_as_written(arguments):
        if name == "--wav":
            read_wav(Path(value).read_bytes())
    if file is None:
        return [from_acts(acts)]
    if acts:
        raise ValueError("a --script says what the caller does: leave out the acting options")
    return scripts_from_file(file, only)


def scripts_from_file(file: Path, only: str | None) -> list["Script"]:
    from ivr.flow.scenario import load_scenarios
    from ivr.sim.scenarios import from_scenario

    scenarios, mistakes = load_scenarios(file.read_text(encoding="utf-8"), str(file))
    if mistakes:
        raise ValueError("\n".join(str(mistake) for mistake in mistakes))
    chosen = [from_scenario(scenario) for scenario in scenarios if only is None or only in scenario.name]
    if not chosen:
        raise ValueError(f"no test in {file}" + (f" with {only!r} in its name" if only else ""))
    return chosen


async def _call(scripts: Sequence["Script"], options: CallOptions) -> int:
    from rich.console import Console

    from ivr.sim.served import Served
    from ivr.sim.terminal import Terminal

    console = Console(stderr=options.as_json)
    if options.url is not None:
        reports = await play_all(scripts, options, options.url, Terminal(console))
    else:
        arguments = ["--engines", "embedded", *(["--flow", options.flow] if options.flow else [])]
        exchange = own_exchange()
        async with (
            exchange.serve() as rest,
            Served(
                arguments, environment={"TWILIO_ACCOUNT_SID": exchange.account_sid, "IVR_TWILIO_API_URL": rest}
            ) as served,
        ):
            console.print(
                f"server of its own at {served.url}, its log in {served.log}",
                style="dim",
                highlight=False,
                soft_wrap=True,
            )
            reports = await play_all(scripts, options, served.url, Terminal(console), exchange)
    if options.as_json:
        calls = [{"name": script.name, **report.as_json()} for script, report in zip(scripts, reports, strict=True)]
        typer.echo(json.dumps(calls[0] if len(calls) == 1 else {"held": all(r.held for r in reports), "calls": calls}))
    return HELD if all(report.held for report in reports) else NOT_HELD


def own_exchange() -> "Exchange":
    """Where the attendants are that a server of our own may ring."""
    from ivr.sim import Dialling
    from ivr.sim.exchange import Exchange
    from ivr.sim.signing import signer

    token = os.environ.get("TWILIO_AUTH_TOKEN") or None
    return Exchange(Dialling("").account_sid, (token or "unsigned").split(",")[0], signer(token, "", None))


async def play_all(
    scripts: Sequence["Script"], options: CallOptions, url: str, terminal: Any, exchange: "Exchange | None" = None
) -> list["Report"]:
    """`exchange`: of the server's attendants; None: it is another's."""
    from ivr.models.offline.moonshine import Moonshine
    from ivr.sim.callers_voice import CallersVoice

    transcriber = Moonshine(threads=1)
    voice = CallersVoice(transcriber)
    try:
        await transcriber.start()
        await voice.start()
        reports = []
        for number, script in enumerate(scripts, start=1):
            if len(scripts) > 1:
                terminal.announce(f"{number} of {len(scripts)}: {script.name}")
            if exchange is not None:
                exchange.anybody = attendants_of(script, options.dial)
                exchange.legs.clear()
            reports.append(await _play(script, options, url, terminal, transcriber, voice, exchange))
        return reports
    finally:
        await transcriber.close()
        await voice.close()


def attendants_of(script: "Script", dial: tuple[str, ...]) -> tuple["Attendant", ...]:
    """Who is rung, in turn, and what they do."""
    from ivr.sim.attendant import Attendant

    return tuple(
        Attendant(answer, after_s=1.0, does=script.attendant, stays_s=0.3) for answer in dial or script.dial_answers
    )


async def _play(
    script: "Script",
    options: CallOptions,
    url: str,
    terminal: Any,
    transcriber: Any,
    voice: Any,
    exchange: "Exchange | None",
) -> "Report":
    from ivr.sim import Caller, Phone, spoken_lines, stereo_wav
    from ivr.sim.line import Line as TelephoneLine

    sounds = await spoken_lines(script, voice)
    phone = Phone(options.dialling(url, script), line=TelephoneLine(options.line()), exchange=exchange)
    report = await Caller(script, phone, sounds, transcriber=transcriber, show=terminal.show).play()
    terminal.summarise(report)
    if options.record is not None:
        await asyncio.to_thread(options.record.write_bytes, stereo_wav(phone.ledger))
    return report
