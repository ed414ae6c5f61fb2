"""What a header is made of, in the one way that proposers and checkers share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.ids import digest
from focusmesh.kernel.block.block import Block
from focusmesh.kernel.block.chain.validator_sets import first_validator_set
from focusmesh.kernel.block.header import (
    BLOCK_DOMAIN,
    NO_BLOCK,
    VERSION,
    VERSION_CHANGING,
    FocusCertificate,
    Header,
)
from focusmesh.kernel.block.signal_order import signals_root
from focusmesh.kernel.focus import NO_TRACE, ChainFocus
from focusmesh.kernel.state import key_holder
from focusmesh.protocol.codec import encode

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from focusmesh.kernel.block.genesis import Genesis
    from focusmesh.kernel.consensus import ValidatorSet
    from focusmesh.kernel.focus import FocusStep
    from focusmesh.kernel.state import Parameters
    from focusmesh.protocol.identity import SigningKey

_NO_ROOT = bytes(32)


def first_header(genesis: Genesis, state_root: bytes) -> Header:
    """The header of block 0."""
    parameters = genesis.parameters
    return Header(
        version=header_version(parameters),
        network=genesis.network,
        height=0,
        time=genesis.time,
        parent=NO_BLOCK,
        state_root=state_root,
        focus_root=_NO_ROOT,
        data_root=_NO_ROOT,
        signals_root=signals_root([]),
        proposer=bytes(32),
        validators_hash=validators_digest(
            first_validator_set(genesis.parameters), genesis.parameters.proposers
        ),
        focus_certificate=None,
        params_hash=digest(parameters_bytes(genesis.parameters)),
        extra=b"",
        engine=parameters.kind if parameters.can_change else "",
        ends_epoch=parameters.can_change,
    )


def header_version(parameters: Parameters) -> int:
    """The version of headers of blocks for which these parameters hold."""
    return VERSION_CHANGING if parameters.can_change else VERSION


def is_focus_turn(height: int, parent: Header, parameters: Parameters) -> bool:
    """Whether the block of ``height`` after ``parent`` carries a focus, if there are particles.

    Every ``focus_interval``-th does, and the first one for which another operator, or another limit, holds.
    """
    if height % parameters.focus_interval == 0:
        return True
    last = parent.focus_certificate
    if not parameters.can_change or last is None:
        return False
    focus = ChainFocus(parameters.operator, parameters.residual_limit)
    return last.params_hash != focus.params_hash or last.trace_root == NO_TRACE


def parameters_bytes(parameters: Parameters) -> bytes:
    """The canonical bytes of all parameters: the value at ``/kv/parameters``, and what ``params_hash`` is of."""
    return encode(parameters.as_fields())


def proposers_after(
    get: Callable[[bytes], bytes | None], parameters: Parameters
) -> tuple[bytes, ...]:
    """The keys that may make the block after a state of which ``get`` gives values, in the order of the genesis.

    Who holds the keys of the genesis' ``proposers`` there: a key that was rotated makes no block any more. In networks
    of version 1 the keys of the genesis do for ever, as their blocks were made. O(proposers · log n).
    """
    if parameters.version == 1:
        return parameters.proposers
    return tuple(key_holder(get, neuron) for neuron in parameters.proposers)


def validators_hash(proposers: Sequence[bytes]) -> bytes:
    """The digest of the keys that may propose a block."""
    return digest(encode(list(proposers)))


def validators_digest(validator_set: ValidatorSet | None, proposers: Sequence[bytes]) -> bytes:
    """What a header says of who may propose; where there are validators, of those who vote on the next block."""
    return validators_hash(proposers) if validator_set is None else validator_set.digest()


def focus_entry(certificate: FocusCertificate, focus_root: bytes) -> bytes:
    """The value at ``/graph/focus``."""
    return encode({**certificate.as_fields(), "focus_root": focus_root})


def certificate_of(step: FocusStep, height: int, graph_root: bytes) -> FocusCertificate:
    """What a header says of a step of the focus."""
    return FocusCertificate(
        height=height,
        particles=step.particle_count,
        rise=step.rise,
        limit=step.limit,
        params_hash=step.params_hash,
        graph_root=graph_root,
        particles_root=step.particles_root,
        leaders_root=step.leaders_root,
        trace_root=step.trace_root,
    )


def signed_block(header: Header, body: bytes, key: SigningKey) -> Block:
    """The block with the proof of its proposer."""
    data = header.encode()
    return Block(header, data, key.sign(BLOCK_DOMAIN, digest(data)), body)
