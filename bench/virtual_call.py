"""One call in made-up time: the call's machine with the detector and the recogniser it has on the line, a telephone
network with its delay, and a far end that plays, acknowledges, clears and may give back what it plays as an echo.
"""

import asyncio
import heapq
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ivr.audio import mulaw
from ivr.audio.pcm import Pcm
from ivr.call import effects as fx
from ivr.call import events as ev
from ivr.call.machine import Call
from ivr.call.playback import Playback
from ivr.flow import engine
from ivr.flow.flow import Bundle
from ivr.live import answering
from ivr.live.ear import Ear
from ivr.models.ports import Transcriber
from ivr.models.sentences import sentences
from ivr.sim.line import BAND_TAPS, band_limited
from ivr.turn.floor import Floor
from ivr.units import BYTES_PER_MS, FRAME_BYTES, FRAME_MS, LINE_RATE_HZ, CallId, Millis

NETWORK_MS: Final = 40
"""One way."""
VOICE_MS: Final = 60
RECOGNISER_MS: Final = 150
PIECE_BYTES: Final = 500 * BYTES_PER_MS
CLIPPED_AT: Final = 6000.0

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class SpeakerPhone:
    """What is played comes back `gain_db` softer and `lag_ms` later, band-limited; `clipped`: bent by its amplifier."""

    gain_db: float = -12.0
    lag_ms: int = 100
    clipped: bool = True


class FarEnd:
    """Plays what it is sent, frame by frame."""

    def __init__(self, phone: SpeakerPhone | None) -> None:
        self._phone = phone
        self._waiting: deque[tuple[str, bytes]] = deque()
        self._at = 0
        """How much of the first one was played."""
        self._played = np.zeros(LINE_RATE_HZ)
        """The last second, for the echo."""
        self.silent: list[bool] = []
        """Of each frame."""

    def arrived(self, mark: str, sound: bytes) -> None:
        self._waiting.append((mark, sound))

    def cleared(self) -> None:
        self._waiting.clear()
        self._at = 0

    def frame(self) -> tuple[Floats, list[str]]:
        """20 ms are played: the echo that comes back now, and the marks that are passed."""
        played, passed = b"", list[str]()
        while self._waiting and len(played) < FRAME_BYTES:
            mark, sound = self._waiting[0]
            part = sound[self._at : self._at + FRAME_BYTES - len(played)]
            played, self._at = played + part, self._at + len(part)
            if self._at >= len(sound):
                self._waiting.popleft()
                self._at = 0
                passed.append(mark)
        self.silent.append(not played)
        frame = mulaw.decode(played.ljust(FRAME_BYTES, mulaw.SILENCE)).array().astype(np.float64)
        self._played = np.concatenate((self._played[FRAME_BYTES:], frame))
        return self._echo(), passed

    def _echo(self) -> Floats:
        phone = self._phone
        if phone is None:
            return np.zeros(FRAME_BYTES)
        end = len(self._played) - phone.lag_ms * BYTES_PER_MS
        part = self._played[end - FRAME_BYTES - BAND_TAPS + 1 : end]
        bent = np.clip(part, -CLIPPED_AT, CLIPPED_AT) if phone.clipped else part
        half = BAND_TAPS // 2
        return np.asarray(band_limited(bent)[half:-half] * 10 ** (phone.gain_db / 20))


class VirtualCall:
    """Times are ms since the call began, at the server's end of the line."""

    def __init__(
        self,
        bundle: Bundle,
        ear: Ear,
        recogniser: Transcriber,
        voice: Callable[[str], bytes],
        phone: SpeakerPhone | None = None,
        noise: Floats | None = None,
    ) -> None:
        """`voice`: a sentence to µ-law. `noise`: what is always on the caller's line, repeated."""
        self._recogniser, self._voice, self._noise = recogniser, voice, noise
        self._ear = ear
        self._playback = Playback()
        self._far = FarEnd(phone)
        self._due: list[tuple[int, int, Callable[[], None]]] = []
        self._order = 0
        self._timers: dict[str, int] = {}
        self._asked: set[tuple[int, int]] = set()
        self._to_say: set[str] = set()
        self._said = np.zeros(0)
        """What the caller says from now on."""
        self._frames = 0
        self.now = 0
        self.did: list[tuple[int, fx.Effect]] = []
        self.read: list[tuple[str, float | None]] = []
        """What the recogniser made of it, with its scores."""
        state = engine.start(
            bundle,
            CallId("01JBARGE1NCALL000000000000"),
            bundle.entry_default,
            started=datetime(2026, 3, 2, 15, 0, tzinfo=UTC),
            caller="+15550199",
            dialled="+15550100",
            seed=1,
        )
        self.call = Call(bundle, state)
        self.call.hear_played(self._playback.between)
        self._listener = ear.open(lambda window_no, score: self._feed(ev.SpeechScores(window_no, score)))
        self._feed(ev.Answered())

    def close(self) -> None:
        self._ear.close(self._listener)

    def say(self, sound: Pcm) -> None:
        """The caller does, from the next frame on."""
        self._said = sound.array().astype(np.float64)

    def run(self, ms: int) -> None:
        until = self.now + ms
        while self.now < until:
            self._far_frame()
            self.now += FRAME_MS
            while self._due and self._due[0][0] <= self.now:
                heapq.heappop(self._due)[2]()
            for wake in [w for w, at in self._timers.items() if at <= self.now]:
                del self._timers[wake]
                self._feed(ev.Woke(wake))

    def saying(self) -> bool:
        """Something is being said, or may yet go on."""
        return not self._playback.silent or self.call.floor not in (Floor.OPEN, Floor.BOT)

    def kept(self, kind: str) -> list[tuple[int, fx.KeepEntry]]:
        """Journal entries of this kind, each with its time."""
        return [(at, e) for at, e in self.did if isinstance(e, fx.KeepEntry) and e.kind == kind]

    def turns(self, who: str) -> list[fx.KeepTurn]:
        return [e for _, e in self.did if isinstance(e, fx.KeepTurn) and e.who == who]

    def longest_silence_ms(self, from_ms: int) -> int:
        """The longest time that nothing was to be heard of us, between two times that something was."""
        longest = run = 0
        frames = self._far.silent[from_ms // FRAME_MS :]
        while frames and frames[-1]:
            frames.pop()
        for silent in frames:
            run = run + FRAME_MS if silent else 0
            longest = max(longest, run)
        return longest

    # ---- the line

    def _far_frame(self) -> None:
        """What happens at the far end now is known here a network's delay later."""
        echo, passed = self._far.frame()
        sound = echo.copy()
        said, self._said = self._said[:FRAME_BYTES], self._said[FRAME_BYTES:]
        sound[: len(said)] += said
        if self._noise is not None:
            at = self._frames * FRAME_BYTES % (len(self._noise) - FRAME_BYTES)
            sound += self._noise[at : at + FRAME_BYTES]
        self._frames += 1
        frame = mulaw.encode(Pcm.of(sound, LINE_RATE_HZ))
        self._later(NETWORK_MS, lambda: self._media(frame))
        for mark in passed:
            self._later(NETWORK_MS, lambda mark=mark: self._marked(mark))  # type: ignore[misc]

    def _media(self, frame: bytes) -> None:
        windows = self.call.feed_media(frame, Millis(self.now))
        if windows:
            self._ear.wait(self._listener, windows)
            self._ear.tick()

    def _marked(self, mark: str) -> None:
        self._playback.marked(mark, Millis(self.now))
        self._tell(self._playback.ended())

    def _tell(self, ended: list[ev.PlayoutEnded]) -> None:
        for end in ended:
            self._feed(end)

    # ---- the machine

    def _feed(self, event: ev.Event) -> None:
        for effect in self.call.feed(event, Millis(self.now)):
            self.did.append((self.now, effect))
            self._perform(effect)

    def _perform(self, effect: fx.Effect) -> None:
        match effect:
            case fx.StartPlayout():
                self._playback.begin(effect.say)
                self._to_say.add(effect.say)
                self._later(VOICE_MS, lambda: self._speak(effect))
            case fx.CutPlayout():
                self._to_say.clear()
                self._tell(self._playback.clear(Millis(self.now)))
                self._later(NETWORK_MS, self._far.cleared)
            case fx.Transcribe():
                self._asked.add((effect.turn, effect.attempt))
                self._later(RECOGNISER_MS, lambda: self._transcribe(effect))
            case fx.DropTranscribe():
                self._asked.clear()
            case fx.Rank():
                self._later(0, lambda: self._feed(ev.Ranked(effect.turn, effect.attempt, ())))
            case fx.WakeAt():
                self._timers.pop(effect.id, None)
                if effect.at_ms is not None:
                    self._timers[effect.id] = effect.at_ms
            case _:
                pass

    def _speak(self, say: fx.StartPlayout) -> None:
        if say.say not in self._to_say:
            return
        self._to_say.discard(say.say)
        for number, sentence in enumerate(sentences(say.text)):
            sound = self._voice(sentence)
            self._playback.sentence(say.say, sentence, len(sound))
            for at in range(0, len(sound), PIECE_BYTES):
                piece = sound[at : at + PIECE_BYTES]
                mark = self._playback.sent(say.say, piece, Millis(self.now))
                self._later(NETWORK_MS, lambda mark=mark, piece=piece: self._far.arrived(mark, piece))  # type: ignore[misc]
            self._playback.sentence_whole(say.say)
            if not number:
                self._feed(ev.PlayoutBegan(say.say))
        self._playback.complete(say.say)

    def _transcribe(self, asked: fx.Transcribe) -> None:
        if (asked.turn, asked.attempt) in self._asked:
            answer = asyncio.run(answering.transcribe(asked, self._recogniser))
            if isinstance(answer, ev.Transcribed):
                self.read.append((answer.text, answer.score))
            self._feed(answer)

    def _later(self, ms: int, do: Callable[[], None]) -> None:
        self._order += 1
        heapq.heappush(self._due, (self.now + ms, self._order, do))
