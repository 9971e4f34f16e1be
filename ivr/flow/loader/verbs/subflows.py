"""`run`, `return`, `handoff` and `grant`."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from ivr.flow.flow import Grant, Handoff, Return, Run, Step
from ivr.flow.grammar.tree import Template
from ivr.flow.loader.family import Signature
from ivr.flow.loader.reading import NAME, Block, text_place
from ivr.flow.loader.signatures import granted_fact
from ivr.flow.messages import nearest
from ivr.flow.text import Place
from ivr.flow.yaml_tree import Scalar

if TYPE_CHECKING:  # a step's verb is read for the reader of steps
    from ivr.flow.loader.steps import StepReader


def run(reader: "StepReader", block: Block) -> Step | None:
    name = reader.told.text(block.tree("run"), "run:")
    on = reader.routes(block)
    if name is None or not _known_flow(reader, name):
        return None
    inner = reader.scope.family.flows[name.text]
    if not inner.is_sub:
        text = f'"{name.text}" is no sub-flow: it does not say how it can end.'
        fix = "Give it  outcomes:,  or use  handoff:  if it takes the call over."
        reader.told.say("IVR119", name, text, fix)
        return None
    circle = reader.scope.family.goes_round(name.text)
    if circle and reader.scope.flow in circle:
        way = " > ".join(circle)
        reader.told.say(
            "IVR123", name, f"These flows run each other in a circle: {way}.", "Break it with a goto: or return:."
        )
        return None
    keep = tuple(k.text for k in reader.told.texts(block.tree("keep"), "keep:") if _gives(reader, k, inner))
    arguments = _arguments(reader, block, inner)
    return Run(name.text, arguments, keep, on, block.place, reader.routed(block), tuple(inner.outcomes))


def _known_flow(reader: "StepReader", name: Scalar) -> bool:
    flows = {flow.name: flow.place for flow in reader.scope.family.flows.values()}
    return reader.told.known(name, flows, "flow", "IVR115")


def _gives(reader: "StepReader", kept: Scalar, inner: Signature) -> bool:
    if kept.text in inner.outputs:
        return True
    like = nearest(kept.text, inner.outputs)
    fix = f'Did you mean "{like}"?' if like else f"It gives {', '.join(inner.outputs) or 'nothing'}."
    reader.told.say("IVR110", kept, f'"{inner.name}" gives no "{kept.text}".', fix)
    return False


def _arguments(reader: "StepReader", block: Block, inner: Signature) -> Mapping[str, Template]:
    """What is not written here comes from values of the same name; what is not optional must come from somewhere."""
    given: dict[str, Template] = {}
    tree = block.tree("with")
    for key, value in reader.told.entries(tree, "with:"):
        if not reader.told.known(key, {n: e.place for n, e in inner.inputs.items()}, f'input of "{inner.name}"'):
            continue
        scalar = reader.told.text(value, f"with: {key.text}")
        template = reader.scope.template(scalar) if scalar else None
        if template is not None:
            given[key.text] = template
    written = {key.text for key, _ in reader.told.entries(tree, "with:")}
    for entry in inner.inputs.values():
        same = (entry.name,) in reader.scope.names.names
        if not entry.optional and entry.name not in written and not same:
            text = f'"{inner.name}" needs {entry.name}, and nothing of that name exists here.'
            reader.told.say("IVR213", _verb(block), text, f"Add  with: {{{entry.name}: ...}}.")
    return given


def _verb(block: Block) -> Scalar:
    return next(block.keys[verb] for verb in ("run", "handoff") if verb in block.keys)


def return_(reader: "StepReader", block: Block) -> Step | None:
    outcome = reader.told.text(block.tree("return"), "return:")
    if outcome is None:
        return None
    own = reader.scope.family.flows.get(reader.scope.flow)
    if own is None or not own.is_sub:
        text = "Only a sub-flow returns, and this flow has no outcomes:."
        reader.told.say(
            "IVR119", block.keys["return"], text, f"Add  outcomes: {{{outcome.text}: []}},  or end the call with  end:."
        )
        return None
    if not reader.told.known(outcome, list(own.outcomes), "outcome", "IVR109"):
        return None
    return Return(outcome.text, block.place)


def handoff(reader: "StepReader", block: Block) -> Step | None:
    name = reader.told.text(block.tree("handoff"), "handoff:")
    if name is None or not _known_flow(reader, name):
        return None
    inner = reader.scope.family.flows[name.text]
    if inner.is_sub:
        text = f'"{name.text}" is a sub-flow: it comes back, and nothing would be there to come back to.'
        reader.told.say("IVR119", name, text, f"Write  run: {name.text}.")
        return None
    return Handoff(name.text, _arguments(reader, block, inner), block.place)


def grant(reader: "StepReader", block: Block) -> Step | None:
    """`FACT`, or `FACT for NAME, NAME`."""
    tree = block.tree("grant")
    first = reader.told.texts(tree, "grant:")
    if not first:
        return None
    words = first[0].text.split(maxsplit=2)
    fact = words[0].rstrip(",")
    if not NAME.fullmatch(fact) or (len(words) > 1 and words[1] != "for") or len(words) == 2:
        text = f'"{first[0].text}" does not say what is granted.'
        meant, _, hangs_on = first[0].text.partition(" for ")
        fact = granted_fact(meant)
        fix = f"Write  grant: {fact if NAME.fullmatch(fact) else 'known_caller'} for {hangs_on.strip() or 'account'}."
        reader.told.say("IVR102", first[0], text, fix)
        return None
    listed = words[2] if len(words) == 3 else ""
    names = [name.strip() for name in listed.split(",") if name.strip()]
    names += [scalar.text for scalar in first[1:]]
    known = {**reader.scope.slots, **reader.scope.kept}
    begin = text_place(first[0])
    for name in names:
        at = max(0, first[0].text.find(name, len(fact)))
        word = Scalar(name, Place(begin.file, begin.line, begin.column + at), True, len(name))
        if not reader.told.known(next((s for s in first[1:] if s.text == name), word), known, "slot or value"):
            return None
    return Grant(fact, tuple(names), block.place)
