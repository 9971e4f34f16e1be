"""Prompt to sound to the line: what is ready is sent at once, a mark behind every piece, and `clear` takes it back.

There is no pacing timer. Up to 30 s may be unplayed; beyond that one piece follows each mark that comes back.
"""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass, replace

import structlog

from ivr.audio import mulaw
from ivr.audio.level import levelled
from ivr.audio.pcm import Pcm
from ivr.audio.resample import Resampler, resample_whole
from ivr.call import events as ev
from ivr.call.effects import StartPlayout
from ivr.call.line_quality import SLOW_VOICE_MS, LineQuality
from ivr.call.line_report import Trouble
from ivr.call.playback import Ended, Playback
from ivr.errors import ModelError, ModelUnavailable
from ivr.live.clock import CallClock, Timer
from ivr.models.deadline import due_in, now_ms
from ivr.models.ports import Synthesizer, Voice
from ivr.models.prompt_cache import PromptCache
from ivr.models.sentences import sentences
from ivr.units import BYTES_PER_MS, LINE_RATE_HZ, Millis

log = structlog.get_logger("ivr.live")

PIECE_MS = 500
FIRST_PIECE_MS = 200
UNPLAYED_MS = 30_000
SPEAK_DEADLINE_MS = 8_000
AGAIN_WITHIN_MS = 1_000
"""A voice that failed within so much time is asked again: more, and the caller would wait twice as long for nothing."""


@dataclass(frozen=True, slots=True)
class Spoken:
    """A piece of a sentence as it leaves. `whole`: the sentence has no more."""

    sentence: str
    mulaw: bytes
    first: bool
    whole: bool


class Mouth:
    """The voice with what it keeps: fixed prompts as they leave, shared by all calls."""

    def __init__(self, synthesizer: Synthesizer, cache: PromptCache, voice: Voice) -> None:
        self._synthesizer = synthesizer
        self._cache = cache
        self._voice = voice

    async def speak(self, text: str, *, fixed: bool) -> AsyncGenerator[Spoken, None]:
        """Sentence by sentence, as soon as there is sound. Raises: ModelError."""
        ready = self.at_hand(text) if fixed else []
        for part in ready:
            yield part
        if ready:
            return
        made: list[bytes] = []
        for sentence in sentences(text):
            made.append(b"")
            async with aclosing(self._said(sentence)) as pieces:
                async for spoken in pieces:
                    made[-1] += spoken.mulaw
                    yield spoken
        if fixed and all(made):
            self._cache.put(text, self._voice, tuple(made))

    def at_hand(self, text: str) -> list[Spoken]:
        """The sound of a fixed prompt if it needs no voice any more; empty if it does."""
        parts, cached = sentences(text), self._cache.get(text, self._voice) or ()
        if len(cached) != len(parts):
            return []
        return [Spoken(sentence, sound, True, True) for sentence, sound in zip(parts, cached, strict=True)]

    async def warm(self, texts: list[str]) -> None:
        """Makes ready what will be said. Raises: ModelError."""
        for text in texts:
            async with aclosing(self.speak(text, fixed=True)) as spoken:
                async for _ in spoken:
                    pass

    async def _said(self, sentence: str) -> AsyncGenerator[Spoken, None]:
        """A voice that fails at once is asked once more; one that gives no sound has failed. Raises: ModelError."""
        say = self._streamed if self._synthesizer.streams else self._whole
        began_ms, sounded = now_ms(), False
        for last in (False, True):
            try:
                async with aclosing(say(sentence)) as pieces:
                    async for spoken in pieces:
                        if spoken.mulaw or sounded:
                            yield spoken if sounded else replace(spoken, first=True)
                            sounded = True
                if not sounded:
                    raise ModelUnavailable("the voice gave no sound")
                return
            except ModelError:
                if last or sounded or now_ms() - began_ms > AGAIN_WITHIN_MS:
                    raise

    async def _whole(self, sentence: str) -> AsyncGenerator[Spoken, None]:
        """The whole sentence at once: the long filter, its level set, the voice's silence around it cut."""
        async with aclosing(self._asked(sentence)) as parts:
            sound = b"".join([mulaw.encode(line_sound(pcm)) async for pcm in parts])
        yield Spoken(sentence, sound, True, True)

    async def _streamed(self, sentence: str) -> AsyncGenerator[Spoken, None]:
        """Each piece as it comes, through one filter without seams; only its 2 ms of memory wait for the end."""
        to_line = Resampler(self._synthesizer.rate_hz, LINE_RATE_HZ)
        first = True
        async with aclosing(self._asked(sentence)) as parts:
            async for pcm in parts:
                yield Spoken(sentence, mulaw.encode(to_line.feed(pcm)), first, False)
                first = False
        yield Spoken(sentence, mulaw.encode(to_line.flush()), first, True)

    def _asked(self, sentence: str) -> AsyncGenerator[Pcm, None]:
        return self._synthesizer.speak(sentence, self._voice, due_in(SPEAK_DEADLINE_MS))


def line_sound(pcm: Pcm) -> Pcm:
    """A whole sentence as it leaves: at the line's rate and level, without the voice's silence around it."""
    if pcm.rate_hz != LINE_RATE_HZ:
        pcm = resample_whole(pcm, LINE_RATE_HZ)
    return _trimmed(levelled(pcm))


LEAD_MS, TAIL_MS, QUIET = 20, 180, 200


def _trimmed(pcm: Pcm) -> Pcm:
    loud = (abs(pcm.array().astype(int)) > QUIET).nonzero()[0]
    if not len(loud):
        return pcm
    begin = max(0, int(loud[0]) - LEAD_MS * pcm.rate_hz // 1000)
    end = min(len(pcm), int(loud[-1]) + TAIL_MS * pcm.rate_hz // 1000)
    return Pcm(pcm.samples[2 * begin : 2 * end], pcm.rate_hz)


class Playout:
    """One call's prompts on their way to the ear. Events go to `happened`, in order."""

    def __init__(
        self,
        tasks: asyncio.TaskGroup,
        mouth: Mouth,
        clock: CallClock,
        *,
        send: Callable[[bytes, str], None],
        clear: Callable[[], None],
        happened: Callable[[ev.Event], None],
        quality: LineQuality,
        loop_late_ms: Callable[[], float],
    ) -> None:
        """`send(mulaw, mark)` puts sound and its mark on the line; neither it nor `clear` waits. `quality` is told who
        was slow where a prompt falls silent; `loop_late_ms`: how late our own loop was at worst lately."""
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
        self.playback = Playback()

    def start(self, say: StartPlayout) -> None:
        if say.ahead and self._sending is not None:
            self._say_ahead(say)
            return
        self.playback.begin(say.say)
        self._queue.append(say)
        if self._sending is None:
            self._sending = self._tasks.create_task(self._send_all())

    def _say_ahead(self, say: StartPlayout) -> None:
        """While the voice is at work on something else, from what is at hand; else it is over at once, unheard."""
        self.playback.begin(say.say, ahead=True)
        spoken = self._mouth.at_hand(say.text)
        for part in spoken:
            self.playback.sentence(say.say, part.sentence, len(part.mulaw))
            for piece in _pieces(part.mulaw, first=False):
                self._send(piece, self.playback.sent(say.say, piece, self._now()))
            self.playback.sentence_whole(say.say)
        if spoken:
            self._happened(ev.PlayoutBegan(say.say))
        self.playback.complete(say.say, failed=not spoken)
        self._tell(self.playback.ended())
        self._watch()

    def stop(self) -> None:
        """Take back all that is unplayed; every say under way ends."""
        if self._sending is not None:
            self._sending.cancel()
            self._sending = None
        self._queue.clear()
        self._clear()
        self._tell(self.playback.clear(self._now()))
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

    async def _send_one(self, say: StartPlayout) -> None:
        began, room_ms, asked_ms = False, 0, self._now()
        async with aclosing(self._mouth.speak(say.text, fixed=say.fixed)) as spoken:
            async for part in spoken:
                self._spoke_after(self._now() - asked_ms, first=part.first)
                if part.first:
                    known = len(part.mulaw) if part.whole else 0
                    self.playback.sentence(say.say, part.sentence, known)
                for piece in _pieces(part.mulaw, first=not began):
                    room_ms += await self._room()
                    silent_ms = self.playback.silent_ms
                    self._send(piece, self.playback.sent(say.say, piece, self._now()))
                    if self.playback.silent_ms > silent_ms:
                        self._fell_silent(self.playback.silent_ms - silent_ms, room_ms)
                    room_ms = 0
                    if not began:
                        began = True
                        self._happened(ev.PlayoutBegan(say.say))
                if part.whole:
                    self.playback.sentence_whole(say.say)
                asked_ms = self._now()

    async def _room(self) -> int:
        """Until there is room at the far end; how many ms that took."""
        began_ms = self._now()
        while self.playback.unplayed_ms > UNPLAYED_MS:
            self._returned.clear()
            await self._returned.wait()
        return self._now() - began_ms

    def _spoke_after(self, ms: int, *, first: bool) -> None:
        if first and ms - self._loop_late_ms() > SLOW_VOICE_MS:
            self._quality.failed(Trouble.VOICE, self._now())

    def _fell_silent(self, ms: float, room_ms: int) -> None:
        """Whoever kept us from sending: the receipts of what was played, our own loop, or else the voice."""
        if room_ms > ms / 2:
            trouble = Trouble.MARKS_LATE
        elif self._loop_late_ms() > ms / 2:
            trouble = Trouble.UNDERRUN
        else:
            trouble = Trouble.VOICE_SLOW
        self._quality.fell_silent(trouble, self._now() - ms, ms)

    def _tell(self, ended: list[Ended]) -> None:
        for end in ended:
            self._happened(
                ev.PlayoutEnded(
                    end.id,
                    end.sent,
                    end.heard_ms,
                    end.heard,
                    end.cut,
                    end.began_ms,
                    end.marks,
                    end.acknowledged_ms,
                    end.acknowledged,
                )
            )

    def _watch(self) -> None:
        """Nothing waits on a mark without a deadline."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        at_ms = self.playback.next_check_ms()
        if at_ms is not None:
            self._timer = self._clock.call_at(at_ms, self._overdue)

    def _overdue(self) -> None:
        self._timer = None
        self.playback.expire(self._now())
        self._returned.set()
        self._tell(self.playback.ended())
        self._watch()


def _pieces(sound: bytes, *, first: bool) -> list[bytes]:
    """Cut for marks: at least one every half second, and the first sound of an answer in a short one."""
    head = (FIRST_PIECE_MS if first else PIECE_MS) * BYTES_PER_MS
    cut = [sound[:head]] if sound else []
    at = head
    while at < len(sound):
        cut.append(sound[at : at + PIECE_MS * BYTES_PER_MS])
        at += PIECE_MS * BYTES_PER_MS
    return cut
