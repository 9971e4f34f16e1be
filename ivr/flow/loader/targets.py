"""`targets:` and `dialling:` of a project: the directory of whom a call can be handed to.

No number reaches a telephone but from here, and none gets in here that costs the company more than a call: not a number
of a premium service, not a satellite, not a country that the project does not allow.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Final

import phonenumbers

from ivr.flow.dialling import country_of, why_not_dialled
from ivr.flow.flow import Target, TargetValue
from ivr.flow.grammar.names import Named, NameTable
from ivr.flow.grammar.tree import Template
from ivr.flow.loader.reading import Block, Reader, text_place
from ivr.flow.messages import Message
from ivr.flow.schema.shapes import DiallingShape, TakenShape, TargetShape
from ivr.flow.text import Place
from ivr.flow.types import Type
from ivr.flow.yaml_tree import Keys, Scalar, Tree

RING_MS: Final = 25_000
WAIT_MS: Final = 300_000
_QUEUE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}", re.ASCII)


def read_targets(
    reader: Reader, tree: Tree | None, hours: Iterable[str], countries: frozenset[str]
) -> dict[str, Target]:
    found = {}
    for key, value in reader.entries(tree, "targets:"):
        block = reader.block(value, TargetShape, f'Target "{key.text}"')
        if block is not None:
            found[key.text] = _target(reader, key, value, block, frozenset(hours), countries)
    return found


def _target(
    reader: Reader, key: Scalar, tree: Tree, block: Block, hours: frozenset[str], countries: frozenset[str]
) -> Target:
    number, sip = block.value("number"), block.value("sip")
    one = _require_one(reader, key, tree, block)
    written = block.tree("number")
    if number is not None and isinstance(written, Scalar):
        _require_dialable(reader, written, countries)
    queue = _queue(reader, block)
    if one:
        _require_of_queue(reader, block)
    open_hours = reader.text(block.tree("hours"), "hours:")
    if open_hours is not None:
        reader.known(open_hours, hours, "hours", "IVR216")  # misspelt, they still close
    takes = _takes(reader, block.tree("takes"))
    return Target(
        key.text,
        number,
        sip,
        block.value("ring", RING_MS),
        queue=queue,
        hours=open_hours.text if open_hours else None,
        wait_ms=block.value("wait", WAIT_MS),
        most=block.value("most"),
        takes=takes,
        address=_address(reader, key, block, takes),
        place=key.place,
    )


def _require_one(reader: Reader, key: Scalar, tree: Tree, block: Block) -> bool:
    later = isinstance(tree, Keys) and any(k.text in TargetShape.later for k, _ in tree.entries)
    ways = [way for way in ("number", "sip", "queue") if block.has(way)]
    if len(ways) > 1:
        text = f'Target "{key.text}" has {" and ".join(f"{way}:" for way in ways)}; it is one of them.'
        reader.say("IVR106", block.keys[ways[-1]], text, "Take one out, or make it two targets.")
    elif not ways and not later and not block.odd:
        fix = 'Such as  number: "+15550107788"  or  queue: customer-care.'
        reader.say("IVR104", key, f'Target "{key.text}" needs one of number:, sip: and queue:.', fix)
    return len(ways) == 1


def _queue(reader: Reader, block: Block) -> str | None:
    queue = reader.text(block.tree("queue"), "queue:")
    if queue is None:
        return None
    if not _QUEUE.fullmatch(queue.text):
        text = f'queue: "{queue.text}" cannot be the name of a queue.'
        reader.say("IVR107", queue, text, "A queue has letters, digits, - and _ only, such as customer-care.")
    return queue.text


def _require_of_queue(reader: Reader, block: Block) -> None:
    if block.has("queue"):
        if block.has("ring"):
            reader.say("IVR106", block.keys["ring"], "Nobody is rung for a queue.", "Write  wait:  instead.")
        return
    for name in ("wait", "most"):
        if block.has(name):
            reader.say(
                "IVR106", block.keys[name], f"{name}: belongs to a queue.", "Take it out, or write  queue: NAME."
            )


# ---- numbers


def _require_dialable(reader: Reader, number: Scalar, countries: frozenset[str]) -> None:
    """Its country is allowed, and it is no number that somebody earns by."""
    fault, country = why_not_dialled(number.text, countries)
    if fault == "no_number":
        text = f'"{number.text}" is not a number of any country: it has too few digits, or too many.'
        reader.say("IVR401", number, text)
    elif fault == "costly":
        text = f'"{number.text}" is a number that costs whoever calls it: nobody is handed over to those.'
        reader.say("IVR402", number, text, "Write the attendants' own number.")
    elif fault == "foreign":
        text = f'"{number.text}" is a number of {country}, and calls may be handed to {_listed(countries)} only.'
        more = ", ".join(sorted({*countries, country}))
        reader.say("IVR403", number, text, f"If that is meant, write  dialling: {{countries: [{more}]}}.")


def _listed(countries: frozenset[str]) -> str:
    return ", ".join(sorted(countries)) or "no country"


def read_countries(reader: Reader, tree: Tree | None, numbers: Iterable[str], language: str) -> frozenset[str]:
    """`dialling: {countries: [US, CA]}`; without it, the countries of the project's own numbers, or else that of its
    language."""
    block = reader.block(tree, DiallingShape, "dialling:")
    if block is not None:
        return _written_countries(reader, block)
    own = set()
    for number in numbers:
        try:
            own.add(country_of(phonenumbers.parse(number, None)))
        except phonenumbers.NumberParseException:
            continue
    return frozenset(own) or frozenset({language.rpartition("-")[2] or "US"})


def _written_countries(reader: Reader, block: Block) -> frozenset[str]:
    found = set()
    for scalar in reader.texts(block.tree("countries"), "countries:"):
        if scalar.text in phonenumbers.SUPPORTED_REGIONS:
            found.add(scalar.text)
        else:
            text = f'countries: "{scalar.text}" is not a country.'
            reader.say("IVR105", scalar, text, "Write its two letters, such as US, CA or GB.")
    return frozenset(found)


# ---- values in an address


def _takes(reader: Reader, tree: Tree | None) -> Mapping[str, TargetValue]:
    found = {}
    for key, value in reader.entries(tree, "takes:"):
        if isinstance(value, Keys):
            block = reader.block(value, TakenShape, f"takes: {key.text}")
            if block is not None and block.value("type"):
                kind = Type(block.value("type"))
                found[key.text] = TargetValue(
                    key.text, kind, block.value("length"), block.value("from"), block.value("to")
                )
            continue
        scalar = reader.text(value, f"takes: {key.text}")
        if scalar is None:
            continue
        if scalar.text in ("digits", "number", "text"):
            found[key.text] = TargetValue(key.text, Type(scalar.text))
        else:
            text = f'takes: {key.text}: "{scalar.text}" cannot stand in an address.'
            reader.say("IVR105", scalar, text, "Write digits, number or text.")
    return found


def _address(reader: Reader, key: Scalar, block: Block, takes: Mapping[str, TargetValue]) -> Template | None:
    sip = block.tree("sip")
    if not isinstance(sip, Scalar) or (not takes and "{" not in sip.text):
        if takes:
            reader.say("IVR404", key, f'Target "{key.text}" takes values, and only a SIP address has room for them.')
        return None
    if not takes:
        braces = re.search(r"\{\s*(\w*)", sip.text)
        field = braces[1] if braces else ""
        fix = f"Add  takes: {{{field}: digits}}  to the target."
        place = text_place(sip)
        at = Place(place.file, place.line, place.column + (braces.start(1) if braces else 0))
        reader.add(
            Message(at, "IVR404", f'Target "{key.text}" does not say what {field} is.', width=len(field), fix=fix)
        )
        return None
    template = reader.template(sip, NameTable({(name,): Named(spec.type) for name, spec in takes.items()}))
    if template is None:
        return None
    written = {field.path[0] for field in template.fields}
    for name in takes:
        if name not in written:
            text = f'Target "{key.text}" takes {name}, and its address does not have it.'
            reader.say("IVR404", sip, text, f"Write  {{{name}}}  where it belongs.")
    plain = [field for field in template.fields if field.form is not None or field.fallback is not None]
    if plain:
        reader.say("IVR208", plain[0].place, "In an address a field is a name alone.")
    return template
