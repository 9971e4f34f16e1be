"""What `ivr test --voice` makes of a test before it is played: what a telephone can do, what is said again."""

from pathlib import Path

import pytest

from ivr.catalog import check_folder
from ivr.cli.asked_again import asked_again
from ivr.cli.playable import cannot_play
from ivr.cli.projects import find_projects, read_tests_of
from ivr.flow.flow import Bundle
from ivr.flow.scenario import Scenario, Speak, load_scenarios
from ivr.sim.stand_ins import copy_with_stand_ins

HARBOUR = Path("flows/harbour")


@pytest.fixture(scope="module")
def bundle() -> Bundle:
    checked = check_folder(HARBOUR).bundle
    assert checked is not None
    return checked


def scenario(given: str, flow: str = "support") -> Scenario:
    text = f"schema: callscript/1\nflow: {flow}\ntests:\n  - name: x\n    given: {given}\n    talk: [{{hangup: yes}}]\n"
    read, wrong = load_scenarios(text, "x.test.yaml")
    assert not wrong
    return read[0]


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ("{time: 2026-03-02 22:00, answers: {care: {closed: {}}}}", None),
        ("{time: 2026-12-24 13:00, answers: {care: {closed: {}}}}", None),
        ("{time: 2026-03-02 10:00, answers: {care: {closed: {}}}}", 'answer "closed"'),
        ("{answers: {care: {answered: {}}}}", None),
        ("{answers: {care: {no_answer: {}}}}", None),
        ("{answers: {care: {failed: {}}}}", "nobody is rung in a queue"),
        ("{answers: {care: {answered: {}, after: 2m}}}", "between music"),
    ],
)
def test_what_a_telephone_can_play(bundle: Bundle, given: str, why: str | None) -> None:
    told = cannot_play(scenario(given), bundle)
    assert told is None if why is None else why in (told or "")


def test_what_it_can_play_of_other_flows(bundle: Bundle) -> None:
    assert cannot_play(scenario("{answers: {pharmacist: [{failed: {}}, {booked: {}}]}}", "refill"), bundle) is None
    assert cannot_play(scenario("{answers: {intake: {say: Tell me more.}}}", "triage"), bundle) is None


def test_a_line_is_said_again_where_the_test_does_not_mean_it_to_be_of_no_use(bundle: Bundle) -> None:
    meant = {
        turn.act.words
        for one in read_tests_of(find_projects([str(HARBOUR)])[0]).scenarios
        for turn, sentences in zip(one.talk, asked_again(one, bundle), strict=True)
        if isinstance(turn.act, Speak) and not sentences
    }
    assert meant == {"the weather", "the purple elephant"}


def test_nobody_holds_for_minutes(bundle: Bundle, tmp_path: Path) -> None:
    copied = copy_with_stand_ins(bundle, HARBOUR, tmp_path, "http://127.0.0.1:9")
    again = check_folder(copied).bundle
    assert again is not None
    assert bundle.targets["care"].wait_ms == 300_000 and again.targets["care"].wait_ms == 20_000
    assert again.targets["pharmacist"] == bundle.targets["pharmacist"]
