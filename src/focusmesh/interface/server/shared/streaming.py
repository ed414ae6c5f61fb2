"""Answers a line at a time (NDJSON): all rows of a moment, and how far a long answer is before it is there."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import msgspec

from focusmesh.host.service import log_unexpected, problem_of
from focusmesh.interface.server.shared.problems import LOG, ProblemDocument, document

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Coroutine, Iterator
    from concurrent.futures import Executor

    from focusmesh.host.service import Answer, Deadline
    from focusmesh.interface.server.shared.framework import Request

    AnyRequest = Request[Any, Any, Any]

NDJSON = "application/x-ndjson"
AFTERWARDS = "focusmesh.afterwards"
"""Where the scope of a request has what is to be awaited when its answer is over, however it ended."""
_SECONDS_BETWEEN = 0.25
_ENCODER = msgspec.json.Encoder()


class ProgressLine(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="progress"):
    """How far the work is: ``done`` of ``total`` (null while that is unknown) of ``unit``."""

    what: str
    done: int
    total: int | None
    unit: str


class AnswerLine(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="answer"):
    """The last line, where all went well."""

    answer: Any


class ProblemLine(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="problem"):
    """The last line, where it did not."""

    problem: ProblemDocument


def wants_lines(request: AnyRequest) -> bool:
    """Whether the client follows the progress of an answer."""
    return NDJSON in request.headers.get("accept", "")


async def rows(parts: Iterator[list[Any]], thread: Executor) -> AsyncGenerator[bytes, None]:
    """The lines of all rows; no part is made before the one before it was sent."""

    def following() -> bytes:
        part = next(parts, None)
        return b"" if part is None else _ENCODER.encode_lines(part)

    while lines := await asyncio.wrap_future(thread.submit(following)):
        yield lines


async def follow_work(
    work: Callable[[], Coroutine[Any, Any, Answer]], deadline: Deadline, path: str
) -> AsyncGenerator[bytes, None]:
    """Lines of progress, then the answer or the problem; the work ends when nobody follows it any more."""
    working = asyncio.create_task(work())
    told = None
    try:
        while not working.done():
            await asyncio.wait([working], timeout=_SECONDS_BETWEEN)
            step = deadline.step
            if step is not None and step is not told and not working.done():
                told = step
                yield _line(
                    ProgressLine(what=step.what, done=step.done, total=step.total, unit=step.unit)
                )
        yield _line(_outcome(working, path))
    finally:
        working.cancel()


def _outcome(working: asyncio.Future[Answer], path: str) -> AnswerLine | ProblemLine:
    try:
        return AnswerLine(answer=working.result())
    except Exception as error:
        problem = problem_of(error)
        log_unexpected(LOG, path, error, problem)
        return ProblemLine(problem=document(problem))


def _line(line: ProgressLine | AnswerLine | ProblemLine) -> bytes:
    return _ENCODER.encode(line) + b"\n"
