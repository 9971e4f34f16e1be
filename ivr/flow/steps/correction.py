"""Corrections and `back`: to the question that was asked, with the new value in or none, and forward from there."""

from collections.abc import Sequence

from ivr.flow.flow import Ask
from ivr.flow.flow.tools import SUMMARY
from ivr.flow.state import Asked, Fill, Pending, Phrase
from ivr.flow.steps import asides, checking, ran
from ivr.flow.steps import path as paths
from ivr.flow.steps.ask import ask_again, open_question, remember
from ivr.flow.steps.asked import asked_step
from ivr.flow.steps.copying import replace
from ivr.flow.steps.expected import correctable
from ivr.flow.steps.fitness import broken_rules, fault_of
from ivr.flow.steps.listening import listen
from ivr.flow.steps.parts import part_of
from ivr.flow.steps.phrases import question_phrase, sentence
from ivr.flow.steps.question import Question, question_here, question_interrupt, wants_yes
from ivr.flow.steps.summary import forget as forget_summary
from ivr.flow.steps.summary import nothing_to_change
from ivr.flow.steps.trouble import trouble
from ivr.flow.steps.work import Work
from ivr.flow.types import Trouble


def correct(work: Work, fills: Sequence[Fill]) -> None:
    """ "No, I said four": change slots that were answered before."""
    inside = asides.leave(work)
    work.at = replace(work.at, either=())
    fills = ran.put_right(work, fills)
    changed = [fill for fill in fills if fill.value != work.value((fill.slot,))]
    if not changed and inside:
        asides.go_on(work)
        return
    if not changed:
        ask_again(work, spoken=True)
        return
    for fill in changed:
        why = _fault(work, fill)
        if why is not None:
            _ask_anew(work, fill.slot, why)
            return
        if already_acted_on(work, fill.slot):
            too_late(work, fill.slot)
            return
    policy = work.flow.slots[changed[0].slot].confirm_change
    if len(changed) == 1 and wants_yes(policy, changed[0].source, None, changed[0].sure):
        _confirm_change(work, changed[0])
        return
    apply(work, changed, confirmed=False)


def _fault(work: Work, fill: Fill) -> Phrase | None:
    return None if fill.value is None else fault_of(work, work.flow.slots[fill.slot], fill.value)


def _confirm_change(work: Work, fill: Fill) -> None:
    work.drop_pending()
    pending = Pending(replace(fill, corrects=True), work.at.question_step)
    work.state = replace(work.state, pending=pending)
    question = question_here(work)
    assert question is not None
    work.say(question_phrase(work, question), question_interrupt(work, question), again=True)
    listen(work, question)


def apply(work: Work, fills: Sequence[Fill], *, confirmed: bool) -> None:
    """Put the new values in and go back to the step that asked for the earliest of them."""
    was_at = f"at {work.at.question}" if work.at.question is not None else ""
    indexes = [index for f in fills if (index := asked_step(work, f.slot)) is not None]
    if indexes:
        _return_to(work, min(indexes), replay=True)
    else:
        work.stand(work.at.question_step)
        work.walking = True
    for fill in fills:
        spec = work.flow.slots[fill.slot]
        work.note("correction", fill.slot, was_at, place=spec.place)
        work.drop_kept(frozenset({fill.slot}))
        work.fill(fill.slot, checking.fresh(spec, fill, None, confirmed=confirmed))
    for fill in fills:
        run_rules_again(work, fill.slot, stands_at=min(indexes) if indexes else None)


def run_rules_again(work: Work, changed: str, *, stands_at: int | None = None) -> None:
    """Rules of other slots that name the changed one: a slot whose rule fails now is emptied and asked again.
    `stands_at`: the question that the call has gone back to; those behind it are come to in their turn."""
    for name, why in broken_rules(work, changed).items():
        work.empty([name])
        work.at = replace(work.at, doubts={**work.at.doubts, name: why})
        index = asked_step(work, name)
        if index is not None and (stands_at is None or index < stands_at):
            _return_to(work, index, leave_out=frozenset({name}))


def ask_anew(work: Work, question: Question, name: str) -> None:
    """ "Change the date": that slot is asked again; where it was not said which, that is asked first."""
    if not name and not asides.is_aside(question):
        among = correctable(work)
        if len(among) == 1:
            name = among[0]
        elif not among:
            trouble(work, question, Trouble.NO_MATCH)
            return
    if name:
        _ask_slot(work, name)
    else:
        asides.ask_what(work)


def chose(work: Work, question: Question, option: str) -> None:
    """The answer to what is to be changed, or to which of several slots is meant."""
    fill = next((fill for fill in work.at.either if fill.slot == option), None)
    if question.name == paths.WHICH and fill is not None:
        correct(work, [fill])
    elif option != asides.NONE:
        _ask_slot(work, option)
    else:
        asides.go_on(work)
        base = question_here(work)
        if base is not None and isinstance(base.step, Ask) and base.name == SUMMARY:
            nothing_to_change(work, base.step)


def _ask_slot(work: Work, name: str) -> None:
    asides.leave(work)
    if already_acted_on(work, name):
        too_late(work, name)
        return
    index = asked_step(work, name)
    work.note("correction", name, f"asked anew at {work.at.question}", work.flow.slots[name].place)
    work.forget_said()
    if index is not None:
        _return_to(work, index, replay=True)
    else:
        work.stand(work.at.question_step)
        work.walking = True
    work.empty([name])
    step = work.step()
    if work.flow.slots[name].ask is not None and not (isinstance(step, Ask) and name in step.slots):
        open_question(work, name)


def back(work: Work, question: Question) -> None:
    """The question before this one, with its slot emptied; while a value is read back, that value's own question."""
    target = _asked_before(work, question)
    if asides.is_aside(question):
        asides.go_on(work)
        return
    while target is not None and work.at.asked[target].question == paths.RAN:
        ran.enter_at(work, work.at.asked[target])
        target = len(work.at.asked) - 1
    if target is None:
        ask_again(work, spoken=True)
        return
    slot = work.at.asked[target].question
    if already_acted_on(work, slot):
        too_late(work, slot)
        return
    work.note("correction", slot, "back", question.step.place)
    work.forget_said()
    _return_to(work, target, leave_out=frozenset({slot}))
    if slot in work.flow.slots:
        work.empty([slot])
    elif slot == SUMMARY:
        forget_summary(work)


def _asked_before(work: Work, question: Question) -> int | None:
    asked = work.at.asked
    if question.pending is not None and not question.pending.fill.corrects:
        return asked_step(work, question.pending.fill.slot)
    if part_of(work, question) is not None:
        return asked_step(work, question.name)
    here = (question.name, work.at.node, work.at.question_step)
    last = len(asked) - 1
    if asked and (asked[last].question, asked[last].node, asked[last].step) == here:
        last -= 1
    return last if last >= 0 else None


def _return_to(work: Work, index: int, *, leave_out: frozenset[str] = frozenset(), replay: bool = False) -> None:
    """Stand where a question was asked; what was forgotten since then is known again. `replay`: menus passed since are
    not asked again."""
    asked: Asked = work.at.asked[index]
    passed = {(entry.node, entry.step): entry.chose for entry in work.at.asked[index:] if entry.chose is not None}
    slots = {**asked.slots, **work.at.slots}
    tries = work.at.tries if asked.node == work.at.node else {}
    if asked.node != work.at.node:
        work.note("node", asked.node, "again", work.flow.nodes[asked.node].place)
    work.state = replace(work.state, pending=None)
    work.leave_agent()
    work.at = replace(
        work.at,
        node=asked.node,
        slots={name: slot for name, slot in slots.items() if name not in leave_out},
        asked=work.at.asked if replay else work.at.asked[:index],
        tries=tries,
        question=None,
        replay=passed if replay else {},
        retracing=replay,
        correcting=True,
    )
    work.stand(asked.step)
    work.walking = True


def _ask_anew(work: Work, name: str, why: Phrase) -> None:
    """The new value will not do either: ask for the slot again and say why."""
    index = asked_step(work, name)
    assert index is not None
    _return_to(work, index)
    work.empty([name])
    work.at = replace(work.at, question=name, question_step=work.path)
    question = question_here(work)
    assert question is not None
    remember(work, question)
    trouble(work, question, Trouble.INVALID, why)


# ---- changes in the world that were made with the old value


def already_acted_on(work: Work, slot: str) -> bool:
    """Was a change made, or perhaps made, with this slot's value?"""
    return any(
        made.changes_world and slot in made.names and (made.succeeded or made.result in (None, "unknown"))
        for made in work.state.made
    )


def too_late(work: Work, slot: str) -> None:
    """The change is not made again: say so and offer a person. The old value stays."""
    work.note("correction", slot, "already acted on", work.flow.slots[slot].place)
    work.state = replace(work.state, pending=None)
    operator = work.flow.commands.get("operator")
    if operator is None or operator.goto is None or not work.can_go(operator.goto):
        work.say(sentence(work, "done_already_end"), work.interrupt(own=None), again=True)
        work.stand(work.at.question_step)
    else:
        work.stand(work.at.question_step)
        work.enter(f"offer/{work.at.question}")
    work.walking = True
