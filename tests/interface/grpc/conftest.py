"""The letters and a small ledger behind gRPC and HTTP at once, in this process."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from focusmesh.interface.grpc import GrpcClient, GrpcError
from focusmesh.interface.http.running import free_port
from focusmesh.interface.service import Service
from tests.interface.http import conftest as http

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from focusmesh.interface.http import ApiKeys
    from focusmesh.interface.keyring import Keyring
    from tests.interface.http.conftest import Client

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
