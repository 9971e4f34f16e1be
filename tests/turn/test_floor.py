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
