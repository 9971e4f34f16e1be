"""The caller's answer to the open question: understood already, applied here."""

from ivr.flow.flow import Ask, Menu
from ivr.flow.privacy import mask_numbers, shown
from ivr.flow.state import Fill, Listen, Phrase, Reading, Slot
from ivr.flow.steps import asides, checking, commands, correction, menu, parts, ran, summary
from ivr.flow.steps.ask import ask_again, remember
from ivr.flow.steps.copying import replace
from ivr.flow.steps.fitness import fault_of
from ivr.flow.steps.phrases import value_phrase
from ivr.flow.steps.question import NOT_HEARD, Question, question_here
from ivr.flow.steps.trouble import trouble
from ivr.flow.steps.work import Work
from ivr.flow.types import Privacy, Source, Trouble, Type

MASK = "••••"


def take(work: Work, listen: Listen, reading: Reading) -> None:
    """Apply what the caller said or typed; the walk goes on from there, or the question is open again."""
    work.tell("caller", masked_words(work, listen, reading))
    question = question_here(work)
    assert question is not None
    if listen.waiting and not (reading.fills or reading.command is not None or reading.yes is not None):
        ask_again(work, spoken=False)  # said to somebody else: the rest of the time is the caller's
        return
    work.at = replace(work.at, waits_until=None)
    if reading.unheard:
        trouble(work, question, Trouble.NO_MATCH, unheard=reading.unheard)
        return
    if summary.is_open(question) and summary.answer(work, question, reading):
        return
    if _changes(work, question, reading):
        return
    if question.pending is not None:
        _while_confirming(work, question, question.pending.fill, reading)
    elif reading.command is not None and not reading.fills:
        commands.run(work, question, reading.command)
    else:
        _apply(work, question, reading)


def _changes(work: Work, question: Question, reading: Reading) -> bool:
    """An earlier answer is wrong, and it is not clear which or what it should be."""
    fills = [fill for fill in reading.fills if fill.corrects]
    if reading.either and len({fill.slot for fill in fills}) > 1:
        asides.ask_which(work, fills)
    elif reading.change is not None and not fills:
        correction.ask_anew(work, question, reading.change)
    else:
        return False
    return True


def nothing(work: Work) -> None:
    """No answer came. A caller who asked for time has had it: the question is said again."""
    question = question_here(work)
    assert question is not None
    if work.at.waits_until is not None:
        work.at = replace(work.at, waits_until=None)
        ask_again(work, spoken=True)
        return
    if parts.closes(work, question):
        _apply(work, question, Reading("", (parts.close(work, question),)))
        return
    trouble(work, question, Trouble.NO_INPUT)


# ---- while a value is read back


def _while_confirming(work: Work, question: Question, pending: Fill, reading: Reading) -> None:
    mine = next((fill for fill in reading.fills if fill.slot == pending.slot), None)
    others = [fill for fill in reading.fills if fill.slot != pending.slot]
    if mine is not None and mine.value != pending.value:
        _instead(work, question, pending, mine, reading)
    elif reading.yes is True or mine is not None:
        _agreed(work, question, pending, replace(reading, fills=tuple(others)))
    elif others:
        work.state = replace(work.state, pending=None)
        _apply(work, question, replace(reading, fills=tuple(others)))
    elif reading.yes is False:
        _refused(work, pending)
    elif reading.command is not None:
        commands.run(work, question, reading.command)
    else:
        trouble(work, question, Trouble.NO_MATCH)


def _instead(work: Work, question: Question, pending: Fill, fill: Fill, reading: Reading) -> None:
    """Another value in the same breath: "no, it ends in seven eight"."""
    work.state = replace(work.state, pending=None)
    if pending.corrects:
        correction.correct(work, [fill])
        return
    work.note("correction", fill.slot, place=work.flow.slots[fill.slot].place)
    work.empty([fill.slot])
    _apply(work, replace(question, pending=None), replace(reading, fills=(replace(fill, corrects=False),), yes=None))


def _agreed(work: Work, question: Question, pending: Fill, rest: Reading) -> None:
    work.state = replace(work.state, pending=None)
    work.forget_said()
    if pending.corrects:
        correction.apply(work, [pending], confirmed=True)
        return
    held = work.at.slots[pending.slot]
    work.fill(pending.slot, replace(held, confirmed=True, settled=True))
    work.note("filled", pending.slot, "confirmed", work.flow.slots[pending.slot].place)
    _resume(work)
    correction.run_rules_again(work, pending.slot)
    if rest.fills:
        _apply(work, replace(question, pending=None), rest)


def _refused(work: Work, pending: Fill) -> None:
    """A plain no. A value not right is asked again, on the ladder; a change not meant leaves things as they were."""
    work.drop_pending()
    if pending.corrects:
        ask_again(work, spoken=True)
        return
    work.stand(work.at.question_step)
    question = question_here(work)
    assert question is not None
    remember(work, question)
    trouble(work, question, Trouble.NO_MATCH)


# ---- while a question is open


def _apply(work: Work, question: Question, reading: Reading) -> None:
    if isinstance(question.step, Menu) and _chosen(work, question, question.step, reading):
        return
    corrections = [fill for fill in reading.fills if _changes_earlier(work, fill)]
    fresh = [fill for fill in reading.fills if fill not in corrections]
    fault: tuple[str, Phrase] | None = None
    for fill in fresh:
        why = _fill(work, fill, reading.score)
        fault = fault or (None if why is None else (fill.slot, why))
    if corrections:
        work.forget_said()
        correction.correct(work, corrections)
    elif fault is not None:
        _invalid(work, question, *fault)
    elif fresh:
        work.forget_said()
        _resume(work)
    else:
        trouble(work, question, Trouble.NO_MATCH)


def _chosen(work: Work, question: Question, step: Menu, reading: Reading) -> bool:
    """Was an option of the menu meant, or the number it also takes?"""
    fill = next((fill for fill in reading.fills if fill.slot == step.name), None)
    if fill is not None:
        work.forget_said()
        if asides.is_aside(question):
            correction.chose(work, question, str(fill.value))
        else:
            work.stand(work.at.question_step)
            assert fill.value is not None
            menu.choose(work, step, fill.value, fill.source)
        work.walking = True
        return True
    beside = next((fill for fill in reading.fills if fill.slot == step.or_slot and not fill.corrects), None)
    if beside is None:
        return False
    if beside.source is Source.MODEL and beside.sure < NOT_HEARD:
        trouble(work, question, Trouble.NO_MATCH)  # nothing is read back here
        return True
    why = _fill(work, beside, reading.score)
    if why is not None:
        trouble(work, question, Trouble.INVALID, why)
        return True
    work.forget_said()
    work.goto(step.or_goto, step.place)
    work.walking = True
    return True


def _changes_earlier(work: Work, fill: Fill) -> bool:
    """Also what a sub-flow asked that has come back."""
    held = work.at.slots.get(fill.slot)
    return fill.slot not in work.flow.slots or (held is not None and held.settled and held.value is not None)


def _fill(work: Work, fill: Fill, score: float | None) -> Phrase | None:
    """Put one value in if it fits; else why not."""
    spec = work.flow.slots[fill.slot]
    if fill.value is None:
        work.fill(fill.slot, Slot(None, fill.source))
        work.note("filled", fill.slot, "left empty", spec.place)
        return None
    why = fault_of(work, spec, fill.value)
    if why is not None:
        return why
    work.drop_kept(frozenset({fill.slot}))
    part = parts.part_after(spec, work.at.slots.get(fill.slot), fill, score)
    work.fill(fill.slot, parts.marked(checking.fresh(spec, fill, score), part))
    work.note("filled", fill.slot, fill.source, spec.place)
    return None


def _invalid(work: Work, question: Question, slot: str, why: Phrase) -> None:
    """The slot whose value will not do is asked again, if this step asks it at all."""
    step = question.step
    work.stand(work.at.question_step)
    if isinstance(step, Ask) and slot in step.slots and slot != question.name and _asked_filled(work, question):
        work.at = replace(work.at, question=slot)
        other = question_here(work)
        assert other is not None
        remember(work, other)
        question = other
    trouble(work, question, Trouble.INVALID, why)


def _asked_filled(work: Work, question: Question) -> bool:
    return question.name in work.at.slots


def _resume(work: Work) -> None:
    work.stand(work.at.question_step)
    work.walking = True


# ---- for the record


def masked_words(work: Work, listen: Listen, reading: Reading) -> str:
    """The caller's words as anybody may read them: a private slot's are replaced by the masked values."""
    classes = {listen.privacy, *(work.privacy(fill.slot) for fill in reading.fills)}
    if classes == {Privacy.OPEN}:
        free = listen.guarded and any(slot.type in (Type.TEXT, Type.NAME) for slot in listen.expects[:1])
        said = shown(listen, reading)
        return mask_numbers(said) if free else said  # where anything may be said, so may a private number
    if reading.command is not None and not reading.fills:
        return reading.command  # a model may have made it of words that say more
    if reading.yes is not None and not reading.fills:
        return mask_numbers(reading.words)  # "yes, 12345678"
    if classes & {Privacy.PCI, Privacy.SECRET}:
        return MASK
    named = [fill for fill in reading.fills if fill.slot in work.flow.slots]
    values = [value_phrase(work, ran.spec_of(work, fill.slot), fill.value).shown for fill in named]
    return ", ".join(values) or MASK
