"""iroh behind the same bodies, in a network namespace with nothing but loopback: it is heard elsewhere otherwise."""

from __future__ import annotations

import asyncio
import json
import shutil
import subprocess
import sys
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest

from focusmesh.errors import NetworkError
from focusmesh.host.node import transports
from focusmesh.protocol.identity import SigningKey
from tests.protocol.transport.bodies import BODIES
from tests.tidy.tree import ROOT

if TYPE_CHECKING:
    from tests.conftest import Needs, NotRun

NAMES = (*BODIES, "refusals", "ipv4")
SECONDS_MAX = 120


@cache
def outcomes() -> dict[str, str]:
    """What became of each body, "" where it passed; nothing at all where no namespace can be made."""
    if sys.platform != "linux" or shutil.which("unshare") is None:
        return {}
    words = ["unshare", "--user", "--map-root-user", "--net", "sh", "-c"]
    if subprocess.run([*words, "ip link set lo up"], capture_output=True, check=False).returncode:
        return {}
    run = f"ip link set lo up && exec {sys.executable} -m tests.protocol.transport.iroh_bodies"
    done = subprocess.run(
        [*words, run], capture_output=True, text=True, timeout=SECONDS_MAX, check=False, cwd=ROOT
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, str] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize("name", NAMES)
def test_iroh_does_it_as_well(name: str, needs: Needs, not_run: NotRun) -> None:
    needs("iroh")
    found = outcomes()
    if not found:
        not_run("no network namespace can be made here")
    assert found[name] == ""


def test_it_is_not_opened_where_others_would_hear_it(monkeypatch: pytest.MonkeyPatch) -> None:
    interfaces = [(1, "lo"), (2, "eth0")]
    monkeypatch.setattr("socket.if_nameindex", lambda: interfaces)

    async def run() -> None:
        async with transports.open_iroh(SigningKey(b"a" * 32), bytes(32), "[::1]:0"):
            pytest.fail("it was opened")

    with pytest.raises(NetworkError, match="heard on eth0") as caught:
        asyncio.run(run())
    assert caught.value.code == "namespace"


def test_a_library_that_copies_otherwise_is_not_used(
    needs: Needs, monkeypatch: pytest.MonkeyPatch
) -> None:
    needs("iroh")
    from focusmesh.protocol.transport.iroh import library as iroh_library

    def wrong(self: Any, value: bytes) -> None:
        with self._reserve(len(value)):
            pass

    right = iroh_library._write
    ffi: Any = needs("iroh.iroh_ffi")
    builder = ffi._UniffiRustBufferBuilder
    before = builder.write
    iroh_library.check_library.cache_clear()
    monkeypatch.setattr(iroh_library, "_write", wrong)
    monkeypatch.setattr(builder, "write", before)
    with pytest.raises(NetworkError, match="went wrong") as caught:
        iroh_library.check_library()
    assert caught.value.code == "library"
    assert builder.write is before
    monkeypatch.setattr(iroh_library, "_write", right)
    monkeypatch.setattr(iroh_library, "IROH_VERSION", "1.2.1")
    with pytest.raises(NetworkError, match=r"1\.2\.1 is needed"):
        iroh_library.check_library()
    iroh_library.check_library.cache_clear()
