"""The command line. Each command imports what is heavy only when it runs, so that `ivr --help` feels instant."""

import sys

import typer

from ivr.cli import calls, config, schema, tools
from ivr.cli.call import CallCommand, call
from ivr.cli.chat import chat
from ivr.cli.check import check, explain_code
from ivr.cli.demo import demo
from ivr.cli.diff import diff
from ivr.cli.doctor import doctor
from ivr.cli.explain import explain
from ivr.cli.fmt import fmt
from ivr.cli.graph import graph
from ivr.cli.hear import hear
from ivr.cli.init import init
from ivr.cli.migrate import migrate
from ivr.cli.prove import prove
from ivr.cli.replay import replay
from ivr.cli.say import say
from ivr.cli.serve import serve
from ivr.cli.test import test

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Answers a company's phone: flows in YAML, calls with sound, everything kept for review.",
    epilog="Exit codes: 0 ok, 1 a test or check failed, 2 wrong usage, 3 the environment lacks something.",
)
app.command()(serve)
app.command(cls=CallCommand)(call)
app.command()(chat)
app.command()(check)
app.command()(test)
app.command()(replay)
app.command("help")(explain_code)
app.command()(explain)
app.command()(diff)
app.command()(prove)
app.command()(fmt)
app.command()(migrate)
app.command()(graph)
app.command()(init)
app.add_typer(schema.app, name="schema")
app.add_typer(calls.app, name="calls")
app.add_typer(tools.app, name="tools")
app.command()(doctor)
app.add_typer(config.app, name="config")
app.command()(say)
app.command()(hear)
app.command()(demo)


def main() -> None:
    """Exit codes: 0 ok, 1 a test or check failed, 2 wrong usage, 3 the environment lacks something, 130 interrupted."""
    try:
        app()
    except KeyboardInterrupt:
        sys.exit(130)
