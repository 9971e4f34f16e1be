"""Names in a test that the flow does not have: told with their place, and with the likely word."""

import pytest

from ivr.flow.loader import load_project
from ivr.flow.scenario import load_scenarios, unknown_names

PROJECT = """
schema: callflow/1
project: shop
zone: Europe/London
entry: {default: shop}
targets: {care: {number: "+15550107788"}}
apis: {back: {url: https://back.example.com, allow_private: no}}
"""
FLOW = """
schema: callflow/1
flow: shop
start: hello
slots:
  kind: {type: choice, ask: Which?, options: {cake: {hear: [cake], key: "1"}, bread: {hear: [bread], key: "2"}}}
tools:
  stock: {http: "GET back/stock/{kind}", results: {some: {status: 200, keep: {left: $.left as number}}}}
nodes:
  hello:
    - ask: kind
    - call: stock
      on: {some: {goto: person}, failed: {goto: person}}
  person: [{transfer: care, on: {no_answer: {end: {say: Sorry., outcome: nobody}}, failed: {end: Sorry.}}}]
"""


def told(given: str, *turns: str) -> list[str]:
    loaded = load_project({"project.yaml": PROJECT, "shop.flow.yaml": FLOW}, "/shop")
    assert loaded.bundle is not None, loaded.messages
    lines = "".join(f"      - {turn}\n" for turn in turns)
    text = f"schema: callscript/1\nflow: shop\ntests:\n  - name: x\n    given: {given}\n    talk:\n{lines}"
    (scenario,), mistakes = load_scenarios(text, "t.test.yaml")
    assert not mistakes
    return [
        f"{m.place.line}:{m.place.column} {m.code} {m.text} {m.fix}" for m in unknown_names(scenario, loaded.bundle)
    ]


@pytest.mark.parametrize(
    ("given", "turn", "message"),
    [
        ("{}", "{asks: kynd}", '7:16 IVR110 There is no question "kynd" here. Did you mean "kind"?'),
        (
            "{}",
            "{slot: {kind: cakes}}",
            '7:17 IVR184 No option of kind is called "cakes". Did you mean "cake"?',
        ),
        ("{}", "{node: helo}", '7:16 IVR103 There is no node "helo" here. Did you mean "hello"?'),
        ("{}", "{tool: stok}", '7:16 IVR110 There is no tool "stok" here. Did you mean "stock"?'),
        ("{}", "{tool: stock, with: {kin: x}}", '7:16 IVR110 There is no argument "kin" here. Did you mean "kind"?'),
        ("{}", "{transfer: car}", '7:20 IVR110 There is no target "car" here. Did you mean "care"?'),
        ("{}", "{end: complete}", '7:15 IVR183 There is no outcome "complete" here. Did you mean "completed"?'),
        ("{}", "{fact: known}", '7:16 IVR110 There is no fact "known" here. '),
        ("{}", "{sends: {text: caller}}", '7:24 IVR110 There is no receiver of a text "caller" here. '),
        ("{live: [stok]}", "{caller: a}", '4:11 IVR110 There is no tool "stok" here. Did you mean "stock"?'),
    ],
)
def test_a_name_that_nothing_has(given: str, turn: str, message: str) -> None:
    assert told(given, turn) == [message]


@pytest.mark.parametrize(
    ("answers", "code"),
    [
        ("stock: {sum: {}}", "IVR110"),
        ("stock: {some: {lef: 3}}", "IVR110"),
        ("stock: {say: Hello., exit: done}", "IVR110"),
        ("care: {no_answr: {}}", "IVR110"),
        ("nobody: {ok: {}}", "IVR110"),
    ],
)
def test_an_answer_that_cannot_be(answers: str, code: str) -> None:
    (message,) = told(f"{{answers: {{{answers}}}}}", "{caller: a}")
    assert message.split()[1] == code


def test_answers_that_can_be() -> None:
    answers = "{answers: {stock: [{some: {left: 3}}, {status: 500}, {pending: {}}], care: {no_answer: {}}}}"
    assert told(answers, "{asks: kind}", "{caller: cake, slot: {kind: cake}, transfer: care, end: nobody}") == []


def test_after_the_end_nothing_can_be_done() -> None:
    (message,) = told("{}", "{end: completed}", "{caller: hello}")
    assert message.startswith("8:9 IVR185 The call is over by now")
