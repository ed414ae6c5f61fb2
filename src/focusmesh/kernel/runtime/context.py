"""What an operation sees of the block: the keys that its kind declared, and the account of who signed."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, NamedTuple, Protocol

from focusmesh.errors import SignalError
from focusmesh.kernel.state import (
    ACCOUNT_PREFIX,
    BLOB_PREFIX,
    ROW_PREFIX,
    SUPPLY_KEY,
    Account,
    add_deposited_link,
    has_deposits,
    key_holder,
    link_key,
    lock_deposit,
    punish_validator,
    read_deposit,
    read_epoch,
    return_deposit,
    validators_of,
    waiting_agreement,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from focusmesh.kernel.runtime.operation import Operation
    from focusmesh.kernel.state import Agreement, Parameters, StateOverlay


_KEPT_ELSEWHERE = (ACCOUNT_PREFIX, SUPPLY_KEY, ROW_PREFIX)
"""Leaves that are written from other tables when the block ends."""


class Circumstance(NamedTuple):
    """What is the same for all signals of a block. ``contents`` came beside them, by digest, and may be short."""

    network: bytes
    contents: Mapping[bytes, bytes]


class Joined(Protocol):
    """A link by its ends and its relation, nothing for none."""

    @property
    def source(self) -> bytes:
        """The particle that it leads from."""

    @property
    def target(self) -> bytes:
        """The particle that it leads to."""

    @property
    def relation(self) -> bytes:
        """32 bytes, or none."""


class Context:
    """One signal's way to the state. Every key is held against the prefixes of the operation that is running.

    ``neuron`` signed; ``author`` is the key under which its links and properties stand, the first of a chain of
    rotated keys. ``height`` and ``time`` are the block's. A key outside of the prefixes is SignalError ``"prefix"``:
    the signal fails on every node alike.
    """

    def __init__(
        self, working: StateOverlay, circumstance: Circumstance, neuron: bytes, author: bytes
    ) -> None:
        self.neuron = neuron
        self.author = author
        self.circumstance = circumstance
        self.height: int = working.height
        self.time: int = working.time
        self.parameters: Parameters = working.parameters
        self.electorate: Mapping[bytes, int] = working.electorate
        """Who votes on this block, or may make it, by the keys that sign, with their weights."""
        self._working = working
        self._operation: type[Operation] | None = None
        self._reads: tuple[bytes, ...] = ()
        self._writes: tuple[bytes, ...] = ()

    def enter(self, operation: type[Operation]) -> None:
        """From here on it is an operation of this kind that runs."""
        self._operation = operation
        self._reads = operation.reads
        self._writes = operation.writes

    def get(self, key: bytes) -> bytes | None:
        """The value of a key, None where it has none."""
        self._check_plain(key, self._reads)
        return self._working.get(key)

    def put(self, key: bytes, value: bytes) -> None:
        """Sets the value of a key."""
        self._check_plain(key, self._writes)
        self._working.put(key, value)

    def delete(self, key: bytes) -> None:
        """Takes a key out of the state."""
        self._check_plain(key, self._writes)
        self._working.delete(key)

    def account(self, neuron: bytes | None = None) -> Account:
        """The account of ``neuron``, by default of who signed; an empty one where there is none."""
        neuron = neuron or self.neuron
        self._check(ACCOUNT_PREFIX + neuron, self._reads)
        return self._working.accounts.get(neuron) or Account()

    def put_account(self, account: Account | None, neuron: bytes | None = None) -> None:
        """Sets the account of ``neuron``, by default of who signed; None takes it out of the state."""
        neuron = neuron or self.neuron
        self._check(ACCOUNT_PREFIX + neuron, self._writes)
        self._working.accounts.put(neuron, account)

    def supply(self) -> int:
        """The supply of tokens, in base units."""
        self._check(SUPPLY_KEY, self._reads)
        return self._working.accounts.supply

    def add_supply(self, amount: int) -> None:
        """Changes the supply of tokens, by a negative amount where they were burned."""
        self._check(SUPPLY_KEY, self._writes)
        self._working.accounts.add_supply(amount)

    def agreement(self) -> Agreement | None:
        """By which validators vote, or will once the law is in force that waits; None where neither is so.

        From version 6 on; before, the agreement that holds is all there is. No declared prefix is needed.
        """
        found = self.parameters.agreement
        if found is None and self.parameters.can_hand_over:
            return waiting_agreement(self._working.get)
        return found

    def holder(self, neuron: bytes) -> bytes:
        """The key that signs today for ``neuron``."""
        return key_holder(self.get, neuron)

    def delegates(self) -> bool:
        """Whether who signed has delegated stake, so that it may vote on changes itself: from version 6 on."""
        if self.parameters.staking is None:
            return False
        return bool(validators_of(self._working.get, self.author))

    @property
    def epoch(self) -> int:
        """The epoch that this block is of; 0 where the network cannot change."""
        epoch = read_epoch(self._working.get)
        return 0 if epoch is None else epoch.number

    def punish(self, validator: bytes, epoch: int) -> int:
        """Punishes who signed with a key what it must not have, see ``punish_validator``; the base units it takes.

        It reaches leaves that no operation needs to declare: what ``accuse/1`` declared is part of old sets.
        """
        return punish_validator(self._working, validator, epoch)

    def state_root(self, height: int) -> bytes:
        """The root of the state after an earlier block. Nobody knows it before that block is made."""
        if not 0 <= height < self.height:
            raise ValueError(f"block {height} has no state yet: this is block {self.height}")
        return self._working.state_root(height)

    def locked_amount(self, source: bytes, target: bytes, relation: bytes) -> int:
        """What the author has locked in a link, 0 where there is none."""
        self._check(ROW_PREFIX + source, self._reads)
        return self._working.amount(self.author, source, target, relation)

    def lock(self, source: bytes, target: bytes, relation: bytes, amount: int) -> None:
        """Locks ``amount`` more in a link of the author's, less where it is negative."""
        self._check(ROW_PREFIX + source, self._writes)
        if has_deposits(self._working):
            add_deposited_link(self._working, self.author, source, target, relation, amount)
        else:
            self._working.add_link(self.author, source, target, relation, amount)

    def locker(
        self, links: Sequence[Joined] = ()
    ) -> Callable[[bytes, bytes, bytes, bytes, int], None]:
        """``lock`` for many links (author first), its prefix checked once: all rows are under one."""
        self._check(ROW_PREFIX, self._writes)
        if not has_deposits(self._working):
            return self._working.add_link
        # Whether they are there already is asked of all of them together.
        author = self.author
        self._working.expect([link_key(author, e.source, e.target, e.relation) for e in links])
        return partial(add_deposited_link, self._working)

    def lock_deposit(self, key: bytes, size_bytes: int) -> None:
        """Locks the author's deposit for a leaf, by the bytes that it keeps, in the place of an earlier one for it.

        Raises SignalError ``"deposit"`` where the balance is too small. Nothing before version 6.
        """
        self._check(key, self._writes)
        lock_deposit(self._working, self.author, key, size_bytes)

    def return_deposit(self, key: bytes) -> None:
        """Gives the author's deposit for a leaf back; nothing where there is none."""
        self._check(key, self._writes)
        return_deposit(self._working, self.author, key)

    def has_deposit(self, key: bytes) -> bool:
        """Whether the author has locked a deposit for a leaf."""
        self._check(key, self._reads)
        return read_deposit(self._working.get, self.author, key) is not None

    @property
    def has_deposits(self) -> bool:
        """Whether keeping something in the state locks a deposit, or once did."""
        return has_deposits(self._working)

    def content_came(self, digest: bytes) -> bytes | None:
        """The content with this digest where it came along; nothing that is committed may depend on it."""
        return self.circumstance.contents.get(digest)

    def put_content(self, digest: bytes, content: bytes) -> None:
        """Keeps content beside the state."""
        self._check(BLOB_PREFIX + digest, self._writes)
        self._working.put_content(digest, content)

    def drop_content(self, digest: bytes) -> None:
        """Removes content when the block is committed."""
        self._check(BLOB_PREFIX + digest, self._writes)
        self._working.drop_content(digest)

    def _check_plain(self, key: bytes, prefixes: tuple[bytes, ...]) -> None:
        self._check(key, prefixes)
        if key.startswith(_KEPT_ELSEWHERE):
            raise SignalError(
                "prefix", f"{key!r} is not a plain entry: ask for the account or link"
            )

    def _check(self, key: bytes, prefixes: tuple[bytes, ...]) -> None:
        if not key.startswith(prefixes):
            name = self._operation.name() if self._operation else "no operation"
            raise SignalError("prefix", f"{name} has not declared the key {key!r}")
