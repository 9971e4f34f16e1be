# ruff: noqa: E501  (the sample stands as operators are shown it)
"""callscript/1: what a test file says, and every mistake in it at once."""

from datetime import datetime
from decimal import Decimal

import pytest

from ivr.flow.scenario import (
    Asks,
    AttendantPresses,
    AttendantSpeaks,
    CallsTool,
    CutIn,
    Ends,
    HangUpNow,
    HoldsFact,
    NeverCalls,
    NeverSays,
    NeverTransfersTo,
    Press,
    ReadsBack,
    Reply,
    Says,
    Sends,
    SlotIs,
    Speak,
    StaySilent,
    Whispers,
    Within,
    load_scenarios,
)

HEAD = "schema: callscript/1\nflow: support\ntests:\n"

SAMPLE = """\
schema: callscript/1
flow: support
tests:
  - name: spoken digits are read back and corrected
    given: {time: 2026-03-02 10:00, answers: {find_account: {ok: {first_name: Ana, born: 1980-05-02, balance: 42.50, area: N1}}}}
    talk:
      - {says: this call is recorded, asks: reason}
      - {caller: It's about my bill., asks: account, within: 1s}
      - {caller: one two three four five six seven nine, reads_back: 12345679}
      - {caller: "no, it ends in seven eight", reads_back: 12345678}
      - {caller: yes, asks: birth_date}
      - {caller: May second nineteen eighty, tool: find_account, with: {account: 12345678}, says: "Ana, your balance is $42.50", never_says: 12345678}
      - {caller: no, says: Goodbye, end: completed}
  - name: a fault, by keys alone, with a number that is not known at first
    given: {answers: {find_account: [{not_found: {}}, {ok: {first_name: Ana, born: 1980-05-02, balance: 0, area: N1}}], area_fault: {fault: {fixed_by: 17:30}}, note_call: {ok: {}}}}
    talk:
      - {cut_in: {after: 1s, say: hello}, says: this call is recorded, asks: reason}      # the notice is played to the end all the same
      - {keys: 2, asks: account}
      - {keys: 11112222, asks: birth_date}
      - {keys: 05021980, says: I can't find that account, asks: account}
      - {keys: 12345678, tool: area_fault, with: {area: N1}, says: fixed by half past five, node: anything_else, slot: {reason: fault}}
      - {hangup: yes, tool: note_call, with: {told: yes}, end: caller_left}
  - name: silence leads to a person, and nobody is there
    given: {from: "+15550199", answers: {care: {no_answer: {}}}}
    talk:
      - {silence: 8s, says: I didn't hear you}
      - {silence: 8s, says: Press 1 for your bill}
      - {silence: 8s, says: nobody can take your call, end: completed}
"""


def complaints(text: str) -> list[str]:
    return [str(message) for message in load_scenarios(text, "t.test.yaml")[1]]


def test_the_sample_is_read_as_written() -> None:
    scenarios, messages = load_scenarios(SAMPLE, "support.test.yaml")
    assert messages == ()
    first, second, third = scenarios
    assert first.given.time == datetime(2026, 3, 2, 10, 0)
    assert first.given.answers["find_account"][0].kept["balance"] == "42.50"
    assert [type(turn.act) for turn in first.talk] == [type(None), *([Speak] * 6)]
    assert [type(check) for check in first.talk[1].checks] == [Asks, Within]
    assert isinstance(first.talk[2].checks[0], ReadsBack)
    called = first.talk[5].checks[0]
    assert isinstance(called, CallsTool)
    assert (called.tool, called.arguments) == ("find_account", {"account": "12345678"})
    cut_in = second.talk[0].act
    assert isinstance(cut_in, CutIn)
    assert (cut_in.after_ms, cut_in.words, cut_in.keys) == (1000, "hello", None)
    assert [answer.result for answer in second.given.answers["find_account"]] == ["not_found", "ok"]
    assert second.talk[3].act == Press("05021980", second.talk[3].act.place)  # type: ignore[union-attr]
    assert isinstance(second.talk[5].act, HangUpNow)
    assert isinstance(third.talk[0].act, StaySilent)
    assert third.talk[0].act.ms == 8000
    assert third.given.caller == "+15550199"


def test_a_place_is_the_line_and_column_of_the_word() -> None:
    (scenario,) = load_scenarios(HEAD + "  - name: x\n    talk: [{says: hello}]\n", "t.test.yaml")[0]
    (check,) = scenario.talk[0].checks
    assert isinstance(check, Says)
    assert str(check.place) == "t.test.yaml:5:19"


def test_all_mistakes_come_at_once_with_the_likely_word() -> None:
    found = complaints(
        HEAD
        + "  - name: x\n"
        + "    givn: {}\n"
        + "    talk:\n"
        + "      - {cller: hello}\n"
        + "      - {silence: long}\n"
        + "      - {caller: a, keys: 1}\n"
        + "      - {keys: 12a}\n"
        + "      - {attendant: [b]}\n"
        + "      - {caller: c, within: soon}\n"
        + "      - {asks: reason}\n"
        + "      - {caller: d, with: {a: b}}\n"
    )
    assert [line.split()[2] for line in found] == [
        "IVR101",
        "IVR101",
        "IVR105",
        "IVR106",
        "IVR105",
        "IVR102",
        "IVR105",
        "IVR104",
        "IVR106",
    ]
    assert 'Did you mean "given"?' in found[0]
    assert 'Did you mean "caller"?' in found[1]
    assert found[0].startswith("t.test.yaml:5:5")


def test_a_scenario_with_a_mistake_is_left_out_and_the_others_stay() -> None:
    scenarios, messages = load_scenarios(
        HEAD + "  - {name: a, talk: [{caler: x}]}\n  - {name: b, talk: [{caller: x}]}\n", "t.test.yaml"
    )
    assert [scenario.name for scenario in scenarios] == ["b"]
    assert len(messages) == 1


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "IVR001"),
        ("a: [1, 2\n", "IVR001"),
        ("schema: callscript/2\nflow: x\ntests: [{name: a, talk: [{caller: x}]}]\n", "IVR105"),
        ("flow: x\ntests: [{name: a, talk: [{caller: x}]}]\n", "IVR104"),
        (HEAD + "  - {talk: [{caller: x}]}\n", "IVR104"),
        (HEAD + "  - {name: a}\n", "IVR104"),
        (HEAD + "  - {name: a, name: b, talk: [{caller: x}]}\n", "IVR002"),
        (HEAD + "  - {name: a, talk: [{caller: x, says: It is red, blue}]}\n", "IVR004"),
        (HEAD + "  - {name: a, talk: [{caller: &x y}]}\n", "IVR006"),
        (HEAD + "  - {name: a, talk: [{caller: x}], given: {time: noon}}\n", "IVR105"),
        (HEAD + "  - {name: a, talk: [{caller: x}], given: {time: 2026-02-30 10:00}}\n", "IVR105"),
        (HEAD + "  - {name: a, talk: [{caller: x}], given: {answers: {t: {ok: {}, failed: {}}}}}\n", "IVR102"),
        (HEAD + "  - {name: a, talk: [{caller: x}]}\n  - {name: a, talk: [{caller: x}]}\n", "IVR107"),
    ],
)
def test_what_is_refused(text: str, code: str) -> None:
    found = complaints(text)
    assert len(found) == 1
    assert f"  {code}  " in found[0]


def test_answers_in_all_their_forms() -> None:
    answers = (
        "{a: {pending: {}}, b: {after: 10s, ok: {x: 1}}, c: {status: 404, body: {n: 1.5, s: '1', t: true, z: null}}, "
        "d: [{ok: {}}, failed], e: {ok: yes}}"
    )
    (scenario,) = load_scenarios(
        HEAD + f"  - name: x\n    given: {{answers: {answers}}}\n    talk: [{{caller: hi}}]\n", "t"
    )[0]
    given = scenario.given.answers
    assert given["a"][0].pending
    assert (given["b"][0].result, given["b"][0].after_ms, dict(given["b"][0].kept)) == ("ok", 10_000, {"x": "1"})
    assert (given["c"][0].status, given["c"][0].body) == (404, {"n": Decimal("1.5"), "s": "1", "t": True, "z": None})
    assert [answer.result for answer in given["d"]] == ["ok", "failed"]
    assert dict(given["e"][0].kept) == {}


def test_checks_of_a_whole_call_and_lists_of_tools() -> None:
    (scenario,) = load_scenarios(
        HEAD
        + "  - name: x\n    never_says: [a, b]\n    never_tool: t\n    never_transfer: yes\n"
        + "    talk:\n      - {caller: hi, tool: [{name: t, with: {p: empty}}, u], slot: {s: empty}, end: limit}\n",
        "t",
    )[0]
    assert [type(check) for check in scenario.throughout] == [NeverSays, NeverSays, NeverCalls, NeverTransfersTo]
    tool, other, slot, end = scenario.talk[0].checks
    assert isinstance(tool, CallsTool)
    assert tool.arguments == {"p": None}
    assert isinstance(other, CallsTool)
    assert isinstance(slot, SlotIs)
    assert slot.value is None
    assert isinstance(end, Ends)


# ---- everything a test may say


def test_every_act_and_every_check_is_read() -> None:
    (scenario,), messages = load_scenarios(
        HEAD
        + "  - name: x\n"
        + "    given: {answered_by: machine, answers: {intake: [{say: How long?, fill: {since: empty}}, down]}}\n"
        + "    talk:\n"
        + "      - {whispers: about a bill, sends: {text: caller, page: [nurse, desk]}, fact: known_caller}\n"
        + "      - {attendant: connect us}\n"
        + '      - {attendant_keys: "1"}\n',
        "t.test.yaml",
    )
    assert messages == ()
    assert scenario.given.answered_by == "machine"
    first, second = scenario.given.answers["intake"]
    assert first.reply is not None
    assert (first.reply.say, dict(first.reply.fill)) == ("How long?", {"since": None})
    assert second.reply is not None
    assert second.reply.fault == "down"
    whispers, text, page, desk, fact = scenario.talk[0].checks
    assert isinstance(whispers, Whispers)
    assert [(check.kind, check.name) for check in (text, page, desk) if isinstance(check, Sends)] == [
        ("text", "caller"),
        ("page", "nurse"),
        ("page", "desk"),
    ]
    assert isinstance(fact, HoldsFact)
    assert [type(turn.act) for turn in scenario.talk[1:]] == [AttendantSpeaks, AttendantPresses]


def test_a_models_reply_is_read_whole() -> None:
    reply = "{say: Wait., fill: {zip: 10001}, call: [{find: {zip: 10001}}, other], exit: done, after: 2s}"
    (scenario,), messages = load_scenarios(
        HEAD + f"  - {{name: x, given: {{answers: {{intake: {reply}}}}}, talk: [{{caller: a}}]}}\n", "t.test.yaml"
    )
    assert messages == ()
    (answer,) = scenario.given.answers["intake"]
    assert answer.reply == Reply("Wait.", {"zip": "10001"}, (("find", {"zip": "10001"}), ("other", {})), "done")
    assert answer.after_ms == 2000


def test_a_result_called_fill_is_a_result_too() -> None:
    (scenario,), _ = load_scenarios(
        HEAD + "  - {name: x, given: {answers: {tool: {fill: {a: b}}}}, talk: [{caller: a}]}\n", "t.test.yaml"
    )
    (answer,) = scenario.given.answers["tool"]
    assert (answer.result, dict(answer.kept)) == ("fill", {"a": "b"})


@pytest.mark.parametrize(
    ("given", "turn", "code", "text"),
    [
        ("{answered_by: robot}", "{caller: a}", "IVR105", "It is one of person, machine, menu, fax."),
        ("{}", "{sends: {letter: caller}}", "IVR101", 'sends has no key "letter"'),
        ("{}", "{attendant: [a]}", "IVR102", "What the attendant says is one text."),
        ("{}", "{attendant_keys: x}", "IVR105", "attendant_keys are 0 to 9"),
        ("{answers: {intake: {say: [a], exit: done}}}", "{caller: a}", "IVR102", "What the model says is one text."),
        ("{answers: {intake: {say: a, call: [[a]]}}}", "{caller: a}", "IVR102", "Write it like  call: [{"),
    ],
)
def test_mistakes_in_the_newer_words_have_their_place(given: str, turn: str, code: str, text: str) -> None:
    (message,) = load_scenarios(HEAD + f"  - {{name: x, given: {given}, talk: [{turn}]}}\n", "t.test.yaml")[1]
    assert (message.code, message.place.line) == (code, 4)
    assert text in f"{message.text} {message.fix}"
