"""A small back end for the sample line: a company's customers behind real HTTP, in an SQLite file of its own.

    GET  /v1/accounts/{account}   200 {"first", "dob", "balance", "area"} or 404
    POST /v1/notes                201 {"id"}; the same Idempotency-Key never writes twice

Every request needs the bearer token that stands in the environment at start.
`python -m ivr.sim.backend --port 0 --db FILE`.
"""

import argparse
import hmac
import json
import os
import socket
import sqlite3
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Final

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

TOKEN_FROM: Final = "SAMPLE_BACK_END_TOKEN"  # noqa: S105 - a name
"""Where the process finds its token. Not an argument: those are for everybody on the machine to read."""
DEMO_TOKEN: Final = "demo-token"  # noqa: S105 - it guards made-up customers on this machine
ACCOUNTS: Final = (
    ("12345678", "Ana", "1980-05-02", 4250, "N1"),
    ("23456789", "Ben", "1975-11-30", 0, "S2"),
    ("34567890", "Chloe", "1992-01-15", 11820, "N1"),
    ("44556677", "David", "1968-07-04", 705, "E3"),
    ("55501234", "Elena", "2001-02-28", 129900, "W4"),
)
"""Number, first name, date of birth, balance in cents, area."""
_NOTE_BYTES: Final = 16_384
_TABLES: Final = """
CREATE TABLE IF NOT EXISTS accounts (
    account TEXT PRIMARY KEY, first TEXT NOT NULL, dob TEXT NOT NULL, cents INTEGER NOT NULL, area TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS notes (
    id INTEGER PRIMARY KEY, key TEXT UNIQUE, account TEXT NOT NULL REFERENCES accounts, body TEXT NOT NULL);
"""


class BackEnd:
    """The application and its file; `app` is served by whoever wants it. Raises: sqlite3.Error for an unusable file."""

    def __init__(self, db: Path, token: str = DEMO_TOKEN) -> None:
        self._db, self._token = db, token
        with self._open() as file:
            file.executescript(_TABLES)
            file.executemany("INSERT OR IGNORE INTO accounts VALUES (?, ?, ?, ?, ?)", ACCOUNTS)
        self.app = Starlette(
            routes=[
                Route("/v1/accounts/{account}", self._account, methods=["GET"]),
                Route("/v1/notes", self._write_note, methods=["POST"]),
            ]
        )

    def notes(self) -> list[dict[str, Any]]:
        """What was written, oldest first."""
        with self._open() as file:
            return [json.loads(body) for (body,) in file.execute("SELECT body FROM notes ORDER BY id")]

    async def _account(self, request: Request) -> Response:
        if not self._is_authorised(request):
            return _refused(401, "a bearer token is needed")
        with self._open() as file:
            found = file.execute(
                "SELECT first, dob, cents, area FROM accounts WHERE account = ?", (request.path_params["account"],)
            ).fetchone()
        if found is None:
            return _refused(404, "no such account")
        first, dob, cents, area = found
        return JSONResponse({"first": first, "dob": dob, "balance": cents / 100, "area": area})

    async def _write_note(self, request: Request) -> Response:
        if not self._is_authorised(request):
            return _refused(401, "a bearer token is needed")
        note = await _note(request)
        if note is None:
            return _refused(400, "a note is a JSON object with an account")
        key, body = request.headers.get("idempotency-key"), json.dumps(note, sort_keys=True)
        with self._open() as file:
            before = file.execute("SELECT id, body FROM notes WHERE key = ?", (key,)).fetchone()
            if before is not None:
                same = before[1] == body
                return JSONResponse({"id": before[0]}, 201) if same else _refused(422, "the key was used for another")
            try:
                added = file.execute(
                    "INSERT INTO notes (key, account, body) VALUES (?, ?, ?)", (key, note["account"], body)
                )
            except sqlite3.IntegrityError:
                return _refused(404, "no such account")
            return JSONResponse({"id": added.lastrowid}, 201)

    def _is_authorised(self, request: Request) -> bool:
        given = request.headers.get("authorization", "")
        return hmac.compare_digest(given.encode(), f"Bearer {self._token}".encode())

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(self._db, timeout=5.0)) as file, file:
            file.execute("PRAGMA foreign_keys = ON")
            yield file


async def _note(request: Request) -> dict[str, Any] | None:
    body = await request.body()
    try:
        note = json.loads(body) if len(body) <= _NOTE_BYTES else None
    except ValueError:
        return None
    return note if isinstance(note, dict) and isinstance(note.get("account"), str) else None


def _refused(status: int, text: str) -> Response:
    return JSONResponse({"error": text}, status)


def main(arguments: Sequence[str] | None = None) -> None:
    wanted = argparse.ArgumentParser(prog="python -m ivr.sim.backend", description="The sample line's back end.")
    wanted.add_argument("--port", type=int, default=0, help="0 takes any free one")
    wanted.add_argument("--db", type=Path, required=True, help="the SQLite file, made when missing")
    wanted.epilog = f"{TOKEN_FROM} in the environment is the bearer token that every request needs."
    given = wanted.parse_args(arguments)
    app = BackEnd(given.db, os.environ.get(TOKEN_FROM, DEMO_TOKEN)).app
    with socket.socket() as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(("127.0.0.1", given.port))
        listening.listen(64)
        sys.stdout.write(f"back end on http://127.0.0.1:{listening.getsockname()[1]}\n")
        sys.stdout.flush()
        uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="off", access_log=False)).run([listening])


if __name__ == "__main__":
    main()
