"""A small flow as values, for trying the text runner: a notice, a choice, digits, a look-up, a transfer, an end."""

from collections.abc import Mapping

from ivr.flow.flow import (
    Ask,
    Bundle,
    CallTool,
    End,
    Filler,
    Flow,
    Goto,
    If,
    Keep,
    KeySettings,
    Limits,
    Node,
    Option,
    Prompt,
    QuestionSettings,
    Repair,
    Retry,
    Route,
    Rung,
    Say,
    SetStep,
    SlotSpec,
    Step,
    Target,
    ToolResultSpec,
    ToolSpec,
    Transfer,
    VarSpec,
)
from ivr.flow.flow import Literal_ as Written
from ivr.flow.grammar.tree import Compare, Const, Field, Ref, Template
from ivr.flow.sentences import ENGLISH
from ivr.flow.text import Place
from ivr.flow.types import Confirm, Interrupt, Privacy, Trouble, Type

HERE = Place("line.flow.yaml", 1, 1)


def words(*parts: str | Field) -> Template:
    return Template(parts, HERE)


def prompt(*parts: str | Field) -> Prompt:
    return Prompt((words(*parts),))


def value(name: str, kind: Type, form: str | None = None) -> Field:
    return Field((name,), kind, form, None, HERE)


def line(*, first: Interrupt = Interrupt.NO, account: Privacy = Privacy.PII) -> Bundle:
    reason = SlotSpec(
        "reason",
        Type.CHOICE,
        HERE,
        prompt("Is it about your bill or a fault?"),
        QuestionSettings(keypad_hint=prompt("Press 1 for your bill, 2 for a fault.")),
        options=(
            Option("bill", ("bill", "my bill"), "1", "bill", HERE),
            Option("fault", ("fault", "not working"), "2", "fault", HERE),
        ),
    )
    number = SlotSpec(
        "account",
        Type.DIGITS,
        HERE,
        prompt("What is your four digit account number?"),
        QuestionSettings(keys=KeySettings()),
        length=(4, 4),
        privacy=account,
        confirm=Confirm.IF_SPOKEN,
    )
    pin = SlotSpec("amount", Type.NUMBER, HERE, prompt("How many?"), QuestionSettings(), length=None)
    kept = (Keep("balance", ("balance",), Type.MONEY, Privacy.OPEN, optional=False),)
    look_up = ToolSpec(
        "look_up",
        "http",
        HERE,
        {"account": Type.DIGITS},
        (ToolResultSpec("ok", (200,), None, kept), ToolResultSpec("not_found", (404,), None, ())),
        api="crm",
        timeout_ms=4000,
        retry=Retry(0),
        filler=Filler((prompt("Let me look that up."),)),
    )
    note = ToolSpec(
        "note",
        "http",
        HERE,
        {"account": Type.DIGITS, "told": Type.YES_NO},
        (ToolResultSpec("ok", (201,), None, ()),),
        method="POST",
        api="crm",
        changes_things=True,
        unconfirmed="a note",
    )
    routes: Mapping[str, Route] = {
        "ok": (
            Say(prompt("Your balance is ", value("balance", Type.MONEY), "."), HERE),
            SetStep((("told", Written(True)),), HERE),
            Goto("more", HERE),
        ),
        "not_found": Repair(prompt("I can't find that account."), ("account",), 2, "person", HERE),
        "failed": (Goto("person", HERE),),
    }
    over: tuple[Step, ...] = (End(prompt("Nobody can take your call now."), "completed", HERE),)
    nodes = {
        "welcome": Node(
            "welcome",
            (
                Say(prompt("Welcome to the line. This call is recorded."), HERE, interrupt=first),
                Ask(("reason",), HERE),
                If(
                    Compare("is", Ref(("reason",), Type.CHOICE), Const("fault", Type.CHOICE)),
                    (Goto("person", HERE),),
                    (Goto("who", HERE),),
                    HERE,
                ),
            ),
            HERE,
        ),
        "who": Node("who", (Ask(("account",), HERE), CallTool("look_up", {}, routes, HERE)), HERE),
        "more": Node("more", (Ask(("amount",), HERE), Goto("bye", HERE)), HERE),
        "bye": Node("bye", (End(prompt("Thanks for calling. Goodbye."), "completed", HERE),), HERE),
        "person": Node("person", (Transfer("care", {"no_answer": over, "failed": over}, HERE),), HERE),
        "never": Node("never", over, HERE),
    }
    rungs = (
        Rung((Say(prompt("Sorry, I didn't hear you. ", value("question", Type.TEXT)), HERE),)),
        Rung((Goto("person", HERE),)),
    )
    flow = Flow(
        "line",
        "",
        "welcome",
        {"reason": reason, "account": number, "amount": pin},
        {"told": VarSpec("told", Type.YES_NO, False, HERE)},
        {"look_up": look_up, "note": note},
        nodes,
        {Trouble.NO_INPUT: rungs},
        {},
        Limits(),
        (),
        (CallTool("note", {}, {}, HERE),),
        QuestionSettings().turn,
        Interrupt.ANY,
        HERE,
    )
    return Bundle(
        "line",
        "0" * 64,
        "America/New_York",
        "en-US",
        "line",
        {},
        {"line": flow},
        {},
        {"care": Target("care", "+15550107788", None, 25_000)},
        frozenset(),
        ENGLISH,
        "",
    )
