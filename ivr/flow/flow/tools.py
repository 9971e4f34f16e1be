"""Tools: what is sent, and what the answers mean."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from ivr.flow.flow.words import Prompt
from ivr.flow.grammar.tree import Condition, Template
from ivr.flow.text import Place
from ivr.flow.types import Privacy, Type


@dataclass(frozen=True, slots=True)
class Keep:
    """A value kept from a tool's answer: `path` from `$` (HTTP), or the name of a Python result's value."""

    name: str
    path: tuple[str | int, ...]
    type: Type
    privacy: Privacy
    optional: bool
    currency: str = "USD"


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


@dataclass(frozen=True, slots=True)
class ToolSpec:
    name: str
    kind: Literal["http", "python"]
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
    bearer: str | None = None
    """Name of the secret sent as a bearer token."""
    module: str = ""
    function: str = ""
    timeout_ms: int = 4000
    retry: Retry = Retry()
    filler: Prompt | None = None
    filler_after_ms: int = 700
    changes_things: bool = False
    confirm_with: str | None = None
    unconfirmed: str | None = None
    once_per_call: bool = False
