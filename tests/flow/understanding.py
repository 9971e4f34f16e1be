"""What the tests of the understanding listen for: the questions of a broadband line."""

from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from ivr.flow.flow import Option
from ivr.flow.state import CommandWords, Expected, KeySpec, Listen
from ivr.flow.text import Place
from ivr.flow.types import Privacy, Type, Value

NOW = datetime(2026, 3, 2, 10, 0, tzinfo=ZoneInfo("America/New_York"))
"""A Monday."""


def option(name: str, *hear: str, key: str | None = None) -> Option:
    return Option(name, hear, key, hear[0], Place("line.flow.yaml", 1, 1))


ACCOUNT = Expected("account", Type.DIGITS, length=(8, 8))
BORN = Expected("birth_date", Type.DATE)
AMOUNT = Expected("amount", Type.MONEY)
PARTY = Expected("party", Type.NUMBER, low=Decimal(1), high=Decimal(12))
AGREES = Expected("agrees", Type.YES_NO)
NAME = Expected("name", Type.NAME)
STORY = Expected("story", Type.TEXT)
REASON = Expected(
    "reason",
    Type.CHOICE,
    options=(
        option("bill", "bill", "balance", "payment", "how much do I owe", key="1"),
        option("fault", "fault", "not working", "internet is down", "slow", key="2"),
        option("other", "something else", "moving house", key="3"),
    ),
)
MORE = Expected(
    "anything_else",
    Type.CHOICE,
    options=(option("more", "yes", "something else", key="1"), option("done", "no", "that's all", key="2")),
)
COMMANDS = (
    CommandWords("operator", ("a person", "operator", "representative"), "0"),
    CommandWords("repeat", ("repeat that", "say that again"), "*"),
    CommandWords("help", ("help", "what can I say"), None),
    CommandWords("back", ("go back", "previous"), None),
    CommandWords("cancel", ("cancel", "never mind"), None),
)


def listen(
    *expects: Expected,
    confirming: Expected | None = None,
    corrects: tuple[Expected, ...] = (),
    keys: KeySpec | None = None,
) -> Listen:
    asked = confirming or expects[0]
    return Listen(
        id="call:1:0",
        question=asked.slot,
        expects=expects,
        corrects=corrects,
        confirming=confirming,
        commands=COMMANDS,
        keys=keys or KeySpec(frozenset({"0", "*"})),
        answer_within_ms=6000,
        answer=None,
        pause_ms=None,
        privacy=Privacy.OPEN,
    )


def with_current(slot: Expected, value: Value) -> Expected:
    return replace(slot, current=value)
