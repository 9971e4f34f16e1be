"""A call as the watch sees it."""

from ivr.call.machine import Call
from ivr.call.playback import Playback
from ivr.call.watch import Facts
from ivr.units import BYTES_PER_MS, Millis

_LATE = Millis(2**53)
"""A message is ended by a silence of its own; who has answered, and its tone, have times of their own too."""


def facts_of(call: Call, playback: Playback) -> Facts | None:
    """None: there is nobody to speak to."""
    if call.over:
        return None
    listening, hearing = call.listening, call.hearing
    return Facts(
        came_ms=hearing.position // BYTES_PER_MS,
        scored_ms=hearing.endpointing.now_sample // BYTES_PER_MS,
        floor=listening.floor,
        pause_ms=hearing.endpointing.silence_ms,
        allowed_pause_ms=listening.allowed_pause_ms,
        waits_until_ms=_LATE if call.taking_message or call.heeds_far_end else listening.waits_until_ms,
        answer_within_ms=listening.answer_within_ms,
        caller_turns=call.state.turns,
        tool=call.state.calling is not None or call.taking_message or call.heeds_far_end,
        leaving=call.leaving,
        prompts=call.prompting,
        unsent=playback.unsent,
        sounds_until_ms=playback.sounds_until_ms,
    )
