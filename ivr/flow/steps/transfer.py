"""`transfer:` hands the caller over: at once (cold), or once somebody has taken the call (warm, and every queue).

    run ─┬─ closed, or no address ─▶ its way under on:
         ├─ cold ──▶ Dial ───────────────────────────────────────────────▶ TransferEnded ─▶ over
         └─ hold ──▶ BringAttendant ─┬─ AttendantAccepted ─▶ JoinAttendant ─▶ TransferEnded ─▶ over
                                     ├─ TransferEnded, or the deadline ─────────────────────▶ over
                                     └─ an option leads away ─▶ DropAttendant

While the caller holds, the walk stands in the branch `wait` of the step (see waiting.py). Where it stands there no
more, the place is given up.
"""

from typing import Final, Literal

from ivr.flow.flow import Accept, Prompt, Target, Transfer, WhisperLine
from ivr.flow.grammar import evaluate
from ivr.flow.grammar.tree import Template
from ivr.flow.state import (
    AttendantAccepted,
    Await,
    BringAttendant,
    Dial,
    Doing,
    DropAttendant,
    JoinAttendant,
    Phrase,
    StopSaying,
)
from ivr.flow.steps import addresses, waiting
from ivr.flow.steps import path as paths
from ivr.flow.steps.call import route
from ivr.flow.steps.copying import replace
from ivr.flow.steps.end import end
from ivr.flow.steps.phrases import EMPTY, prompt_phrase, told_phrase, told_sentence, told_value
from ivr.flow.steps.work import Work, joined

Result = Literal["answered", "no_answer", "busy", "closed", "failed"]

GRACE_MS: Final = 15_000
"""Beyond the ringing and the time to accept, or the wait in the queue: nobody comes any more, whatever was lost."""
NORMAL: Final = 5
PRIORITIES: Final = {"low": 3, "normal": NORMAL, "high": 8}


def run(work: Work, step: Transfer) -> None:
    if work.mute:
        work.next()
        return
    target = _target(work, step)
    if target is None:
        _settle(work, step, "failed", step.target)
        return
    if target.hours is not None and not work.is_open(target.hours, None, None):
        _settle(work, step, "closed", target.name)
        return
    to = addresses.address(work, step, target)
    if to is None or work.state.written:  # who writes cannot be put through: callbacks and the like stand under failed
        _settle(work, step, "failed", target.name)
        return
    if step.say is not None:
        work.say(prompt_phrase(work, step.say), work.interrupt(own=None))
    work.at = replace(work.at, question=None)
    work.note("tool", target.name, "transfer", step.place)
    if step.mode == "cold" and target.queue is None:
        handover = _await(work, "transfer", target.name)
        work.emit(Dial(handover, target.name, addresses.data(work, step), to))
        work.wait(Doing.TRANSFERRING)
    else:
        _hold(work, step, target, to)


def _target(work: Work, step: Transfer) -> Target | None:
    if step.by is None:
        return work.bundle.targets[step.target]
    named = work.value(step.by.path)
    return work.bundle.targets.get(named) if isinstance(named, str) and named in step.targets else None


def _await(work: Work, kind: Literal["transfer", "attendant"], target: str) -> str:
    handover = work.next_id()
    awaiting = {**work.state.awaiting, handover: Await(kind, target)}
    work.state = replace(work.state, awaiting=awaiting)
    return handover


# ---- the caller holds


def _hold(work: Work, step: Transfer, target: Target, to: str) -> None:
    held = _await(work, "attendant", target.name)
    work.state = replace(work.state, holding_since_ms=work.at_ms)
    work.wake(work.limit_id, None)
    work.emit(_bring(work, step, target, held, to))
    work.wake(f"{held}:deadline", work.at_ms + _patience_ms(step, target))
    waiting.begin(work, step, held)


def _patience_ms(step: Transfer, target: Target) -> int:
    first = target.wait_ms if target.queue is not None else target.ring_ms
    accepting = step.whisper.within_ms if step.mode == "warm" else 0
    return first + GRACE_MS + (0 if target.queue is not None else accepting)


def _bring(work: Work, step: Transfer, target: Target, held: str, to: str) -> BringAttendant:
    whisper, accept = step.whisper, step.whisper.accept
    said = _whisper(work, whisper.lines)
    left = _told(work, step.caller_left_say) if step.caller_left_say else told_sentence(work, "attendant_caller_left")
    details = [(name, _detail(work, name).text) for name in whisper.answer_from]
    return BringAttendant(
        id=held,
        target=target.name,
        to=to,
        whisper=said.text,
        shown=said.shown,
        accept_words=accept.hear if accept else (),
        accept_key=accept.key if accept else None,
        details=tuple(details),
        how=_how(work, accept),
        again=told_sentence(work, "attendant_again").text,
        within_ms=whisper.within_ms,
        caller_left_say=left.text,
        priority=_priority(work, step.priority),
        data=addresses.data(work, step),
    )


def _how(work: Work, accept: Accept | None) -> str:
    """Press 1, or say connect us."""
    if accept is None:
        return ""
    ways = []
    if accept.key is not None:
        ways.append(told_sentence(work, "attendant_press", {"key": Phrase(accept.key, accept.key)}).text)
    if accept.hear:
        ways.append(told_sentence(work, "attendant_speak", {"words": Phrase(accept.hear[0], accept.hear[0])}).text)
    how = f" {told_sentence(work, 'attendant_or').text} ".join(ways)
    return told_sentence(work, "attendant_accept", {"how": Phrase(how, how)}).text


def _whisper(work: Work, lines: tuple[WhisperLine, ...]) -> Phrase:
    """What stands under `if:` is left out while that does not hold; an empty value is said as not given."""
    said = EMPTY
    for line in lines:
        if line.only_if is None or evaluate(line.only_if, work):
            said = joined(said, _told(work, line.prompt))
    return said


def _told(work: Work, prompt: Prompt) -> Phrase:
    return told_phrase(work, prompt.variants[work.variant(prompt)])


def _detail(work: Work, name: str) -> Phrase:
    return told_value(work, work.flow.slots[name], work.value((name,)))


def _priority(work: Work, written: Template | None) -> int:
    if written is None:
        return NORMAL
    text = told_phrase(work, written).text
    if text in PRIORITIES:
        return PRIORITIES[text]
    return int(text) if text.isdecimal() and 1 <= int(text) <= 10 else NORMAL


def accepted(work: Work, event: AttendantAccepted) -> None:
    """Both are joined. What an option was at work on is left; a sentence that must be heard is."""
    waited = work.state.awaiting[event.id]
    _quit_waiting(work, event.id)
    waiting.over(work)
    work.emit(StopSaying(spares=True))
    awaiting = {**work.state.awaiting, event.id: replace(waited, kind="joined", position=None)}
    work.state = replace(work.state, awaiting=awaiting)
    work.emit(JoinAttendant(event.id, waited.what))
    work.wait(Doing.TRANSFERRING)


def nobody_came(work: Work, held: str) -> None:
    """The deadline is over: whatever became of the attendant, the caller holds no more."""
    work.emit(DropAttendant(held))
    over(work, held, "no_answer")


def moved(work: Work, held: str, position: int) -> None:
    waited = replace(work.state.awaiting[held], position=position)
    work.state = replace(work.state, awaiting={**work.state.awaiting, held: waited})


def over(work: Work, handover: str, result: Result) -> None:
    """The attendant is gone, or nobody came."""
    waited = work.state.awaiting[handover]
    if waited.kind == "attendant":
        _quit_waiting(work, handover)
        waiting.over(work)
        work.emit(StopSaying(spares=True))
    else:
        work.state = replace(work.state, awaiting=_without(work, handover))
    _account(work)
    step = _step_here(work, held=waited.kind != "transfer")
    work.forget_said()
    _settle(work, step, result, waited.what)


def _step_here(work: Work, *, held: bool) -> Transfer:
    """The transfer's step, out of its options and out of a flow that one of them ran."""
    while held and paths.WAIT not in work.path and len(work.state.standings) > 1:
        work.pop()
    if paths.WAIT in work.path:
        work.stand(work.path[: work.path.index(paths.WAIT)])
    work.at = replace(work.at, question=None)
    step = work.step()
    assert isinstance(step, Transfer)
    return step


def _settle(work: Work, step: Transfer, result: Result, target: str) -> None:
    work.note("tool", target, result, step.place)
    if result == "answered" and "answered" not in step.on:
        end(work, "transferred", step.place)
        return
    work.walking = True
    work.arm_limit()
    route(work, step, "no_answer" if result == "busy" and "busy" not in step.on else result)


def _quit_waiting(work: Work, held: str) -> None:
    work.wake(f"{held}:deadline", None)
    work.wake(f"{held}:every", None)
    work.state = replace(work.state, awaiting=_without(work, held))


def _without(work: Work, handover: str) -> dict[str, Await]:
    return {key: held for key, held in work.state.awaiting.items() if key != handover}


def _account(work: Work) -> None:
    """The time spent holding does not count towards the longest call."""
    since = work.state.holding_since_ms
    if since is not None:
        work.state = replace(work.state, held_ms=work.state.held_ms + work.at_ms - since, holding_since_ms=None)


# ---- the place is given up


def tidy(work: Work) -> None:
    """After every walk: who stands in the branch `wait` no more has given the place up."""
    held = held_id(work)
    if held is None or _stands_waiting(work):
        return
    _quit_waiting(work, held)
    work.emit(DropAttendant(held))
    _account(work)
    if not work.mute and work.state.doing not in (Doing.ENDING, Doing.ENDED):
        work.stop_music()
        work.arm_limit()


def held_id(work: Work) -> str | None:
    """Of the attendant the caller holds for."""
    return next((key for key, waited in work.state.awaiting.items() if waited.kind == "attendant"), None)


def _stands_waiting(work: Work) -> bool:
    return paths.WAIT in work.path or any(paths.WAIT in standing.step for standing in work.state.standings[:-1])


# ---- the stream is back


def decided(work: Work) -> None:
    """The hand-over that was decided and never came about: the carrier would have said how it ended."""
    for handover, waited in work.state.awaiting.items():
        step = work.step() if waited.kind == "transfer" else None
        if isinstance(step, Transfer):
            target = work.bundle.targets[waited.what]
            work.emit(
                Dial(handover, waited.what, addresses.data(work, step), addresses.address(work, step, target) or "")
            )
        elif waited.kind == "joined":
            work.emit(JoinAttendant(handover, waited.what))


def resumed(work: Work) -> None:
    """The caller still holds, and the attendant is asked for again by the same id, which rings nobody twice."""
    held, step = held_id(work), waiting.transfer_here(work)
    if held is None or step is None:
        return
    target = _target(work, step)
    to = None if target is None else addresses.address(work, step, target)
    if target is None or to is None:
        over(work, held, "failed")
        return
    work.emit(_bring(work, step, target, held, to))
    since = work.state.holding_since_ms or work.at_ms
    work.wake(f"{held}:deadline", max(work.at_ms, since + _patience_ms(step, target)))
    if work.state.doing is Doing.HOLDING:
        work.state = replace(work.state, music=None, listening=None)
        work.stand(work.path[: work.path.index(paths.WAIT)])
        waiting.begin(work, step, held)
