"""The project that `ivr init` writes: a small shop's line that works as it is, with its tests."""

import json
from collections.abc import Mapping
from typing import Final

SCHEMA_FILE: Final = "flows/callflow-1.schema.json"
_MODELINE: Final = "# yaml-language-server: $schema=../callflow-1.schema.json\n"

_PROJECT: Final = """\
schema: callflow/1
project: {name}
zone: America/New_York
entry: {default: {name}}
hours:
  shop: {mon-fri: 09:00-18:00, sat: 10:00-14:00, holidays: US}
targets:
  care: {number: "+15550107788", ring: 25s}   # whoever shall take calls: your own number
commands:
  operator: {hear: [a person, operator, somebody], key: "0", goto: person}
  cancel: {hear: [cancel, never mind], goto: welcome}
trouble:
  no_input: [{say: "Sorry, I didn't hear you. {question}"}, {say: "{keypad_hint} {question}"}, {goto: person}]
  no_match: [{say: "Sorry, I didn't catch that. {question}"}, {say: "{hint} {question}"}, {goto: person}]
  invalid: [{say: "{why} {question}"}, {say: "{why} {hint} {question}"}, {goto: person}]
limits: {call: 15m, turns: 60}
on_error: [{say: Something went wrong on our side.}, {goto: person}]
"""
_FLOW: Final = """\
schema: callflow/1
flow: {name}
about: A small shop. Tells the opening hours and how an order stands, or hands over to a person.
start: welcome
slots:
  order_number:
    type: digits
    length: 5
    ask: What's your order number? It has five digits.
    hint: It's on your receipt.
    confirm: if spoken   # typed digits are trusted, spoken ones are read back
tools:
  order_state:
    python: orders.state   # the function state in tools/orders.py
    takes: {order_number: digits}
    results:
      ready: {}
      on_its_way: {keep: {days: number}}
      unknown_order: {}
nodes:
  welcome:
    - say: Welcome to the shop.
    - goto: wish
  wish:
    - menu: Would you like our opening hours, or to know how your order stands?
      options:
        times: {hear: [opening hours, when are you open], key: "1", goto: times}
        order: {hear: [my order, how does my order stand], key: "2", goto: order}
  times:
    - if: hours.shop is open
      then: [{say: "We are open now. Our hours are {hours.shop as week}."}]
      else: [{say: "We are closed now. Our hours are {hours.shop as week}."}]
    - goto: anything_else
  order:
    - ask: order_number
    - call: order_state
      on:
        ready: [{say: Your order is ready. You can fetch it any time.}, {goto: anything_else}]
        on_its_way: [{say: "Your order is on its way. It takes another {days} days."}, {goto: anything_else}]
        unknown_order: {say: I can't find that number., retry: order_number, times: 2, leave: person}
        failed: {goto: person}
  anything_else:
    - menu: Anything else?
      options:
        more: {hear: [yes, something else], key: "1", do: [{forget: order_number}, {goto: wish}]}
        done: {hear: [no, that's all], key: "2", goto: bye}
  person:
    - transfer: care
      on: {no_answer: {goto: nobody}, failed: {goto: nobody}}
  nobody: [{end: "Sorry, nobody can take your call now. Please try again later."}]
  bye: [{end: Thank you for calling. Goodbye.}]
"""
_TOOL: Final = '''\
"""How orders stand. Here every order is known by its first digit; ask your own system instead."""

from ivr.tools import Result


def state(order_number: str) -> Result:
    if order_number.startswith("1"):
        return Result("ready")
    if order_number.startswith("2"):
        return Result("on_its_way", days=3)
    return Result("unknown_order")
'''
_TESTS: Final = """\
schema: callscript/1
flow: {name}
tests:
  - name: an order is ready, spoken
    given: {answers: {order_state: {ready: {}}}}
    talk:
      - {says: Welcome to the shop, asks: wish}
      - {caller: how does my order stand, asks: order_number}
      - {caller: one two three four five, reads_back: 12345}
      - {caller: yes, tool: order_state, with: {order_number: 12345}, says: Your order is ready}
      - {caller: no, says: Goodbye, end: completed}
  - name: the opening hours, by keys alone
    given: {time: 2026-03-02 10:00}
    talk:
      - {keys: 1, says: "We are open now. Our hours are Monday to Friday", asks: anything_else}
      - {keys: 2, end: completed}
  - name: closed on a holiday
    given: {time: 2026-11-26 10:00}
    talk:
      - {caller: opening hours, says: We are closed now, asks: anything_else}
      - {keys: 2, end: completed}
  - name: an order nobody knows leads to a person, who is not there
    given: {answers: {order_state: {unknown_order: {}}, care: {no_answer: {}}}}
    talk:
      - {keys: 2, asks: order_number}
      - {keys: 99999, says: I can't find that number, asks: order_number}
      - {keys: 99998, says: I can't find that number, asks: order_number}
      - {keys: 99997, transfer: care, says: nobody can take your call, end: completed}
"""
_SETTINGS: Final = {"yaml.schemas": {SCHEMA_FILE: ["flows/*/project.yaml", "flows/*/*.flow.yaml"]}}


def files(name: str) -> Mapping[str, str]:
    """Text by path below the folder."""
    from ivr.flow.formatting import format_text
    from ivr.flow.schema import json_schema

    folder = f"flows/{name}"
    made = {
        f"{folder}/project.yaml": _MODELINE + _PROJECT,
        f"{folder}/{name}.flow.yaml": _MODELINE + _FLOW,
        f"{folder}/tools/orders.py": _TOOL,
        f"{folder}/tests/{name}.test.yaml": _TESTS,
    }
    filled = {path: text.replace("{name}", name) for path, text in made.items()}
    filled |= {path: format_text(text, path) for path, text in filled.items() if path.endswith(".yaml")}
    editor = {
        SCHEMA_FILE: json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n",
        ".vscode/settings.json": json.dumps(_SETTINGS, indent=2) + "\n",
    }
    return {**filled, **editor}
