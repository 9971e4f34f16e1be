"""/v1/realtime: the door of its sessions, which the GA protocol is spoken in."""

import asyncio
from collections.abc import Mapping
from typing import Protocol

from starlette.responses import Response as HttpResponse
from starlette.websockets import WebSocket

from ivr.sim.model_house.realtime_session import Session, SessionHouse
from ivr.sim.model_house.refusals import Refused
from ivr.sim.model_house.telling import replacement


class RealtimeHouse(SessionHouse, Protocol):
    """What of the house the door uses."""

    @property
    def sessions(self) -> list[Session]: ...

    def door(self, headers: Mapping[str, str], model: str | None) -> None:
        """Raises: Refused: the key is wrong, or there is no such model."""
        ...


class RealtimeDoor:
    """The route."""

    def __init__(self, house: RealtimeHouse) -> None:
        self._house = house

    async def answer(self, websocket: WebSocket) -> None:
        manner = self._house.manner("realtime")
        try:
            self._house.door(websocket.headers, websocket.query_params.get("model"))
        except Refused as why:
            await websocket.send_denial_response(HttpResponse(why.body(), why.status, media_type="application/json"))
            return
        if manner.replaces:
            told = replacement(manner)
            answer = HttpResponse(told.body, told.status, dict(manner.headers), told.media_type)
            await websocket.send_denial_response(answer)
            return
        await asyncio.sleep(manner.wait_s)
        await websocket.accept()
        session = Session(self._house, websocket, str(websocket.query_params["model"]))
        self._house.sessions.append(session)
        await session.run()
