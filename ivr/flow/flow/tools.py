"""Tools: what is sent, and what the answers mean."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from ivr.flow.flow.questions import SlotSpec
from ivr.flow.flow.words import Prompt
from ivr.flow.grammar.tree import Condition, Template
from ivr.flow.text import Place
from ivr.flow.types import Privacy, Type

if TYPE_CHECKING:  # a step calls tools, and a tool may be confirmed by what a step asks
    from ivr.flow.flow.steps import Ask

SUMMARY = "summary"
"""The question that reads back what was asked, and the `confirm_with:` that needs its yes."""


def names_in_summary(step: "Ask") -> tuple[str, ...]:
    """Everything a summary reads back: what its sentence names, and the slots asked there."""
    named = [f.path[0] for t in step.summary.variants for f in t.fields if len(f.path) == 1] if step.summary else []
    return tuple(dict.fromkeys((*named, *step.slots)))


@dataclass(frozen=True, slots=True)
class Keep:
    """A value kept from a tool's answer: `path` from `$` (HTTP), or the name of a Python result's value."""

    name: str
    path: tuple[str | int, ...]
    type: Type
    privacy: Privacy
    optional: bool
    currency: str = "USD"
    of: Type | None = None
    """A list: the type of its items."""
    fields: tuple["Keep", ...] | None = None
    """A list of records: what is kept of each item, from its own `path`."""


@dataclass(frozen=True, slots=True)
class ToolResultSpec:
    """Tried in the written order; the first that fits counts. No status and no `when` fits any 2xx."""

    name: str
    statuses: tuple[int, ...]
    when: Condition | None
    keep: tuple[Keep, ...]


@dataclass(frozen=True, slots=True)
class Retry:
    times: int = 0
    wait_ms: int = 300


@dataclass(frozen=True, slots=True)
class Body:
    """A tree of templates: scalars are templates (`"{day}"` alone keeps the slot's type)."""

    entries: Mapping[str, "Body | Template | tuple[Body | Template, ...]"]

    def templates(self) -> Iterator[Template]:
        for entry in self.entries.values():
            for part in entry if isinstance(entry, tuple) else (entry,):
                if isinstance(part, Body):
                    yield from part.templates()
                else:
                    yield part

    def filled_in(self, leaf: Callable[[Template], object]) -> dict[str, object]:
        """As JSON has it, each template as `leaf` makes it."""

        def of(entry: "Body | Template") -> object:
            return entry.filled_in(leaf) if isinstance(entry, Body) else leaf(entry)

        return {
            name: [of(one) for one in entry] if isinstance(entry, tuple) else of(entry)
            for name, entry in self.entries.items()
        }


@dataclass(frozen=True, slots=True)
class Auth:
    """Who we are to a back end. Secrets are named here, never held.

    bearer: `secret` as a bearer token. header: `secret` in the header `header`. basic: `user` with the password
    `secret`. oauth: client credentials, `user` is the client and `secret` its secret; the token comes from
    `segments` of `api`.
    """

    kind: Literal["bearer", "header", "basic", "oauth"]
    secret: str
    header: str = ""
    user: str = ""
    api: str = ""
    segments: tuple[str, ...] = ()
    scope: str = ""


@dataclass(frozen=True, slots=True)
class Break:
    """After `after` failures in a row nobody asks for `rest_ms`; then one request goes out as a probe."""

    after: int
    rest_ms: int


@dataclass(frozen=True, slots=True)
class Filler:
    """What the caller hears while an answer is waited for: the sentences in turn, the first after `after_ms`, the
    next `every_ms` later, each once; with `music` a sound plays between them until the answer is there."""

    says: tuple[Prompt, ...]
    after_ms: int = 700
    every_ms: int = 6000
    music: str | None = None


@dataclass(frozen=True, slots=True)
class McpServer:
    """A server of tools for models. `url` is its whole address."""

    name: str
    url: str
    allow_private: bool
    auth: Auth | None = None
    place: Place = field(default=Place("", 0, 0), compare=False)


@dataclass(frozen=True, slots=True)
class ToolSpec:
    name: str
    kind: Literal["http", "python", "mcp"]
    place: Place
    takes: Mapping[str, Type]
    """Arguments: declared, or for http the fields of its address, query, headers and body."""
    results: tuple[ToolResultSpec, ...]
    method: str = "GET"
    api: str = ""
    segments: tuple[Template, ...] = ()
    """The address below the api, one template a path segment."""
    query: Mapping[str, Template] = field(default_factory=dict)
    headers: Mapping[str, Template] = field(default_factory=dict)
    body: Body | None = None
    auth: Auth | None = None
    module: str = ""
    function: str = ""
    server: str = ""
    """mcp: the server of the project, and the name its tool has there."""
    remote: str = ""
    timeout_ms: int = 4000
    retry: Retry = Retry()
    breaker: Break | None = None
    filler: Filler | None = None
    about: str = ""
    """What it is for, told to a model."""
    arguments: Mapping[str, SlotSpec] = field(default_factory=dict)
    """Those of `takes` whose bounds are told, as a slot is described."""
    declared: bool = False
    """`takes` stands in the file; else it is the fields of the address and of what is sent."""
    changes_things: bool = False
    confirm_with: str | None = None
    summary: "Ask | None" = None
    """`confirm_with: summary`: what reads all arguments back, where that was not done before."""
    unconfirmed: str | None = None
    once_per_call: bool = False
    needs: tuple[str, ...] = ()
    """Facts without which it is not called."""
