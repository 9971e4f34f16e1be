"""One call's mind, walked with numbers as time: who has the floor, what is heard, how it ends."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from ivr.call import effects as fx
from ivr.call import events as ev
from ivr.flow.state import RawReply
from ivr.flow.types import Interrupt, Privacy
from ivr.turn.floor import Floor
from tests.call.desk import Desk
from tests.call.textflow import line

OK = RawReply(status=200, body={"balance": 42.5})


def saying(*texts: str) -> Callable[[fx.Transcribe], str | None]:
    """Utterance after utterance, however often each is asked for."""
    by_turn: dict[int, str] = {}
    left = list(texts)

    def hears(asked: fx.Transcribe) -> str | None:
        if asked.turn not in by_turn:
            by_turn[asked.turn] = left.pop(0) if left else ""
        return by_turn[asked.turn]

    return hears


@pytest.fixture
def desk() -> Desk:
    return Desk(line(), answers={"look_up": OK, "note": RawReply(status=201)})


def at_the_question(desk: Desk) -> Desk:
    desk.heard_out()
    return desk


# ---- turns


def test_an_answer_that_satisfies_the_question_ends_the_turn_early(desk: Desk) -> None:
    at_the_question(desk).hears = saying("my bill")
    desk.speak(600)
    desk.wait(300)
    assert desk.slots == {}
    desk.wait(140)
    assert desk.slots == {"reason": "bill"}


def test_an_answer_that_says_nothing_yet_waits_for_the_longer_pause(desk: Desk) -> None:
    at_the_question(desk).hears = saying("well the thing is this")
    desk.speak(600)
    desk.wait(700)
    assert desk.call.floor is Floor.MAYBE_ENDED
    desk.wait(260)
    assert [t.shown for t in desk.turns if t.who == "caller"] == ["well the thing is this"]


@pytest.mark.parametrize(("answer", "waits_ms"), [("short", 700), ("sentence", 800), ("story", 1500), (None, 800)])
def test_the_kind_of_answer_sets_how_long_a_pause_is_waited_for(answer: str | None, waits_ms: int) -> None:
    bundle = line()
    flow = bundle.flows["line"]
    reason = flow.slots["reason"]
    turn = replace(reason.question.turn, answer=answer)
    slots = {**flow.slots, "reason": replace(reason, question=replace(reason.question, turn=turn))}
    desk = at_the_question(Desk(replace(bundle, flows={"line": replace(flow, slots=slots)})))
    desk.hears = saying("well the thing is this")
    desk.speak(600)
    desk.wait(waits_ms - 100)
    assert desk.call.floor is Floor.MAYBE_ENDED
    desk.wait(200)
    assert [t.who for t in desk.turns][-1] == "caller"


def test_an_afterthought_goes_on_the_same_turn(desk: Desk) -> None:
    """The caller goes on while we think: what was recognised so far is thrown away."""
    texts = iter(["well", "well it's my bill"])
    at_the_question(desk).hears = lambda asked: next(texts)
    desk.speak(400)
    desk.wait(500)
    desk.speak(500)
    desk.wait(500)
    assert [t.shown for t in desk.turns if t.who == "caller"] == ["well it's my bill"]


def test_an_afterthought_is_heard_together_with_what_went_before(desk: Desk) -> None:
    lengths: list[int] = []

    def hears(asked: fx.Transcribe) -> str:
        lengths.append(len(asked.mulaw))
        return "well"

    at_the_question(desk).hears = hears
    desk.speak(400)
    desk.wait(500)
    desk.speak(500)
    desk.wait(400)
    assert len(lengths) == 2
    assert lengths[1] >= lengths[0] + 8 * 900


def test_the_first_syllable_is_never_lost(desk: Desk) -> None:
    sounds: list[bytes] = []

    def hears(asked: fx.Transcribe) -> str:
        sounds.append(asked.mulaw)
        return "my bill"

    at_the_question(desk).hears = hears
    desk.wait(1000)
    desk.speak(600)
    desk.wait(600)
    assert sounds[0].count(b"\x20") == 8 * 600
    assert sounds[0].startswith(b"\xff" * 8 * 90)


def test_words_of_an_older_attempt_are_late_news(desk: Desk) -> None:
    at_the_question(desk).hears = saying("my bill")
    desk.speak(400)
    desk.wait(320)
    asked = desk.last(fx.Transcribe)
    assert isinstance(asked, fx.Transcribe)
    desk.speak(300)
    desk.feed(ev.Transcribed(asked.turn, asked.attempt, "a fault", -0.1, ev.Millis(10)))
    desk.wait(1000)
    assert desk.slots == {"reason": "bill"}


def test_a_recogniser_that_fails_is_a_no_match_and_not_silence(desk: Desk) -> None:
    at_the_question(desk).hears = lambda asked: None
    said = len(desk.said)
    desk.speak(600)
    desk.wait(1200)
    assert len(desk.said) > said


def test_a_caller_whom_the_recogniser_does_not_hear_is_shown_the_keys(desk: Desk) -> None:
    at_the_question(desk).hears = lambda asked: None
    spoken = []
    for _ in range(2):
        desk.speak(600)
        desk.wait(1200)
        spoken.append(desk.said[-1])
        desk.heard_out()
    assert "can't hear you well" not in spoken[0]
    assert "Please use the keys." in spoken[1]
    assert "Press 1 for your bill, 2 for a fault." in spoken[1]
    desk.press("1")
    assert desk.slots == {"reason": "bill"}


def test_a_recogniser_that_is_back_is_no_reason_to_use_the_keys(desk: Desk) -> None:
    at_the_question(desk).hears = lambda asked: {1: None, 2: "an elephant", 3: None}[asked.turn]
    for _ in range(3):
        desk.speak(600)
        desk.wait(1200)
        desk.heard_out()
    assert not any("can't hear you well" in said for said in desk.said)


def test_words_that_take_long_are_bridged_by_a_sentence(desk: Desk) -> None:
    at_the_question(desk).hears = saying("my bill")
    desk.deaf_ms = 3000
    desk.speak(600)
    desk.wait(800 + 1200 + 60)
    assert desk.said[-1] == "One moment, please."
    desk.wait(1500)
    assert desk.slots == {"reason": "bill"}


def test_a_click_is_no_turn_and_the_patience_begins_anew(desk: Desk) -> None:
    at_the_question(desk).hears = lambda asked: ""
    desk.wait(5000)
    desk.speak(100)
    desk.wait(5900)
    assert not any("didn't hear" in said for said in desk.said)
    desk.wait(800)
    assert any("didn't hear" in said for said in desk.said)


def test_a_turn_ends_at_the_longest_utterance(desk: Desk) -> None:
    at_the_question(desk).hears = saying("la la la")
    desk.speak(31_000)
    assert desk.count(fx.Transcribe) >= 1


# ---- silence


def test_patience_begins_when_the_prompt_was_heard(desk: Desk) -> None:
    at_the_question(desk).wait(5900)
    assert not any("didn't hear" in said for said in desk.said)
    desk.wait(200)
    assert any("didn't hear" in said for said in desk.said)


# ---- barge-in


def test_speech_over_a_question_cuts_it_once_confirmed(desk: Desk) -> None:
    desk.wait(44 * 60 + 200)  # the protected notice is over, the question is being said
    desk.hears = saying("my bill")
    desk.speak(180)
    assert desk.count(fx.CutPlayout) == 0
    desk.speak(120)
    assert desk.count(fx.CutPlayout) == 1
    desk.wait(600)
    assert desk.slots == {"reason": "bill"}
    cut = [t for t in desk.turns if t.who == "bot" and t.cut]
    assert cut and cut[0].heard != cut[0].shown


def test_a_cough_does_not_take_the_floor(desk: Desk) -> None:
    desk.wait(44 * 60 + 200)
    desk.speak(120)
    desk.wait(400)
    assert desk.count(fx.CutPlayout) == 0
    assert desk.call.floor is Floor.BOT


def test_the_rest_of_a_yes_does_not_answer_the_next_question(desk: Desk) -> None:
    """ "My bill" ends the turn at once; "that's right" is said over the next question and asks nothing."""
    at_the_question(desk).hears = saying("my bill", "that's right")
    desk.speak(600)
    desk.wait(460)
    assert desk.slots == {"reason": "bill"}
    desk.speak(500)
    desk.wait(900)
    assert desk.count(fx.CutPlayout) == 0
    assert [t.shown for t in desk.turns if t.who == "caller"] == ["my bill"]
    assert desk.call.floor is Floor.BOT


def test_an_afterthought_that_says_something_is_heard(desk: Desk) -> None:
    at_the_question(desk).hears = saying("my bill", "1 2 3 4")
    desk.speak(600)
    desk.wait(460)
    desk.speak(500)
    desk.wait(900)
    assert desk.count(fx.CutPlayout) == 1
    assert [t.privacy for t in desk.turns if t.who == "caller"] == [Privacy.OPEN, Privacy.PII]


def test_a_protected_prompt_is_played_to_its_end(desk: Desk) -> None:
    desk.wait(400)
    desk.speak(800)
    desk.heard_out()
    assert desk.count(fx.CutPlayout) == 0
    assert not any(t.who == "caller" for t in desk.turns)


def test_speech_that_outlasts_a_protected_prompt_takes_the_floor_then(desk: Desk) -> None:
    desk.wait(44 * 60 - 500)
    desk.hears = saying("my bill")
    desk.speak(900)
    desk.wait(600)
    assert desk.slots == {"reason": "bill"}


# ---- keys


def test_the_first_key_cuts_the_prompt(desk: Desk) -> None:
    desk.wait(44 * 60 + 200)
    desk.press("1")
    assert desk.count(fx.CutPlayout) == 1
    assert desk.slots == {"reason": "bill"}


def test_keys_during_a_protected_prompt_answer_the_question_behind_it(desk: Desk) -> None:
    desk.wait(300)
    desk.press("1")
    assert desk.count(fx.CutPlayout) == 0
    desk.heard_out()
    assert desk.slots == {"reason": "bill"}


def test_keys_typed_ahead_go_on_to_the_next_question(desk: Desk) -> None:
    at_the_question(desk).press("11234")
    desk.wait(300)
    assert desk.slots["account"] == "1234"


def test_a_key_drops_pending_speech(desk: Desk) -> None:
    at_the_question(desk).hears = saying("a fault")
    desk.speak(500)
    desk.press("1")
    desk.wait(1000)
    assert desk.slots == {"reason": "bill"}


def test_the_pause_between_keys_ends_an_entry() -> None:
    desk = Desk(line())
    at_the_question(desk).press("1")
    desk.heard_out()
    desk.press("12")
    desk.wait(2800)
    assert [t.shown for t in desk.turns if t.by_keys] == ["1"]
    desk.wait(400)
    assert len([t for t in desk.turns if t.by_keys]) == 2


# ---- ends


def test_a_goodbye_is_heard_before_the_line_is_left(desk: Desk) -> None:
    at_the_question(desk).press("11234")
    desk.wait(500)
    desk.heard_out()
    desk.press("3#")
    assert desk.said[-1].endswith("Goodbye.")
    assert desk.count(fx.Leave) == 0
    desk.heard_out()
    leave = desk.last(fx.Leave)
    assert isinstance(leave, fx.Leave) and leave.intent == "hang_up"
    assert desk.call.ended
    finish = desk.last(fx.Finish)
    assert isinstance(finish, fx.Finish) and finish.outcome == "completed"


def test_a_transfer_leaves_the_stream_and_the_call_open(desk: Desk) -> None:
    at_the_question(desk).press("2")
    desk.heard_out()
    leave = desk.last(fx.Leave)
    assert isinstance(leave, fx.Leave) and (leave.intent, leave.target) == ("transfer", "care")
    assert desk.count(fx.Finish) == 0
    assert desk.call.ended


def test_hanging_up_runs_what_is_owed_and_finishes_once(desk: Desk) -> None:
    at_the_question(desk)
    desk.feed(ev.CallerHungUp())
    assert not desk.call.ended  # the note is still on its way
    desk.wait(100)
    desk.feed(ev.CallerHungUp())
    desk.feed(ev.StreamLost())
    assert desk.call.ended
    assert desk.count(fx.Finish) == 1
    finish = desk.last(fx.Finish)
    assert isinstance(finish, fx.Finish) and finish.outcome == "caller_left"
    tool = desk.last(fx.KeepTool)
    assert isinstance(tool, fx.KeepTool) and tool.tool == "note"


def test_a_lost_stream_keeps_the_call_open(desk: Desk) -> None:
    at_the_question(desk)
    desk.feed(ev.StreamLost())
    assert desk.call.ended
    assert desk.count(fx.Finish) == 0


# ---- what is written down


def test_journal_entries_rise_and_come_before_what_they_cause(desk: Desk) -> None:
    at_the_question(desk).press("2")
    desk.heard_out()
    seqs = [e.seq for e in desk.did if isinstance(e, fx.KeepEntry)]
    assert seqs == sorted(set(seqs))
    leave = desk.last(fx.Leave)
    assert isinstance(leave, fx.Leave)
    before = desk.did[: desk.did.index(leave)]
    assert leave.entry in [e.seq for e in before if isinstance(e, fx.KeepEntry)]


def test_private_words_are_masked_and_kept_as_their_class(desk: Desk) -> None:
    at_the_question(desk).press("1")
    desk.heard_out()
    desk.press("1234")
    typed = [t for t in desk.turns if t.by_keys][-1]
    assert typed.privacy is Privacy.PII
    assert "1234" not in typed.shown or typed.shown.startswith("•")
    entries = [e for e in desk.did if isinstance(e, fx.KeepEntry) and "1234" in str(e.body)]
    assert entries and all(e.privacy is Privacy.PII for e in entries)


def test_the_digits_of_a_card_are_nowhere() -> None:
    desk = Desk(line(account=Privacy.PCI), answers={"look_up": OK})
    at_the_question(desk).press("1")
    desk.heard_out()
    pauses = [e.on for e in desk.did if isinstance(e, fx.PauseRecording)]
    assert pauses == [True]
    desk.press("9876")
    desk.wait(300)
    kept = [e for e in desk.did if isinstance(e, fx.KeepEntry | fx.KeepTurn | fx.KeepNote | fx.KeepTool)]
    assert not any("9876" in str(e) for e in kept)
    assert [e.on for e in desk.did if isinstance(e, fx.PauseRecording)] == [True, False]


def test_the_time_from_the_end_of_speech_is_told_with_the_answer(desk: Desk) -> None:
    at_the_question(desk).hears = saying("my bill")
    desk.speak(600)
    desk.wait(600)
    desk.heard_out()
    answer = [t for t in desk.turns if t.who == "bot"][-1]
    assert set(answer.latency_ms) == {"turn_over", "text", "first_audio"}
    assert 300 <= answer.latency_ms["turn_over"] <= answer.latency_ms["first_audio"] < 600


def test_the_same_events_give_the_same_effects() -> None:
    def played() -> list[fx.Effect]:
        desk = Desk(line(first=Interrupt.ANY), answers={"look_up": OK, "note": RawReply(status=201)})
        desk.hears = saying("my bill", "1 2 3 4", "yes")
        for ms in (2000, 700, 900):
            desk.wait(ms)
            desk.speak(ms)
        desk.wait(3000)
        desk.feed(ev.CallerHungUp())
        desk.wait(500)
        return desk.did

    assert played() == played()
