"""What the texts of a flow may name, and how they are read: templates, prompts, conditions."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from ivr.flow.flow import Prompt
from ivr.flow.grammar.conditions import parse_condition
from ivr.flow.grammar.names import Complaint, Named, NameTable
from ivr.flow.grammar.tree import Condition, Path, Template
from ivr.flow.languages import is_voiced
from ivr.flow.loader.family import Family
from ivr.flow.loader.reading import Reader, text_place
from ivr.flow.loader.translations import Translations
from ivr.flow.messages import nearest
from ivr.flow.text import Place
from ivr.flow.types import Type
from ivr.flow.yaml_tree import Items, Keys, Scalar, Tree

ABOUT_QUESTION: Final[Mapping[Path, Named]] = {
    (name,): Named(Type.TEXT) for name in ("question", "hint", "keypad_hint", "why")
}


@dataclass(frozen=True, slots=True)
class Scope:
    """Everything a flow's texts may name. `nodes`, `tools`, `targets`: name to where it is declared."""

    reader: Reader
    flow: str
    names: NameTable
    slots: Mapping[str, Place]
    vars: Mapping[str, Place]
    kept: Mapping[str, Place]
    nodes: Mapping[str, Place]
    tools: Mapping[str, Place]
    targets: Mapping[str, Place]
    apis: Mapping[str, Place]
    servers: Mapping[str, Place]
    """Of tools for models: `mcp:` in project.yaml."""
    contacts: Mapping[str, Place]
    secrets: Mapping[str, Place]
    confirmed: Mapping[str, str]
    """Slot to its `confirm:` as written."""
    family: Family = field(default_factory=Family)
    translations: Translations = field(default_factory=Translations)
    language: str = "en-US"
    sounds: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Names of recorded prompts, by language."""

    def template(self, scalar: Scalar, *, more: Mapping[Path, Named] | None = None) -> Template | None:
        return self.reader.template(scalar, self._names_with(more))

    def _names_with(self, more: Mapping[Path, Named] | None) -> NameTable:
        return replace(self.names, names={**self.names.names, **more}) if more else self.names

    def spoken(self, scalar: Scalar, *, more: Mapping[Path, Named] | None = None) -> Template | None:
        """Words for callers: each further language has them too."""
        found = self.translations.of_text(self.flow, scalar)
        self.translations.require(self.reader, self.flow, scalar, found)
        template = self.template(scalar, more=more)
        if template is None or not found:
            return template
        names = self._names_with(more)
        others = {language: self._other(template, text, names) for language, text in found.items()}
        return replace(template, others={language: made for language, made in others.items() if made is not None})

    def _other(self, original: Template, text: Scalar, names: NameTable) -> Template | None:
        """A translation speaks of the same values as its original."""
        made = self.reader.template(text, names)
        if made is None:
            return None
        wanted, there = ({".".join(f.path) for f in template.fields} for template in (original, made))
        odd = sorted(wanted ^ there)
        if odd:
            where = "lacks" if odd[0] in wanted else "has"
            fix = f"The original has {', '.join('{' + name + '}' for name in sorted(wanted)) or 'no field'}."
            self.reader.say(
                "IVR323", text, f"This translation {where} {{{odd[0]}}}, and its original does not agree.", fix
            )
        return made

    def words_of(self, named: str, key: Scalar, *, called: bool) -> Mapping[str, tuple[str, ...]]:
        """What callers may say for an option or a command, by further language. `called`: the first of them is how it
        is said as well."""
        found = self.translations.of_option(self.flow, named, key)
        self.translations.require_words(self.reader, self.flow, named, key, found, called)
        return found

    def told(self, tree: Tree | None, what: str, *, more: Mapping[Path, Named] | None = None) -> Prompt | None:
        """Words for an attendant, who is spoken to in the project's own language."""
        quiet = replace(self, translations=Translations())
        return quiet.prompt(tree, what, more=more)

    def prompt(self, tree: Tree | None, what: str, *, more: Mapping[Path, Named] | None = None) -> Prompt | None:
        """A text, a recording of it, or `{one_of: [texts]}`."""
        if tree is None:
            return None
        texts: tuple[Scalar, ...]
        if isinstance(tree, Keys):
            one_of = tree.get("one_of")
            if tree.get("sound") is not None:
                return _prompt((self._recorded(tree, what, more),))
            later = next((key for key, _ in tree.entries if key.text in ("each", "language")), None)
            if later is not None:
                self.reader.later(later)
                return None
            for key, _ in tree.entries:
                if key.text != "one_of":
                    self.reader.say("IVR101", key, f'{what} has no key "{key.text}".', "Write the sentence in quotes.")
            items = one_of.items if isinstance(one_of, Items) else ()
            if any(isinstance(item, Keys) for item in items):
                return _prompt(tuple(self._variant(item, what, more) for item in items))
            texts = self.reader.texts(one_of, what)
        elif isinstance(tree, Items):
            self.reader.say("IVR102", tree, f"{what} is one sentence.", "Several wordings: {one_of: [..., ...]}.")
            return None
        else:
            texts = self.reader.texts(tree, what)
        return _prompt(tuple(self.spoken(text, more=more) for text in texts))

    def _variant(self, tree: Tree, what: str, more: Mapping[Path, Named] | None) -> Template | None:
        """One wording of several, spoken or recorded."""
        if isinstance(tree, Keys):
            return self._recorded(tree, what, more)
        text = self.reader.text(tree, what)
        return self.spoken(text, more=more) if text is not None else None

    def _recorded(self, tree: Keys, what: str, more: Mapping[Path, Named] | None) -> Template | None:
        """`{sound: NAME, text: TEXT}`: the text is for transcripts, tests and everybody who reads."""
        sound, text = self.reader.text(tree.get("sound"), "sound:"), self.reader.text(tree.get("text"), "text:")
        for key, _ in tree.entries:
            if key.text not in ("sound", "text"):
                fix = "A recorded prompt has sound: and text:."
                self.reader.say("IVR101", key, f'{what} has no key "{key.text}".', fix)
        if tree.get("text") is None:
            self.reader.say("IVR104", tree, "A recorded prompt needs text:, the words that are said in it.")
        if sound is None or text is None:
            return None
        self._require_sound(sound)
        template = self.spoken(text, more=more)
        if template is not None and template.fields:
            said = "A recording always says the same: its text can have no fields."
            fix = "Write the words that are in it, or speak this sentence by the voice."
            self.reader.say("IVR325", text, said, fix)
        if template is None:
            return None
        others = {
            language: replace(other, sound=sound.text if sound.text in self.sounds.get(language, ()) else None)
            for language, other in template.others.items()
        }
        return replace(template, sound=sound.text, others=others)

    def _require_sound(self, sound: Scalar) -> None:
        """IVR325 for a recording that is not there; in a further language only a voice of that language stands in."""
        own = self.sounds.get(self.language, frozenset())
        if sound.text not in own:
            like = nearest(sound.text, own)
            fix = f'Did you mean "{like}"?' if like else f"Put it there: sounds/{self.language}/{sound.text}.wav."
            self.reader.say("IVR325", sound, f'There is no recorded prompt "{sound.text}".', fix)
            return
        for language in self.translations.languages:
            if sound.text not in self.sounds.get(language, ()):
                text = f'"{sound.text}" is not recorded in {language}: callers would hear its translation by the voice.'
                fix = f"Put it there: sounds/{language}/{sound.text}.wav."
                self.reader.say("IVR325", sound, text, fix, warning=is_voiced(language))

    def condition(self, scalar: Scalar | None, *, json: bool = False) -> Condition | None:
        if scalar is None:
            return None
        names = replace(self.names, json=True) if json else self.names
        try:
            return parse_condition(scalar.text, text_place(scalar), names)
        except Complaint as complaint:
            self.reader.add(*complaint.messages)
            return None


def _prompt(variants: tuple[Template | None, ...]) -> Prompt | None:
    found = tuple(template for template in variants if template is not None)
    return Prompt(found) if found else None
