"""A small chain in memory, with links by two neurons, and receipts of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.apps.bank import BANK_OPERATIONS
from focusmesh.engine.focus import FocusParams, ProtocolParams
from focusmesh.ids import digest
from focusmesh.kernel.block import Chain, Genesis, Grant
from focusmesh.kernel.receipts import ReceiptMaker
from focusmesh.kernel.runtime import KERNEL_OPERATIONS, Registry
from focusmesh.kernel.state import MemoryStore, Parameters
from focusmesh.protocol.identity import SigningKey
from focusmesh.protocol.signal import Signal, parse, sign

if TYPE_CHECKING:
    from collections.abc import Sequence

DIFFUSION = ProtocolParams.of(FocusParams.pagerank())
FULL = ProtocolParams.of(FocusParams())
ALICE, BOB = (SigningKey.generate(bytes([number]) * 32) for number in (1, 2))
TEXTS = [f"claim {number}" for number in range(60)]


def particle(number: int) -> bytes:
    """The digest of a text."""
    return digest(TEXTS[number].encode())


CITES = digest(b"cites")


def chain_of(operator: ProtocolParams, focus_interval: int = 1) -> Chain:
    """Three blocks of links; claims 50 … 59 link to nothing, claim 0 to more than a page of others."""
    registry = Registry((*KERNEL_OPERATIONS, *BANK_OPERATIONS))
    parameters = Parameters(
        alpha=operator.alpha,
        diffusion=operator.diffusion,
        series=operator.series,
        focus_interval=focus_interval,
        proposers=(ALICE.public,),
    )
    grants = tuple(Grant(public, 1_000, 100_000) for public in sorted((ALICE.public, BOB.public)))
    genesis = Genesis(
        name="receipts", time=1, parameters=parameters, grants=grants, operations=registry.digest
    )
    chain = Chain.create(MemoryStore(), genesis, registry)
    links = [
        ["link/1", particle(number), particle((3 * number + step * step) % 60), b"", 1 + step]
        for number in range(50)
        for step in range(1, 5)
        if (3 * number + step * step) % 60 != number
    ]
    hub = [["link/1", particle(0), particle(number), CITES, number] for number in range(1, 41)]
    propose(chain, ALICE, 0, links)
    propose(chain, BOB, 0, hub)
    published = [TEXTS[number].encode() for number in range(30)]
    blobs = [["put_blob/1", digest(content), len(content)] for content in published]
    propose(chain, ALICE, 1, blobs, published)
    return chain


def propose(
    chain: Chain,
    key: SigningKey,
    nonce: int,
    operations: Sequence[list[object]],
    published: Sequence[bytes] = (),
) -> None:
    """One block of one signal."""
    signal = Signal(
        network=chain.network,
        neuron=key.public,
        nonce=nonce,
        expires_height=100,
        operations=tuple(tuple(operation) for operation in operations),
    )
    contents = {digest(content): content for content in published}
    proposed = chain.propose([parse(sign(signal, key))], chain.height + 2, ALICE, contents)
    codes = {result.code for result in proposed.results.values()}
    assert codes == {"ok"}, proposed


def maker(chain: Chain) -> ReceiptMaker:
    """Bob answers."""
    return ReceiptMaker(chain, BOB)
