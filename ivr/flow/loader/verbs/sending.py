"""`text`, `post`, `page` and `callback`."""

import re
from typing import TYPE_CHECKING

from ivr.flow.flow import Callback, Page, Post, Retry, Step, TextMessage
from ivr.flow.loader.auth import Known, read_auth
from ivr.flow.loader.reading import Block
from ivr.flow.loader.tools import ArgumentNames, read_body, read_target
from ivr.flow.schema.shapes import RetryShape
from ivr.flow.steps.sending import CALLER
from ivr.flow.types import Type
from ivr.flow.yaml_tree import Scalar

if TYPE_CHECKING:  # a step's verb is read for the reader of steps
    from ivr.flow.loader.steps import StepReader


def text(reader: "StepReader", block: Block) -> Step | None:
    to = _receiver(reader, block, "text")
    body = reader.told.text(block.tree("body"), "body:")
    read = reader.scope.spoken if to == CALLER else reader.scope.template
    words = read(body) if body else None
    return TextMessage(to, words, block.place) if to and words else None


def page(reader: "StepReader", block: Block) -> Step | None:
    to = _receiver(reader, block, "page")
    written = reader.told.text(block.tree("text"), "text:")
    words = reader.scope.template(written) if written else None
    return Page(to, words, block.place) if to and words else None


def _receiver(reader: "StepReader", block: Block, verb: str) -> str | None:
    written = reader.told.text(block.tree(verb), f"{verb}:")
    if written is None:
        return None
    if verb == "text" and written.text == CALLER:
        return CALLER
    return written.text if _contact(reader, written) else None


def _contact(reader: "StepReader", written: Scalar) -> bool:
    if re.fullmatch(r"[+\d][\d\s().-]{4,}", written.text.strip()):
        text = "A step names whom it writes to; a number stands under contacts: in project.yaml."
        fix = f'Add  contacts: {{NAME: {{sms: "{written.text.strip()}"}}}}  and write the name here.'
        reader.told.say("IVR144", written, text, fix)
        return False
    return reader.told.known(written, reader.scope.contacts, "contact in project.yaml", "IVR141")


def post(reader: "StepReader", block: Block) -> Step | None:
    """To a contact, or to a back end's address."""
    written = reader.told.text(block.tree("post"), "post:")
    if written is None:
        return None
    scope = reader.scope
    own = ArgumentNames(scope, {}, forms=True)
    retry = reader.told.block(block.tree("retry"), RetryShape, "retry:")
    known = Known(reader.told, scope.secrets, scope.apis)
    body = read_body(block.tree("body"), own) if block.has("body") else None
    made = Post(
        block.place,
        body=body,
        retry=Retry(retry.value("times", 0), retry.value("wait", 300)) if retry else Retry(),
        auth=read_auth(block.tree("auth"), known),
    )
    if "/" not in written.text and written.text.strip() not in scope.apis:
        return _replaced(made, contact=written.text) if _contact(reader, written) else None
    found = read_target(written, 0, written.text.strip(), own)
    if found is None:
        return None
    api, segments, query = found
    if query:
        reader.told.say("IVR105", written, "post: has no query; what is sent stands in body:.", "Move it to body:.")
    return _replaced(made, api=api, segments=segments)


def _replaced(made: Post, **changes: object) -> Post:
    from dataclasses import replace

    return replace(made, **changes)  # type: ignore[arg-type]


def callback(reader: "StepReader", block: Block) -> Step | None:
    target = reader.told.text(block.tree("callback"), "callback:")
    to = reader.told.text(block.tree("to"), "to:")
    routes = reader.routes(block)
    if target is None or not reader.told.known(target, reader.scope.targets, "target in project.yaml"):
        return None
    number = _number(reader, to) if to else CALLER
    within = block.value("within")
    if number is None or within is None:
        return None
    return Callback(target.text, number, within, routes, block.place, reader.routed(block))


def _number(reader: "StepReader", to: Scalar) -> str | None:
    """`caller`, or a name that holds a phone number."""
    if to.text == CALLER:
        return CALLER
    name = to.text.strip("{}")
    names = reader.scope.names.names.items()
    phones = [path[0] for path, named in names if len(path) == 1 and named.type is Type.PHONE]
    if re.fullmatch(r"[+\d][\d\s().-]{4,}", name):
        text = "A step names whom to call; a number does not stand in a step."
        reader.told.say("IVR144", to, text, "Write  to: caller,  or a slot of type phone.")
        return None
    if reader.told.known(Scalar(name, to.place, to.plain, to.width), [CALLER, *phones], "phone number"):
        return name
    return None
