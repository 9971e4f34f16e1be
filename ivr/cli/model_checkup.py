"""What `ivr doctor --models` finds of a profile: are its models there, and is what they answer fit for callers?"""

import asyncio
import time
from collections.abc import Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from ivr.cli.finding import Finding, State
from ivr.errors import ModelRefused, ModelUnavailable, SettingsError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from ivr.audio.judged import Judged
    from ivr.models.profiles import Caps, FarEngine, Profile
    from ivr.models.roll_call import Answered
    from ivr.models.trial import Bench, Trial

LIST_MS: Final = 5_000
SLOW_MS: Final = {"hear": 2_500, "talk": 4_000, "speak": 1_500}
"""Later than that and a line asks another, where there is one."""
SHORTEST_MS, LONGEST_MS = 300, 30_000
SOFT_DBFS, LOUD_DBFS = -38.0, -8.0
CLIPPED_WARN, CLIPPED_FAIL = 0.001, 0.01
SILENT_WARN: Final = 0.6
LEAD_MS: Final = 700
"""So much silence before the first word is a wait for the caller."""
ERRORS_WARN, ERRORS_FAIL = 0.34, 0.75
"""Of the words; the embedded recogniser mishears some itself."""
COLUMNS: Final = ("engine", "model", "first", "sound", "rate", "length", "level", "clipped", "silent", "words", "cost")


@dataclass(frozen=True, slots=True)
class _Found:
    """All that was asked of a profile, before it is judged."""

    answers: "Sequence[Answered]"
    trials: "Sequence[tuple[FarEngine, Trial]]"


def model_findings(profile: "Profile", caps: "Caps") -> Iterator[Finding]:
    if not profile.far:
        return
    try:
        found_out = asyncio.run(_asked(profile))
    except SettingsError as fault:
        yield Finding("models", "fail", str(fault), "set it right, or run make setup where a file is missing")
        return
    today = datetime.fromtimestamp(time.time(), UTC).date()
    for answered in found_out.answers:
        yield from _listing(profile, answered, today)
    for engine, trial in found_out.trials:
        yield from _judged(engine, trial)
    yield from _prices(profile, caps)


def keys(profile: "Profile") -> Iterator[Finding]:
    """Which there are, and what others would unlock. Asks nobody."""
    from ivr.models.presets import BY_KEY
    from ivr.models.profiles import masked

    if not profile.far:
        unlocking = " or ".join(variable for variable, _ in BY_KEY)
        yield Finding("models", "ok", f"{profile.name} engines, which ask nobody outside; {unlocking} unlocks more")
        return
    known = {one.key_from: one.key.get_secret_value() for one in profile.far_engines if one.key is not None}
    told = ", ".join(f"{variable} {masked(secret)}" for variable, secret in known.items()) or "no key is needed"
    yield Finding("models", "ok", f"profile {profile.name}: {told}")
    for one in profile.left_out:
        yield Finding("models", "fail", f"{one.name} is left out: {one.key_from} is not set", profile.fix_of(one))


def table(findings: Sequence[Finding]) -> list[str]:
    """The figures of those that were tried, a row each; empty where none was."""
    rows = [_row(one) for one in findings if one.measured is not None]
    if not rows:
        return []
    widths = [max(len(row[at]) for row in (COLUMNS, *rows)) for at in range(len(COLUMNS))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in (COLUMNS, *rows)]
    return [line.rstrip() for line in lines]


async def _asked(profile: "Profile") -> _Found:
    from ivr.models.roll_call import answers

    listings = await answers(profile, LIST_MS)
    async with _bench() as bench:
        away = {engine.name for answered in listings if _away(answered) for engine in answered.engines}
        asked = [engine for engine in profile.far_engines if engine.name not in away]
        return _Found(listings, [(engine, await bench.try_out(engine)) for engine in asked])


@asynccontextmanager
async def _bench() -> "AsyncIterator[Bench]":
    """Raises: SettingsError."""
    from ivr.models.offline.moonshine import Moonshine
    from ivr.models.offline.pico import Pico
    from ivr.models.trial import Bench

    voice, recogniser = Pico(processes=1), Moonshine(threads=1)
    try:
        await voice.start()
        await recogniser.start()
        yield Bench(voice, recogniser)
    finally:
        await recogniser.close()
        await voice.close()


# ---- the list


def _listing(profile: "Profile", answered: "Answered", today: date) -> Iterator[Finding]:
    from ivr.models.roll_call import remarks

    told = list(remarks(profile, answered, today))
    for remark in told:
        # What is not listed may serve all the same: a trial says so.
        state: State = "fail" if remark.grave or _away(answered) else "warn"
        yield Finding(", ".join(remark.engines), state, remark.found, remark.fix)
    spoken_of = {name for remark in told for name in remark.engines}
    for engine in answered.engines:
        model = answered.listed(engine)
        if model is not None and engine.name not in spoken_of:
            until = "no shutdown date" if model.ends is None else f"shut down on {model.ends}"
            yield Finding(engine.name, "ok", f"{engine.model} at {engine.url}: listed, {until}")


def _away(answered: "Answered") -> bool:
    """Whoever does not answer this will not answer anything else."""
    fault = answered.answer
    if isinstance(fault, ModelRefused):
        return fault.kind in ("key", "credit")
    return isinstance(fault, ModelUnavailable) and fault.kind in ("unreachable", "late")


# ---- what came of a trial


def _judged(engine: "FarEngine", trial: "Trial") -> Iterator[Finding]:
    name = engine.name
    if trial.fault:
        yield Finding(f"{name} answer", "fail", trial.fault, "name another model, or leave it out of the profile")
        return
    yield _answer(engine, trial)
    if trial.sound is not None:
        yield _sound(name, trial.sound)
    elif engine.kind == "realtime" or (engine.kind == "audio_chat" and engine.speaks):
        fix = "the voice of the flow speaks its words"
        if engine.kind == "audio_chat":
            fix += "; write speaks = false, so that it is not asked for sound"
        yield Finding(f"{name} sound", "warn", "it answered in words, without sound", fix)
    if trial.errors is not None:
        yield _words(name, trial)
    if trial.understood is False:
        yield Finding(
            f"{name} hearing", "warn", f"it was asked to repeat the question and said '{trial.words}'", _OTHER
        )
    if trial.tool is not None:
        fix = "questions will be understood by the words alone, and agents cannot use tools: choose another model"
        if engine.kind == "realtime":
            fix = "agents cannot use tools: choose another model"
        yield Finding(
            f"{name} tools", "fail" if trial.tool else "ok", trial.tool or "called as asked", fix if trial.tool else ""
        )


_OTHER: Final = "choose another model"


def _answer(engine: "FarEngine", trial: "Trial") -> Finding:
    job = {"transcription": "hear", "speech": "speak"}.get(engine.kind, "talk")
    late = trial.first_sound_ms if engine.kind == "speech" else trial.first_ms
    found = f"first after {trial.first_ms} ms, all after {trial.whole_ms} ms"
    if trial.first_sound_ms is not None and job == "talk":
        found = f"first words after {trial.first_ms} ms, first sound after {trial.first_sound_ms} ms, all after "
        found += f"{trial.whole_ms} ms"
    if job != "hear":
        found += f", in {trial.pieces} piece{'' if trial.pieces == 1 else 's'}"
    state: State = "ok"
    fix = ""
    if trial.first_ms is None:
        return Finding(f"{engine.name} answer", "fail", "it answered with nothing", _OTHER)
    if engine.stream and job == "talk" and trial.pieces == 1:
        state, fix = "warn", "it was asked to stream and did not: a caller waits for all of it; or set stream = false"
    if late is not None and late > SLOW_MS[job]:
        state, fix = "warn", f"after {SLOW_MS[job]} ms a line asks the next engine: name one, or a quicker model"
    return Finding(f"{engine.name} answer", state, found, fix, _measured(engine, trial))


def _sound(name: str, sound: "Judged") -> Finding:
    found = (
        f"{sound.rate_hz} Hz, {sound.ms / 1000:.1f} s, level {sound.active_dbfs:.0f} dBFS, "
        f"clipped {sound.clipped:.1%}, silent {sound.silent:.0%}"
    )
    troubles: list[tuple[State, str]] = []
    if sound.silent == 1:
        troubles.append(("fail", "it is silence"))
    elif not SOFT_DBFS <= sound.active_dbfs <= LOUD_DBFS:
        loud = sound.active_dbfs > LOUD_DBFS
        troubles.append(("warn", f"it is too {'loud' if loud else 'soft'} beside other prompts"))
    if not SHORTEST_MS <= sound.ms <= LONGEST_MS:
        troubles.append(("fail" if sound.ms < SHORTEST_MS else "warn", "that is no length for such an answer"))
    if sound.clipped > CLIPPED_WARN:
        troubles.append(("fail" if sound.clipped > CLIPPED_FAIL else "warn", "it is overdriven"))
    if sound.silent < 1 and (sound.silent > SILENT_WARN or sound.lead_ms > LEAD_MS):
        troubles.append(("warn", f"{sound.lead_ms} ms of silence before it, {sound.tail_ms} ms after it"))
    state: State = "ok"
    if troubles:
        state = "fail" if any(one == "fail" for one, _ in troubles) else "warn"
    fix = "; ".join(text for _, text in troubles)
    return Finding(f"{name} sound", state, found, f"{fix}: try another voice or model" if fix else "")


def _words(name: str, trial: "Trial") -> Finding:
    from ivr.models.trial import LINE, SENTENCE

    assert trial.errors is not None
    spoken = trial.heard_back is not None
    said, heard = ((trial.words or LINE), trial.heard_back) if spoken else (SENTENCE, trial.words)
    found = f"said '{said}', heard '{heard}': {trial.errors:.0%} wrong"
    if trial.errors <= ERRORS_WARN:
        return Finding(f"{name} words", "ok", found)
    fix = "callers would not hear what it says" if spoken else "callers would not be heard"
    state: State = "fail" if trial.errors > ERRORS_FAIL else "warn"
    return Finding(f"{name} words", state, found, f"{fix}: try another voice, language or model")


def _prices(profile: "Profile", caps: "Caps") -> Iterator[Finding]:
    unknown = [engine.name for engine in profile.far_engines if not engine.prices.known]
    capped = ", ".join(f"{amount} {what}" for amount, what in ((caps.call, "a call"), (caps.hour, "an hour")) if amount)
    if not unknown:
        yield Finding("prices", "ok", f"known; {f'capped at {capped}' if capped else 'no cap is set'}")
        return
    state: State = "warn" if capped else "ok"
    fix = f"write price = {{...}} under [engine.{unknown[0]}]: without it a cap does not hold" if capped else ""
    yield Finding("prices", state, f"not known of {', '.join(unknown)}", fix)


# ---- figures


def _measured(engine: "FarEngine", trial: "Trial") -> dict[str, object]:
    sound = trial.sound
    return {
        "engine": engine.name,
        "kind": engine.kind,
        "model": engine.model,
        "first_ms": trial.first_ms,
        "first_sound_ms": trial.first_sound_ms,
        "whole_ms": trial.whole_ms,
        "pieces": trial.pieces,
        "rate_hz": None if sound is None else sound.rate_hz,
        "sound_ms": None if sound is None else sound.ms,
        "active_dbfs": None if sound is None else round(sound.active_dbfs, 1),
        "clipped": None if sound is None else round(sound.clipped, 5),
        "silent": None if sound is None else round(sound.silent, 3),
        "word_errors": None if trial.errors is None else round(trial.errors, 3),
        "tools": None if trial.tool is None else not trial.tool,
        "cost": None if not engine.prices.known or trial.cost is None else float(trial.cost),
    }


def _row(finding: Finding) -> tuple[str, ...]:
    told = finding.measured
    assert told is not None

    def cell(name: str, form: str = "{}") -> str:
        return "-" if told.get(name) is None else form.format(told[name])

    seconds = told.get("sound_ms")
    cost = told.get("cost")
    return (
        cell("engine"),
        cell("model"),
        cell("first_ms", "{} ms"),
        cell("first_sound_ms", "{} ms"),
        cell("rate_hz", "{} Hz"),
        "-" if not isinstance(seconds, int) else f"{seconds / 1000:.1f} s",
        cell("active_dbfs", "{:.0f} dBFS"),
        cell("clipped", "{:.1%}"),
        cell("silent", "{:.0%}"),
        cell("word_errors", "{:.0%} wrong"),
        "-" if not isinstance(cost, float) else f"{Decimal(str(cost)):.5f}",
    )
