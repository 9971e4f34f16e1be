"""What each type of slot takes, by speech and by keys, and what an operator is told about one that cannot work."""

import json
import pickle
import re
from datetime import time, timedelta
from pathlib import Path

import pytest

from ivr.call.codec import decode_event, encode_event
from ivr.call.textrun import run_scenario
from ivr.flow.loader import load_project
from ivr.flow.scenario import read_tests
from ivr.flow.state import Fill, Heard, Reading, Slot
from ivr.flow.types import Source
from ivr.flow.yaml_tree import Keys, read_tree
from ivr.units import Millis
from tests.flow.language.trial import fine, only, plays, told


def asking(slot: str, says: str = "{it}") -> str:
    return f"""
slots: {{it: {slot}}}
nodes:
  first: [{{ask: it}}, {{goto: done}}]
  done: [{{end: "So {says}."}}]
"""


TIME = "{type: time, ask: When?}"
EVENING = "{type: time, near: evening, ask: When?}"
PHONE = "{type: phone, region: US, ask: Which number?}"
LENGTH = "{type: duration, ask: How long?}"
MAIL = "{type: email, ask: Which address?}"
CODE = "{type: spelled, length: 6, ask: Which reference?}"
EXTRAS = """{type: list of choice, up_to: 3, ask: Any wishes?, options: {
    window: {hear: [by the window, window], key: "1"}, chair: {hear: [high chair], key: "2"},
    cake: {hear: [cake], key: "3"}, dog: {hear: [dog], key: "4"}}}"""
CODES = "{type: list of digits, length: 4, up_to: 3, ask: Which codes?}"


@pytest.mark.parametrize(
    ("slot", "turns"),
    [
        (TIME, "- {caller: half past seven in the evening, says: So half past seven in the evening}"),
        (TIME, "- {keys: 1930, slot: {it: 19:30}}"),
        (TIME, "- {keys: 07302, slot: {it: 19:30}}"),
        (TIME, "- {keys: 0730#, slot: {it: 07:30}}"),
        (TIME, "- {keys: 0730, slot: {it: 07:30}}"),
        (EVENING, "- {keys: 0730, slot: {it: 19:30}}"),
        (EVENING, "- {caller: quarter to nine, slot: {it: 20:45}}"),
        (TIME, "- {keys: 9999, asks: it}\n- {keys: 1200#, slot: {it: 12:00}}"),
        (PHONE, "- {caller: five five five oh one oh double seven double eight, slot: {it: +15550107788}}"),
        (PHONE, "- {keys: 5550107788, slot: {it: 555-010-7788}}"),
        (PHONE, "- {keys: 0114420 79460958#, slot: {it: +442079460958}}".replace(" 79", "79")),
        (
            PHONE,
            "- {keys: 55501#, says: whole phone number, asks: it}\n- {keys: 15550107788, slot: {it: +15550107788}}",
        ),
        (PHONE, "- {caller: 555 010, asks: it}\n- {keys: 5550107788, says: So five five five}"),
        (LENGTH, "- {caller: two and a half days, says: So two days and twelve hours, slot: {it: 60 hours}}"),
        (LENGTH, "- {keys: 2#, asks: it}\n- {caller: half an hour, slot: {it: 30m}}"),
        (LENGTH, "- {caller: since yesterday, asks: it}\n- {caller: a day, slot: {it: 1 day}}"),
        (MAIL, "- {caller: ana dot lopez at example dot com, says: So ana dot lopez at example dot com}"),
        (MAIL, "- {caller: A N A at example dot com, slot: {it: ana@example.com}}"),
        (CODE, "- {caller: A B C one two three, says: 'So A, B, C, one, two, three', slot: {it: abc123}}"),
        (CODE, "- {caller: A as in Alpha bravo C 1 2 3, slot: {it: ABC123}}"),
        (CODE, "- {caller: A B C, says: right number, asks: it}\n- {caller: A B C D E F, slot: {it: ABCDEF}}"),
        (
            EXTRAS,
            "- {caller: the window and a high chair, slot: {it: 'window, chair'}, says: by the window and high chair}",
        ),
        (EXTRAS, "- {caller: a cake, says: Anything else, asks: it}\n- {caller: that's all, says: So cake}"),
        (
            EXTRAS,
            "- {caller: a cake, asks: it}\n- {caller: the window, asks: it}\n- {caller: high chair, says: So cake}",
        ),
        (EXTRAS, "- {caller: a cake, asks: it}\n- {silence: yes, says: So cake, end: completed}"),
        (EXTRAS, "- {caller: just the window, says: So by the window}"),
        (
            EXTRAS,
            "- {keys: 1, says: the next, asks: it}\n- {keys: 3, asks: it}\n- {keys: '#', slot: {it: 'window, cake'}}",
        ),
        (EXTRAS, "- {keys: 1, asks: it}\n- {keys: 3, asks: it}\n- {keys: 2, slot: {it: 'window, cake, chair'}}"),
        (EXTRAS, "- {caller: 'a cake, a dog, a high chair and the window', says: more than three, asks: it}"),
        (CODES, "- {keys: 1234, asks: it}\n- {keys: 5678, asks: it}\n- {keys: '#', slot: {it: '1234, 5678'}}"),
        (CODES, "- {caller: 1234 and 5678, slot: {it: '1234, 5678'}}"),
        ("{type: list of name, ask: Who comes?}", "- {caller: 'Ana, Ben and Carla', says: 'So Ana, Ben and Carla'}"),
        ("{type: text, max: 60s, ask: What?}", "- {caller: it rained all day, says: So it rained all day}"),
        ("{type: target, options: [care], ask: Whom?}", "- {caller: care please, slot: {it: care}, says: So care}"),
    ],
)
def test_what_each_type_takes(slot: str, turns: str) -> None:
    plays(asking(slot), f"- {{asks: it}}\n{turns}")


def test_a_name_is_spelled() -> None:
    unsure = asking("{type: name, spell: if unsure, ask: Who?}")
    plays(
        unsure, "- {asks: it}\n- {caller: Ana Lopez, says: So Ana Lopez}"
    )  # by text nothing says how well it was heard
    flow = asking("{type: name, spell: always, ask: Who?}")
    plays(
        flow,
        """
        - {asks: it}
        - {caller: Ana Lopez, says: Please spell it, asks: it}
        - {caller: what do you mean, says: "catch that. I have Ana Lopez. Please spell it", asks: it}
        - {caller: what, says: letters one by one, asks: it}
        - {caller: L O P E S as in sierra, slot: {it: Ana Lopes}, says: So Ana Lopes}
        """,
    )
    once = asking("{type: name, spell: always, confirm: if spoken, ask: Who?}")
    plays(
        once,
        """
        - {asks: it}
        - {caller: Ana, says: spell it}
        - {caller: A N N A, reads_back: Anna}
        - {caller: yes, says: So Anna}
        """,
    )


def test_back_while_a_list_is_asked_for_begins_it_anew() -> None:
    plays(
        asking(EXTRAS),
        """
        - {asks: it}
        - {caller: a cake, says: Anything else}
        - {caller: go back, says: Any wishes, asks: it}
        - {caller: just the window, slot: {it: window}, says: So by the window}
        """,
    )


def test_confirmed_corrected_and_ruled_like_any_other() -> None:
    flow = """
slots:
  at: {type: time, near: evening, confirm: if spoken, ask: When?,
       must: {be: at on or after 17:00 and at before 22:00, else: We serve from five to ten.}}
  tel: {type: phone, ask: Which number?, confirm: if spoken,
        must: {be: 'not (tel starts with "+1900")', else: Not that one.}}
  long: {type: duration, ask: How long?, must: {be: long <= 2 hours, else: At most two hours.}}
  extras: {type: list of choice, up_to: 2, optional: yes, skip: {hear: [nothing], key: "#"}, ask: Any wishes?,
           options: {window: {hear: [window]}, chair: {hear: [high chair]}},
           must: {be: not (extras has "chair" and at after 20:00), else: No children that late.}}
nodes:
  first:
    - ask: [at, tel, long, extras]
    - {end: "{at}, {tel}, {long}, {extras or 'nothing'}."}
"""
    plays(
        flow,
        """
        - {asks: at}
        - {caller: four in the afternoon, says: from five to ten, asks: at}
        - {caller: half past seven, reads_back: 19:30}
        - {caller: "no, half past eight", reads_back: 20:30}
        - {caller: yes, asks: tel}
        - {caller: 212 555 0107, reads_back: +12125550107}
        - {caller: "no, it ends in eight", reads_back: +12125550108}
        - {caller: yes, asks: long}
        - {caller: three hours, says: At most two hours, asks: long}
        - {caller: an hour and a half, asks: extras}
        - {caller: a high chair and the window, says: No children that late, asks: extras}
        - {caller: "no, I said half past seven", reads_back: 19:30}
        - {caller: yes, asks: extras}
        - {caller: nothing, says: "in the evening, 2125550108, one hour and thirty minutes, nothing"}
        """,
    )


def test_several_types_in_one_breath() -> None:
    flow = """
slots:
  party: {type: number, from: 1, to: 12, ask: For how many?}
  day: {type: date, near: future, ask: Which day?}
  at: {type: time, near: evening, ask: When?}
  tel: {type: phone, ask: Which number?, lead: [call me on]}
nodes:
  first: [{ask: [party, day, at, tel]}, {end: Done.}]
"""
    plays(
        flow,
        """
        - {asks: party}
        - {caller: "four people tomorrow at half past seven, and call me on 212 555 0107", end: completed,
           slot: {party: 4, day: 2026-03-03, at: 19:30, tel: +12125550107}}
        """,
        given="time: 2026-03-02 10:00",
    )


def test_lists_in_variables_and_conditions() -> None:
    flow = """
slots: {it: {type: list of text, ask: What else?}}
vars: {dishes: {type: list of text, value: [soup, bread]}, mail: {type: email, value: a@example.com}}
nodes:
  first:
    - ask: it
    - {say: "You have {dishes as list}."}
    - if: dishes has "Bread" and count of dishes > 1 and dishes is not empty and mail is "A@example.com"
      then: {set: {dishes: "{it}"}}
    - {end: "And now {dishes}, {count}."}
""".replace(", {count}", "")
    plays(flow, "- {asks: it}\n- {caller: tea and cake, says: You have soup and bread. And now tea and cake}")


def test_private_values_of_new_types_are_masked() -> None:
    report = plays(
        asking("{type: phone, private: pii, confirm: if spoken, ask: Which?}", "{it as last 4}"),
        """
        - {asks: it}
        - {caller: 212 555 0107, reads_back: +12125550107}
        - {caller: yes, says: So zero one zero seven}
        """,
        whole="keeps_out: 2125550107",
    )
    assert report.passed


def test_conditions_on_names_that_may_be_empty_are_told() -> None:
    flow = """
slots: {it: {type: list of text, ask: What?}, at: {type: time, ask: When?}}
nodes:
  first:
    - if: it has "soup" or count of it > 3 or it is empty
      then: {goto: bye}
    - if: at after 17:00
      then: {goto: bye}
    - goto: more
  more: [{ask: [it, at]}, {goto: bye}]
  bye: [{end: Goodbye.}]
"""
    assert only(flow, "IVR211 <at>")


@pytest.mark.parametrize(
    ("slot", "start"),
    [
        ("{type: tiem, ask: When?}", "IVR105 <tiem>"),
        ("{type: list of digit, ask: What?}", "IVR105 <list of digit>"),
        ("{type: list of yes_no, ask: What?}", "IVR105 <list of yes_no>"),
        ("{type: list, ask: What?}", "IVR105 <list>"),
        ("{type: moment, ask: What?}", "IVR105 <moment>"),
        ("{type: date, near: evening, ask: When?}", "IVR105 <evening>"),
        ("{type: time, near: future, ask: When?}", "IVR105 <future>"),
        ("{type: digits, region: US, ask: What?}", "IVR106 <region>"),
        ("{type: phone, region: ZZ, ask: What?}", "IVR105 <ZZ>"),
        ("{type: text, up_to: 3, ask: What?}", "IVR106 <up_to>"),
        ("{type: list of text, up_to: 0, ask: What?}", "IVR105 <0>"),
        ("{type: text, spell: always, ask: What?}", "IVR106 <spell>"),
        ("{type: name, spell: sometimes, ask: What?}", "IVR105 <sometimes>"),
        ("{type: name, max: 60s, ask: What?}", "IVR106 <max>"),
        ("{type: time, length: 4, ask: What?}", "IVR106 <length>"),
        ("{type: list of choice, ask: What?}", "IVR104 <it>"),
        ("{type: target, options: [cares], ask: Whom?}", "IVR110 <cares>"),
        ("{type: name, check: mod10, ask: Who?}", "IVR106 <mod10>"),
        ("{type: duration, accept: keys, ask: How long?}", "IVR218 <accept>"),
        ("{type: email, private: secret, ask: What?}", "IVR218 <private>"),
    ],
)
def test_what_cannot_work_is_told_once(slot: str, start: str) -> None:
    found = told(asking(slot, "{it or 'nothing'}"))
    assert [line for line in found if line.startswith(start)], "\n".join(found)
    assert len([line for line in found if not line.startswith("IVR503")]) == 1, "\n".join(found)


@pytest.mark.parametrize("kind", ["digits", "number", "money", "date", "time", "phone", "choice"])
def test_what_has_keys_says_so(kind: str) -> None:
    options = ", options: {a: {hear: [apple], key: '1'}}" if kind == "choice" else ""
    for slot in (f"{{type: {kind}{options}, ask: Which?}}", f"{{type: list of {kind}{options}, ask: Which?}}"):
        flow = asking(slot)
        fine(flow)
        said = "press the hash key when that is all" if "list" in slot else "type" if kind != "choice" else "Press 1"
        plays(flow, f"- {{asks: it}}\n- {{silence: yes}}\n- {{silence: yes, says: {said}, asks: it}}")


def test_the_page_of_the_language_does_what_it_says() -> None:
    page = (Path(__file__).parents[3] / "docs" / "flow-language.md").read_text(encoding="utf-8")
    files = dict(re.findall(r"```yaml\n# flows/wishes/(\S+)\n(.*?)```", page, re.DOTALL))
    loaded = load_project(files)
    assert loaded.bundle is not None and not loaded.messages, "\n".join(map(str, loaded.messages))
    tree, _ = read_tree(files["wishes.flow.yaml"], "wishes.flow.yaml")
    assert isinstance(tree, Keys)
    tests = tree.get("tests")
    assert tests is not None
    (scenario,), wrong = read_tests(tests, "wishes")
    assert not wrong
    report = run_scenario(loaded.bundle, scenario)
    assert report.passed, [(f.turn, f.expected, f.happened, f.transcript) for f in report.failures]


def test_tools_take_and_keep_values_of_these_types() -> None:
    flow = """
slots: {extras: {type: list of choice, ask: Which?, options: {window: {hear: [window]}, cake: {hear: [cake]}}}}
tools:
  book:
    http: POST crm/x
    body: {wishes: "{extras}"}
    changes_things: yes
    unconfirmed: a trial
    results:
      ok:
        keep: {tel: $.tel as phone, mail: $.mail as email, code: $.code as spelled, long: $.long as duration,
               dishes: $.dishes as list of text, at: $.at as time}
nodes:
  first:
    - ask: extras
    - call: book
      on: {ok: {goto: told}, failed: {end: It failed.}, unknown: {end: It failed.}}
  told:
    - if: tel is empty or mail is empty or code is empty or long is empty or dishes is empty or at is empty
      then: {end: Nothing.}
    - {end: "{tel}, {mail}, {code}, {long}, {dishes}, {at}."}
"""
    answer = (
        "book: {status: 200, body: {tel: '+1 (555) 010-7788', mail: Ana@Example.com, code: ab4, long: 2 days,"
        " dishes: [soup, tea], at: '17:30'}}"
    )
    said = "5550107788, ana at example dot com, A, B, four, two days, soup and tea, half past five"
    plays(
        flow,
        f"""
        - {{asks: extras}}
        - {{caller: a window and a cake, tool: book, with: {{extras: "window, cake"}}, says: "{said}", end: completed}}
        """,
        given=f"answers: {{{answer}}}",
    )
    wrong = answer.replace("Ana@Example.com", "nobody")
    talk = "- {asks: extras}\n- {caller: a window and a cake, says: It failed, end: completed}"
    plays(flow, talk, given=f"answers: {{{wrong}}}")


def test_a_list_under_way_outlives_the_process() -> None:
    """What is known of a value in parts is data: the state copied, and the event through the journal's form."""
    slot = Slot(("window",), Source.SPEECH, settled=False, part="more")
    assert pickle.loads(pickle.dumps(slot)) == slot
    reading = Reading(
        "that's all", (Fill("it", ("window", time(19, 30), timedelta(days=2)), Source.SPEECH, closed=True),)
    )
    kind, body = encode_event(Heard(Millis(5), "a:1:0", reading))
    assert decode_event(kind, json.loads(json.dumps(body))) == Heard(Millis(5), "a:1:0", reading)
