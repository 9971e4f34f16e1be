"""`transfer` and `record`: what becomes of a caller whom the bot does not serve itself."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from ivr.flow.flow import Accept, Meanwhile, Record, Step, Transfer, Whisper, WhisperLine
from ivr.flow.grammar.names import Named
from ivr.flow.grammar.tree import Field, Path, Template
from ivr.flow.loader.questions import read_options
from ivr.flow.loader.reading import NAME, Block
from ivr.flow.schema.shapes import (
    AcceptShape,
    EveryShape,
    MeanwhileShape,
    MessageEndShape,
    WhisperLineShape,
    WhisperShape,
)
from ivr.flow.types import Privacy, Type
from ivr.flow.yaml_tree import Items, Keys, Scalar, Tree

if TYPE_CHECKING:  # a step's verb is read for the reader of steps
    from ivr.flow.loader.steps import StepReader

IN_LINE: Final[Mapping[Path, Named]] = {("position",): Named(Type.NUMBER)}
WITHIN_MS: Final = 60_000
MOST_MS: Final = 120_000
SILENCE_MS: Final = 4000
PRIORITIES: Final = ("low", "normal", "high")


def transfer(reader: "StepReader", block: Block) -> Step | None:
    written = reader.told.text(block.tree("transfer"), "transfer:")
    routes, prompt = reader.routes(block), reader.prompt(block, "say")
    whisper = _whisper(reader, block.tree("whisper"))
    meanwhile = _meanwhile(reader, block)
    arguments, data = _templates(reader, block, "with"), _templates(reader, block, "data")
    priority = _priority(reader, block)
    left = reader.scope.told(block.tree("caller_left_say"), "caller_left_say:", more=reader.more)
    if written is None:
        return None
    found = _by(reader, written) if "{" in written.text else _named(reader, written)
    if found is None:
        return None
    by, targets = found
    return Transfer(
        targets[0] if by is None else ".".join(by.path),
        routes,
        block.place,
        prompt,
        reader.routed(block),
        mode=block.value("mode") or ("warm" if block.has("mode") else "cold"),  # misspelt, it was not needless
        by=by,
        targets=targets,
        arguments=arguments,
        data=data,
        priority=priority,
        whisper=whisper,
        meanwhile=meanwhile,
        caller_left_say=left,
        keys={name: key.place for name, key in block.keys.items()},
    )


# ---- whom


def _named(reader: "StepReader", written: Scalar) -> tuple[None, tuple[str, ...]] | None:
    known = reader.told.known(written, reader.scope.targets, "target in project.yaml")
    return (None, (written.text,)) if known else None


def _by(reader: "StepReader", written: Scalar) -> tuple[Field, tuple[str, ...]] | None:
    """`"{partner}"`, a slot whose values are names of targets: never anything a caller could make up."""
    template = reader.scope.template(written)
    if template is None:
        return None
    field = template.fields[0] if len(template.parts) == 1 and template.fields else None
    named = reader.scope.names.find(field.path) if field is not None else None
    if field is None or named is None or named.type not in (Type.TARGET, Type.CHOICE) or not named.options:
        text = f'"{written.text}" does not name a target of the directory.'
        fix = 'Write one slot alone whose type is target, such as  transfer: "{partner}".'
        reader.told.say("IVR405", written, text, fix)
        return None
    targets = tuple(named.options)
    unknown = [name for name in targets if name not in reader.scope.targets]
    if unknown:
        text = f'{".".join(field.path)} can be "{unknown[0]}", and project.yaml has no target of that name.'
        reader.told.say("IVR405", written, text, f"There is {', '.join(sorted(reader.scope.targets)[:8])}.")
        return None
    return field, targets


def _templates(reader: "StepReader", block: Block, key: str) -> Mapping[str, Template]:
    found = {}
    for name, tree in reader.told.entries(block.tree(key), f"{key}:"):
        scalar = reader.told.text(tree, f"{key}: {name.text}")
        template = reader.scope.template(scalar) if scalar else None
        if template is not None:
            found[name.text] = template
    return found


def _priority(reader: "StepReader", block: Block) -> Template | None:
    scalar = reader.told.text(block.tree("priority"), "priority:")
    if scalar is None:
        return None
    number = scalar.text.isdecimal() and scalar.text.isascii() and 1 <= int(scalar.text[:3]) <= 10
    if "{" not in scalar.text and not number and scalar.text not in PRIORITIES:
        text = f'priority: "{scalar.text}" is none.'
        reader.told.say("IVR105", scalar, text, "Write low, normal, high, or 1 to 10.")
        return None
    return reader.scope.template(scalar)


# ---- the whisper


def _whisper(reader: "StepReader", tree: Tree | None) -> Whisper:
    """One text, a list of sentences, or `{say, accept, answer_from, within}`."""
    if not (isinstance(tree, Keys) and tree.get("one_of") is None and tree.get("if") is None):
        return Whisper(_lines(reader, tree))
    block = reader.told.block(tree, WhisperShape, "whisper:")
    if block is None:
        return Whisper()
    return Whisper(
        _lines(reader, block.tree("say")),
        _accept(reader, block),
        _answers(reader, block),
        block.value("within", WITHIN_MS),
    )


def _lines(reader: "StepReader", tree: Tree | None) -> tuple[WhisperLine, ...]:
    if tree is None:
        return ()
    items = tree.items if isinstance(tree, Items) else (tree,)
    found = [_line(reader, item) for item in items]
    return tuple(line for line in found if line is not None)


def _line(reader: "StepReader", tree: Tree) -> WhisperLine | None:
    if not (isinstance(tree, Keys) and tree.get("one_of") is None):
        prompt = reader.scope.told(tree, "whisper:")
        return WhisperLine(prompt) if prompt else None
    block = reader.told.block(tree, WhisperLineShape, "A sentence of a whisper")
    if block is None:
        return None
    written = reader.told.text(block.tree("if"), "if:")
    condition = reader.scope.condition(written)
    prompt = reader.scope.told(block.tree("say"), "say:", more=reader.more)
    return WhisperLine(prompt, condition) if prompt and (condition or written is None) else None


def _accept(reader: "StepReader", block: Block) -> Accept | None:
    inner = reader.told.block(block.tree("accept"), AcceptShape, "accept:")
    if inner is None:
        return None
    accept = Accept(reader.told.words(inner.tree("hear"), "hear:"), inner.value("key"))
    if not accept.hear and accept.key is None:
        reader.told.say("IVR104", inner.place, "accept: needs hear: or key:, or nobody could take the call.")
    return accept


def _answers(reader: "StepReader", block: Block) -> tuple[str, ...]:
    found = []
    for named in reader.told.texts(block.tree("answer_from"), "answer_from:"):
        if not reader.told.known(named, reader.scope.slots, "slot"):
            continue
        if reader.scope.names.names[(named.text,)].privacy in (Privacy.PCI, Privacy.SECRET):
            text = f'"{named.text}" is never told to anybody, attendants neither.'
            reader.told.say("IVR503", named, text, "Take it out.")
            continue
        found.append(named.text)
    return tuple(found)


# ---- meanwhile


def _meanwhile(reader: "StepReader", block: Block) -> Meanwhile:
    inner = reader.told.block(block.tree("while_waiting"), MeanwhileShape, "while_waiting:")
    if inner is None:
        return Meanwhile()
    music = reader.told.text(inner.tree("music"), "music:")
    every = reader.told.block(inner.tree("every"), EveryShape, "every:")
    line = reader.scope.prompt(every.tree("say"), "say:", more=IN_LINE) if every else None
    options = read_options(inner.tree("options"), reader.scope, reader.steps, "options:", reader.node)
    return Meanwhile(
        music.text if music else Meanwhile().music,
        every.value("time") if every and line else None,
        line,
        options,
    )


# ---- a message


def record(reader: "StepReader", block: Block) -> Step | None:
    name = reader.told.text(block.tree("record"), "record:")
    routes, prompt = reader.routes(block), reader.prompt(block, "say")
    ends = reader.told.block(block.tree("ends"), MessageEndShape, "ends:")
    send_to = reader.told.text(block.tree("send_to"), "send_to:")
    if send_to is not None and not reader.told.known(send_to, reader.scope.contacts, "contact in project.yaml"):
        send_to = None
    if name is None:
        return None
    if not NAME.fullmatch(name.text):
        fix = "A name has letters, digits and _ only, and begins with a letter."
        reader.told.say("IVR107", name, f'"{name.text}" cannot be a name.', fix)
        return None
    most_ms = block.value("max", MOST_MS)
    silence_ms = ends.value("silence", SILENCE_MS) if ends else SILENCE_MS
    if silence_ms >= most_ms:
        place = ends.tree("silence") if ends and ends.has("silence") else block.tree("max")
        text = "The message would be full before so long a silence could end it."
        reader.told.say("IVR409", place or name, text, "Make  max:  longer, or the silence shorter.")
    return Record(
        name.text,
        routes,
        block.place,
        prompt,
        most_ms=most_ms,
        silence_ms=silence_ms,
        key=ends.value("key") if ends else None,
        send_to=send_to.text if send_to else None,
        transcript=block.value("transcript", False),
        trim=block.value("trim", False),
        routed=reader.routed(block),
    )
