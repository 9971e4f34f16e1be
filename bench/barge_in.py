"""python -m bench.barge_in DIR: what stops the bot, and what should not.

While a long question is being said, a caller interrupts it, or coughs, laughs, hums along, plays music; or a
speaker-phone gives back our own voice. Each take is one call in made-up time: the call's machine, detector and
recogniser as on the line, a network of 40 ms each way, 60 ms until the voice begins and 150 ms until the words are
there. DIR is a folder as `bench.speech` reads it: its clips are the interruptions. What is no word is made by code.

missed: an interruption that was not taken. false: the bot lost its turn over nothing. went on: it stopped for nothing
and said the rest; the gap is how long nothing of it was heard.
"""

import argparse
import asyncio
import json
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Final

import numpy as np
import py_nanotts

from bench import noises
from bench.patient import patient_project
from bench.speech import Clip, read_clips
from bench.virtual_call import Floats, SpeakerPhone, VirtualCall
from ivr.audio import echo, mulaw, tones
from ivr.audio.pcm import Pcm
from ivr.call import effects as fx
from ivr.errors import IvrError
from ivr.flow.flow import Bundle
from ivr.flow.loader import load_project
from ivr.live.ear import Ear
from ivr.live.mouth import line_sound
from ivr.models.offline.moonshine import Moonshine
from ivr.models.offline.silero import Silero
from ivr.models.ports import Transcriber
from ivr.sim.line import FULL_SCALE, SPEECH_DBFS, band_limited, caller_speech, key_tone, pink_noise
from ivr.units import BYTES_PER_MS, LINE_RATE_HZ

VOICE_RATE_HZ: Final = 16_000
OPTIONS: Final = """
    options: {bill: {hear: [my bill, billing, the bill]}, fault: {hear: [a fault, an outage, report an outage]},
              hours: {hear: [opening hours, when are you open]}, person: {hear: [a person, a representative]}}"""
FLOW: Final = """
schema: callflow/1
flow: NAME
about: One long question, for as long as the caller listens.
start: question
slots:
  reason:
    type: KIND
    ask: "Thank you for calling Harbour Broadband, this call may be recorded. If it is about your bill, or about a
      payment that you made in the last thirty days, say billing. If your line is slow, or nothing works at all, say
      fault, and have the number of your modem at hand; it stands on a sticker at its back. For the hours of our shops,
      say opening hours. Our shop by the harbour is closed this week, because the roof is being mended, and opens again
      on Monday morning. To speak to somebody, say a person, and we will connect you with the next one who is free."
nodes:
  question: [{ask: reason}, {say: Thank you.}, {forget: reason}, {goto: question}]
"""
CHOICE: Final = FLOW.replace("type: KIND", f"type: choice{OPTIONS}").replace("NAME", "choice")
FREE: Final = FLOW.replace("KIND", "text").replace("NAME", "free")
"""The same with a question that takes whatever is said."""
BEGIN_MS: Final = (1900, 3300, 5100)
"""When the caller is heard, after the question began."""
SETTLE_MS: Final = 4000
WARM_MS: Final = 200
AFTER_MS: Final = 200
"""The bot is silent so long at most before it counts as stopped."""
HUMMED: Final = ("uh-huh", "mm-hm", "yeah", "okay", "right", "I see", "oh okay", "yes")
INTERRUPTING: Final = (
    "billing please",
    "no wait",
    "I have a question about my bill",
    "my internet is down",
    "stop",
    "can I talk to a person",
    "what did you say",
    "that's wrong",
)
SPEAKER_LAGS_MS: Final = (50, 100, 200, 400)


@dataclass(frozen=True, slots=True)
class Sound:
    """What the caller's end does during a take."""

    kind: str
    what: str
    meant: bool
    pcm: Pcm
    free: bool = False
    """The question takes whatever is said."""
    phone: SpeakerPhone | None = None
    noise: Floats | None = None


@dataclass(frozen=True, slots=True)
class Take:
    """One take. Times in ms; None: it did not happen."""

    kind: str
    what: str
    meant: bool
    taken: bool
    """The bot lost its turn."""
    stopped_ms: int | None
    """From where the caller's sound begins to the moment the prompt is taken back."""
    went_on: tuple[str, ...]
    """Why, each time."""
    gap_ms: int
    read: tuple[tuple[str, float | None], ...]
    """What the recogniser made of it, with its scores."""
    whole: bool
    """Where the prompt was not taken: all of it was heard."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.barge_in", description=__doc__)
    parser.add_argument("dir", type=Path, help="a folder with manifest.json and its clips")
    parser.add_argument("--json", type=Path, help="write every take there")
    parser.add_argument("--half", choices=("even", "odd"), help="only every other clip, counted from 0")
    parser.add_argument("--only", help="only kinds that have this in their name")
    options = parser.parse_args()
    try:
        clips = read_clips(options.dir)
    except (OSError, ValueError, KeyError) as error:
        print(f"{options.dir}: no folder of clips: {error}", file=sys.stderr)
        return 3
    if options.half:
        clips = clips[options.half == "odd" :: 2]
    sounds = [s for s in (*interruptions(clips), *nothing_meant()) if not options.only or options.only in s.kind]
    try:
        takes = measure(sounds)
    except IvrError as error:
        print(error, file=sys.stderr)
        return 3
    for row in table(takes):
        print(row)
    costs = echo_us()
    print(f"\nwhat was played is compared in {costs[0]:.0f} µs, {costs[1]:.0f} µs where the echo is known")
    if options.json:
        options.json.write_text(json.dumps({"takes": [asdict(t) for t in takes], "echo_us": costs}, indent=1))
    return 0


# ---- what is played


def interruptions(clips: Sequence[Clip]) -> Iterable[Sound]:
    """Clips of people and voices, on lines of all kinds."""
    made = [(clip.text, "people" if clip.human else "voices", _speech_of(clip)) for clip in clips]
    made += [(text, "voices", _spoken(text, voice, pitch)) for text in INTERRUPTING for voice, pitch in _VOICES]
    for text, who, pcm in made:
        for condition, snr_db in (("clean", None), ("20 dB", 20), ("10 dB", 10)):
            yield Sound(f"{who}, {condition}", text, True, pcm, True, noise=_hiss(snr_db))
        for lag_ms in (100, 400):
            yield Sound(f"{who}, over echo", text, True, pcm, True, SpeakerPhone(-12, lag_ms))


def nothing_meant() -> Iterable[Sound]:
    """Sounds that are no reason to say no more."""
    for text in HUMMED:
        for voice, pitch in _VOICES:
            hummed = _spoken(text, voice, pitch)
            for condition, snr_db in (("clean", None), ("20 dB", 20)):
                yield Sound(f"hummed along, {condition}", text, False, hummed, noise=_hiss(snr_db))
            yield Sound("hummed, free question", text, False, hummed, True)
    for seed in (1, 2, 3):
        for name, pcm in noises.made(seed).items():
            yield Sound(name, str(seed), False, pcm)
    for dbfs in (-50, -40, -30):
        for colour in ("pink", "white"):
            yield Sound("noise", f"{colour} {dbfs}", False, tones.noise(7, 5000, dbfs, colour))
    for seed in (1, 2, 3):
        yield Sound("hold music", str(seed), False, tones.hold_music(seed, 8000))
    yield Sound("ringback and busy", "ringback", False, tones.ringback(6000))
    yield Sound("ringback and busy", "busy", False, tones.busy(6000))
    yield Sound("key tones", "100 ms", False, _pcm(b"".join(key_tone(k, 100) + mulaw.SILENCE * 800 for k in "1594*0#")))
    yield Sound("key tones", "1 s", False, _pcm(b"".join(key_tone(k, 1000) + mulaw.SILENCE * 1600 for k in "17D")))
    nobody = Pcm(b"", LINE_RATE_HZ)
    for lag_ms in SPEAKER_LAGS_MS:
        for name, phone in (
            ("-12 dB", SpeakerPhone(-12, lag_ms, clipped=False)),
            ("-12 dB, bent", SpeakerPhone(-12, lag_ms)),
            ("-6 dB, bent", SpeakerPhone(-6, lag_ms)),
        ):
            for snr_db in (None, 20):
                yield Sound(f"own echo, {name}", f"{lag_ms} ms", False, nobody, False, phone, _hiss(snr_db))


_VOICES: Final = (("en-US", 1.0), ("en-GB", 1.0), ("en-GB", 0.75), ("en-US", 1.3))


def _spoken(text: str, voice: str, pitch: float) -> Pcm:
    return _pcm(caller_speech(Pcm(py_nanotts.NanoTTS().speak(text, voice=voice, pitch=pitch), VOICE_RATE_HZ)))


def _speech_of(clip: Clip) -> Pcm:
    inside = clip.sound.samples[2 * clip.onset_ms * BYTES_PER_MS : 2 * clip.end_ms * BYTES_PER_MS]
    return _pcm(caller_speech(Pcm(inside, LINE_RATE_HZ)))


def _pcm(sound: bytes) -> Pcm:
    return mulaw.decode(sound)


@cache
def _hiss(snr_db: int | None) -> Floats | None:
    if snr_db is None:
        return None
    return band_limited(pink_noise(16 * LINE_RATE_HZ, 1), rms=FULL_SCALE * 10 ** ((SPEECH_DBFS - snr_db) / 20))


@cache
def _voice(sentence: str) -> bytes:
    return mulaw.encode(line_sound(Pcm(py_nanotts.NanoTTS().speak(sentence, voice="en-US"), VOICE_RATE_HZ)))


# ---- the takes


def measure(sounds: Sequence[Sound]) -> list[Take]:
    """Raises: SettingsError."""
    bundles = {False: _bundle("choice", CHOICE), True: _bundle("free", FREE)}
    recogniser = Moonshine(threads=1)
    asyncio.run(recogniser.start())
    ear = Ear(Silero())
    takes = [_take(s, BEGIN_MS[n % len(BEGIN_MS)], bundles[s.free], ear, recogniser) for n, s in enumerate(sounds)]
    asyncio.run(recogniser.close())
    return takes


def _bundle(name: str, flow: str) -> Bundle:
    loaded = load_project({"project.yaml": patient_project("barge", name), f"{name}.flow.yaml": flow})
    assert loaded.bundle is not None, [str(message) for message in loaded.messages]
    return loaded.bundle


def _take(sound: Sound, begin_ms: int, bundle: Bundle, ear: Ear, recogniser: Transcriber) -> Take:
    call = VirtualCall(bundle, ear, recogniser, _voice, sound.phone, sound.noise)
    call.run(WARM_MS + begin_ms)
    began_ms = call.now
    call.say(sound.pcm)
    until_ms = began_ms + len(sound.pcm) * 1000 // LINE_RATE_HZ + SETTLE_MS
    if not sound.pcm.samples or not sound.meant:
        until_ms += 6000
    while call.now < until_ms and not call.turns("caller"):
        call.run(100)
    taken = bool(call.turns("caller"))
    gap_ms = call.longest_silence_ms(began_ms)
    if not taken and not sound.meant:
        while call.saying() and not call.turns("caller"):
            call.run(500)
        taken, gap_ms = bool(call.turns("caller")), call.longest_silence_ms(began_ms)
    call.close()
    cuts = [at for at, effect in call.did if isinstance(effect, fx.CutPlayout) and at >= began_ms]
    return Take(
        kind=sound.kind,
        what=sound.what,
        meant=sound.meant,
        taken=taken,
        stopped_ms=cuts[0] - began_ms if cuts else None,
        went_on=tuple(str(entry.body["why"]) for _, entry in call.kept("WentOn")),
        gap_ms=gap_ms if cuts and not taken else 0,
        read=tuple(call.read),
        whole=taken or _whole(call),
    )


def _whole(call: VirtualCall) -> bool:
    """The flow was told that its question was heard to the end."""
    done = [entry.body for _, entry in call.kept("flow.PromptDone")]
    return bool(done) and not done[0]["cut"]


def table(takes: Sequence[Take]) -> Iterable[str]:
    heads = (
        f"{'takes':>7}{'taken':>7}{'missed':>8}{'false':>7}{'went on':>9}{'stops after p50 p95':>21}{'gap p50 max':>14}"
    )
    yield f"{'':26}{heads}"
    for kind in dict.fromkeys(take.kind for take in takes):
        rows = [take for take in takes if take.kind == kind]
        taken = sum(take.taken for take in rows)
        meant = rows[0].meant
        stops = [take.stopped_ms for take in rows if take.stopped_ms is not None and (take.taken or not meant)]
        gaps = [take.gap_ms for take in rows if take.went_on and not take.taken]
        yield (
            f"{kind:26}{len(rows):7}{taken:7}{len(rows) - taken if meant else '-':>8}{'-' if meant else taken:>7}"
            f"{sum(bool(take.went_on) for take in rows):9}{_spread(stops, 50, 95):>21}{_spread(gaps, 50, 100):>14}"
        )
    lost = [take for take in takes if not take.meant and not take.taken and not take.whole]
    yield f"prompts that went on and were not heard to their end: {len(lost)}"


def _spread(values: Sequence[int], *shares: int) -> str:
    return "".join(f"{np.percentile(values, share):6.0f}" for share in shares) if values else "-"


def echo_us() -> tuple[float, float]:
    """What a comparison costs, the lag unknown and known: the quickest of many."""
    chance = np.random.default_rng(1)
    caller, played = (chance.integers(0, 256, n, dtype=np.uint8).tobytes() for n in (3200, 3200 + 8 * 680))
    known = echo.Echo(200.0, -12.0)
    return _quickest(lambda: echo.compare(caller, played)), _quickest(lambda: echo.compare(caller, played, known))


def _quickest(do: Callable[[], object], times: int = 200) -> float:
    best = float("inf")
    for _ in range(times):
        began = time.perf_counter()
        do()
        best = min(best, time.perf_counter() - began)
    return best * 1e6


if __name__ == "__main__":
    raise SystemExit(main())
