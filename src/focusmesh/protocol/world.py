"""What the layers above take from outside, handed in as one object: time, chance, and processes to check signatures.

Nothing below the interface reads a clock or a random source by itself, so that a seeded ``World`` replays a run.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from focusmesh.protocol.checking import SignaturePool
from focusmesh.protocol.identity import verify_many

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from focusmesh.protocol.identity import Check

__all__ = ["Checker", "Pending", "SameProcess", "SignaturePool", "World"]


class Pending(Protocol):
    """Answers that are being worked out."""

    def result(self) -> list[bool]: ...


class Checker(Protocol):
    """Whatever checks many signatures: ``start`` returns at once where it has helpers, ``check`` waits."""

    def start(self, domain: bytes, checks: Sequence[Check]) -> Pending: ...

    def check(self, domain: bytes, checks: Sequence[Check]) -> list[bool]: ...


class SameProcess:
    """The checker without helpers: for few signatures, and for simulations in one thread."""

    def start(self, domain: bytes, checks: Sequence[Check]) -> Pending:
        return _Done(self.check(domain, checks))

    def check(self, domain: bytes, checks: Sequence[Check]) -> list[bool]:
        return verify_many(domain, checks)


@dataclass(frozen=True)
class _Done:
    answers: list[bool]

    def result(self) -> list[bool]:
        return self.answers


@dataclass(frozen=True)
class World:
    """``clock()`` is the time in ms since 1970, ``rng(n)`` gives n random bytes, ``pool`` checks signatures."""

    clock: Callable[[], int]
    rng: Callable[[int], bytes]
    pool: Checker
