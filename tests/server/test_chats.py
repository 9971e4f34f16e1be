"""Messages in writing, on the real server: asked over HTTP, answered by the flow that answers the phone."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from ivr.models.engines import Engines
from ivr.store import Calls, Turns
from ivr.units import CallId
from tests.server.conftest import AUTH_TOKEN, PUBLIC_URL, Server, serving, settings_in

ANA = "+15550107788"
ASKED = ["Hello there.", "What do you wish?"]


async def write(server: Server, text: str, who: str = ANA, status: int = 200, **more: Any) -> dict[str, Any]:
    headers = more.pop("headers", {})
    body: Mapping[str, Any] = {"conversation": who, "text": text, **more}
    response = await server.carrier.client.post("/api/v1/chats", json=dict(body), headers=headers)
    assert response.status_code == status, response.text
    told: dict[str, Any] = response.json()
    return told


async def test_a_conversation_goes_from_its_first_message_to_its_end(server: Server) -> None:
    first = await write(server, "Hello")
    assert (first["replies"], first["state"], first["outcome"]) == (ASKED, "open", None)
    again = await write(server, "again")
    assert again["id"] == first["id"]
    assert again["replies"] == ["Very well.", "What do you wish?"]
    last = await write(server, "3")
    assert last == {"id": first["id"], "replies": ["Goodbye."], "state": "ended", "outcome": "completed"}

    row = await Calls(server.database).by_id(CallId(first["id"]))
    assert row is not None and row.ended_at is not None
    assert (row.medium, row.outcome, row.caller, row.flow) == ("text", "completed", "••••88", "tiny")
    turns = await Turns(server.database).turns(row.id)
    assert [turn.words for turn in turns if turn.who == "caller"] == ["Hello", "again", "3"]
    assert all(turn.written for turn in turns if turn.who == "caller")
    assert [turn.heard for turn in turns if turn.who == "bot"] == [*ASKED, *again["replies"], "Goodbye."]

    other = await write(server, "hi")
    assert other["id"] != first["id"]
