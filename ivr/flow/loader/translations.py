"""`prompts/<language>.yaml`: what is said, and what callers may say, in a further language.

    schema: callprompts/1
    language: es-US
    support: [{text: Original., is: Translation.}, {hear: reason.bill, is: [factura, saldo]}]

`hear:` names an option: SLOT.OPTION, or MENU.OPTION (a menu without a name is its node, and so are the options of a
caller who waits), or a command by its name. `project:` holds the texts of project.yaml. A translation is found by its
original, word for word, so a changed original is missing again.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from ivr.flow.languages import is_heard
from ivr.flow.loader.reading import Reader
from ivr.flow.messages import nearest
from ivr.flow.schema.shapes import PairShape
from ivr.flow.yaml_tree import Items, Keys, Scalar, Tree

PROJECT: Final = "project"
FOLDER: Final = "prompts/"
_FILE: Final = re.compile(r"prompts/([A-Za-z0-9-]+)\.yaml")
SCHEMA: Final = "callprompts/1"


def is_translation(file: str) -> bool:
    return _FILE.fullmatch(file) is not None


@dataclass(frozen=True, slots=True)
class Missing:
    """A text that a language has not: of which flow, or of the project."""

    language: str
    flow: str
    text: str
    hear: bool = False
    """It is the name of an option or command, whose words are missing."""


@dataclass(slots=True)
class _Language:
    """One file. `texts`: by flow and original."""

    texts: dict[tuple[str, str], Scalar] = field(default_factory=dict)
    originals: dict[tuple[str, str], Scalar] = field(default_factory=dict)
    hears: dict[tuple[str, str], tuple[str, ...]] = field(default_factory=dict)
    hear_keys: dict[tuple[str, str], Scalar] = field(default_factory=dict)
    used: set[tuple[str, str]] = field(default_factory=set)
    there: bool = True


@dataclass(slots=True)
class Translations:
    """All further languages of a project. `languages` in the order of `also:`."""

    languages: tuple[str, ...] = ()
    _by_language: dict[str, _Language] = field(default_factory=dict)
    missing: list[Missing] = field(default_factory=list)

    def of_text(self, flow: str, text: Scalar) -> dict[str, Scalar]:
        """The translations of a text, by language."""
        key = (_whose(flow, text), _plain(text.text))
        found = {}
        for language in self.languages:
            held = self._by_language[language]
            if key in held.texts:
                held.used.add(key)
                found[language] = held.texts[key]
        return found

    def require(self, reader: Reader, flow: str, text: Scalar, found: Mapping[str, Scalar]) -> None:
        """IVR321 for each language that has no translation of a text that callers hear."""
        for language in self.languages:
            if language in found:
                continue
            whose = _whose(flow, text)
            entry = Missing(language, whose, _plain(text.text))
            if entry not in self.missing:
                self.missing.append(entry)
            if self._by_language[language].there:
                said = f"This has no translation: callers who chose {language} would hear it in another language."
                fix = f"Run  ivr fmt --language {language}  and fill in what it adds to {FOLDER}{language}.yaml."
                reader.say("IVR321", text, said, fix)

    def of_option(self, flow: str, named: str, at: Scalar) -> dict[str, tuple[str, ...]]:
        """What callers may say for an option, by language; the first is how it is said back."""
        key = (_whose(flow, at), named)
        found = {}
        for language in self.languages:
            held = self._by_language[language]
            if key in held.hears:
                held.used.add(key)
                found[language] = held.hears[key]
        return found

    def require_words(
        self, reader: Reader, flow: str, named: str, at: Scalar, found: Mapping[str, tuple[str, ...]], needed: bool
    ) -> None:
        """IVR321 for each language in which nothing is known to be said for it. `needed`: it is what the option is
        called as well; else only a language that is understood needs it."""
        for language in self.languages:
            if language in found or not (needed or is_heard(language)):
                continue
            entry = Missing(language, _whose(flow, at), named, hear=True)
            if entry not in self.missing:
                self.missing.append(entry)
            if self._by_language[language].there:
                said = f'"{at.text}" has no words in {language}: callers would hear it in another language.'
                fix = f"Add  - {{hear: {named}, is: [...]}}  to {FOLDER}{language}.yaml."
                reader.say("IVR321", at, said, fix)

    def tell_unused(self, reader: Reader) -> None:
        """IVR322 for translations whose original is gone."""
        for language, held in self._by_language.items():
            for key, at in (held.originals | held.hear_keys).items():
                if key in held.used:
                    continue
                among = [text for flow, text in self._missing_in(language) if flow == key[0]]
                like = nearest(key[1], among) if key in held.originals else None
                fix = f'Was it changed to "{like}"?' if like else "Take it out."
                reader.say("IVR322", at, "Nothing says this any more.", fix, warning=True)

    def _missing_in(self, language: str) -> list[tuple[str, str]]:
        return [(entry.flow, entry.text) for entry in self.missing if entry.language == language]


def read_translations(
    reader: Reader, languages: Iterable[Scalar], trees: Mapping[str, Tree], flows: Iterable[str]
) -> Translations:
    """`languages`: those of `also:`. `trees`: by file."""
    named = tuple(languages)
    made = Translations(tuple(language.text for language in named))
    known = [PROJECT, *flows]
    for language in named:
        file = f"{FOLDER}{language.text}.yaml"
        held = made._by_language[language.text] = _Language()
        tree = trees.get(file)
        if tree is None:
            held.there = False
            fix = f"Run  ivr fmt --language {language.text}:  it writes the file with all that is to be translated."
            reader.say("IVR321", language, f"There is no {file}.", fix)
        elif isinstance(tree, Keys):
            _read_file(reader, tree, language.text, known, held)
        else:
            reader.say("IVR102", tree, "Translations are written by flow:  support: [{text: ..., is: ...}].")
    for file, tree in trees.items():
        match = _FILE.fullmatch(file)
        if match is not None and match[1] not in made.languages:
            fix = f"Write  languages: {{default: en-US, also: [{match[1]}]}}."
            reader.say("IVR322", tree.place, f"The project does not speak {match[1]}.", fix, warning=True)
    return made


def _read_file(reader: Reader, tree: Keys, language: str, known: list[str], held: _Language) -> None:
    for key, value in tree.entries:
        if key.text == "schema":
            _require(reader, value, "schema", SCHEMA)
        elif key.text == "language":
            _require(reader, value, "language", language)
        else:
            flow = key.text if reader.known(key, known, "flow", "IVR115") else nearest(key.text, known)
            for item in value.items if isinstance(value, Items) else (value,):
                _pair(reader, flow or key.text, item, held)


def _require(reader: Reader, tree: Tree, what: str, wanted: str) -> None:
    text = reader.text(tree, f"{what}:")
    if text is not None and text.text != wanted:
        reader.say("IVR105", text, f'{what}: "{text.text}" does not fit here.', f"Write  {what}: {wanted}.")


def _pair(reader: Reader, flow: str, tree: Tree, held: _Language) -> None:
    block = reader.block(tree, PairShape, "A translation")
    if block is None:
        return
    original, hear = block.tree("text"), block.tree("hear")
    if (original is None) is (hear is None):
        reader.say("IVR104", tree, "A translation is of a text: or of what callers say (hear:).")
        return
    if original is not None:
        said, becomes = reader.text(original, "text:"), block.tree("is")
        if said is not None and isinstance(becomes, Scalar) and becomes.text.strip():
            key = (flow, _plain(said.text))
            held.texts[key], held.originals[key] = becomes, said
        return
    named = reader.text(hear, "hear:")
    words = tuple(word for word in reader.words(block.tree("is"), "is:") if word)
    if named is not None and words:
        held.hears[(flow, named.text)], held.hear_keys[(flow, named.text)] = words, named


def _whose(flow: str, text: Scalar) -> str:
    return PROJECT if text.place.file == "project.yaml" else flow


def _plain(text: str) -> str:
    return " ".join(text.split())
