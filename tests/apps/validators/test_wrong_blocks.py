"""Who votes for a block that a proof shows wrong pays for it, whether the block was decided or not."""

from __future__ import annotations

import msgspec
import pytest

from focusmesh.kernel.block import parameters_bytes, verify_chain
from focusmesh.kernel.fraud import ENCODING, WrongBlock
from tests.apps.validators.paying import ALL, REGISTRY
from tests.apps.validators.wrong_blocks import Wronged
from tests.kernel.block.voted import VALIDATORS
from tests.kernel.fraud.lies import LIES

ANN, BOB = VALIDATORS[:2]
NAMES = list(LIES)
RULES = {kind: name for name, (_, kind) in reversed(LIES.items())}
"""A lie for each rule."""
LEFT = 10_000 // 4
"""One of four loses three quarters."""


@pytest.fixture(scope="module")
def still() -> Wronged:
    """A network that no test changes."""
    return Wronged()


@pytest.mark.parametrize("kind", RULES)
def test_a_vote_for_a_block_that_breaks_a_rule_is_evidence(
    kind: str, still: Wronged, monkeypatch: pytest.MonkeyPatch
) -> None:
    header, proof = still.lied(RULES[kind], monkeypatch)
    evidence = still.accused(ANN, header, proof)
    assert WrongBlock.decode(evidence.encode()) == evidence
    assert evidence.verify(still.chain.network, still.chain.parameters) == 1
    assert len(evidence.encode()) < 1 << 16, (
        "signals of networks with validators may have that much"
    )


@pytest.mark.parametrize("name", NAMES[:2])
def test_who_voted_for_such_a_block_pays(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    node = Wronged()
    before = node.supply()
    header, proof = node.lied(name, monkeypatch)
    evidence = node.accused(ANN, header, proof).encode()
    assert node.code(ALL, "accuse/2", evidence) == "ok"
    assert node.bond(ANN).amount == LEFT
    assert node.bond(ANN).is_jailed
    assert node.supply() == before - 7_500 + 7_500 // 20
    assert node.code(ALL, "accuse/2", evidence) == "paid"
    assert verify_chain(node.store, REGISTRY).height == node.chain.height


def test_a_vote_for_a_square_that_is_coded_badly_is_paid_for() -> None:
    node = Wronged()
    header, roots, proof = node.coded_badly()
    evidence = node.accused(ANN, header, proof, roots.encode(), ENCODING)
    assert node.code(ALL, "accuse/2", evidence.encode()) == "ok"
    assert node.bond(ANN).amount == LEFT


@pytest.mark.parametrize("step", ["snowman/2/move", "snowman/2/notarise", "quorum/notarise"])
def test_motions_and_notarise_votes_say_that_a_block_is_right(
    step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    node = Wronged()
    header, proof = node.lied(NAMES[0], monkeypatch)
    assert node.code(ALL, "accuse/2", node.accused(ANN, header, proof, step=step).encode()) == "ok"


@pytest.mark.parametrize("step", ["quorum/end", "recover", "else"])
def test_other_votes_do_not(step: str, monkeypatch: pytest.MonkeyPatch) -> None:
    node = Wronged()
    header, proof = node.lied(NAMES[0], monkeypatch)
    evidence = node.accused(ANN, header, proof, step=step).encode()
    assert node.code(ALL, "accuse/2", evidence) == "evidence"
    assert node.bond(ANN).amount == 10_000


def test_the_parameters_of_the_block_may_be_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    node = Wronged()
    header, proof = node.lied(NAMES[0], monkeypatch)
    right = parameters_bytes(node.chain.parameters)
    evidence = node.accused(ANN, header, proof)
    for shown, code in ((right + b"\0", "evidence"), (right, "ok")):
        other = msgspec.structs.replace(evidence, parameters=shown)
        assert node.code(ALL, "accuse/2", other.encode()) == code


def test_whoever_changes_one_thing_shows_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    node = Wronged()
    header, proof = node.lied(NAMES[0], monkeypatch)
    evidence = node.accused(ANN, header, proof)
    right = node.made(node.link(VALIDATORS[0])).header
    node.nonces[VALIDATORS[0].public] -= 1
    before = node.supply()
    for changed in (
        {"signer": BOB.public},
        {"signature": bytes(64)},
        {"round": 8},
        {"epoch": 2},
        {"kind": "else"},
        {"kind": ENCODING},
        {"beside": header.encode()},
        {"beside": b""},
        {"header": right.encode()},
        {"proof": proof[:-1]},
        {"proof": b""},
        {"step": "quorum/move"},
        {"proposal": (*evidence.proposal[:4], bytes(32), evidence.proposal[5])},
    ):
        other = msgspec.structs.replace(evidence, **changed)
        assert node.code(ALL, "accuse/2", other.encode()) == "evidence", changed
    # A right block is not shown wrong, whoever voted for it.
    assert node.code(ALL, "accuse/2", node.accused(ANN, right, proof).encode()) == "evidence"
    assert node.code(ALL, "accuse/2", evidence.encode() + b"\0") == "evidence"
    assert (node.supply(), node.bond(ANN).amount, node.bond(BOB).amount) == (before, 10_000, 10_000)


def test_what_proves_nothing_costs_as_much_as_what_does(monkeypatch: pytest.MonkeyPatch) -> None:
    from focusmesh.apps.validators import AccuseAny
    from focusmesh.kernel.state import read_account

    node = Wronged()
    header, proof = node.lied(NAMES[0], monkeypatch)
    evidence = node.accused(ANN, header, proof[:-1]).encode()
    operation = AccuseAny(evidence)
    assert operation.bandwidth() == 2 + -(-(len(evidence) - 512) // 256)
    assert operation.work() > 0 == AccuseAny(b"x" * 512).work()

    def spent() -> int:
        account = read_account(node.chain.state.get, ALL.public)
        assert account is not None
        return account.bandwidth

    before = spent()
    assert node.code(ALL, "accuse/2", evidence) == "evidence"
    assert before - spent() == operation.bandwidth() * 100
