"""What models may cost, in a call and in an hour; a request beyond it is not made."""

from contextlib import aclosing
from decimal import Decimal

import pytest

from ivr.errors import ModelError, ModelRefused, ModelUnavailable
from ivr.models.deadline import due_in
from ivr.models.ports import ReplyDone, ReplyPart, ReplyWords
from ivr.models.profiles import Caps
from ivr.models.wrappers.caps import HOUR_MS, CappedResponder, CappedTranscriber, CappedUnderstander, Purse
from tests.models.wrappers.scripted_ports import ASK, ASKED, SOUND, Hears, Means, Parts, Thinks

CENT = Decimal("0.01")
REPLY: Parts = [ReplyWords("Yes. "), ReplyDone(cost=CENT)]


class Now:
    """Time as a test sets it."""

    ms = 10_000_000.0

    def __call__(self) -> float:
        return self.ms


async def reply(responder: CappedResponder) -> list[ReplyPart]:
    async with aclosing(responder.respond(ASK, None, due_in(9_000))) as parts:
        return [part async for part in parts]


async def refused(responder: CappedResponder) -> str:
    with pytest.raises(ModelRefused) as fault:
        await reply(responder)
    assert fault.value.kind == "cap"
    return str(fault.value)


async def test_a_call_may_cost_so_much_and_no_more() -> None:
    model, purse = Thinks(REPLY), Purse(Caps(call=2 * CENT), Now())
    one, other = CappedResponder(model, purse.of_call()), CappedResponder(model, purse.of_call())
    for _ in range(2):
        assert await reply(one) == REPLY
    assert "in a call" in await refused(one)
    assert model.asked == 2
    assert await reply(other) == REPLY


async def test_what_a_call_spent_on_a_stream_that_was_lost_counts() -> None:
    purse = Purse(Caps(call=2 * CENT), Now())
    again = CappedResponder(Thinks(REPLY), purse.of_call(spent=CENT))
    assert await reply(again) == REPLY
    assert "in a call" in await refused(again)
    assert purse.hour == CENT, "it was paid for when it was spent"


async def test_an_hour_may_cost_so_much_and_then_time_frees_it() -> None:
    now = Now()
    model, purse = Thinks(REPLY), Purse(Caps(hour=3 * CENT), now)
    for minute in (0, 10, 20):
        now.ms = 10_000_000 + minute * 60_000
        await reply(CappedResponder(model, purse.of_call()))
    assert "in an hour" in await refused(CappedResponder(model, purse.of_call()))
    assert purse.empty
    now.ms = 10_000_000 + HOUR_MS - 60_000
    assert "in an hour" in await refused(CappedResponder(model, purse.of_call()))
    now.ms = 10_000_000 + HOUR_MS + 60_000
    assert await reply(CappedResponder(model, purse.of_call())) == REPLY
    assert purse.hour == 3 * CENT


async def test_a_call_may_ask_so_often_whatever_it_costs() -> None:
    purse = Purse(Caps(), Now(), most_requests=3)
    call = purse.of_call()
    model = CappedResponder(Thinks([ReplyDone()]), call)
    await reply(model)
    await CappedUnderstander(Means("a"), call).understand(ASKED, "a", None, due_in(9_000))
    await CappedTranscriber(Hears("a"), call).transcribe(SOUND, "text", due_in(9_000))
    assert "so often" in await refused(model)


async def test_a_reply_that_is_taken_back_costs_what_one_costs_on_average() -> None:
    purse = Purse(Caps(call=Decimal(1)), Now())
    call = purse.of_call()
    model = CappedResponder(Thinks([ReplyDone(cost=2 * CENT)], [ReplyDone(cost=4 * CENT)], REPLY), call)
    for _ in range(2):
        await reply(model)
    async with aclosing(model.respond(ASK, None, due_in(9_000))) as parts:
        await anext(parts)
    assert call.cost == 9 * CENT


@pytest.mark.parametrize(
    ("parts", "cost"), [([ModelUnavailable("no")], 0), ([*REPLY[:1], ModelUnavailable("cut")], CENT)]
)
async def test_what_failed_costs_only_where_it_had_begun(parts: list[ReplyPart | ModelError], cost: Decimal) -> None:
    purse = Purse(Caps(call=Decimal(1)), Now())
    await reply(CappedResponder(Thinks(REPLY), purse.of_call()))
    call = purse.of_call()
    with pytest.raises(ModelUnavailable):
        await reply(CappedResponder(Thinks([*parts]), call))
    assert call.cost == cost


async def test_with_nothing_left_the_recogniser_at_home_hears() -> None:
    purse = Purse(Caps(), Now(), most_requests=1)
    call, far = purse.of_call(), Hears("far")
    capped = CappedTranscriber(far, call, Hears("near"))
    assert [(await capped.transcribe(SOUND, "text", due_in(9_000))).text for _ in range(2)] == ["far", "near"]
    with pytest.raises(ModelRefused):
        await CappedTranscriber(far, call).transcribe(SOUND, "text", due_in(9_000))
    assert far.asked == 1
