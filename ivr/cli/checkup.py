"""What `ivr doctor` looks at, each as one finding with its fix. Nothing here changes the installation."""

import os
import platform
import re
import shutil
import socket
import sys
import time
from collections.abc import Callable, Iterator
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ivr.cli.finding import Finding
from ivr.errors import IvrError, ModelError, SettingsError, StoreError

if TYPE_CHECKING:
    from ivr.models.offline.weights import Weights
    from ivr.settings import Settings

BUILT: Final = 1_795_478_400
"""No clock is right that says it is earlier than this: 2026-11-24, UTC."""
GLIBC: Final = (2, 34)
FREE_FAIL, FREE_WARN = 0.02, 0.10
RECORDING_BYTES_AN_HOUR: Final = 57_600_000
SENTENCE: Final = "please check my balance"


def findings(*, models: bool, configure: Callable[[], "Settings"]) -> Iterator[Finding]:
    """One after the other; those that need settings are left out where the settings have faults."""
    yield _python()
    yield _platform()
    yield _packages()
    yield _mcp()
    yield from _weights()
    yield _clock()
    try:
        settings = configure()
    except SettingsError as fault:
        for line in str(fault).splitlines():
            yield Finding("settings", "fail", line, "set it right where the line says it comes from")
        return
    yield Finding("settings", "ok", f"public URL {settings.base_url}, engines {settings.engines}")
    yield _signing(settings)
    yield _data_folder(settings.data_dir)
    yield _disk(settings.data_dir)
    yield from _databases(settings.data_dir, settings.database_address)
    yield _port(settings.host, settings.port)
    yield _workers(settings.workers)
    if settings.call.judge:
        yield from _judge()
    from ivr.cli.model_checkup import keys, model_findings

    yield from keys(settings.profile)
    if models:
        yield _round_trip()
        yield from model_findings(settings.profile, settings.caps)


def _python() -> Finding:
    running = ".".join(map(str, sys.version_info[:3]))
    good = (3, 11) <= sys.version_info[:2] <= (3, 13)
    return Finding("python", "ok" if good else "fail", running, "" if good else "use Python 3.11 to 3.13")


def _platform() -> Finding:
    libc, number = platform.libc_ver()
    here = f"{platform.system()} {platform.machine()}, {libc or 'no glibc'} {number}".rstrip()
    new_enough = libc == "glibc" and tuple(int(part) for part in re.findall(r"\d+", number)[:2]) >= GLIBC
    if platform.system() == "Linux" and platform.machine() == "x86_64" and new_enough:
        return Finding("platform", "ok", here)
    fix = "the embedded recogniser and voice need Linux x86_64 with glibc 2.34; recorded prompts with keys serve here"
    return Finding("platform", "warn", here, fix)


def _packages() -> Finding:
    try:
        needed = requires("ivr") or []
    except PackageNotFoundError:
        return Finding("packages", "fail", "ivr itself is not installed", "run make setup")
    missing = sorted(name for name in _names(needed) if not _installed(name))
    if missing:
        return Finding("packages", "fail", f"missing: {', '.join(missing)}", "run make setup")
    return Finding("packages", "ok", f"{len(_names(needed))} installed, ivr {version('ivr')}")


def _mcp() -> Finding:
    """Tools of other servers are an extra."""
    if _installed("mcp"):
        return Finding("mcp", "ok", f"mcp {version('mcp')}: flows may call tools of other servers")
    return Finding("mcp", "ok", "not installed; flows with mcp: need it: pip install 'ivr[mcp]'")


def _names(needed: list[str]) -> set[str]:
    from packaging.requirements import Requirement

    wanted = [Requirement(one) for one in needed]
    return {one.name for one in wanted if one.marker is None or one.marker.evaluate({"extra": ""})}


def _installed(name: str) -> bool:
    try:
        version(name)
    except PackageNotFoundError:
        return False
    return True


def _weights() -> Iterator[Finding]:
    from ivr.models.offline import weights

    yield from _files("weights", weights.EMBEDDED)


def _judge() -> Iterator[Finding]:
    from ivr.models.offline import weights

    yield from _files("call.judge", weights.JUDGE)


def _files(item: str, needed: tuple["Weights", ...]) -> Iterator[Finding]:
    from ivr.models.offline import weights

    faults = weights.faults(needed)
    if not faults:
        yield Finding(item, "ok", f"{len(needed)} files, all as we know them" if needed[1:] else "as we know it")
    for fault in faults:
        yield Finding(item, "fail", fault, weights.FIX)


def _clock() -> Finding:
    now = time.time()
    shown = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(now))
    if now < BUILT:
        return Finding("clock", "fail", shown, "set the machine's clock: signatures and records depend on it")
    return Finding("clock", "ok", shown)


def _signing(settings: "Settings") -> Finding:
    token = settings.auth_token
    if token is None:
        return Finding("signing", "warn", settings.warnings()[0], "set TWILIO_AUTH_TOKEN (or TWILIO_AUTH_TOKEN_FILE)")
    if not re.fullmatch(r"[0-9a-f]{32}", token):
        return Finding("signing", "warn", f"TWILIO_AUTH_TOKEN ends in {token[-4:]}", "an auth token has 32 hex digits")
    return Finding("signing", "ok", f"TWILIO_AUTH_TOKEN ends in {token[-4:]}")


def _data_folder(folder: Path) -> Finding:
    where = next(place for place in (folder, *folder.absolute().parents) if place.exists())
    if where.is_dir() and os.access(where, os.W_OK | os.X_OK):
        return Finding("data folder", "ok", f"{folder}{'' if where == folder else ' (made at the first start)'}")
    return Finding("data folder", "fail", f"{where} cannot be written", "make it writable, or set IVR_DATA_DIR")


def _disk(folder: Path) -> Finding:
    where = next(place for place in (folder, *folder.absolute().parents) if place.exists())
    disk = shutil.disk_usage(where)
    share = disk.free / disk.total
    found = f"{disk.free / 1e9:.1f} GB free ({share:.0%}), {disk.free // RECORDING_BYTES_AN_HOUR} hours of recordings"
    if share < FREE_FAIL:
        return Finding("disk", "fail", found, "free some space: below 2 % no new calls are taken")
    return Finding("disk", "warn" if share < FREE_WARN else "ok", found, "free some space" if share < FREE_WARN else "")


def _databases(folder: Path, url: str | None) -> Iterator[Finding]:
    from ivr.store import JOURNAL_FILE, journal_files, revision, revisions_postgres, shown_url

    if url is not None:
        try:
            there = revisions_postgres(url)
        except StoreError as fault:
            yield Finding("database", "fail", str(fault), "start PostgreSQL, or correct DATABASE_URL")
            return
        yield Finding("database", "ok", shown_url(url))
        for which, here in there.items():
            yield _tables(f"tables of {which}", here, which)
        return
    files = journal_files(folder) or [folder / JOURNAL_FILE]
    for path, which in [(folder / "ivr.db", "calls"), *((file, "journal") for file in files)]:
        try:
            yield _tables(path.name, revision(path), which)
        except StoreError as fault:
            yield Finding(path.name, "fail", str(fault), "make the file readable, or put it aside and start anew")


def _tables(item: str, here: str | None, which: str) -> Finding:
    from ivr.store import newest_revision

    newest = newest_revision(which)
    if here is None:
        return Finding(item, "ok", "not there yet; is made at the first start")
    if here == newest:
        return Finding(item, "ok", f"tables at {here}")
    if here < newest:
        return Finding(item, "warn", f"tables at {here}, newest is {newest}", "the next start brings them up to date")
    return Finding(item, "fail", f"tables at {here}, made by a newer ivr", "run that version, or another database")


def _port(host: str, port: int) -> Finding:
    if port == 0:
        return Finding("port", "ok", "any free one")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as fault:
            fix = "end what listens there (it may be ivr itself), or choose another with --port or PORT"
            return Finding("port", "warn", f"{host}:{port}: {fault.strerror}", fix)
    return Finding("port", "ok", f"{host}:{port} is free")


def _workers(workers: int) -> Finding:
    from ivr.models.workers import cores

    found = f"{workers} on {cores()} core{'' if cores() == 1 else 's'}"
    if workers > cores():
        return Finding("workers", "warn", found, "more workers than cores take turns: set IVR_WORKERS lower")
    return Finding("workers", "ok", found)


def _round_trip() -> Finding:
    """A sentence spoken by the embedded voice and heard by the embedded recogniser."""
    import asyncio

    try:
        heard, say_ms, hear_ms = asyncio.run(_say_and_hear())
    except (ModelError, IvrError) as fault:
        return Finding("audio round trip", "fail", str(fault), "run make setup")
    found = f"say {say_ms} ms, hear {hear_ms} ms, heard '{heard}'"
    if "balance" in heard.lower():
        return Finding("audio round trip", "ok", found)
    return Finding("audio round trip", "fail", found, f"it should have been '{SENTENCE}': run make setup")


async def _say_and_hear() -> tuple[str, int, int]:
    from ivr.audio.pcm import Pcm
    from ivr.audio.resample import resample_whole
    from ivr.models.deadline import due_in, now_ms
    from ivr.models.engines import Engines
    from ivr.models.ports import Voice

    engines = Engines.of("embedded")
    await engines.start()
    try:
        began = now_ms()
        parts = [part async for part in engines.synthesizer.speak(SENTENCE, Voice(), due_in(20_000))]
        spoken = now_ms()
        sound = Pcm(b"".join(part.samples for part in parts if isinstance(part, Pcm)), engines.synthesizer.rate_hz)
        chunk = resample_whole(sound, engines.transcriber.rate_hz)
        heard = await engines.transcriber.transcribe(chunk, "text", due_in(20_000))
        return heard.text, spoken - began, now_ms() - spoken
    finally:
        await engines.close()
