"""Servers for the tests that need them, started for real: PostgreSQL and Redis, on loopback, in a temporary folder."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

PASSWORD = "a password of the tests"
SECONDS = 30
_ATTEMPTS = 5
_USERS = ("postgres", "nobody")
"""PostgreSQL does not run as root; who may be asked to run it instead."""


def postgres_programs() -> Path | None:
    """The folder with ``initdb`` and ``postgres``, None where PostgreSQL is not installed."""
    found = shutil.which("postgres")
    places = [Path(found).resolve().parent] if found else []
    places += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    wanted = ("initdb", "pg_isready", "psql")
    return next((at for at in places if all((at / name).is_file() for name in wanted)), None)


def redis_program() -> str | None:
    """The program, None where Redis is not installed."""
    return shutil.which("redis-server")


@dataclass
class Postgres:
    """A cluster in a folder, with a user ``grid`` who has a password and databases of that name and ``other``."""

    programs: Path
    folder: Path
    port: int
    process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        """What ``open_store`` takes; the password is apart."""
        return f"postgresql://grid@127.0.0.1:{self.port}/grid"

    @property
    def log(self) -> Path:
        """What the server says."""
        return self.folder.parent / "log"

    @classmethod
    def made(cls, folder: Path) -> Postgres:
        """A cluster that does not run yet."""
        programs = postgres_programs()
        assert programs is not None
        made = cls(programs, folder / "cluster", free_port())
        if os.geteuid() == 0:
            # Every folder on the way has to let the other user through.
            user = _user()
            os.chown(folder, user.pw_uid, user.pw_gid)
            for above in folder.parents:
                if above.stat().st_uid == 0 and not above.stat().st_mode & 0o001:
                    above.chmod(above.stat().st_mode | 0o011)
        secret = folder / "secret"
        secret.write_text(PASSWORD, encoding="utf-8")
        secret.chmod(0o644)
        arguments = ["--username=grid", f"--pwfile={secret}", "--auth=scram-sha-256", "--no-sync"]
        made._run(["initdb", *arguments, "--encoding=UTF8", "--no-locale", str(made.folder)])
        return made

    def start(self) -> None:
        """Returns when it answers."""
        options = {
            "listen_addresses": "127.0.0.1",
            "port": str(self.port),
            "unix_socket_directories": str(self.folder),
            "max_connections": "20",
            # Processes are killed here, machines are not.
            "fsync": "off",
            "shared_buffers": "16MB",
            "log_min_messages": "error",
        }
        settings = [word for name, value in options.items() for word in ("-c", f"{name}={value}")]
        user, group = _other_user()
        command: list[str | Path] = [self.programs / "postgres", "-D", self.folder, *settings]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                command, user=user, group=group, cwd=self.folder.parent, stdout=log, stderr=log
            )
        ready: list[str | Path] = [
            self.programs / "pg_isready",
            "-q",
            "-h",
            "127.0.0.1",
            "-p",
            str(self.port),
        ]
        _wait(lambda: subprocess.run(ready, check=False).returncode == 0, self.process, self.log)
        if "grid" not in self.query("SELECT datname FROM pg_database").split():
            self.query("CREATE DATABASE grid")

    def query(self, sql: str, database: str = "postgres") -> str:
        """What ``psql`` says to a statement, through the server's socket."""
        command = ["psql", "-h", "127.0.0.1", "-p", str(self.port), "-U", "grid", "-d", database]
        done = subprocess.run(
            [self.programs / command[0], *command[1:], "-Atqc", sql],
            env={**os.environ, "PGPASSWORD": PASSWORD},
            capture_output=True,
            text=True,
            check=True,
            timeout=SECONDS,
        )
        return done.stdout

    def stop(self, number: signal.Signals = signal.SIGINT) -> None:
        """Ends it: by default so that whoever is connected is cut off; SIGKILL is as a machine that loses power."""
        _end(self.process, number)
        self.process = None

    def _run(self, command: Sequence[str]) -> None:
        user, group = _other_user()
        subprocess.run(
            [str(self.programs / command[0]), *command[1:]],
            user=user,
            group=group,
            cwd=self.folder.parent,
            check=True,
            capture_output=True,
            timeout=SECONDS,
        )


@dataclass
class RedisServer:
    """A server that keeps nothing, with a password."""

    folder: Path
    port: int
    process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        """What ``open_fanout`` takes; the password is apart."""
        return f"redis://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Returns when it answers."""
        program = redis_program()
        assert program is not None
        options = ["--bind", "127.0.0.1", "--port", str(self.port), "--save", "", "--dir"]
        command = [program, *options, str(self.folder), "--requirepass", PASSWORD]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log)
        _wait(lambda: _answers(self.port), self.process, self.folder / "log")

    def stop(self, number: signal.Signals = signal.SIGTERM) -> None:
        """Ends it."""
        _end(self.process, number)
        self.process = None


def _end(process: subprocess.Popen[bytes] | None, number: signal.Signals) -> None:
    if process is None:
        return
    if process.poll() is None:
        process.send_signal(number)
    process.wait(SECONDS)


@contextmanager
def postgres_running(folder: Path) -> Iterator[Postgres]:
    """A cluster that runs while the block does."""
    server = Postgres.made(folder)
    try:
        start_again(server, moving=True)
        yield server
    finally:
        server.stop()


@contextmanager
def redis_running(folder: Path) -> Iterator[RedisServer]:
    """A server that runs while the block does."""
    server = RedisServer(folder, free_port())
    try:
        start_again(server, moving=True)
        yield server
    finally:
        server.stop()


def start_again(server: Postgres | RedisServer, *, moving: bool = False) -> None:
    """Starts a server of which something may still be there, or whose port somebody else took (then ``moving``)."""
    for attempt in range(_ATTEMPTS):
        try:
            server.start()
            return
        except AssertionError:
            if attempt == _ATTEMPTS - 1:
                raise
            server.stop()
            time.sleep(1)
            server.port = free_port() if moving else server.port


def free_port() -> int:
    """A port that nobody listens at now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def _user() -> pwd.struct_passwd:
    for name in _USERS:
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise AssertionError(f"none of the users {_USERS} is there to run PostgreSQL")


def _other_user() -> tuple[int | None, int | None]:
    return (_user().pw_uid, _user().pw_gid) if os.geteuid() == 0 else (None, None)


def _answers(port: int) -> bool:
    with socket.socket() as asking:
        return asking.connect_ex(("127.0.0.1", port)) == 0


def _wait(is_there: Callable[[], bool], process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + SECONDS
    while not is_there():
        assert process.poll() is None, f"the server ended: {log.read_text(encoding='utf-8')}"
        assert time.monotonic() < end, "the server does not answer"
        time.sleep(0.05)
