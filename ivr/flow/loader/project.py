"""A whole project: its settings and all its flows, with every mistake of every file in one pass."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from ivr.flow.checks import check_filling, check_flow
from ivr.flow.checks.languages import check_languages
from ivr.flow.checks.walk import own_steps
from ivr.flow.flow import Api, Bundle, Flow, Split
from ivr.flow.grammar.names import Named
from ivr.flow.grammar.tree import Path
from ivr.flow.languages import is_voiced
from ivr.flow.loader.auth import Known
from ivr.flow.loader.contacts import read_contacts, read_servers
from ivr.flow.loader.entries import read_entries, read_outbound
from ivr.flow.loader.flows import SUFFIX, Shared, read_flow, require_schema
from ivr.flow.loader.hours import read_hours, require_zone
from ivr.flow.loader.names import read_names
from ivr.flow.loader.reading import Block, Reader
from ivr.flow.loader.signatures import read_family
from ivr.flow.loader.sounds import sound_names
from ivr.flow.loader.targets import read_countries, read_targets
from ivr.flow.loader.translations import Missing, is_translation, read_translations
from ivr.flow.loader.waivers import Waived, apply_waivers, check_reasons
from ivr.flow.messages import Message
from ivr.flow.schema.shapes import ApiShape, LanguageShape, ProjectShape, RecordingShape
from ivr.flow.sentences import ENGLISH, own_sentences
from ivr.flow.sentences_es import SPANISH
from ivr.flow.text import Place
from ivr.flow.yaml_tree import Keys, Scalar, Tree, read_tree

PROJECT_FILE: Final = "project.yaml"
LANGUAGE: Final = re.compile(r"[a-z]{2,3}-[A-Z]{2}", re.ASCII)
_E164: Final = re.compile(r"\+[1-9]\d{5,14}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Loaded:
    """`bundle` is None if there is any error; warnings do not keep a project from its callers."""

    bundle: Bundle | None
    messages: tuple[Message, ...]
    waived: tuple[Waived, ...] = ()
    missing: tuple[Missing, ...] = ()
    """Texts without a translation."""
    languages: tuple[str, ...] = ()
    """The default first; also of a project with errors."""


def load_project(files: Mapping[str, str], folder: str = "") -> Loaded:
    """`files`: text by path below the project's folder; `project.yaml` and `*.flow.yaml` are read. Pure. `folder` is
    kept for Python tools and names the project in messages about no file at all."""
    reader = Reader()
    if PROJECT_FILE not in files:
        message = Message(Place(PROJECT_FILE, 1, 1), "IVR104", "This project has no project.yaml.")
        return Loaded(None, (message,))
    trees: dict[str, Tree] = {}
    for file in sorted(files):
        if file == PROJECT_FILE or _is_flow(file) or is_translation(file):
            tree, messages = read_tree(files[file], file)
            reader.add(*messages)
            if tree is not None:
                trees[file] = tree
    project = _Project(reader, trees, files, folder)
    # without project.yaml what all flows share is unknown, and each would be told for it
    bundle = project.bundle() if PROJECT_FILE in trees else None
    kept, waived = apply_waivers((*reader.messages, *check_reasons(files)), files)
    failed = any(message.severity == "error" for message in kept)
    return Loaded(None if failed else bundle, kept, waived, tuple(project.missing), project.languages)


def content_hash(files: Mapping[str, str]) -> str:
    """SHA-256 over names and contents: what a call is pinned to."""
    whole = hashlib.sha256()
    for file in sorted(files):
        for part in (file, files[file]):
            data = part.encode()
            whole.update(len(data).to_bytes(8, "big") + data)
    return whole.hexdigest()


class _Project:
    def __init__(self, reader: Reader, trees: Mapping[str, Tree], files: Mapping[str, str], folder: str) -> None:
        self._reader = reader
        self._trees = trees
        self._files = files
        self._folder = folder
        self.missing: list[Missing] = []
        self.languages: tuple[str, ...] = ()

    def bundle(self) -> Bundle | None:
        reader = self._reader
        tree = self._trees.get(PROJECT_FILE)
        block = reader.block(tree, ProjectShape, "project.yaml") if tree is not None else None
        if block is None:
            block = Block(Place(PROJECT_FILE, 1, 1), {}, {}, {})
        else:
            require_schema(block, reader)
        zone = self._zone(block)
        hours = read_hours(reader, block.tree("hours"), zone)
        apis = self._apis(block)
        secrets = _secrets(reader, block.tree("secrets"))
        known = Known(reader, secrets, _places(block, "apis"))
        countries = self._countries(block)
        targets = read_targets(reader, block.tree("targets"), hours, countries)
        trees = {f.removesuffix(SUFFIX): tree for f, tree in self._trees.items() if f.endswith(SUFFIX)}
        language, also = self._languages(block)
        translations = read_translations(reader, also, self._trees, trees)
        self.missing = translations.missing
        self.languages = (language, *translations.languages)
        unread = {
            f.removesuffix(SUFFIX): text for f, text in self._files.items() if _is_flow(f) and f not in self._trees
        }
        family = read_family(trees, self._trees.get(PROJECT_FILE), unread)
        shared = Shared(
            block,
            known.apis,
            _places(block, "targets"),
            _places(block, "mcp"),
            _places(block, "contacts"),
            known.secrets,
            self._elsewhere(block),
            frozenset(hours),
            family,
            translations,
            language,
            {name: sound_names(self._files, name) for name in (language, *translations.languages)},
        )
        flows: dict[str, Flow] = {}
        for file, tree in self._trees.items():
            if file.endswith(SUFFIX) and not family.hangs_on_unread(file.removesuffix(SUFFIX)):
                flow = read_flow(reader, tree, file, shared)
                if flow is not None:
                    flows[flow.name] = flow
        names = {f.removesuffix(SUFFIX): Place(f, 1, 1) for f in self._files if _is_flow(f)}
        outbound = read_outbound(reader, block.tree("outbound"), names, hours)
        needed = not block.has("outbound") and PROJECT_FILE in self._trees
        entries = read_entries(reader, block.tree("entry"), self._files, self._is_sub, needed=needed)
        words = self._words(block, (language, *translations.languages))
        if not unread:
            translations.tell_unused(reader)
        name = reader.text(block.tree("project"), "project:")
        on, announce = self._recording(block)
        broken = {message.place.file for message in reader.messages if message.severity == "error"}
        whole = {name for name, flow in flows.items() if not broken & {flow.place.file, PROJECT_FILE}}
        for flow in flows.values():
            reader.add(*check_flow(flow, apis, targets, whole=flow.name in whole))
            reader.add(*check_languages(flow, (language, *translations.languages)))
        reader.add(*check_filling(flows, whole & flows.keys()))
        return Bundle(
            project=name.text if name else "",
            hash=content_hash(self._files),
            zone=zone,
            language=language,
            languages=(language, *translations.languages),
            entry_default=entries.default,
            entry_numbers=entries.numbers,
            entry_data=entries.data,
            outbound=outbound,
            countries=countries,
            flows=flows,
            apis=apis,
            targets=targets,
            secrets=frozenset(shared.secrets),
            words=words[language],
            other_words={name: words[name] for name in translations.languages},
            folder=self._folder,
            contacts=read_contacts(block.tree("contacts"), known),
            servers=read_servers(block.tree("mcp"), known),
            recording=on,
            announce_recording=announce,
            hours=hours,
            facts=frozenset(family.facts),
            counted_splits=frozenset(
                step.name
                for flow in flows.values()
                for step in own_steps(flow)
                if isinstance(step, Split) and step.calls is not None
            ),
        )

    def _elsewhere(self, block: Block) -> Mapping[Path, Named]:
        quiet = Reader()
        names: dict[Path, Named] = {}
        for file, tree in self._trees.items():
            if isinstance(tree, Keys) and file.endswith(SUFFIX):
                found = read_names(quiet, tree.get("slots"), tree.get("vars"), tree.get("tools"))
                names = {**found.names, **names}
        return names

    def _apis(self, block: Block) -> Mapping[str, Api]:
        found = {}
        for key, tree in self._reader.entries(block.tree("apis"), "apis:"):
            api = self._reader.block(tree, ApiShape, f'Back end "{key.text}"')
            if api is not None and api.value("url"):
                found[key.text] = Api(key.text, api.value("url"), api.value("allow_private", False))
        return found

    def _countries(self, block: Block) -> frozenset[str]:
        numbers = [name for name in _keys(block.tree("entry")) if _E164.fullmatch(name)]
        outbound = block.tree("outbound")
        made = (
            [value.get("from") for _, value in outbound.entries if isinstance(value, Keys)]
            if isinstance(outbound, Keys)
            else []
        )
        numbers += [sender.text for sender in made if isinstance(sender, Scalar)]
        languages = block.tree("languages")
        language = languages.get("default") if isinstance(languages, Keys) else None
        written = language.text if isinstance(language, Scalar) else "en-US"
        return read_countries(self._reader, block.tree("dialling"), numbers, written)

    def _is_sub(self, flow: str) -> bool:
        tree = self._trees.get(flow + SUFFIX)
        return isinstance(tree, Keys) and tree.get("outcomes") is not None

    def _languages(self, block: Block) -> tuple[str, tuple[Scalar, ...]]:
        """The default, and those besides."""
        inner = self._reader.block(block.tree("languages"), LanguageShape, "languages:")
        if inner is None:
            return "en-US", ()
        default = inner.value("default") or "en-US"
        also = []
        for named in self._reader.texts(inner.tree("also"), "also:"):
            if not LANGUAGE.fullmatch(named.text):
                text = f'also: "{named.text}" is not a language and its country.'
                self._reader.say("IVR105", named, text, "Write it like es-US.")
            elif named.text != default:
                also.append(named)
            if not is_voiced(named.text) and LANGUAGE.fullmatch(named.text):
                text = f"The embedded voice does not speak {named.text}."
                fix = "Record its prompts under sounds/, or use engines that speak it."
                self._reader.say("IVR324", named, text, fix, warning=True)
        return default, tuple(also)

    def _words(self, block: Block, languages: tuple[str, ...]) -> Mapping[str, Mapping[str, str]]:
        """The engine's own sentences, by language; those of the package, and single ones replaced."""
        made = {language: dict(own_sentences(language) or ENGLISH) for language in languages}
        replaced: dict[str, set[str]] = {language: set() for language in languages}
        tree = block.tree("words")
        if tree is not None and not isinstance(tree, Keys):
            self._reader.say("IVR102", tree, "words: is written  {en-US: {goodbye: ...}}.")
        for language, sentences in tree.entries if isinstance(tree, Keys) else ():
            if language.text in ENGLISH:
                text = f'words: "{language.text}" is a sentence; the language it is in stands before it.'
                fix = f"Write  words: {{{languages[0]}: {{{language.text}: ...}}}}."
                self._reader.say("IVR102", language, text, fix)
                continue
            if not self._reader.known(language, languages, "language in this project"):
                continue
            for key, value in self._reader.entries(sentences, "words:"):
                sentence = self._reader.text(value, f"words: {key.text}")
                if sentence is not None and self._reader.known(key, ENGLISH, "sentence of the engine"):
                    self._require_placeholders(key.text, sentence)
                    made[language.text][key.text] = sentence.text
                    replaced[language.text].add(key.text)
        self._require_words(block, languages, replaced)
        return made

    def _require_words(self, block: Block, languages: tuple[str, ...], replaced: Mapping[str, set[str]]) -> None:
        for language in languages:
            left = [name for name in ENGLISH if name not in replaced[language]]
            if own_sentences(language) is None and left:
                text = f"This program has no sentences of its own in {language}: callers would hear them in English."
                fix = f"Write all under  words: {{{language}: ...}};  {len(left)} are missing, such as {left[0]}."
                self._reader.say("IVR321", block.tree("languages") or block.place, text, fix)

    def _require_placeholders(self, name: str, sentence: Scalar) -> None:
        ours = f"{ENGLISH[name]} {SPANISH[name]}"
        allowed = set(re.findall(r"\{(\w+)\}", ours)) | {"question", "hint", "keypad_hint", "why"}
        for found in re.findall(r"\{([^}]*)\}?", sentence.text):
            if found not in allowed:
                fix = f"It may have {', '.join('{' + a + '}' for a in sorted(allowed))}."
                self._reader.say("IVR208", sentence, f'"{{{found}}}" cannot stand in this sentence.', fix)

    def _zone(self, block: Block) -> str:
        zone = self._reader.text(block.tree("zone"), "zone:")
        if zone is None:
            return "UTC"
        return zone.text if require_zone(self._reader, zone) else "UTC"

    def _recording(self, block: Block) -> tuple[bool, bool]:
        tree = block.tree("recording")
        if isinstance(tree, Scalar):
            if tree.text not in ("yes", "no"):
                self._reader.say("IVR105", tree, f'recording: "{tree.text}" is neither yes nor no.', "Write yes or no.")
            return tree.text != "no", False
        found = self._reader.block(tree, RecordingShape, "recording:")
        return (found.value("on", True), found.value("announce", False)) if found else (True, False)


def _is_flow(file: str) -> bool:
    return file.endswith(SUFFIX) and "/" not in file


def _places(block: Block, key: str) -> Mapping[str, Place]:
    return {name: key.place for name, key in _keys(block.tree(key)).items()}


def _secrets(reader: Reader, tree: Tree | None) -> Mapping[str, Place]:
    found: dict[str, Place] = {}
    for scalar in reader.texts(tree, "secrets:"):
        names = re.findall(r"[A-Za-z0-9_]+", scalar.text)
        if len(names) != 1 or names[0] != scalar.text.strip():
            reader.say("IVR107", scalar, f'"{scalar.text}" is not one name.', f"Write  [{', '.join(names)}].")
        found.update(dict.fromkeys(names, scalar.place))
    return found


def _keys(tree: Tree | None) -> Mapping[str, Scalar]:
    return {key.text: key for key, _ in tree.entries} if isinstance(tree, Keys) else {}
