"""`check:` tests a value: mod10, a checksum, a pattern, or a tool."""

import re
from typing import Final

from ivr.flow.flow import Check, Checksum
from ivr.flow.grammar.tree import Template
from ivr.flow.loader.reading import Block
from ivr.flow.loader.scope import Scope
from ivr.flow.schema.shapes import CheckShape, ChecksumShape
from ivr.flow.yaml_tree import Keys, Scalar, Tree

CHECKSUMS: Final = {
    "aba": Checksum((3, 7, 1), 10),
    "ean": Checksum((1, 3), 10, from_right=True),
    "isbn": Checksum((1, 2, 3, 4, 5, 6, 7, 8, 9, 10), 11, from_right=True),
    "nhs": Checksum((1, 2, 3, 4, 5, 6, 7, 8, 9, 10), 11, from_right=True),
    "iban": Checksum((), 97, 1, letters=True),
}
"""Of bank routing numbers (ABA), articles (EAN, GTIN), ten digit book numbers, NHS numbers, accounts (ISO 13616)."""


def read_check(tree: Tree | None, scope: Scope) -> Check | None:
    if tree is None:
        return None
    reader = scope.reader
    if isinstance(tree, Scalar):
        if tree.text == "mod10":
            return Check("mod10", None, None)
        if tree.text in CHECKSUMS:
            return Check("checksum", None, None, CHECKSUMS[tree.text])
        known = ", ".join(("mod10", *CHECKSUMS))
        fix = f"Write {known},  {{pattern: ...}}  or  {{tool: NAME}}."
        reader.say("IVR105", tree, f'check: "{tree.text}" is no check.', fix)
        return None
    block = reader.block(tree, CheckShape, "check:")
    if block is None:
        return None
    otherwise = reader.text(block.tree("else"), "else:")
    template = scope.spoken(otherwise) if otherwise else None
    kinds = [kind for kind in ("mod10", "pattern", "checksum", "tool") if block.has(kind)]
    if len(kinds) != 1:
        if not block.later:
            text = "check: needs one of mod10:, pattern:, checksum: and tool:."
            reader.say("IVR104", block.place, text)
        return None
    match kinds[0]:
        case "mod10":
            return Check("mod10", None, template) if block.value("mod10") else None
        case "pattern":
            return _pattern(block, scope, template)
        case "checksum":
            return _checksum(block.tree("checksum"), scope, template)
        case _:
            return _tool(block, scope, template)


def _tool(block: Block, scope: Scope, template: Template | None) -> Check | None:
    tool = scope.reader.text(block.tree("tool"), "tool:")
    if tool is None or not scope.reader.known(tool, scope.tools, "tool"):
        return None
    ok = scope.reader.text(block.tree("ok"), "ok:")
    return Check("tool", None, template, tool=tool.text, ok=ok.text if ok else "ok")


def _pattern(block: Block, scope: Scope, template: Template | None) -> Check | None:
    pattern = scope.reader.text(block.tree("pattern"), "pattern:")
    if pattern is None:
        return None
    if not is_plain_pattern(pattern.text):
        text = "This pattern cannot be used."
        fix = "A pattern has letters, digits, [sets], (a|b), ?, and counts such as {2,4}."
        scope.reader.say("IVR105", pattern, text, fix)
        return None
    return Check("pattern", pattern.text, template)


def is_plain_pattern(pattern: str) -> bool:
    """A regular expression without what can take for ever on a hostile answer: no look-around, no back reference, and
    nothing repeated inside something repeated."""
    if len(pattern) > 200 or re.search(r"\(\?|\\[1-9]", pattern) or re.search(r"[*+}]\)[*+{]", pattern):
        return False
    try:
        re.compile(pattern)
    except (re.error, OverflowError, RecursionError):
        return False
    return True


def _checksum(tree: Tree | None, scope: Scope, template: Template | None) -> Check | None:
    reader = scope.reader
    if not isinstance(tree, Keys):
        named = reader.text(tree, "checksum:")
        if named is None or not reader.known(named, CHECKSUMS, "checksum", "IVR105"):
            return None
        return Check("checksum", None, template, CHECKSUMS[named.text])
    block = reader.block(tree, ChecksumShape, "checksum:")
    if block is None or block.value("modulo") is None:
        return None
    weights = reader.texts(block.tree("weights"), "weights:")
    wrong = next((w for w in weights if not re.fullmatch(r"\d{1,2}", w.text, re.ASCII)), None)
    if wrong is not None or not weights:
        at = wrong or block.place
        reader.say("IVR105", at, "weights: are whole numbers, one for each digit, over and over.", "weights: [3, 7, 1]")
        return None
    modulo = block.value("modulo")
    if modulo < 2:
        reader.say("IVR105", block.trees["modulo"], "modulo: is a number above one.", "modulo: 10")
        return None
    sum_ = Checksum(
        tuple(int(w.text) for w in weights), modulo, block.value("rest", 0), block.value("start") == "right"
    )
    return Check("checksum", None, template, sum_)
