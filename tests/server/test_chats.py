"""Messages in writing, on the real server: asked over HTTP, answered by the flow that answers the phone."""

import asyncio
import json
import shlex
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from ivr.call.replay import repeat
from ivr.cli.replay import read_journalled
from ivr.flow.state import ModelRequest
from ivr.models.engines import Engines
from ivr.models.offline.scripted import ScriptedResponder, Written
from ivr.server.flows import load_bundle
from ivr.store import CallRow, Calls, Turns, read_journal
from ivr.units import CallId
from tests.server.back_end import back_end
from tests.server.carrier import until
from tests.server.conftest import Server, serving, settings_in
from tests.server.test_models import write as write_agent
from tests.server.test_process import running

ANA, BEN = "+15550107788", "ben@chat"
GREETED = ["Hello there.", "What do you wish?"]
AGAIN = ["Very well.", "What do you wish?"]


async def send(client: httpx.AsyncClient, text: str, who: str = ANA, **more: object) -> httpx.Response:
    headers = {"Idempotency-Key": str(more.pop("key"))} if "key" in more else {}
    body: Mapping[str, object] = {"conversation": who, "text": text, **more}
    return await client.post("/api/v1/chats", json=dict(body), headers=headers, timeout=30)


async def write(server: Server, text: str, who: str = ANA, **more: object) -> dict[str, Any]:
    response = await send(server.carrier.client, text, who, **more)
    assert response.status_code in (200, 202), response.text
    told: dict[str, Any] = response.json()
    return told


async def refused(server: Server, text: object = "again", who: object = ANA, **more: object) -> tuple[int, str]:
    response = await send(server.carrier.client, text, who, **more)  # type: ignore[arg-type]
    return response.status_code, response.json()["title"]


async def row_of(server: Server, call_id: str) -> CallRow:
    row = await Calls(server.database).by_id(CallId(call_id))
    assert row is not None
    return row


async def is_over(server: Server, call_id: str) -> CallRow:
    async with asyncio.timeout(20):
        while (row := await row_of(server, call_id)).ended_at is None:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    return row


async def replayed(server: Server, call_id: str) -> None:
    """The journal makes the same call again, to the byte."""
    project = server.data.parent / "flows"
    call = await read_journalled(server.data, call_id, None)
    assert call.salt is not None
    bundle = load_bundle(project, "tiny", {})
    told = repeat(bundle, call.fresh(bundle), call.entries, call.salt)
    assert (told.differs, told.unwritten) == (None, None)
    assert told.same == told.events - told.unknown > 2 and told.unknown <= 1


async def test_a_conversation_goes_from_its_first_message_to_its_end(server: Server) -> None:
    first = await write(server, "Hello")
    assert (first["replies"], first["state"], first["outcome"]) == (GREETED, "open", None)
    again = await write(server, "again")
    assert again["id"] == first["id"]
    assert again["replies"] == AGAIN
    last = await write(server, "3")
    assert last == {"id": first["id"], "replies": ["Goodbye."], "state": "ended", "outcome": "completed"}

    row = await row_of(server, first["id"])
    assert row.ended_at is not None
    assert (row.medium, row.outcome, row.caller, row.flow) == ("text", "completed", "••••88", "tiny")
    turns = await Turns(server.database).turns(row.id)
    assert [turn.words for turn in turns if turn.who == "caller"] == ["Hello", "again", "3"]
    assert all(turn.written for turn in turns if turn.who == "caller")
    assert [turn.heard for turn in turns if turn.who == "bot"] == [*GREETED, *AGAIN, "Goodbye."]
    await replayed(server, row.id)

    other = await write(server, "hi")
    assert other["id"] != first["id"]


async def test_the_first_message_may_answer_at_once(server: Server) -> None:
    assert (await write(server, "again"))["replies"] == [*GREETED, *AGAIN]
    told = await write(server, "nothing that anybody would understand", who=BEN)
    assert told["replies"][:2] == GREETED and len(told["replies"]) > 2


async def test_the_same_request_is_the_same_message(server: Server) -> None:
    first = await write(server, "hello", key="1")
    assert await write(server, "hello", key="1") == first
    again = await write(server, "again", key="2")
    assert [await write(server, "again", key="2") for _ in range(2)] == [again, again]
    assert await refused(server, "something else", key="2") == (422, "Idempotency-Key")
    assert (await refused(server, key="two words"))[0] == 400
    said = [turn.words for turn in await Turns(server.database).turns(CallId(first["id"])) if turn.who == "caller"]
    assert said == ["hello", "again"]


async def test_messages_sent_at_once_are_answered_one_after_the_other(server: Server) -> None:
    first = await write(server, "hello")
    async with asyncio.TaskGroup() as tasks:
        sent = [tasks.create_task(write(server, "again", key=str(number // 2))) for number in range(8)]
    assert [task.result()["replies"] for task in sent] == [AGAIN] * 8
    turns = await Turns(server.database).turns(CallId(first["id"]))
    assert [turn.words for turn in turns if turn.who == "caller"] == ["hello", *["again"] * 4]
    assert [turn.no for turn in turns] == list(range(1, len(turns) + 1))


async def test_nobody_is_put_through_in_writing_and_no_card_is_asked_for(server: Server) -> None:
    told = await write(server, "hello")
    assert (await write(server, "a person"))["replies"] == ["Nobody is there.", *AGAIN]
    card = await write(server, "card")
    assert card["replies"] == ["I can't take that in writing. Please call us for it.", "Goodbye."]
    assert card["state"] == "ended"
    await replayed(server, told["id"])


async def test_tools_work_and_nobody_reads_one_moment(tmp_path: Path, quick: Engines) -> None:
    async with back_end() as desk:
        desk.answer("/v1/thing", body=b'{"thing": "blue"}', after_s=0.9)
        desk.answer("/v1/notes", status=201)
        settings = settings_in(tmp_path, desk.url)
        flow = tmp_path / "flows" / "tiny" / "tiny.flow.yaml"
        flow.write_text(flow.read_text().replace("timeout: 1s", "timeout: 8s"))
        async with serving(settings, quick) as server:
            await write(server, "hello")
            look = await write(server, "4")
            assert look["replies"] == ["It is blue.", *AGAIN]
            assert (await write(server, "note"))["replies"] == ["It is noted.", *AGAIN]
            assert desk.asked["/v1/notes"] == 1
            unread = [turn.generated for turn in await Turns(server.database).turns(look["id"]) if not turn.heard]
            assert [text for text in unread if text] == ["One moment."]
            await replayed(server, look["id"])


async def test_what_takes_too_long_is_told_with_the_next_message(
    tmp_path: Path, quick: Engines, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ivr.live.writing.ANSWER_S", 0.2)
    async with back_end() as desk:
        desk.answer("/v1/notes", status=201, after_s=0.5)
        async with serving(settings_in(tmp_path, desk.url), quick) as server:
            first = await write(server, "hello")
            late = await write(server, "note")
            assert (late["replies"], late["state"]) == ([], "open")
            told = await write(server, "again")
            assert told["replies"] == ["Sorry the line was lost.", "It is noted.", *AGAIN, *AGAIN]
            assert desk.asked["/v1/notes"] == 1
            await replayed(server, first["id"])


async def test_a_conversation_whose_version_is_gone_ends_with_a_clear_word(tmp_path: Path, quick: Engines) -> None:
    async with serving(settings_in(tmp_path), quick) as server:
        first = await write(server, "hello")
    flow = tmp_path / "flows" / "tiny" / "tiny.flow.yaml"
    flow.write_text(flow.read_text().replace("Very well.", "All right."))
    async with serving(settings_in(tmp_path), quick) as server:
        told = await write(server, "again")
        assert (told["id"], told["state"], told["outcome"]) == (first["id"], "ended", "error")
        assert len(told["replies"]) == 1 and told["replies"][0].startswith("I'm sorry, something went wrong")
        row = await row_of(server, first["id"])
        assert row.end_reason == "the version of the flow is gone"
        assert (await write(server, "again"))["replies"] == [*GREETED, "All right.", "What do you wish?"]


async def test_an_agent_talks_in_writing_with_the_model_of_the_server(tmp_path: Path, quick: Engines) -> None:
    write_agent(tmp_path)
    says = Written(("I am the clerk.",), (ModelRequest("r1", "exit_done", {}),))
    engines = replace(quick, responder=ScriptedResponder({"clerk": [says]}))
    async with serving(settings_in(tmp_path), engines) as server:
        told = await write(server, "Who are you?")
        assert (told["replies"], told["outcome"]) == (["I am the clerk.", "Goodbye."], "completed")
    asks, tells = Written(("Who is it?",)), replace(says, pieces=("Good evening.",))
    engines = replace(quick, responder=ScriptedResponder({"clerk": [asks, asks, tells]}))
    async with serving(settings_in(tmp_path), engines) as server:
        assert (await write(server, "Hello"))["replies"] == ["Who is it?"]
        assert (await write(server, "Why?"))["replies"] == ["Who is it?"]
        told = await write(server, "It is Ana.")
        assert (told["replies"], told["outcome"]) == (["Good evening.", "Goodbye."], "completed")
        await replayed(server, told["id"])


async def test_what_is_asked_for_wrongly_is_told(server: Server) -> None:
    assert await refused(server, "") == (422, "text is missing")
    assert await refused(server, 7) == (422, "text is missing")
    assert await refused(server, "x" * 2001) == (422, "text is too long")
    assert await refused(server, who=None) == (422, "conversation is missing")
    assert await refused(server, who="x" * 201) == (422, "conversation is no text")
    assert await refused(server, flow="tinny") == (422, "No such flow")
    assert await refused(server, project="other") == (422, "No such project")
    assert await refused(server, language="fr-FR") == (422, "No such language")
    assert await refused(server, words="again") == (422, "Unknown key")
    assert await refused(server, call="no-id") == (404, "No such call")
    response = await server.carrier.client.post("/api/v1/chats", json={}, headers={"Origin": "http://elsewhere"})
    assert response.status_code == 403
    assert (await write(server, "hello", flow="tiny", project="tiny", to="+15550100100"))["replies"] == GREETED


async def test_where_the_carrier_signs_nobody_writes_without_the_token(signed: Server) -> None:
    assert await refused(signed) == (403, "Closed")


async def test_so_many_are_open_at_once(tmp_path: Path, quick: Engines) -> None:
    async with serving(settings_in(tmp_path, max_chats=1), quick) as server:
        await write(server, "hello")
        assert await refused(server, who=BEN) == (429, "Too many")
        await write(server, "3")
        assert (await write(server, "hello", who=BEN))["replies"] == GREETED


async def test_who_writes_no_more_has_left(tmp_path: Path, quick: Engines) -> None:
    async with serving(settings_in(tmp_path, chat_idle_minutes=0.01), quick) as server:
        first = await write(server, "hello")
        row = await is_over(server, first["id"])
        assert (row.outcome, row.end_reason) == ("caller_left", "nothing was written for too long")
        await replayed(server, row.id)
        assert (await write(server, "hello"))["id"] != first["id"]


async def test_none_are_taken_where_none_may_be(tmp_path: Path, quick: Engines) -> None:
    async with serving(settings_in(tmp_path, max_chats=0), quick) as server:
        assert await refused(server) == (503, "No conversations")


# ---- other processes


@asynccontextmanager
async def two_servers(folder: Path, engines: Engines) -> AsyncIterator[tuple[Server, Server]]:
    async with serving(settings_in(folder), engines) as one, serving(settings_in(folder), engines) as other:
        yield one, other


async def test_any_process_goes_on_with_it(tmp_path: Path, quick: Engines) -> None:
    async with two_servers(tmp_path, quick) as (one, other):
        first = await write(one, "hello")
        for server in (other, one, other):
            told = await write(server, "again")
            assert (told["id"], told["replies"]) == (first["id"], AGAIN)
        assert (await write(one, "3"))["outcome"] == "completed"
        await replayed(one, first["id"])


async def test_a_server_that_was_killed_goes_on_and_answers_each_message_once(tmp_path: Path) -> None:
    """It dies while a tool is at work: the same request, sent again, is the same message."""
    async with back_end() as desk:
        settings = settings_in(tmp_path, desk.url)
        assert settings.project is not None
        desk.answer("/v1/notes", status=201, after_s=20)
        async with running(tmp_path) as server:
            first = (await send(server.carrier.client, "hello", key="hello")).json()
            lost = asyncio.create_task(send(server.carrier.client, "note", key="note"))
            await until(lambda: desk.asked["/v1/notes"] == 1)
            server.process.kill()
            await server.process.wait()
            with pytest.raises(httpx.HTTPError):
                await lost
        desk.answer("/v1/notes", status=201)
        async with running(tmp_path) as server:
            assert (await send(server.carrier.client, "hello", key="hello")).json() == first
            told = (await send(server.carrier.client, "note", key="note")).json()
            assert told["id"] == first["id"] and told["state"] == "open"
            assert told["replies"][-1] == "What do you wish?"
            assert (await send(server.carrier.client, "note", key="note")).json() == told
            assert (await send(server.carrier.client, "again")).json()["replies"] == AGAIN
        entries = [entry.kind for entry in read_journal(tmp_path / "data", CallId(first["id"]))]
        assert entries.count("Written") == 3


# ---- into a call on the phone


async def test_words_in_writing_answer_what_a_caller_on_the_phone_is_asked(server: Server) -> None:
    async with server.carrier.call() as (sid, stream):
        await stream.quiet()
        row = await server.row(sid)
        assert row is not None
        told = await write(server, "again", who="the clerk", call=row.id, key="7")
        assert told == {"id": row.id, "replies": [], "state": "open", "outcome": None}
        assert await write(server, "again", who="the clerk", call=row.id, key="7") == told
        await server.has_said(sid, "Very well.")
        await stream.quiet()
        await write(server, "card", call=row.id)
        await server.has_said(sid, "Which card?")
        assert await refused(server, "4111111111111111", call=row.id) == (409, "Not now")
        await stream.socket.send(stream.upward.stop())
        await stream.closed()
    assert (await server.ended(sid)).medium == "phone"
    turns = [turn for turn in await server.turns(sid) if turn.who == "caller"]
    assert [(turn.words, turn.written) for turn in turns] == [("again", True), ("card", True)]
    assert await refused(server, call=row.id) == (409, "The call is over")
    await replayed(server, row.id)


async def test_a_call_that_another_process_has_is_told(tmp_path: Path, quick: Engines) -> None:
    async with two_servers(tmp_path, quick) as (one, other), one.carrier.call() as (sid, stream):
        await stream.quiet()
        row = await one.row(sid)
        assert row is not None
        assert await refused(other, call=row.id) == (409, "The call is not here")
        chat = await write(other, "hello")
        assert await refused(other, call=chat["id"]) == (409, "In writing")


PAGE = Path("docs/administrators.md").read_text(encoding="utf-8")


async def test_the_example_of_the_page_works(server: Server) -> None:
    example = PAGE[PAGE.index("curl -s http://127.0.0.1:8080/api/v1/chats") :].partition("\n```")[0]
    command, _, shown = example.rpartition("\n")
    _, _, url, *words = shlex.split(command.replace("\\\n", " "))
    given = list(zip(words[::2], words[1::2], strict=True))
    headers = dict(value.split(": ") for option, value in given if option == "-H")
    body = next(value for option, value in given if option == "-d")
    address = url.replace("http://127.0.0.1:8080", server.url)
    response = await server.carrier.client.post(address, content=body, headers=headers)
    told = response.json()
    assert told.keys() == json.loads(shown).keys()
    assert (told["replies"], told["state"], told["outcome"]) == (GREETED, "open", None)
