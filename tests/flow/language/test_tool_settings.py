"""What a tool may be told: who we are, when to stop asking, and what the caller hears meanwhile."""

import pytest

from ivr.call.textrun import Report
from ivr.call.textrun.happenings import BotSpoke
from ivr.flow.flow import Auth, Break, ToolSpec
from ivr.flow.state import PlayMusic, RawReply
from tests.flow.language.trial import PROJECT, bundle_of, only, plays, told
from tests.flow.phone import Line, trial

TOOL = """
tools:
  look:
    http: GET crm/v1/x
    {}
    results: {{ok: {{status: 200}}}}
nodes: {{first: [{{call: look, on: {{ok: {{end: Found.}}, failed: {{end: Sorry.}}}}}}]}}
"""


def spec(settings: str) -> ToolSpec:
    return bundle_of(TOOL.format(settings)).flows["line"].tools["look"]


@pytest.mark.parametrize(
    ("written", "auth"),
    [
        ("{bearer: CRM_TOKEN}", Auth("bearer", "CRM_TOKEN")),
        ("{header: X-Key, secret: CRM_TOKEN}", Auth("header", "CRM_TOKEN", header="X-Key")),
        ("{basic: {user: line, secret: CRM_TOKEN}}", Auth("basic", "CRM_TOKEN", user="line")),
        (
            "{oauth: {token_url: crm/oauth/token, client: line, secret: CRM_TOKEN, scope: read}}",
            Auth("oauth", "CRM_TOKEN", user="line", api="crm", segments=("oauth", "token"), scope="read"),
        ),
    ],
)
def test_every_kind_of_auth_names_its_secret(written: str, auth: Auth) -> None:
    assert spec(f"auth: {written}").auth == auth


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ("auth: {bearer: CRM_TOKN}", "IVR114 <CRM_TOKN>"),
        ("auth: {header: X-Key}", 'IVR104 <{> auth: by a header needs "secret:"'),
        ("auth: {secret: CRM_TOKEN}", "IVR104 <{> auth: is one of bearer, header, basic and oauth."),
        ("auth: {bearer: CRM_TOKEN, header: X-Key, secret: CRM_TOKEN}", "IVR104 <{> auth: is one of"),
        ("auth: {basic: {user: line}}", 'IVR104 <{> basic: needs "secret:"'),
        (
            "auth: {oauth: {token_url: https://login.example.com/token, client: a, secret: CRM_TOKEN}}",
            "IVR105 <https://login.example.com/token>",
        ),
        ("auth: {oauth: {token_url: login/token, client: a, secret: CRM_TOKEN}}", "IVR113 <login>"),
        ("headers: {X-Api-Key: abc123}", "IVR510 <abc123>"),
        ("query: {api_key: abc123}", "IVR510 <abc123>"),
        ("changes_things: yes\n    unconfirmed: only a look", "IVR142 <changes_things>"),
        ("breaker: {after: 5}", 'IVR104 <{> breaker: needs "rest:"'),
        ("breaker: {after: many, rest: 30s}", "IVR105 <many>"),
        ("filler: {say: [One., Two.], every: 100ms}", "IVR105 <100ms>"),
        ("filler: {after: 1s}", 'IVR104 <{> filler: needs "say:"'),
    ],
)
def test_a_slip_is_told_with_its_word(settings: str, message: str) -> None:
    only(TOOL.format(settings), message)


def test_a_tool_is_one_kind() -> None:
    found = told(TOOL.format("python: a.b"))
    assert found[0].startswith('IVR104 <look> Tool "look" is two kinds at once.')


def test_a_breaker_and_fillers_are_read() -> None:
    tool = spec("breaker: {after: 5, rest: 30s}\n    filler: {after: 1s, say: [One., Two.], every: 4s, music: hold}")
    assert tool.breaker == Break(5, 30_000)
    assert tool.filler is not None
    assert (tool.filler.after_ms, tool.filler.every_ms, tool.filler.music, len(tool.filler.says)) == (
        1000,
        4000,
        "hold",
        2,
    )


LONG = TOOL.format(
    "timeout: 30s\n    filler: {after: 700ms, say: [Let me look that up., Still looking., Nearly there.], every: 6s}"
)


def test_a_long_wait_gets_its_lines_in_turn_and_each_once() -> None:
    report = plays(LONG, "- {says: Let me look that up. Still looking. Nearly there. Found}", given=after("25s"))
    said = said_in(report)
    assert [said.count(line) for line in ("Let me look", "Still looking", "Nearly there")] == [1, 1, 1]


def test_a_short_wait_gets_none_and_a_middling_one_the_first() -> None:
    report = plays(LONG, "- {says: Found, never_says: Let me look}", given=after("600ms"))
    assert "Let me look" not in said_in(report)
    plays(LONG, "- {says: Let me look that up. Found, never_says: Still looking}", given=after("3s"))


def said_in(report: Report) -> str:
    return " ".join(happening.text for happening in report.happened if isinstance(happening, BotSpoke))


def after(time: str) -> str:
    return f"answers: {{look: {{ok: {{}}, after: {time}}}}}"


MUSIC = """
about: A look-up that takes long.
start: first
tools:
  look:
    http: GET back/v1/x
    timeout: 30s
    filler: {after: 700ms, say: [Let me look., Still looking.], every: 6s, music: waltz}
    results: {ok: {status: 200}}
nodes: {first: [{call: look, on: {ok: {end: Found.}, failed: {end: Sorry.}}}]}
"""


def music(line: Line) -> list[str | None]:
    return [effect.sound for effect in line.everything if isinstance(effect, PlayMusic)]


def test_music_begins_behind_the_first_line_and_ends_with_the_answer() -> None:
    line = trial(MUSIC)
    assert music(line) == []
    line.wakes("filler")
    assert music(line) == ["waltz"]
    line.wakes("filler")
    assert music(line) == ["waltz"]
    line.tool_raw(RawReply(status=200))
    assert music(line) == ["waltz", None]


def test_a_list_of_records_is_kept() -> None:
    flow = """
    tools:
      free:
        http: GET crm/v1/tables
        results: {some: {status: 200, keep: {tables: {from: $.free, list_of: {at: time, seats: number}}}}}
    nodes:
      first:
        - call: free
          on: {some: [{if: count of tables > 1, then: {end: Several.}}, {end: One.}], failed: {end: No.}}
    """
    body = "{free: [{at: '18:00', seats: 2}, {at: '19:30', seats: 4}]}"
    plays(flow, "- {says: Several}", given=f"answers: {{free: {{status: 200, body: {body}}}}}")
    wrong = "{free: [{at: '18:00', seats: two}, {at: '19:30', seats: 4}]}"
    plays(flow, "- {says: 'No'}", given=f"answers: {{free: {{status: 200, body: {wrong}}}}}")


def test_secrets_named_in_two_places_are_those_of_the_project() -> None:
    project = PROJECT + "contacts: {desk: {post: crm/v1/x, auth: {bearer: NOBODY}}}\n"
    only("nodes: {first: [{end: Bye.}]}", "IVR114 <NOBODY>", project)
