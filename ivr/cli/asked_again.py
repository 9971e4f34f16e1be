"""Which sentences tell a caller, at each turn of a test, that what was said was not understood."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ivr.flow.flow import Bundle
    from ivr.flow.scenario import Scenario


def asked_again(scenario: "Scenario", bundle: "Bundle") -> list[tuple[str, ...]]:
    """For each turn of the talk; none where the line is to say so: by text it does too."""
    from ivr.call.textrun import run_scenario
    from ivr.flow.scenario import Speak
    from ivr.sim.judging import says

    if scenario.given.live:
        return [()] * len(scenario.talk)
    sentences = tuple(dict.fromkeys(_sentences(bundle)))
    replies = _replies(run_scenario(bundle, scenario).happened)
    found: list[tuple[str, ...]] = []
    for turn in scenario.talk:
        reply = next(replies, None) if isinstance(turn.act, Speak) else None
        meant = reply is None or any(says(reply, sentence) for sentence in sentences)
        found.append(() if meant else sentences)
    return found


def _replies(happened: Iterable[Any]) -> Iterator[str]:
    """What the bot says after each of the caller's utterances, up to the caller's next act."""
    from ivr.call.textrun.happenings import BotSpoke, CallerPressed, CallerSpoke, CallerWasSilent

    said: list[str] | None = None
    for happening in happened:
        match happening:
            case BotSpoke(text=text):
                if said is not None:
                    said.append(text)
            case CallerSpoke() | CallerPressed() | CallerWasSilent():
                if said is not None:
                    yield " ".join(said)
                said = [] if isinstance(happening, CallerSpoke) else None
    if said is not None:
        yield " ".join(said)


def _sentences(bundle: "Bundle") -> Iterator[str]:
    """How the ladders for words that fit nothing begin, as far as no field stands in it."""
    from ivr.flow.flow import Say
    from ivr.flow.types import Trouble

    yield bundle.words["no_match"].partition("{")[0].strip()
    for flow in bundle.flows.values():
        inside = (*(node.trouble for node in flow.nodes.values()), *(s.question.trouble for s in flow.slots.values()))
        for ladders in (flow.trouble, *inside):
            for rung in ladders.get(Trouble.NO_MATCH) or ():
                for step in rung.steps:
                    if not isinstance(step, Say):
                        continue
                    for template in step.prompt.variants:
                        first = template.parts[0] if template.parts else None
                        if isinstance(first, str) and len(first.split()) > 1:
                            yield first.strip()
