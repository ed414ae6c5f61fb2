"""Threads for compiled kernels, which release the interpreter lock.

Work is cut into chunks that depend on the data only, never on the number of threads, so that sums over chunks
have the same bits on one core and on many. How many threads may work is a matter of who calls, not of the process:
``limited`` holds for the calls made within it and for no other thread.
"""

from __future__ import annotations

import operator
import os
from contextlib import contextmanager
from contextvars import ContextVar, copy_context
from functools import cache
from threading import Condition
from typing import TYPE_CHECKING, Generic, TypeVar

from focusmesh.errors import ParameterError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from concurrent.futures import ThreadPoolExecutor

COMPILED_FROM_LINKS = 100_000
"""Below this many links NumPy is used and nothing is compiled: the compiler alone would take longer."""
COMPILED_FROM_EDITED_LINKS = 20_000
"""The same for links that are changed and worked on again and again."""

Chunk = TypeVar("Chunk")
Result = TypeVar("Result")

_limit: ContextVar[int | None] = ContextVar("focusmesh_threads", default=None)


@contextmanager
def limited(threads: int | None) -> Iterator[None]:
    """Within the block, calls from this thread use at most ``threads`` threads, itself included.

    None sets no limit. Of limits within each other the smallest holds. Other threads, and what runs beside the block
    in an event loop, have limits of their own. Results have the same bits under any limit. Raises ParameterError
    unless ``threads`` is an integer ≥ 1.
    """
    if threads is None:
        yield
        return
    token = _limit.set(min(_verify(threads), _limit.get() or cores()))
    try:
        yield
    finally:
        _limit.reset(token)


def _verify(threads: int) -> int:
    try:
        count = operator.index(threads)
    except TypeError:
        count = 0
    if count < 1 or isinstance(threads, bool):
        raise ParameterError(f"threads must be an integer ≥ 1, threads = {threads!r}")
    return count


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def thread_count() -> int:
    """Threads that a call from here may use: the cores of the process, or the limit it runs under."""
    return _limit.get() or cores()


def run(function: Callable[[Chunk], Result], chunks: Sequence[Chunk]) -> list[Result]:
    """``[function(chunk) for chunk in chunks]``, spread over the threads that may work, results in order.

    The calling thread works too, and chunks of a chunk stay in its thread. Of the exceptions that chunks raise, that
    of the first one comes out, once. Whatever comes out, an interrupt included, no chunk is begun afterwards and none
    is still running: arrays that chunks write to are the caller's again.
    """
    helpers = min(thread_count(), len(chunks)) - 1 if len(chunks) > 1 else 0
    if helpers < 1:
        return [function(chunk) for chunk in chunks]
    job = _Job(function, chunks)
    token = _limit.set(1)
    try:
        pool = _pool(os.getpid())
        for _ in range(helpers):
            pool.submit(copy_context().run, job.help)
        job.work()
    finally:
        _limit.reset(token)
        job.settle()
    return job.answer()


class _Job(Generic[Chunk, Result]):
    """Chunks that any number of threads take in order, and what came of them."""

    def __init__(self, function: Callable[[Chunk], Result], chunks: Sequence[Chunk]) -> None:
        self._function = function
        # Taking the next pair is one step of the interpreter, so no two threads get the same.
        self._left = iter(enumerate(chunks))
        self._results: dict[int, Result] = {}
        self._failures: dict[int, BaseException] = {}
        self._ended = False
        self._helping = 0
        self._changed = Condition()

    def work(self) -> None:
        """Takes chunks until none is left or one has failed."""
        while not self._ended:
            taken = next(self._left, None)
            if taken is None:
                return
            at, chunk = taken
            try:
                self._results[at] = self._function(chunk)
            except Exception as failure:
                self._failures[at] = failure
                self._ended = True

    def help(self) -> None:
        """``work`` in a helper, unless all is over by the time that one is free."""
        with self._changed:
            if self._ended:
                return
            self._helping += 1
        try:
            self.work()
        except BaseException as leaving:
            self._failures[-1] = leaving
            self._ended = True
        finally:
            with self._changed:
                self._helping -= 1
                self._changed.notify()

    def settle(self) -> None:
        """No chunk is begun from here on; waits for those in flight, and passes an interrupt on only then."""
        interrupt: BaseException | None = None
        while True:
            try:
                with self._changed:
                    self._ended = True
                    self._changed.wait_for(lambda: not self._helping)
                break
            except BaseException as raised:
                interrupt = raised
        if interrupt is not None:
            raise interrupt

    def answer(self) -> list[Result]:
        """Results in the order of the chunks; raises what the first failing chunk raised.

        That is the same one in every run: chunks before it were begun before it, and all that began have ended.
        """
        if self._failures:
            raise self._failures.pop(min(self._failures))
        return [self._results[at] for at in range(len(self._results))]


@cache
def _pool(process: int) -> ThreadPoolExecutor:
    """The helpers of all calling threads, one pool for each process: threads do not survive a fork."""
    from concurrent.futures import ThreadPoolExecutor

    return ThreadPoolExecutor(max(1, cores() - 1), thread_name_prefix=f"focusmesh-{process}")


def even_chunks(count: int, size: int) -> list[tuple[int, int]]:
    """Half-open ranges of about ``size`` that cover ``range(count)``."""
    step = max(size, 1)
    return [(start, min(start + step, count)) for start in range(0, count, step)]
