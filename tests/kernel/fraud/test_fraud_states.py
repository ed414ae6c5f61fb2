"""What the present state alone cannot show: particles that came and went, first blocks, blocks out of turn."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest

from focusmesh.errors import BlockError, ProofError
from focusmesh.kernel.block import dry_run_block
from focusmesh.kernel.focus import Delta, insert_particles
from focusmesh.kernel.fraud import prosecute, verify_fraud
from focusmesh.kernel.fraud.forms import PARTICLES, FraudProof
from tests.kernel.block.ledger import particle, with_header
from tests.kernel.block.voted import VALIDATORS, Voted
from tests.kernel.fraud.changed_operators import certificate_proof, changed_operator
from tests.kernel.fraud.liar import Liar, ledger_of, lie_about, lie_of, signal, twin_of
from tests.kernel.fraud.lies import cell, replace_particle

if TYPE_CHECKING:
    from focusmesh.kernel.block import Block
    from tests.kernel.block.ledger import Ledger
    from tests.kernel.fraud.liar import Lie

LINKS = [(f"p{at}", f"p{at + 1}", 3) for at in range(20)]


def replaced(lie: Lie, name: str) -> tuple[Block, Liar]:
    """The block with another particle in place of one."""
    replace_particle(lie, b"".join(lie.pages[PARTICLES]).index(particle(name)) // 32)
    return lie.told()


def shown(ledger: Ledger, block: Block, liar: Liar) -> tuple[str, bytes]:
    """The rule that a block is shown to break, and the proof."""
    proof = prosecute(ledger.chain, block, None, liar)
    assert proof is not None
    return verify_fraud(proof, block.header, ledger.chain.tip, ledger.chain.parameters).kind, proof


def silent(block: Block) -> Liar:
    """Nobody who would answer."""
    liar = Liar.__new__(Liar)
    liar.block, liar.asked = block.header.id, 0
    return liar


def next_block(ledger: Ledger) -> Block:
    """A right block that the ledger has not taken in."""
    twin = twin_of(ledger)
    return twin.block(signal(twin, [("p3", "p9", 1)]))


def test_a_particle_that_lost_its_links_is_still_ranked() -> None:
    ledger = ledger_of([[*LINKS, ("p0", "lonely", 4)], [("p0", "lonely", -4)]])
    lie = lie_about(ledger, [("p3", "p9", 1)])
    kind, _ = shown(ledger, *replaced(lie, "lonely"))
    assert kind == "left-out"


def test_a_particle_that_came_and_went_between_two_focuses_is_ranked() -> None:
    between = [[("p1", "p5", 1)], [("p0", "lonely", 4)], [("p0", "lonely", -4)]]
    ledger = ledger_of([*[LINKS] * 3, *between, [("p2", "p8", 1)]], focus_interval=4)
    lie = lie_about(ledger, [("p3", "p9", 1)])
    block, liar = replaced(lie, "lonely")
    kind, proof = shown(ledger, block, liar)
    assert kind == "target"
    read = FraudProof.decode(proof)
    assert read.headers
    unchained = msgspec.structs.replace(read, headers=read.headers[1:])
    with pytest.raises(ProofError, match="shows no fraud"):
        verify_fraud(unchained.encode(), block.header, ledger.chain.tip, ledger.chain.parameters)


def test_a_focus_out_of_turn_is_shown() -> None:
    ledger = ledger_of([LINKS, LINKS], focus_interval=2)
    block = next_block(ledger)
    certificate = block.header.focus_certificate
    assert certificate is not None
    assert certificate.height == 2
    other = msgspec.structs.replace(certificate, rise=1)
    bent = with_header(block, focus_certificate=other)
    assert shown(ledger, bent, silent(bent))[0] == "certificate"
    assert prosecute(ledger.chain, block, None, silent(block)) is None


def test_the_first_block_under_another_operator_carries_its_focus_and_is_no_fraud() -> None:
    ledger, block = changed_operator(LINKS)
    certificate = block.header.focus_certificate
    assert certificate is not None
    assert certificate.height == block.header.height == 6, "not one of every four"
    proof = certificate_proof(block)
    with pytest.raises(ProofError, match="is not broken there"):
        verify_fraud(proof, block.header, ledger.chain.tip, ledger.chain.parameters)


def test_a_focus_of_the_old_operator_is_shown_in_the_first_block_under_another() -> None:
    ledger, block = changed_operator(LINKS)
    before = ledger.chain.tip
    bent = with_header(
        block, focus_certificate=before.focus_certificate, focus_root=before.focus_root
    )
    assert shown(ledger, bent, silent(bent))[0] == "certificate"


def test_a_first_block_with_particles_and_no_focus_is_shown() -> None:
    ledger = ledger_of([])
    block = next_block(ledger)
    with dry_run_block(ledger.chain, block) as made:
        root = made.moved.root
    bent = with_header(block, focus_certificate=None, focus_root=bytes(32), state_root=root)
    assert shown(ledger, bent, silent(bent))[0] == "none"


@pytest.mark.parametrize("blocks", [[], [LINKS], [LINKS[:1]]], ids=["first", "later", "small"])
def test_a_graph_root_of_another_state_is_shown(blocks: list[list[tuple[str, str, int]]]) -> None:
    ledger = ledger_of(blocks)
    lie = lie_about(ledger, [("p3", "p9", 1)])
    lie.certificate["graph_root"] = ledger.chain.tip.state_root
    block, liar = lie.told()
    assert shown(ledger, block, liar)[0] == "graph"
    assert prosecute(ledger.chain, lie.block, None, liar) is None


def test_what_is_wrong_with_a_state_is_no_fraud_of_the_focus() -> None:
    ledger = ledger_of([LINKS])
    bent = with_header(next_block(ledger), state_root=bytes(32))
    assert prosecute(ledger.chain, bent, None, silent(bent)) is None


def test_what_validators_decided_is_shown_too() -> None:
    voted = Voted()
    for links in (LINKS, [("p1", "p7", 2)]):
        voted.block(signal(voted, links, VALIDATORS[0]))
    block = voted.made(signal(voted, [("p3", "p9", 1)], VALIDATORS[0]))
    with dry_run_block(voted.chain, block) as made:
        after = made.focus.ahead(made.edits)
        read = Delta.decode(made.body.focus, len(after.order))
        vector = read.apply_to(insert_particles(after.vector, after.places, read.start))
    lie = lie_of(voted, block, after.with_vector(vector))
    cell(lie, 3, "Q5", 1)
    bent, liar = lie.told()
    with pytest.raises(BlockError, match=r"focus_certificate|state_root"):
        voted.candidates.take([(bent, None)], voted.decision(bent.header))
    proof = prosecute(voted.chain, bent, None, liar)
    assert proof is not None
    found = verify_fraud(proof, bent.header, voted.chain.tip, voted.chain.parameters)
    assert found.kind == "stage"
    voted.candidates.decide(block.id, voted.decision(block.header))
    assert voted.chain.height == 3


def test_older_networks_commit_to_no_trace() -> None:
    ledger = ledger_of([LINKS])
    lie = lie_about(ledger, [("p3", "p9", 1)])
    lie.certificate["limit"] = 1
    block, liar = lie.told()
    _, proof = shown(ledger, block, liar)
    older = msgspec.structs.replace(ledger.chain.parameters, version=3)
    with pytest.raises(ProofError, match="no trace"):
        verify_fraud(proof, block.header, ledger.chain.tip, older)
