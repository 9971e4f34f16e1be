"""What was to happen by a certain time: the longest call, words for who waits, answers that do not come."""

from ivr.flow import state as st
from ivr.flow.state import Doing
from ivr.flow.steps import agent, agent_waiting, call, faults, record, sending, transfer, waiting
from ivr.flow.steps.work import Work


def woke(work: Work, wake_id: str) -> None:
    if wake_id == work.limit_id:
        if work.state.doing not in (Doing.HOLDING, Doing.TRANSFERRING, Doing.RECORDING, Doing.ENDING):
            faults.limit(work, "limit")
        return
    awaited, _, why = wake_id.rpartition(":")
    if awaited not in work.state.awaiting:
        return
    if why == "filler" and (agent.waits_for(work, awaited) or work.state.awaiting[awaited].kind == "model"):
        agent_waiting.still_here(work, awaited)
    elif why == "filler":
        call.say_filler(work, awaited)
    elif why == "every":
        waiting.say_line(work, awaited)
    elif why == "deadline":
        _overdue(work, awaited)


def _overdue(work: Work, awaited: str) -> None:
    match work.state.awaiting[awaited].kind:
        case "attendant":
            transfer.nobody_came(work, awaited)
        case "callback":
            sending.booked(work, st.CallbackBooked(work.at_ms, awaited, "failed"))
        case "message":
            record.taken(work, st.MessageTaken(work.at_ms, awaited, "failed"))
        case "model":
            agent.failed(work, st.ModelFailed(work.at_ms, awaited, "timeout"))
        case "tool":
            tool_answered(work, awaited, st.RawReply(error="timeout"))
        case _:
            pass  # of a transfer the carrier tells the end


def tool_answered(work: Work, answered: str, reply: st.RawReply | st.NamedReply) -> None:
    if agent.waits_for(work, answered):
        agent.tool_answered(work, answered, reply)
    else:
        call.answered(work, answered, reply)
