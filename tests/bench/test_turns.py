"""What bench.turns makes of clips and of results; the engines are not run."""

from pathlib import Path

import pytest

from bench.question import bundle_of, digits_in, question_of
from bench.speech import Clip
from bench.turns import BEFORE_MS, Result, sayings, table
from ivr.audio.pcm import Pcm
from ivr.audio.tones import noise
from ivr.units import LINE_RATE_HZ

LOUD, HUSH = noise(1, 1000, -20, rate_hz=LINE_RATE_HZ), Pcm.silence(ms=40, rate_hz=LINE_RATE_HZ)
SOUND = Pcm(LOUD.samples + HUSH.samples + LOUD.samples, LINE_RATE_HZ)


def clip(kind: str, text: str, number: int = 0) -> Clip:
    return Clip(number, text, kind, True, 0, SOUND.ms, SOUND)


def test_the_pause_is_put_where_the_speech_is_quietest() -> None:
    whole, paused = sayings([clip("free", "I was charged twice")], 600)
    assert whole.pause_at is None and whole.end_ms == BEFORE_MS + SOUND.ms
    assert paused.pause_at is not None and BEFORE_MS + 1000 <= paused.pause_at <= BEFORE_MS + 1040
    assert paused.end_ms == whole.end_ms + 600 and paused.sound.ms == whole.sound.ms + 600


@pytest.mark.parametrize(("kind", "text"), [("menu", "report an outage"), ("yesno", "yes it is"), ("digits", "two")])
def test_nobody_pauses_inside_a_word_or_an_option(kind: str, text: str) -> None:
    assert [said.pause_at for said in sayings([clip(kind, text)], 600)] == [None]


def test_every_kind_of_clip_has_a_question_that_the_loader_takes(tmp_path: Path) -> None:
    clips = [
        clip(kind, text, number)
        for number, (kind, text) in enumerate(
            [
                ("digits", "zip code nine four one oh seven"),
                ("menu", "sales"),
                ("word", "A rabbit."),
                ("yesno", "no that's not correct"),
                ("date", "tomorrow"),
                ("money", "nineteen ninety nine"),
                ("prompt", "Agent logged in."),
                ("free", "hello"),
            ]
        )
    ]
    questions = {question_of(one, clips) for one in clips}
    bundle = bundle_of(questions, tmp_path, 700)
    assert set(bundle.flows) == {name for q in questions for name in (q.flow, f"{q.flow}_fixed")}
    assert bundle.flows["digits_5"].slots["said"].length == (5, 5)
    assert bundle.flows["digits_5_fixed"].turn.pause_ms == 700
    assert [option.hear for option in bundle.flows["menu"].slots["said"].options] == [("a rabbit",), ("sales",)]


@pytest.mark.parametrize(("text", "count"), [("seven", 1), ("two nine three four zero", 5)])
def test_the_digits_of_a_text_are_counted(text: str, count: int) -> None:
    assert digits_in(text) == count


def result(policy: str, over_ms: float | None, *, paused: bool = False, kind: str = "free") -> Result:
    return Result(0, True, kind, paused, "clean", policy, over_ms, 1)


def test_a_turn_that_ends_before_the_speech_is_a_cut_in_and_no_delay() -> None:
    rows = list(
        table(
            [
                result("rules", -300, paused=True),
                result("rules", 800, paused=True),
                result("rules", 800),
                result("rules", 900),
                result("rules", None),
                result("rules", 400, kind="digits"),
            ]
        )
    )
    assert len(rows) == 3
    assert rows[-1].split() == "clean, human rules 1/2 50% 0/4 0% 400 400 850 890 (1 never) 1.00".split()  # noqa: SIM905
