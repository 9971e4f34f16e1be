"""Speech over a prompt that meant nothing: the prompt goes on, and the flow hears of one prompt. And what was meant."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivr.audio import mulaw
from ivr.audio.pcm import Pcm
from ivr.call import effects as fx
from ivr.call import events as ev
from ivr.flow.flow import Bundle
from ivr.flow.state import RawReply
from ivr.flow.types import Interrupt, Type
from ivr.turn.floor import Floor
from ivr.units import FRAME_BYTES, LINE_RATE_HZ, Millis
from tests.call.desk import LETTER_MS, Desk
from tests.call.test_machine import saying
from tests.call.textflow import line, prompt

NOTICE = "Welcome to the line. This call is recorded."
LONG = (
    "If it is about your bill, say bill. If nothing works at all, or your line is slow, say fault, and hold the line."
)


def asking(question: str = LONG, kind: Type = Type.CHOICE) -> Bundle:
    bundle = line(first=Interrupt.ANY)
    flow = bundle.flows["line"]
    reason = replace(flow.slots["reason"], ask=prompt(question), type=kind)
    if kind is not Type.CHOICE:
        reason = replace(reason, options=())
    return replace(bundle, flows={"line": replace(flow, slots={**flow.slots, "reason": reason})})


def at_the_question(heard_ms: int, bundle: Bundle | None = None) -> Desk:
    """So much of the question was heard."""
    desk = Desk(bundle or asking())
    desk.wait(len(NOTICE) * LETTER_MS + 20)
    desk.wait(heard_ms)
    return desk


def prompts_done(desk: Desk) -> list[tuple[bool, str]]:
    """What the flow was told of its prompts: cut or not, and what was heard."""
    entries = [e for e in desk.did if isinstance(e, fx.KeepEntry) and e.kind == "flow.PromptDone"]
    return [(bool(e.body["cut"]), str(e.body["heard"])) for e in entries]


def bot_turns(desk: Desk) -> list[fx.KeepTurn]:
    return [turn for turn in desk.turns if turn.who == "bot"]


# ---- keys besides


def test_a_key_kept_during_a_prompt_that_only_speech_may_stop_answers_when_speech_has_stopped_it() -> None:
    desk = Desk(line(first=Interrupt.SPEECH), hears=lambda asked: "a fault")
    desk.wait(300)
    desk.press("1")
    desk.speak(900)
    desk.wait(1500)
    assert [turn.by_keys for turn in desk.turns if turn.who == "caller"] == [True]
    assert (desk.slots["reason"], desk.said[-1]) == ("bill", "What is your four digit account number?")
    assert desk.call.floor is Floor.BOT


def test_the_end_key_behind_a_number_that_was_complete_stops_no_prompt() -> None:
    desk = Desk(line(first=Interrupt.ANY))
    desk.press("1")
    desk.heard_out()
    desk.press("1234")
    tool = desk.last(fx.RunTool)
    assert isinstance(tool, fx.RunTool)
    desk.feed(ev.ToolReplied(tool.id, RawReply(status=404), Millis(10)))
    desk.wait(200)  # "I can't ..." is being said, and the question behind it is open
    cut = desk.count(fx.CutPlayout)
    desk.press("#")
    assert desk.count(fx.CutPlayout) == cut
    desk.heard_out()
    assert desk.said[-1] == "What is your four digit account number?"
    desk.press("5678")
    assert desk.slots["account"] == "5678"


# ---- for nothing


def test_a_cough_that_stopped_the_prompt_lets_it_go_on_from_its_clause() -> None:
    desk = at_the_question(2400)  # "If it is about your bill, say bill. If n"
    desk.speak(400)
    desk.wait(400)
    assert desk.count(fx.CutPlayout) == 1
    assert desk.said[-1] == LONG.partition(". ")[2]
    assert desk.call.floor is Floor.BOT
    desk.heard_out()
    assert not any(turn.who == "caller" for turn in desk.turns)
    assert prompts_done(desk)[-1] == (False, LONG)
    assert len(prompts_done(desk)) == 2


def test_both_parts_stand_in_the_record_as_they_were_heard() -> None:
    desk = at_the_question(2400)
    desk.speak(400)
    desk.wait(400)
    desk.heard_out()
    _, first, second = bot_turns(desk)
    assert first.cut
    assert first.shown == LONG
    assert LONG.startswith(first.heard)
    assert not second.cut
    assert second.shown == second.heard == LONG.partition(". ")[2]
    assert first.node == second.node
    notes = [e for e in desk.did if isinstance(e, fx.KeepNote) and e.what == "interrupted, went on"]
    assert [note.detail for note in notes] == ["no words"]


def test_the_silence_of_the_caller_is_waited_for_after_the_rest_only() -> None:
    desk = at_the_question(2400)
    desk.speak(400)
    desk.wait(400)
    desk.heard_out()
    desk.wait(5900)
    assert not any("didn't hear" in said for said in desk.said)
    desk.wait(300)
    assert any("didn't hear" in said for said in desk.said)


@pytest.mark.parametrize(
    "words", ["uh-huh", "Mm-hmm.", "yeah", "Okay.", "right", "I see.", "oh, okay", "Ha ha ha!", "Of us."]
)
def test_words_of_a_listener_are_no_answer_to_a_choice(words: str) -> None:
    desk = at_the_question(2400)
    desk.hears = saying(words)
    desk.speak(400)
    desk.wait(500)
    assert desk.count(fx.CutPlayout) == 1
    assert desk.call.floor is Floor.BOT
    desk.heard_out()
    assert prompts_done(desk)[-1] == (False, LONG)


@pytest.mark.parametrize(("words", "answer"), [("okay", True), ("uh-huh", True), ("right", True), ("no", False)])
def test_the_same_words_answer_a_question_that_expects_yes_or_no(words: str, answer: bool) -> None:
    desk = at_the_question(2400, asking(kind=Type.YES_NO))
    desk.hears = saying(words)
    desk.speak(400)
    desk.wait(900)
    assert desk.slots["reason"] is answer
    assert prompts_done(desk)[1][0]


def test_a_listener_agrees_with_what_stands_before_the_question() -> None:
    """ "Okay" over the notice is no answer to the question behind it, but a plain yes is."""
    desk = Desk(asking(kind=Type.YES_NO))
    desk.wait(800)
    desk.hears = saying("okay")
    desk.speak(400)
    desk.wait(500)
    assert desk.call.floor is Floor.BOT
    assert desk.slots == {}
    desk.hears = saying("yes")
    desk.speak(600)
    desk.wait(900)
    assert desk.slots["reason"] is True


def test_um_is_given_a_little_longer() -> None:
    desk = at_the_question(2400)
    desk.hears = saying("um")
    desk.speak(400)
    desk.wait(600)
    assert desk.call.floor is Floor.MAYBE_ENDED
    desk.wait(400)
    assert desk.call.floor is Floor.BOT


def test_words_that_take_long_do_not_keep_the_line_silent() -> None:
    """The prompt goes on while they are waited for; what they say then still counts."""
    desk = at_the_question(2400)
    desk.hears, desk.deaf_ms = saying("my bill"), 2500
    desk.speak(400)
    desk.wait(1300)
    assert desk.call.floor is Floor.MAYBE_CALLER
    assert desk.said[-1] == LONG.partition(". ")[2]
    desk.wait(1800)
    assert desk.slots == {"reason": "bill"}
    assert desk.count(fx.CutPlayout) == 2


def test_late_words_that_mean_nothing_leave_the_prompt_alone() -> None:
    desk = at_the_question(2400)
    desk.hears, desk.deaf_ms = saying("uh-huh"), 2500
    desk.speak(400)
    desk.wait(3200)
    assert desk.count(fx.CutPlayout) == 1
    assert desk.call.floor is Floor.BOT


def test_every_false_stop_makes_the_next_one_harder() -> None:
    desk = at_the_question(600)
    desk.speak(240)
    desk.wait(500)
    assert desk.count(fx.CutPlayout) == 1
    desk.speak(240)
    desk.wait(500)
    assert desk.count(fx.CutPlayout) == 1
    desk.speak(400)
    desk.wait(500)
    assert desk.count(fx.CutPlayout) == 2


@settings(deadline=None, max_examples=25)
@given(stops=st.lists(st.tuples(st.integers(100, 2500), st.integers(340, 900)), min_size=1, max_size=4))
def test_however_often_it_is_stopped_all_of_it_is_heard_and_told_once(stops: list[tuple[int, int]]) -> None:
    desk = at_the_question(0)
    for wait_ms, cough_ms in stops:
        desk.wait(wait_ms)
        if desk.to_say_ms < 1200:
            break  # a sound after the prompt is another matter
        desk.speak(cough_ms)
        desk.wait(700)
    desk.heard_out()
    desk.wait(700)
    desk.heard_out()
    assert prompts_done(desk)[1:] == [(False, LONG)]
    parts = bot_turns(desk)[1:]
    assert all(LONG.endswith(part.shown) and part.shown.startswith(part.heard) for part in parts)
    reached = 0
    for part in parts:  # nothing is left out between them but a blank
        begins = len(LONG) - len(part.shown)
        assert not LONG[reached:begins].strip()
        reached = begins + len(part.heard)
    assert reached == len(LONG)


# ---- meant


def test_what_was_meant_ends_the_prompt_before_it_is_told() -> None:
    desk = at_the_question(2400)
    desk.hears = saying("my bill")
    desk.speak(500)
    desk.wait(700)
    assert desk.slots == {"reason": "bill"}
    kinds = [e.kind for e in desk.did if isinstance(e, fx.KeepEntry) and e.kind in ("flow.PromptDone", "flow.Heard")]
    assert kinds == ["flow.PromptDone", "flow.PromptDone", "flow.Heard"]
    assert prompts_done(desk)[1][0]
    assert [turn.who for turn in desk.turns] == ["bot", "bot", "caller"]


def test_what_was_heard_before_a_false_stop_stays_heard() -> None:
    """It goes on, and is cut for good before the first word of the rest."""
    desk = at_the_question(2400)
    desk.speak(400)
    desk.wait(340)
    assert desk.call.floor is Floor.BOT
    heard = bot_turns(desk)[-1].heard
    desk.press("1")
    assert prompts_done(desk)[1] == (True, heard)


def test_words_nobody_has_a_use_for_are_a_no_match_when_there_are_enough_of_them() -> None:
    desk = at_the_question(2400)
    desk.hears = saying("the weather is very fine today")
    desk.speak(1200)
    desk.wait(1200)
    assert [turn.shown for turn in desk.turns if turn.who == "caller"] == ["the weather is very fine today"]


@pytest.mark.parametrize("words", ["stop", "wait", "what?", "no"])
def test_short_words_that_interrupt_are_listened_to(words: str) -> None:
    desk = at_the_question(2400)
    desk.hears = saying(words)
    desk.speak(400)
    desk.wait(4500)
    assert [turn.shown for turn in desk.turns if turn.who == "caller"] == [words]


def test_a_recogniser_that_fails_leaves_it_a_turn() -> None:
    desk = at_the_question(2400)
    desk.hears = lambda asked: None
    desk.speak(400)
    desk.wait(1500)
    assert [turn.who for turn in desk.turns][-1] == "caller" or desk.turns[-2].who == "caller"


def test_a_key_while_the_prompt_is_stopped_cuts_it_for_good() -> None:
    desk = at_the_question(2400)
    desk.speak(400)
    desk.press("1")
    assert desk.slots == {"reason": "bill"}
    assert prompts_done(desk)[1][0]
    desk.wait(1000)
    assert not any(said == LONG.partition(". ")[2] for said in desk.said)


def test_hanging_up_while_it_is_stopped_leaves_what_was_heard_in_the_record() -> None:
    desk = at_the_question(2400)
    desk.speak(400)
    desk.feed(ev.CallerHungUp())
    cut = bot_turns(desk)[-1]
    assert cut.cut
    assert cut.heard
    assert LONG.startswith(cut.heard)


def test_protected_words_are_not_stopped_at_all() -> None:
    desk = Desk(line())
    desk.wait(400)
    desk.speak(900)
    desk.heard_out()
    assert desk.count(fx.CutPlayout) == 0


# ---- our own echo


def voice(seed: int, ms: int) -> bytes:
    """Something with the ups and downs of speech, as µ-law."""
    chance = np.random.default_rng(seed)
    count = ms * LINE_RATE_HZ // 1000
    loud = np.repeat(chance.uniform(0.05, 1.0, ms // 60 + 1), 60 * 8)[:count]
    return mulaw.encode(Pcm.of(chance.standard_normal(count) * loud * 4000, LINE_RATE_HZ))


OURS, THEIRS = voice(1, 30_000), voice(2, 30_000)


def over_echo(desk: Desk, *, lag_ms: int = 120, caller_from_ms: int = 30_000) -> None:
    """What is played is OURS, on call time, and comes back 12 dB softer; the caller speaks from a moment on."""
    desk.call.hear_played(lambda begin, end: OURS[max(0, int(begin * 8)) : max(0, int(end * 8))])

    def sound(now: int) -> bytes:
        at = 8 * (now - 20 - lag_ms)
        heard = mulaw.decode(OURS[at : at + FRAME_BYTES]).array() * 10 ** (-12 / 20)
        if now > caller_from_ms:
            heard = heard + mulaw.decode(THEIRS[8 * (now - 20) : 8 * now]).array()
        return mulaw.encode(Pcm.of(heard, LINE_RATE_HZ))

    desk.sound = sound


def test_our_echo_does_not_take_the_floor_and_is_known_afterwards() -> None:
    desk = at_the_question(600)
    over_echo(desk)
    desk.wait(1000)
    desk.speak(2000)
    assert desk.count(fx.CutPlayout) == 0
    assert desk.call.echo is not None
    assert abs(desk.call.echo.lag_ms - 120) < 25
    assert abs(desk.call.echo.gain_db + 12) < 3
    told = [e for e in desk.did if isinstance(e, fx.KeepEntry) and e.kind == "EchoHeard"]
    assert len(told) == 1


def test_an_echo_that_stopped_the_prompt_all_the_same_is_no_answer() -> None:
    """What was played became known too late; its words would be our own."""
    desk = at_the_question(600)
    over_echo(desk)
    desk.call.hear_played(lambda begin, end: mulaw.SILENCE * int(8 * (end - begin)))
    desk.hears = saying("my bill")
    desk.wait(1000)
    desk.speak(900)
    assert desk.count(fx.CutPlayout) == 1
    over_echo(desk)
    desk.wait(600)
    assert desk.call.floor is Floor.BOT
    assert desk.slots == {}
    notes = [e for e in desk.did if isinstance(e, fx.KeepNote) and e.what == "interrupted, went on"]
    assert [note.detail for note in notes] == ["echo"]


def test_who_speaks_over_the_echo_is_heard() -> None:
    desk = at_the_question(600)
    over_echo(desk, caller_from_ms=desk.now + 2000)
    desk.hears = saying("my bill")
    desk.wait(1000)
    desk.speak(1000)
    assert desk.count(fx.CutPlayout) == 0
    desk.speak(700)
    assert desk.count(fx.CutPlayout) == 1
    desk.wait(700)
    assert desk.slots == {"reason": "bill"}


def test_the_last_of_an_echo_is_no_turn_of_the_caller() -> None:
    """It comes back after the prompt was heard."""
    desk = at_the_question(0)
    over_echo(desk, lag_ms=400)
    desk.wait(len(LONG) * LETTER_MS - 600)
    desk.speak(900)
    desk.wait(600)
    assert desk.call.floor is Floor.OPEN
    assert not any(turn.who == "caller" for turn in desk.turns)


def test_sound_that_has_nothing_to_do_with_ours_is_no_echo() -> None:
    desk = at_the_question(600)
    desk.call.hear_played(lambda begin, end: OURS[max(0, int(begin * 8)) : max(0, int(end * 8))])
    desk.sound = lambda now: THEIRS[8 * (now - 20) : 8 * now]
    desk.wait(1000)
    desk.speak(400)
    assert desk.count(fx.CutPlayout) == 1
    assert desk.call.echo is None
