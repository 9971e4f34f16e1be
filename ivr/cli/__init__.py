"""The command line. Each command imports what is heavy only when it runs, so that `ivr --help` feels instant."""

import sys

import typer

from ivr.cli.call import CallCommand, call
from ivr.cli.serve import serve

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Answers a company's phone: flows in YAML, calls with sound, everything kept for review.",
)
app.command()(serve)
app.command(cls=CallCommand)(call)


def main() -> None:
    """Exit codes: 0 ok, 1 a test or check failed, 2 wrong usage, 3 the environment lacks something, 130 interrupted."""
    try:
        app()
    except KeyboardInterrupt:
        sys.exit(130)
