"""A network in dicts: what a block is executed over in these tests, and signals as they come off the wire."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from focusmesh.apps.bank import BANK_OPERATIONS
from focusmesh.ids import digest
from focusmesh.kernel.runtime import (
    KERNEL_OPERATIONS,
    PROGRAM_OPERATIONS,
    Operation,
    Registry,
    Runtime,
)
from focusmesh.kernel.state import (
    Account,
    Parameters,
    StateOverlay,
    endow,
    read_account,
    read_supply,
)
from focusmesh.protocol.identity import SIGNATURE_BYTES, SigningKey
from focusmesh.protocol.signal import Signal, SignedSignal, parse

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from focusmesh.kernel.runtime import Result, SignalSelection

Value = TypeVar("Value")

NETWORK = digest(b"a network of tests")
PROPOSER = digest(b"a proposer")
REGISTRY = Registry((*KERNEL_OPERATIONS, *PROGRAM_OPERATIONS, *BANK_OPERATIONS))


def particle(number: int) -> bytes:
    """The digest of a numbered particle."""
    return digest(b"particle %d" % number)


def key(number: int) -> SigningKey:
    """A numbered signing key."""
    return SigningKey(digest(b"key %d" % number))


class Ledger:
    """A committed state in dicts; ``block`` executes signals at the next height and commits them."""

    def __init__(
        self,
        grants: Iterable[tuple[bytes, int, int]] = (),
        parameters: Parameters | None = None,
        proposer: bytes = PROPOSER,
        registry: Registry = REGISTRY,
    ) -> None:
        self.entries: dict[bytes, bytes] = {}
        self.links: dict[bytes, int] = {}
        self.contents: dict[bytes, bytes] = {}
        self.particles: set[bytes] = set()
        self.height = 0
        self.time = 0
        self.proposer = proposer
        self.parameters = parameters or Parameters(bandwidth_blocks=10)
        self.runtime = Runtime(registry, NETWORK)
        working = self.begin()
        endow(working, grants)
        self.commit(working)

    def get(self, key: bytes) -> bytes | None:
        return self.entries.get(key)

    def amounts(self, links: Sequence[bytes]) -> list[int]:
        return [self.links.get(link, 0) for link in links]

    def content(self, digest: bytes) -> bytes | None:
        return self.contents.get(digest)

    def has_particle(self, digest: bytes) -> bool:
        return digest in self.particles

    def begin(self) -> StateOverlay:
        return StateOverlay(self, self.height, self.time, self.parameters, self.proposer)

    def commit(self, working: StateOverlay) -> None:
        working.settle()
        for key, value in working.entries.items():
            _set(self.entries, key, value)
        for link, change in working.links.items():
            _set(self.links, link, self.links.get(link, 0) + change or None)
            self.particles |= {link[:32], link[32:64]}
        for name, content in working.contents.items():
            _set(self.contents, name, content)
        self.height += 1

    def block(
        self, *signals: SignedSignal, contents: Mapping[bytes, bytes] | None = None
    ) -> list[Result]:
        working = self.begin()
        results = self.runtime.execute(working, signals, contents)
        self.commit(working)
        return results

    def propose(
        self, *signals: SignedSignal, contents: Mapping[bytes, bytes] | None = None
    ) -> SignalSelection:
        return self.runtime.propose(self.begin(), signals, contents)

    def codes(self, *signals: SignedSignal) -> list[str]:
        return [result.code for result in self.block(*signals)]

    def signal(
        self,
        neuron: bytes,
        *operations: Operation | Sequence[object],
        nonce: int | None = None,
        tip: int = 0,
        expires_height: int = 1_000,
        network: bytes = NETWORK,
    ) -> SignedSignal:
        """A signal as it comes off the wire, its signature never looked at; by default it is the neuron's next one."""
        account = self.account(neuron)
        signal = Signal(
            network=network,
            neuron=neuron,
            nonce=account.nonce if nonce is None else nonce,
            expires_height=expires_height,
            tip=tip,
            operations=tuple(
                each.as_fields() if isinstance(each, Operation) else tuple(each)
                for each in operations
            ),
        )
        return parse(bytes(SIGNATURE_BYTES) + signal.encode())

    def account(self, neuron: bytes) -> Account:
        return read_account(self.get, neuron) or Account()

    @property
    def supply(self) -> int:
        return read_supply(self.get)

    def snapshot(self) -> tuple[dict[bytes, bytes], dict[bytes, int], dict[bytes, bytes]]:
        return dict(self.entries), dict(self.links), dict(self.contents)


def _set(table: dict[bytes, Value], key: bytes, value: Value | None) -> None:
    if value is None:
        table.pop(key, None)
    else:
        table[key] = value
