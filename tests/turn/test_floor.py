"""The table of the floor, walked as calls walk it."""

import pytest

from ivr.turn.floor import MOVES, Floor, FloorState, Move, Sign


def walk(*signs: Sign) -> tuple[Floor, list[Move]]:
    floor = FloorState()
    return floor.now, [floor.take(sign) for sign in signs] if signs else []


def after(*signs: Sign) -> Floor:
    floor = FloorState()
    for sign in signs:
        floor.take(sign)
    return floor.now


def test_a_question_and_its_answer_give_the_floor_back() -> None:
    assert (
        after(
            Sign.PROMPT_STARTED,
            Sign.PROMPTS_DONE,
            Sign.SPEECH_STARTED,
            Sign.PAUSE_BEGAN,
            Sign.TURN_OVER,
            Sign.READ,
        )
        is Floor.OPEN
    )


def test_speech_over_a_prompt_cuts_it_only_once_confirmed() -> None:
    _, moves = walk(Sign.PROMPT_STARTED, Sign.SPEECH_STARTED, Sign.SPEECH_CONFIRMED)
    assert moves == [Move.NOTHING, Move.BEGIN_TURN, Move.STOP_PROMPT]


def test_a_cough_over_a_prompt_leaves_the_bot_speaking() -> None:
    assert after(Sign.PROMPT_STARTED, Sign.SPEECH_STARTED, Sign.SPEECH_WITHDRAWN) is Floor.BOT


def test_an_afterthought_drops_what_was_recognised_so_far() -> None:
    _, moves = walk(Sign.SPEECH_STARTED, Sign.PAUSE_BEGAN, Sign.SPEECH_STARTED)
    assert moves == [Move.BEGIN_TURN, Move.ASK_EARLY, Move.DROP_EARLY]
    _, moves = walk(Sign.SPEECH_STARTED, Sign.TURN_OVER, Sign.SPEECH_STARTED)
    assert moves[-1] is Move.DROP_EARLY


@pytest.mark.parametrize("floor", [Floor.BOT, Floor.MAYBE_CALLER])
def test_a_key_cuts_what_is_being_said(floor: Floor) -> None:
    assert MOVES[(floor, Sign.KEY_TAKEN)] == (Floor.OPEN, Move.STOP_PROMPT)


@pytest.mark.parametrize("floor", [Floor.CALLER, Floor.MAYBE_ENDED, Floor.THINKING])
def test_a_key_drops_pending_speech(floor: Floor) -> None:
    assert MOVES[(floor, Sign.KEY_TAKEN)] == (Floor.OPEN, Move.DROP_TURN)


def test_what_is_not_in_the_table_is_our_own_mistake() -> None:
    with pytest.raises(KeyError):
        FloorState().take(Sign.READ)


def test_every_floor_knows_a_prompt_a_key_and_the_end_of_prompts() -> None:
    for floor in Floor:
        for sign in (Sign.PROMPT_STARTED, Sign.KEY_TAKEN, Sign.PROMPTS_DONE):
            assert (floor, sign) in MOVES


@pytest.mark.parametrize("floor", [Floor.CALLER, Floor.MAYBE_ENDED, Floor.THINKING])
def test_what_meant_nothing_gives_the_floor_back_to_the_bot(floor: Floor) -> None:
    assert MOVES[(floor, Sign.MEANT_NOTHING)] == (Floor.BOT, Move.GO_ON)


@pytest.mark.parametrize("floor", [Floor.MAYBE_ENDED, Floor.THINKING])
def test_late_words_leave_it_open_whose_floor_it_is(floor: Floor) -> None:
    assert MOVES[(floor, Sign.WORDS_LATE)] == (Floor.MAYBE_CALLER, Move.GO_ON_MEANWHILE)


@pytest.mark.parametrize("floor", [Floor.OPEN, Floor.BOT, Floor.MAYBE_CALLER])
def test_who_stopped_nothing_cannot_have_meant_nothing(floor: Floor) -> None:
    for sign in (Sign.MEANT_NOTHING, Sign.WORDS_LATE):
        assert (floor, sign) not in MOVES
