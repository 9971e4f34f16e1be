"""A made project with what costs an engine most: choices out of a list, summaries, a flow run by another, facts, hours,
corrections; and tests of it, each another call."""

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Final

PROJECT: Final = """\
schema: callflow/1
project: bookings
zone: America/New_York
entry: {default: bookings}
apis: {crm: {url: https://crm.example.com}}
targets: {care: {number: "+15550107788"}}
hours: {kitchen: {mon-fri: ["11:00-14:30", "17:00-22:00"], sat: "17:00-23:00"}}
commands:
  operator: {hear: [a person, operator], key: "0", goto: person}
  repeat: {hear: [repeat that, say that again], key: "*"}
"""
MEMBER: Final = """\
schema: callflow/1
flow: member
start: who
outcomes: {known: [number], unknown: []}
slots:
  number: {type: digits, length: 6, private: pii, ask: What is your member number?, confirm: if spoken}
tools:
  find:
    http: GET crm/members/{number}
    results: {ok: {status: 200}, not_found: {status: 404}}
nodes:
  who:
    - ask: number
    - call: find
      on:
        ok: [{grant: known_caller for number}, {return: known}]
        not_found: {say: I can't find that number., retry: number, times: 2, leave: lost}
        failed: {return: unknown}
  lost: [{return: unknown}]
"""
FLOW: Final = """\
schema: callflow/1
flow: bookings
start: welcome
slots:
  number: {type: digits, length: 6, private: pii, ask: What is your member number?}
  party: {type: number, from: 1, to: 12, ask: For how many people?}
  day:
    type: date
    near: future
    ask: For which day?
    must: {be: hours.kitchen is open on day at 19:00, else: We are closed that evening.}
  at:
    type: choice
    ask: Which of these times would you like?
    options_from:
      list: free
      say: "{item.time as time} by the {item.table}"
      keep: item.time
      page: 4
      more: {hear: [later, other times], key: "9"}
tools:
  look:
    http: GET crm/tables
    query: {day: "{day}", party: "{party}"}
    results:
      full: {status: 200, when: $.free is empty}
      some: {status: 200, keep: {free: {from: $.free, list_of: {time: time, table: text}}}}
  book:
    http: POST crm/bookings
    body: {day: "{day}", at: "{at}", party: "{party}"}
    changes_things: yes
    needs: known_caller
    confirm_with: summary
    results: {ok: {status: 201}}
nodes:
  welcome:
    - say: Welcome.
    - run: member
      keep: [number]
      on: {known: {goto: wishes}, unknown: {goto: person}}
  wishes:
    - ask: [party, day]
    - call: look
      on:
        some: {goto: choose}
        full: {say: We are full that day., retry: day, times: 2, leave: bye}
        failed: {goto: bye}
  choose:
    - {ask: at, summary: "A table for {party}, {day as day} at {at as time}. Is that right?"}
    - if: not known_caller
      then: {goto: person}
    - call: book
      on: {ok: [{say: You are booked.}, {goto: bye}], declined: {goto: bye}, failed: {goto: bye}}
  person: [{transfer: care, on: {no_answer: {goto: bye}, failed: {goto: bye}}}]
  bye: [{end: Goodbye.}]
"""
TABLES: Final = ("window", "door", "garden", "fireplace", "stairs", "bar", "kitchen", "mirror", "piano", "plant")
HOURS: Final = ("six", "half past six", "seven", "half past seven")
TIMES: Final = ("18:00", "18:30", "19:00", "19:30", "20:00", "20:30", "21:00", "21:15", "21:30", "21:45")
DAYS: Final = ("on Friday", "on Thursday", "next Tuesday")


def write_project(folder: Path, count: int, seed: int) -> None:
    """The project with so many tests."""
    chance = random.Random(seed)
    (folder / "tests").mkdir(parents=True)
    for name, text in {"project.yaml": PROJECT, "member.flow.yaml": MEMBER, "bookings.flow.yaml": FLOW}.items():
        (folder / name).write_text(text, encoding="utf-8")
    tests = "".join("\n".join(_written(number, chance)) + "\n" for number in range(count))
    text = f"schema: callscript/1\nflow: bookings\ntests:\n{tests}"
    (folder / "tests" / "made.test.yaml").write_text(text, encoding="utf-8")


def _written(number: int, chance: random.Random) -> Iterator[str]:
    free = ", ".join(f'{{time: "{at}", table: {table}}}' for at, table in zip(TIMES, TABLES, strict=True))
    answers = (
        f"{{find: {{ok: {{}}}}, look: {{some: {{free: [{free}]}}}}, book: {{ok: {{}}}}, care: {{answered: {{}}}}}}"
    )
    yield f"  - name: booking {number}"
    yield f"    given: {{time: 2026-03-02 10:00, answers: {answers}}}"
    yield "    talk:"
    for turn in ("{asks: number}", "{keys: 123456, asks: party}", *_talk(chance)):
        yield f"      - {turn}"


def _talk(chance: random.Random) -> Iterator[str]:
    people = chance.choice(("two", "four", "six"))
    if chance.random() < 0.3:
        yield "{caller: elephants, asks: party}"
    if chance.random() < 0.5:
        yield f"{{caller: {people} people {chance.choice(DAYS)}, asks: at}}"
    else:
        yield f"{{caller: {people}, asks: day}}"
        yield f"{{caller: {chance.choice(DAYS)}, asks: at}}"
    if chance.random() < 0.3:
        yield "{caller: elephants, asks: at}"
    if chance.random() < 0.4:
        yield "{caller: other times, asks: at}"
        yield "{caller: the second one, asks: summary}"
    else:
        yield chance.choice(
            (
                "{caller: the second one, asks: summary}",
                f"{{caller: {chance.choice(HOURS)} in the evening, asks: summary}}",
                f"{{caller: by the {chance.choice(TABLES[:4])}, asks: summary}}",
                "{keys: 3, asks: summary}",
            )
        )
    if chance.random() < 0.5:
        change = chance.choice(("no, the first one", "no, three people", "no, by the garden"))
        yield f'{{caller: "{change}"}}'
        return
    yield chance.choice(('{caller: "yes", tool: book, end: completed}', "{hangup: yes}"))
