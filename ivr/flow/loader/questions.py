"""What a question is made of: its settings, options, commands and ladders. A slot's and a menu's are the same."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from ivr.flow import commands as built_in
from ivr.flow.flow import (
    Command,
    KeySettings,
    Ladders,
    Option,
    Prompt,
    QuestionSettings,
    Run,
    Rung,
    Say,
    Step,
    TurnSettings,
)
from ivr.flow.grammar.names import Named
from ivr.flow.grammar.tree import Path, Template
from ivr.flow.languages import key_order
from ivr.flow.loader.keypad_hints import hint_words
from ivr.flow.loader.reading import Block
from ivr.flow.loader.scope import ABOUT_QUESTION, Scope
from ivr.flow.messages import Message
from ivr.flow.schema.shapes import (
    CommandShape,
    KeyShape,
    MenuOptionShape,
    OptionShape,
    TroubleShape,
    TurnShape,
)
from ivr.flow.types import Trouble, Type
from ivr.flow.yaml_tree import Items, Keys, Scalar, Tree

ReadSteps = Callable[[Tree | None, Mapping[Path, Named] | None], tuple[Step, ...]]
"""A step or a list of steps, with names that only these may use besides the flow's."""


def read_question(
    block: Block, scope: Scope, steps: ReadSteps, options: tuple[Option, ...], kind: Type
) -> QuestionSettings:
    reader = scope.reader
    keys = reader.block(block.tree("keys"), KeyShape, "keys:")
    hint = scope.prompt(block.tree("keypad_hint"), "keypad_hint:")
    return QuestionSettings(
        hint=scope.prompt(block.tree("hint"), "hint:"),
        keypad_hint=hint or _keypad_hint(options, kind, keys, block, scope),
        trouble=read_trouble(block.tree("trouble"), scope, steps),
        commands=read_commands(block.tree("commands"), scope, steps),
        interrupt=block.value("interrupt"),
        answer_within_ms=block.value("answer_within", 6000),
        keys=_keys(keys, ahead=block.values.get("private") not in ("pci", "secret")),
        turn=read_turn(block.tree("turn"), scope),
    )


def _keys(block: Block | None, *, ahead: bool = True) -> KeySettings:
    if block is None:
        return KeySettings(ahead=ahead)
    return KeySettings(
        pause_ms=block.value("pause", 3000),
        end=block.value("end", "#"),
        ahead=block.value("ahead", ahead),
        yes=block.value("yes", "1"),
        no=block.value("no", "2"),
    )


def read_turn(tree: Tree | None, scope: Scope) -> TurnSettings:
    block = scope.reader.block(tree, TurnShape, "turn:")
    return TurnSettings(block.value("answer"), block.value("pause")) if block else TurnSettings()


def _keypad_hint(
    options: tuple[Option, ...], kind: Type, keys: Block | None, block: Block, scope: Scope
) -> Prompt | None:
    """Made from the keys or the type where the operator wrote none."""
    settings, order = _keys(keys), _order(keys, scope)

    def words(language: str) -> str:
        return hint_words(language, options, kind, order=order, yes=settings.yes, no=settings.no)

    return None if block.value("accept") == "speech" else made_prompt(words, block, scope)


def _order(keys: Block | None, scope: Scope) -> str:
    order: str = keys.value("order", key_order(scope.language)) if keys else key_order(scope.language)
    return order


def made_prompt(words: Callable[[str], str], block: Block, scope: Scope) -> Prompt | None:
    """Our own words, in each language of the project."""
    own = words(scope.language)
    if not own:
        return None
    others = {language: Template((words(language),), block.place) for language in scope.translations.languages}
    return Prompt((Template((own,), block.place, others),))


def read_options(
    tree: Tree | None, scope: Scope, steps: ReadSteps | None, what: str, owner: str = ""
) -> tuple[Option, ...]:
    """`steps` is given for a menu: its options lead somewhere. `owner`: the slot or the menu."""
    options = [_option(key, value, scope, steps, owner) for key, value in scope.reader.entries(tree, what)]
    found = tuple(option for option in options if option is not None)
    by_key: dict[str, Option] = {}
    for option in found:
        if option.key and option.key in by_key:
            text = f'Key "{option.key}" chooses "{by_key[option.key].name}" and "{option.name}".'
            fix = "Give one of them another key."
            scope.reader.add(Message(option.place, "IVR112", text, width=len(option.name), fix=fix))
        elif option.key:
            by_key[option.key] = option
    return found


def _option(key: Scalar, tree: Tree, scope: Scope, steps: ReadSteps | None, owner: str) -> Option | None:
    shape = MenuOptionShape if steps else OptionShape
    block = scope.reader.block(tree, shape, f'Option "{key.text}"')
    if block is None:
        return None
    hear = scope.reader.words(block.tree("hear"), "hear:")
    said = scope.reader.text(block.tree("say"), "say:")
    spoken = scope.spoken(said) if said else None
    leads: tuple[Step, ...] = ()
    if steps:
        for key_ in ("language", "do", "run", "goto", "handoff"):  # in the order in which they are done
            tree_ = block.tree(key_)
            if tree_ is not None:
                leads = (*leads, *steps(tree_ if key_ == "do" else step_tree(block, key_, tree_), None))
    say = said.text if said else hear[0] if hear else key.text
    about = scope.reader.text(block.tree("about"), "about:")
    hears = scope.words_of(f"{owner}.{key.text}", key, called=said is None)
    says = {language: words[0] for language, words in hears.items()}
    if spoken is not None:
        says |= {language: other.fixed or "" for language, other in spoken.others.items()}
    told, tongue = about.text if about else "", None if steps else _language(block, scope)
    return Option(
        key.text, hear, block.value("key"), say, key.place, leads, told, says=says, hears=hears, language=tongue
    )


def _language(block: Block, scope: Scope) -> str | None:
    written = scope.reader.text(block.tree("language"), "language:")
    spoken = (scope.language, *scope.translations.languages)
    if written is None or not scope.reader.known(written, spoken, "language in this project"):
        return None
    return written.text


def step_tree(block: Block, key: str, tree: Tree) -> Tree:
    """`goto: NODE` beside other keys, as the step it is."""
    return Keys(((block.keys[key], tree),), block.keys[key].place)


def _comes_back(step: Step) -> Step:
    """However the flow of a command ends, the open question goes on."""
    return replace(step, outcomes=()) if isinstance(step, Run) else step


def read_commands(tree: Tree | None, scope: Scope, steps: ReadSteps) -> Mapping[str, Command | None]:
    """Only what is written here; `no` switches a command off."""
    found: dict[str, Command | None] = {}
    for key, value in scope.reader.entries(tree, "commands:"):
        if key.text in built_in.LATER:
            scope.reader.later(key)
        elif isinstance(value, Scalar):
            if value.text == "no":
                found[key.text] = None
            else:
                scope.reader.say("IVR102", value, f"{key.text}: is a command's keys with values, or no.")
        else:
            command = _command(key, value, scope, steps)
            if command is not None:
                found[key.text] = command
    return found


def _command(key: Scalar, tree: Tree, scope: Scope, steps: ReadSteps) -> Command | None:
    block = scope.reader.block(tree, CommandShape, f'Command "{key.text}"')
    if block is None:
        return None
    hear = scope.reader.words(block.tree("hear"), "hear:") or built_in.ENGLISH.get(key.text, ())
    goto = scope.reader.text(block.tree("goto"), "goto:")
    does = steps(block.tree("do"), None)
    run = block.tree("run")
    if run is not None:
        does = (*does, *map(_comes_back, steps(step_tree(block, "run", run), None)))
    wait_ms = block.value("for", built_in.WAIT_MS) if key.text == "wait" else None
    if block.has("for") and key.text != "wait":
        scope.reader.say("IVR106", block.keys["for"], "for: belongs to the command wait.", "Take it out.")
    said = scope.prompt(block.tree("say"), "say:")
    if said is not None:
        does = (Say(said, block.keys["say"].place), *does)
    if key.text not in built_in.ENGLISH and key.text != "language":
        if not goto and not does:
            scope.reader.say("IVR104", key, f'Command "{key.text}" does nothing.', "Give it goto:, say:, do: or run:.")
        if not hear and not block.value("key"):
            scope.reader.say("IVR104", key, f'Nothing calls command "{key.text}".', "Give it hear: or key:.")
    place = (block.tree("key") or key).place
    hears = scope.words_of(key.text, key, called=False) if block.has("hear") else {}
    return Command(key.text, hear, block.value("key"), goto.text if goto else None, does, place, wait_ms, hears)


def read_trouble(tree: Tree | None, scope: Scope, steps: ReadSteps) -> Ladders:
    block = scope.reader.block(tree, TroubleShape, "trouble:")
    if block is None:
        return {}
    ladders: dict[Trouble, tuple[Rung, ...]] = {}
    for kind in Trouble:
        rungs = block.tree(kind.value)
        if rungs is None:
            continue
        items = rungs.items if isinstance(rungs, Items) else (rungs,)
        ladders[kind] = tuple(Rung(steps(item, ABOUT_QUESTION)) for item in items)
    return ladders
