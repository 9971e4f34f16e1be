"""What an operator is told about choices from a list, summaries, menus and tests of answers: the word, why, the fix."""

import pytest

from tests.flow.language.trial import only, told

FLOW = """
slots:
  day: {type: date, ask: Which day?}
  at: {type: choice, ask: Which?, options_from: {LIST}}
  sure: {type: yes_no, ask: Sure?}
tools:
  look:
    http: GET crm/tables
    query: {day: "{day}"}
    results:
      some:
        keep: {free: {from: $.free, list_of: {time: time, table: text}}, tags: $.tags as list of text, n: $.n as number}
nodes:
  first:
    - ask: day
    - {call: look, on: {some: {goto: choose}, failed: {goto: bye}}}
  choose: [{ask: at}, {end: "At {at or 'no time'}."}]
  bye: [{end: Goodbye.}]
  person: [{end: A person.}]
commands: {operator: {hear: [operator], key: "0", goto: person}}
"""
GOOD = 'list: free, say: "{item.time as time}", keep: item.time'


def flow(listed: str = GOOD, *changes: tuple[str, str]) -> str:
    text = FLOW.replace("LIST", listed)
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return text


def test_it_is_right_as_it_stands() -> None:
    assert told(flow()) == []


@pytest.mark.parametrize(
    ("listed", "start"),
    [
        (GOOD.replace("list: free", "list: fre"), 'IVR130 <fre> There is no list "fre". Did you mean "free"'),
        (GOOD.replace("list: free", "list: n"), 'IVR130 <n> "n" is number, and not a list of records. Keep it with'),
        (GOOD.replace("list: free", "list: tags"), 'IVR130 <tags> "tags" is a plain list, and not a list of records.'),
        (GOOD.replace("keep: item.time", "keep: item.tim"), 'IVR131 <item.tim> There is no value of an item "tim".'),
        (GOOD + ", page: 12", "IVR132 <12> page: 12 is too many at a time."),
        (GOOD + ", page: 0", "IVR132 <0> page: 0 offers nothing."),
        (GOOD + ', page: 3, more: {key: "2"}', 'IVR112 <"> Key "2" chooses the second of these already.'),
        (GOOD.replace("item.time as", "item.tim as"), 'IVR206 <item.tim> Nothing here has the name "item.tim".'),
        (GOOD.replace(', say: "{item.time as time}"', ""), 'IVR104 <{> options_from: needs "say:".'),
        (GOOD.replace(", keep: item.time", ""), 'IVR104 <{> options_from: needs "keep:".'),
    ],
)
def test_what_is_wrong_with_a_list(listed: str, start: str) -> None:
    only(flow(listed), start)


@pytest.mark.parametrize(
    ("old", "new", "start"),
    [
        ('key: "0", goto', 'key: "2", goto', 'IVR112 <"> Key "2" means operator everywhere, and choice 2 of the list'),
        ('key: "0", goto', 'key: "9", goto', 'IVR112 <"> Key "9" means operator everywhere, and the next choices'),
        ("type: choice", "type: text", "IVR106 <options_from> options_from: is for a choice"),
        ("time: time, table", "time: list of time, table", "IVR134 <list of time> time is a list inside a list"),
        ("{ask: at}", '{ask: at, summary: "Right?"}', 'warning IVR136 <R> The summary does not say at'),
        ("{ask: at}", "{ask: at, on_no: bye}", "IVR106 <on_no> on_no: is the way of a no to a summary."),
        ("{ask: at}", "{ask: at, summary: 'At {at}?', on_no: by}", 'IVR103 <by> There is no node "by"'),
        ("{ask: at}", "{say: {each: tags, say: '{item.x}'}}, {ask: at}", 'IVR130 <tags> "tags" is a plain list'),
        ("type: date, ask", "type: date, check: ibn, ask", 'IVR105 <ibn> check: "ibn" is no check.'),
        (
            "type: yes_no,",
            "type: digits, check: {tool: loo},",
            'IVR110 <loo> There is no tool "loo". Did you mean "look"',
        ),
        ("type: yes_no,", "type: digits, check: {tool: look},", 'IVR138 <sure> "look" never answers "ok"'),
        ("type: yes_no,", "type: digits, check: {},", "IVR104 <{> check: needs one of"),
        ("http: GET crm/tables", "http: POST crm/tables\n    changes_things: yes\n    confirm_with: summary",
         'IVR108 <call> "look" can end as "declined"'),
    ],
)  # fmt: skip
def test_what_is_wrong_elsewhere(old: str, new: str, start: str) -> None:
    found = told(flow(GOOD, (old, new)))
    assert any(line.startswith(start) for line in found), "\n".join(found)


MENU = """
slots: {ext: {type: digits, length: 4, CONFIRM ask: Which?}, day: {type: date, ask: When?}}
nodes:
  first: [{menu: Which?, KEYS, options: {a: {hear: [sales], goto: bye}}}]
  bye: [{ask: ext}, {end: Goodbye.}]
  bare: [{end: Goodbye.}]
"""


@pytest.mark.parametrize(
    ("keys", "start"),
    [
        ("or: ext", "IVR106 <or> or: and or_goto: go together."),
        ("or: day, or_goto: bye", 'IVR135 <day> "day" is of type date; beside a menu only digits or a number'),
        ("or: exx, or_goto: bye", 'IVR110 <exx> There is no slot "exx".'),
    ],
)
def test_what_is_wrong_with_a_number_beside_a_menu(keys: str, start: str) -> None:
    found = told(MENU.replace("KEYS", keys).replace("CONFIRM ", ""))
    assert any(line.startswith(start) for line in found), "\n".join(found)


def test_a_number_that_is_read_back_is_asked_where_it_leads() -> None:
    found = told(MENU.replace("KEYS", "or: ext, or_goto: bare").replace("CONFIRM", "confirm: always,"))
    assert any(line.startswith('IVR135 <menu> ext has to be read back, and "bare"') for line in found), "\n".join(found)


def test_a_list_that_is_not_there_on_some_way_is_told() -> None:
    found = told(flow(GOOD, ("failed: {goto: bye}", "failed: {goto: choose}")))
    assert any(line.startswith("IVR210 <{> free may be empty here") for line in found), "\n".join(found)
    each = "{say: {each: free, say: 'At {item.time}.'}}, {end: \"At"
    found = told(flow(GOOD, ("failed: {goto: bye}", "failed: {goto: choose}"), ('{end: "At', each)))
    assert sum(line.startswith("IVR210") for line in found) == 2, "\n".join(found)


def test_nodes_behind_a_no_a_number_and_a_choice_are_reached_and_their_ends_are_looked_for() -> None:
    text = """
        slots: {ext: {type: digits, length: 4, ask: Which?}, kind: {type: text, ask: Which?}}
        tools:
          look: {http: GET crm/x, results: {ok: {keep: {kinds: {from: $.kinds, list_of: {name: text}}}}}}
        nodes:
          first: [{call: look, on: {ok: {goto: pick}, failed: {end: Failed.}}}]
          pick:
            - menu: Which?
              or: ext
              or_goto: dialled
              options_from: {list: kinds, say: "{item.name}", keep: item.name, into: kind, goto: chosen}
          dialled: [{ask: ext, summary: "{ext}. Right?", on_no: sorry}, {end: Good.}]
          chosen: [{end: "{kind}."}]
          sorry: [{end: Sorry.}]
        """
    assert told(text) == []
    assert any(line.startswith("IVR603") for line in told(text.replace(", goto: chosen", "")))
