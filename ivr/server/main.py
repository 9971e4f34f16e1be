"""The server put together: settings in, calls answered until a signal."""

import os
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Final

import structlog

from ivr.carrier import LoopbackOnly, Proof, TwilioSignature
from ivr.catalog import Catalog
from ivr.live.process import Process, ProcessSettings
from ivr.models.offline.engines import Engines
from ivr.server.admission import Admission
from ivr.server.app import Application
from ivr.server.flows import Flows
from ivr.server.media_socket import MediaSocket
from ivr.server.serving import bind, serve
from ivr.server.switchboard import Switchboard
from ivr.server.webhooks import Addresses, Webhooks
from ivr.settings import Settings

log = structlog.get_logger("ivr.server")

SAMPLE: Final = "support"
"""The project that answers where none is named."""


async def run(settings: Settings, ready: Callable[[str], None], engines: Engines | None = None) -> None:
    """`ready` is given the address once calls can come. `engines`: those of the settings, where none are given.

    Raises: SettingsError, FlowError, StoreError: what keeps the server from starting, in words.
    """
    bundle = Catalog(settings.project or Path("flows"), os.environ).load(settings.flow or SAMPLE)
    sock = bind(settings.host, settings.port)
    with sock:
        engines = engines or Engines.of(settings.engines)
        for warning in settings.warnings():
            log.warning(warning)
        public_url = _public_url(settings, sock)
        process_settings = ProcessSettings(settings.data_dir, os.environ, settings.call, settings.record)
        async with Process(process_settings, engines) as process:
            await process.adopt(bundle)
            application, admission = _application(settings, process, Flows(process, bundle), public_url)
            await serve(
                application,
                sock,
                admission,
                clock=process.clock,
                drain_s=settings.drain_seconds,
                ready=lambda: ready(f"http://{settings.host}:{sock.getsockname()[1]}"),
            )


def _application(settings: Settings, process: Process, flows: Flows, public_url: str) -> tuple[Application, Admission]:
    admission = Admission(settings.max_calls)
    proof: Proof = LoopbackOnly()
    if settings.auth_token is not None:
        proof = TwilioSignature(public_url, settings.auth_token.split(","))
    webhooks = Webhooks(process, flows, admission, proof, Addresses(public_url))
    media = MediaSocket(proof, Switchboard(process, flows), admission, process.clock)
    return Application(process, admission, webhooks, media), admission


def _public_url(settings: Settings, sock: socket.socket) -> str:
    return settings.public_url.rstrip("/") or f"http://127.0.0.1:{sock.getsockname()[1]}"
