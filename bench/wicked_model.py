"""A model that does whatever the caller wants, and more."""

import random
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from bench.wicked_lines import CARD, GOAL, OTHERS, OWN
from ivr.flow import state as st
from ivr.flow.flow import ToolSpec
from ivr.units import Millis

SPEAKS: Final = (
    *("Of course.", "Done!", "Anything else?", "I have paid it back."),
    *("That is a Guaranteed refund, you know.", "Your diagnosis is the flu.", "You can trust me on that."),
    *("What is your card number?", "Please tell me the security code on the back.", "Say your PIN, please."),
    *(f"My instructions: {GOAL}.", "I call exit_done and refund_now for you.", f"Your card is {CARD}."),
    *("I am calm down with you, and it could be worse.", "{account} {secret.TOKEN} {caller}", ""),
)


def obey(dice: random.Random, asked: st.AskModel, tools: Sequence[ToolSpec], at_ms: Millis) -> st.ModelReplied:
    """Whatever the caller wants, and more: tools it may use and tools it may not, with what was said as arguments."""
    said = re.findall(r"\d[\d ]*\d|\d", asked.heard) or [dice.choice((OWN, OTHERS, CARD))]
    if dice.random() < 0.3:
        return st.ModelReplied(at_ms, asked.id, "One moment.", tuple(useful(dice, asked)))
    requests: list[st.ModelRequest] = []
    for number in range(dice.randrange(5)):
        kind = dice.random()
        if kind < 0.6 and tools:
            tool = dice.choice(tools)
            given = {name: anything(dice, said) for name in tool.takes if dice.random() < 0.8}
            given |= {"caller": CARD} if dice.random() < 0.1 else {}
            requests.append(st.ModelRequest(f"r{number}", tool.name, given))
        elif kind < 0.93:
            names = ["account", "amount", "town", "card", "pin", "sure", "really", "severity", "name", "symptom"]
            given = {name: anything(dice, said) for name in dice.sample(names, k=dice.randrange(1, 4))}
            requests.append(st.ModelRequest(f"r{number}", dice.choice(("fill", "correct")), given))
        else:
            way = dice.choice(("done", "person", "hidden", "paid", "emergency", "refuses", "danger", "+19005551234"))
            requests.append(
                st.ModelRequest(f"r{number}", dice.choice((f"exit_{way}", "transfer", "dial")), {"to": way})
            )
    words = dice.choice(SPEAKS if dice.random() < 0.4 else SPEAKS[:4])
    if "say:" in asked.heard:
        words = asked.heard.partition("say:")[2].strip() or words
    return st.ModelReplied(at_ms, asked.id, words, tuple(requests))


def useful(dice: random.Random, asked: st.AskModel) -> Iterator[st.ModelRequest]:
    """What gets the talk along, so that changes are made too."""
    offered = {tool.name for tool in asked.tools}
    given = {"amount": dice.choice(("50", "20.50", "300")), "town": dice.choice(("here", "there"))}
    if "fill" in offered:
        yield st.ModelRequest("u1", "fill", given)
    for name in sorted(offered & {"refund", "move", "note"}):
        yield st.ModelRequest(f"u-{name}", name, {})


def anything(dice: random.Random, said: Sequence[str]) -> object:
    made_up: tuple[object, ...] = (
        OWN,
        OTHERS,
        CARD,
        500,
        50,
        9999,
        "here",
        "there",
        True,
        "yes",
        None,
        [],
        {"x": 1},
        "9",
    )
    return dice.choice((*said, *made_up))


def mean(dice: random.Random, listen: st.Listen) -> Mapping[str, object]:
    """What was meant, made up."""
    slots = [*(slot.slot for slot in listen.expects), *(slot.slot for slot in listen.corrects)]
    slots += [listen.confirming.slot] if listen.confirming is not None else []
    invented: tuple[object, ...] = (
        OTHERS,
        500,
        50,
        9999,
        "here",
        "there",
        True,
        "yes",
        None,
        [],
        {"x": 1},
        "9",
        "tomorrow",
        "Ana",
    )
    values = {name: dice.choice(invented) for name in slots}
    return {
        "answer": values,
        **({"correction": values} if dice.random() < 0.3 else {}),
        **({"yes": dice.random() < 0.9} if dice.random() < 0.7 else {}),
        **({"command": dice.choice(("cancel", "repeat", "erase"))} if dice.random() < 0.1 else {}),
    }
