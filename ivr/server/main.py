"""The server put together: settings in, calls answered until a signal."""

import asyncio
import os
import socket
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

import structlog

from ivr.carrier import CallControl, LoopbackOnly, Proof, TwilioSignature
from ivr.flow.flow import Bundle
from ivr.live.afterwards import Afterwards
from ivr.live.chats import ChatDesk
from ivr.live.clock import Clock, ShiftedClock
from ivr.live.dialler import Dialler
from ivr.live.process import Process, ProcessSettings
from ivr.models.engines import Engines
from ivr.models.profiles import Profile
from ivr.models.roll_call import roll_call
from ivr.server.admission import Admission
from ivr.server.api import Api
from ivr.server.app import Application
from ivr.server.chats import ChatApi
from ivr.server.flows import Flows, load_bundle
from ivr.server.going_on import Addresses
from ivr.server.guard import Access
from ivr.server.media_socket import MediaSocket
from ivr.server.neighbours import Neighbours
from ivr.server.port import bind, listening_at
from ivr.server.reload import Reload
from ivr.server.serving import Orders, serve
from ivr.server.switchboard import Switchboard
from ivr.server.webhooks import Webhooks
from ivr.settings import Settings

if TYPE_CHECKING:
    from ivr.carrier.rest import TwilioRest

log = structlog.get_logger("ivr.server")


async def run(settings: Settings, ready: Callable[[str], None], engines: Engines | None = None) -> None:
    """`ready` is given the address once calls can come. `engines`: those of the settings, where none are given.

    Raises: SettingsError, FlowError, StoreError: what keeps the server from starting, in words.
    """
    bundle = load_bundle(settings.project, settings.flow, os.environ)
    with bind(settings.host, settings.port) as sock:
        engines = engines or Engines.of(settings.profile, judge=settings.call.judge)
        for warning in settings.warnings():
            log.warning(warning)
        await answer(settings, bundle, sock, engines, lambda: ready(listening_at(settings.host, sock)))


async def answer(
    settings: Settings,
    bundle: Bundle,
    sock: socket.socket,
    engines: Engines,
    ready: Callable[[], None],
    orders: Orders | None = None,
    *,
    first: bool = True,
) -> None:
    """One process that answers at `sock`, until a signal or `orders` end it. `first`: of several, the one that looks
    for all whether the models are there. Raises: SettingsError, StoreError."""
    process_settings = ProcessSettings(
        settings.data_dir,
        os.environ,
        settings.call,
        settings.record,
        settings.late_ms,
        prompt_cache_bytes=settings.prompt_cache_mb * 1_000_000,
        database_url=settings.database_address,
        public_url=_public_url(settings, sock),
        caps=settings.caps,
    )
    carrier = _carrier(settings)
    clock = None if settings.clock_at is None else ShiftedClock(settings.clock_at)
    async with Process(process_settings, engines, clock, texts=carrier, carrier=carrier) as process:
        await process.adopt(bundle)
        admission = Admission(settings.max_calls)
        process.pulse.changed = partial(setattr, admission, "late")
        neighbours = None
        if settings.workers > 1:
            neighbours = Neighbours(process.holders, admission, process.clock)
        public_url = _public_url(settings, sock)
        flows = Flows(bundle)
        dialler = _dialler(settings, process, admission, carrier, public_url)
        desk = ChatDesk(process, most=settings.max_chats, idle=timedelta(minutes=settings.chat_idle_minutes))
        application, media = _application(settings, process, flows, admission, neighbours, public_url, dialler, desk)
        reload = Reload(flows, process, settings.project, settings.flow, os.environ)
        async with asyncio.TaskGroup() as tasks:
            afterwards = Afterwards(process, word_times=settings.word_times)
            works = (reload.run(), dialler.run(), desk.oversee(), afterwards.run())
            looking = [tasks.create_task(work) for work in works]
            if neighbours is not None:
                looking.append(tasks.create_task(neighbours.run()))
            if first and settings.profile.far_engines:
                looking.append(tasks.create_task(_call_roll(settings.profile, process.clock)))
            await serve(
                application,
                media,
                sock,
                admission,
                clock=process.clock,
                drain_s=settings.drain_seconds,
                ready=ready,
                orders=orders,
            )
            for task in looking:
                task.cancel()


async def _call_roll(profile: Profile, clock: Clock) -> None:
    """Beside the calls, which are answered whatever comes of it."""
    for remark in await roll_call(profile, clock.wall().date()):
        tell = log.error if remark.grave else log.warning
        tell(remark.text)


def _application(
    settings: Settings,
    process: Process,
    flows: Flows,
    admission: Admission,
    neighbours: Neighbours | None,
    public_url: str,
    dialler: Dialler,
    desk: ChatDesk,
) -> tuple[Application, MediaSocket]:
    proof: Proof = LoopbackOnly()
    if settings.auth_token is not None:
        proof = TwilioSignature(public_url, settings.auth_token.split(","))
    webhooks = Webhooks(
        process, flows, admission, proof, Addresses(public_url), dialler, neighbours, overflow=settings.overflow
    )
    token = None if settings.api_token is None else settings.api_token.get_secret_value()
    access = Access(token, settings.signed)
    api = Api(
        dialler,
        flows,
        process.clock,
        access,
        per_hour=settings.outbound_per_hour,
        places=settings.carrier_account is not None,
    )
    chats = ChatApi(desk, process, flows, admission, access, closed=not settings.max_chats)
    media = MediaSocket(proof, Switchboard(process, flows), admission, process.clock)
    return Application(process, admission, webhooks, flows, [*api.routes(), *chats.routes()]), media


def _dialler(
    settings: Settings, process: Process, admission: Admission, carrier: CallControl | None, public_url: str
) -> Dialler:
    return Dialler(
        process.orders,
        process.newest_bundle,
        lambda: process.projects,
        process.clock,
        carrier=carrier,
        public_url=public_url,
        per_hour=settings.outbound_per_hour,
        room=lambda: admission.has_room(process.clock.now_ms()),
    )


def _carrier(settings: Settings) -> "TwilioRest | None":
    """Who sends text messages and rings attendants, where there is an account with the carrier."""
    account = settings.carrier_account
    if account is None:
        return None
    from ivr.carrier.rest import TwilioRest  # late: it takes a while

    return TwilioRest(*account, base_url=settings.twilio_api_url or None)


def _public_url(settings: Settings, sock: socket.socket) -> str:
    return settings.public_url.rstrip("/") or f"http://127.0.0.1:{sock.getsockname()[1]}"
