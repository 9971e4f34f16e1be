"""One stream's part of a call's recording: both sides on the carrier's clock, ours when it was played."""

from ivr.call.hearing import Hearing
from ivr.call.playback import Playback
from ivr.live.ports import Recording
from ivr.units import BYTES_PER_MS


class Recorded:
    """The caller's frames go into the recording by themselves; here is what goes in beside them."""

    def __init__(self, recording: Recording, begins: int, hearing: Hearing) -> None:
        """`begins`: which sample of the recording this stream's first one is."""
        self._recording = recording
        self._begins = begins
        self._hearing = hearing

    def lay_down(self, playback: Playback) -> None:
        """What was played since the last time."""
        epoch_ms = self._hearing.epoch_ms
        for played in playback.take_played():
            at_sample = max(0, round((played.at_ms - epoch_ms) * BYTES_PER_MS))
            self._recording.bot(self._begins + at_sample, played.mulaw)
        self._recording.advance(self._begins + self._hearing.position)

    def pause(self, on: bool) -> None:
        (self._recording.pause if on else self._recording.resume)(self._begins + self._hearing.position)

    def close(self, playback: Playback | None) -> None:
        """None: nothing could be played on this stream."""
        if playback is not None:
            self.lay_down(playback)
        self._recording.close(self._begins + self._hearing.position)
