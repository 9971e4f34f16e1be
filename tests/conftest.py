"""What is dear to make is made once for all tests: the embedded engines, loaded when the first test asks for them."""

import asyncio
import os
import secrets
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import pytest
import uvicorn
from starlette.types import ASGIApp

from ivr.models.engines import Engines
from ivr.store.revisions import migrate_postgres
from tests.postgres import NoPostgres, Postgres


@pytest.fixture(scope="session")
def engines() -> Iterator[Engines]:
    """The embedded engines, warm; they may be used from any test's event loop."""
    made = Engines.of("embedded")
    asyncio.run(made.start())
    yield made
    asyncio.run(made.close())


Serve = Callable[[ASGIApp], AbstractAsyncContextManager[str]]


@pytest.fixture(scope="session")
def serve() -> Serve:
    """Puts an application on a port of its own, while a test needs it."""

    @asynccontextmanager
    async def serving(app: ASGIApp) -> AsyncIterator[str]:
        with socket.socket(proto=socket.IPPROTO_TCP) as listening:  # named, so that small messages leave at once
            listening.bind(("127.0.0.1", 0))
            listening.listen()
            server = uvicorn.Server(uvicorn.Config(app, log_level="critical", lifespan="off"))
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(server.serve(sockets=[listening]))
                try:
                    yield f"http://127.0.0.1:{listening.getsockname()[1]}"
                finally:
                    server.should_exit = True
            await asyncio.sleep(0)  # one turn of the loop, in which the connections it closed are let go

    return serving


TEMPLATE = "ivr_tables"
_not_run: list[str] = []


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    """A real server, with a database of ours in it to copy. Where none can be started its tests are not run."""
    try:
        server = Postgres()
    except NoPostgres as fault:
        if os.environ.get("TEST_REQUIRE_POSTGRES"):
            pytest.fail(f"no PostgreSQL for the tests: {fault}")
        _not_run.append(str(fault))
        pytest.skip(f"no PostgreSQL here: {fault}")
    migrate_postgres(server.create(TEMPLATE))
    yield server
    server.remove()


@pytest.fixture
def postgres_url(postgres: Postgres) -> Iterator[str]:
    """A database of the test's own, with our tables."""
    name = f"ivr_{secrets.token_hex(6)}"
    yield postgres.create(name, TEMPLATE)
    postgres.drop(name)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if _not_run:
        skipped = [
            one for one in terminalreporter.stats.get("skipped", ()) if "no PostgreSQL here" in str(one.longrepr)
        ]
        terminalreporter.write_line(f"not run: {len(skipped)} tests with PostgreSQL ({_not_run[0]})")
