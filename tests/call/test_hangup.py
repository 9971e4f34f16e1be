"""What a flow owes after the caller has hung up, at the machine of a live call."""

import pytest

from ivr.call import effects as fx
from ivr.call import events as ev
from ivr.flow.state import RawReply
from ivr.units import Millis
from tests.call.desk import Desk
from tests.flow.language.trial import bundle_of

FLOW = """
slots: {account: {type: digits, length: 4, ask: What is your account number?}}
tools:
  one:
    http: POST crm/one
    body: {account: "{account}"}
    changes_things: no
    results: {ok: {keep: {ticket: $.id as text}}}
  two: {http: POST crm/two, body: {ticket: "{ticket}"}, changes_things: yes, unconfirmed: a trial, results: {ok: {}}}
  three: {http: POST crm/three, changes_things: yes, unconfirmed: a trial, results: {ok: {}}}
nodes:
  first: [{ask: account}, {end: Goodbye.}]
on_hangup: [{call: one}, {call: two}, {call: three}]
"""


@pytest.mark.parametrize("first", [RawReply(status=200, body={"id": "T1"}), RawReply(error="timeout")])
def test_several_tools_run_one_after_the_other_and_get_their_answers(first: RawReply) -> None:
    good = RawReply(status=200, body={})
    desk = Desk(bundle_of(FLOW), answers={"one": first, "two": good, "three": good})
    desk.heard_out()
    desk.feed(ev.CallerHungUp())
    assert not desk.call.ended
    desk.wait(400)
    sent = [(e.tool, dict(e.arguments)) for e in desk.did if isinstance(e, fx.RunTool)]
    ticket = "T1" if first.error is None else None
    assert sent == [("one", {"account": None}), ("two", {"ticket": ticket}), ("three", {})]
    kept = [(e.tool, e.result) for e in desk.did if isinstance(e, fx.KeepTool)]
    assert kept == [("one", "ok" if first.error is None else "failed: timeout"), ("two", "ok"), ("three", "ok")]
    assert desk.call.ended
    assert desk.count(fx.Finish) == 1


def test_a_tool_that_never_answers_holds_the_rest_no_longer_than_its_time() -> None:
    good = RawReply(status=200, body={})
    desk = Desk(bundle_of(FLOW), answers={"two": good, "three": good})
    desk.heard_out()
    desk.feed(ev.CallerHungUp())
    desk.wait(10_000)
    runs = [e for e in desk.did if isinstance(e, fx.RunTool)]
    assert [run.tool for run in runs] == ["one", "two", "three"]
    desk.feed(ev.ToolReplied(runs[0].id, RawReply(error="timeout"), Millis(9000)))
    assert desk.call.ended
    assert desk.count(fx.Finish) == 1
