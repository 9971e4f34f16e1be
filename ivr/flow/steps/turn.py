"""The caller's turn: words or keys that answer the open question, or none within its time."""

from ivr.flow import state as st
from ivr.flow.steps import agent_caller, agent_waiting, answer, faults
from ivr.flow.steps.copying import replace
from ivr.flow.steps.work import Work


def is_awaited(work: Work, listen_id: str) -> bool:
    """Late news is not unknown: an answer to an earlier question changes nothing."""
    return work.state.listening is not None and work.state.listening.id == listen_id


def take_turn(work: Work, reading: st.Reading, *, by_keys: bool = False) -> None:
    heard = work.state.listening
    assert heard is not None
    turns = work.state.turns + 1
    work.state = replace(work.state, listening=None, turns=turns, quiet_ms=0)
    work.steps_walked = 0
    most = faults.AFTER_LIMIT_TURNS if work.state.over_limit else work.first_flow.limits.turns
    talk = agent_waiting.here(work)
    if most is not None and turns > most:
        work.tell("caller", agent_caller.masked_words(work, heard, reading))
        faults.limit(work, "limit")
        return
    if talk is None:
        if not agent_caller.overheard(work, heard, reading):
            answer.take(work, heard, reading)
    elif by_keys:
        agent_caller.keyed(work, talk, heard, reading)
    else:
        agent_caller.heard(work, talk, heard, reading)


def stay_silent(work: Work) -> None:
    """Silence counts at questions only, while the bot does not speak, and in a row."""
    heard = work.state.listening
    assert heard is not None
    talk = agent_waiting.here(work)
    thinks = talk is not None and agent_waiting.thinking(work)  # the caller waits for us
    quiet_ms = work.state.quiet_ms + (0 if thinks or heard.waiting else heard.answer_within_ms)
    work.state = replace(work.state, listening=None, quiet_ms=quiet_ms)
    work.steps_walked = 0
    most = work.first_flow.limits.silence_ms
    if most is not None and quiet_ms >= most:
        faults.limit(work, "silence")
    elif talk is not None:
        agent_caller.silent(work, talk)
    else:
        answer.nothing(work)
