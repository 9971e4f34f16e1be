"""`auth:` of a tool or a server: how we show who we are, by the names of secrets."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from ivr.flow.flow import Auth
from ivr.flow.loader.reading import Block, Reader
from ivr.flow.schema.shapes import AuthShape, BasicShape, OauthShape
from ivr.flow.text import Place
from ivr.flow.yaml_tree import Scalar, Tree

KINDS: Final = ("bearer", "header", "basic", "oauth")
_EXAMPLES: Final = (
    "{bearer: SECRET}, {header: X-Key, secret: SECRET}, {basic: {user: NAME, secret: SECRET}} or {oauth: ...}"
)


@dataclass(frozen=True, slots=True)
class Known:
    """What `auth:` may name: the project's secrets and back ends, by where they are declared."""

    reader: Reader
    secrets: Mapping[str, Place]
    apis: Mapping[str, Place]


def read_auth(tree: Tree | None, scope: Known) -> Auth | None:
    """None where there is none, or where it is told why it cannot be read."""
    block = scope.reader.block(tree, AuthShape, "auth:")
    if block is None:
        return None
    kinds = [kind for kind in KINDS if block.has(kind)]
    if len(kinds) != 1:
        if kinds or not any(m.place.line == block.place.line for m in scope.reader.messages):
            text = "auth: is one of bearer, header, basic and oauth."
            scope.reader.say("IVR104", block.place, text, f"Write  auth: {_EXAMPLES}.")
        return None
    return {"bearer": _bearer, "header": _header, "basic": _basic, "oauth": _oauth}[kinds[0]](block, scope)


def _bearer(block: Block, scope: Known) -> Auth | None:
    secret = _secret(block.tree("bearer"), "bearer:", scope)
    if block.has("secret"):
        fix = "Write  auth: {bearer: SECRET}  alone."
        scope.reader.say("IVR106", block.keys["secret"], "bearer: names the secret itself.", fix)
    return Auth("bearer", secret) if secret else None


def _header(block: Block, scope: Known) -> Auth | None:
    name = scope.reader.text(block.tree("header"), "header:")
    if not block.has("secret"):
        fix = f"Write  auth: {{header: {name.text if name else 'X-Key'}, secret: SECRET}}."
        scope.reader.say("IVR104", block.place, 'auth: by a header needs "secret:".', fix)
        return None
    secret = _secret(block.tree("secret"), "secret:", scope)
    return Auth("header", secret, header=name.text) if name and secret else None


def _basic(block: Block, scope: Known) -> Auth | None:
    inner = scope.reader.block(block.tree("basic"), BasicShape, "basic:")
    if inner is None:
        return None
    user = scope.reader.text(inner.tree("user"), "user:")
    secret = _secret(inner.tree("secret"), "secret:", scope)
    return Auth("basic", secret, user=user.text) if user and secret else None


def _oauth(block: Block, scope: Known) -> Auth | None:
    """The token's address begins with a back end of the project, as a tool's does, so that one list says where we
    go."""
    reader = scope.reader
    inner = reader.block(block.tree("oauth"), OauthShape, "oauth:")
    if inner is None:
        return None
    client = reader.text(inner.tree("client"), "client:")
    secret = _secret(inner.tree("secret"), "secret:", scope)
    url = reader.text(inner.tree("token_url"), "token_url:")
    scopes = reader.text(inner.tree("scope"), "scope:")
    if url is None or client is None or secret is None:
        return None
    if "://" in url.text:
        text = "The address of tokens begins with the name of a back end, not with https://."
        reader.say("IVR105", url, text, "Name the back end under apis: in project.yaml: token_url: login/oauth/token.")
        return None
    api, *segments = url.text.strip().split("/")
    named = Scalar(api, url.place, url.plain, len(api) or 1)
    if not reader.known(named, scope.apis, "back end in apis:", "IVR113"):
        return None
    pieces = tuple(segment for segment in segments if segment)
    return Auth("oauth", secret, user=client.text, api=api, segments=pieces, scope=scopes.text if scopes else "")


def _secret(tree: Tree | None, what: str, scope: Known) -> str | None:
    written = scope.reader.text(tree, what)
    known = written is not None and scope.reader.known(written, scope.secrets, "secret in project.yaml", "IVR114")
    return written.text if written is not None and known else None
