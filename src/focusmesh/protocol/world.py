"""What the layers above take from outside, handed in as one object: time, chance, stores, the net, helpers.

Nothing below the interface reads a clock, a random source or a folder by itself, so that a seeded ``World`` replays a
run. The real ones are put together in host/node/real_time.py, a simulated one in the tests.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from focusmesh.protocol.checker import SignaturePool
from focusmesh.protocol.identity import verify_many

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
    from pathlib import Path

    from focusmesh.errors import SignalError
    from focusmesh.protocol.identity import Check
    from focusmesh.protocol.packet import Packet

__all__ = ["Checker", "Net", "Pending", "SameProcess", "SignaturePool", "World"]

StoreT = TypeVar("StoreT")
"""What keeps a ledger: the kernel says what that is, which is above this layer."""


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


class Net(Protocol):
    """How signals reach whoever makes blocks, and how its words go back to who sent them.

    A signal waits here until it is removed or refused, whether or not the process that makes blocks goes on; one that
    came twice waits once.
    """

    def read(self, bytes_max: int, without: Collection[bytes] = ()) -> list[Packet]:
        """Packets that wait, oldest first, about ``bytes_max`` bytes of them; signals ``without`` are passed over."""
        ...

    def has(self, signal: bytes) -> bool:
        """Whether a signal waits."""
        ...

    def fail(self, messages: Mapping[bytes, str]) -> None:
        """Says why signals that are in a block changed nothing: the block has their codes, not the words."""
        ...

    def remove(self, signals: Iterable[bytes]) -> None:
        """Takes away signals that are in a block; only then does who waits for them go on."""
        ...

    def refuse(self, signal: bytes, error: SignalError) -> None:
        """Takes away a signal that cannot be in a block, and says why."""
        ...

    def drop(self, contents: Collection[bytes], without: Collection[bytes] = ()) -> None:
        """Refuses, as ``"content"``, the signals that wait with contents of these digests, but for ``without``."""
        ...


@dataclass(frozen=True)
class World(Generic[StoreT]):
    """``clock()`` is the time in ms since 1970, ``rng(n)`` gives n random bytes, ``store`` opens the store at a path.

    ``net`` brings signals and takes words back, ``pool`` checks signatures.
    """

    clock: Callable[[], int]
    rng: Callable[[int], bytes]
    store: Callable[[Path], StoreT]
    net: Net
    pool: Checker
