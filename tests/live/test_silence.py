"""Whatever fails, a caller never hears nothing for two seconds while it is our turn, and the cause is written down."""

from dataclasses import replace

import pytest

from ivr.flow.flow import Bundle
from ivr.flow.state import RawReply
from tests.call.textflow import line
from tests.live.line import Trial, trial

MOST_MS = 2_000
"""Of silence while it is our turn."""
OK = RawReply(status=200, body={"balance": 42.5})
LOOKING, MOMENT, STILL = "Let me look that up.", "One moment, please.", "I'm still here. It takes a little longer."
SORRY = "I'm sorry, something went wrong on our side. Please call again later. Goodbye."


def without_filler() -> Bundle:
    bundle = line()
    flow = bundle.flows["line"]
    tools = {**flow.tools, "look_up": replace(flow.tools["look_up"], filler=None)}
    return replace(bundle, flows={"line": replace(flow, tools=tools)})


async def at_the_tool(call: Trial) -> int:
    """The account number was typed; when the look-up began."""
    await call.heard_out()
    await call.press("1")
    await call.heard_out()
    await call.press("123")
    call.call.key("4")
    began = call.now
    await call.wait(20)
    return began


@pytest.mark.parametrize(
    ("bundle", "said"),
    [(line(), [LOOKING, MOMENT, STILL]), (without_filler(), [MOMENT, STILL])],
    ids=["with a filler", "without one"],
)
async def test_a_slow_tool(bundle: Bundle, said: list[str]) -> None:
    async with trial(bundle) as call:
        began = await at_the_tool(call)
        await call.wait(5_800)
        assert call.far.longest_silence_ms(began, call.now) < MOST_MS
        assert set(call.notebook.silences) == {"slow_tool"}
        await call.heard_out()
    assert [heard for heard in call.notebook.heard if heard in (LOOKING, MOMENT, STILL)] == said


async def test_a_tool_that_never_answers_is_given_up_and_the_call_goes_on() -> None:
    async with trial(line()) as call:
        began = await at_the_tool(call)
        await call.wait(6_100)
        assert call.far.longest_silence_ms(began, call.now) < MOST_MS
        await call.heard_out()
        await call.wait(100)
        assert call.notebook.left and call.notebook.left[0].target == "care"


async def test_a_recogniser_that_never_answers() -> None:
    """Bridges, then the turn is given up and the question asked again; what comes later is late news."""
    async with trial(line()) as call:
        await call.heard_out()
        call.recogniser.hears = None
        await call.speak(600)
        ended = call.now
        await call.wait(14_000)
        assert call.far.longest_silence_ms(ended, call.now) < MOST_MS
        assert call.notebook.silences[0] == "slow_recogniser"
        assert call.notebook.silences[-1] == "stuck_turn"
        assert MOMENT in call.notebook.heard and STILL in call.notebook.heard
        await call.heard_out()
        call.recogniser.hears = "my bill"
        await call.speak(600)
        await call.wait(1500)
        assert call.call.call.state.standings[-1].slots["reason"].value == "bill"


async def test_a_voice_that_fails_for_one_sentence_is_asked_again() -> None:
    async with trial(line()) as call:
        call.tools.reply = OK
        failed: list[str] = []
        call.voice.fails = lambda text: "balance" in text and not failed and not failed.append(text)  # type: ignore[func-returns-value]
        await at_the_tool(call)
        await call.wait(4_000)
        assert failed and any("balance is" in heard for heard in call.notebook.heard)
        assert call.notebook.silences == []


async def test_a_voice_that_fails_leaves_nobody_in_silence() -> None:
    """What is at hand is still said: the flow apologises and ends the call."""
    async with trial(line()) as call:
        call.tools.reply = OK
        call.voice.fails = lambda text: True
        began = await at_the_tool(call)
        await call.wait(MOST_MS)
        assert call.far.longest_silence_ms(began, call.now) < MOST_MS
        await call.heard_out()
        await call.wait(100)
        assert call.notebook.silences == ["failed_voice"]
        assert call.notebook.heard[-1] == SORRY
        (told,) = [turn for turn in call.notebook.turns if "balance" in turn.shown]
        assert (told.sent, told.heard, told.cut) == ("", "", True)
        assert call.notebook.finishes[0].outcome == "error"
        assert call.far.closed == 1000


async def test_a_voice_that_never_worked_ends_the_call_and_does_not_keep_it_silent() -> None:
    async with trial(line(), warm=False) as call:
        call.voice.fails = lambda text: True
        await call.wait(MOST_MS)
        assert call.notebook.finishes[0].outcome == "error"
        assert call.far.closed == 1000


async def test_a_voice_that_gives_no_sound_has_failed() -> None:
    async with trial(line()) as call:
        call.tools.reply = OK
        await call.heard_out()
        call.voice.fails = lambda text: "balance" in text
        await at_the_tool(call)
        await call.wait(1000)
        assert call.notebook.silences == ["failed_voice"]


async def test_a_slow_voice_is_bridged_by_what_is_at_hand() -> None:
    async with trial(line()) as call:
        call.tools.reply = OK
        call.voice.hangs = lambda text: "balance" in text
        began = await at_the_tool(call)
        await call.wait(4_000)
        assert call.far.longest_silence_ms(began, call.now) < MOST_MS
        assert set(call.notebook.silences) == {"slow_voice"}
        assert call.notebook.heard[-1] == MOMENT
        call.voice.let_go.set()
        await call.wait(60)
        await call.heard_out()
        await call.wait(60)
        assert "Your balance is forty two dollars and fifty cents." in call.notebook.heard


async def test_receipts_that_never_come_hold_nothing_up() -> None:
    async with trial(line()) as call:
        call.far.returns_marks = False
        await call.wait(20_000)
        assert {"lost_marks", "silent_caller"} <= set(call.notebook.silences)
        assert "stuck_turn" not in call.notebook.silences
        assert any("didn't hear you" in heard for heard in call.notebook.heard)
        assert all(turn.acknowledged_ms == 0 for turn in call.notebook.turns)


async def test_a_caller_whose_sound_stops_in_mid_sentence_is_answered() -> None:
    async with trial(line()) as call:
        await call.heard_out()
        call.recogniser.hears = "my bill"
        await call.speak(600)
        call.frames = False
        stopped = call.now
        await call.wait(2_500)
        assert call.notebook.silences[0] == "dead_stream"
        assert call.call.call.state.standings[-1].slots["reason"].value == "bill"
        assert call.far.longest_silence_ms(stopped, call.now) < MOST_MS


async def test_a_deaf_ear_is_opened_anew() -> None:
    async with trial(line()) as call:
        await call.heard_out()
        call.recogniser.hears = "well"
        await call.speak(400)
        call.listens = False
        await call.wait(2_600)
        assert call.notebook.silences[0] == "deaf_ear"
        call.listens = True
        await call.wait(100)
        await call.heard_out()
        call.recogniser.hears = "my bill"
        await call.speak(600)
        await call.wait(1_500)
        assert call.call.call.state.standings[-1].slots["reason"].value == "bill"


async def test_a_silent_caller_is_asked_again() -> None:
    async with trial(line()) as call:
        await call.heard_out()
        await call.wait(6_500)
        assert call.notebook.silences == ["silent_caller"]


async def test_speech_in_which_no_words_are_found_is_told_from_silence() -> None:
    async with trial(line()) as call:
        await call.heard_out()
        call.recogniser.hears = ""
        await call.speak(800)
        await call.wait(1_500)
        assert call.notebook.silences == ["empty_recognition"]
        await call.heard_out()
        await call.wait(40)
        assert any("didn't catch that" in heard or "Sorry" in heard for heard in call.notebook.heard)
