"""python -m bench.long_call: one long call, and whether the server's account of it is the telephone's.

A caller who speaks, types and interrupts phones a line of long prompts, on embedded engines, in real time. Afterwards
the server's recording is laid over what the telephone said and heard, place by place, and what each prompt's turn says
was heard over what was played before it was taken back.
"""

import argparse
import asyncio
import json
import random
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from bench import heard_words
from bench.patient import patient_project
from bench.voice import spoken
from ivr.audio import mulaw
from ivr.sim import Dialling, Phone
from ivr.sim.playback import Piece
from ivr.sim.served import Served
from ivr.sim.truth import laid_out
from ivr.store import Calls, Turn, Turns, open_database, open_recording
from ivr.units import BYTES_PER_MS, CallSid

FLOW: Final = """
schema: callflow/1
flow: long
about: Long prompts, one after the other, for as long as the caller stays.
start: greeting
slots:
  said:
    type: text
    ask: What would you like to hear about?
  code:
    type: digits
    length: 4
    ask: Please type four digits.
vars: {count: {type: number, value: 0}}
nodes:
  greeting: [{say: "Hello. This line tells you of ships and harbours, at length."}, {goto: question}]
  question:
    - ask: said
    - set: {count: {be: count + 1}}
    - say: "The harbour was built where the river meets the sea, and for two hundred years the herring boats went out
        from it each night. The wall on the north side was laid in a single summer by men from four villages, who were
        paid in flour and in salt. When the railway came, the fish went inland by the evening train, and the town grew
        up the hill behind the church until it reached the old windmill."
    - ask: code
    - say: "This is story number {count}. The lighthouse keeper wrote down the weather three times a day, and never
        missed a line in forty years, not even on the night when the lamp room windows were broken by the storm. His
        books are kept in the museum by the market, next to the bell of a ship that was lost with all its cargo of
        oranges. Visitors may turn the pages, if their hands are clean."
    - {forget: [said, code]}
    - goto: question
"""
LINES: Final = ("I would like to hear about the harbour", "Tell me about the lighthouse please")
CUT_IN: Final = "Thank you that is quite enough of this one for me"
SETTLED_MS: Final = 900
FRAME_MS: Final = 20
LENGTH_WITHIN_MS: Final = 40
HEARD_WITHIN_MS: Final = 200
WORDS_WITHIN: Final = 2
PLACE_MS: Final = 2000
FURTHEST_MS: Final = 300
LOUD: Final = 300.0
LATE_SHARE: Final = 0.01

Sound = NDArray[np.int16]


@dataclass(frozen=True, slots=True)
class Side:
    """How far the server's recording of one side lies behind the telephone's truth (before it, if negative), in ms."""

    places: int
    first_ms: float
    last_ms: float
    furthest_ms: float


@dataclass(frozen=True, slots=True)
class Cut:
    """A prompt that was taken back. `off_ms`: how much more the server says was heard than was played. `words_off_ms`:
    how far from there the words end of which it tells; `words_off`: how many those are too many."""

    at_s: float
    played_ms: int
    off_ms: int
    acknowledged_ms: int
    heard: str
    words_off_ms: int
    words_off: int


@dataclass(slots=True)
class Account:
    """All that was found. Empty `faults`: the promises held."""

    ended: str
    lasted_ms: int
    length_off_ms: int
    caller: Side
    bot: Side
    bot_turns: int
    cuts: list[Cut]
    longest_cut_off_ms: int
    longest_words_off_ms: int
    most_words_off: int
    underruns_heard: int
    underruns_told: int
    own_frames_late: int
    own_latest_ms: int
    faults: list[str] = field(default_factory=list)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.long_call", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--engines", default="embedded")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    account = asyncio.run(long_call(options.minutes * 60, engines=options.engines, seed=options.seed))
    print(json.dumps(asdict(account), indent=1))
    return 1 if account.faults else 0


async def long_call(seconds: float, *, engines: str, seed: int = 1) -> Account:
    """Serves the line, makes the call and compares. Raises: SettingsError where the server does not start."""
    with tempfile.TemporaryDirectory(prefix="ivr-long-call-") as name:
        folder = Path(name)
        project = folder / "flows" / "long"
        project.mkdir(parents=True)
        (project / "project.yaml").write_text(patient_project("long", "long"))
        (project / "long.flow.yaml").write_text(FLOW)
        environment = {"IVR_DATA_DIR": str(folder / "data"), "TWILIO_AUTH_TOKEN": None, "IVR_CONFIG": None}
        arguments = ["--engines", engines, "--project", str(folder / "flows"), "--flow", "long"]
        lines = [spoken(line) for line in (*LINES, CUT_IN)]
        async with Served(arguments, environment=environment) as served:
            phone = Phone(Dialling(served.url))
            await _Talk(phone, lines, random.Random(seed)).hold(seconds)
        return await compared(phone, folder / "data", known_voice=engines == "embedded")


class _Talk:
    """The caller's part: waits until the bot has finished, answers, and now and then does not wait."""

    def __init__(self, phone: Phone, lines: Sequence[bytes], chance: random.Random) -> None:
        self._phone, self._lines, self._chance = phone, lines, chance

    async def hold(self, seconds: float) -> None:
        phone = self._phone
        async with asyncio.TaskGroup() as tasks:
            calling = tasks.create_task(phone.call())
            await phone.on_line.wait()
            until_ms = phone.now() + seconds * 1000
            cut_next = True
            while phone.now() < until_ms and phone.end is None:
                await self._bot_done(until_ms)
                await self._speak(self._lines[self._chance.randrange(2)])
                if cut_next:
                    await self._cut_in(until_ms)
                await self._bot_done(until_ms)
                await self._press(str(self._chance.randrange(1000, 10_000)))
                if not cut_next:
                    await self._cut_in(until_ms)
                cut_next = self._chance.random() < 0.6
            phone.hang_up()
            await calling

    async def _speak(self, line: bytes) -> None:
        spoken_line = self._phone.speak(line)
        await self._until(lambda: spoken_line.done.is_set(), 30_000)
        self._phone.playback.caller_acted()

    async def _press(self, keys: str) -> None:
        pressed = self._phone.press(keys)
        await self._until(pressed.is_set, 30_000)
        self._phone.playback.caller_acted()

    async def _cut_in(self, until_ms: float) -> None:
        phone, ended_ms = self._phone, self._phone.now()
        await self._until(lambda: phone.playback.end_ms > ended_ms, 12_000)
        after_ms = phone.now() + self._chance.uniform(1500, 9000)
        await self._until(lambda: phone.now() >= min(after_ms, until_ms), 10_000)
        await self._speak(self._lines[2])

    async def _bot_done(self, until_ms: float) -> None:
        phone = self._phone
        await self._until(lambda: phone.playback.end_ms > 0, 20_000)
        began_ms = phone.now()
        await self._until(
            lambda: (
                phone.now() >= until_ms
                or phone.now() - max(phone.playback.end_ms, began_ms)
                >= (SETTLED_MS if phone.playback.end_ms > 0 else 0)
            ),
            90_000,
        )

    async def _until(self, holds: Callable[[], bool], at_most_ms: float) -> None:
        deadline_ms = self._phone.now() + at_most_ms
        while not holds() and self._phone.now() < deadline_ms and self._phone.end is None:  # noqa: ASYNC110
            await asyncio.sleep(0.01)


async def compared(phone: Phone, data: Path, *, known_voice: bool) -> Account:
    """The server's account of a call that is over, against the telephone's. `known_voice`: the one whose words we know
    where to find in the sound; with another the words are not compared."""
    database = open_database(data)
    try:
        row = await Calls(database).by_sid(CallSid(phone.call_sid))
        assert row is not None, "the server does not know the call"
        turns = await Turns(database).turns(row.id)
    finally:
        await database.close()
    ledger = phone.ledger
    began_ms = ledger.sent[0][0]
    said = [Piece(at_ms, sound) for at_ms, sound in ledger.sent]
    heard = ledger.playback.played(phone.now())
    caller, bot = (mulaw.decode(side).array() for side in open_recording(data, row.id).sides())
    caller_side = _side(caller, laid_out(said, began_ms, len(caller)))
    bot_side = _side(bot, laid_out(heard, began_ms, len(bot)))
    cuts = _cuts(turns, heard, ledger.playback.clears, began_ms, known_voice)
    lasted_ms = round(said[-1].end_ms - began_ms)
    account = Account(
        ended=f"{row.outcome}: {row.end_reason}",
        lasted_ms=lasted_ms,
        length_off_ms=round(len(caller) / BYTES_PER_MS - lasted_ms),
        caller=caller_side,
        bot=bot_side,
        bot_turns=sum(turn.who == "bot" for turn in turns),
        cuts=cuts,
        longest_cut_off_ms=max((abs(cut.off_ms) for cut in cuts), default=0),
        longest_words_off_ms=max((abs(cut.words_off_ms) for cut in cuts), default=0),
        most_words_off=max((abs(cut.words_off) for cut in cuts), default=0),
        underruns_heard=len(ledger.playback.underruns),
        underruns_told=row.quality.underruns if row.quality is not None else -1,
        own_frames_late=ledger.frames_late,
        own_latest_ms=round(ledger.latest_ms),
    )
    account.faults = _faults(account, ledger.frames_sent)
    return account


def _faults(account: Account, frames: int) -> list[str]:
    held = {
        f"the call did not end as the caller ended it, but {account.ended}": account.ended.endswith("hung up"),
        "underruns were heard": account.underruns_heard == 0,
        "underruns are told": account.underruns_told == 0,
        f"the caller's side is off by more than {FRAME_MS} ms": abs(account.caller.furthest_ms) <= FRAME_MS,
        f"the bot's side is off by more than {FRAME_MS} ms": abs(account.bot.furthest_ms) <= FRAME_MS,
        f"the recording's length is off by more than {LENGTH_WITHIN_MS} ms": abs(account.length_off_ms)
        <= LENGTH_WITHIN_MS,
        f"what was heard is off by more than {HEARD_WITHIN_MS} ms": account.longest_cut_off_ms <= HEARD_WITHIN_MS,
        f"more than {WORDS_WITHIN} words too many or too few are told": account.most_words_off <= WORDS_WITHIN,
        "our own frames were late: the run says nothing": account.own_frames_late <= LATE_SHARE * frames,
    }
    return [fault for fault, holds in held.items() if not holds]


def _side(kept: Sound, truth: Sound) -> Side:
    """Compares every stretch of 2 s in which something was heard."""
    size, lags = PLACE_MS * BYTES_PER_MS, []
    for at in range(0, len(truth) - size, size):
        stretch = truth[at : at + size].astype(np.float64)
        if np.sqrt(np.mean(stretch**2)) > LOUD:
            lags.append(_lag(kept, stretch, at) / BYTES_PER_MS)
    if not lags:
        return Side(0, 0.0, 0.0, float("inf"))
    return Side(len(lags), lags[0], lags[-1], max(lags, key=abs, default=0.0))


def _lag(kept: Sound, stretch: NDArray[np.float64], at: int) -> int:
    """By how many samples `kept` lies behind, where it fits best."""
    reach = FURTHEST_MS * BYTES_PER_MS
    begin = max(0, at - reach)
    around = kept[begin : at + len(stretch) + reach].astype(np.float64)
    size = 1 << int(np.ceil(np.log2(len(around) + len(stretch))))
    fit = np.fft.irfft(np.fft.rfft(around, size) * np.conj(np.fft.rfft(stretch, size)), size)
    return begin + int(np.argmax(fit[: max(1, len(around) - len(stretch) + 1)])) - at


def _cuts(
    turns: Sequence[Turn], heard: Sequence[Piece], clears: Sequence[float], began_ms: float, known_voice: bool
) -> list[Cut]:
    """One for each `clear` that took prompts back, whether one was heard in part or others waited behind it. The turns'
    times are of the server's clock, a few ms from ours: the nearest piece and clear are their own."""
    by_clear: dict[float, list[Turn]] = {}
    for turn in turns:
        if turn.interrupted and clears:
            by_clear.setdefault(_nearest(clears, began_ms + _end_ms(turn)), []).append(turn)
    return [_cut(cut, heard, clear_ms, began_ms, known_voice) for clear_ms, cut in by_clear.items()]


def _cut(turns: Sequence[Turn], heard: Sequence[Piece], clear_ms: float, began_ms: float, known_voice: bool) -> Cut:
    first = min(heard, key=lambda piece: abs(piece.at_ms - began_ms - turns[0].at_ms))
    played_ms = clear_ms - first.at_ms
    told_ms = sum(_end_ms(turn) - turn.at_ms for turn in turns)
    told = " ".join(filter(None, (turn.heard for turn in turns)))
    words_off_ms, words_off = 0.0, 0
    if known_voice:
        ends_ms = heard_words.text_ends_ms(" ".join(turn.generated for turn in turns))
        words_off_ms, words_off = heard_words.off(ends_ms, len(told.split()), played_ms)
    return Cut(
        at_s=round((first.at_ms - began_ms) / 1000, 1),
        played_ms=round(played_ms),
        off_ms=round(told_ms - played_ms),
        acknowledged_ms=sum(turn.acknowledged_ms or 0 for turn in turns),
        heard=told,
        words_off_ms=round(words_off_ms),
        words_off=words_off,
    )


def _end_ms(turn: Turn) -> int:
    return turn.at_ms if turn.end_ms is None else turn.end_ms


def _nearest(moments: Sequence[float], to_ms: float) -> float:
    return min(moments, key=lambda at_ms: abs(at_ms - to_ms))


if __name__ == "__main__":
    sys.exit(main())
