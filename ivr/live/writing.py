"""One conversation in writing while a message is answered: the call's own machine without a line.

What is said is read at once and counts as heard; tools, models, messages and callbacks are what they are in every
call. It is over for now when the flow waits for the next message.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from typing import Final

import structlog

from ivr.call import effects as fx
from ivr.call import events as ev
from ivr.call.line_quality import LineQuality
from ivr.call.machine import Call
from ivr.live.clock import CallClock
from ivr.live.deeds import Deeds
from ivr.live.hands import Hands
from ivr.live.music import Music
from ivr.live.ports import Keeper, Toolbox
from ivr.live.voiced import VoicedReplies
from ivr.models.ports import Responder, Similarity, Transcriber, Understander
from ivr.models.prompt_cache import Sound
from ivr.units import CallId, Millis

log = structlog.get_logger("ivr.live")

ANSWER_S: Final = 25.0
"""A message is answered by then, or with what there is: what is still under way is taken up with the next one."""
TOOLS_S: Final = 5.0
"""Beyond that tools are not waited for."""
MOST_FAULTS: Final = 3


class Page:
    """What is said, as somebody reads it."""

    def __init__(self, happened: Callable[[ev.Event], None]) -> None:
        self._happened = happened
        self.said: list[str] = []

    def start(self, say: fx.StartPlayout) -> None:
        """A sentence that only shows that somebody is there is not written: the answer comes with it."""
        if not say.filler:
            self.said.append(say.text)
        read = "" if say.filler else say.text
        self._happened(ev.PlayoutBegan(say.say))
        self._happened(ev.PlayoutEnded(say.say, sent=read, heard_ms=Millis(0), heard=read, cut=say.filler))

    def stop(self) -> None:
        """All of it was read."""

    def play_music(self, music: Sound) -> None:
        """There is nobody to hear it."""

    def play_tone(self, say: str) -> None:
        """Messages are not taken in writing."""


class _NoLine:
    def send(self, text: str) -> None:
        raise AssertionError("nothing is sent to a carrier")

    def close(self, code: int) -> None:
        pass


class WrittenCall:
    """From one message to what is said to it."""

    def __init__(
        self,
        call_id: CallId,
        call: Call,
        clock: CallClock,
        *,
        transcriber: Transcriber,
        similarity: Similarity | None,
        responder: Responder | None,
        understander: Understander | None,
        toolbox: Toolbox,
        keeper: Keeper,
        music: Music,
    ) -> None:
        self.call_id = call_id
        self.call = call
        self._clock = clock
        self._transcriber = transcriber
        self._similarity = similarity
        self._responder = responder
        self._understander = understander
        self._toolbox = toolbox
        self._keeper = keeper
        self._music = music
        self._inbox: deque[ev.Event] = deque()
        self._arrived = asyncio.Event()
        self._page = Page(self.put)
        self._faults = 0
        self.last_entry = 0
        """The number of the latest one in the journal."""
        self.closed = asyncio.Event()
        """Nothing more will be written down for this message."""

    @property
    def said(self) -> tuple[str, ...]:
        return tuple(self._page.said)

    def put(self, event: ev.Event) -> None:
        self._inbox.append(event)
        self._arrived.set()

    def stream_lost(self) -> None:
        """Another process wants the call: it gets it once this message is answered, which is soon."""

    async def run(self, happened: Sequence[ev.Event]) -> None:
        """Until the next message is waited for, the call is over, or it took too long."""
        for event in happened:
            self.put(event)
        try:
            await self._run()
        finally:
            self._keeper.end(self.call_id, None)
            self.closed.set()

    async def _run(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            hands = Hands(
                tasks,
                self._clock,
                self.call_id,
                transcriber=self._transcriber,
                similarity=self._similarity,
                responder=self._responder,
                understander=self._understander,
                toolbox=self._toolbox,
                keeper=self._keeper,
                voiced=VoicedReplies(),
                happened=self.put,
            )
            deeds = Deeds(
                tasks,
                self.call_id,
                _NoLine(),
                hands=hands,
                playout=self._page,
                keeper=self._keeper,
                recorded=None,
                quality=LineQuality(),
                music=self._music,
            )
            if not await self._goes_on(deeds, ANSWER_S):
                log.warning("a message could not be answered in time", call=self.call_id)
                self.put(ev.StreamLost())
                await self._goes_on(deeds, TOOLS_S)
            hands.drop_all()

    async def _goes_on(self, deeds: Deeds, within_s: float) -> bool:
        """Whether it came to its end in time."""
        try:
            async with asyncio.timeout(within_s):
                while True:
                    self._drain(deeds)
                    if self.call.ended:
                        return True
                    if self.call.waits_for_writing:
                        self.put(ev.MessageAnswered())
                        self._drain(deeds)
                        return True
                    await self._arrived.wait()
                    self._arrived.clear()
        except TimeoutError:
            return False

    def _drain(self, deeds: Deeds) -> None:
        while self._inbox:
            event = self._inbox.popleft()
            now = Millis(self._clock.now())
            try:
                effects: Sequence[fx.Effect] = self.call.feed(event, now)
            except Exception as fault:
                effects = self._stumbled(fault, type(event), now)
            for effect in effects:
                if isinstance(effect, fx.KeepEntry):
                    self.last_entry = effect.seq
            deeds.do(effects)

    def _stumbled(self, fault: Exception, over: type[ev.Event], now: Millis) -> Sequence[fx.Effect]:
        """A mistake of ours ends the turn and not the call: the flow's `on_error` takes over."""
        self._faults += 1
        log.error("a turn in writing failed", call=self.call_id, kind=over.__name__, exc_info=fault)
        if self._faults > MOST_FAULTS:
            raise fault
        return self.call.feed(ev.Faulted(), now)
