"""What is checked of a block before anything is carried out; each refusal has a code."""

from __future__ import annotations

import hashlib
from functools import partial
from typing import TYPE_CHECKING, Any

from focusmesh.errors import BlockError, SignalError
from focusmesh.kernel.availability import Square, shares_of
from focusmesh.kernel.block.body import Body, parts
from focusmesh.kernel.block.header import BLOCK_DOMAIN
from focusmesh.kernel.block.signal_order import check_order
from focusmesh.protocol.identity import verify
from focusmesh.protocol.signal import SIGNAL_DOMAIN, parse

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from focusmesh.kernel.block.block import Block
    from focusmesh.kernel.block.header import Header
    from focusmesh.kernel.state import Parameters
    from focusmesh.protocol.signal import SignedSignal
    from focusmesh.protocol.world import Checker


def check_header(
    header: Header, parent: Header, proof: bytes, network: bytes, proposers: Collection[bytes]
) -> None:
    """That the header follows ``parent``, and that its proposer, one of ``proposers``, stands by it.

    Raises BlockError: "network", "height", "parent", "time", "proposer", "proof".
    """
    at = f"block {header.height}"
    if header.network != network:
        raise BlockError(
            "network", f"{at} is of network {header.network.hex()[:16]}, not of this chain's"
        )
    if header.height != parent.height + 1:
        raise BlockError("height", f"{at} cannot follow block {parent.height}")
    if header.parent != parent.id:
        raise BlockError("parent", f"{at} follows {header.parent.hex()[:16]}, which is not here")
    if header.time < parent.time:
        raise BlockError("time", f"{at} is earlier than the block before it")
    if header.proposer not in proposers:
        raise no_proposer(header.proposer, header.height, proposers)
    check_proof(header, proof)


def check_proof(header: Header, proof: bytes) -> None:
    """Raises BlockError ("proof") unless its proposer signed the header."""
    if not verify(header.proposer, BLOCK_DOMAIN, header.id, proof):
        raise BlockError("proof", f"block {header.height} is not signed by its proposer")


def no_proposer(key: bytes, height: int, proposers: Collection[bytes]) -> BlockError:
    """Why a key may not make the block of a height, which ``proposers`` may."""
    allowed = ", ".join(each.hex() for each in proposers) or "nobody"
    return BlockError("proposer", f"{key.hex()} may not make block {height}: {allowed} may")


def data_root(body: bytes, parameters: Parameters) -> bytes:
    """What a header says of the bytes of its body: the root of their square, so that they can be sampled.

    In networks of version 1 and 2 it is their SHA-256. Raises BlockError ("too-large") for a body that no square holds.
    """
    if parameters.has_squares:
        return square_of(body).roots.data_root
    return hashlib.sha256(body).digest()


def not_decided(height: int) -> BlockError:
    """Why a block is not simply made, or taken, where validators decide."""
    return BlockError(
        "agreement", f"block {height} is for the validators of this network to decide: run a node"
    )


def check_data_root(header: Header, body: bytes, parameters: Parameters) -> None:
    """Raises BlockError ("data-root") for a body that is not the one which the header names."""
    check_same("data_root", header.data_root, data_root(body, parameters))


def square_of(body: bytes) -> Square:
    """The square of a body. Raises BlockError: "body", "too-large"."""
    return Square.of(shares_of(parts(body)))


def check_body(
    block: Block,
    parent: bytes,
    parameters: Parameters,
    known: Iterable[SignedSignal] = (),
) -> tuple[Body, list[SignedSignal]]:
    """The body and its signals, in their one order; those that are ``known`` are not read again.

    Raises BlockError: "data-root", "body", "signal" (with the reason), "order".
    """
    check_data_root(block.header, block.body, parameters)
    body = Body.decode(block.body, parameters.block_bytes_max)
    read_signal = partial(
        parse,
        bytes_max=parameters.signal_bytes_max,
        operations_max=parameters.operations_max,
    )
    read = {signed.wire: signed for signed in known}
    try:
        signals = [read.get(wire) or read_signal(wire) for wire in body.signals]
    except SignalError as error:
        raise BlockError("signal", f"block {block.header.height}: {error}") from error
    check_order(parent, signals)
    return body, signals


def check_signatures(signals: Sequence[SignedSignal], checker: Checker) -> None:
    """Raises BlockError ("signature") at the first signal that its neuron did not sign."""
    answers = checker.check(SIGNAL_DOMAIN, [signed.check for signed in signals])
    for signed, right in zip(signals, answers, strict=True):
        if not right:
            raise BlockError("signature", f"signal {signed.id.hex()} is not signed by its neuron")


def check_same(name: str, said: Any, made: Any) -> None:
    """Raises BlockError with ``name`` as its code where a block says something else than comes out of it."""
    if said != made:
        code = name.replace("_", "-")
        raise BlockError(
            code, f"the block states {name} = {_short(said)}, but it is {_short(made)}"
        )


def _short(value: Any) -> str:
    if isinstance(value, bytes):
        return value.hex()
    text = repr(value)
    return text if len(text) <= 200 else text[:200] + " …"
