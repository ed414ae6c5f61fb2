"""A request that is sent again after Retry-After, where the server says 429 (too many)."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any
from urllib.error import HTTPError
from urllib.request import urlopen

if TYPE_CHECKING:
    from collections.abc import Callable
    from urllib.request import Request

WAIT_SECONDS_MAX = 30.0
"""How long one request waits in all, before it fails with what the server said."""
_TOO_MANY = 429


def open_with_retries(
    request: Request, seconds: float, wait: Callable[[float], None] = time.sleep
) -> Any:
    """The open answer, as ``urlopen`` gives it; ``seconds`` is the time of one attempt.

    Raises what ``urlopen`` raises: HTTPError 429 only where Retry-After is longer than what is left of
    WAIT_SECONDS_MAX.
    """
    left = WAIT_SECONDS_MAX
    while True:
        try:
            return urlopen(request, timeout=seconds)
        except HTTPError as error:
            pause = _pause(error)
            if error.code != _TOO_MANY or pause > left:
                raise
            error.close()
        left -= pause
        wait(pause)


def _pause(error: HTTPError) -> float:
    """The seconds of Retry-After, at least one; a date counts as one second."""
    said = error.headers.get("Retry-After", "1")
    return max(1.0, float(said)) if said.isascii() and said.isdecimal() else 1.0
