"""A desk to try a call's machine at: numbers as time, speech as scores, a recogniser that is told what to hear."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from ivr.call import effects as fx
from ivr.call import events as ev
from ivr.call.machine import Call
from ivr.call.settings import CallSettings
from ivr.flow import engine
from ivr.flow.flow import Bundle
from ivr.flow.state import RawReply
from ivr.units import FRAME_BYTES, FRAME_MS, CallId, Millis

BEGAN = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
LETTER_MS = 60
"""How long a prompt takes to say."""
JUDGE_MS = 100
LOUD, QUIET = b"\x20" * FRAME_BYTES, b"\xff" * FRAME_BYTES


@dataclass
class Desk:
    """One call. `hears` gives the words for the next utterance; `answers` a tool's reply by its name."""

    bundle: Bundle
    hears: Callable[[fx.Transcribe], str | None] = lambda asked: ""
    """None: the recogniser fails."""
    answers: dict[str, RawReply] = field(default_factory=dict)
    judges: Callable[[fx.JudgeTurn], float | None] = lambda asked: None
    """How surely the caller sounds finished; None: nobody has the time."""
    means: Callable[[fx.Understand], Mapping[str, object] | None] = lambda asked: None
    """What a model says was meant; None: it fails."""
    thinks_ms: int = 400
    """How long the model takes for it."""
    deaf_ms: int = 60
    """How long the recogniser takes."""
    sound: Callable[[int], bytes] | None = None
    """What the line carries in the 20 ms up to then; None: something while the caller speaks, and else nothing."""
    settings: CallSettings = field(default_factory=lambda: CallSettings(understands=False))
    now: int = 0
    did: list[fx.Effect] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    begins: ev.Answered = field(default_factory=ev.Answered)

    def __post_init__(self) -> None:
        state = engine.start(
            self.bundle,
            CallId("01JDESKCALL000000000000000"),
            self.bundle.entry_default,
            started=BEGAN,
            caller="+15550199",
            dialled="+15550100",
            seed=1,
        )
        self.call = Call(self.bundle, state, self.settings)
        self._timers: dict[str, int] = {}
        self._due: list[tuple[int, ev.Event]] = []
        self._playing: list[tuple[str, str, int]] = []
        """Says under way: id, text, when the whole of it is heard."""
        self.feed(self.begins)

    # ---- what happens

    def feed(self, event: ev.Event) -> None:
        for effect in self.call.feed(event, Millis(self.now)):
            self.did.append(effect)
            self._perform(effect)

    def speak(self, ms: int) -> None:
        self._run(ms, 0.95)

    def wait(self, ms: int) -> None:
        self._run(ms, 0.0)

    def press(self, keys: str) -> None:
        for key in keys:
            self.feed(ev.KeyPressed(key))
            self.wait(100)

    def heard_out(self) -> None:
        """Until nothing is being said."""
        while self._playing:
            self.wait(FRAME_MS)

    # ---- what came of it

    @property
    def to_say_ms(self) -> int:
        """How long it takes to say what has been begun and asked for."""
        return max(0, self._playing[-1][2] - self.now) if self._playing else 0

    def count(self, kind: type[fx.Effect]) -> int:
        return sum(isinstance(e, kind) for e in self.did)

    def last(self, kind: type[fx.Effect]) -> fx.Effect:
        return next(e for e in reversed(self.did) if isinstance(e, kind))

    @property
    def turns(self) -> list[fx.KeepTurn]:
        return [e for e in self.did if isinstance(e, fx.KeepTurn)]

    @property
    def slots(self) -> dict[str, object]:
        return {name: slot.value for name, slot in self.call.state.standings[-1].slots.items()}

    @property
    def node(self) -> str:
        return self.call.state.standings[-1].node

    # ---- the world

    def _run(self, ms: int, score: float) -> None:
        until = self.now + ms
        while self.now < until:
            self.now += FRAME_MS
            for at, event in sorted((d for d in self._due if d[0] <= self.now), key=lambda d: d[0]):
                self._due.remove((at, event))
                self.feed(event)
            for window in self.call.feed_media(self._sound(score), Millis(self.now)):
                self.feed(ev.SpeechScores(window.no, score))
            self._play()
            for wake in [w for w, at in self._timers.items() if at <= self.now]:
                del self._timers[wake]
                self.feed(ev.Woke(wake))

    def _sound(self, score: float) -> bytes:
        if self.sound is not None:
            return self.sound(self.now)
        return LOUD if score else QUIET

    def _play(self) -> None:
        while self._playing and self._playing[0][2] <= self.now:
            say, text, _ = self._playing.pop(0)
            self.feed(ev.PlayoutEnded(say, text, Millis(len(text) * LETTER_MS), text, False))

    def _perform(self, effect: fx.Effect) -> None:
        match effect:
            case fx.StartPlayout():
                begins = self._playing[-1][2] if self._playing else self.now
                self._playing.append((effect.say, effect.text, begins + len(effect.text) * LETTER_MS))
                self.said.append(effect.text)
                self._due.append((self.now, ev.PlayoutBegan(effect.say)))
            case fx.CutPlayout():
                cut, self._playing = self._playing, []
                for say, text, ends in cut:
                    began = ends - len(text) * LETTER_MS
                    letters = max(0, self.now - began) // LETTER_MS
                    ended = ev.PlayoutEnded(say, text, Millis(letters * LETTER_MS), text[:letters], True)
                    self._due.append((self.now, ended))
            case fx.Transcribe():
                words = self.hears(effect)
                answer: ev.Event = ev.TranscribeFailed(effect.turn, effect.attempt, "down")
                if words is not None:
                    answer = ev.Transcribed(effect.turn, effect.attempt, words, -0.1, Millis(self.deaf_ms))
                self._due.append((self.now + self.deaf_ms, answer))
            case fx.JudgeTurn():
                judged = ev.TurnJudged(effect.turn, effect.attempt, self.judges(effect))
                self._due.append((self.now + JUDGE_MS, judged))
            case fx.DropTranscribe():
                stale = (ev.Transcribed, ev.TranscribeFailed, ev.TurnJudged, ev.Understood)
                self._due = [d for d in self._due if not isinstance(d[1], stale)]
            case fx.Understand():
                understood = ev.Understood(effect.turn, effect.attempt, self.means(effect))
                self._due.append((self.now + self.thinks_ms, understood))
            case fx.Rank():
                self._due.append((self.now, ev.Ranked(effect.turn, effect.attempt, ())))
            case fx.RunTool() if effect.tool in self.answers:
                self._due.append((self.now + 50, ev.ToolReplied(effect.id, self.answers[effect.tool], Millis(50))))
            case fx.WakeAt():
                self._timers.pop(effect.id, None)
                if effect.at_ms is not None:
                    self._timers[effect.id] = effect.at_ms
            case _:
                pass
