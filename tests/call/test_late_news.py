"""News that comes too late, twice, or about something nobody knows changes nothing; and what a call does in silence."""

from dataclasses import replace

import pytest

from ivr.call import effects as fx
from ivr.call import events as ev
from ivr.call.watch import Bound, Silence
from ivr.flow.state import RawReply
from ivr.turn.floor import Floor
from ivr.units import Millis
from tests.call.desk import Desk
from tests.call.textflow import line

OK = RawReply(status=200, body={"balance": 42.5})


@pytest.fixture
def desk() -> Desk:
    """At the first question; whatever the recogniser is asked, nothing comes of it by itself."""
    desk = Desk(line(), answers={"look_up": OK, "note": RawReply(status=201)})
    desk.heard_out()
    desk.deaf_ms = 1_000_000
    return desk


def asked(desk: Desk) -> fx.Transcribe:
    last = desk.last(fx.Transcribe)
    assert isinstance(last, fx.Transcribe)
    return last


def spoken(desk: Desk) -> fx.Transcribe:
    """A turn that is over; its words are awaited."""
    desk.speak(600)
    desk.wait(1000)
    assert desk.call.floor is Floor.THINKING
    return asked(desk)


def changes_nothing(desk: Desk, event: ev.Event) -> None:
    """Neither what the flow knows, nor what is said, nor who has the floor."""
    before = (replace(desk.call.state, seq=0), desk.call.floor, list(desk.said), desk.turns)
    desk.feed(event)
    assert (replace(desk.call.state, seq=0), desk.call.floor, list(desk.said), desk.turns) == before


def test_words_of_an_earlier_turn(desk: Desk) -> None:
    first = spoken(desk)
    desk.feed(ev.Transcribed(first.turn, first.attempt, "oranges", -0.1, Millis(10)))  # no match: asked again
    desk.wait(40)
    desk.heard_out()
    second = spoken(desk)
    assert second.turn > first.turn
    changes_nothing(desk, ev.Transcribed(first.turn, first.attempt, "my bill", -0.1, Millis(10)))
    desk.feed(ev.Transcribed(second.turn, second.attempt, "a fault", -0.1, Millis(10)))
    assert desk.slots == {"reason": "fault"}


def test_words_that_come_twice(desk: Desk) -> None:
    turn = spoken(desk)
    desk.feed(ev.Transcribed(turn.turn, turn.attempt, "my bill", -0.1, Millis(10)))
    changes_nothing(desk, ev.Transcribed(turn.turn, turn.attempt, "a fault", -0.1, Millis(10)))


def test_words_and_failures_of_an_attempt_that_was_given_up(desk: Desk) -> None:
    early = spoken(desk)
    desk.speak(400)  # the caller goes on
    late = ev.Transcribed(early.turn, early.attempt, "my bill", -0.1, Millis(10))
    changes_nothing(desk, late)
    changes_nothing(desk, ev.TranscribeFailed(early.turn, early.attempt, "down"))
    desk.wait(1000)
    again = asked(desk)
    assert (again.turn, again.attempt) == (early.turn, early.attempt + 1)
    changes_nothing(desk, late)
    desk.feed(ev.Transcribed(again.turn, again.attempt, "a fault", -0.1, Millis(10)))
    assert desk.slots == {"reason": "fault"}


def test_nearness_of_an_attempt_that_was_given_up(desk: Desk) -> None:
    early = spoken(desk)
    desk.speak(400)
    changes_nothing(desk, ev.Ranked(early.turn, early.attempt, (0.9, 0.1)))


def test_words_after_a_key_has_answered(desk: Desk) -> None:
    turn = spoken(desk)
    desk.press("1")
    changes_nothing(desk, ev.Transcribed(turn.turn, turn.attempt, "a fault", -0.1, Millis(10)))
    assert desk.slots == {"reason": "bill"}


def test_words_of_a_turn_that_was_given_up(desk: Desk) -> None:
    turn = spoken(desk)
    desk.feed(ev.FellSilent(Silence.STUCK_TURN))
    changes_nothing(desk, ev.Transcribed(turn.turn, turn.attempt, "my bill", -0.1, Millis(10)))


def test_a_tool_that_answers_twice_or_was_never_called(desk: Desk) -> None:
    desk.press("1")
    desk.heard_out()
    desk.press("1234")
    desk.wait(200)
    tool = desk.last(fx.RunTool)
    assert isinstance(tool, fx.RunTool)
    changes_nothing(desk, ev.ToolReplied(tool.id, RawReply(status=404), Millis(10)))
    changes_nothing(desk, ev.ToolReplied("never", OK, Millis(10)))


def test_a_prompt_that_ends_twice_or_was_never_said(desk: Desk) -> None:
    said = desk.last(fx.StartPlayout)
    assert isinstance(said, fx.StartPlayout)
    for say in (said.say, "never"):
        changes_nothing(desk, ev.PlayoutBegan(say))
        changes_nothing(desk, ev.PlayoutFailed(say, "down"))
        changes_nothing(desk, ev.PlayoutEnded(say, said.text, Millis(100), said.text, False))


@pytest.mark.parametrize("timer", ["call:patience", "call:keys", "call:thinking", "never:deadline"])
def test_a_timer_that_fires_though_it_was_taken_back(desk: Desk, timer: str) -> None:
    desk.speak(200)
    changes_nothing(desk, ev.Woke(timer))


# ---- silence


def causes(desk: Desk) -> list[str]:
    return [e.what for e in desk.did if isinstance(e, fx.KeepNote) and e.kind == "silence"]


def test_a_question_nobody_goes_on_with_is_asked_again_and_then_the_flow_apologises(desk: Desk) -> None:
    desk.feed(ev.FellSilent(Silence.STUCK_TURN))
    assert desk.said[-2:] == ["Sorry, I lost you for a moment.", "Is it about your bill or a fault?"]
    desk.heard_out()
    desk.press("1")
    assert desk.slots == {"reason": "bill"}
    desk.heard_out()
    desk.feed(ev.FellSilent(Silence.STUCK_TURN))
    desk.heard_out()
    desk.feed(ev.FellSilent(Silence.STUCK_TURN))
    assert "something went wrong" in desk.said[-1]
    assert causes(desk) == ["stuck_turn"] * 3


def test_a_bridge_is_another_sentence_when_it_comes_again_soon(desk: Desk) -> None:
    spoken(desk)
    desk.wait(1300)
    desk.heard_out()
    desk.feed(ev.FellSilent(Silence.SLOW_RECOGNISER))
    assert desk.said[-2:] == ["One moment, please.", "I'm still here. It takes a little longer."]
    assert desk.call.floor is Floor.THINKING


def test_a_bridge_is_ours_and_the_flow_repeats_nothing_of_it(desk: Desk) -> None:
    spoken(desk)
    desk.feed(ev.FellSilent(Silence.SLOW_RECOGNISER))
    desk.heard_out()
    assert "moment" not in desk.call.state.last_prompt.text
    assert not any("moment" in said.text for said in desk.call.state.told)


def test_the_sound_of_a_caller_that_stops_ends_the_turn(desk: Desk) -> None:
    desk.speak(600)
    desk.feed(ev.FellSilent(Silence.DEAD_STREAM))
    assert desk.call.floor is Floor.THINKING
    turn = asked(desk)
    desk.feed(ev.Transcribed(turn.turn, turn.attempt, "my bill", -0.1, Millis(10)))
    assert desk.slots == {"reason": "bill"}


def test_a_prompt_that_cannot_be_said_leads_to_on_error_once_what_was_before_it_is_over() -> None:
    desk = Desk(line())
    first, question = [e for e in desk.did if isinstance(e, fx.StartPlayout)]
    desk.feed(ev.PlayoutFailed(question.say, "down"))
    assert "something went wrong" not in desk.said[-1]
    desk.feed(ev.PlayoutEnded(first.say, first.text, Millis(100), first.text, False))
    assert "something went wrong" not in desk.said[-1]
    desk.feed(ev.PlayoutEnded(question.say, "", Millis(0), "", True))
    assert "something went wrong" in desk.said[-1]
    assert causes(desk) == ["failed_voice"]
    assert [turn.heard for turn in desk.turns] == [first.text, ""]
    assert question.text not in [said.text for said in desk.call.state.told]


# ---- over the flow's head


def test_a_call_is_ended_over_its_flows_head_and_only_once(desk: Desk) -> None:
    spoken(desk)
    desk.feed(ev.CutOff(Bound.TOO_LONG))
    desk.feed(ev.CutOff(Bound.NOBODY))
    desk.feed(ev.CallerHungUp())
    assert desk.call.ended
    assert [e for e in desk.did if isinstance(e, fx.Finish)] == [fx.Finish("limit", "the call was too long")]
    assert desk.count(fx.Leave) == 1


def test_a_call_that_is_over_but_for_a_tool_keeps_how_it_ended(desk: Desk) -> None:
    desk.answers.pop("note")
    desk.feed(ev.CallerHungUp())
    assert not desk.call.ended
    desk.feed(ev.CutOff(Bound.TOO_LONG))
    assert desk.call.ended
    finish = desk.last(fx.Finish)
    assert isinstance(finish, fx.Finish) and finish.outcome == "caller_left"


def test_what_a_caller_says_while_a_tool_is_awaited_is_not_lost_without_a_word(desk: Desk) -> None:
    desk.answers.pop("look_up")
    desk.press("1")
    desk.heard_out()
    desk.press("1234")
    desk.speak(360)
    desk.wait(200)
    assert [(e.kind, e.what) for e in desk.did if isinstance(e, fx.KeepNote)][-1] == ("unheard", "speech")
    desk.speak(100)  # a click is nothing
    desk.wait(400)
    assert sum(isinstance(e, fx.KeepNote) and e.kind == "unheard" for e in desk.did) == 1
