"""What the engine does with a model's replies: the order of requests, changes with their confirmation, late news, what
the model is shown, and that nothing it says breaks a call."""

import pickle
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ivr.call.codec import decode_event, encode_event
from ivr.flow import engine
from ivr.flow.state import (
    AskModel,
    CallToolEffect,
    Doing,
    DropModel,
    Heard,
    ModelFailed,
    ModelReplied,
    ModelRequest,
    NamedReply,
    NothingHeard,
    PromptDone,
    Reading,
    SayEffect,
    ToolAnswered,
    WakeAt,
    Woke,
)
from ivr.units import Millis
from tests.flow.phone import Line, trial

FLOW = """
about: A model books a table.
start: talk
limits: {model_cost: 1}
slots:
  day: {type: date, near: future, about: which day, must: {be: day on or after today, else: That day is over.}}
  party: {type: number, from: 1, to: 12, about: how many people, confirm: if spoken}
  wish: {type: text, optional: yes, about: any wish}
  phone: {type: digits, length: 10, private: pii, about: number to call back}
  card: {type: digits, length: 16, private: pci, ask: The card?}
  sure: {type: yes_no, ask: "Shall I book for {party or 'you'} on {day as day or 'that day'}?"}
vars: {tries: {type: number, value: 0}}
tools:
  free: {http: "GET back/free", takes: {day: date}, changes_things: no, about: tables that are free,
      results: {some: {status: 200, keep: {at: $.at as text, code: {from: $.code, type: digits, private: pii}}},
          none: {status: 404}}}
  weather: {http: "GET back/weather", takes: {town: {type: choice, options: [here, there]}}, changes_things: no,
      results: {ok: {keep: {sky: $.sky as text}}}}
  book: {http: POST back/book, takes: {day: date, party: number}, body: {day: "{day}", party: "{party}"},
      changes_things: yes, confirm_with: sure, once: call, results: {ok: {status: 201}, taken: {status: 409}}}
nodes:
  talk:
    - agent: host
      open: How can I help?
      reopen: What else?
      goal: Book a table for the caller.
      collect: [day, party, wish, phone]
      tools: [free, weather, book]
      exits:
        booked: {needs: [day, party], about: it is booked, goto: bye}
        person: {about: the caller wants a person, goto: person}
        fire: {watch: [fire], goto: person}
      limits: {turns: 30, time: none, tool_calls: 20}
      on: {limit: {goto: person}, model_down: {goto: person}, blocked: {goto: person}}
"""


def host() -> Line:
    line = trial(FLOW)
    line.plays_out()
    return line


def asked(line: Line) -> AskModel:
    return next(e for e in reversed(line.everything) if isinstance(e, AskModel))


def asks_model(line: Line) -> bool:
    return any(isinstance(e, AskModel) for e in line.effects)


def replies(line: Line, words: str = "", *requests: tuple[str, Mapping[str, object]], cost: str = "0") -> None:
    wanted = tuple(ModelRequest(f"r{at}", name, given) for at, (name, given) in enumerate(requests))
    line.feed(ModelReplied(line.now, asked(line).id, words, wanted, Decimal(cost)))


def answers(line: Line, tool: str, result: str, **kept: object) -> None:
    sent = next(e for e in reversed(line.everything) if isinstance(e, CallToolEffect) and e.tool == tool)
    line.feed(ToolAnswered(line.now, sent.id, NamedReply(result, kept)))


def refusals(line: Line) -> list[str]:
    return [detail for kind, _, detail in line.notes if kind == "model" and detail.startswith("refused")]


DAY = ("fill", {"day": "2026-03-05"})
PARTY = ("fill", {"party": 4})
BOOK: tuple[str, Mapping[str, object]] = ("book", {})
BOOKED: tuple[str, Mapping[str, object]] = ("exit_booked", {})


def with_party(line: Line) -> None:
    """Day and party are known, and the party has been read back."""
    line.hears("four people on March fifth")
    replies(line, "", DAY, PARTY)
    assert line.reads_back == 4 and not asks_model(line)
    line.hears("yes")
    assert (line.slot("party"), line.state.doing) == (4, Doing.THINKING)


# ---- what the model is shown


def test_the_model_is_shown_what_is_open_and_nothing_secret() -> None:
    line = host()
    line.hears("my number is 2125550142, card 4111 1111 1111 1111")
    ask = asked(line)
    assert [tool.name for tool in ask.tools] == ["fill", "exit_person", "free", "weather", "book"]
    fill = ask.tools[0].parameters
    assert isinstance(fill["properties"], Mapping) and list(fill["properties"]) == ["day", "party", "wish", "phone"]
    assert "2125550142" in ask.heard and "4111" not in ask.heard
    assert "2125550142" not in repr(ask.told) and "4111" not in repr(ask.told)
    replies(line, "Thanks.", ("fill", {"phone": "2125550142"}))
    line.hears("For Thursday.")
    ask = asked(line)
    assert "2125550142" not in repr(ask) and ask.known["phone"].endswith("0142")
    properties: Any = next(tool for tool in ask.tools if tool.name == "fill").parameters["properties"]
    assert "phone" not in properties and any(tool.name == "correct" for tool in ask.tools)


def test_types_of_arguments_are_told_as_json_schema() -> None:
    line = host()
    line.hears("Hello.")
    tools: dict[str, Any] = {tool.name: tool for tool in asked(line).tools}
    assert tools["weather"].parameters["properties"]["town"]["enum"] == ["here", "there"]
    assert tools["weather"].parameters["required"] == ["town"]
    assert tools["free"].about == "tables that are free"
    assert tools["fill"].parameters["properties"]["party"] == {
        "type": "number",
        "minimum": 1,
        "maximum": 12,
        "description": "how many people",
    }


def test_a_tools_result_is_its_name_and_what_is_kept_masked() -> None:
    line = host()
    line.hears("Is there a table?")
    replies(line, "", ("free", {"day": "2026-03-05"}))
    answers(line, "free", "some", at="seven", code="123456789")
    news = asked(line).news
    assert [(n.name, n.refused) for n in news] == [("free", False)]
    assert news[0].text.startswith("result: some; at: seven") and "one two three" not in news[0].text


def test_told_ends_where_the_caller_cut_in() -> None:
    line = host()
    line.hears("Hello.")
    replies(line, "There is a lot to tell about our house.")
    prompt = line.state.prompts[-1]
    line.feed(PromptDone(line.now, prompt.id, Millis(700), "There is a", cut=True))
    line.hears("For four.")
    assert [said.text for said in asked(line).told][-2:] == ["There is a", "For four."]


# ---- the order of requests


@pytest.mark.parametrize("order", [(0, 1, 2, 3), (3, 2, 1, 0), (2, 0, 3, 1), (1, 3, 0, 2)])
def test_requests_are_applied_in_one_order_whatever_order_they_came_in(order: tuple[int, ...]) -> None:
    line = host()
    with_party(line)
    requests = [("exit_booked", {}), ("book", {}), ("free", {"day": "2026-03-05"}), ("fill", {"wish": "a window"})]
    replies(line, "It is booked.", *(requests[at] for at in order))
    assert line.slot("wish") == "a window"
    assert [c.tool for c in line.calls] == ["free"] and "booked" not in line.says
    answers(line, "free", "some", at="seven", code="123456789")
    assert line.asks == "sure" and not line.calls
    line.hears("yes")
    assert [c.tool for c in line.calls] == ["book"] and line.node == "talk"
    answers(line, "book", "ok")
    assert line.node == "bye" and line.says.endswith("Goodbye then.") and not asks_model(line)


def test_look_ups_run_together_and_the_model_hears_of_all_at_once() -> None:
    line = host()
    line.hears("What about tonight?")
    replies(line, "One moment.", ("free", {"day": "2026-03-02"}), ("weather", {"town": "here"}))
    assert [c.tool for c in line.calls] == ["free", "weather"] and line.says == "One moment."
    answers(line, "weather", "ok", sky="clear")
    assert not asks_model(line)
    answers(line, "free", "none")
    assert asks_model(line) and [n.name for n in asked(line).news] == ["weather", "free"]


def test_changes_go_one_after_the_other_each_with_its_own_yes() -> None:
    line = host()
    with_party(line)
    replies(line, "Booked twice.", BOOK, ("book", {"party": 4}))
    assert line.asks == "sure" and not line.calls
    line.hears("yes")
    assert len(line.calls) == 1
    answers(line, "book", "ok")
    assert asks_model(line) and not line.calls and not line.says
    assert len([e for e in line.everything if isinstance(e, CallToolEffect)]) == 1


# ---- changes


def test_a_change_is_not_sent_before_the_caller_says_yes() -> None:
    line = host()
    with_party(line)
    replies(line, "", BOOK)
    assert (line.asks, line.calls) == ("sure", [])
    line.hears("no")
    assert not line.calls and asks_model(line)
    assert "declined" in asked(line).news[0].text


def test_words_beside_a_change_never_promise_it() -> None:
    line = host()
    with_party(line)
    replies(line, "You are booked!", BOOK)
    line.hears("yes")
    assert "booked!" not in line.says
    answers(line, "book", "taken")
    assert "booked!" not in line.says and "taken" in asked(line).news[0].text


def test_an_exit_beside_a_change_that_fails_is_not_taken() -> None:
    line = host()
    with_party(line)
    replies(line, "", BOOK, BOOKED)
    line.hears("no")
    assert line.node == "talk" and any("did not go through" in text for text in refusals(line))


def test_a_change_takes_the_flows_values_and_not_the_models() -> None:
    line = host()
    with_party(line)
    replies(line, "", ("book", {"party": 9}))
    assert not line.calls and line.asks != "sure" and refusals(line)
    replies(line, "", ("book", {"day": "2026-03-05", "party": 4}))
    assert line.asks == "sure"
    line.hears("yes")
    assert line.calls[0].arguments["party"] == 4


def test_a_change_once_in_a_call_is_not_offered_again() -> None:
    line = host()
    with_party(line)
    replies(line, "", BOOK)
    line.hears("yes")
    answers(line, "book", "ok")
    assert "book" not in [tool.name for tool in asked(line).tools]
    replies(line, "", BOOK)
    assert not line.calls and any("already" in text for text in refusals(line))


def test_what_was_acted_on_cannot_be_changed() -> None:
    line = host()
    with_party(line)
    replies(line, "", BOOK)
    line.hears("yes")
    answers(line, "book", "ok")
    replies(line, "", ("correct", {"party": 5}))
    assert line.slot("party") == 4 and any("acted on" in text for text in refusals(line))


def test_speech_before_a_change_is_asked_for_takes_it_back() -> None:
    line = host()
    with_party(line)
    replies(line, "Let me see.", ("free", {"day": "2026-03-05"}), BOOK, BOOKED)
    line.hears("wait, not that day")
    answers(line, "free", "none")
    assert line.asks == "host" and not line.calls and asks_model(line)
    assert asked(line).heard == "wait, not that day" and any("before it was sent" in n.text for n in asked(line).news)


def test_a_change_that_was_sent_is_waited_for_whatever_the_caller_says() -> None:
    line = host()
    with_party(line)
    replies(line, "", BOOK)
    line.hears("yes")
    line.hears("and a window please")
    assert not asks_model(line)
    answers(line, "book", "ok")
    ask = asked(line)
    assert asks_model(line) and ask.heard == "and a window please" and "result: ok" in ask.news[0].text


# ---- exits


def test_two_exits_are_none() -> None:
    line = host()
    with_party(line)
    replies(line, "Bye.", BOOKED, ("exit_person", {}))
    assert line.node == "talk" and len(refusals(line)) == 2 and asks_model(line) and not line.says


def test_exits_that_are_not_there_or_not_the_models_are_refused() -> None:
    for name in ("exit_fire", "exit_nowhere", "exit_booked"):
        line = host()
        line.hears("Hello.")
        replies(line, "", (name, {}))
        assert line.node == "talk" and refusals(line) and asks_model(line)


def test_leaving_drops_what_was_under_way() -> None:
    line = host()
    line.hears("Hello.")
    ask = asked(line)
    line.hears("there is a fire")
    assert line.node == "person" and DropModel(ask.id) in line.effects
    before = line.state
    line.feed(ModelReplied(line.now, ask.id, "Hello!", ()))
    assert not line.effects and line.state.told == before.told


# ---- late news and faults


def test_a_reply_to_what_the_caller_has_gone_on_from_is_dropped() -> None:
    line = host()
    line.hears("Four people.")
    first = asked(line)
    line.hears("No, five.")
    assert asked(line).id != first.id and asked(line).heard == "Four people. No, five."
    line.feed(ModelReplied(line.now, first.id, "Four it is.", (ModelRequest("a", "fill", {"party": 4}),)))
    assert not line.says and line.slot("party") is None
    replies(line, "Which day?", ("fill", {"wish": "quiet"}))
    assert line.says == "Which day?"


def test_no_reply_by_the_deadline_is_a_model_that_is_down() -> None:
    line = host()
    line.hears("Hello.")
    line.wakes(":filler")
    assert line.says == "One moment, please."
    line.wakes(":deadline")
    assert line.node == "person"


def test_the_cost_of_replies_has_a_limit() -> None:
    line = host()
    line.hears("Hello.")
    replies(line, "Hello.", cost="0.60")
    assert line.node == "talk" and line.state.model_cost == Decimal("0.60")
    line.hears("Hello again.")
    replies(line, "Hello.", cost="0.60")
    assert line.node == "person"


def test_silence_while_the_model_thinks_is_not_the_callers() -> None:
    line = host()
    line.hears("Hello.")
    line.feed(NothingHeard(line.now, line.listening.id))
    assert line.state.quiet_ms == 0 and not line.says and line.listening
    replies(line, "Which day?")
    assert line.says == "Which day?"


def test_the_stream_comes_back_and_the_model_is_asked_again() -> None:
    line = host()
    line.hears("Four people.")
    first = asked(line)
    line.loses_stream()
    line.resumes()
    assert asked(line).id != first.id and asked(line).heard == "Four people." and DropModel(first.id) in line.effects


def test_the_second_visit_has_a_sentence_of_its_own() -> None:
    line = trial(FLOW.replace("goto: bye}", "goto: talk}"))
    assert line.says == "How can I help?"
    with_party(line)
    replies(line, "", BOOKED)
    assert line.says == "What else?" and line.asks == "host"


# ---- a value that is read back


def test_a_value_that_is_read_back_may_be_put_right_in_the_same_breath() -> None:
    line = host()
    line.hears("four people")
    replies(line, "Which day?", PARTY)
    assert line.reads_back == 4 and "Which day" not in line.says
    line.hears("no, five")
    assert line.reads_back == 5
    line.hears("yes")
    assert line.slot("party") == 5 and asks_model(line)


def test_a_value_that_is_denied_is_open_again_and_the_model_is_told() -> None:
    line = host()
    line.hears("four people")
    replies(line, "", PARTY)
    line.hears("no")
    assert line.slot("party") is None and asks_model(line) and asked(line).news[-1].refused


# ---- everything is data


def test_replies_survive_the_journal_and_the_state_a_crash() -> None:
    line = host()
    with_party(line)
    replies(line, "Booked.", ("book", {"party": 4, "x": [1, 2.5, None, {"deep": True}]}), BOOKED)
    for event in line.events:
        kind, body = encode_event(event)
        assert decode_event(kind, body) == event
    assert pickle.loads(pickle.dumps(line.state)) == line.state


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=True) | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
NAMES = ["fill", "correct", "free", "weather", "book", "exit_booked", "exit_person", "exit_fire", "exit_", "sql", ""]
ARGUMENTS = ["day", "party", "wish", "phone", "card", "town", "sure", "x"]
VALUES = st.one_of(JUNK, st.sampled_from(["2026-03-05", "4", 4, "here", "2125550142", "yes", "tomorrow", "{party}"]))
REQUEST = st.tuples(st.sampled_from(NAMES), st.dictionaries(st.sampled_from(ARGUMENTS), VALUES, max_size=4))
WORDS = ["", "Which day?", "{balance}", "Your card number, please.", "You are booked!", "book it by free_tables."]
MOVES = st.one_of(
    st.tuples(st.just("reply"), st.tuples(st.sampled_from(WORDS), st.lists(REQUEST, max_size=5))),
    st.tuples(st.just("reply"), st.tuples(st.sampled_from(WORDS), st.lists(REQUEST, max_size=5))),
    st.tuples(
        st.just("say"), st.sampled_from(["four people", "yes", "no", "no, five", "repeat that", "", "March fifth"])
    ),
    st.tuples(st.just("tool"), st.sampled_from(["some", "none", "ok", "taken", "failed"])),
    st.tuples(st.just("wake"), st.sampled_from([":filler", ":deadline"])),
    st.tuples(st.just("silence"), st.none()),
    st.tuples(st.just("keys"), st.sampled_from(["1", "2", "0", "*", "77"])),
    st.tuples(st.just("stale"), st.none()),
    st.tuples(st.just("down"), st.none()),
    st.tuples(st.just("back"), st.none()),
    st.tuples(st.just("lost"), st.none()),
    st.tuples(st.just("gone"), st.sampled_from([True, False, False, False])),
)


def move(line: Line, kind: str, what: Any) -> None:
    match kind:
        case "reply" if any(isinstance(e, AskModel) for e in line.everything):
            replies(line, what[0], *what[1])
        case "say" if line.state.listening is not None:
            line.hears(what)
        case "keys" if line.state.listening is not None:
            line.keys(what)
        case "silence" if line.state.listening is not None:
            line.silence()
        case "tool" if any(isinstance(e, CallToolEffect) for e in line.everything):
            line.feed(ToolAnswered(line.now, line.sent.id, NamedReply(what, {})))
        case "wake":
            wakes = [w for w in line.everything if isinstance(w, WakeAt) and w.id.endswith(what) and w.at_ms]
            if wakes:
                line.feed(Woke(line.now, wakes[-1].id))
        case "stale":
            line.feed(Heard(line.now, "CALL:0:1", Reading("yes", yes=True)))
        case "down" if any(isinstance(e, AskModel) for e in line.everything):
            line.feed(ModelFailed(line.now, asked(line).id))
        case "back":
            line.resumes()
        case "lost":
            line.loses_stream()
        case "gone" if what:
            line.hangs_up()


def is_alive(line: Line) -> bool:
    state = line.state
    if state.doing in (Doing.ENDED, Doing.TRANSFERRING):
        return True
    return state.listening is not None or state.calling in state.awaiting


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
@given(moves=st.lists(MOVES, max_size=30))
def test_whatever_a_model_replies_the_rules_hold(moves: list[tuple[str, Any]]) -> None:
    line = trial(FLOW, begun=False)
    first = line.state
    line.begins()
    agreed = False
    for kind, what in moves:
        asking = line.state.listening is not None and line.state.listening.question == "sure"
        if asking and kind in ("say", "keys"):
            agreed = what in ("yes", "1")
        before = len(line.everything)
        move(line, kind, what)
        assert is_alive(line), (kind, line.state.doing)
        for effect in line.everything[before:]:
            if isinstance(effect, CallToolEffect) and effect.tool == "book":
                assert agreed, "a change without the caller's yes"
                assert effect.arguments["party"] == line.slot("party") or line.slot("party") is None
                agreed = False
            if isinstance(effect, SayEffect):
                assert "card number" not in effect.text
    state, effects = first, []
    for event in line.events:
        state, some = engine.step(line.bundle, state, event)
        effects += some
    assert effects == line.everything and state == line.state


# ---- once more, by what a mistake here would do


def test_a_private_text_is_masked_in_what_was_told_once_it_is_known_as_such() -> None:
    line = trial(FLOW.replace("wish: {type: text, optional: yes,", "wish: {type: name, private: pii,"))
    line.hears("I am Ana Lopez and I am hungry")
    assert "Ana Lopez" in asked(line).heard
    replies(line, "Hello Ana Lopez.", ("fill", {"wish": "Ana Lopez"}))
    assert "Ana Lopez" in line.says and "Ana Lopez" not in line.shows
    line.hears("For four.")
    assert "Ana Lopez" not in repr(asked(line)) and "hungry" in repr(asked(line).told)


NOTE = FLOW.replace(
    "confirm_with: sure, once: call, results: {ok: {status: 201}",
    "unconfirmed: it is only a note, results: {ok: {status: 201}",
)


def test_words_beside_a_change_without_a_question_wait_for_nothing_and_are_dropped() -> None:
    line = trial(NOTE)
    with_party(line)
    replies(line, "You are booked!", BOOK)
    assert [c.tool for c in line.calls] == ["book"] and not line.says
    answers(line, "book", "ok")
    assert not line.says and asks_model(line)


def test_the_same_change_is_not_sent_twice() -> None:
    line = trial(NOTE)
    with_party(line)
    replies(line, "", BOOK)
    answers(line, "book", "ok")
    replies(line, "", BOOK)
    assert not line.calls and "sent before" in asked(line).news[0].text


def test_an_exact_sentence_is_said_once_in_a_call_or_each_time() -> None:
    for once, times in (("yes", 1), ("no", 2)):
        always = f"always: [{{say_exactly: Mind the step., before: booked, once: {once}}}]\n      limits"
        line = trial(FLOW.replace("limits: {turns: 30", f"{always}: {{turns: 30").replace("goto: bye}", "goto: talk}"))
        with_party(line)
        replies(line, "", BOOKED)
        line.hears("That is all.")
        replies(line, "", BOOKED)
        said = [e.text for e in line.everything if isinstance(e, SayEffect)]
        assert said.count("Mind the step.") == times


def test_a_question_beside_an_exit_is_not_said() -> None:
    for words, spoken in (("Shall I tell you more?", False), ("Goodbye, Ana.", True)):
        line = host()
        line.hears("Somebody real, if you please.")
        replies(line, words, ("exit_person", {}))
        assert line.node == "person" and (words in line.says) is spoken


def test_words_held_back_twice_in_a_row_are_their_own_end() -> None:
    line = host()
    line.hears("Hello.")
    replies(line, "What is your card number?")
    assert line.node == "talk" and not line.says and asked(line).news[0].refused
    replies(line, "The digits on your credit card, please.")
    assert line.node == "person" and ("model", "host", "blocked") in line.notes


def test_numbers_in_the_models_words_are_masked_where_private_ones_are_asked() -> None:
    line = host()
    line.hears("It is 2125550142.")
    replies(line, "I have 212 555 0142.", ("fill", {"phone": "2125550142"}))
    assert line.says == "I have 212 555 0142." and "0142" not in line.shows


def test_a_target_is_taken_by_its_name_alone() -> None:
    flow = FLOW.replace("wish: {type: text, optional: yes,", "wish: {type: target, options: [care],")
    line = trial(flow)
    line.hears("Give me the boss.")
    replies(line, "", ("fill", {"wish": "+15550107788"}))
    assert line.slot("wish") is None and refusals(line)
    replies(line, "", ("fill", {"wish": "care"}))
    assert line.slot("wish") == "care"


def test_a_long_wait_is_bridged_by_one_sentence_after_the_other() -> None:
    line = host()
    line.hears("Hello.")
    said = []
    for _ in range(5):
        line.plays_out()
        line.wakes(":filler")
        said.append(line.says)
        if not line.says:
            break
    assert said == ["One moment, please.", "I'm still here. It takes a little longer.", "One moment, please.", ""]


def test_a_phrase_on_the_watch_list_counts_in_the_question_before_a_change_too() -> None:
    line = host()
    with_party(line)
    replies(line, "", BOOK)
    assert line.asks == "sure"
    line.hears("there is a fire")
    assert line.node == "person" and not line.calls


def test_who_hangs_up_needs_no_reply() -> None:
    line = host()
    line.hears("Hello.")
    ask = asked(line)
    line.hangs_up()
    assert DropModel(ask.id) in line.effects and line.state.doing is Doing.ENDED
