"""The versions of flows this process serves: their tools, and their prompts, made ready before a caller needs them."""

import asyncio
import os
from collections.abc import Mapping
from pathlib import Path

import structlog

from ivr.errors import ModelError
from ivr.flow.flow import Bundle
from ivr.live.mouth import Mouth
from ivr.live.music import Music
from ivr.live.prompts import fixed_sentences
from ivr.live.recordings import Recordings
from ivr.live.toolbox import BundleTools
from ivr.tools.registry import Tools
from ivr.tools.secret import Secrets

log = structlog.get_logger("ivr.live")

FIRST_SENTENCES = 4
"""What a call begins with is made ready first, in every process."""
FAR_APART = 7919
"""A prime: processes started one after the other begin far from each other."""


class Versions:
    """Each stays until the process ends: a call goes on with the version it began with."""

    def __init__(self, environment: Mapping[str, str], data_dir: Path) -> None:
        """`environment`: where secrets of tools are named; handed on, never shown."""
        self._environment = environment
        self._data_dir = data_dir
        self._bundles: dict[str, Bundle] = {}
        self._tools: dict[str, Tools] = {}
        self._music: dict[str, Music] = {}
        self._recordings: dict[str, Recordings] = {}
        self._newest: dict[str, str] = {}

    def adopt(self, bundle: Bundle, mouth: Mouth, tasks: asyncio.TaskGroup) -> None:
        """Makes a version ready for calls, once; its prompts are spoken in a task of `tasks`.

        Raises: ToolError for an address that is none.
        """
        if bundle.hash in self._bundles:
            return
        secrets = Secrets(self._environment, self._data_dir)
        self._tools[bundle.hash] = Tools(bundle.apis, Path(bundle.folder), secrets, servers=bundle.servers)
        for fault in self._tools[bundle.hash].faults(t for f in bundle.flows.values() for t in f.tools.values()):
            log.warning("a tool of this flow cannot work as things are", why=fault)
        named = {contact.auth.secret for contact in bundle.contacts.values() if contact.auth is not None}
        for name in secrets.missing(named):
            log.warning("messages to a contact cannot be sent as things are", why=f"the secret {name} is missing")
        self._bundles[bundle.hash] = bundle
        self._newest[bundle.project] = bundle.hash
        self._music[bundle.hash] = Music(Path(bundle.folder))
        self._recordings[bundle.hash] = Recordings(Path(bundle.folder))
        tasks.create_task(self._music[bundle.hash].prepare(bundle))
        tasks.create_task(self._recordings[bundle.hash].prepare(bundle))
        tasks.create_task(_warm(bundle, mouth))

    def bundle(self, content_hash: str) -> Bundle | None:
        return self._bundles.get(content_hash)

    def toolbox(self, bundle: Bundle) -> BundleTools:
        """For one call. The version was adopted."""
        return BundleTools(bundle, self._tools[bundle.hash])

    @property
    def projects(self) -> tuple[str, ...]:
        return tuple(self._newest)

    def newest(self, project: str) -> Bundle | None:
        """None: it is not served here."""
        newest = self._newest.get(project)
        return None if newest is None else self._bundles[newest]

    def tools_of(self, project: str) -> Tools | None:
        """Of its newest version; None: it is not served here."""
        newest = self._newest.get(project)
        return None if newest is None else self._tools[newest]

    def music(self, bundle: Bundle) -> Music:
        return self._music[bundle.hash]

    def recordings(self, bundle: Bundle) -> Recordings:
        return self._recordings[bundle.hash]

    async def close(self) -> None:
        for tools in self._tools.values():
            await tools.aclose()


async def _warm(bundle: Bundle, mouth: Mouth) -> None:
    for language in bundle.languages or (bundle.language,):
        await _warm_in(bundle, mouth, language)


async def _warm_in(bundle: Bundle, mouth: Mouth, language: str) -> None:
    sentences = fixed_sentences(bundle, language)
    first, others = sentences[:FIRST_SENTENCES], sentences[FIRST_SENTENCES:]
    begin = os.getpid() * FAR_APART % max(1, len(others))  # each process begins elsewhere, and finds the rest done
    try:
        spoken = await mouth.warm([*first, *others[begin:], *others[:begin]], language)
    except ModelError as fault:
        log.error("prompts could not be made ready", language=language, why=str(fault))
    else:
        told = {"language": language, "sentences": len(sentences), "spoken": spoken}
        log.info("prompts are ready", project=bundle.project, **told)
