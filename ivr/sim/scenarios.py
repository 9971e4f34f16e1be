"""callscript/1 scenarios as scripts for a telephone: what it can see is checked, what it cannot is named."""

from collections.abc import Container
from typing import Final

from ivr.flow.scenario import values
from ivr.sim.script import Act, Checks, CutIn, HangUp, Press, Say, Script, Silence, Turn

DIAL_ANSWERS: Final = {"answered": "answered", "no_answer": "no-answer", "busy": "busy", "failed": "failed"}


def from_scenario(
    scenario: values.Scenario, targets: Container[str] | None = None, unseen_targets: Container[str] = ()
) -> Script:
    """Of `given` a telephone takes `from`, `to` and how transfer targets answer; the rest is the server's. `targets`:
    the names that are targets; None: whoever answers as one does. `unseen_targets`: that a call is handed to one of
    these cannot be seen."""
    throughout = _checks(scenario.throughout, unseen_targets)
    turns = tuple(Turn(_act(talk[0].act), _checks(checks, unseen_targets)) for talk, checks in _of_caller(scenario))
    if turns and throughout != Checks():
        last = turns[-1].checks
        unseen = last.unseen + throughout.unseen
        transfer = last.transfer if last.transfer is not None else throughout.transfer
        checks = Checks(last.says, last.never_says, last.within_ms, last.end or throughout.end, transfer, unseen)
        turns = (*turns[:-1], Turn(turns[-1].act, checks))
    return Script(
        turns=turns,
        name=scenario.name,
        from_number=scenario.given.caller,
        to_number=scenario.given.dialled,
        dial_answers=_dial_answers(scenario.given, targets) or ("answered",),
        attendant=_attendant(scenario) or ("takes",),
        never_says=throughout.never_says,
    )


def _of_caller(scenario: values.Scenario) -> list[tuple[list[values.Turn], tuple[values.Check, ...]]]:
    """The caller's turns. An attendant acts by itself, so that what is heard then is heard in the turn before."""
    found: list[tuple[list[values.Turn], tuple[values.Check, ...]]] = []
    for turn in scenario.talk:
        if found and isinstance(turn.act, values.AttendantSpeaks | values.AttendantPresses):
            found[-1] = ([*found[-1][0], turn], (*found[-1][1], *turn.checks))
        else:
            found.append(([turn], turn.checks))
    return found


def _attendant(scenario: values.Scenario) -> tuple[str, ...]:
    """What attendants say and press, in the order of the talk."""
    found = []
    for turn in scenario.talk:
        match turn.act:
            case values.AttendantSpeaks(words=words):
                found.append(words)
            case values.AttendantPresses(keys=keys):
                found.append(keys)
            case _:
                continue
    return tuple(found)


def _act(act: values.Act | None) -> Act | None:
    match act:
        case values.Speak(words=words):
            return Say(words)
        case values.Press(keys=keys):
            return Press(keys)
        case values.StaySilent(ms=ms):
            return Silence(ms)
        case values.CutIn(after_ms=after_ms, words=words, keys=keys):
            return CutIn(after_ms, Press(keys) if keys is not None else Say(words or ""))
        case values.HangUpNow():
            return HangUp()
        case values.AttendantSpeaks() | values.AttendantPresses() | None:
            return None  # what attendants do is done by the people at the exchange


def _checks(checks: tuple[values.Check, ...], unseen_targets: Container[str]) -> Checks:
    says, never_says, unseen = [], [], []
    within_ms, end, transfer = None, None, None
    for check in checks:
        match check:
            case values.Says(text=text):
                says.append(text)
            case values.NeverSays(text=text):
                never_says.append(text)
            case values.Within(ms=ms):
                within_ms = ms
            case values.Ends(outcome=outcome):
                end = outcome
            case values.TransfersTo(target=target) if target not in unseen_targets:
                transfer = True
            case values.NeverTransfersTo(target="any"):
                transfer = False
            case _:
                unseen.append(type(check).__name__)
    return Checks(tuple(says), tuple(never_says), within_ms, end, transfer, tuple(unseen))


def _dial_answers(given: values.Given, targets: Container[str] | None) -> tuple[str, ...]:
    """How targets answer, one after the other as the test writes them; a tool's answers are not among them."""
    found: list[str] = []
    for name, answers in given.answers.items():
        if targets is not None and name not in targets:
            continue
        results = [answer.result or "" for answer in answers if answer.result not in ("booked", "closed")]
        if all(result in DIAL_ANSWERS for result in results):
            found += (DIAL_ANSWERS[result] for result in results)
    return tuple(found)
