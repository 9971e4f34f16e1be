"""Whatever happens in whatever order: nothing breaks, the call never stands in a silence that nobody ends, and the same
events give the same effects."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ivr.flow import engine
from ivr.flow.flow import Bundle
from ivr.flow.state import (
    CallState,
    Dial,
    Doing,
    Heard,
    NamedReply,
    Note,
    RawReply,
    Reading,
    SayEffect,
    ToolAnswered,
    WakeAt,
    Woke,
)
from tests.flow.phone import SUPPORT, Line, project_on_disk, trial

WORDS = [
    "bill",
    "there is a fault",
    "something else",
    "one two three four five six seven eight",
    "no, it ends in seven nine",
    "yes",
    "no",
    "May second nineteen eighty",
    "no, I meant a fault",
    "go back",
    "repeat that",
    "help",
    "cancel",
    "operator",
    "elephant",
    "",
    "12345678, born May second 1980",
    "tomorrow",
    "that's all",
    "no, the account is 22223333",
]
KEYS = ["1", "2", "3", "12345678", "05021980", "0", "*", "#", "9", "1234", "02312999", ""]
REPLIES = [
    NamedReply("ok", {"first_name": "Ana", "born": "1980-05-02", "balance": "42.50", "area": "N1"}),
    NamedReply("not_found", {}),
    NamedReply("fault", {"fixed_by": "17:30"}),
    NamedReply("clear", {}),
    NamedReply("failed", {}),
    RawReply(status=200, body={"first": "Ana", "dob": "1980-05-02", "balance": 1, "area": "N1"}),
    RawReply(status=500, body=[1, 2]),
    RawReply(error="timeout"),
]
MOVES = st.one_of(
    st.tuples(st.just("say"), st.sampled_from(WORDS)),
    st.tuples(st.just("say"), st.sampled_from(WORDS)),
    st.tuples(st.just("keys"), st.sampled_from(KEYS)),
    st.tuples(st.just("silence"), st.just(None)),
    st.tuples(st.just("tool"), st.sampled_from(REPLIES)),
    st.tuples(st.just("tool"), st.sampled_from(REPLIES)),
    st.tuples(st.just("wake"), st.sampled_from(["filler", "deadline", "deadline"])),
    st.tuples(st.just("transfer"), st.sampled_from(["no_answer", "busy", "failed", "answered", "caller_left"])),
    st.tuples(st.just("played"), st.booleans()),
    st.tuples(st.just("lost"), st.just(None)),
    st.tuples(st.just("back"), st.just(None)),
    st.tuples(st.just("stale"), st.just(None)),
    st.tuples(st.just("gone"), st.sampled_from([True, False, False, False])),
)


def move(line: Line, kind: str, what: object) -> None:
    awake = line.state.listening is not None
    match kind:
        case "say" if awake:
            line.hears(str(what))
        case "keys" if awake:
            line.keys(str(what))
        case "silence" if awake:
            line.silence()
        case "tool" if line.state.calling is not None:
            line.feed(ToolAnswered(line.now, line.state.calling, what))  # type: ignore[arg-type]
        case "wake":
            wakes = [w for w in line.everything if isinstance(w, WakeAt) and w.id.endswith(str(what))]
            if wakes:
                line.feed(Woke(line.now, wakes[-1].id))
        case "transfer" if any(isinstance(e, Dial) for e in line.everything):
            line.transfer(str(what))
        case "played":
            line.plays_out()
        case "lost":
            line.loses_stream()
        case "back":
            line.resumes()
        case "stale":
            line.feed(Heard(line.now, "CALL:0:1", Reading("yes", yes=True)))
        case "gone" if what:
            line.hangs_up()


def is_alive(state: CallState) -> bool:
    """Somebody is waited for, or the call is over."""
    if state.doing is Doing.ENDED:
        return state.outcome is not None
    if state.doing is Doing.TRANSFERRING:
        return any(waited.kind == "transfer" for waited in state.awaiting.values())
    return state.listening is not None or state.calling in state.awaiting


def wander(line: Line, moves: list[tuple[str, object]]) -> None:
    first = engine.start(
        line.bundle, line.state.call, line.flow, line.state.started, line.caller, "+15550100", line.seed
    )
    line.begins()
    for kind, what in moves:
        move(line, kind, what)
        assert is_alive(line.state), (kind, line.state.doing)
        if line.state.outcome == "caller_left":
            assert not [e for e in line.effects if isinstance(e, SayEffect)], "nobody is there to hear it"
    state, effects = first, []
    for event in line.events:
        state, some = engine.step(line.bundle, state, event)
        effects += some
    assert effects == line.everything
    assert state == line.state


@pytest.fixture(scope="module")
def support() -> Bundle:
    return project_on_disk(SUPPORT)


SLOW = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@SLOW
@given(moves=st.lists(MOVES, max_size=40), seed=st.integers(0, 5))
def test_any_order_of_events_on_the_sample(support: Bundle, moves: list[tuple[str, object]], seed: int) -> None:
    wander(Line(support, "support", seed=seed), moves)


EVERYTHING = """
about: Much at once.
start: order
limits: {turns: 30}
slots:
  reason: {type: choice, options: {bill: {hear: [bill], key: "1"}, fault: {hear: [fault], key: "2"}},
      confirm_change: always, ask: Which?}
  account: {type: digits, length: 8, private: pii, confirm: always, ask: Number?,
      must: {be: 'account is not "22223333"', else: Not that one.}}
  day: {type: date, optional: yes, skip: {hear: [nothing]}, only_if: reason is "fault", ask: Which day?}
  sure: {type: yes_no, ask: Sure?}
tools:
  find_account: {http: "GET back/a/{account}", filler: Looking., results: {ok: {status: 200}, not_found: {status: 404}}}
  change: {http: POST back/a, body: {account: "{account}", reason: "{reason}"}, changes_things: yes,
      confirm_with: sure, results: {ok: {status: 201}, not_found: {status: 404}}}
nodes:
  order:
    - {ask: [reason, account, day], open: What is it?}
    - call: find_account
      on: {ok: {goto: change}, not_found: {say: Not found., retry: account, times: 2, leave: person},
          failed: {goto: person}}
  change:
    - call: change
      on: {ok: {goto: more}, not_found: {say: Again., retry: [reason, account], times: 2, leave: person},
          declined: {goto: more}, failed: {goto: more}}
  more: [{menu: Anything else?, options: {more: {hear: [yes], key: "1", goto: again}, done: {hear: [no,
      that's all], key: "2", goto: bye}}}]
  again: [{forget: reason}, {goto: order}]
on_hangup: [{call: change}]
"""


@SLOW
@given(moves=st.lists(MOVES, max_size=40))
def test_any_order_of_events_on_a_line_with_everything(moves: list[tuple[str, object]]) -> None:
    wander(trial(EVERYTHING, begun=False), moves)


@given(moves=st.lists(MOVES, max_size=40))
@settings(max_examples=60, deadline=None)
def test_a_change_is_never_sent_twice_with_the_same_arguments_unless_retried(moves: list[tuple[str, object]]) -> None:
    line = trial(EVERYTHING, begun=False)
    sent: dict[object, int] = {}
    line.begins()
    for kind, what in moves:
        move(line, kind, what)
        for change in line.calls:
            if change.tool == "change":
                key = tuple(change.arguments.items())
                before = sent.get(key, 0)
                retried = any(
                    isinstance(e, Note) and (e.what, e.detail) == ("change", "not_found") for e in line.everything
                )
                assert before == 0 or retried
                sent[key] = before + 1
