"""Small ledgers in memory: a network of a few neurons, its signals, and blocks that were tampered with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from focusmesh.apps.bank import BANK_OPERATIONS
from focusmesh.errors import BlockError
from focusmesh.ids import digest
from focusmesh.kernel.block import BLOCK_DOMAIN, Block, Body, Chain, Genesis, Grant
from focusmesh.kernel.block.validation import data_root
from focusmesh.kernel.runtime import KERNEL_OPERATIONS, PROGRAM_OPERATIONS, Registry
from focusmesh.kernel.state import MemoryStore, Parameters
from focusmesh.protocol.identity import SigningKey
from focusmesh.protocol.signal import Signal, SignedSignal, parse, sign

if TYPE_CHECKING:
    from focusmesh.kernel.block import Header, Inclusion
    from focusmesh.kernel.state import Store

REGISTRY = Registry((*KERNEL_OPERATIONS, *PROGRAM_OPERATIONS, *BANK_OPERATIONS))
KEYS = [SigningKey.generate(bytes([number]) * 32) for number in range(4)]
PROPOSER = KEYS[0]
BALANCE, STAKE = 10_000, 1_000_000


def particle(name: object) -> bytes:
    """The digest of a name."""
    return digest(str(name).encode())


def genesis(**parameters: Any) -> Genesis:
    """A network whose neurons all own the same."""
    chosen = Parameters(proposers=(PROPOSER.public,), **parameters)
    grants = tuple(Grant(public, BALANCE, STAKE) for public in sorted(key.public for key in KEYS))
    return Genesis(
        name="test", time=1_000, parameters=chosen, grants=grants, operations=REGISTRY.digest
    )


class Ledger:
    """A chain and what its neurons sign next."""

    def __init__(self, store: Store | None = None, **parameters: Any) -> None:
        self.store = MemoryStore() if store is None else store
        self.chain = Chain.create(self.store, genesis(**parameters), REGISTRY)
        self.nonces = dict.fromkeys(KEYS, 0)

    def twin(self) -> Ledger:
        """Another node of the same network, which has the first block alone."""
        made = Ledger.__new__(Ledger)
        made.store, made.nonces = MemoryStore(), dict(self.nonces)
        made.chain = Chain.create(made.store, self.chain.genesis, REGISTRY)
        return made

    def signed(self, key: SigningKey, *operations: list[Any], **head: Any) -> SignedSignal:
        """A signal with the neuron's next nonce, unless ``head`` says another."""
        nonce = head.pop("nonce", None)
        if nonce is None:
            nonce = self.nonces[key]
            self.nonces[key] += 1
        fields = {
            "network": self.chain.network,
            "neuron": key.public,
            "nonce": nonce,
            "expires_height": 1_000,
            "operations": list(operations),
        }
        return parse(sign(Signal(**(fields | head)), key))

    def links(
        self, key: SigningKey, *pairs: tuple[object, object], amount: int = 10
    ) -> SignedSignal:
        """A signal that links pairs of names."""
        listed = [["link/1", particle(a), particle(b), b"", amount] for a, b in pairs]
        return self.signed(key, *listed)

    def propose(self, *signals: SignedSignal) -> Inclusion:
        """The next block."""
        return self.chain.propose(signals, self.chain.tip.time + 1, PROPOSER)

    def block(self, *signals: SignedSignal) -> Block:
        """The next block, which there has to be, with nothing refused."""
        proposed = self.propose(*signals)
        assert not proposed.refused, proposed.refused
        assert proposed.block is not None
        return proposed.block


def sealed(header: Header, body: bytes, key: SigningKey = PROPOSER) -> Block:
    """A block whose proposer stands by whatever is in it."""
    data = header.encode()
    return Block(header, data, key.sign(BLOCK_DOMAIN, digest(data)), body)


def with_header(block: Block, key: SigningKey = PROPOSER, **fields: Any) -> Block:
    """``block`` with other fields in its header, signed anew."""
    return sealed(msgspec.structs.replace(block.header, **fields), block.body, key)


def root_of(body: bytes) -> bytes:
    """The root of a body's square in a network of today; of what is no body at all, any."""
    try:
        return data_root(body, Parameters())
    except BlockError:
        return bytes(32)


def body_of(block: Block) -> Body:
    """What is in a block."""
    return Body.decode(block.body, 1 << 28)
