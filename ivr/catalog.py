"""Operators' files on disk to checked projects. A project is a folder with a `project.yaml`; a bundle's hash is over
the content of what makes it, so that a call can stay on the version it began with."""

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from ivr.audio import wav
from ivr.errors import FlowError, SettingsError
from ivr.flow.blocks import blocks
from ivr.flow.checks.advice import advise
from ivr.flow.flow import Api, Bundle
from ivr.flow.loader import load_project
from ivr.flow.loader.waivers import Waived, apply_waivers, check_use, in_order
from ivr.flow.messages import Message
from ivr.flow.text import Place

PROJECT_FILE: Final = "project.yaml"
MOST_BYTES: Final = 1_000_000
MOST_SOUND_BYTES: Final = 20_000_000
_URL: Final = re.compile(r"https?://[^\s/?#@]+(?:/[^\s?#]*)?")


@dataclass(frozen=True, slots=True)
class Checked:
    """What became of one project: its bundle (None if there are errors), its messages, and the text of its files."""

    folder: Path
    bundle: Bundle | None
    messages: tuple[Message, ...]
    files: Mapping[str, str]
    waived: tuple[Waived, ...] = ()


class Catalog:
    """The projects below one folder. `env` is the environment: `IVR_API__CRM__URL` and `IVR_API__CRM__ALLOW_PRIVATE`
    override a back end (`IVR_MCP__...` a server of tools), so that one flow serves trial and production."""

    def __init__(self, root: Path, env: Mapping[str, str]) -> None:
        self._root = root
        self._env = env

    @property
    def projects(self) -> tuple[str, ...]:
        """Names of the folders that hold a project; the root itself if it is one."""
        if (self._root / PROJECT_FILE).is_file():
            return (self._root.name,)
        if not self._root.is_dir():
            return ()
        return tuple(sorted(path.parent.name for path in self._root.glob(f"*/{PROJECT_FILE}")))

    def load(self, name: str) -> Bundle:
        """`project`, or `project/flow`: that flow then answers every number. Raises FlowError with every mistake, and
        SettingsError for an override that cannot be used."""
        project, _, flow = name.partition("/")
        checked = self.check(project)
        if checked.bundle is None:
            errors = [message for message in checked.messages if message.severity == "error"]
            raise FlowError(blocks(errors, checked.files, folder=str(checked.folder)))
        bundle = self._overridden(checked.bundle)
        if not flow:
            return bundle
        if flow not in bundle.flows:
            raise FlowError(f'project "{project}" has no flow "{flow}"; it has {", ".join(sorted(bundle.flows))}')
        return replace(bundle, entry_default=flow, entry_numbers={})

    def check(self, project: str) -> Checked:
        """Everything there is to say about a project. Raises FlowError if there is no such project."""
        folder = self.folder(project)
        return check_folder(folder)

    def folder(self, project: str) -> Path:
        if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]*", project):
            raise FlowError(f'"{project}" is not the name of a project')
        if (self._root / PROJECT_FILE).is_file() and project == self._root.name:
            return self._root
        folder = self._root / project
        if not (folder / PROJECT_FILE).is_file():
            there = f"there is {', '.join(self.projects)}" if self.projects else "there is none"
            raise FlowError(f'no project "{project}" in {self._root}; {there}')
        return folder

    def _overridden(self, bundle: Bundle) -> Bundle:
        apis = {name: self._api(api) for name, api in bundle.apis.items()}
        servers = {}
        for name, server in bundle.servers.items():  # a server of tools is a back end like any other
            its = self._api(Api(name, server.url, server.allow_private), "IVR_MCP__")
            servers[name] = replace(server, url=its.url, allow_private=its.allow_private)
        return replace(bundle, apis=apis, servers=servers)

    def _api(self, api: Api, family: str = "IVR_API__") -> Api:
        prefix = f"{family}{api.name.upper()}__"
        url = self._env.get(f"{prefix}URL")
        private = self._env.get(f"{prefix}ALLOW_PRIVATE")
        if url is not None:
            if not _URL.fullmatch(url):
                raise SettingsError(f"{prefix}URL is not the address of a back end, such as https://crm.example.com")
            api = replace(api, url=url.rstrip("/"))
        if private is not None:
            if private.lower() not in ("yes", "no", "true", "false", "1", "0"):
                raise SettingsError(f"{prefix}ALLOW_PRIVATE is neither yes nor no")
            api = replace(api, allow_private=private.lower() in ("yes", "true", "1"))
        return api


def check_folder(folder: Path) -> Checked:
    """Reads and checks the project in a folder."""
    files, unreadable = read_files(folder)
    loaded = load_project(files, str(folder.resolve()))
    messages = (*unreadable, *loaded.messages)
    return Checked(folder, None if unreadable else loaded.bundle, messages, files, loaded.waived)


def examine_folder(folder: Path, more: Callable[[Bundle], Iterable[Message]] = lambda _: ()) -> Checked:
    """Checks the project, and says what it lacks for its callers though every file is right; waivers that nothing needs
    are told too. `more`: what else there is to say about a project without errors."""
    checked = check_folder(folder)
    if checked.bundle is None:
        return checked
    kept, waived = apply_waivers((*advise(checked.bundle), *more(checked.bundle)), checked.files)
    unused = check_use(checked.files, (*checked.waived, *waived))
    messages = in_order((*checked.messages, *kept, *unused))
    return replace(checked, messages=messages, waived=(*checked.waived, *waived))


def read_files(folder: Path) -> tuple[dict[str, str], tuple[Message, ...]]:
    """Text by path below the folder: `project.yaml`, `*.flow.yaml`, `*.csv`, `prompts/*.yaml`, `tools/**.py`; of a
    sound its sum, so that another recording makes another version. And what could not be read."""
    files: dict[str, str] = {}
    messages: list[Message] = []
    tables, tools = folder.glob("*.csv"), (folder / "tools").rglob("*.py")
    translations, sounds = (folder / "prompts").glob("*.yaml"), (folder / "sounds").rglob("*.wav")
    paths = [folder / PROJECT_FILE, *folder.glob("*.flow.yaml"), *tables, *translations, *sounds, *tools]
    for path in sorted(path for path in paths if path.is_file()):
        name = path.relative_to(folder).as_posix()
        try:
            if path.suffix == ".wav":
                files[name] = _described(path)
                continue
            # one byte more than is allowed is enough for the reader to refuse it
            with path.open("rb") as file:
                files[name] = file.read(4 * MOST_BYTES + 4).decode("utf-8-sig")
        except wav.WavUnreadable as error:
            text = "This recorded prompt cannot be played."
            messages.append(Message(Place(name, 1, 1), "IVR325", text, fix=f"Save it as WAV: {error}."))
        except UnicodeDecodeError as error:
            text = "This file is not UTF-8 text."
            line = error.object[: error.start].count(b"\n") + 1
            messages.append(Message(Place(name, line, 1), "IVR001", text, fix="Save it as UTF-8."))
        except OSError as error:
            messages.append(Message(Place(name, 1, 1), "IVR001", f"This file cannot be read: {error.strerror}."))
    return files, tuple(messages)


def _described(path: Path) -> str:
    """Raises WavUnreadable, OSError."""
    if path.stat().st_size > MOST_SOUND_BYTES:
        raise wav.WavUnreadable(f"it is larger than {MOST_SOUND_BYTES // 1_000_000} MB")
    data = path.read_bytes()
    wav.read(data)
    return hashlib.sha256(data).hexdigest()
