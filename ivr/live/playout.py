"""Prompt to sound to the line: what is ready is sent at once, a mark behind every piece, and `clear` takes it back.

There is no pacing timer. Up to 30 s may be unplayed; beyond that one piece follows each mark that comes back.
"""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from functools import cache

import structlog

from ivr.audio import mulaw, tones
from ivr.call import events as ev
from ivr.call.effects import StartPlayout
from ivr.call.line_quality import LineQuality
from ivr.call.line_report import Trouble
from ivr.call.playback import Playback
from ivr.errors import ModelError
from ivr.live.answering import tell
from ivr.live.clock import CallClock, Timer
from ivr.live.mouth import Mouth, Spoken
from ivr.live.recordings import Recordings
from ivr.live.voiced import VoicedReplies
from ivr.models.prompt_cache import Piece, Sound, cut
from ivr.units import Millis

log = structlog.get_logger("ivr.live")

UNPLAYED_MS = 30_000
MUSIC_UNPLAYED_MS = 1_000
"""Music is sent only so far ahead, since it has to give way at once."""
MUSIC = "music/"


class Playout:
    """One call's prompts on their way to the ear. Events go to `happened`, in order."""

    def __init__(
        self,
        tasks: asyncio.TaskGroup,
        mouth: Mouth,
        clock: CallClock,
        *,
        send: Callable[[Piece, str], None],
        clear: Callable[[], None],
        happened: Callable[[ev.Event], None],
        quality: LineQuality,
        loop_late_ms: Callable[[], float],
        recordings: Recordings | None = None,
        voiced: VoicedReplies | None = None,
    ) -> None:
        """`send(piece, mark)` puts sound and its mark on the line; neither it nor `clear` waits. `quality` is told who
        was slow where a prompt falls silent; `loop_late_ms`: how late our own loop was at worst lately. `recordings`:
        None where there are no recorded prompts, and their words are spoken. `voiced`: where the sound is that came
        with a model's words; None where no model speaks."""
        self._recordings = recordings
        self._voiced = voiced
        self._quality = quality
        self._loop_late_ms = loop_late_ms
        self._tasks = tasks
        self._mouth = mouth
        self._clock = clock
        self._send = send
        self._clear = clear
        self._happened = happened
        self._queue: deque[StartPlayout] = deque()
        self._sending: asyncio.Task[None] | None = None
        self._returned = asyncio.Event()
        self._timer: Timer | None = None
        self._music: Sound = ()
        self._music_at = 0
        self._playing: asyncio.Task[None] | None = None
        """Plays the music, while nothing is being said."""
        self._music_unplayed = False
        """What is at the far end is music, and nothing else."""
        self.playback = Playback()

    def start(self, say: StartPlayout) -> None:
        if say.ahead and self._sending is not None:
            self._say_ahead(say)
            return
        self._hush()
        self.playback.begin(say.say)
        self._queue.append(say)
        if self._sending is None:
            self._sending = self._tasks.create_task(self._send_all())

    def _say_ahead(self, say: StartPlayout) -> None:
        """While the voice is at work on something else, from what is at hand; else it is over at once, unheard."""
        self.playback.begin(say.say, ahead=True)
        spoken = self._mouth.at_hand(say.text, say.language)
        for part in spoken:
            self.playback.sentence(say.say, part.sentence, part.size_bytes)
            for piece in part.pieces:
                self._send(piece, self.playback.sent(say.say, piece.mulaw, self._now()))
            self.playback.sentence_whole(say.say)
        if spoken:
            self._happened(ev.PlayoutBegan(say.say))
        self.playback.complete(say.say, failed=not spoken)
        self._tell(self.playback.ended())
        self._watch()

    def play_tone(self, say: str) -> None:
        """The tone before a message, behind what is at the far end already; its end is told as that of a say."""
        self._hush()
        self.playback.begin(say)
        self.playback.sentence(say, "")
        for piece in _tone():
            self._send(piece, self.playback.sent(say, piece.mulaw, self._now()))
        self.playback.sentence_whole(say)
        self.playback.complete(say)
        self._tell(self.playback.ended())
        self._watch()

    def stop(self) -> None:
        """Take back all that is unplayed; every say under way ends. Music goes on."""
        if self._sending is not None:
            self._sending.cancel()
            self._sending = None
        self._queue.clear()
        self._take_back()
        self._play_on()

    def play_music(self, music: Sound) -> None:
        """Over and over, whenever nothing is being said; empty: no more."""
        self._hush()
        self._music, self._music_at = music, 0
        self._play_on()

    def _take_back(self) -> None:
        self._clear()
        self._tell(self.playback.clear(self._now()))
        self._returned.set()
        self._watch()

    def _hush(self) -> None:
        """Music stops for what is to be said. It is never behind a prompt at the far end, so that taking it back takes
        nothing of one."""
        if self._playing is None:
            return
        self._playing.cancel()
        self._playing = None
        if self._music_unplayed:
            self._take_back()

    def _play_on(self) -> None:
        if self._music and self._sending is None and self._playing is None:
            self._playing = self._tasks.create_task(self._play())

    async def _play(self) -> None:
        """Each piece is a say of its own, about which nobody asks."""
        while self._music:
            most_ms = MUSIC_UNPLAYED_MS if self._music_unplayed else 0
            while self.playback.unplayed_ms > most_ms:
                self._returned.clear()
                await self._returned.wait()
            piece = self._music[self._music_at % len(self._music)]
            name = f"{MUSIC}{self._music_at}"
            self._music_at += 1
            self.playback.begin(name)
            self.playback.sentence(name, "", len(piece.mulaw))
            self._send(piece, self.playback.sent(name, piece.mulaw, self._now()))
            self.playback.sentence_whole(name)
            self.playback.complete(name)
            self._music_unplayed = True
            self._watch()

    def mark_returned(self, name: str) -> None:
        self.playback.marked(name, self._now())
        self._returned.set()
        self._tell(self.playback.ended())
        self._watch()

    def close(self) -> None:
        """The line is gone: what was heard is reckoned, nothing is told."""
        if self._sending is not None:
            self._sending.cancel()
            self._sending = None
        if self._playing is not None:
            self._playing.cancel()
            self._playing = None
        self._music = ()
        if self._timer is not None:
            self._timer.cancel()
        self.playback.clear(self._now())

    def _now(self) -> Millis:
        return Millis(self._clock.now())

    async def _send_all(self) -> None:
        while self._queue:
            say = self._queue.popleft()
            failed = False
            try:
                await self._send_one(say)
            except ModelError as fault:
                failed = True
                self._happened(ev.PlayoutFailed(say.say, str(fault)))
            except Exception as fault:  # a voice that breaks is a voice that fails
                failed = True
                log.exception("the voice broke", say=say.say)
                self._happened(ev.PlayoutFailed(say.say, type(fault).__name__))
            self.playback.complete(say.say, failed=failed)
            self._tell(self.playback.ended())
            self._watch()
        self._sending = None
        self._play_on()

    async def _send_one(self, say: StartPlayout) -> None:
        began, room_ms = False, 0
        async with aclosing(self._sounding(say)) as spoken:
            async for part in spoken:
                tell(self._happened, "speak", part.passed)
                if part.first:
                    self.playback.sentence(say.say, part.sentence, part.size_bytes if part.whole else 0)
                for piece in part.pieces:
                    room_ms += await self._room()
                    silent_ms = self.playback.silent_ms
                    self._send(piece, self.playback.sent(say.say, piece.mulaw, self._now()))
                    if self.playback.silent_ms > silent_ms:
                        self._fell_silent(self.playback.silent_ms - silent_ms, room_ms)
                    room_ms = 0
                    if not began:
                        began = True
                        self._happened(ev.PlayoutBegan(say.say))
                if part.whole:
                    self.playback.sentence_whole(say.say)

    async def _sounding(self, say: StartPlayout) -> AsyncGenerator[Spoken, None]:
        """A recording is one sentence, whatever is said in it. Raises: ModelError."""
        if say.sound is not None and self._recordings is not None:
            recorded = await self._recordings.sound(say.sound, say.language, say.from_ms)
            if recorded:
                yield Spoken(say.text, recorded, True, True)
                return
        if say.voiced is not None and self._voiced is not None and self._voiced.has(say.voiced):
            there = self._voiced.all_of(say.voiced, say.from_ms)
            if there is not None:
                yield Spoken(say.text, there, True, True)
                return
            first = True
            async with aclosing(self._voiced.sound(say.voiced, say.from_ms)) as coming:
                async for sound in coming:
                    yield Spoken(say.text, sound, first, False)
                    first = False
            yield Spoken(say.text, (), first, self._voiced.is_whole(say.voiced))
            return
        async with aclosing(self._mouth.speak(say.text, fixed=say.fixed, language=say.language)) as spoken:
            async for part in spoken:
                yield part

    async def _room(self) -> int:
        """Until there is room at the far end; how many ms that took."""
        began_ms = self._now()
        while self.playback.unplayed_ms > UNPLAYED_MS:
            self._returned.clear()
            await self._returned.wait()
        return self._now() - began_ms

    def _fell_silent(self, ms: float, room_ms: int) -> None:
        """Whoever kept us from sending: the receipts of what was played, our own loop, or else the voice."""
        if room_ms > ms / 2:
            trouble = Trouble.MARKS_LATE
        elif self._loop_late_ms() > ms / 2:
            trouble = Trouble.UNDERRUN
        else:
            trouble = Trouble.VOICE_SLOW
        self._quality.fell_silent(trouble, self._now() - ms, ms)

    def _tell(self, ended: list[ev.PlayoutEnded]) -> None:
        for end in ended:
            if not end.say.startswith(MUSIC):
                self._happened(end)
        if self.playback.silent:
            self._music_unplayed = False

    def _watch(self) -> None:
        """Nothing waits on a mark without a deadline. A timer that is set is left: it comes too early at worst."""
        at_ms = self.playback.next_check_ms()
        if at_ms is None:
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None
        elif self._timer is None:
            self._timer = self._clock.call_at(at_ms, self._overdue)

    def _overdue(self) -> None:
        self._timer = None
        self.playback.expire(self._now())
        self._returned.set()
        self._tell(self.playback.ended())
        self._watch()


@cache
def _tone() -> Sound:
    return cut(mulaw.encode(tones.message_tone()))
