"""Servers that are there while the tests of this folder run, one of a kind a process."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.host.persistence.servers import (
    Postgres,
    RedisServer,
    postgres_programs,
    postgres_running,
    redis_program,
    redis_running,
)

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL server; what is in it, tests share."""
    pytest.importorskip("pg8000", reason="packages missing: pg8000")
    if postgres_programs() is None:
        pytest.skip("programs missing: PostgreSQL")
    # PostgreSQL runs as another user, to whom pytest closes its own folder whenever another session begins.
    with (
        tempfile.TemporaryDirectory(prefix="focusmesh-postgres-") as folder,
        postgres_running(Path(folder)) as server,
    ):
        yield server


@pytest.fixture(scope="session")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    """A Redis server."""
    pytest.importorskip("redis", reason="packages missing: redis")
    if redis_program() is None:
        pytest.skip("programs missing: redis-server")
    with redis_running(tmp_path_factory.mktemp("redis")) as server:
        yield server
