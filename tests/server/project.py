"""A project for these tests: one question, answered by keys; each key leads to one kind of thing the server may do."""

from pathlib import Path

PROJECT = """\
schema: callflow/1
project: tiny
zone: Etc/UTC
entry: {default: tiny}
targets: {care: {number: "+15550107788", ring: 5s}}
apis: {desk: {url: "BACKEND", allow_private: yes}}
limits: {call: none, silence: none, turns: none, tries_per_question: none}
words: {en-US: {resumed: Sorry the line was lost.}}
"""
FLOW = """\
schema: callflow/1
flow: tiny
start: greeting
slots:
  wish:
    type: choice
    options:
      again:  {hear: [again], key: "1"}
      person: {hear: [person], key: "2"}
      bye:    {hear: [bye], key: "3"}
      look:   {hear: [look up], key: "4"}
      note:   {hear: [note], key: "5"}
      last:   {hear: [last], key: "6"}
      card:   {hear: [card], key: "7"}
    ask: What do you wish?
    trouble:
      no_input: [{say: "{question}"}, {say: "{question}"}, {goto: question}]
      no_match: [{say: "{question}"}, {say: "{question}"}, {goto: question}]
      invalid:  [{say: "{question}"}, {say: "{question}"}, {goto: question}]
  card:
    type: digits
    length: 16
    private: pci
    check: {mod10: yes}
    ask: Which card?
    commands: {person: {hear: [a person], key: "*0", goto: last}}
  expiry: {type: digits, length: 4, private: pci, check: {pattern: "(0[1-9]|1[0-2])[0-9]{2}"}, ask: Until when?}
tools:
  charge:
    http: POST desk/v1/charges
    body: {about: a charge}
    changes_things: yes
    timeout: 2s
    unconfirmed: only a test
    results: {ok: {status: 201}}
  look_up:
    http: GET desk/v1/thing
    timeout: 1s
    filler: One moment.
    results: {ok: {status: 200, keep: {thing: $.thing as text}}}
  write:
    http: POST desk/v1/notes
    body: {about: "{wish}"}
    changes_things: yes
    timeout: 2s
    unconfirmed: only a note
    results: {ok: {status: 201}}
nodes:
  greeting:
    - say: Hello there.
    - goto: question
  question:
    - ask: wish
    - {if: wish is "person", then: [{goto: person}]}
    - {if: wish is "bye", then: [{end: Goodbye.}]}
    - {if: wish is "look", then: [{goto: look}]}
    - {if: wish is "note", then: [{goto: note}]}
    - {if: wish is "last", then: [{goto: last}]}
    - {if: wish is "card", then: [{goto: pay}]}
    - goto: answered
  answered:
    - say: Very well.
    - forget: wish
    - goto: question
  pay:
    - ask: [card, expiry]
    - call: charge
      on: {ok: [{say: It is paid.}, {goto: last}], failed: {goto: last}}
  look:
    - call: look_up
      on: {ok: [{say: "It is {thing}."}, {goto: answered}], failed: [{say: That did not work.}, {goto: answered}]}
  note:
    - call: write
      on: {ok: [{say: It is noted.}, {goto: answered}], failed: [{say: That did not work.}, {goto: answered}]}
  person:
    - transfer: care
      mode: cold
      on: {no_answer: {goto: nobody}, busy: {goto: nobody}, failed: {goto: nobody}}
  nobody:
    - say: Nobody is there.
    - goto: answered
  last:
    - transfer: care
      mode: cold
      on: {no_answer: {goto: closed}, busy: {goto: closed}, failed: {goto: closed}}
  closed: [{end: Nobody can come. Please call tomorrow.}]
"""


def write_project(folder: Path, back_end: str = "http://127.0.0.1:9") -> Path:
    """The folder that holds the project `tiny`."""
    (folder / "tiny").mkdir(parents=True)
    (folder / "tiny" / "project.yaml").write_text(PROJECT.replace("BACKEND", back_end))
    (folder / "tiny" / "tiny.flow.yaml").write_text(FLOW)
    return folder
