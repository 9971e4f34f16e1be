"""python -m bench.turns DIR: when the caller's turn is taken as over, against a fixed pause.

DIR holds manifest.json and its clips, as for bench.speech. Each clip is said whole, and most also with a pause: cut at
the quietest 20 ms between 35 and 75 % of its speech, the line left open, and gone on with. A turn that ends before the
speech does is a false cut-in. Both go through the telephone channel and are heard by the parts of a live call, with the
question open that the clip answers (its "kind"): free text, digits of the right number, yes or no, a menu of all words
and menu phrases in DIR, a date, an amount. Time is made up: the recogniser and the judge really run, but are taken to
need as long as --words-ms and --judge-ms say, so that the figures do not depend on what else the machine does.
"""

import argparse
import asyncio
import hashlib
import json
import os
import statistics
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from bench.question import Question, bundle_of, question_of
from bench.speech import CONDITIONS, Clip, read_clips
from ivr.audio.pcm import Pcm
from ivr.call import effects as fx
from ivr.call import events as ev
from ivr.call.machine import Call
from ivr.call.settings import CallSettings
from ivr.errors import IvrError
from ivr.flow import engine
from ivr.flow.flow import Bundle
from ivr.live import answering
from ivr.live.ear import Ear
from ivr.models.chunks import model_chunk
from ivr.models.deadline import due_in
from ivr.models.offline.moonshine import Moonshine
from ivr.models.offline.silero import Silero
from ivr.models.offline.smart_turn import SmartTurn
from ivr.sim.line import pass_through
from ivr.units import BYTES_PER_MS, FRAME_BYTES, FRAME_MS, LINE_RATE_HZ, CallId, Millis

BEFORE_MS, AFTER_MS = 1000, 5500
QUIET_MS = 20
JUDGE_DEADLINE_MS = 60_000
FIXED_MS = 700
UNCUT = frozenset({"word", "menu", "yesno"})
"""Nobody pauses inside one of these, nor inside a word."""
POLICIES = ("fixed", "rules", "judge")


@dataclass(frozen=True, slots=True)
class Said:
    """One clip as it is said. Times in ms of the sound; `pause_at`: where the pause was put in, None: nowhere."""

    clip: Clip
    question: Question
    sound: Pcm
    end_ms: int
    pause_at: int | None


@dataclass(frozen=True, slots=True)
class Result:
    """One said clip on one line by one policy. `over_ms`: how long after its true end the turn was over; negative: so
    much too early; None: never."""

    clip: int
    human: bool
    kind: str
    paused: bool
    condition: str
    policy: str
    over_ms: float | None
    asked: int
    """How often words were asked for."""

    @property
    def cut_in(self) -> bool:
        return self.over_ms is not None and self.over_ms < 0


@dataclass(frozen=True, slots=True)
class Pace:
    """How long the engines take in made-up time."""

    words_ms: int
    judge_ms: int


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.turns", description=__doc__)
    parser.add_argument("dir", type=Path, help="a folder with manifest.json and its clips")
    parser.add_argument("--json", type=Path, help="write every figure there")
    parser.add_argument("--half", choices=("even", "odd"), help="only every other clip, counted from 0")
    parser.add_argument("--pause", type=int, default=600, help="the pause put in, in ms")
    parser.add_argument("--words-ms", type=int, default=100, help="what the recogniser is taken to need")
    parser.add_argument("--judge-ms", type=int, default=110, help="what the judge is taken to need")
    parser.add_argument("--condition", action="append", choices=tuple(CONDITIONS), help="only these lines")
    options = parser.parse_args()
    try:
        clips = read_clips(options.dir)
    except (OSError, ValueError, KeyError) as error:
        print(f"{options.dir}: no folder of clips: {error}", file=sys.stderr)
        return 3
    if options.half:
        clips = clips[options.half == "odd" :: 2]
    said = list(sayings(clips, options.pause))
    pace = Pace(options.words_ms, options.judge_ms)
    try:
        results = asyncio.run(measure(said, options.condition or list(CONDITIONS), pace))
    except IvrError as error:
        print(error, file=sys.stderr)
        return 3
    paused = sum(s.pause_at is not None for s in said)
    print(
        f"{len(clips)} clips, {paused} of them also with {options.pause} ms of pause; words after {pace.words_ms} ms, "
        f"judge after {pace.judge_ms} ms; fixed: {FIXED_MS} ms, words at once"
    )
    for row in table(results):
        print(row)
    if options.json:
        options.json.write_text(json.dumps({"results": [asdict(r) for r in results]}, indent=1))
    return 0


# ---- what is said


def sayings(clips: Sequence[Clip], pause_ms: int) -> Iterator[Said]:
    """Each clip whole, and with its pause where it may have one."""
    for clip in clips:
        question = question_of(clip, clips)
        whole = Said(clip, question, _on_the_line(clip.sound), clip.end_ms + BEFORE_MS, None)
        yield whole
        if clip.kind not in UNCUT and len(clip.text.split()) > 1:
            cut = _quietest(clip)
            gap = Pcm.silence(ms=pause_ms, rate_hz=LINE_RATE_HZ).samples
            sound = Pcm(clip.sound.samples[: 2 * cut] + gap + clip.sound.samples[2 * cut :], LINE_RATE_HZ)
            yield replace(
                whole,
                sound=_on_the_line(sound),
                end_ms=whole.end_ms + pause_ms,
                pause_at=BEFORE_MS + cut // BYTES_PER_MS,
            )


def _quietest(clip: Clip) -> int:
    """The sample in the middle of the quietest 20 ms between 35 and 75 % of the speech."""
    length_ms = clip.end_ms - clip.onset_ms
    begin, stop = (round((clip.onset_ms + length_ms * share) * BYTES_PER_MS) for share in (0.35, 0.75))
    values = clip.sound.array()[begin:stop].astype(np.float64)
    window = QUIET_MS * BYTES_PER_MS
    powers = np.convolve(values**2, np.ones(window), "valid")
    return begin + int(np.argmin(powers)) + window // 2


def _on_the_line(sound: Pcm) -> Pcm:
    before, after = (Pcm.silence(ms=ms, rate_hz=LINE_RATE_HZ).samples for ms in (BEFORE_MS, AFTER_MS))
    return Pcm(before + sound.samples + after, LINE_RATE_HZ)


# ---- what is heard


class Engines:
    """They run once for the same sound, whatever the policy."""

    def __init__(self) -> None:
        self._recogniser = Moonshine(threads=1)
        self._judge = SmartTurn(self._recogniser.workers)
        self._texts: dict[bytes, str] = {}
        self._shares: dict[bytes, float] = {}

    async def start(self) -> None:
        await self._recogniser.start()

    async def close(self) -> None:
        await self._recogniser.close()

    async def words(self, asked: fx.Transcribe) -> str:
        key = hashlib.sha256(asked.mulaw).digest()
        if key not in self._texts:
            answer = await answering.transcribe(asked, self._recogniser)
            self._texts[key] = answer.text if isinstance(answer, ev.Transcribed) else ""
        return self._texts[key]

    async def finished(self, asked: fx.JudgeTurn) -> float:
        """With all the time it needs: on a busy machine a live call would go without."""
        key = hashlib.sha256(asked.mulaw).digest()
        if key not in self._shares:
            chunk = model_chunk(asked.mulaw, self._judge.rate_hz)
            self._shares[key] = await self._judge.finished(chunk, due_in(JUDGE_DEADLINE_MS))
        return self._shares[key]


class _Caller:
    """One line and the call at its other end, in made-up time, until its first turn is over."""

    def __init__(self, bundle: Bundle, said: Said, line: bytes, policy: str, ear: Ear, pace: Pace) -> None:
        state = engine.start(
            bundle, CallId("0" * 26), f"{said.question.flow}{'_fixed' if policy == 'fixed' else ''}",
            started=datetime(2026, 3, 2, tzinfo=UTC), caller="", dialled="", seed=1,
        )  # fmt: skip
        self._call = Call(bundle, state, CallSettings(judge=policy == "judge"))
        self._fixed = policy == "fixed"
        self._line = line
        self._pace = pace
        self._ear = ear
        self._listener = ear.open(lambda no, score: self._feed(ev.SpeechScores(no, score)))
        self._due: list[tuple[int, ev.Event]] = []
        self._timers: dict[str, int] = {}
        self.now = 0
        self.asked: list[fx.Transcribe | fx.JudgeTurn] = []
        self.over_at: int | None = None
        self.words_asked = 0
        self._feed(ev.Answered())

    @property
    def done(self) -> bool:
        return self.over_at is not None or self.now * BYTES_PER_MS >= len(self._line)

    def frame(self) -> None:
        sound = self._line[self.now * BYTES_PER_MS :][:FRAME_BYTES]
        self.now += FRAME_MS
        for at, event in sorted((d for d in self._due if d[0] <= self.now), key=lambda d: d[0]):
            self._due.remove((at, event))
            self._feed(event)
        windows = self._call.feed_media(sound, Millis(self.now))
        if windows:
            self._ear.wait(self._listener, windows)
        for wake in [w for w, at in self._timers.items() if at <= self.now]:
            del self._timers[wake]
            self._feed(ev.Woke(wake))

    async def answer(self, engines: Engines) -> None:
        for asked in self.asked:
            match asked:
                case fx.Transcribe():
                    text = "" if self._fixed else await engines.words(asked)
                    words = ev.Transcribed(asked.turn, asked.attempt, text, None, Millis(self._pace.words_ms))
                    self._due.append((self.now + self._pace.words_ms, words))
                case fx.JudgeTurn():
                    judged = ev.TurnJudged(asked.turn, asked.attempt, await engines.finished(asked))
                    self._due.append((self.now + self._pace.judge_ms, judged))
        self.asked.clear()

    def close(self) -> None:
        self._ear.close(self._listener)

    def _feed(self, event: ev.Event) -> None:
        for effect in self._call.feed(event, Millis(self.now)):
            match effect:
                case fx.StartPlayout():
                    self._due.append((self.now, ev.PlayoutBegan(effect.say)))
                    heard = ev.PlayoutEnded(effect.say, effect.text, Millis(0), effect.text, False)
                    self._due.append((self.now, heard))
                case fx.Transcribe() | fx.JudgeTurn():
                    self.asked.append(effect)
                    self.words_asked += isinstance(effect, fx.Transcribe)
                case fx.DropTranscribe():
                    self._due = [d for d in self._due if not isinstance(d[1], ev.Transcribed | ev.TurnJudged)]
                case fx.Rank():
                    self._due.append((self.now, ev.Ranked(effect.turn, effect.attempt, ())))
                case fx.WakeAt():
                    self._timers.pop(effect.id, None)
                    if effect.at_ms is not None:
                        self._timers[effect.id] = effect.at_ms
                case fx.KeepEntry() if self._fixed and effect.kind == "UtteranceEnded":
                    self._over()
                case fx.KeepTurn() if effect.who == "caller":
                    self._over()
                case _:
                    pass

    def _over(self) -> None:
        if self.over_at is None:
            self.over_at = self.now


async def measure(said: Sequence[Said], conditions: Sequence[str], pace: Pace) -> list[Result]:
    """Raises: SettingsError, FlowError."""
    engines, detector, results = Engines(), Silero(), []
    await engines.start()
    with tempfile.TemporaryDirectory() as folder:
        bundle = bundle_of({s.question for s in said}, Path(folder), FIXED_MS)
    for condition in conditions:
        lines = [pass_through(s.sound, CONDITIONS[condition]) for s in said]
        for policy in POLICIES:
            ear = Ear(detector)
            callers = [_Caller(bundle, s, line, policy, ear, pace) for s, line in zip(said, lines, strict=True)]
            await _run(callers, ear, engines)
            results += [_result(s, c, condition, policy) for s, c in zip(said, callers, strict=True)]
            print(f"{condition}, {policy}", file=sys.stderr)
    await engines.close()
    return results


async def _run(callers: Sequence[_Caller], ear: Ear, engines: Engines) -> None:
    under_way = list(callers)
    while under_way:
        for caller in under_way:
            caller.frame()
        ear.tick()
        for caller in under_way:
            await caller.answer(engines)
        for caller in [c for c in under_way if c.done]:
            caller.close()
            under_way.remove(caller)


def _result(said: Said, caller: _Caller, condition: str, policy: str) -> Result:
    return Result(
        clip=said.clip.number,
        human=said.clip.human,
        kind=said.clip.kind,
        paused=said.pause_at is not None,
        condition=condition,
        policy=policy,
        over_ms=None if caller.over_at is None else caller.over_at - said.end_ms,
        asked=caller.words_asked,
    )


# ---- the table


def table(results: Sequence[Result]) -> Iterable[str]:
    """False cut-ins among what was said with a pause and whole; delay of what was said whole, where the question has an
    end (digits, menu, yes or no, date, amount) and where it has none."""
    yield f"{'':26}{'false cut-ins':>28}{'delay, with an end':>22}{'delay, free':>18}{'words asked':>13}"
    yield f"{'':26}{'with a pause':>16}{'whole':>12}{'p50    p90':>22}{'p50    p90':>18}{'a turn':>13}"
    for condition in dict.fromkeys(r.condition for r in results):
        for human in (True, False):
            for policy in POLICIES:
                rows = [r for r in results if (r.condition, r.human, r.policy) == (condition, human, policy)]
                if rows:
                    yield _row(f"{condition}, {'human' if human else 'synthetic'}", policy, rows)


def _row(name: str, policy: str, rows: Sequence[Result]) -> str:
    whole = [r for r in rows if not r.paused]
    ended = [r for r in whole if r.kind in ENDED]
    free = [r for r in whole if r.kind not in ENDED]
    return (
        f"{name:20}{policy:6}{_cut_ins([r for r in rows if r.paused]):>16}{_cut_ins(whole):>12}"
        f"{_delay(ended):>22}{_delay(free):>18}{statistics.fmean(r.asked for r in rows):>13.2f}"
    )


ENDED = frozenset({"digits", "menu", "word", "yesno", "date", "money", "agent"})


def _cut_ins(rows: Sequence[Result]) -> str:
    return f"{sum(r.cut_in for r in rows)}/{len(rows)} {statistics.fmean(r.cut_in for r in rows):4.0%}" if rows else "-"


def _delay(rows: Sequence[Result]) -> str:
    late = [r.over_ms for r in rows if r.over_ms is not None and not r.cut_in]
    never = sum(r.over_ms is None for r in rows)
    text = "".join(f"{np.percentile(late, share):7.0f}" for share in (50, 90)) if late else "-"
    return f"{text} ({never} never)" if never else text


if __name__ == "__main__":
    os.environ.setdefault("IVR_LOG_LEVEL", "error")
    raise SystemExit(main())
