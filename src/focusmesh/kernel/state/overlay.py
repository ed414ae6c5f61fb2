"""What one block changes, before it is committed: nothing of it is in the store yet, and any tail can be taken back."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from focusmesh.kernel.state.accounts.accounts import Accounts
from focusmesh.kernel.state.accounts.base_price import BasePrice, RoomUsed, read_price

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from focusmesh.kernel.state.accounts.parameters import Parameters

NO_RELATION = bytes(32)
"""What stands in a link's key where it names no relation."""

_ABSENT = object()

Key = TypeVar("Key")
Value = TypeVar("Value")


class Committed(Protocol):
    """The state that a block starts from."""

    def get(self, key: bytes) -> bytes | None:
        """The value of a key of the state, None where it has none."""

    def amounts(self, links: Sequence[bytes]) -> list[int]:
        """What is locked in each of these links, whose keys are as ``link_key`` makes them."""

    def content(self, digest: bytes) -> bytes | None:
        """The content with this digest, None where it is not kept."""

    def has_particle(self, digest: bytes) -> bool:
        """Whether a particle has a place in the graph already."""


def link_key(neuron: bytes, source: bytes, target: bytes, relation: bytes) -> bytes:
    """source ‖ target ‖ relation (zeros for none) ‖ neuron: 128 bytes."""
    return source + target + (relation or NO_RELATION) + neuron


def no_blocks(height: int) -> bytes:
    """The root after a block where nobody knows of blocks: raises LookupError."""
    raise LookupError(f"this state has no blocks, so none of height {height}")


class StateOverlay:
    """The changes of one block over a committed state. Not safe between threads.

    ``mark`` says how far it has come and ``undo`` goes back to there: a signal that fails leaves nothing.
    """

    def __init__(
        self,
        base: Committed,
        height: int,
        time: int,
        parameters: Parameters,
        proposer: bytes,
        state_root: Callable[[int], bytes] = no_blocks,
        electorate: Mapping[bytes, int] | None = None,
    ) -> None:
        """``state_root`` gives the root of the state after an earlier block, by its height.

        ``electorate`` are those who vote on this block, or may make it, by the keys that sign, with their weights.
        """
        self.height = height
        self.time = time
        self.parameters = parameters
        self.proposer = proposer
        self.state_root = state_root
        self.electorate: Mapping[bytes, int] = {} if electorate is None else electorate
        self.entries: dict[bytes, bytes | None] = {}
        self.links: dict[bytes, int] = {}
        self.contents: dict[bytes, bytes | None] = {}
        self.work = 0
        """What programs of the block may take so far, in interactions; what failed was carried out too."""
        self.room = RoomUsed()
        """What its signals have used of the room of the block, in units; what failed has used it too."""
        self.finishers: list[Callable[[], None]] = []
        self._base = base
        self._amounts: dict[bytes, int] = {}
        # Table, key and value before, one after the other: what holds no containers costs the collector nothing.
        self._journal: list[Any] = []
        self.accounts = Accounts(self)

    @cached_property
    def base_price(self) -> BasePrice:
        """What a unit costs in this block. Raises ParameterError before version 6."""
        return read_price(self._base.get, self.time, self.parameters.required_fees)

    def get(self, key: bytes) -> bytes | None:
        """The value of a key as the block has left it so far."""
        if key in self.entries:
            return self.entries[key]
        return self._base.get(key)

    def put(self, key: bytes, value: bytes) -> None:
        """Sets the value of a key; a value has at least one byte."""
        if not value:
            raise ValueError(f"the value of {key!r} is empty: delete it")
        self.record(self.entries, key, value)

    def delete(self, key: bytes) -> None:
        """Takes a key out of the state."""
        self.record(self.entries, key, None)

    def expect(self, links: Sequence[bytes]) -> None:
        """Reads what is locked in these links (keys), together: one by one, a hub's row is read for each of them."""
        new = sorted(set(links).difference(self._amounts))
        if new:
            self._amounts.update(zip(new, self._base.amounts(new), strict=True))

    def amount(
        self, neuron: bytes, source: bytes, target: bytes, relation: bytes = NO_RELATION
    ) -> int:
        """What ``neuron`` has locked in this link so far, 0 where there is none."""
        link = link_key(neuron, source, target, relation)
        if link not in self._amounts:
            self.expect((link,))
        return self._amounts[link] + self.links.get(link, 0)

    def add_link(
        self, neuron: bytes, source: bytes, target: bytes, relation: bytes, amount: int
    ) -> None:
        """Locks ``amount`` more in a link, or less where it is negative; rows follow when the block ends."""
        link = link_key(neuron, source, target, relation)
        self.record(self.links, link, self.links.get(link, 0) + amount)

    def has_particle(self, digest: bytes) -> bool:
        """Whether a particle had a place in the graph before this block."""
        return self._base.has_particle(digest)

    def content(self, digest: bytes) -> bytes | None:
        """The content with this digest as the block has left it so far."""
        if digest in self.contents:
            return self.contents[digest]
        return self._base.content(digest)

    def put_content(self, digest: bytes, content: bytes) -> None:
        """Keeps content; that it has this digest is for the caller to check."""
        self.record(self.contents, digest, content)

    def drop_content(self, digest: bytes) -> None:
        """Removes content when the block is committed."""
        self.record(self.contents, digest, None)

    def record(self, table: dict[Key, Value], key: Key, value: Value) -> None:
        """Sets ``table[key]`` so that ``undo`` takes it back: for what else a block keeps, such as accounts."""
        self._journal += (table, key, table.get(key, _ABSENT))
        table[key] = value

    def mark(self) -> int:
        """How far the block has come."""
        return len(self._journal)

    def undo(self, mark: int) -> None:
        """Takes back everything since ``mark``, last first. O(changes since)."""
        journal = self._journal
        while len(journal) > mark:
            before, key, table = journal.pop(), journal.pop(), journal.pop()
            if before is _ABSENT:
                del table[key]
            else:
                table[key] = before

    def settle(self) -> None:
        """No change can be taken back any more: the journal is emptied, and what was kept elsewhere is written."""
        for finish in self.finishers:
            finish()
        self._journal.clear()
