"""Tools: what a flow may ask of the world, and what their answers are called."""

from collections.abc import Mapping
from typing import Any, Final

from ivr.flow.flow import Body, Break, Retry, ToolSpec
from ivr.flow.flow.tools import SUMMARY
from ivr.flow.grammar.names import Named, NameTable
from ivr.flow.grammar.tree import Path, Template
from ivr.flow.loader.arguments import read_arguments
from ivr.flow.loader.auth import Known, read_auth
from ivr.flow.loader.fillers import read_filler
from ivr.flow.loader.needs import read_needs
from ivr.flow.loader.reading import Block, text_place
from ivr.flow.loader.results import read_results, read_type
from ivr.flow.loader.scope import Scope
from ivr.flow.messages import Message
from ivr.flow.schema.leaves import Method
from ivr.flow.schema.shapes import BreakerShape, RetryShape, ToolShape
from ivr.flow.text import Place
from ivr.flow.types import Type
from ivr.flow.yaml_tree import Items, Keys, Scalar, Tree

_METHODS: Final = frozenset(Method.__args__)  # type: ignore[attr-defined]
LONGEST_TIMEOUT_MS: Final = 60_000


def read_tool(key: Scalar, tree: Tree, scope: Scope) -> ToolSpec | None:
    reader = scope.reader
    block = reader.block(tree, ToolShape, f'Tool "{key.text}"')
    if block is None:
        return None
    kind = _kind(key, block, scope)
    if kind is None:
        return None
    takes = _takes(block, scope)
    own = ArgumentNames(scope, takes)
    method, api, segments, path_query = _address(block, own) if kind == "http" else ("GET", "", (), {})
    module, _, function = _python(block, scope) if kind == "python" else ("", "", "")
    server, remote = _mcp(block, scope) if kind == "mcp" else ("", "")
    query = {**path_query, **_texts(block.tree("query"), "query:", own)}
    headers = _texts(block.tree("headers"), "headers:", own)
    body = read_body(block.tree("body"), own) if block.has("body") else None
    retry = reader.block(block.tree("retry"), RetryShape, "retry:")
    breaker = reader.block(block.tree("breaker"), BreakerShape, "breaker:")
    return ToolSpec(
        name=key.text,
        kind="http" if kind == "http" else "mcp" if kind == "mcp" else "python",
        place=key.place,
        takes=takes or own.used,
        results=read_results(block, kind, scope),
        method=method,
        api=api,
        segments=segments,
        query=query,
        headers=headers,
        body=body,
        auth=read_auth(block.tree("auth"), Known(reader, scope.secrets, scope.apis)),
        module=module,
        function=function,
        server=server,
        remote=remote,
        timeout_ms=min(block.value("timeout", 4000), LONGEST_TIMEOUT_MS),
        retry=Retry(retry.value("times", 0), retry.value("wait", 300)) if retry else Retry(),
        breaker=_breaker(breaker),
        filler=read_filler(block.tree("filler"), scope),
        about=_about(block.tree("about"), scope),
        arguments=read_arguments(block.tree("takes"), scope),
        declared=block.has("takes"),
        changes_things=_changes(key, block, method, kind, scope),
        confirm_with=_confirm_with(block, scope),
        unconfirmed=_reason(block.tree("unconfirmed"), scope),
        once_per_call=block.value("once") == "call",
        needs=read_needs(scope, block.tree("needs")),
    )


class ArgumentNames:
    """The names a tool's texts may use: those under `takes:`, or, where there is none, the flow's; `used` gathers
    them with their types."""

    def __init__(self, scope: Scope, takes: Mapping[str, Type], *, forms: bool = False) -> None:
        """`forms`: values may be written as they are for people."""
        self.scope = scope
        self.forms = forms
        declared: dict[Path, Named] = {(name,): Named(kind) for name, kind in takes.items()}
        self.names = NameTable(declared) if takes else scope.names
        self.used: dict[str, Type] = {}

    def template(self, scalar: Scalar) -> Template | None:
        template = self.scope.reader.template(scalar, self.names)
        for field in template.fields if template else ():
            if field.form is not None and not self.forms:
                name = ".".join(field.path)
                text = f"A tool is sent values as they are, not as they are said: {name} has no form here."
                fix = f"Write  {{{name}}},  or give the words by  with:  where it is called."
                self.scope.reader.add(Message(field.place, "IVR209", text, width=len(name), fix=fix))
            self.used.setdefault(".".join(field.path), field.type)
        return template


def _kind(key: Scalar, block: Block, scope: Scope) -> str | None:
    kinds = [kind for kind in ("http", "python", "mcp") if block.has(kind)]
    if len(kinds) == 1:
        return kinds[0]
    if not block.later:
        text = (
            f'Tool "{key.text}" is neither http nor python nor mcp.'
            if not kinds
            else f'Tool "{key.text}" is two kinds at once.'
        )
        fix = "Write one of  http: GET api/path,  python: file.function  and  mcp: server/tool."
        scope.reader.say("IVR104", key, text, fix)
    return None


def _takes(block: Block, scope: Scope) -> Mapping[str, Type]:
    found = {}
    for name, tree in scope.reader.entries(block.tree("takes"), "takes:"):
        written = tree.get("type") if isinstance(tree, Keys) else tree
        kind = read_type(written, scope) if written is not None else None
        if kind is not None:
            found[name.text] = kind
    return found


def _address(block: Block, own: ArgumentNames) -> tuple[str, str, tuple[Template, ...], dict[str, Template]]:
    """`GET crm/v1/accounts/{account}`: method, api, one template a segment, and what stands behind a `?`."""
    reader = own.scope.reader
    nothing: tuple[str, str, tuple[Template, ...], dict[str, Template]] = ("GET", "", (), {})
    written = reader.text(block.tree("http"), "http:")
    if written is None:
        return nothing
    method, _, rest = written.text.strip().partition(" ")
    if method not in _METHODS:
        fix = f"Write  http: GET {method}" if "/" in method else f"Write one of {', '.join(sorted(_METHODS))}."
        reader.say("IVR105", written, f'http: "{method}" is not a method.', fix)
        return nothing
    where = rest.strip()
    found = read_target(written, written.text.index(where) if where else 0, where, own)
    return (method, *found) if found else nothing


def read_target(
    written: Scalar, offset: int, where: str, own: ArgumentNames
) -> tuple[str, tuple[Template, ...], dict[str, Template]] | None:
    """`crm/v1/accounts/{account}?full=yes`, which begins `offset` letters into what is written: the api, one template
    a segment, and what stands behind the `?`."""
    reader = own.scope.reader
    if "://" in where:
        text = "A tool's address begins with the name of a back end, not with http://."
        reader.say("IVR105", written, text, "Name the back end under apis: in project.yaml.")
        return None
    path, _, tail = where.partition("?")
    api, *segments = path.split("/")
    place = text_place(written)
    api_place = Place(place.file, place.line, place.column + offset)
    if not reader.known(Scalar(api, api_place, True, len(api) or 1), own.scope.apis, "back end in apis:", "IVR113"):
        return None
    templates = []
    at = offset + len(api) + 1
    for segment in segments:
        made = own.template(Scalar(segment, Place(place.file, place.line, place.column + at), True, len(segment)))
        templates.extend([made] if made and segment else [])
        at += len(segment) + 1
    return api, tuple(templates), _tail(tail, own, Place(place.file, place.line, place.column + at))


def _tail(tail: str, own: ArgumentNames, place: Place) -> dict[str, Template]:
    found = {}
    at = 0
    for pair in tail.split("&") if tail else ():
        name, _, value = pair.partition("=")
        where = Place(place.file, place.line, place.column + at + len(name) + 1)
        made = own.template(Scalar(value, where, True, len(value) or 1)) if value else None
        if made is not None:
            found[name] = made
        at += len(pair) + 1
    return found


def _python(block: Block, scope: Scope) -> tuple[str, str, str]:
    written = scope.reader.text(block.tree("python"), "python:")
    if written is None:
        return "", "", ""
    module, dot, function = written.text.strip().partition(".")
    if not (module.isidentifier() and function.isidentifier()):
        text = f'python: "{written.text}" is not a function of this project.'
        scope.reader.say("IVR105", written, text, "Write  python: file.function  for a function in tools/file.py.")
    return module, dot, function


def _texts(tree: Tree | None, what: str, own: ArgumentNames) -> dict[str, Template]:
    if tree is None:
        return {}
    if not isinstance(tree, Keys):
        own.scope.reader.say("IVR102", tree, f"{what} is written as names with values.")
        return {}
    found = {}
    for key, value in tree.entries:
        scalar = own.scope.reader.text(value, f"{what} {key.text}")
        template = own.template(scalar) if scalar else None
        if template is not None:
            found[key.text] = template
    return found


def read_body(tree: Tree | None, own: ArgumentNames) -> Body | None:
    if not isinstance(tree, Keys):
        if tree is not None:
            own.scope.reader.say("IVR102", tree, "body: is written as names with values.")
        return None
    entries: dict[str, Any] = {}
    for key, value in tree.entries:
        made = _inner(value, own)
        if made is not None:
            entries[key.text] = made
    return Body(entries)


def _inner(tree: Tree, own: ArgumentNames) -> Any:
    if isinstance(tree, Keys):
        return read_body(tree, own)
    if isinstance(tree, Items):
        made = [_inner(item, own) for item in tree.items]
        return tuple(item for item in made if item is not None)
    return own.template(tree)


def _mcp(block: Block, scope: Scope) -> tuple[str, str]:
    """`clinics/find`: the server, and the name its tool has there."""
    written = scope.reader.text(block.tree("mcp"), "mcp:")
    if written is None:
        return "", ""
    server, slash, remote = written.text.strip().partition("/")
    if not slash or not remote:
        text = f'mcp: "{written.text}" is not a tool of a server.'
        scope.reader.say("IVR105", written, text, "Write  mcp: server/tool  for a server under mcp: in project.yaml.")
        return "", ""
    named = Scalar(server, written.place, written.plain, len(server) or 1)
    scope.reader.known(named, scope.servers, "server in mcp: of project.yaml", "IVR140")
    return server, remote


def _breaker(block: Block | None) -> Break | None:
    if block is None or not block.value("after") or block.value("rest") is None:
        return None
    return Break(block.value("after"), block.value("rest"))


def _changes(key: Scalar, block: Block, method: str, kind: str, scope: Scope) -> bool:
    says = block.value("changes_things")
    if says is None and kind == "http" and method not in ("GET", "HEAD") and block.has("http"):
        if not block.has("changes_things"):
            text = f'Tool "{key.text}" sends {method}, which can change something; it does not say whether it does.'
            scope.reader.say("IVR121", key, text, "Add  changes_things: yes  or  changes_things: no.")
        return True
    changes = bool(says)
    if changes and kind == "http" and method in ("GET", "HEAD") and block.has("http"):
        text = f'Tool "{key.text}" changes things by {method}, which is asked again when its answer is late.'
        fix = "Use POST, PUT, PATCH or DELETE, or write  changes_things: no."
        scope.reader.say("IVR142", block.keys["changes_things"], text, fix)
    if changes and not block.has("confirm_with") and not block.has("unconfirmed"):
        text = f'"{key.text}" changes something in {_where(block, scope)} but no answer confirms it.'
        fix = f"Add  confirm_with: {_yes_slot(scope) or 'SLOT'}  or write  unconfirmed:  with a reason."
        scope.reader.say("IVR120", key, text, fix)
    return changes


def _about(tree: Tree | None, scope: Scope) -> str:
    written = scope.reader.text(tree, "about:")
    return written.text if written is not None else ""


def _where(block: Block, scope: Scope) -> str:
    http = block.tree("http")
    api = http.text.partition(" ")[2].partition("/")[0] if isinstance(http, Scalar) else ""
    return f"the {api} system" if api in scope.apis else "the world"


def _yes_slot(scope: Scope) -> str | None:
    return next((n for n in scope.slots if scope.names.names[(n,)].type is Type.YES_NO), None)


def _confirm_with(block: Block, scope: Scope) -> str | None:
    written = scope.reader.text(block.tree("confirm_with"), "confirm_with:")
    if written is None:
        return None
    if written.text == SUMMARY:
        return SUMMARY
    if not scope.reader.known(written, scope.slots, "slot"):
        return SUMMARY  # something confirms it, so that it can be declined
    slot = scope.names.names[(written.text,)]
    tree = scope.confirmed.get(written.text)
    if slot.type is not Type.YES_NO and tree != "always":
        text = f'"{written.text}" is neither a yes_no nor read back always, so it confirms nothing.'
        scope.reader.say("IVR106", written, text, "Name a yes_no slot, or a slot with  confirm: always.")
    return written.text


def _reason(tree: Tree | None, scope: Scope) -> str | None:
    written = scope.reader.text(tree, "unconfirmed:")
    if written is not None and written.text.strip().lower() in ("yes", "no", "true"):
        scope.reader.say("IVR105", written, "unconfirmed: is the reason why nobody has to confirm it.", "Write it out.")
    return written.text if written else None
