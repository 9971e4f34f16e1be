"""Scenarios by text: what a caller may do, what follows, and what a failure tells."""

from datetime import date, time, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest

from ivr.call.textrun import (
    BotSpoke,
    CallerSpoke,
    Conversation,
    Report,
    Scripted,
    Survey,
    TextCall,
    ToolCalled,
    as_scenario,
    run_scenario,
    same_value,
    start_state,
    transcript,
)
from ivr.flow.flow import Bundle
from ivr.flow.loader import load_project
from ivr.flow.scenario import Given, load_scenarios
from ivr.flow.state import CallToolEffect, RawReply
from ivr.flow.types import Interrupt, Value
from tests.call.textflow import line as sample_line

OK = "look_up: {ok: {balance: 42.50}}"


def run(turns: str, *, answers: str = OK, bundle: Bundle | None = None, whole: str = "") -> Report:
    """A scenario of turns in flow style, one a line."""
    lines = "".join(f"      - {turn.strip()}\n" for turn in turns.strip().splitlines())
    text = "schema: callscript/1\nflow: line\ntests:\n  - name: x\n"
    text += f"    given: {{answers: {{{answers}}}}}\n{whole}    talk:\n{lines}"
    scenarios, messages = load_scenarios(text, "t.test.yaml")
    assert not messages, [str(message) for message in messages]
    return run_scenario(bundle or sample_line(), scenarios[0])


def passes(turns: str, *, answers: str = OK, bundle: Bundle | None = None) -> Report:
    report = run(turns, answers=answers, bundle=bundle)
    assert report.passed, "\n".join(
        f"{f.turn} {f.expected} | {f.happened}\n" + "\n".join(f.transcript) for f in report.failures
    )
    return report


def fails(turns: str, *, answers: str = OK, whole: str = "") -> tuple[str, str]:
    report = run(turns, answers=answers, whole=whole)
    assert len(report.failures) == 1, report.failures
    return report.failures[0].expected, report.failures[0].happened


# ---- what callers do


def test_words_are_read_back_corrected_and_looked_up() -> None:
    passes(
        """
        {says: this call is recorded, asks: reason}
        {caller: It's about my bill., asks: account, within: 1s}
        {caller: one two three five, reads_back: 1235}
        {caller: "no, it ends in four", reads_back: 1234}
        {caller: yes, tool: look_up, with: {account: 1234}, says: "balance is $42.50", slot: {told: yes, balance: 42.5}}
        {caller: three, slot: {amount: 3}, says: Goodbye, end: completed}
        """
    )


def test_keys_typed_ahead_answer_the_next_question() -> None:
    report = passes("{asks: reason}\n{keys: 11234, tool: look_up, with: {account: 1234}, asks: amount}")
    assert transcript(report.happened, sample_line(), "line")[2].endswith("keys    1••••")


def test_keys_of_open_length_end_at_the_terminator_or_after_a_pause() -> None:
    ended = passes("{asks: reason}\n{keys: 11234, asks: amount}\n{keys: 12#, slot: {amount: 12}, end: completed}")
    waited = passes("{asks: reason}\n{keys: 11234, asks: amount}\n{keys: 12, slot: {amount: 12}, end: completed}")
    assert waited.call_ms - ended.call_ms == 3000 - 200


def test_words_over_a_protected_notice_are_no_answer() -> None:
    report = passes("{cut_in: {after: 1s, say: my bill}, says: this call is recorded, asks: reason}")
    spoken = [happening for happening in report.happened if isinstance(happening, CallerSpoke)]
    assert [happening.used for happening in spoken] == [False]


def test_keys_over_a_protected_notice_are_typed_ahead() -> None:
    passes("{cut_in: {after: 1s, keys: 1}, says: This call is recorded, asks: account}")


def test_words_cut_a_prompt_that_may_be_cut() -> None:
    report = passes(
        "{cut_in: {after: 1s, say: my bill}, never_says: recorded, asks: account}",
        bundle=sample_line(first=Interrupt.ANY),
    )
    first = next(happening for happening in report.happened if isinstance(happening, BotSpoke))
    assert first.cut
    assert first.until_ms == 1200
    assert first.shown == "Welcome to the line. This call is recorded."


def test_speech_that_outlasts_a_protected_notice_is_heard() -> None:
    passes("{cut_in: {after: 3s, say: I would like to ask about my bill please}, asks: account}")


def test_a_cut_in_counts_from_the_first_sound_after_the_turn_before() -> None:
    passes(
        """
        {asks: reason}
        {caller: my bill}
        {cut_in: {after: 500ms, keys: 1234}, tool: look_up, asks: amount}
        """
    )


def test_silence_of_a_length_is_at_most_one_rung() -> None:
    report = passes(
        """
        {asks: reason}
        {silence: 5s, never_says: didn't hear, asks: reason}
        {silence: yes, says: I didn't hear you, asks: reason}
        {silence: 30s, says: Nobody can take your call, transfer: care, end: completed}
        """,
        answers="care: {no_answer: {}}",
    )
    assert report.call_ms > 25_000


def test_hanging_up_runs_the_handler_and_stopping_does_not() -> None:
    answers = f"{OK}, note: {{ok: {{}}}}"
    passes(
        "{asks: reason}\n{keys: 11234, asks: amount}\n{hangup: yes, tool: note, with: {told: yes}, end: caller_left}",
        answers=answers,
    )
    stopped = passes("{asks: reason}\n{keys: 1, asks: account}", answers=answers)
    assert not any(isinstance(happening, ToolCalled) for happening in stopped.happened)


def test_a_transfer_that_is_answered_ends_the_call() -> None:
    passes("{asks: reason}\n{caller: a fault, transfer: care, end: transferred}", answers="care: {answered: {}}")


# ---- answers of tools


def test_answers_come_in_turn_and_raw_ones_are_named_by_the_flow() -> None:
    report = passes(
        """
        {asks: reason}
        {keys: 11111, says: I can't find that account, asks: account}
        {keys: 1234, says: one dollar and fifty cents, asks: amount}
        """,
        answers="look_up: [{not_found: {}}, {status: 200, body: {balance: 1.5}}]",
    )
    taken = Survey.of(sample_line(), ["line"]).taken(report.happened)
    assert {way.detail for way in taken if way.kind == "result"} == {"not_found", "ok"}
    assert {way.what for way in taken if way.kind == "node"} == {"welcome", "who", "more"}


def test_a_late_answer_lets_the_filler_speak() -> None:
    passes(
        "{asks: reason}\n{keys: 11234, says: Let me look that up. Your balance is, asks: amount}",
        answers="look_up: {after: 2s, ok: {balance: 1}}",
    )


@pytest.mark.parametrize("answer", ["{pending: {}}", "{after: 10s, ok: {balance: 1}}"])
def test_an_answer_that_does_not_come_in_time_is_failed(answer: str) -> None:
    passes(
        "{asks: reason}\n{keys: 11234, transfer: care, end: completed}",
        answers=f"look_up: {answer}, care: {{no_answer: {{}}}}",
    )


def test_only_what_is_live_is_really_called() -> None:
    asked: list[CallToolEffect] = []

    def live(effect: CallToolEffect) -> RawReply:
        asked.append(effect)
        return RawReply(status=200, body={"balance": 7})

    text = (
        "schema: callscript/1\nflow: line\ntests:\n  - name: x\n    given: {live: [look_up]}\n"
        "    talk:\n      - {asks: reason}\n      - {keys: 11234, says: seven dollars, asks: amount}\n"
    )
    report = run_scenario(sample_line(), load_scenarios(text, "t")[0][0], live)
    assert report.passed
    assert [dict(effect.arguments) for effect in asked] == [{"account": "1234"}]


# ---- what a failure tells


def test_a_tool_without_an_answer_is_named() -> None:
    _, happened = fails("{asks: reason}\n{keys: 11234, asks: amount}", answers="")
    assert happened == 'The flow calls "look_up" and the test has no answer for it.'


def test_a_target_without_an_answer_is_named() -> None:
    assert 'hands the call to "care"' in fails("{asks: reason}\n{caller: a fault, end: transferred}")[1]


@pytest.mark.parametrize(
    ("turn", "happened"),
    [
        ("{asks: account}", "the bot asks reason"),
        ("{reads_back: 1}", "the bot asks reason"),
        ("{node: who}", "it is in welcome"),
        ("{says: hello there}", "it said: Welcome to the line."),
        ("{never_says: recorded}", "it said: Welcome to the line."),
        ("{tool: look_up}", "it called no tool"),
        ("{transfer: care}", "the call was handed to nobody"),
        ("{end: completed}", "it did not end; the bot asks reason"),
        ("{slot: {reason: bill}}", "reason is empty"),
        ("{slot: {told: yes}}", "told is no"),
    ],
)
def test_a_check_that_does_not_hold(turn: str, happened: str) -> None:
    assert fails(turn)[1].startswith(happened)


def test_a_failure_stands_at_its_check_and_shows_its_turn() -> None:
    report = run("{asks: reason}\n{caller: my bill, says: hello, asks: account}")
    (failure,) = report.failures
    assert failure.turn == 2
    assert (failure.place.file, failure.place.line, failure.place.column) == ("t.test.yaml", 8, 33)
    assert [row.split("  ", 1)[1] for row in failure.transcript] == [
        "caller  my bill",
        "bot     What is your four digit account number?",
    ]


def test_wrong_arguments_are_shown_without_private_values() -> None:
    expected, happened = fails("{asks: reason}\n{keys: 11234, tool: look_up, with: {account: 9999}}")
    assert expected == "tool: look_up, with: {account: 9999}"
    assert happened == "it called look_up(account: ••••)"


def test_private_words_and_read_backs_are_masked() -> None:
    report = run("{asks: reason}\n{caller: my bill}\n{caller: one two three four, reads_back: 4321}")
    (failure,) = report.failures
    assert failure.happened == "the bot reads back account: ••••"
    assert "one two three four" not in " ".join(failure.transcript)


def test_a_caller_cannot_go_on_after_the_end() -> None:
    expected, happened = fails("{asks: reason}\n{caller: a fault}\n{caller: hello}", answers="care: {answered: {}}")
    assert (expected, happened) == ("the caller says something", "the call was over already (transferred)")


def test_checks_of_the_whole_call() -> None:
    talk = "{asks: reason}\n{keys: 11234, asks: amount}"
    assert fails(talk, whole="    never_says: your balance\n")[0] == "never_says: your balance"
    assert fails(talk, whole="    never_tool: look_up\n")[1] == "it was called"
    assert run(talk, whole="    never_transfer: yes\n    keeps_out: 1234\n    never_tool: note\n").passed
    assert fails("{asks: reason}\n{keys: 1}", whole="    keeps_out: your bill\n")[1].startswith("it stands in")


def test_a_late_first_sound_is_told() -> None:
    slow = "look_up: {after: 600ms, ok: {balance: 1}}"
    passes("{asks: reason}\n{keys: 11234, within: 700ms}", answers=slow)
    assert fails("{asks: reason}\n{keys: 11234, within: 500ms}", answers=slow) == (
        "within: 500ms",
        "the first sound came after 600 ms",
    )


# ---- the virtual clock


def test_the_same_scenario_happens_the_same_way_twice() -> None:
    talk = "{asks: reason}\n{silence: yes, asks: reason}\n{keys: 11234, asks: amount}"
    assert run(talk).happened == run(talk).happened


def test_prompts_take_their_time_and_never_overlap() -> None:
    report = passes("{asks: reason}\n{keys: 1, asks: account}\n{caller: one two three four, reads_back: 1234}")
    prompts = [happening for happening in report.happened if isinstance(happening, BotSpoke)]
    assert all(earlier.until_ms <= later.at_ms for earlier, later in pairwise(prompts))
    assert all(prompt.until_ms - prompt.at_ms > 500 for prompt in prompts)


# ---- values as they are written


@pytest.mark.parametrize(
    ("value", "written", "same"),
    [
        (None, None, True),
        (None, "x", False),
        ("x", None, False),
        ("12345678", "1234 5678", True),
        ("Ana", "ana", True),
        ("bill", "fault", False),
        (Decimal("42.5"), "42.50", True),
        (Decimal("42.5"), "$42.50", True),
        (Decimal("42.5"), "forty", False),
        (True, "yes", True),
        (False, "yes", False),
        (date(1980, 5, 2), "1980-05-02", True),
        (date(1980, 5, 2), "May", False),
        (time(17, 30), "17:30", True),
        (time(7, 30), "7:30", True),
        (timedelta(minutes=2), "2m", True),
    ],
)
def test_values_are_compared_as_what_they_are(value: Value | None, written: str | None, same: bool) -> None:
    assert same_value(value, written, "America/New_York") is same


# ---- a conversation becomes a test


def test_a_conversation_written_down_passes_when_run() -> None:
    bundle = sample_line()
    given = Given(answers={})
    text = "schema: callscript/1\nflow: line\ntests:\n  - {name: a, given: {answers: {"
    text += "look_up: [{not_found: {}}, {status: 200, body: {balance: 1.50}}], care: {no_answer: {}}"
    text += "}}, talk: [{caller: x}]}\n"
    given = load_scenarios(text, "t")[0][0].given
    scripted = Scripted(given)
    talk = Conversation(TextCall(bundle, start_state(bundle, "line", given), scripted))
    talk.begin()
    talk.stay_silent(8000)
    talk.speak("it's about my bill, please: now")
    talk.press("1111")
    talk.speak("one two three five")
    talk.speak("no, it ends in four")
    talk.speak("yes")
    talk.stay_silent(None)
    talk.stay_silent(None)
    used = {name: list(answers) for name, answers in given.answers.items()}
    written = as_scenario(talk, "line", "what was said: a test", used)
    scenarios, messages = load_scenarios(written, "saved.test.yaml")
    assert not messages, written
    report = run_scenario(bundle, scenarios[0])
    assert report.passed, (written, report.failures)
    assert report.scenario.talk[-1].act is not None
    assert talk.call.outcome == "completed"


def test_a_secret_of_a_sub_flow_is_masked_where_its_tool_is_told() -> None:
    files = {
        "project.yaml": "schema: callflow/1\nproject: x\nzone: UTC\nentry: {default: main}\n"
        "apis: {core: {url: https://core.example.com}}\n",
        "main.flow.yaml": "schema: callflow/1\nflow: main\nstart: a\n"
        "nodes:\n  a: [{run: verify, on: {known: {goto: b}}}]\n  b: [{end: Goodbye.}]\n",
        "verify.flow.yaml": "schema: callflow/1\nflow: verify\nstart: a\noutcomes: {known: []}\n"
        "slots: {pin: {type: digits, length: 4, private: secret, ask: PIN?}}\n"
        "tools: {look: {http: POST core/v1/look, body: {pin: '{pin}'}, changes_things: no, results: {ok: {}}}}\n"
        "nodes:\n  a: [{ask: pin}, {call: look, on: {ok: {return: known}, failed: {return: known}}}]\n",
    }
    bundle = load_project(files).bundle
    assert bundle is not None
    text = (
        "schema: callscript/1\nflow: main\ntests:\n  - name: x\n    given: {answers: {look: {ok: {}}}}\n"
        "    talk: [{asks: pin}, {keys: 7391, says: Never said}]\n"
    )
    scenarios, _ = load_scenarios(text, "x.test.yaml")
    (failure,) = run_scenario(bundle, scenarios[0]).failures
    told = "\n".join(failure.transcript)
    assert "look(pin:" in told and "7391" not in told, told
