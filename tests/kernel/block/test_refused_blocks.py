"""A block that is wrong in any one way is refused with its code, and changes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
import pytest

from focusmesh.errors import BlockError
from focusmesh.kernel.block import Body, Outcome, verify_chain
from focusmesh.kernel.block.chain import chain
from focusmesh.kernel.block.signal_order import signals_root
from focusmesh.kernel.focus import ChainFocus
from focusmesh.protocol.signal import parse
from tests.kernel.block.ledger import (
    KEYS,
    PROPOSER,
    REGISTRY,
    Ledger,
    body_of,
    particle,
    root_of,
    sealed,
    with_header,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from focusmesh.kernel.block import Block

OTHER = bytes(range(32))


def with_body(block: Block, **fields: Any) -> Block:
    """``block`` with something else in its body, roots and signature put right."""
    body = msgspec.structs.replace(body_of(block), **fields)
    data = body.encode()
    header = msgspec.structs.replace(
        block.header,
        data_root=root_of(data),
        signals_root=signals_root([parse(wire) for wire in body.signals]),
    )
    return sealed(header, data)


def with_bytes(block: Block, data: bytes) -> Block:
    root = root_of(data)
    return sealed(msgspec.structs.replace(block.header, data_root=root), data)


def with_certificate(block: Block, **fields: Any) -> Block:
    certificate = block.header.focus_certificate
    assert certificate is not None
    return with_header(block, focus_certificate=msgspec.structs.replace(certificate, **fields))


def with_signature(block: Block) -> Block:
    first, *rest = body_of(block).signals
    return with_body(block, signals=(bytes([first[0] ^ 1]) + first[1:], *rest))


def swapped(block: Block) -> Block:
    body = body_of(block)
    return with_body(
        block, signals=tuple(reversed(body.signals)), results=tuple(reversed(body.results))
    )


def with_outcome(block: Block) -> Block:
    body = body_of(block)
    return with_body(block, results=(Outcome("balance", 0), *body.results[1:]))


def without_focus(block: Block) -> Block:
    """Differences that say: nothing has moved. As a block without links would carry."""
    still = ChainFocus.of(
        chain_of_two().parameters.operator,
        chain_of_two().parameters.residual_limit,
        edits_of(chain_of_two()),
        chain_of_two().focus.vector,
    )
    none = np.zeros(0, dtype=np.int64)
    edits = type(edits_of(chain_of_two())).of([], none, none, none)
    return with_body(block, focus=still.advance(edits).delta)


def chain_of_two() -> chain.Chain:
    return begun()[0].chain


def edits_of(made: chain.Chain) -> Any:
    from focusmesh.kernel.focus import FocusEdits

    return FocusEdits.of(made.state.digests, *made.state.axons())


REFUSED: dict[str, tuple[str, Callable[[Block], Block]]] = {
    "another network": ("network", lambda b: with_header(b, network=OTHER)),
    "another height": ("height", lambda b: with_header(b, height=7)),
    "another parent": ("parent", lambda b: with_header(b, parent=OTHER)),
    "earlier than its parent": ("time", lambda b: with_header(b, time=5)),
    "somebody else's": ("proposer", lambda b: with_header(b, KEYS[1], proposer=KEYS[1].public)),
    "signed by another": ("proof", lambda b: with_header(b, KEYS[1])),
    "another state": ("state-root", lambda b: with_header(b, state_root=OTHER)),
    "another focus root": ("focus-root", lambda b: with_header(b, focus_root=OTHER)),
    "another body": ("data-root", lambda b: sealed(b.header, b.body + b"\x03")),
    "another data root": ("data-root", lambda b: with_header(b, data_root=OTHER)),
    "other signals": ("signals-root", lambda b: with_header(b, signals_root=OTHER)),
    "other proposers": ("validators-hash", lambda b: with_header(b, validators_hash=OTHER)),
    "other parameters": ("params-hash", lambda b: with_header(b, params_hash=OTHER)),
    "a smaller residual": ("focus-certificate", lambda b: with_certificate(b, rise=0)),
    "another graph": ("focus-certificate", lambda b: with_certificate(b, graph_root=OTHER)),
    "other particles": ("focus-certificate", lambda b: with_certificate(b, particles_root=OTHER)),
    "other leaders": ("focus-certificate", lambda b: with_certificate(b, leaders_root=OTHER)),
    "no certificate": ("focus-certificate", lambda b: with_header(b, focus_certificate=None)),
    "a body that is none": ("body", lambda b: with_bytes(b, b"\x00\x01")),
    "a body and more": ("body", lambda b: with_bytes(b, b.body + b"\x03")),
    "signals out of order": ("order", swapped),
    "a signal twice": ("order", lambda b: with_body(b, signals=body_of(b).signals[:1] * 2)),
    "a wrong signature": ("signature", with_signature),
    "another outcome": ("results", with_outcome),
    "a focus of another graph": ("focus-residual", without_focus),
    "a focus that is none": ("focus-delta", lambda b: with_body(b, focus=b"\xff" * 9)),
}


def begun() -> tuple[Ledger, Ledger, Block]:
    """Two nodes after one block, and the right second block."""
    ledger = Ledger()
    other = ledger.twin()
    first = ledger.block(ledger.links(KEYS[1], ("a", "b"), ("b", "c"), ("c", "a"), ("d", "a")))
    other.chain.accept(first)
    mine, yours = ledger.links(KEYS[1], ("a", "c"), amount=500), ledger.links(KEYS[2], ("d", "c"))
    return other, ledger, ledger.block(mine, yours)


@pytest.mark.parametrize("what", sorted(REFUSED))
def test_a_wrong_block_is_refused_and_changes_nothing(what: str) -> None:
    node, _, right = begun()
    code, tamper = REFUSED[what]
    before = node.chain.tip, node.chain.state.root, node.chain.focus.vector.copy()
    with pytest.raises(BlockError) as refused:
        node.chain.accept(tamper(right))
    assert refused.value.code == code
    assert (node.chain.tip, node.chain.state.root) == before[:2]
    assert np.array_equal(node.chain.focus.vector, before[2])
    node.chain.accept(right)
    assert node.chain.tip == right.header
    assert verify_chain(node.store, REGISTRY).block == right.id


@pytest.mark.parametrize(
    ("what", "guard"),
    [
        ("another state", "check_same"),
        ("a smaller residual", "check_same"),
        ("another outcome", "check_same"),
        ("signed by another", "check_header"),
        ("a wrong signature", "check_signatures"),
    ],
)
def test_without_its_guard_the_wrong_block_is_taken(
    what: str, guard: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    node, _, right = begun()
    wrong = REFUSED[what][1](right)
    monkeypatch.setattr(chain, guard, lambda *_: None)
    node.chain.accept(wrong)
    assert node.chain.tip == wrong.header


def test_a_block_made_of_signals_that_were_carried_out_before_is_refused() -> None:
    ledger = Ledger()
    node = ledger.twin()
    signal = ledger.links(KEYS[1], ("a", "b"))
    node.chain.accept(ledger.block(signal))
    replayed = ledger.propose(signal)
    assert replayed.block is None
    assert [error.code for error in replayed.refused.values()] == ["nonce"]
    second = ledger.block(ledger.links(KEYS[2], ("a", "b")))
    with pytest.raises(BlockError) as refused:
        node.chain.accept(with_body(second, signals=(signal.wire,)))
    assert refused.value.code == "signal"
    assert "nonce" in str(refused.value)


def test_what_is_spent_twice_in_a_block_is_spent_once() -> None:
    ledger = Ledger()
    node = ledger.twin()
    twice = [
        ledger.signed(KEYS[1], ["transfer/1", KEYS[2].public, 9_000]),
        ledger.signed(KEYS[1], ["transfer/1", KEYS[3].public, 9_000]),
    ]
    proposed = ledger.propose(*twice)
    assert sorted(result.code for result in proposed.results.values()) == ["balance", "ok"]
    block = proposed.block
    assert block is not None
    paid = tuple(Outcome("ok", 0) for _ in twice)
    with pytest.raises(BlockError) as refused:
        node.chain.accept(with_body(block, results=paid))
    assert refused.value.code == "results"
    node.chain.accept(block)
    assert node.chain.state.root == ledger.chain.state.root


def test_only_its_proposers_may_make_blocks() -> None:
    ledger = Ledger()
    signal = ledger.links(KEYS[1], ("a", "b"))
    with pytest.raises(BlockError) as refused:
        ledger.chain.propose([signal], 2_000, KEYS[1])
    assert refused.value.code == "proposer"
    assert PROPOSER.public in ledger.chain.parameters.proposers
    assert particle("a") != particle("b")
    assert isinstance(body_of(ledger.block(signal)), Body)
