"""What a call's machine asks for is done: by its hands, by its playout, by the keeper, on its line."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Protocol, assert_never

import structlog

from ivr import metrics
from ivr.call import effects as fx
from ivr.call.line_quality import LineQuality
from ivr.errors import StoreError
from ivr.live.hands import Hands
from ivr.live.music import Music
from ivr.live.ports import Keeper, Line
from ivr.live.recorded import Recorded
from ivr.live.voicemail import CallMessages
from ivr.models.prompt_cache import Sound
from ivr.units import CallId

log = structlog.get_logger("ivr.live")

LEAVE_DEADLINE_S = 5.0


class Voicing(Protocol):
    """How what is to be said reaches the caller. Neither method waits."""

    def start(self, say: fx.StartPlayout) -> None: ...
    def stop(self) -> None: ...
    def play_music(self, music: Sound) -> None: ...
    def play_tone(self, say: str) -> None: ...


class Deeds:
    """Of one call on one stream, while it is conducted."""

    def __init__(
        self,
        tasks: asyncio.TaskGroup,
        call_id: CallId,
        line: Line,
        *,
        hands: Hands,
        playout: Voicing,
        keeper: Keeper,
        recorded: Recorded | None,
        quality: LineQuality,
        music: Music,
        messages: CallMessages | None = None,
        drop: Callable[[str], None] | None = None,
    ) -> None:
        """`recorded`: None where the call is not recorded. `messages`: those the caller leaves; None: they are not
        kept. `drop`: an attendant is not waited for any more."""
        self._tasks = tasks
        self._call_id = call_id
        self._line = line
        self.hands = hands
        self.playout = playout
        self._keeper = keeper
        self._recorded = recorded
        self._quality = quality
        self._music = music
        self._messages = messages
        self._drop = drop
        self.finished = False
        """The call is over, and its row says how."""

    def do(self, effects: Sequence[fx.Effect]) -> None:
        """In their order. Never waits."""
        hands, playout = self.hands, self.playout
        for effect in effects:
            match effect:
                case fx.StartPlayout():
                    playout.start(effect)
                case fx.CutPlayout():
                    playout.stop()
                case fx.PlayMusic():
                    playout.play_music(() if effect.sound is None else self._music.sound(effect.sound))
                case fx.Transcribe():
                    hands.transcribe(effect)
                case fx.DropTranscribe():
                    hands.drop_transcribe()
                case fx.Rank():
                    hands.rank(effect)
                case fx.Understand():
                    hands.understand(effect)
                case fx.JudgeTurn():
                    hands.judge(effect)
                case fx.RunTool():
                    hands.run_tool(effect)
                case fx.AskModel():
                    hands.ask_model(effect)
                case fx.DropModel():
                    hands.drop_model(effect.id)
                case fx.SendOut():
                    hands.send(effect)
                case fx.BringAttendant():
                    hands.bring(effect)
                case fx.DropAttendant():
                    if self._drop is not None:
                        self._drop(effect.id)
                case fx.PlayTone():
                    playout.play_tone(effect.say)
                case fx.KeepMessage():
                    if self._messages is not None:
                        self._messages.begin(effect)
                case fx.EndMessage():
                    if self._messages is not None:
                        self._messages.end(effect)
                case fx.WakeAt():
                    hands.wake_at(effect)
                case fx.Leave():
                    self._tasks.create_task(self._leave(effect))
                case fx.Finish():
                    self.finished = True
                    self._keeper.finished(self._call_id, effect)
                case fx.PauseRecording():
                    if self._recorded is not None:
                        self._recorded.pause(effect.on)
                case fx.KeepEntry():
                    self._quality.kept(effect)
                    self._keeper.entry(self._call_id, effect)
                case fx.KeepTurn():
                    if effect.who == "caller" and not effect.by_keys:
                        metrics.ANSWERS_READ.labels(effect.read_by).inc()
                    self._quality.kept(effect)
                    self._keeper.turn(self._call_id, effect)
                case fx.KeepToolSent():
                    self._keeper.tool_sent(self._call_id, effect)
                case fx.KeepTool():
                    self._keeper.tool(self._call_id, effect)
                case fx.KeepNote():
                    self._quality.kept(effect)
                    self._keeper.note(self._call_id, effect)
                case _:
                    assert_never(effect)

    async def _leave(self, leave: fx.Leave) -> None:
        """What the carrier is to do next is kept before the stream is closed, since closing makes it ask."""
        try:
            async with asyncio.timeout(LEAVE_DEADLINE_S):
                await self._keeper.durable(self._call_id, leave.entry)
                await self._keeper.leave(self._call_id, leave)
        except (StoreError, TimeoutError):
            log.error("the end of the call could not be kept", call=self._call_id, intent=leave.intent)
        self._line.close(1000)
