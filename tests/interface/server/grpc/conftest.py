"""The letters and a small ledger behind gRPC and HTTP at once, in this process."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from focusmesh.host.service import Service
from focusmesh.interface.server.grpc import GrpcClient, GrpcError
from focusmesh.interface.server.process.workers import free_port
from tests.interface.server import conftest as http

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from focusmesh.host.keys.keyring import Keyring
    from focusmesh.interface.server.shared import ApiKeys
    from tests.interface.server.conftest import Client

letters, told, keyring = http.letters, http.told, http.keyring


class Both(NamedTuple):
    """The same server over both."""

    grpc: GrpcClient
    http: Client
    target: str


def failure(call: Callable[[], Any]) -> tuple[str, str | None, str]:
    """The status, the code and the message that a call fails with."""
    with pytest.raises(GrpcError) as failed:
        call()
    return failed.value.status, failed.value.code, str(failed.value)


@contextmanager
def served(service: Service, keys: ApiKeys | None = None, **options: Any) -> Iterator[Both]:
    """Clients of a server; ``options`` are settings, with __ for the dot."""
    port = free_port("127.0.0.1", 0)
    target = f"127.0.0.1:{port}"
    with (
        http.served(service, keys, grpc__port=port, **options) as client,
        GrpcClient(target) as calls,
    ):
        yield Both(calls, client, target)


@pytest.fixture
def both(letters: Path) -> Iterator[Both]:
    """Clients of the letters."""
    with served(Service.open(letters)) as clients:
        yield clients


@pytest.fixture
def ledger_both(told: Path, keyring: Keyring) -> Iterator[Both]:
    """Clients of the ledger."""
    with served(Service.open(told, keyring=keyring)) as clients:
        yield clients
