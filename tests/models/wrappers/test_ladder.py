"""Several who may be asked, as one: who is asked when, what is told of it, and that nothing is yielded twice."""

import asyncio
from collections.abc import Iterable
from contextlib import aclosing
from decimal import Decimal

import pytest

from ivr.audio.pcm import Pcm
from ivr.breaker import Breaker
from ivr.errors import ModelError, ModelRefused, ModelUnavailable
from ivr.models.deadline import due_in, now_ms
from ivr.models.ports import Passed, ReplyDone, ReplyPart, ReplySound, ReplyWords, Responder
from ivr.models.wrappers.ladder import LadderResponder, LadderTranscriber, LadderUnderstander
from ivr.models.wrappers.named import ENOUGH, Extra, Named, Pace
from tests.models.wrappers.scripted_ports import ASK, ASKED, SOUND, WAITS, Hears, Means, Parts, Thinks

DONE = ReplyDone()
PIECE = ReplySound(Pcm.silence(ms=20, rate_hz=24_000))
SOON_MS = 60
"""How long an answer may take to begin, where the test wants somebody to be too late."""


def busy(retry_after_ms: int | None = 0) -> ModelUnavailable:
    return ModelUnavailable("429", "overload", retry_after_ms=retry_after_ms)


def down() -> ModelUnavailable:
    return ModelUnavailable("down", "unreachable", again=False)


def says(*words: str, **done: object) -> Parts:
    return [*map(ReplyWords, words), ReplyDone(**done)]  # type: ignore[arg-type]


async def reply(ladder: Responder, within_ms: int = 20_000) -> tuple[str, ReplyDone]:
    """The words of the reply, and its end."""
    async with aclosing(ladder.respond(ASK, None, due_in(within_ms))) as parts:
        came = [part async for part in parts]
    end = came.pop()
    assert isinstance(end, ReplyDone)
    return said(came), end


def said(parts: Iterable[ReplyPart]) -> str:
    return "".join(part.text for part in parts if isinstance(part, ReplyWords))


def ladder(*who: Responder, first_ms: int = 4_000) -> LadderResponder:
    return LadderResponder([Named(f"model {no}", one) for no, one in enumerate(who, 1)], first_ms)


# ---- who is asked


async def test_the_first_answers_and_nobody_else_is_asked() -> None:
    first, second = Thinks(says("Hello. ", "There.", cost=Decimal("0.5"))), Thinks(says("No."))
    words, end = await reply(ladder(first, second))
    assert words == "Hello. There."
    assert end == ReplyDone(cost=Decimal("0.5"))
    assert (first.asked, second.asked) == (1, 0)


async def test_who_fails_at_once_is_asked_once_more_and_then_the_next() -> None:
    first, second = Thinks([busy()]), Thinks(says("Here."))
    words, end = await reply(ladder(first, second))
    assert (words, first.asked, second.asked) == ("Here.", 2, 1)
    assert end.passed == (Passed("model 1", "429, asked twice", "model 2"),)


async def test_a_second_try_that_works_is_not_worth_a_word() -> None:
    first = Thinks([busy()], says("Here."))
    words, end = await reply(ladder(first))
    assert (words, first.asked, end.passed) == ("Here.", 2, ())


@pytest.mark.parametrize(
    "fault", [busy(30_000), ModelUnavailable("no", again=False), ModelRefused("no", "key"), ModelRefused("no", "model")]
)
async def test_who_cannot_serve_soon_is_not_asked_again(fault: ModelError) -> None:
    first, second = Thinks([fault]), Thinks(says("Here."))
    words, _ = await reply(ladder(first, second))
    assert (words, first.asked, second.asked) == ("Here.", 1, 1)


async def test_words_that_must_not_be_said_are_asked_of_nobody_else() -> None:
    first, second = Thinks([ModelRefused("held back", "words")]), Thinks(says("Here."))
    with pytest.raises(ModelRefused) as refused:
        await reply(ladder(first, second))
    assert refused.value.kind == "words"
    assert second.asked == 0


async def test_who_takes_too_long_to_begin_is_left() -> None:
    first, second = Thinks([WAITS]), Thinks(says("Here."))
    words, end = await reply(ladder(first, second, first_ms=SOON_MS))
    assert (words, first.asked, first.open) == ("Here.", 1, 0)
    assert end.passed == (Passed("model 1", "model 1 took too long to begin", "model 2"),)


async def test_the_last_one_has_all_the_time_that_is_left() -> None:
    only = Thinks([WAITS])
    with pytest.raises(ModelUnavailable):
        await reply(ladder(only, first_ms=1), within_ms=SOON_MS)
    assert (only.asked, only.open) == (1, 0)


async def test_when_nobody_answers_the_fault_names_them_all_and_is_not_tried_again() -> None:
    with pytest.raises(ModelUnavailable) as failed:
        await reply(ladder(Thinks([down()]), Thinks([ModelRefused("no", "key")])))
    assert str(failed.value) == "model 1: down; model 2: no"
    assert not failed.value.again


async def test_a_reply_without_an_end_has_failed() -> None:
    words, end = await reply(ladder(Thinks([]), Thinks([ReplyWords("Hel")]), Thinks(says("Here."))))
    assert words == "Here."
    assert [one.name for one in end.passed] == ["model 1", "model 2"]


# ---- in the middle


async def test_what_breaks_off_inside_its_first_sentence_was_said_to_nobody() -> None:
    first, second = Thinks([ReplyWords("Your "), ReplyWords("table is"), down()]), Thinks(says("It is two."))
    words, end = await reply(ladder(first, second))
    assert words == "It is two."
    assert len(end.passed) == 1


@pytest.mark.parametrize(
    "begun",
    [[ReplyWords("One. "), ReplyWords("Two")], [ReplyWords("One"), PIECE], [ReplyWords("a" * 200 + " b" * 200)]],
)
async def test_after_what_may_have_been_heard_nobody_else_begins_anew(begun: list[ReplyPart]) -> None:
    first, second = Thinks([*begun, ModelUnavailable("broke off", "cut")]), Thinks(says("One. Two."))
    came: list[ReplyPart] = []
    with pytest.raises(ModelUnavailable) as failed:
        async with aclosing(ladder(first, second).respond(ASK, None, due_in(9_000))) as parts:
            async for part in parts:
                came.append(part)
    assert said(came) == said(begun)
    assert (failed.value.kind, failed.value.again) == ("cut", False)
    assert (first.open, second.asked) == (0, 0)


async def test_words_with_sound_of_their_own_come_on_with_it_and_nobody_else_speaks_them() -> None:
    broke = Thinks([ReplyWords("A table ", True), ReplyWords("it is. Well.", True), down()])
    speaks = Thinks([ReplyWords("For ", True), ReplyWords("two. Yes.", True), PIECE, DONE])
    async with aclosing(ladder(broke, speaks).respond(ASK, None, due_in(9_000))) as parts:
        *came, end = [part async for part in parts]
    assert came == [ReplyWords("For two. Yes.", True), PIECE]
    assert isinstance(end, ReplyDone)
    assert [one.name for one in end.passed] == ["model 1"]


async def test_leaving_a_reply_takes_it_back_at_once() -> None:
    first = Thinks([ReplyWords("One. "), PIECE, WAITS])
    async with aclosing(ladder(first).respond(ASK, None, due_in(9_000))) as parts:
        await anext(parts)
    assert first.open == 0


# ---- who rests


async def test_who_fails_again_and_again_rests_for_all_calls() -> None:
    first, breaker = Thinks([down()]), Breaker()
    one = LadderResponder([Named("model 1", first, breaker), Named("model 2", Thinks(says("Here.")))])
    other = LadderResponder([Named("model 1", first, breaker), Named("model 2", Thinks(says("Here.")))])
    for _ in range(5):
        await reply(one)
    _, end = await reply(other)
    assert first.asked == 5
    assert end.passed == (Passed("model 1", "failed too often just now: not asked", "model 2"),)


async def test_who_breaks_off_in_the_middle_comes_to_rest_too() -> None:
    first, breaker = Thinks([ReplyWords("One. "), PIECE, down()]), Breaker()
    cut = LadderResponder([Named("model 1", first, breaker)])
    for _ in range(5):
        with pytest.raises(ModelUnavailable):
            await reply(cut)
    assert breaker.is_open


async def test_a_request_that_nobody_would_take_brings_nobody_to_rest() -> None:
    breaker = Breaker()
    asked = LadderResponder([Named("model 1", Thinks([ModelRefused("no", "too_large")]), breaker)])
    for _ in range(6):
        with pytest.raises(ModelRefused):
            await reply(asked)
    assert not breaker.is_open


# ---- two at once


def steady(took_ms: float = 1.0) -> Pace:
    """Of one who always began so soon, and of whom enough was asked that another may be asked too."""
    pace = Pace()
    for _ in range(2 * ENOUGH):
        pace.asked()
        pace.took(took_ms)
    return pace


async def test_who_takes_longer_than_usual_is_raced_and_the_loser_is_closed() -> None:
    slow, second, third = Thinks([WAITS]), Thinks(says("Here.")), Thinks(says("No."))
    raced = LadderResponder([Named("model 1", slow, pace=steady()), Named("model 2", second), Named("model 3", third)])
    words, end = await reply(raced)
    assert (words, slow.open, second.asked, third.asked) == ("Here.", 0, 1, 0)
    (passed,) = end.passed
    assert (passed.name, passed.asked) == ("model 1", "model 2")
    assert passed.why.startswith("took longer than usual")


async def test_the_first_may_still_win_when_the_other_fails() -> None:
    second = Thinks([down()])

    class Late(Thinks):
        async def respond(self, *asked: object):  # type: ignore[no-untyped-def,override]
            await second.began.wait()
            yield ReplyWords("At last. ")
            yield DONE

    raced = LadderResponder([Named("model 1", Late([]), pace=steady()), Named("model 2", second)])
    words, end = await reply(raced)
    assert words == "At last. "
    assert end.passed == (Passed("model 2", "down", "model 1"),)


async def test_a_call_that_is_dropped_takes_both_back() -> None:
    first, second = Thinks([WAITS]), Thinks([WAITS])
    raced = LadderResponder([Named("model 1", first, pace=steady()), Named("model 2", second)])
    async with asyncio.TaskGroup() as tasks:
        asking = tasks.create_task(reply(raced))
        await second.began.wait()
        asking.cancel()
    assert (first.open, second.open) == (0, 0)


async def test_at_most_one_in_twenty_is_raced() -> None:
    pace, second = steady(), Thinks(says("Here."))
    raced = LadderResponder([Named("model 1", Thinks([WAITS]), pace=pace), Named("model 2", second)], SOON_MS)
    for _ in range(8):  # the first waits for nothing: what the second answers comes by the race, or after its time
        await reply(raced)
        pace.took(1.0)
    share = Extra(0.05)
    for _ in range(100):
        share.asked()
    assert [share.spend() for _ in range(6)] == [True] * 5 + [False]


async def test_nobody_is_raced_whose_usual_time_is_not_known_or_who_is_at_home() -> None:
    for pace, far in ((Pace(), True), (steady(), False)):
        slow, second = Thinks([WAITS]), Thinks(says("Here."))
        left = LadderResponder([Named("model 1", slow, pace=pace), Named("model 2", second, far=far)], SOON_MS)
        _, end = await reply(left)
        assert end.passed[0].why == "model 1 took too long to begin"


# ---- those who hear and mean


async def test_a_recogniser_that_fails_is_followed_by_the_next_with_its_own_rate() -> None:
    first, second = Hears(busy()), Hears("two people")
    second.rate_hz = 8_000
    heard = await LadderTranscriber([Named("far", first), Named("near", second, far=False)]).transcribe(
        SOUND, "text", due_in(9_000)
    )
    assert heard.text == "two people"
    assert heard.passed == (Passed("far", "429, asked twice", "near"),)
    assert second.heard is not None
    assert (second.heard.rate_hz, second.heard.ms) == (8_000, SOUND.ms)


async def test_one_at_home_is_not_asked_twice() -> None:
    near = Hears(busy())
    with pytest.raises(ModelUnavailable):
        await LadderTranscriber([Named("near", near, far=False)]).transcribe(SOUND, "text", due_in(9_000))
    assert near.asked == 1


async def test_who_understands_is_followed_too_and_hears_what_it_can() -> None:
    meant = LadderUnderstander([Named("a", Means(WAITS)), Named("b", Means("two"))], SOON_MS)
    understood = await meant.understand(ASKED, "too", SOUND, due_in(9_000))
    assert understood.arguments == {"choice": "two"}
    assert [one.name for one in understood.passed] == ["a"]
    assert meant.hears_hz is None


async def test_sound_is_given_only_to_those_who_hear() -> None:
    reads, hears = Thinks([down()]), Thinks(says("Yes."))
    hears.hears_hz = 24_000
    both = ladder(reads, hears)
    assert both.hears_hz == 24_000
    async with aclosing(both.respond(ASK, SOUND, due_in(9_000))) as parts:
        [part async for part in parts]
    assert reads.heard is None
    assert hears.heard is not None
    assert hears.heard.rate_hz == 24_000


async def test_requests_made_twice_are_bounded_however_often_it_fails() -> None:
    first = Thinks([busy()])
    pace = Pace()
    for _ in range(30):
        one = LadderResponder([Named("model 1", first, pace=pace), Named("model 2", Thinks(says("Here.")))])
        await reply(one)
    assert first.asked <= 30 * 1.1 + 3


def test_the_usual_time_is_that_of_nineteen_in_twenty() -> None:
    pace = Pace()
    for ms in range(1, 20):
        pace.took(ms)
    assert pace.usual_ms is None
    pace.took(500)
    assert pace.usual_ms == 19


async def test_a_deadline_is_shared_by_all() -> None:
    began = now_ms()
    with pytest.raises(ModelUnavailable):
        await reply(ladder(Thinks([WAITS]), Thinks([WAITS]), Thinks([WAITS]), first_ms=9_000), within_ms=100)
    assert now_ms() - began < 9_000
