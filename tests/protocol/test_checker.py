"""Checkers of signatures: one body over those with and without processes; the life of helpers."""

from __future__ import annotations

import signal
import subprocess
import sys
import textwrap
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from focusmesh.errors import InputError
from focusmesh.ids import digest
from focusmesh.protocol.checker import FEW_CHECKS
from focusmesh.protocol.identity import Check, SigningKey
from focusmesh.protocol.world import SameProcess, SignaturePool

if TYPE_CHECKING:
    from collections.abc import Iterator

    from focusmesh.protocol.world import Checker

DOMAIN = b"focusmesh/test/1\0"
KEY = SigningKey.generate(bytes(range(32)))
MANY = FEW_CHECKS + 1


def checks(count: int) -> list[Check]:
    digests = [digest(b"%d" % number) for number in range(count)]
    return [Check(KEY.public, each, KEY.sign(DOMAIN, each)) for each in digests]


@pytest.fixture(params=["same process", "one helper", "two helpers"])
def checker(request: pytest.FixtureRequest) -> Iterator[Checker]:
    if request.param == "same process":
        yield SameProcess()
        return
    with SignaturePool(1 if request.param == "one helper" else 2) as pool:
        yield pool


def test_answers_come_in_order(checker: Checker) -> None:
    listed = checks(600)
    listed[3] = listed[3]._replace(signature=bytes(64))
    listed[300] = listed[300]._replace(public=b"short")
    listed[599] = listed[599]._replace(digest=digest(b"other"))
    expected = [number not in {3, 300, 599} for number in range(600)]
    pending = checker.start(DOMAIN, listed)
    assert checker.check(DOMAIN, listed[:4]) == expected[:4]
    assert pending.result() == expected
    assert checker.check(DOMAIN, []) == []


def test_a_wrong_domain_is_an_error(checker: Checker) -> None:
    with pytest.raises(InputError, match="domain"):
        checker.check(b"no end", checks(MANY))


def test_a_pool_is_shared_by_threads(checker: Checker) -> None:
    listed = checks(MANY)
    with ThreadPoolExecutor(4) as threads:
        answers = list(threads.map(lambda _: checker.check(DOMAIN, listed), range(8)))
    assert answers == [[True] * MANY] * 8


def test_few_checks_start_no_helper() -> None:
    with SignaturePool(2) as pool:
        assert pool.check(DOMAIN, checks(FEW_CHECKS)) == [True] * FEW_CHECKS
        assert pool._started == []


def test_a_helper_that_dies_is_replaced() -> None:
    listed = checks(MANY)
    with SignaturePool(1) as pool:
        assert pool.check(DOMAIN, listed) == [True] * MANY
        (first,) = pool._started
        first.process.kill()
        first.process.wait()
        wrong = [listed[0]._replace(signature=bytes(64))]
        assert pool.check(DOMAIN, wrong + listed) == [False] + [True] * MANY
        assert pool.check(DOMAIN, listed) == [True] * MANY
        assert len(pool._started) == 2
    assert first.process.poll() is not None


def test_close_ends_the_helpers() -> None:
    pool = SignaturePool(1)
    assert pool.check(DOMAIN, checks(MANY)) == [True] * MANY
    (helper,) = pool._started
    pool.close()
    assert helper.process.returncode == 0
    with pytest.raises(RuntimeError):
        pool.check(DOMAIN, checks(MANY))


def test_helpers_end_with_the_process_that_they_work_for() -> None:
    program = textwrap.dedent(
        """
        import os, sys, time
        from focusmesh.protocol.identity import Check
        from focusmesh.protocol.world import SignaturePool

        pool = SignaturePool(1)
        pool.check(b"focusmesh/test/1\\0", [Check(bytes(32), bytes(32), bytes(64))] * 40)
        print(pool._started[0].process.pid, flush=True)
        time.sleep(60)
        """
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        helper = int(parent.stdout.readline())
        assert is_running(helper)
        parent.send_signal(signal.SIGKILL)
        parent.wait()
    deadline = time.monotonic() + 10
    while is_running(helper) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not is_running(helper)


def is_running(pid: int) -> bool:
    """Whether a process runs: neither gone nor waiting to be collected."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
