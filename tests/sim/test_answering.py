"""A test's answers behind real HTTP, as `ivr test --voice` gives them; and which tests a telephone can play."""

import httpx
import pytest

from ivr.cli.voiced import cannot_play
from ivr.flow.flow import Bundle
from ivr.flow.loader import load_project
from ivr.flow.scenario import Scenario, load_scenarios
from ivr.sim.answering import Answering

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
nodes:
  hello:
    - ask: kind
    - {call: stock, on: {some: {goto: next}, none: {goto: next}, failed: {goto: next}}}
  next: [{call: state, on: {busy: {goto: person}, free: {goto: person}, failed: {goto: person}}}]
  person: [{transfer: care, on: {no_answer: {end: Sorry.}, failed: {end: Sorry.}}}]
"""


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


async def test_the_server_is_told_where_to_ask(bundle: Bundle) -> None:
    async with Answering(bundle) as back:
        assert back.environment["IVR_API__BACK__ALLOW_PRIVATE"] == "yes"
        assert back.environment["IVR_SECRET_TOKEN"]


@pytest.mark.parametrize(
    ("given", "turn", "why"),
    [
        ("{data: {name: Ana}}", "{asks: kind}", "whoever starts the call"),
        ("{answers: {state: {busy: {}}}}", "{asks: kind}", "hangs on a condition"),
        ("{answers: {care: {closed: {}}}}", "{asks: kind}", 'answer "closed"'),
        ("{answered_by: person}", "{asks: kind}", "a call that we make"),
    ],
)
def test_what_a_telephone_cannot_play_is_told_with_the_reason(bundle: Bundle, given: str, turn: str, why: str) -> None:
    assert why in (cannot_play(scenario(given, turn), bundle) or "")


def test_what_it_can_play(bundle: Bundle) -> None:
    given = "{answers: {stock: {some: {left: 1}}, state: {status: 200, body: {}}, care: {no_answer: {}}}}"
    assert cannot_play(scenario(given), bundle) is None
