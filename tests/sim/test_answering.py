"""A test's answers behind real HTTP, as `ivr test --voice` gives them; and which tests a telephone can play."""

import time
from datetime import UTC, date, datetime
from datetime import time as time_of_day
from pathlib import Path

import httpx
import pytest

from ivr.cli.playable import cannot_play
from ivr.flow.answers import name_reply
from ivr.flow.flow import Bundle
from ivr.flow.grammar.tree import Path as NamePath
from ivr.flow.loader import load_project
from ivr.flow.scenario import Scenario, load_scenarios
from ivr.flow.state import RawReply
from ivr.flow.types import Record, Value
from ivr.sim.answering import Answering
from ivr.sim.fitting import body_for
from ivr.sim.stand_ins import copy_with_stand_ins
from ivr.tools.ports import PythonRequest
from ivr.tools.python import PythonTools
from ivr.units import Millis

PROJECT = """
schema: callflow/1
project: shop
zone: Europe/London
entry: {default: shop}
targets: {care: {number: "+15550107788"}}
secrets: [TOKEN]
apis: {back: {url: https://back.example.com, allow_private: no}}
"""
FLOW = """
schema: callflow/1
flow: shop
start: hello
slots: {kind: {type: number, ask: Which?}}
tools:
  stock:
    http: GET back/stock/{kind}/left
    auth: {bearer: TOKEN}
    results:
      some: {status: 200, keep: {left: "$.items[0].left as number", fresh: $.fresh as yes_no}}
      none: {status: 404}
  state:
    http: GET back/state
    results: {busy: {status: 200, when: $.busy is yes}, free: {status: 200}}
  score:
    http: GET back/score
    results:
      high:
        when: $.points > 90 and $.grade in ["A", "B"]
        keep: {points: $.points as number}
      low: {when: $.points < 10}
      lone: {when: $.others is empty}
      fair: {status: 200, keep: {rows: {list_of: {label: $.name as text}, from: $.rows}}}
  limit:
    http: GET back/limit
    results: {over: {status: 200, when: $.price > kind}, under: {status: 200}}
  clock: {python: times.next_one, takes: {after: number}, results: {at: {keep: {due: time, hot: yes_no}}, never: {}}}
nodes:
  hello:
    - ask: kind
    - {call: stock, on: {some: {goto: next}, none: {goto: next}, failed: {goto: next}}}
  next: [{call: state, on: {busy: {goto: person}, free: {goto: person}, failed: {goto: person}}}]
  person: [{transfer: care, on: {no_answer: {end: Sorry.}, failed: {end: Sorry.}}}]
"""


class NoCall:
    """The conditions of these tools ask for nothing of a call."""

    now = datetime(2026, 3, 2, 12, tzinfo=UTC)

    def value(self, path: NamePath) -> Value | None:
        raise AssertionError(path)

    def is_open(self, hours: str, on: date | None, at: time_of_day | datetime | None) -> bool:
        raise AssertionError(hours)


@pytest.fixture(scope="module")
def bundle() -> Bundle:
    loaded = load_project({"project.yaml": PROJECT, "shop.flow.yaml": FLOW}, "/shop")
    assert loaded.bundle is not None, loaded.messages
    return loaded.bundle


def scenario(given: str, turn: str = "{asks: kind}") -> Scenario:
    text = f"schema: callscript/1\nflow: shop\ntests: [{{name: x, given: {given}, talk: [{turn}]}}]\n"
    (found,), mistakes = load_scenarios(text, "t.test.yaml")
    assert not mistakes
    return found


async def test_a_named_answer_is_the_body_that_the_flow_will_read(bundle: Bundle) -> None:
    async with Answering(bundle) as back, httpx.AsyncClient() as client:
        back.plays(scenario("{answers: {stock: [{none: {}}, {some: {left: 3, fresh: yes}}]}}").given)
        base = back.environment["IVR_API__BACK__URL"]
        assert (await client.get(f"{base}/stock/7/left")).status_code == 404
        found = await client.get(f"{base}/stock/7/left")
        assert (found.status_code, found.json()) == (200, {"items": [{"left": 3.0}], "fresh": True})
        assert (await client.get(f"{base}/stock/7/left")).json() == found.json(), "the last one repeats"


async def test_raw_answers_go_out_as_they_are_and_a_missing_one_fails(bundle: Bundle) -> None:
    async with Answering(bundle) as back, httpx.AsyncClient() as client:
        back.plays(scenario("{answers: {state: {status: 503, body: {busy: true}}}}").given)
        base = back.environment["IVR_API__BACK__URL"]
        found = await client.get(f"{base}/state")
        assert (found.status_code, found.json()) == (503, {"busy": True})
        assert (await client.get(f"{base}/stock/7/left")).status_code == 500
        assert (await client.post(f"{base}/state")).status_code == 404


async def test_what_hangs_on_a_condition_comes_with_what_the_condition_asks_for(bundle: Bundle) -> None:
    tool = bundle.flows["shop"].tools["score"]
    rows = [{"label": "tea"}, {"label": "bread"}]
    for name, kept in {"high": {"points": "93"}, "low": {}, "lone": {}, "fair": {"rows": rows}}.items():
        spec = next(result for result in tool.results if result.name == name)
        body = body_for(tool, spec, kept)
        assert body is not None
        named = name_reply(tool, RawReply(status=200, body=body), NoCall())
        assert named.result == name, body
    assert named.kept["rows"] == tuple(Record((("label", str(row["label"])),)) for row in rows)


async def test_a_python_tool_is_stood_in_for_and_all_else_is_as_it_was(bundle: Bundle, tmp_path: Path) -> None:
    folder = tmp_path / "shop"
    (folder / "tools").mkdir(parents=True)
    (folder / "tools" / "times.py").write_text("def next_one(after):\n    raise OSError('the real one')\n")
    (folder / "tools" / "others.py").write_text("KEPT = 1\n")
    async with Answering(bundle) as back:
        copied = copy_with_stand_ins(bundle, folder, tmp_path / "copy", back.url)
        assert (copied / "tools" / "others.py").read_text() == "KEPT = 1\n"
        tools = PythonTools(copied)
        request = PythonRequest("1", "clock", "times", "next_one", {"after": 3}, timeout_ms=4000)
        for given, expected in [
            ("{clock: [{at: {due: 17:30, hot: yes}}, {never: {}}]}", ("at", {"due": "17:30", "hot": True})),
            ("{clock: {failed: {}}}", ("failed", {})),
            ("{stock: {none: {}}}", ("failed", {})),
        ]:
            back.plays(scenario(f"{{answers: {given}}}").given)
            reply = await tools.call_tool(request, Millis(int(time.monotonic() * 1000) + 4000))
            assert (reply.result, reply.body) == expected


async def test_the_server_is_told_where_to_ask(bundle: Bundle) -> None:
    async with Answering(bundle) as back:
        assert back.environment["IVR_API__BACK__ALLOW_PRIVATE"] == "yes"
        assert back.environment["IVR_SECRET_TOKEN"]


@pytest.mark.parametrize(
    ("given", "turn", "why"),
    [
        ("{data: {name: Ana}}", "{asks: kind}", "whoever starts the call"),
        ("{answers: {limit: {over: {}}}}", "{asks: kind}", "hangs on a condition"),
        ("{answers: {care: {closed: {}}}}", "{asks: kind}", 'answer "closed"'),
        ("{answered_by: person}", "{asks: kind}", "a call that we make"),
    ],
)
def test_what_a_telephone_cannot_play_is_told_with_the_reason(bundle: Bundle, given: str, turn: str, why: str) -> None:
    assert why in (cannot_play(scenario(given, turn), bundle) or "")


def test_what_it_can_play(bundle: Bundle) -> None:
    given = "{answers: {stock: {some: {left: 1}}, state: {status: 200, body: {}}, care: {no_answer: {}}}}"
    assert cannot_play(scenario(given), bundle) is None
