"""`split`."""

from datetime import date
from typing import TYPE_CHECKING

from ivr.flow.flow import Arm, Split, Step
from ivr.flow.grammar.tokens import read_date
from ivr.flow.loader.hours import date_fix
from ivr.flow.loader.reading import NAME, Block
from ivr.flow.schema.shapes import UntilShape
from ivr.flow.yaml_tree import Scalar

if TYPE_CHECKING:  # a step's verb is read for the reader of steps
    from ivr.flow.loader.steps import StepReader


def split(reader: "StepReader", block: Block) -> Step | None:
    name = reader.told.text(block.tree("split"), "split:")
    arms = _arms(reader, block)
    by = _by(reader, block)
    until, calls, then = _until(reader, block, arms)
    if name is None or not arms or by is None:
        return None
    if not NAME.fullmatch(name.text):
        fix = "A name has letters, digits and _ only, and begins with a letter."
        reader.told.say("IVR107", name, f'"{name.text}" cannot be a name.', fix)
        return None
    return Split(name.text, arms, by, reader.routes(block), block.place, until, calls, then, reader.routed(block))


def _arms(reader: "StepReader", block: Block) -> tuple[Arm, ...]:
    arms = []
    for key, tree in reader.told.entries(block.tree("arms"), "arms:"):
        share = reader.told.text(tree, f"arms: {key.text}")
        if share is None:
            continue
        if not share.text.isdecimal() or not share.text.isascii() or int(share.text[:7]) == 0 or len(share.text) > 6:
            text = f'arms: {key.text}: "{share.text}" is not a share.'
            bare = share.text.removesuffix("%").strip()
            fix = f"Write  {bare}." if bare.isdecimal() and bare != share.text else "Write a whole number, such as 50."
            reader.told.say("IVR105", share, text, fix)
            arms.append(Arm(key.text, 1))
            continue
        arms.append(Arm(key.text, int(share.text)))
    if len(arms) == 1:
        reader.told.say(
            "IVR104", block.keys["arms"], "A split has at least two arms.", "Such as  arms: {short: 50, long: 50}."
        )
    return tuple(arms)


def _by(reader: "StepReader", block: Block) -> tuple[str, ...] | None:
    by = reader.told.text(block.tree("by"), "by:")
    if by is None:
        return ("call", "from")
    path = tuple(by.text.split("."))
    if reader.scope.names.find(path) is not None:
        return path
    like = reader.scope.names.like(path)
    fix = f'Did you mean "{like}"?' if like else "Write call.from, or the name of a slot."
    reader.told.say("IVR206", by, f'Nothing here has the name "{by.text}".', fix)
    return None


def _until(reader: "StepReader", block: Block, arms: tuple[Arm, ...]) -> tuple[date | None, int | None, str | None]:
    inner = reader.told.block(block.tree("until"), UntilShape, "until:")
    if inner is None:
        return None, None, None
    then = reader.told.text(inner.tree("then"), "then:")
    if then is not None and arms and not reader.told.known(then, {arm.name: block.place for arm in arms}, "arm"):
        then = None
    return _day(reader, inner), inner.value("calls"), then.text if then else None


def _day(reader: "StepReader", inner: Block) -> date | None:
    written = inner.tree("date")
    if written is None:
        return None
    day = read_date(written.text) if isinstance(written, Scalar) else None
    if day is None:
        said = f'date: "{written.text}" is not a date.' if isinstance(written, Scalar) else "date: is one value."
        fix = date_fix(written.text) if isinstance(written, Scalar) else "Write it like 2026-12-24."
        reader.told.say("IVR202", written, said, fix)
    return day
