"""`contacts:` and `mcp:` of project.yaml: whom messages go to, and the servers of tools."""

from collections.abc import Mapping

from ivr.flow.flow import Contact, McpServer
from ivr.flow.loader.auth import Known, read_auth
from ivr.flow.loader.names import RESERVED
from ivr.flow.schema.shapes import ContactShape, McpShape
from ivr.flow.yaml_tree import Keys, Scalar, Tree


def read_contacts(tree: Tree | None, known: Known) -> Mapping[str, Contact]:
    found = {}
    for key, inner in known.reader.entries(tree, "contacts:"):
        contact = _contact(key, inner, known)
        if contact is not None:
            found[key.text] = contact
    return found


def _contact(key: Scalar, tree: Tree, known: Known) -> Contact | None:
    reader = known.reader
    if key.text in RESERVED:
        text = f'"{key.text}" has a meaning of its own and cannot be a contact.'
        reader.say("IVR107", key, text, "Choose another name.")
        return None
    block = reader.block(tree, ContactShape, f'Contact "{key.text}"')
    if block is None:
        return None
    if block.has("sms") is block.has("post"):
        later = isinstance(tree, Keys) and any(k.text in ContactShape.later for k, _ in tree.entries)
        if not later and not block.odd:
            reader.say("IVR104", key, f'Contact "{key.text}" needs one of sms: and post:.')
        return None
    auth = read_auth(block.tree("auth"), known)
    if block.has("sms"):
        return Contact(key.text, sms=block.value("sms")) if block.value("sms") else None
    place = read_place(reader.text(block.tree("post"), "post:"), known)
    return Contact(key.text, api=place[0], segments=place[1], auth=auth) if place else None


def read_place(written: Scalar | None, known: Known) -> tuple[str, tuple[str, ...]] | None:
    """`crm/v1/messages`: the back end, and the pieces of the path behind it."""
    if written is None:
        return None
    text = written.text.strip()
    if "://" in text:
        fix = "Name the back end under apis: in project.yaml, and write  post: api/path."
        known.reader.say("IVR105", written, "An address begins with the name of a back end, not with http://.", fix)
        return None
    api, *segments = text.split("/")
    named = Scalar(api, written.place, written.plain, len(api) or 1)
    if not known.reader.known(named, known.apis, "back end in apis:", "IVR113"):
        return None
    return api, tuple(segment for segment in segments if segment)


def read_servers(tree: Tree | None, known: Known) -> Mapping[str, McpServer]:
    found = {}
    for key, inner in known.reader.entries(tree, "mcp:"):
        block = known.reader.block(inner, McpShape, f'Server "{key.text}"')
        if block is not None and block.value("url"):
            auth = read_auth(block.tree("auth"), known)
            found[key.text] = McpServer(
                key.text, block.value("url"), block.value("allow_private", False), auth, key.place
            )
    return found
