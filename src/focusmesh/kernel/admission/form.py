"""What can be told of a packet without accounts: its form, network and operations, and which contents it lacks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.errors import SignalError
from focusmesh.ids import digest
from focusmesh.kernel.runtime import check_without_state
from focusmesh.protocol.packet import PacketLimits
from focusmesh.protocol.signal import parse

if TYPE_CHECKING:
    from collections.abc import Iterable

    from focusmesh.kernel.block import Chain
    from focusmesh.kernel.runtime import Operation
    from focusmesh.protocol.packet import Packet
    from focusmesh.protocol.signal import SignedSignal


def packet_limits(chain: Chain) -> PacketLimits:
    """What packets of a chain's network may hold: found out before anything of one is decoded."""
    parameters = chain.parameters
    return PacketLimits(
        # One that no block has room for would be read first for ever.
        signal_bytes=min(parameters.signal_bytes_max, chain.signals_bytes_max),
        contents=parameters.operations_max,
        content_bytes=parameters.blob_bytes_max,
    )


def read_packet(chain: Chain, packet: Packet) -> SignedSignal:
    """The signal of a packet, if some state would admit it to the next block; its signature is not checked.

    Raises SignalError, as ``check_without_state`` too. O(bytes).
    """
    return read_form(chain, packet)[0]


def read_form(chain: Chain, packet: Packet) -> tuple[SignedSignal, list[Operation]]:
    """The same, with the signal's operations."""
    parameters, registry = chain.parameters, chain.runtime.registry
    signed = parse(
        packet.wire,
        bytes_max=packet_limits(chain).signal_bytes,
        operations_max=parameters.operations_max,
        network=chain.network,
    )
    height = chain.height + 1
    return signed, check_without_state(signed, registry, parameters, chain.network, height)


def absent_contents(
    chain: Chain, packet: Packet, signed: SignedSignal, operations: Iterable[Operation]
) -> dict[bytes, int]:
    """The contents, digest and size, that a signal claims, and that neither came with it nor are in the ledger.

    Raises SignalError ``"content"`` where some came that it does not claim, or that have another size. O(bytes).
    """
    claimed = {name: size for operation in operations for name, size in operation.contents()}
    sizes = {digest(content): len(content) for content in packet.contents}
    for name, size in sizes.items():
        if claimed.get(name) != size:
            raise SignalError(
                "content",
                f"signal {signed.id.hex()} came with content {name.hex()}, which it does not claim",
            )
    left = sorted(claimed.keys() - sizes.keys())
    if not left:
        return {}
    with chain.state.at() as view:
        kept = view.reader.get_many("contents", left)
    there = {name: len(found) for name, found in zip(left, kept, strict=True) if found is not None}
    for name, size in there.items():
        if claimed[name] != size:
            message = f"signal {signed.id.hex()} claims {claimed[name]} bytes of content {name.hex()}, which has {size}"
            raise SignalError("content", message)
    return {name: claimed[name] for name in left if name not in there}
