"""`entry:` and `outbound:` of a project: which flow a call begins with, and what is known of it from the start."""

import csv
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from ivr.flow.flow import Detect, Outbound
from ivr.flow.loader.reading import NAME, Reader
from ivr.flow.messages import nearest
from ivr.flow.schema.shapes import DetectShape, OutboundShape, ProjectShape
from ivr.flow.text import Place
from ivr.flow.yaml_tree import Keys, Scalar, Tree

SUFFIX: Final = ".flow.yaml"
E164: Final = re.compile(r"\+[1-9]\d{5,14}", re.ASCII)
MOST_ROWS: Final = 10_000
UNANSWERED: Final = ("no_answer", "busy", "failed", "caller_left")
TABLE_COLUMNS: Final = ("number", "flow")


@dataclass(slots=True)
class Entries:
    """`data`: dialled number to what its row of the table says besides."""

    default: str = ""
    numbers: dict[str, str] = field(default_factory=dict)
    data: dict[str, Mapping[str, str]] = field(default_factory=dict)


def read_entries(
    reader: Reader, tree: Tree | None, files: Mapping[str, str], is_sub: Callable[[str], bool], *, needed: bool
) -> Entries:
    """`is_sub`: flows that callers cannot start. `needed`: somebody may call here."""
    found = Entries()
    if tree is None:
        if needed:
            reader.missing(Place("project.yaml", 1, 1), "project.yaml", ProjectShape, "entry")
        return found
    if not isinstance(tree, Keys):
        reader.say("IVR102", tree, 'entry: is written  {default: FLOW, "+15550100": FLOW}.')
        return found
    flows = {file.removesuffix(SUFFIX): Place(file, 1, 1) for file in files if file.endswith(SUFFIX)}

    def startable(flow: Scalar) -> bool:
        if not reader.known(flow, flows, "flow", "IVR115"):
            return False
        if is_sub(flow.text):
            text = f'Callers cannot start "{flow.text}": it is a sub-flow, which comes back to the flow that runs it.'
            reader.say("IVR119", flow, text, "Name a flow without outcomes:.")
            return False
        return True

    for key, value in tree.entries:
        named = reader.text(value, f"entry: {key.text}")
        if named is None:
            continue
        if key.text == "table":
            _table(reader, named, files, startable, found)
        elif startable(named):
            _enter(reader, key, named.text, found)
    if not found.default and tree.get("default") is None:
        reader.say("IVR104", tree.place, 'entry: needs "default:", the flow for all other numbers.')
    return found


def _enter(reader: Reader, key: Scalar, flow: str, found: Entries) -> None:
    if key.text == "default":
        found.default = flow
    elif E164.fullmatch(key.text):
        found.numbers[key.text] = flow
    elif nearest(key.text, ("default",)):
        found.default = flow
        reader.say("IVR101", key, f'entry: has no key "{key.text}".', 'Did you mean "default"?')
    else:
        text = f'entry: "{key.text}" is not a phone number with + and its country.'
        reader.say("IVR105", key, text, 'Write it like "+15550100".')


def _table(
    reader: Reader, name: Scalar, files: Mapping[str, str], startable: Callable[[Scalar], bool], found: Entries
) -> None:
    """A CSV file: columns `number` and `flow`, and any others, which the flow reads as call.data.COLUMN."""
    text = files.get(name.text)
    if text is None:
        like = nearest(name.text, [file for file in files if file.endswith(".csv")])
        fix = f'Did you mean "{like}"?' if like else "It is a .csv file beside project.yaml."
        reader.say("IVR163", name, f'There is no table "{name.text}" in this project.', fix)
        return
    lines = text.splitlines()
    rows = csv.reader(lines)
    columns = [column.strip() for column in next(rows, [])]
    if len(columns) == 1 and ";" in columns[0]:
        fix = "Save it with commas:  " + columns[0].replace(";", ",")
        at = Place(name.text, 1, columns[0].index(";") + 1)
        reader.say("IVR163", at, "The columns of this table are parted by semicolons.", fix)
        return
    missing = [column for column in TABLE_COLUMNS if column not in columns]
    odd = [column for column in columns if not NAME.fullmatch(column)]
    if missing or odd:
        said = f"Its first line lacks {' and '.join(missing)}." if missing else f'"{odd[0]}" cannot be a column.'
        fix = "The first line names the columns:  number,flow  and any data of your own."
        reader.say("IVR163", Place(name.text, 1, 1), said, fix)
        return
    for row in rows:
        at = Place(name.text, rows.line_num, 1)
        if not any(cell.strip() for cell in row):
            continue
        if len(row) != len(columns):
            reader.say("IVR163", at, f"This line has {len(row)} values, and there are {len(columns)} columns.")
            continue
        values = dict(zip(columns, (cell.strip() for cell in row), strict=True))
        _row(reader, at, lines[at.line - 1], values, startable, found)
        if len(found.numbers) > MOST_ROWS:
            reader.say("IVR163", at, f"A table has at most {MOST_ROWS} numbers.", "Split the project.")
            return


def _row(
    reader: Reader, at: Place, line: str, values: dict[str, str], startable: Callable[[Scalar], bool], found: Entries
) -> None:
    """`line`: the row as it is written, for the column of what is wrong in it."""
    number, flow = (
        Scalar(value, Place(at.file, at.line, line.find(value) + 1), True, len(value) or 1)
        for value in (values.pop("number"), values.pop("flow"))
    )
    if not E164.fullmatch(number.text):
        text = f'"{number.text}" is not a phone number with + and its country.'
        reader.say("IVR163", number, text, "Write it like +15550100.")
    elif number.text in found.numbers:
        reader.say("IVR163", number, f"{number.text} has a flow already.", "Take one of the two out.")
    elif startable(flow):
        found.numbers[number.text] = flow.text
        if values:
            found.data[number.text] = values


def read_outbound(
    reader: Reader, tree: Tree | None, flows: Mapping[str, Place], hours: Mapping[str, object]
) -> dict[str, Outbound]:
    """Calls that we make: each by its name, with the flow that it begins with."""
    found: dict[str, Outbound] = {}
    for key, value in reader.entries(tree, "outbound:"):
        block = reader.block(value, OutboundShape, f'Outbound "{key.text}"')
        flow = reader.text(block.tree("flow"), "flow:") if block is not None else None
        if block is None or flow is None or not reader.known(flow, flows, "flow", "IVR115"):
            continue
        open_at = reader.text(block.tree("hours"), "hours:")
        if open_at is not None and not reader.known(open_at, list(hours), "hours", "IVR216"):
            open_at = None
        found[key.text] = Outbound(
            name=key.text,
            flow=flow.text,
            sender=block.value("from"),
            hours=open_at.text if open_at is not None else None,
            tries=block.value("tries", 1),
            ring_ms=block.value("ring", 25_000),
            outcomes=_outcomes(reader, block.tree("outcomes")),
            place=key.place,
            detect=_detect(reader, block.tree("detect")),
        )
    return found


def _detect(reader: Reader, tree: Tree | None) -> Detect:
    block = reader.block(tree, DetectShape, "detect:") if tree is not None else None
    if block is None:
        return Detect()
    for name, most_ms in (("wait", 10_000), ("give_up", 30_000), ("no_tone", 45_000)):
        if block.value(name, 0) > most_ms:
            text = f"{name}: is {most_ms // 1000}s at most: whoever answered hears nothing from us for as long."
            reader.say("IVR105", block.tree(name) or block.place, text)
    usual = Detect()

    def phrases(name: str) -> tuple[str, ...]:
        return tuple(one.text for one in reader.texts(block.tree(name), f"{name}:"))

    return Detect(
        wait_ms=block.value("wait", usual.wait_ms),
        machine=phrases("machine"),
        menu=phrases("menu"),
        give_up_ms=block.value("give_up", usual.give_up_ms),
        no_tone_ms=block.value("no_tone", usual.no_tone_ms),
    )


def _outcomes(reader: Reader, tree: Tree | None) -> dict[str, str]:
    """What becomes of a call that nobody talks in."""
    found: dict[str, str] = {}
    for key, value in reader.entries(tree, "outcomes:"):
        named = reader.text(value, f"outcomes: {key.text}")
        if named is not None and reader.known(key, UNANSWERED, "way for a call to fail"):
            found[key.text] = named.text
    return found
