"""Signature checks in processes of their own, since nothing checks Ed25519 in batches and threads share one lock.

A helper runs ``serve``: it reads batches from its standard input and writes one byte an answer. It
ends when its input does, so that no helper outlives the process that it works for, however that one ends.
"""

from __future__ import annotations

import struct
import subprocess
import sys
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from typing import IO, TYPE_CHECKING, NamedTuple

from focusmesh.protocol.identity import KEY_BYTES, SIGNATURE_BYTES, Check, verify_many

if TYPE_CHECKING:
    from collections.abc import Sequence

CHUNK_CHECKS = 256
"""Checks that go to a helper at once: some 12 ms of its time."""
FEW_CHECKS = 32
"""So few take less time here than a helper takes to start."""

_PROGRAM = """
import sys

sys.path[:] = sys.argv[1:]
from focusmesh.protocol.checker import serve

serve(sys.stdin.buffer, sys.stdout.buffer)
"""
_FRAME = struct.Struct("<II")  # bytes of the domain, checks
_DIGEST_BYTES = 32
_CHECK_BYTES = KEY_BYTES + _DIGEST_BYTES + SIGNATURE_BYTES


class PendingChecks(NamedTuple):
    """Chunks that helpers work on."""

    chunks: list[Future[list[bool]]]

    def result(self) -> list[bool]:
        """Wait for the answers, in the order of the checks."""
        return [answer for chunk in self.chunks for answer in chunk.result()]


class SignaturePool:
    """``workers`` helper processes, started when there is much to do and ended by ``close`` or with ``with``.

    Few checks are done in this process, before ``start`` returns. A helper that dies is replaced, and what it was at
    is checked in this process. Threads may share a pool.
    """

    def __init__(self, workers: int) -> None:
        self._helpers = threading.local()
        self._started: list[_Helper] = []
        self._threads = ThreadPoolExecutor(workers, thread_name_prefix="signatures")

    def start(self, domain: bytes, checks: Sequence[Check]) -> PendingChecks:
        """Hand ``checks`` to the helpers and return at once. Raises InputError for a wrong domain, here or later."""
        if len(checks) <= FEW_CHECKS:
            done: Future[list[bool]] = Future()
            done.set_result(verify_many(domain, checks))
            return PendingChecks([done])
        chunks = [checks[at : at + CHUNK_CHECKS] for at in range(0, len(checks), CHUNK_CHECKS)]
        return PendingChecks([self._threads.submit(self._ask, domain, each) for each in chunks])

    def check(self, domain: bytes, checks: Sequence[Check]) -> list[bool]:
        """Whether each signature is right, in order."""
        return self.start(domain, checks).result()

    def close(self) -> None:
        """End the helpers; what was started is finished first."""
        self._threads.shutdown()
        while self._started:
            self._started.pop().end()

    def __enter__(self) -> SignaturePool:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _ask(self, domain: bytes, checks: Sequence[Check]) -> list[bool]:
        if not all(map(_has_sizes, checks)):
            return verify_many(domain, checks)
        try:
            return self._helper().ask(domain, checks)
        except (OSError, EOFError):
            self._helpers.mine = None
            return verify_many(domain, checks)

    def _helper(self) -> _Helper:
        """The helper of this thread."""
        mine: _Helper | None = getattr(self._helpers, "mine", None)
        if mine is None:
            mine = self._helpers.mine = _Helper()
            self._started.append(mine)
        return mine


class _Helper:
    """One process and the pipes to it."""

    def __init__(self) -> None:
        # In a session of its own, so that ctrl-C reaches it only as the end of its input.
        self.process = subprocess.Popen(
            [sys.executable, "-c", _PROGRAM, *sys.path],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,
        )

    def ask(self, domain: bytes, checks: Sequence[Check]) -> list[bool]:
        """Raises OSError or EOFError where the process has ended."""
        request, reply = self.process.stdin, self.process.stdout
        assert request is not None
        assert reply is not None
        request.write(
            _FRAME.pack(len(domain), len(checks)) + domain + b"".join(map(b"".join, checks))
        )
        request.flush()
        return [answer == 1 for answer in _exactly(reply, len(checks))]

    def end(self) -> None:
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                with suppress(OSError):
                    pipe.close()
        self.process.wait()


def _has_sizes(check: Check) -> bool:
    """Whether a check has the sizes of the frame; others are wrong anyway."""
    return tuple(map(len, check)) == (KEY_BYTES, _DIGEST_BYTES, SIGNATURE_BYTES)


def _exactly(source: IO[bytes], byte_count: int) -> bytes:
    data = source.read(byte_count)
    if len(data) != byte_count:
        raise EOFError("a helper ended")
    return data


def serve(source: IO[bytes], target: IO[bytes]) -> None:
    """Answer batches from ``source`` until it ends."""
    while frame := source.read(_FRAME.size):
        domain_bytes, count = _FRAME.unpack(frame)
        domain = _exactly(source, domain_bytes)
        flat = _exactly(source, count * _CHECK_BYTES)
        checks = [_unpack(flat, at) for at in range(0, len(flat), _CHECK_BYTES)]
        target.write(bytes(verify_many(domain, checks)))
        target.flush()


def _unpack(flat: bytes, at: int) -> Check:
    digest_at, signature_at = at + KEY_BYTES, at + KEY_BYTES + _DIGEST_BYTES
    return Check(
        flat[at:digest_at], flat[digest_at:signature_at], flat[signature_at : at + _CHECK_BYTES]
    )
