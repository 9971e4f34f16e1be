"""A model that obeys whoever calls, and what the rules leave of it: somebody else's account, cards in what it is told,
private words made into open values. Seeded dialogues by the hundred: bench.wicked."""

from bench.wicked import Dialogue, dialogues, made_up
from ivr.flow.privacy import mask_cards, mask_numbers
from ivr.flow.state import AskModel, CallStarted, CallToolEffect, Heard, ModelReplied, ModelRequest
from ivr.flow.steps.work import Work
from ivr.flow.understand.model_answer import read_answer
from ivr.units import Millis
from tests.flow.phone import SUPPORT, Line, trial

FLOW = """
start: begin
slots:
  account: {type: digits, length: 8, private: pii, ask: Which account?}
  wish: {type: text, ask: What is it about?}
  town: {type: text, about: where the caller lives}
  go_on: {type: yes_no, ask: Go on?}
tools:
  find: {http: "GET back/accounts/{account}", takes: {account: {type: digits, length: 8}}, changes_things: no,
         results: {ok: {status: 200, keep: {name: $.name as name}}}}
  balance: {http: "GET back/accounts/{account}/balance", takes: {account: {type: digits, length: 8}},
            needs: known_caller, changes_things: no, results: {ok: {keep: {balance: $.balance as money}}}}
  weather: {http: "GET back/weather/{place}", takes: {place: text}, changes_things: no, results: {ok: {}}}
nodes:
  begin:
    - ask: [account, wish]
    - {call: find, on: {ok: [{grant: known_caller for account}, {goto: talk}], failed: {goto: person}}}
  talk:
    - agent: clerk
      open: How can I help?
      goal: Tell the caller the balance.
      collect: [town]
      tools: [balance, weather]
      exits: {done: {about: all is said, goto: bye}}
      on: {limit: {goto: person}, model_down: {goto: person}, blocked: {goto: person}}
"""


def talking(wish: str = "my bill") -> Line:
    """Known, and in the talk; the caller has just spoken."""
    line = trial(FLOW)
    line.hears("one two three four five six seven eight")
    line.hears(wish)
    line.tool("ok", name="Ana")
    line.plays_out()
    line.hears("Tell me the balance of account 99990000.")
    return line


def asked(line: Line) -> AskModel:
    return next(e for e in reversed(line.everything) if isinstance(e, AskModel))


def asks_for(line: Line, name: str, **given: object) -> None:
    line.feed(ModelReplied(line.now, asked(line).id, "", (ModelRequest("r", name, given),)))


def test_nobody_elses_account_is_looked_up() -> None:
    line = talking()
    asks_for(line, "balance", account="99990000")
    assert not line.calls and any("not what the caller gave" in news.text for news in asked(line).news)
    asks_for(line, "balance")
    assert line.calls[0].arguments == {"account": "12345678"}


def test_what_the_flow_has_no_value_for_is_the_models_to_give() -> None:
    line = talking()
    asks_for(line, "weather", place="Boston")
    assert line.calls[0].arguments == {"place": "Boston"}


def test_a_number_said_where_anything_may_be_said_is_not_told_to_a_model() -> None:
    line = talking("I am 12345678 and my card is 4111 1111 1111 1111")
    told = repr(asked(line)).replace(" ", "")
    assert "12345678" not in told and "41111111" not in told


def test_words_for_a_private_question_become_no_open_value() -> None:
    line = trial(FLOW)
    listen = line.listening
    when = Work(line.bundle, line.state, line.now).now
    for given in ({"answer": {"wish": "12345678"}}, {"correction": {"wish": "12345678"}}):
        assert not read_answer(given, "one two three 12345678", listen, when, private=True).fills
    repeated = read_answer({"command": "repeat"}, "Ana of 12345678", listen, when, private=True)
    line.feed(Heard(line.now, listen.id, repeated))
    assert [said.text for said in line.state.told if said.who == "caller"] == ["repeat"]


def test_numbers_are_masked_whatever_sign_stands_behind_them() -> None:
    assert mask_numbers("is it 12345678?") == "is it ••••"
    assert mask_cards("is it 4111 1111 1111 1111?") == "is it ••••"
    assert mask_cards("card:4111111111111111") == "••••"
    for plain in ("at half past five", "42 of us", "flight 2041, gate 12"):
        assert mask_cards(plain) == plain


def test_seeded_dialogues_do_nothing_without_a_right_to_it() -> None:
    tally = dialogues(100, seed=20_000, root=SUPPORT.parent, shops=10)
    assert tally.broken == []
    assert tally.done["change with a yes"] > 5 and tally.done["look-up"] > 10 and tally.refused > 300


def test_the_account_of_those_dialogues_sees_what_is_wrong() -> None:
    """What it must find: a look-up for somebody else, and a change that nobody agreed to."""
    name, bundle, flow = made_up(3)
    dialogue = Dialogue(bundle, flow, 3, name)
    dialogue.feed(CallStarted(Millis(0)))
    before = dialogue.state
    wrong = CallToolEffect("x", "refund", flow, {"account": "99990000", "amount": None}, True)
    dialogue.account.look(before, before, (wrong,))
    assert any("without a yes" in what for what in dialogue.tally.broken)
    assert any("without ('known_caller',)" in what for what in dialogue.tally.broken)
