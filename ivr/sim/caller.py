"""Plays a script against a real server on a telephone, in real time, as a patient human would.

The caller speaks when the bot has been silent for `settle_ms`; a turn is over when the bot has been heard and is
silent again for as long. Lines are spoken before the call is placed, so that making them costs the call nothing.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ivr.audio.pcm import Pcm
from ivr.models.ports import Synthesizer, Transcriber, Voice
from ivr.sim import hearing, judging, same_sound
from ivr.sim.fake_twilio import Phone
from ivr.sim.line import caller_speech
from ivr.sim.report import Failed, Report, TurnReport
from ivr.sim.script import Act, CutIn, HangUp, PlayWav, Press, Say, Script, Silence, Turn
from ivr.sim.truth import read_wav
from ivr.units import Millis

LOOK_EVERY_S: Final = 0.01
SPEAK_WITHIN_MS: Final = 20_000
BETWEEN_SENTENCES_MS: Final = 150
"""Shorter than the pause after which a turn is taken to be over."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How a caller waits. `answer_ms`: at most this long for a first sound; `end_ms`: for the server to hang up after
    the last turn when the script expects an end; `silence_ms`: the longest an open silence lasts."""

    settle_ms: float = 900
    answer_ms: float = 12_000
    speech_ms: float = 90_000
    end_ms: float = 45_000
    silence_ms: float = 60_000


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the live transcript. `who`: caller, keys, bot, line. `took_ms`: for the bot, from the end of the
    caller's turn to its first sound."""

    at_ms: float
    who: str
    text: str
    took_ms: float | None = None


Sounds = Mapping[Say | PlayWav, bytes]


async def spoken_lines(script: Script, voice: Synthesizer | None) -> dict[Say | PlayWav, bytes]:
    """The caller's lines as µ-law. Raises ValueError for a WAV that cannot be played, OSError for one not found."""
    sounds: dict[Say | PlayWav, bytes] = {}
    for turn in script.turns:
        act = turn.act.what if isinstance(turn.act, CutIn) else turn.act
        if isinstance(act, PlayWav):
            sounds[act] = _recording(act.path)
        elif isinstance(act, Say):
            assert voice is not None, "a script that speaks needs a voice"
            sounds[act] = caller_speech(await _spoken(act.text, voice))
    return sounds


def _recording(path: str) -> bytes:
    return caller_speech(read_wav(Path(path).read_bytes()))


async def _spoken(text: str, voice: Synthesizer) -> Pcm:
    deadline = Millis(int(time.monotonic() * 1000) + SPEAK_WITHIN_MS)
    parts = [part.samples async for part in voice.speak(text, Voice(), deadline) if isinstance(part, Pcm)]
    return Pcm(Pcm.silence(ms=BETWEEN_SENTENCES_MS, rate_hz=voice.rate_hz).samples.join(parts), voice.rate_hz)


def _speaks(turn: Turn) -> bool:
    act = turn.act.what if isinstance(turn.act, CutIn) else turn.act
    return isinstance(act, Say | PlayWav)


class Caller:
    """One caller with one script and one phone. Without a transcriber nothing is known of words: `says` fails.

    `sound_of`: how the line's voice says a text, at 8 kHz, in each of its languages; None: it is not known.
    `say_again`: a line as the caller says it the second time, µ-law; None: nothing is said twice."""

    def __init__(
        self,
        script: Script,
        phone: Phone,
        sounds: Sounds,
        *,
        transcriber: Transcriber | None = None,
        sound_of: Callable[[str], Awaitable[Sequence[Pcm]]] | None = None,
        say_again: Callable[[str], Awaitable[bytes]] | None = None,
        patience: Patience | None = None,
        show: Callable[[Line], None] = lambda _line: None,
    ) -> None:
        self._script, self._phone, self._sounds, self._transcriber = script, phone, sounds, transcriber
        self._patience, self._show = patience or Patience(), show
        self._sound_of, self._say_again = sound_of, say_again
        self._report = Report(call_sid=phone.call_sid)
        self._from_ms = 0.0
        self._acted_ms: float | None = None
        self._said_told = 0
        self._silenced_ms: int | None = None
        self._put_through = False
        """In the turn before: what holds the caller there, and what comes after it, may be heard as one."""
        self._told_ms = 0.0
        self._heard: list[str] = []
        self._stretches: list[hearing.Stretch] = []
        self._took: tuple[float, float] | None = None
        self._notes: list[Line] = []
        phone.note = self._note

    async def play(self) -> Report:
        """Calls, plays the script to its end, hangs up if nobody did, and judges."""
        async with asyncio.TaskGroup() as tasks:
            calling = tasks.create_task(self._phone.call())
            await self._phone.on_line.wait()
            await self._take_turns()
            if not self._ended:
                self._phone.hang_up()
            end = await calling
        await self._tell_heard()
        self._note_end(end.how)
        return self._report

    @property
    def _ended(self) -> bool:
        return self._phone.end is not None

    async def _take_turns(self) -> None:
        turns = self._script.turns
        for number, turn in enumerate(turns, start=1):
            following = turns[number].act if number < len(turns) else None
            if self._ended and not isinstance(turn.act, Silence | None):
                self._fail(number, f"the call was over before: {_did(turn)}")
                return
            await self._take_turn(number, turn, following)

    async def _take_turn(self, number: int, turn: Turn, following: Act | None) -> None:
        self._silenced_ms = None
        if not (isinstance(turn.act, Silence) and (self._ended or self._put_through)):
            self._heard, self._stretches = [], []  # else how soon it is heard makes no difference
        elif turn.checks.says and not turn.checks.end and await self._was_heard(turn):
            await self._judge(number, turn, " ".join(self._heard), None)
            return
        self._put_through = bool(turn.checks.transfer or "TransfersTo" in turn.checks.unseen)
        await self._act(turn)
        cut = isinstance(following, CutIn)
        if isinstance(following, Silence) and turn.checks.transfer and not turn.checks.says:
            await self._hear_until_handed_over()
        else:
            await self._hear_out(turn, cut=cut)
        if not cut and isinstance(turn.act, Say) and await self._is_asked_again(turn):
            await self._say_once_more(turn.act)
            await self._hear_out(turn, cut=False)
        if turn.checks.end is not None and not isinstance(turn.act, HangUp):
            await self._until(lambda: self._ended, self._patience.end_ms)
        first_ms = self._first_sound()
        if first_ms is not None and self._acted_ms:
            self._took = (first_ms, first_ms - self._acted_ms)
        if cut and first_ms is not None:
            self._from_ms = first_ms
        else:
            self._from_ms = self._phone.now()
            await self._tell_heard()
        await self._judge(number, turn, " ".join(self._heard), first_ms)

    async def _was_heard(self, turn: Turn) -> bool:
        heard = " ".join(self._heard)
        return all([judging.says(heard, text) or await self._said_after_all(heard, text) for text in turn.checks.says])

    async def _act(self, turn: Turn) -> None:
        self._acted_ms = None
        match turn.act:
            case None:
                self._acted_ms = self._phone.now() if self._from_ms else 0.0
            case Say() | PlayWav() | Press() as what:
                await self._do(what)
            case CutIn(after_ms, what):
                await self._cut_in(after_ms, what)
            case Silence(ms):
                self._say_line("caller", "(silence)")
                self._acted_ms = self._phone.now()
                longest = self._patience.silence_ms if ms is None else ms
                await self._until(lambda: self._ended or self._first_sound() is not None, longest)
            case HangUp():
                self._say_line("caller", "(hangs up)")
                self._acted_ms = self._phone.now()
                self._phone.hang_up()

    async def _do(self, what: Say | Press | PlayWav) -> None:
        if isinstance(what, Press):
            self._say_line("keys", what.keys)
            pressed = self._phone.press(what.keys)
            await self._until(lambda: self._ended or pressed.is_set(), self._patience.speech_ms)
            self._acted_ms = self._phone.now()
            return
        await self._speak(what.text if isinstance(what, Say) else f"({Path(what.path).name})", self._sounds[what])

    async def _speak(self, shown: str, sound: bytes) -> None:
        self._say_line("caller", shown)
        spoken = self._phone.speak(sound)
        await self._until(lambda: self._ended or spoken.done.is_set(), self._patience.speech_ms)
        self._phone.playback.caller_acted()
        self._acted_ms = spoken.ended_ms if spoken.ended_ms is not None else self._phone.now()

    async def _cut_in(self, after_ms: int, what: Say | Press | PlayWav) -> None:
        self._acted_ms = self._from_ms
        await self._until(lambda: self._ended or self._first_sound() is not None, self._patience.answer_ms)
        first_ms = self._first_sound()
        cut_at_ms = (self._phone.now() if first_ms is None else first_ms) + after_ms
        await self._until(lambda: self._ended or self._phone.now() >= cut_at_ms, after_ms + self._patience.answer_ms)
        clears, onset_ms = len(self._phone.playback.clears), self._phone.now()
        speaking = self._phone.playback.waiting_ms(onset_ms) > 0
        await self._do(what)
        if speaking:
            await self._until(lambda: self._ended or len(self._phone.playback.clears) > clears, 1000)
            if len(self._phone.playback.clears) > clears:
                self._silenced_ms = round(self._phone.playback.clears[clears] - onset_ms)
                self._note(f"the bot fell silent {self._silenced_ms / 1000:.2f} s after the cut-in began")
                await self._tell_heard()

    async def _is_asked_again(self, turn: Turn) -> bool:
        """Nobody says a third time what was not understood twice."""
        if self._say_again is None or self._ended or not turn.asked_again:
            return False
        await self._tell_heard()
        heard = " ".join(self._heard)
        return any([judging.says(heard, text) or await self._sounds_so(text) for text in turn.asked_again])

    async def _say_once_more(self, line: Say) -> None:
        assert self._say_again is not None, "asked for with it"
        self._heard, self._stretches = [], []
        self._report.said_twice.append(line.text)
        await self._speak(line.text, await self._say_again(line.text))

    async def _hear_until_handed_over(self) -> None:
        """What is heard from then on is for the turn in which the caller listens."""
        await self._until(lambda: self._ended or self._phone.handed_over, self._patience.answer_ms)

    async def _hear_out(self, turn: Turn, *, cut: bool) -> None:
        """Until the bot was heard and waits again; with a cut-in to come, until its first sound."""
        longest = 0.0 if isinstance(turn.act, Silence) else self._patience.answer_ms
        await self._until(lambda: self._ended or self._first_sound() is not None, longest)
        if cut or self._first_sound() is None:
            return
        await self._until(lambda: self._ended or self._quiet_ms() >= self._patience.settle_ms, self._patience.speech_ms)

    def _quiet_ms(self) -> float:
        return self._phone.now() - self._phone.playback.end_ms

    def _first_sound(self) -> float | None:
        if self._acted_ms is None:
            return None
        since = self._acted_ms
        clears = [cleared for cleared in self._phone.playback.clears if cleared >= since]
        return hearing.first_sound_ms(self._phone.playback, since_ms=max([since, *clears]), until_ms=self._phone.now())

    async def _until(self, holds: Callable[[], bool], at_most_ms: float) -> None:
        deadline = self._phone.now() + at_most_ms
        while not holds() and self._phone.now() < deadline:  # noqa: ASYNC110  the passing of time is what is watched
            await asyncio.sleep(LOOK_EVERY_S)

    async def _tell_heard(self) -> None:
        """Shows what was heard since it was last told, and what happened on the line meanwhile, in order of time."""
        since_ms, self._told_ms = self._told_ms, self._phone.now()
        lines = []
        for stretch in hearing.stretches(self._phone.playback, since_ms=since_ms, until_ms=self._told_ms):
            first_ms = hearing.first_sound_ms(self._phone.playback, since_ms=stretch.at_ms, until_ms=stretch.end_ms)
            if first_ms is None:
                continue
            text = await hearing.words_heard(stretch, self._transcriber) if self._transcriber else ""
            self._heard.append(text)
            self._stretches.append(stretch)
            lines.append(Line(first_ms, "bot", text or f"({_seconds(stretch)} of sound)", self._took_until(stretch)))
        self._heard += self._phone.said[self._said_told :]
        self._said_told = len(self._phone.said)
        lines += self._notes
        self._notes = []
        for line in sorted(lines, key=lambda line: line.at_ms):
            self._show(line)

    def _took_until(self, stretch: hearing.Stretch) -> float | None:
        if self._took is None or not stretch.at_ms <= self._took[0] <= stretch.end_ms:
            return None
        return self._took[1]

    def _note(self, text: str) -> None:
        """What happened on the line waits for the words that were heard before it."""
        line = Line(self._phone.now(), "line", text)
        if self._phone.playback.played(line.at_ms, since_ms=self._told_ms):
            self._notes.append(line)
        else:
            self._show(line)

    async def _judge(self, number: int, turn: Turn, heard: str, first_ms: float | None) -> None:
        checks, response = turn.checks, None
        if first_ms is not None and self._acted_ms and not isinstance(turn.act, (Silence, HangUp, type(None))):
            response = max(0, round(first_ms - self._acted_ms))
        self._report.turns.append(TurnReport(_did(turn), heard, response, self._silenced_ms))
        self._report.unseen += checks.unseen
        if first_ms is None and not self._ended and _speaks(turn) and not turn.unanswered:
            self._fail(number, "no sound followed what the caller said")
        for text in checks.says:
            if not judging.says(heard, text) and not await self._said_after_all(heard, text):
                self._fail(number, f"says: {text!r} was not heard; heard: {heard!r}")
        for text in (*checks.never_says, *self._script.never_says):
            if judging.says_exactly(heard, text):
                self._fail(number, f"never_says: {text!r} was heard")
        if checks.within_ms is not None and (response is None or response > checks.within_ms):
            took = "no sound came" if response is None else f"it took {response / 1000:.2f} s"
            self._fail(number, f"within {checks.within_ms / 1000:g} s: {took}")
        if checks.transfer is not None and checks.transfer is not self._phone.handed_over:
            self._fail(
                number, "transfer: nobody was dialled" if checks.transfer else "never_transfer: somebody was dialled"
            )

    async def _said_after_all(self, heard: str, text: str) -> bool:
        """Listens to the turn's sound again before a check is called broken."""
        if await self._sounds_so(text):
            return True
        hearings = [heard]
        for speed in hearing.LISTEN_AGAIN if self._transcriber else ():
            assert self._transcriber is not None
            again = [await hearing.words_heard(one, self._transcriber, speed=speed) for one in self._stretches]
            hearings.append(" ".join(again))
            if judging.says_among(hearings, text):
                return True
        return False

    async def _sounds_so(self, text: str) -> bool:
        if self._sound_of is None or not self._stretches:
            return False
        heard = hearing.sound_of(self._stretches)
        for wanted in await self._sound_of(text):
            if await asyncio.to_thread(same_sound.holds, heard, wanted):
                return True
        return False

    def _note_end(self, how: str) -> None:
        report, ledger = self._report, self._phone.ledger
        wanted = next((turn.checks.end for turn in self._script.turns if turn.checks.end), None)
        if wanted in ("completed", "transferred", "caller_left") and wanted != how:
            self._fail(0, f"end: {wanted} was expected, the call ended as {how}")
        elif wanted not in (None, "completed", "transferred", "caller_left"):
            report.unseen.append("end")
        if how in ("rejected", "failed"):
            self._fail(0, f"the call was {how}")
        report.end, report.duration_ms = how, self._phone.end.at_ms if self._phone.end else 0
        report.faults, report.callbacks_unheard = list(self._phone.faults), list(self._phone.unheard)
        report.dialled = [dialled.target for dialled in self._phone.dialled]
        report.heard_ms = round(ledger.playback.played_ms(self._phone.now()))
        report.underruns = len(ledger.playback.underruns)
        report.longest_underrun_ms = round(max((gap.lasted_ms for gap in ledger.playback.underruns), default=0))
        report.frames_sent, report.frames_late = ledger.frames_sent, ledger.frames_late
        report.latest_ms = round(ledger.latest_ms)

    def _say_line(self, who: str, text: str) -> None:
        self._show(Line(self._phone.now(), who, text))

    def _fail(self, turn: int, text: str) -> None:
        self._report.failed.append(Failed(turn, text))


def _did(turn: Turn) -> str:
    act = turn.act
    prefix = f"cut in after {act.after_ms} ms: " if isinstance(act, CutIn) else ""
    what = act.what if isinstance(act, CutIn) else act
    match what:
        case Say(text):
            return prefix + f"said {text!r}"
        case PlayWav(path):
            return prefix + f"played {Path(path).name}"
        case Press(keys):
            return prefix + f"pressed {keys}"
        case Silence(ms):
            return "was silent" if ms is None else f"was silent for {ms / 1000:g} s"
        case HangUp():
            return "hung up"
        case None:
            return "listened"


def _seconds(stretch: hearing.Stretch) -> str:
    return f"{(stretch.end_ms - stretch.at_ms) / 1000:.1f} s"
