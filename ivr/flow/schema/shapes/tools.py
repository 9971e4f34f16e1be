"""Tools, results, what is kept."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from ivr.flow.schema import leaves as leaf
from ivr.flow.schema.shapes.agents import TakeShape
from ivr.flow.schema.shapes.shape import Body, Prompt, Shape, Words


class KeepShape(Shape):
    start: str | None = Field(None, alias="from")
    type: leaf.KeptType | None = None
    list_of: dict[str, "str | KeepShape"] | None = None
    private: leaf.PrivacyName | None = None
    optional: leaf.YesNo | None = None
    currency: str | None = None


class ResultShape(Shape):
    status: str | list[str] | None = None
    when: str | None = None
    keep: dict[str, str | KeepShape] | None = None


class RetryShape(Shape):
    times: leaf.Count
    wait: leaf.Length | None = None


class FillerShape(Shape):
    after: leaf.Length | None = None
    say: Prompt | list[Prompt]
    every: leaf.Length | None = None
    music: str | None = None


class BasicShape(Shape):
    user: str
    secret: str


class OauthShape(Shape):
    token_url: str
    client: str
    secret: str
    scope: str | None = None


class AuthShape(Shape):
    bearer: str | None = None
    header: str | None = None
    secret: str | None = None
    basic: BasicShape | None = None
    oauth: OauthShape | None = None


class BreakerShape(Shape):
    after: leaf.Count
    rest: leaf.Length


class ToolShape(Shape):
    later: ClassVar[frozenset[str]] = frozenset({"data"})
    needs: Words | None = None
    http: str | None = None
    python: str | None = None
    mcp: str | None = None
    about: str | None = None
    takes: dict[str, leaf.KeptType | TakeShape] | None = None
    query: dict[str, str] | None = None
    headers: dict[str, str] | None = None
    body: Body | None = None
    auth: AuthShape | None = None
    timeout: leaf.Length | None = None
    retry: RetryShape | None = None
    breaker: BreakerShape | None = None
    filler: Prompt | FillerShape | None = None
    results: dict[str, ResultShape]
    changes_things: leaf.YesNo | None = None
    confirm_with: str | None = None
    unconfirmed: str | None = None
    once: Annotated[Literal["call"], leaf.Leaf("call")] | None = None
