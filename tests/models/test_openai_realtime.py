"""A talk over sessions, against a house that really has them."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from decimal import Decimal

import pytest
from websockets.asyncio.server import ServerConnection
from websockets.asyncio.server import serve as serve_sockets

from ivr import metrics
from ivr.audio import mulaw
from ivr.audio.resample import resample_whole
from ivr.errors import ModelRefused, ModelUnavailable
from ivr.flow.state import ModelRequest, News
from ivr.models.deadline import due_in
from ivr.models.offline.scripted import ScriptedResponder, Written
from ivr.models.openai.far_end import FarEnd
from ivr.models.openai.realtime import Realtime
from ivr.models.ports import ReplyWords
from ivr.models.profiles import Prices
from ivr.models.wrappers.ladder import LadderResponder
from ivr.models.wrappers.named import Named
from ivr.sim.model_house.faults import refused
from ivr.sim.model_house.house import DEMO_KEY
from ivr.sim.model_house.manners import Manner
from ivr.sim.model_house.minds import Answer, ToolCall
from ivr.sim.model_house.voices import Tones
from tests.conftest import Serve
from tests.models.realtime_line import MODEL, SOUND, ask, bot, caller, talking
from tests.server.carrier import until

LONG = "We have tables by the window, in the garden, on the roof and in the cellar."
MS = 8
"""Bytes of a millisecond."""


async def test_the_callers_sound_and_the_models_go_through_as_they_are(serve: Serve) -> None:
    async with talking(serve, "Good evening to you.", words=["hello there"]) as talk:
        heard = await talk.answer(ask(1, [caller(5, "Hello there.")], "Hello there."), SOUND)
        assert heard.words == "Good evening to you."
        made = await Tones().sound("Good evening to you.")
        assert heard.sound == mulaw.encode(resample_whole(made, 8000))
        assert not heard.done.requests and not heard.done.cut
        (given,) = [item.sound for item in talk.session.conversation.items if item.role == "user" and item.sound]
        assert given == mulaw.encode(SOUND)
        audio = talk.session.config["audio"]
        assert audio["input"]["format"] == audio["output"]["format"] == {"type": "audio/pcmu"}
        assert audio["input"]["turn_detection"] is None
        assert talk.house.mind.asked[0].heard == "hello there"  # type: ignore[attr-defined]


async def test_words_lead_and_are_those_of_the_sound(serve: Serve) -> None:
    async with talking(serve, LONG) as talk:
        heard = await talk.answer(ask(1))
        assert isinstance(heard.parts[0], ReplyWords)
        assert all(part.voiced for part in heard.parts if isinstance(part, ReplyWords))


async def test_a_call_has_one_session_that_is_told_each_thing_once(serve: Serve) -> None:
    async with talking(serve, "Which day?", "Very well.", words=["a table", "friday"]) as talk:
        opening, table = bot(1, "Good evening."), caller(5, "A table.")
        await talk.answer(ask(1, [opening, table], "A table."), SOUND)
        told = [opening, table, bot(9, "Which day?", reply=1), bot(12, "Hold on."), caller(15, "Friday.")]
        await talk.answer(ask(2, told, "Friday."))
        assert len(talk.house.sessions) == 1
        assert talk.standing() == [
            ("assistant", "Good evening."),
            ("user", "[As a recogniser heard it, which may be wrong; the caller's own voice follows.] A table."),
            ("user", "a table"),
            ("assistant", "Which day?"),
            ("assistant", "Hold on."),
            ("user", "Friday."),
            ("assistant", "Very well."),
        ]


async def test_instructions_and_tools_are_told_when_they_change(serve: Serve) -> None:
    async with talking(serve, "One.", "Two.", "Three.") as talk:
        await talk.answer(ask(1, (), "A."))
        before = len(talk.session.was_sent("session.update"))
        await talk.answer(ask(2, [caller(2, "B.")], "B."))
        assert len(talk.session.was_sent("session.update")) == before
        await talk.answer(ask(3, [caller(2, "B."), caller(3, "C.")], "C.", known={"guests": "two"}, tools=()))
        assert talk.session.was_sent("session.update")[-1]["session"].keys() == {"type", "instructions", "tools"}
        assert "two" in talk.session.config["instructions"] and talk.session.config["tools"] == []


async def test_what_the_model_asks_for_and_what_becomes_of_it(serve: Serve) -> None:
    asks = Answer("A moment.", (ToolCall("fill", '{"guests": 2}'), ToolCall("fill", "not json")))
    async with talking(serve, asks, "Two of you.", "Bye.") as talk:
        done = (await talk.answer(ask(1, (), "For two."))).done
        assert done.requests == (
            ModelRequest("c:1:1/0", "fill", {"guests": 2}),
            ModelRequest("c:1:1/1", "fill", {"": "unreadable"}),
        )
        news = (News("c:1:1/0", "fill", "guests is 2"),)
        said = bot(6, "A moment.", reply=1)
        assert (await talk.answer(ask(2, [said], news=news))).words == "Two of you."
        await talk.answer(ask(3, [said, bot(9, "Two of you.", reply=2), caller(11, "Bye.")], "Bye."))
        assert talk.house.mind.asked[1].results == ('{"told":"guests is 2"}',)  # type: ignore[attr-defined]
        # The request that nothing became of is taken away, and no result is told twice.
        assert talk.standing() == [
            ("user", "For two."),
            ("assistant", "A moment."),
            ("call", 'fill {"guests": 2}'),
            ("output", '{"told":"guests is 2"}'),
            ("assistant", "Two of you."),
            ("user", "Bye."),
            ("assistant", "Bye."),
        ]


async def test_who_interrupts_stops_it_and_it_knows_what_was_heard(serve: Serve) -> None:
    async with talking(serve, LONG, "The garden, then.", pace=4.0, late_deltas=3) as talk:
        heard = await talk.interrupted(ask(1, (), "What have you?"), 600 * MS)
        assert len(heard.sound) < 2_000 * MS
        await until(lambda: bool(talk.session.has_told("response.done")))
        (done,) = talk.session.has_told("response.done")
        assert done["response"]["status"] == "cancelled"
        told = [bot(8, "We have tables", reply=1), caller(9, "The garden.")]
        after = await talk.answer(ask(2, told, "The garden."))
        assert after.words == "The garden, then."  # nothing that came late of the first
        (cut,) = talk.session.has_told("conversation.item.truncated")
        (item,) = [one for one in talk.session.conversation.items if one.truncated_ms is not None]
        assert cut["audio_end_ms"] == item.truncated_ms
        assert abs(cut["audio_end_ms"] - len("We have tables") * 65) < 10
        assert not talk.session.has_told("error")


async def test_of_a_whole_answer_the_heard_part_is_that_of_its_letters(serve: Serve) -> None:
    async with talking(serve, LONG, "Yes.") as talk:
        heard = await talk.answer(ask(1, (), "What have you?"))
        told = [bot(8, "We have tables by the window, in the", reply=1), caller(9, "Stop.")]
        await talk.answer(ask(2, told, "Stop."))
        (cut,) = talk.session.was_sent("conversation.item.truncate")
        whole_ms = len(heard.sound) // MS
        assert 0.40 * whole_ms < cut["audio_end_ms"] < 0.60 * whole_ms
        assert not talk.session.has_told("error")


async def test_what_nobody_heard_was_not_said(serve: Serve) -> None:
    async with talking(serve, LONG, "Yes.") as talk:
        await talk.interrupted(ask(1, (), "What have you?"), 0)
        await talk.answer(ask(2, [caller(9, "Stop.")], "Stop."))
        assert talk.standing() == [("user", "What have you?"), ("user", "Stop."), ("assistant", "Yes.")]


async def test_what_may_still_be_playing_is_left_alone(serve: Serve) -> None:
    asks = Answer("Let me look. One moment.", (ToolCall("fill", "{}"),))
    async with talking(serve, asks, "There is one.", "Bye.") as talk:
        await talk.answer(ask(1, (), "A table.", leaves="as_it_comes"))
        part = bot(3, "Let me look.", reply=1)
        await talk.answer(ask(2, [part], news=(News("c:1:1/0", "fill", "done"),), leaves="as_it_comes"))
        assert not talk.session.was_sent("conversation.item.truncate")
        told = [part, bot(5, "One moment.", reply=1), bot(9, "There is one.", reply=2), caller(12, "Bye.")]
        await talk.answer(ask(3, told, "Bye."))
        assert not talk.session.was_sent("conversation.item.truncate")
        assert not talk.session.was_sent("conversation.item.delete")


async def test_what_is_masked_by_now_stands_nowhere_in_the_clear(serve: Serve) -> None:
    async with talking(serve, "Is it five one two?", "Thanks.", words=["five one two"]) as talk:
        await talk.answer(ask(1, [caller(5, "Five one two.")], "Five one two."), SOUND)
        told = [caller(5, "My PIN is •••."), bot(7, "Is it •••?", reply=1), caller(9, "Yes.")]
        await talk.answer(ask(2, told, "Yes."))
        assert [one for one in talk.standing() if "five" in one[1].lower()] == []
        assert talk.standing() == [
            ("user", "My PIN is •••."),
            ("assistant", "Is it •••?"),
            ("user", "Yes."),
            ("assistant", "Thanks."),
        ]


async def test_a_session_is_renewed_before_its_time_is_up_and_nothing_is_said_twice(serve: Serve) -> None:
    words = [f"Answer {number}." for number in range(1, 9)]
    async with talking(serve, *words, sessions_last_s=3.0) as talk:
        told, number = [], 0
        while len(talk.house.sessions) < 3:
            number += 1
            told.append(caller(10 * number, f"Question {number}."))
            heard = await talk.answer(ask(number, told, f"Question {number}."))
            assert heard.words == f"Answer {number}."
            told.append(bot(10 * number + 5, heard.words, reply=number))
            before = len(talk.house.sessions)
            await until(lambda: len(talk.house.sessions) > before and talk.ready, 10.0)  # noqa: B023
        number += 1
        told.append(caller(10 * number, "The last."))
        await talk.answer(ask(number, told, "The last."))
        users = [("assistant" if said.who == "bot" else "user", said.text) for said in told]
        assert talk.standing() == [*users, ("assistant", f"Answer {number}.")]
        assert len(talk.house.asked("answers")) == number


async def test_a_session_that_is_lost_between_two_turns_is_not_missed(serve: Serve) -> None:
    async with talking(serve, "One.", "Two.") as talk:
        await talk.answer(ask(1, [caller(5, "A.")], "A."))
        talk.session.drop()
        await until(lambda: len(talk.house.sessions) == 2 and talk.ready)
        told = [caller(5, "A."), bot(7, "One.", reply=1), caller(9, "B.")]
        assert (await talk.answer(ask(2, told, "B."))).words == "Two."
        assert talk.standing() == [("user", "A."), ("assistant", "One."), ("user", "B."), ("assistant", "Two.")]


async def test_a_session_is_there_before_it_is_needed(serve: Serve) -> None:
    async with talking(serve, "One.") as talk:
        await until(lambda: bool(talk.house.sessions and talk.session.was_sent("session.update")))
        await talk.answer(ask(1, (), "A."))
        assert len(talk.house.sessions) == 1


async def test_who_steps_in_opens_one_when_it_is_asked_and_keeps_it(serve: Serve) -> None:
    async with talking(serve, "One.", "Two.", ahead=False) as talk:
        assert not talk.house.sessions
        await talk.answer(ask(1, (), "A."))
        assert len(talk.house.sessions) == 1
        talk.session.drop()
        await until(lambda: len(talk.house.sessions) == 2 and talk.ready)
        await talk.answer(ask(2, [caller(5, "A.")], "A."))
        assert len(talk.house.sessions) == 2


async def test_another_was_quicker_and_the_session_knows_what_that_one_said(serve: Serve) -> None:
    async with talking(serve, LONG, "Yes.") as talk:
        await talk.interrupted(ask(1, [caller(5, "What have you?")], "What have you?"), 0)
        told = [caller(5, "What have you?"), bot(8, "All tables are taken.", reply=1), caller(12, "Sorry?")]
        await talk.answer(ask(2, told, "Sorry?"))
        assert talk.standing() == [
            ("user", "What have you?"),
            ("assistant", "All tables are taken."),
            ("user", "Sorry?"),
            ("assistant", "Yes."),
        ]


async def test_an_answer_that_breaks_off_has_failed_and_the_next_has_a_session(serve: Serve) -> None:
    async with talking(serve, LONG, "Two.") as talk:
        talk.house.next("answers", Manner(cut_after=6))
        with pytest.raises(ModelUnavailable) as fault:
            await talk.answer(ask(1, [caller(5, "A.")], "A."))
        assert fault.value.kind == "cut"
        told = [caller(5, "A."), bot(7, "We have", reply=1), caller(9, "B.")]
        assert (await talk.answer(ask(2, told, "B."))).words == "Two."
        assert ("assistant", "We have") in talk.standing()


async def test_another_answers_where_no_session_can_be_had(serve: Serve) -> None:
    async with talking(serve) as talk:
        talk.house.always("realtime", refused(503, "server_is_overloaded"))
        other = ScriptedResponder({"host": [Written(("I can help.",))]})
        ladder = LadderResponder([Named("live", talk.responder), Named("other", other)])
        async with aclosing(ladder.respond(ask(1, (), "A."), SOUND, due_in(20_000))) as parts:
            told = [part async for part in parts]
        assert "".join(part.text for part in told if isinstance(part, ReplyWords)) == "I can help."
        assert [passed.name for passed in told[-1].passed] == ["live"]  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("manner", "kind"),
    [
        (Manner(error_after=0, code="rate_limit_exceeded", type="tokens"), "overload"),
        (Manner(error_after=3, code="server_error", type="server_error"), "fault"),
        (Manner(cut_after=0), "cut"),
    ],
)
async def test_each_way_in_which_an_answer_fails(serve: Serve, manner: Manner, kind: str) -> None:
    async with talking(serve, LONG, "Again.") as talk:
        talk.house.next("answers", manner)
        with pytest.raises(ModelUnavailable) as fault:
            await talk.answer(ask(1, (), "A."))
        assert fault.value.kind == kind
        assert (await talk.answer(ask(2, (), "A."))).words == "Again."


async def test_length_and_filter(serve: Serve) -> None:
    cut = Answer(LONG, manner=Manner(finish="length"))
    held = Answer("", manner=Manner(finish="content_filter"))
    async with talking(serve, cut, held) as talk:
        assert (await talk.answer(ask(1, (), "A."))).done.cut == "length"
        with pytest.raises(ModelRefused) as fault:
            await talk.answer(ask(2, (), "A."))
        assert fault.value.kind == "words"


async def test_written_answers_are_for_a_voice(serve: Serve) -> None:
    async with talking(serve, Answer("Hello.", manner=Manner(text_only=True))) as talk:
        heard = await talk.answer(ask(1, (), "A."))
        assert heard.words == "Hello." and not heard.sound
        assert not any(part.voiced for part in heard.parts if isinstance(part, ReplyWords))


@pytest.mark.parametrize(("key", "model", "kind"), [("sk-wrong-key", MODEL, "key"), (DEMO_KEY, "gone", "model")])
async def test_who_is_not_let_in_is_told_why_and_no_key_is_written_down(
    serve: Serve, caplog: pytest.LogCaptureFixture, key: str, model: str, kind: str
) -> None:
    caplog.set_level(logging.DEBUG)
    async with talking(serve, "One.", key=key, model=model) as talk:
        with pytest.raises(ModelRefused) as fault:
            await talk.answer(ask(1, [caller(5, "A secret thing.")], "A secret thing."), SOUND)
        assert fault.value.kind == kind
    assert key not in caplog.text and "secret thing" not in caplog.text and key not in str(fault.value)


async def test_nothing_of_a_talk_is_written_down(serve: Serve, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    async with talking(serve, "The answer.") as talk:
        await talk.answer(ask(1, [caller(5, "A secret thing.")], "A secret thing."), SOUND)
    assert DEMO_KEY not in caplog.text and "secret thing" not in caplog.text and "The answer" not in caplog.text


async def test_sessions_are_closed_when_their_call_is_over(serve: Serve) -> None:
    before = sessions_open()
    async with talking(serve, "One.") as talk:
        await talk.answer(ask(1, (), "A."))
        assert talk.session.open
        assert sessions_open() == before + 1
    await until(lambda: not any(one.open for one in talk.house.sessions))
    assert sessions_open() == before


def sessions_open() -> float:
    found = metrics.REGISTRY.get_sample_value("ivr_model_sessions")
    assert found is not None
    return found


async def test_without_anybody_who_lets_it_attend_an_answer_has_a_session_of_its_own(serve: Serve) -> None:
    async with talking(serve, "One.", "Two.", attended=False) as talk:
        await talk.answer(ask(1, [caller(5, "A.")], "A."))
        told = [caller(5, "A."), bot(7, "One.", reply=1), caller(9, "B.")]
        await talk.answer(ask(2, told, "B."))
        assert len(talk.house.sessions) == 2
        await until(lambda: not any(one.open for one in talk.house.sessions))


async def test_what_it_costs(serve: Serve) -> None:
    async with talking(serve, "Good evening.") as talk:
        spent: list[Decimal] = []
        prices = Prices(text_in=Decimal(4), text_out=Decimal(24), audio_in=Decimal(32), audio_out=Decimal(64))
        talk.responder = Realtime(talk.far_end, MODEL, prices=prices, tally=spent.append)
        done = (await talk.answer(ask(1, (), "A."), SOUND)).done
        used = talk.house.asked("answers")[0].usage
        given, made = used["input_token_details"], used["output_token_details"]
        expected = (
            given["text_tokens"] * 4 + given["audio_tokens"] * 32 + made["text_tokens"] * 24 + made["audio_tokens"] * 64
        )
        assert done.cost == Decimal(expected) / 1_000_000 > 0
        assert spent == [done.cost]


@asynccontextmanager
async def odd_house(*events: dict[str, object]) -> AsyncIterator[Realtime]:
    """Says these once it is asked for an answer."""

    async def talk(socket: ServerConnection) -> None:
        await socket.send(json.dumps({"type": "session.created", "session": {}}))
        async for text in socket:
            if json.loads(text)["type"] == "response.create":
                for event in events:
                    await socket.send(json.dumps(event))

    async with serve_sockets(talk, "127.0.0.1", 0) as server:
        far_end = FarEnd(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1", idle_ms=300)
        try:
            yield Realtime(far_end, MODEL)
        finally:
            await far_end.close()


CREATED = {"type": "response.created", "response": {"id": "r"}}
WORDS = {"type": "response.output_audio_transcript.delta", "response_id": "r", "item_id": "i", "delta": "Hello."}
NOISE = {"type": "session.updated", "session": {"audio": {"output": {"format": {"type": "audio/pcm"}}}}}
SOUNDS = {"type": "response.output_audio.delta", "response_id": "r", "item_id": "i", "delta": "////"}
DONE = {"type": "response.done", "response": {"id": "r", "status": "completed"}}


@pytest.mark.parametrize(
    ("events", "error", "kind"),
    [
        ((NOISE, CREATED, WORDS, DONE), ModelRefused, "request"),
        ((CREATED, WORDS), ModelUnavailable, "late"),
        ((CREATED, SOUNDS, DONE), ModelUnavailable, "garbage"),
        ((CREATED, WORDS, {**SOUNDS, "delta": "not base64!"}), ModelUnavailable, "garbage"),
        ((CREATED, {"no": "type"}), ModelUnavailable, "garbage"),
        (({"type": "error", "error": {"type": "server_error"}},), ModelUnavailable, "fault"),
        ((CREATED, {**DONE, "response": {"id": "r", "status": "cancelled"}}), ModelUnavailable, "cut"),
    ],
)
async def test_what_is_no_answer(events: tuple[dict[str, object], ...], error: type[Exception], kind: str) -> None:
    async with odd_house(*events) as responder:
        with pytest.raises(error) as fault:
            async with aclosing(responder.respond(ask(1, (), "A."), None, due_in(5_000))) as parts:
                async for _ in parts:
                    pass
        assert fault.value.kind == kind  # type: ignore[attr-defined]


async def test_an_answer_without_usage_and_with_little_said_of_it_is_one() -> None:
    late = {**WORDS, "response_id": "another", "delta": "Not this."}
    async with (
        odd_house(CREATED, late, WORDS, SOUNDS, DONE) as responder,
        aclosing(responder.respond(ask(1, (), "A."), None, due_in(5_000))) as parts,
    ):
        told = [part async for part in parts]
    assert [part.text for part in told if isinstance(part, ReplyWords)] == ["Hello."]


async def test_an_answer_that_nobody_asked_for_now_is_not_taken_for_the_one_that_was() -> None:
    """A far end that was too late to take one back begins it all the same."""
    stray = {"type": "response.created", "response": {"id": "old", "metadata": {"ivr": "0"}}}
    old = [{**event, "response_id": "old", "item_id": "o"} for event in (WORDS, SOUNDS)]
    over = {"type": "response.done", "response": {"id": "old", "status": "completed"}}
    async with (
        odd_house(stray, *old, over, CREATED, {**WORDS, "delta": "Yes."}, SOUNDS, DONE) as responder,
        aclosing(responder.respond(ask(1, (), "A."), None, due_in(5_000))) as parts,
    ):
        told = [part async for part in parts]
    assert [part.text for part in told if isinstance(part, ReplyWords)] == ["Yes."]


async def test_a_socket_that_is_closed_at_once_for_its_key() -> None:
    async def refuse(socket: ServerConnection) -> None:
        await socket.close(1008)

    async with serve_sockets(refuse, "127.0.0.1", 0) as server:
        far_end = FarEnd(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1")
        with pytest.raises(ModelRefused) as fault:
            async with aclosing(Realtime(far_end, MODEL).respond(ask(1, (), "A."), None, due_in(5_000))) as parts:
                await anext(parts)
        assert fault.value.kind == "key"
        await far_end.close()


async def test_two_at_once_wait_for_each_other(serve: Serve) -> None:
    async with talking(serve, "One.", "Two.") as talk, asyncio.TaskGroup() as tasks:
        first = tasks.create_task(talk.answer(ask(1, (), "A.")))
        second = tasks.create_task(talk.answer(ask(2, (), "A.")))
        await asyncio.wait([first, second])
        assert {first.result().words, second.result().words} == {"One.", "Two."}
        assert not talk.session.has_told("error")
