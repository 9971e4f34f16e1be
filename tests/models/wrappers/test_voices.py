"""Several voices as one: the sentence is said to its end, and what was said is not said again."""

from contextlib import aclosing

import pytest

from ivr.audio import level
from ivr.audio.pcm import Pcm
from ivr.audio.tones import noise
from ivr.errors import ModelUnavailable
from ivr.live.mouth import Mouth
from ivr.models.deadline import due_in
from ivr.models.ports import Passed, SpokenPart, Voice
from ivr.models.prompt_cache import PromptCache
from ivr.models.wrappers.named import Named
from ivr.models.wrappers.voices import LETTER_MS, Voices, rest_of
from tests.models.wrappers.scripted_ports import WAITS, Speaks

TEXT = "Your appointment is on Tuesday at ten."
CUT = ModelUnavailable("broke off", "cut")
DOWN = ModelUnavailable("down", "unreachable", again=False)


def sound(ms: int, rate_hz: int = 24_000) -> Pcm:
    return noise(3, ms, -24, "pink", rate_hz)


def voices(*who: Speaks, first_ms: int = 4_000) -> Voices:
    return Voices([Named(f"voice {no}", one) for no, one in enumerate(who, 1)], first_ms)


async def spoken(voices: Voices, text: str = TEXT) -> list[SpokenPart]:
    async with aclosing(voices.speak(text, Voice(), due_in(20_000))) as parts:
        return [part async for part in parts]


def ms(parts: list[SpokenPart]) -> float:
    return sum(1000 * len(part) / part.rate_hz for part in parts if isinstance(part, Pcm))


def passed(parts: list[SpokenPart]) -> list[Passed]:
    return [part for part in parts if isinstance(part, Passed)]


async def test_the_first_voice_speaks() -> None:
    first, second = Speaks([sound(100), sound(100)]), Speaks([sound(100)])
    parts = await spoken(voices(first, second))
    assert (ms(parts), passed(parts), second.texts) == (200, [], [])


async def test_where_it_fails_the_next_speaks_the_whole_sentence() -> None:
    first, second = Speaks([DOWN]), Speaks([sound(100, 16_000)], rate_hz=16_000)
    both = voices(first, second)
    parts = await spoken(both)
    assert parts[0] == Passed("voice 1", "down", "voice 2")
    assert second.texts == [TEXT]
    assert {part.rate_hz for part in parts if isinstance(part, Pcm)} == {both.rate_hz}
    assert ms(parts) == pytest.approx(100, abs=5)


async def test_a_sentence_that_breaks_off_goes_on_from_the_word_that_did() -> None:
    first, second = Speaks([sound(1_000), sound(500), CUT]), Speaks([sound(800)])
    parts = await spoken(voices(first, second))
    assert ms(parts) == 1_000 + 500 + 800
    assert first.asked == 1  # what was said is not said again
    assert passed(parts) == [Passed("voice 1", "broke off", "voice 2")]
    assert second.texts == [rest_of(TEXT, 1_500, LETTER_MS)]
    assert TEXT.endswith(second.texts[0])
    assert 0 < len(second.texts[0]) < len(TEXT)


async def test_a_voice_that_stops_leaves_no_silence_behind() -> None:
    first, second = Speaks([sound(300), WAITS]), Speaks([sound(800)])
    parts = await spoken(voices(first, second))
    assert (ms(parts), first.open) == (1_100, 0)
    assert "stopped in the middle" in passed(parts)[0].why


async def test_with_nobody_left_a_sentence_that_breaks_off_has_failed() -> None:
    parts: list[SpokenPart] = []
    with pytest.raises(ModelUnavailable):
        async with aclosing(voices(Speaks([sound(300), CUT])).speak(TEXT, Voice(), due_in(20_000))) as coming:
            async for part in coming:
                parts.append(part)
    assert ms(parts) == 300


async def test_a_sentence_that_was_said_and_only_lacks_its_end_is_over() -> None:
    first, second = Speaks([sound(9_000), CUT]), Speaks([sound(800)])
    parts = await spoken(voices(first, second))
    assert (ms(parts), second.texts) == (9_000, [])


async def test_what_is_to_be_said_after_a_voice_took_long_has_time_of_its_own() -> None:
    first, second = Speaks([sound(300), CUT]), Speaks([sound(800)])
    async with aclosing(voices(first, second).speak(TEXT, Voice(), due_in(300))) as coming:
        await anext(coming)
        rest = [part async for part in coming]
    assert ms(rest) == 800


async def test_no_text_is_no_sound_and_no_failure() -> None:
    first = Speaks([])
    assert await spoken(voices(first), " ?! ") == []
    assert first.asked == 0


async def test_a_voice_that_gives_whole_sentences_is_as_loud_as_prompts_are() -> None:
    first, second = Speaks([DOWN]), Speaks([noise(3, 1_000, -45, "pink", 16_000)], rate_hz=16_000, streams=False)
    parts = await spoken(voices(first, second))
    whole = b"".join(part.samples for part in parts if isinstance(part, Pcm))
    assert level.active_dbfs(Pcm(whole, 16_000)) == pytest.approx(level.PROMPT_DBFS, abs=2)


@pytest.mark.parametrize(
    ("said_ms", "rest"),
    [
        (0, TEXT),
        (100, TEXT),  # a sound without a word
        (2.5 * LETTER_MS, TEXT),  # the first word broke off
        (4 * LETTER_MS, "appointment is on Tuesday at ten."),
        (16 * LETTER_MS, "is on Tuesday at ten."),
        (34 * LETTER_MS, "ten."),
        (60 * LETTER_MS, ""),
    ],
)
def test_the_rest_begins_with_the_word_that_broke_off(said_ms: float, rest: str) -> None:
    assert rest_of(TEXT, said_ms, LETTER_MS) == rest


def test_a_number_that_broke_off_is_said_whole() -> None:
    text = "Your code is 4711, thank you."
    assert rest_of(text, 22 * LETTER_MS, LETTER_MS) == "4711, thank you."


async def test_each_voice_is_reckoned_at_its_own_pace() -> None:
    slow = Speaks(*[[sound(6_000)]] * 30, [sound(3_000), CUT])
    second = Speaks([sound(100)])
    both = voices(slow, second)
    for _ in range(31):
        await spoken(both)
    assert len(second.texts[0]) > len(rest_of(TEXT, 3_000, LETTER_MS))
    assert second.texts[0].startswith("on")


# ---- and who keeps prompts


async def test_a_fixed_sentence_in_another_voice_is_not_kept() -> None:
    first, second = Speaks([DOWN], [DOWN], [sound(400)]), Speaks([sound(400)])
    cache = PromptCache(1_000_000)
    mouth = Mouth(voices(first, second), cache, Voice())
    for _ in range(2):
        said = [part async for part in mouth.speak(TEXT, fixed=True)]
        assert any(part.passed for part in said)
        assert mouth.at_hand(TEXT) == []
    assert not any(part.passed for part in [part async for part in mouth.speak(TEXT, fixed=True)])
    assert mouth.at_hand(TEXT) != []


async def test_a_prompt_that_was_not_said_by_the_voice_is_made_ready_another_time() -> None:
    first, second = Speaks([DOWN], [sound(400)]), Speaks([sound(400)])
    mouth = Mouth(voices(first, second), PromptCache(1_000_000), Voice())
    assert [await mouth.warm([TEXT]) for _ in range(2)] == [0, 1]


async def test_all_voices_together_are_asked_at_most_twice_for_a_sentence() -> None:
    first, second = Speaks([ModelUnavailable("503")]), Speaks([ModelUnavailable("503")])
    mouth = Mouth(voices(first, second), PromptCache(1_000_000), Voice())
    with pytest.raises(ModelUnavailable):
        [part async for part in mouth.speak(TEXT, fixed=False)]
    assert (first.asked, second.asked) == (2, 2)
